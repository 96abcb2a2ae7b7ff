"""Opening, listing and showing a case of a kind that does so like every other: made from the kind.

Its verbs are in `api.routes.verbs`, as those of every kind. A kind without ``opens`` has routes of
its own.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, make_dataclass
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import create_model

from api.access.guard import Caller, listed_district, permit, sight_of
from api.edge.problems import no_case
from api.parts import Here
from api.routes.answers import problem_responses
from api.routes.appointments import booked
from api.routes.export import exported
from api.routes.lists import CaseItem, Listing, PageQuery, Since, case_item, readable
from api.routes.opening import Starting, add_opening, by_the_desk
from api.routes.reading import members_of
from api.routes.routers import with_token
from api.routes.seen import TAGGED, shown
from casework.domain.authority import Action
from casework.domain.case.kind import Kind
from casework.domain.kinds.registry import KINDS, CaseKind, stage_label
from casework.filing.bodies import CaseNo, District, body_of_kind
from casework.store.queries import CaseFilter, CaseView, case_view, search_cases
from casework.store.queries.case import own_rows


@dataclass(frozen=True, kw_only=True)
class CaseOfKind(CaseView):
    """The present state of a case, with the rows that only its kind has."""

    kind_label: str
    stage_label: str


class _OfKindQuery(PageQuery):
    """A field that is left out does not restrict the list."""

    district: District | None = None
    updated_since: Since = None


_STARTING: dict[CaseKind, Starting] = {CaseKind.APPOINTMENT: booked}
"""How a start is made of kinds that ask the register for more than what is in force."""


def routers() -> list[APIRouter]:
    """The routes of each kind with ``opens``."""
    return [_router(kind, known) for kind, known in KINDS.items() if known.opens is not None]


def _router(kind: CaseKind, known: Kind) -> APIRouter:
    router = with_token(
        prefix=f"/{known.path}",
        tags=[known.path],
        responses=problem_responses(HTTPStatus.UNPROCESSABLE_ENTITY),
    )
    add_opening(
        router,
        body_of_kind(kind),
        summary=f"提交{known.label}",
        about="Open a case; the same again is the same case.",
        starting=_STARTING.get(kind, by_the_desk),
    )
    add_listing(
        router,
        kind,
        summary=f"查询{known.label}",
        about="Cases of this kind, newest first; people of a district see their own.",
    )
    answer = _answer_of(known)
    router.add_api_route(
        "/{case_no}",
        _showing(kind, answer),
        methods=["GET"],
        summary=f"一件{known.label}",
        response_model=answer,
        responses=problem_responses(HTTPStatus.NOT_FOUND) | TAGGED,
    )
    return router


def add_listing(router: APIRouter, kind: CaseKind, *, summary: str, about: str) -> None:
    """Give a router the GET that lists the cases of a kind; ``about`` is shown."""
    stages: Any = KINDS[kind].stages
    query = create_model(
        f"{KINDS[kind].workflow}Query",
        __base__=_OfKindQuery,
        __doc__=_OfKindQuery.__doc__,
        stage=(stages | None, None),
    )

    @exported(KINDS[kind].label)
    async def list_cases(asked: Any, actor: Caller, here: Here) -> Listing[CaseItem]:  # noqa: ANN401 - as above
        wanted = CaseFilter(
            kind=kind,
            district=listed_district(actor, asked.district),
            sight=sight_of(actor),
            stage=asked.stage or "",
            updated_since=asked.updated_since,
        )
        with readable(asked.cursor):
            async with here.register.reading() as session:
                page = await search_cases(session, wanted, after=asked.cursor, size=asked.size)
        return Listing(items=[case_item(row) for row in page.rows], next_cursor=page.next or None)

    list_cases.__annotations__["asked"] = Annotated[query, Query()]
    router.add_api_route("", list_cases, methods=["GET"], summary=summary, description=about)


def _answer_of(known: Kind) -> type[CaseOfKind]:
    """A case with a member for each table that only its kind has."""
    own: list[Any] = [(each.member, tuple[each.row, ...]) for each in known.rows]  # type: ignore[name-defined]  # as it is declared
    made: type[CaseOfKind] = make_dataclass(
        f"{known.workflow}Answer", own, bases=(CaseOfKind,), frozen=True, kw_only=True
    )
    made.__doc__ = CaseOfKind.__doc__
    return made


def _showing(kind: CaseKind, answer: type[CaseOfKind]) -> Callable[..., Awaitable[CaseOfKind]]:
    async def show_case(case_no: CaseNo, actor: Caller, here: Here, response: Response) -> Any:  # noqa: ANN401 - as the route says
        """The case now: stage, clocks, tasks, cards, notices; personal data masked."""
        async with here.register.reading() as session:
            await permit(session, actor, Action.READ, case_no)
            view = await case_view(session, case_no)
            if view is None or view.kind != kind:
                raise no_case()
            own = await own_rows(session, KINDS[kind], case_no)
        return answer(
            **members_of(shown(view, actor, response)) | own,
            kind_label=KINDS[kind].label,
            stage_label=stage_label(view.stage),
        )

    return show_case
