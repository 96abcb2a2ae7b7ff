"""One request of a page: who looks, the API as they may use it, and the page that answers.

Every room of pages is made of these: a route asks for a `Visit`, and answers with its ``page``.
Refusals need no handling: `problem_page` shows them.
"""

import hashlib
import hmac
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from typing import Annotated, Any
from urllib.parse import quote

import yaml
from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.datastructures import FormData

from api.access.caller import Caller
from api.access.session import form_token
from api.desk.fields import label_of_field
from api.desk.inside import Inside
from api.desk.names import Names
from api.desk.navigation import MINE, PATH, entries_of, home_of
from api.desk.words import FILTERS, of_filter
from api.edge.problems import ProblemError, title_of
from api.parts import Parts
from casework.domain.case.facts import Actor
from casework.domain.time.calendar import local_date

MOST_TEXT = 1024 * 1024
"""Bytes of one text of a form; the longest is a file that goes along with it."""
TOKEN = "csrf"  # noqa: S105 - the name of a field
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self';"
    " img-src 'self'; font-src 'self'; frame-src 'self'; connect-src 'self'; form-action 'self';"
    " frame-ancestors 'none'; base-uri 'none'",
    "Cache-Control": "no-store",
    # With less, a browser would not say from which origin a form comes.
    "Referrer-Policy": "same-origin",
}
_FRAMED = HEADERS["Content-Security-Policy"].replace(
    "frame-ancestors 'none'", "frame-ancestors 'self'"
)
_PASSING = frozenset(
    {
        HTTPStatus.CONFLICT,
        HTTPStatus.PRECONDITION_FAILED,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        HTTPStatus.SERVICE_UNAVAILABLE,
    }
)
"""A person who opens the page again may see it."""
_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml", "png": "image/png"}
_OWN_SITES = frozenset({"", "same-origin", "none"})


@dataclass(frozen=True, kw_only=True)
class Static:
    """A file of the pages, named by its content: it may be kept as long as a browser likes."""

    content: bytes
    media_type: str
    digest: str


@cache
def statics() -> Mapping[str, Static]:
    """The style, scripts and pictures of all pages, by name."""
    found = {}
    for each in files("api.desk").joinpath("static").iterdir():
        content = each.read_bytes()
        digest = hashlib.sha256(content).hexdigest()[:16]
        media_type = _TYPES[each.name.rpartition(".")[2]]
        found[each.name] = Static(content=content, media_type=media_type, digest=digest)
    return found


def static_url(name: str) -> str:
    """The address of a file of the pages."""
    return f"{PATH}/static/{name}?v={statics()[name].digest}"


@cache
def templates() -> Environment:
    """The templates of all rooms: what is not given is an error, what is given is text."""
    made = Environment(
        loader=PackageLoader("api.desk"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(FILTERS)
    made.globals.update(static=static_url, desk=PATH)
    return made


@cache
def helps() -> Mapping[str, Any]:
    """What is said to help with each page, by its template: title, sentences, source."""
    told: Mapping[str, Any] = yaml.safe_load(
        files("api.desk").joinpath("help.yaml").read_text(encoding="utf-8")
    )
    return told


@dataclass(frozen=True, kw_only=True)
class Visit:
    """A person looks at a page. ``api``: what they may ask, with their own session."""

    request: Request
    actor: Actor
    api: Inside

    @property
    def here(self) -> Parts:
        """The parts of the application; of these a page needs the clock and the settings."""
        parts: Parts = self.request.app.state.parts
        return parts

    @property
    def names(self) -> Names:
        """What people call the codes that a page would show."""
        return Names(self.here.desk)

    @property
    def today(self) -> date:
        """The day in Shanghai."""
        return local_date(self.here.now())

    @property
    def token(self) -> str:
        """What each form carries in the field ``csrf``."""
        return form_token(self.request)

    def page(
        self,
        name: str,
        status: HTTPStatus = HTTPStatus.OK,
        **shown: Any,  # noqa: ANN401 - whatever the page shows
    ) -> Response:
        """The page of a template, in the frame of the person's navigation.

        A template extends ``frame.html`` and fills its blocks ``title`` and ``main``.
        """
        return _page(self.request, name, status, self.actor, **shown)

    async def form(self) -> FormData:
        """What was sent by a form of ours.

        Raises:
            ProblemError: 403 ``FOREIGN_ORIGIN``, it was no form of ours in this session.
        """
        sent = await self.request.form(max_part_size=MOST_TEXT)
        given = sent.get(TOKEN, "")
        own = isinstance(given, str) and hmac.compare_digest(given.encode(), self.token.encode())
        if not own or self.request.headers.get("sec-fetch-site", "") not in _OWN_SITES:
            raise ProblemError(
                status=HTTPStatus.FORBIDDEN,
                code="FOREIGN_ORIGIN",
                detail="无法确认请求来自本站页面（或者页面已过期），请返回后重新打开",
            )
        return sent


async def _visit(request: Request, actor: Caller) -> AsyncIterator[Visit]:
    try:
        yield Visit(request=request, actor=actor, api=Inside(request=request))
    finally:
        await request.close()  # the files of a form


Visiting = Annotated[Visit, Depends(_visit)]
"""The visit that a route of a page asks for; nobody looks who has not logged in."""


def to(path: str) -> Response:
    """Send the browser on to another page after a form."""
    return RedirectResponse(path, HTTPStatus.SEE_OTHER, HEADERS)


def bare_page(
    request: Request,
    name: str,
    status: HTTPStatus = HTTPStatus.OK,
    **shown: Any,  # noqa: ANN401 - as `Visit.page`
) -> Response:
    """A page for whoever has no session."""
    return _page(request, name, status, None, **shown)


def problem_page(problem: ProblemError, request: Request) -> Response:
    """A refusal as a page; who has to log in first is sent there, and comes back."""
    strange = problem.code == "NOT_AUTHENTICATED" and "authorization" not in request.headers
    looks = request.method in {"GET", "HEAD"}
    if strange and looks:
        query = f"?{request.url.query}" if request.url.query else ""
        way = quote(request.url.path, safe="/") + query
        return RedirectResponse(f"/login?next={quote(way, safe='')}", HTTPStatus.SEE_OTHER, HEADERS)
    framed = request.headers.get("sec-fetch-dest") == "iframe"  # a file beside its list
    faults = [(_called(each.field), each.detail) for each in problem.errors]
    again = problem.status in _PASSING and looks and not framed
    answer = _page(
        request,
        "problem.html",
        problem.status,
        None if framed else getattr(request.state, "actor", None),
        problem=problem,
        heading=title_of(problem.status),
        said=""
        if any(each.detail in problem.detail for each in problem.errors)
        else problem.detail,
        faults=faults,
        again=f"{request.url.path}?{request.url.query}".rstrip("?") if again else "",
        target="_top" if framed else "_self",
    )
    answer.headers.update({k: v for k, v in problem.headers.items() if k != "WWW-Authenticate"})
    if framed:
        answer.headers["Content-Security-Policy"] = _FRAMED
    return answer


def _called(field: str) -> str:
    """The word for a field that has no place on the page: never its name in the code."""
    name = field.rpartition(".")[2]
    word = label_of_field("", name)
    word = of_filter(name) if word == name else word
    return "所填内容" if word == name else word


def _home(request: Request, actor: Actor | None) -> str:
    if actor is not None:
        return home_of(actor.role)
    return MINE if request.url.path.startswith(f"{MINE}/") else PATH


def _page(
    request: Request,
    name: str,
    status: HTTPStatus,
    actor: Actor | None,
    **shown: Any,  # noqa: ANN401 - as `Visit.page`
) -> Response:
    entries, home = entries_of(actor.role) if actor else (), _home(request, actor)
    parts: Parts = request.app.state.parts
    names = Names(parts.desk)
    html = (
        templates()
        .get_template(name)
        .render(
            actor=actor,
            entries=entries,
            path=request.url.path,
            home=home,
            desk=home,
            token=form_token(request) if actor else "",
            help=helps().get(name) if actor else None,
            called=names,
            place=names.place,
            **shown,
        )
    )
    return HTMLResponse(html, status, HEADERS)
