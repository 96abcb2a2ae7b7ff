"""The local issuer over HTTP: ``casework issuer`` runs it as a part of the local stack."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from itertools import groupby

import uvicorn
from authlib.oauth2 import OAuth2Error
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from jinja2 import Environment, PackageLoader
from starlette.responses import HTMLResponse

from casework.domain.policy import Role
from casework.local.issuer.grants import FormRequest, Server
from casework.local.issuer.people import (
    CODE,
    CREDENTIALS,
    DEVICE,
    OUTSIDE,
    REFRESH,
    SCOPE,
    Person,
    registered,
    sample_people,
)
from casework.local.issuer.tokens import ALGORITHM, LocalIssuer
from casework.log import configure_log
from casework.security.identity.published import WELL_KNOWN
from casework.settings import LOOPBACK, Settings


def issuer_app(settings: Settings, *, now: Callable[[], datetime] | None = None) -> FastAPI:
    """Build the issuer of the settings; its keys and secrets are made on first use.

    Raises:
        SettingsError: another issuer is in force, this is production, or a key cannot be used.
        RosterError: there is nobody to vouch for.
    """
    issuer, people = LocalIssuer.open(settings), sample_people(settings)
    server = Server(issuer, registered(settings, people.values()), now or _wall_clock)
    app = FastAPI(title="Local issuer", docs_url=None, redoc_url=None, openapi_url=None)

    @app.get(WELL_KNOWN)
    def discovery() -> dict[str, object]:
        return _discovery(issuer.url)

    @app.get("/jwks")
    def jwks() -> dict[str, object]:
        return issuer.keys.published

    @app.api_route("/authorize", methods=["GET", "POST"])
    async def authorize(request: Request) -> Response:
        asked = FormRequest(request, await _form(request))
        try:
            grant = server.get_consent_grant(asked)
        except OAuth2Error as error:
            refused: Response = server.handle_error_response(asked, error)
            return refused
        chosen = people.get(asked.form.get("person", ""))
        if chosen is None:
            return people_page(people.values())
        response: Response = server.create_authorization_response(asked, chosen, grant)
        return response

    @app.post("/token")
    async def token(request: Request) -> Response:
        response: Response = server.create_token_response(
            FormRequest(request, await _form(request))
        )
        return response

    @app.get("/health")
    def health() -> JSONResponse:
        return JSONResponse({"status": "ok"})

    _take_commands(app, server, people)
    return app


def _take_commands(app: FastAPI, server: Server, people: Mapping[str, Person]) -> None:
    """Add what `casework login` asks for, and the page on which its person answers."""

    @app.post("/device_authorization")
    @app.post("/revoke")
    async def endpoint(request: Request) -> Response:
        asked = FormRequest(request, await _form(request))
        response: Response = server.create_endpoint_response(
            "revocation" if request.url.path == "/revoke" else "device_authorization", asked
        )
        return response

    @app.get("/device")
    def device(user_code: str = "") -> Response:
        waiting = server.devices.waiting(user_code, server.now())
        if waiting is None:
            return device_page(unknown=bool(user_code))
        return people_page(people.values(), code=waiting.user_code)

    @app.post("/device")
    async def decide(request: Request, user_code: str = "") -> Response:
        waiting = server.devices.waiting(user_code, server.now())
        chosen = people.get((await _form(request)).get("person", ""))
        if waiting is None or chosen is None:
            return device_page(unknown=True)
        waiting.person = chosen
        return device_page(chosen=chosen.actor.code)


async def serve(settings: Settings) -> None:
    """Serve on the loopback until SIGINT or SIGTERM; errors of `issuer_app`."""
    configure_log(json=settings.log_json)
    config = uvicorn.Config(
        issuer_app(settings),
        host=LOOPBACK,
        port=settings.issuer_port,
        log_config=None,
        access_log=False,
        server_header=False,
    )
    await uvicorn.Server(config).serve()


async def _form(request: Request) -> dict[str, str]:
    async with request.form() as form:
        return {name: value for name, value in form.items() if isinstance(value, str)}


def _discovery(url: str) -> dict[str, object]:
    return {
        "issuer": url,
        "authorization_endpoint": f"{url}/authorize",
        "token_endpoint": f"{url}/token",
        "device_authorization_endpoint": f"{url}/device_authorization",
        "revocation_endpoint": f"{url}/revoke",
        "jwks_uri": f"{url}/jwks",
        "scopes_supported": [SCOPE],
        "response_types_supported": ["code"],
        "grant_types_supported": [CODE, CREDENTIALS, DEVICE, REFRESH],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "token_endpoint_auth_methods_supported": [
            "client_secret_basic",
            "client_secret_post",
            "none",
        ],
        "code_challenge_methods_supported": ["S256"],
    }


def _wall_clock() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the issuer is outside Casework, with its own clock


_PAGES = Environment(loader=PackageLoader("casework.local.issuer", "pages"), autoescape=True)

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
}


def people_page(people: Iterable[Person], *, code: str = "") -> HTMLResponse:
    """Everybody who can log in, by district; systems have no page to log in on.

    ``code`` is what the command shows that waits for this choice.
    """
    actors = sorted(
        (person.actor for person in people if person.actor.role is not Role.SYSTEM),
        key=lambda actor: (actor.code in OUTSIDE, actor.district, actor.code),
    )
    groups = [
        (title, [(actor.code, actor.role.label) for actor in members])
        for title, members in groupby(
            actors,
            lambda actor: "办事人" if actor.code in OUTSIDE else actor.district or "全部区划",
        )
    ]
    return HTMLResponse(
        _PAGES.get_template("people.html").render(groups=groups, code=code), headers=_HEADERS
    )


def device_page(*, chosen: str = "", unknown: bool = False) -> HTMLResponse:
    """Ask for the code that a command shows, or say that it may go on as somebody."""
    page = _PAGES.get_template("device.html").render(chosen=chosen, unknown=unknown)
    return HTMLResponse(page, headers=_HEADERS)
