"""Deeds that are no verb of one case, in the same three steps: form, 核对 what follows, done."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import httpx
from fastapi.responses import Response

from api.desk.acts import said
from api.desk.forms import ROWS, Field, Typed, blank, read, wrong_fields
from api.desk.visit import Visit, to
from api.edge.problems import ProblemError

Json = dict[str, Any]


async def nothing_more(visit: Visit, body: Json) -> Json:
    """Nothing can be foretold but what was typed."""
    del visit, body
    return {}


@dataclass(frozen=True, kw_only=True)
class Deed:
    """What is done by one body at one address of the API; its page is where it is opened.

    ``fixed`` are members that nobody types. ``effect``: what the button of the check page says.
    ``sends`` does it where the API takes no JSON. ``foretell`` asks the API what would follow, for
    the template ``told``; it raises the `ProblemError` for which the deed would be refused.
    ``done``: the page that follows. ``beside``: address and words of what may come first.
    """

    title: str
    fields: tuple[Field, ...]
    path: str
    back: str
    effect: str
    done: Callable[[httpx.Response], str]
    foretell: Callable[[Visit, Json], Awaitable[Json]] = nothing_more
    sends: Callable[[Visit, Json, str], Awaitable[httpx.Response]] | None = None
    told: str = ""
    lead: str = ""
    beside: tuple[str, str] | None = None
    fixed: Mapping[str, Any] = field(default_factory=dict)


def opened(visit: Visit, deed: Deed) -> Response:
    """The form; the address may say what stands in it."""
    typed = blank(deed.fields, dict(visit.request.query_params))
    return _form(visit, deed, typed, secrets.token_urlsafe(16))


async def taken(visit: Visit, deed: Deed) -> Response:
    """The next step of what was sent: back to the form, on to the check page, or done."""
    given = await visit.form()
    key = str(given.get("key") or secrets.token_urlsafe(16))
    typed = await read(deed.fields, given, visit.api)
    step = given.get("step")
    if typed.refused is not None:
        return _form(visit, deed, typed, key, typed.refused)
    if step == "more":
        typed.rows = {path: number + ROWS for path, number in typed.rows.items()}
    if step in {"change", "more"}:
        return _form(visit, deed, typed, key)
    body = {**deed.fixed, **typed.body}
    try:
        if step == "send":
            if deed.sends is not None:
                return to(deed.done(await deed.sends(visit, body, key)))
            return to(deed.done(await visit.api.post(deed.path, body, key=key)))
        told = await deed.foretell(visit, body)
    except ProblemError as refused:
        if refused.status < HTTPStatus.INTERNAL_SERVER_ERROR:
            key = secrets.token_urlsafe(16)  # what was refused is over
        return _form(visit, deed, typed, key, refused)
    return visit.page(
        "deed_check.html",
        deed=deed,
        typed=typed,
        said=tuple(said(deed.fields, typed)),
        key=key,
        told=told,
        way=visit.request.url.path,
    )


def _form(
    visit: Visit, deed: Deed, typed: Typed, key: str, problem: ProblemError | None = None
) -> Response:
    return visit.page(
        "deed.html",
        problem.status if problem else HTTPStatus.OK,
        deed=deed,
        typed=typed,
        key=key,
        problem=problem,
        wrong=wrong_fields(problem),
        way=visit.request.url.path,
    )
