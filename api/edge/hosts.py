"""The host names that the API accepts."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Self
from urllib.parse import urlsplit

from starlette.requests import Request

from api.edge.problems import ProblemError
from casework.settings import Settings

ANY = "*"
_OF_THIS_MACHINE = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, kw_only=True)
class Hosts:
    """Names in lower case, without a port; `ANY` among them: all."""

    names: frozenset[str] = frozenset({ANY})

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return the names of the public address and of this machine, and the allowed ones."""
        public = urlsplit(settings.api_public_url).hostname or ""
        further = (each.strip().lower() for each in settings.allowed_hosts.split(","))
        names = {*_OF_THIS_MACHINE, settings.api_host.lower(), public, *further}
        return cls(names=frozenset(names - {"", "0.0.0.0", "::"}))  # noqa: S104 - compared, not bound

    def refusal(self, request: Request) -> ProblemError | None:
        """Return why the ``Host`` of the request is refused; None: it is accepted."""
        if ANY in self.names or _name(request.headers.get("host", "")) in self.names:
            return None
        return ProblemError(
            status=HTTPStatus.BAD_REQUEST,
            code="HOST_NOT_ALLOWED",
            detail="本系统不以此主机名提供服务，请核对地址",
            headers={"Connection": "close"},
        )


def _name(host: str) -> str:
    """Return the name in a ``Host`` header; empty: it is not a valid one."""
    if "@" in host or "/" in host:
        return ""
    try:
        return (urlsplit(f"//{host}").hostname or "").removesuffix(".")
    except ValueError:
        return ""
