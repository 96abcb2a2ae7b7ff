"""``casework login`` and ``logout``: a person's own token, by the issuer's device flow (RFC 8628).

Kept in ``login.json`` under the user's configuration folder, readable by that user only, one entry
an issuer. Whoever is logged in acts with ``casework do`` unless ``--as`` or ``--token`` says
otherwise; what has ended is refreshed, or asks for a new login. ``casework token`` prints a token
of the local stack's own issuer.
"""
# ruff: noqa: PLC0415 - imported when a command runs, so that the others start fast

import json
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from casework.cli.calling.identity import load_settings, mint, officer, people
from casework.cli.terms.errors import CommandError, RefusedError, UnusableError
from casework.cli.terms.screen import Json, moment, note, say, show_json, show_table

if TYPE_CHECKING:
    import httpx

    from casework.settings import Settings


DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
_SPARE = timedelta(seconds=30)  # a token that ends while it is on its way is of no use
_SLOWER_SECONDS = 5  # RFC 8628 §3.5
_TIMEOUT_SECONDS = 10.0
_SCOPE = "openid"


def login(ctx: typer.Context) -> None:
    """Log in at the issuer of the settings, in a browser on any machine (登录)."""
    settings = load_settings()
    with _http(ctx.obj) as http:
        issuer = _Issuer(http, settings)
        asked = issuer.ask_for_code()
        say(f"open {asked.get('verification_uri_complete') or asked['verification_uri']}")
        say(f"code {asked['user_code']}")
        kept = issuer.wait_for_token(asked)
    _keep(settings, kept)
    say(f"logged in{_who(kept)} until {moment(kept['ends_at'])}; {_file()}")


def logout(ctx: typer.Context) -> None:
    """End the login here and at the issuer (退出登录)."""
    settings = load_settings()
    kept = _logins().get(settings.oidc_issuer)
    if kept is None:
        say("not logged in")
        return
    _keep(settings, None)
    if kept.get("refresh_token"):
        try:
            with _http(ctx.obj) as http:
                _Issuer(http, settings).revoke(kept["refresh_token"])
        except CommandError as error:
            note(f"the issuer was not told: {error}")
    say("logged out")


def token_of_login(settings: "Settings", transport: Any = None) -> str:  # noqa: ANN401 - as httpx
    """Return the token of whoever is logged in, refreshed if it has ended; none: nobody is.

    Raises:
        UnusableError: the login has ended.
    """
    kept = _logins().get(settings.oidc_issuer)
    if kept is None:
        return ""
    if _is_good(kept):
        return str(kept["access_token"])
    ended = UnusableError("your login has ended: `casework login`, or `casework logout`")
    if not kept.get("refresh_token"):
        raise ended
    try:
        with _http(transport) as http:
            new = _Issuer(http, settings).refresh(kept)
    except RefusedError:
        # Another command may have refreshed it meanwhile: a refresh token is good once.
        new = _logins().get(settings.oidc_issuer) or kept
        if not _is_good(new):
            raise ended from None
    else:
        _keep(settings, new)
    return str(new["access_token"])


class _Issuer:
    """The endpoints of the issuer in force, as its discovery document names them."""

    def __init__(self, http: "httpx.Client", settings: "Settings") -> None:
        from casework.security.identity.published import WELL_KNOWN

        self._http, self._client_id = http, settings.oidc_command_client_id
        self._url = settings.oidc_issuer
        self._places = self._json(self._asked("GET", self._url.rstrip("/") + WELL_KNOWN))
        if self._places.get("issuer") != self._url:
            raise UnusableError(f"what answers at {self._url} is another issuer")

    def ask_for_code(self) -> Mapping[str, Any]:
        """Ask for a code that the person types in a browser."""
        place = self._places.get("device_authorization_endpoint")
        if not place:
            raise UnusableError(f"{self._url} has no device flow: get a token there, for --token")
        return self._good(self._asked("POST", place, scope=_SCOPE))

    def wait_for_token(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Ask for the token until the person has decided."""
        wait = float(asked.get("interval", 5))
        until = time.monotonic() + float(asked["expires_in"])
        while time.monotonic() < until:
            answer = self._asked(
                "POST",
                self._places["token_endpoint"],
                grant_type=DEVICE,
                device_code=asked["device_code"],
            )
            match self._json(answer).get("error"):
                case "authorization_pending":
                    pass
                case "slow_down":
                    wait += _SLOWER_SECONDS
                case _:
                    return self._kept(self._good(answer))
            time.sleep(wait)
        raise RefusedError("nobody answered in the browser in time")

    def refresh(self, kept: Mapping[str, Any]) -> dict[str, Any]:
        """Ask for the next token; some issuers let the old refresh token go on."""
        old = kept["refresh_token"]
        answer = self._asked(
            "POST",
            self._places["token_endpoint"],
            grant_type="refresh_token",
            refresh_token=old,
        )
        return {"refresh_token": old} | self._kept(self._good(answer))

    def revoke(self, refresh_token: str) -> None:
        """Give a refresh token back, where the issuer takes it."""
        if place := self._places.get("revocation_endpoint"):
            hint = "refresh_token"
            answer = self._asked("POST", place, token=refresh_token, token_type_hint=hint)
            if not answer.is_success:
                raise RefusedError(f"HTTP {answer.status_code}")

    def _asked(self, method: str, place: str, **form: str) -> "httpx.Response":
        import httpx

        content = {"client_id": self._client_id} | form if method == "POST" else None
        try:
            return self._http.request(method, place, data=content)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            reason = str(error) or type(error).__name__
            raise UnusableError(f"no answer from the issuer at {self._url} ({reason})") from None

    def _json(self, answer: "httpx.Response") -> dict[str, Any]:
        try:
            content = answer.json()
        except ValueError:
            content = None
        if not isinstance(content, dict):
            raise UnusableError(f"what answers at {self._url} is no issuer")
        return content

    def _good(self, answer: "httpx.Response") -> dict[str, Any]:
        content = self._json(answer)
        if answer.is_success:
            return content
        why = content.get("error_description") or content.get("error") or answer.reason_phrase
        raise RefusedError(f"the issuer refuses: {why}")

    def _kept(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        ends_at = _now() + timedelta(seconds=float(answer.get("expires_in", 300)))
        kept = {"access_token": answer["access_token"], "ends_at": ends_at.isoformat()}
        if answer.get("refresh_token"):
            kept["refresh_token"] = answer["refresh_token"]
        return kept


def _http(transport: Any) -> "httpx.Client":  # noqa: ANN401 - an httpx transport
    import httpx

    return httpx.Client(timeout=_TIMEOUT_SECONDS, transport=transport)


def _file() -> Path:
    return Path(typer.get_app_dir("casework")) / "login.json"


def _logins() -> dict[str, dict[str, Any]]:
    """What is kept, by issuer."""
    try:
        content = json.loads(_file().read_text(encoding="utf-8"))
        return {issuer: dict(kept) for issuer, kept in content.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError, TypeError):
        raise UnusableError(f"{_file()} holds no login: remove it") from None


def _keep(settings: "Settings", kept: Mapping[str, Any] | None) -> None:
    from casework.security.keyfiles import replace_file

    logins = {issuer: each for issuer, each in _logins().items() if issuer != settings.oidc_issuer}
    if kept is not None:
        logins[settings.oidc_issuer] = dict(kept)
    file = _file()
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    replace_file(file, json.dumps(logins, indent=1).encode())


def _is_good(kept: Mapping[str, Any]) -> bool:
    return datetime.fromisoformat(kept["ends_at"]) - _SPARE > _now()


def _who(kept: Mapping[str, Any]) -> str:
    """Whom the token names, if it can be read; whether it is believed is for the API to say."""
    from casework.security.jose import BadTokenError, unverified_claims

    try:
        claims = unverified_claims(kept["access_token"])
    except BadTokenError:
        return ""
    return f" as {claims['sub']}" if isinstance(claims.get("sub"), str) else ""


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the command is a composition root


def token(
    code: Annotated[str, typer.Argument(metavar="[CODE]", help="Whom it is for.")] = "",
    *,
    act_as: Annotated[str, typer.Option("--as", metavar="CODE", help="The same.")] = "",
    json: Json = False,
) -> None:
    """Print a token for a sample officer, or list the sample officers (示例人员)."""
    if code or act_as:
        sys.stdout.write(mint(officer(code or act_as), load_settings()) + "\n")
        return
    known = sorted(people().values(), key=lambda each: (each.district, each.code))
    if json:
        show_json(
            [{"code": each.code, "role": each.role, "district": each.district} for each in known]
        )
        return
    show_table(
        ["编号", "岗位", "区划"],
        [(each.code, each.role.label, each.district or "全部") for each in known],
        title="示例人员：casework token --as 编号",
    )
