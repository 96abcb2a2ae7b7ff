"""What every command that speaks to the API has in common: address, token, who acts."""
# ruff: noqa: PLC0415 - imported when a command runs, so that the others start fast

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Annotated, Any

import typer

from casework.cli.calling.identity import BACKEND, load_settings, mint, officer, reader
from casework.cli.calling.login import token_of_login
from casework.cli.terms.errors import UnusableError

if TYPE_CHECKING:
    from casework.cli.calling.client import Client

TIMEOUT_SECONDS = 30.0

_OPTIONS = (
    Parameter(
        "act_as",
        Parameter.KEYWORD_ONLY,
        default="",
        annotation=Annotated[
            str,
            typer.Option("--as", metavar="CODE", help="Sample officer to act as (see `token`)."),
        ],
    ),
    Parameter(
        "token",
        Parameter.KEYWORD_ONLY,
        default="",
        annotation=Annotated[
            str, typer.Option(envvar="CASEWORK_TOKEN", help="Token of any issuer (see `login`).")
        ],
    ),
    Parameter(
        "api",
        Parameter.KEYWORD_ONLY,
        default="",
        annotation=Annotated[str, typer.Option(metavar="URL", help="API to speak to.")],
    ),
)


def over_http(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command a `Client` as its first argument and the options that make it.

    Without ``--as`` and ``--token`` the client speaks for whoever is logged in. Without a login it
    sends as the sample backend system, and reads as the superior, who sees every case.
    The context's ``obj`` may be a transport in place of the network: tests bring their own.
    """
    _, *own = signature(command).parameters.values()

    @wraps(command)
    def run(
        ctx: typer.Context,
        *args: Any,  # noqa: ANN401 - passed on
        act_as: str,
        token: str,
        api: str,
        **options: Any,  # noqa: ANN401 - passed on
    ) -> None:
        with connected(api=api, token=token, act_as=act_as, transport=ctx.obj) as client:
            command(client, *args, **options)

    context = Parameter("ctx", Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    parameters = [context, *own, *_OPTIONS]
    run.__signature__ = signature(run).replace(parameters=parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    return run


@contextmanager
def connected(
    *,
    api: str = "",
    token: str = "",
    act_as: str = "",
    transport: Any = None,  # noqa: ANN401 - an httpx transport, and httpx is imported later
) -> Iterator["Client"]:
    """Yield a client of the API at ``api``, by default that of the settings in force."""
    import httpx

    from casework.cli.calling.client import Client

    settings = load_settings()
    place = api or settings.api_local_url
    if not place.startswith(("http://", "https://")):
        raise UnusableError(f"--api {place}: an address begins with http:// or https://")
    try:
        http = httpx.Client(base_url=place, timeout=TIMEOUT_SECONDS, transport=transport)
    except httpx.InvalidURL as error:
        raise UnusableError(f"--api {place}: {error}") from None
    if not (act_as or token):
        token = token_of_login(settings)
    by_default = not (act_as or token)
    if act_as or not token:
        token = mint(officer(act_as or BACKEND), settings)
    if not (token.isascii() and token.isprintable()):
        raise UnusableError("what was given as token (--token, CASEWORK_TOKEN) is none")
    reads_by = (lambda place: mint(reader(place), settings)) if by_default else None
    with http:
        yield Client(http=http, token=token, acts_by_default=by_default, reads_by=reads_by)
