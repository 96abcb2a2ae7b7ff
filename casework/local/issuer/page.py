"""The page on which a visitor of the local stack chooses whom to be."""

from collections.abc import Iterable
from itertools import groupby

from jinja2 import Environment, PackageLoader
from starlette.responses import HTMLResponse

from casework.domain.policy import Role
from casework.local.issuer.people import OUTSIDE, Person

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
