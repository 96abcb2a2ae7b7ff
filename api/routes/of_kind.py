"""The routes that open, list and show cases, built from each kind that declares ``opens``.

`api.routes.verbs` has the verbs of every kind. A kind without ``opens`` has routes of its own.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, make_dataclass
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import create_model

from api.access.guard import Caller, listed_district, permit, require_filing, sight_of
from api.edge.problems import no_case
from api.parts import Here, Parts
from api.routes.answers import problem_responses
from api.routes.in_force import in_force_for
from api.routes.lists import CaseItem, Listing, PageQuery, case_item, readable
from api.routes.opening import OPENED, opened
from api.routes.reading import members_of
from api.routes.same_person import told_tasks
from casework.domain.authority import Action
from casework.domain.case.kind import Kind
from casework.domain.case.opening import StartCase
from casework.domain.kinds.registry import KINDS, CaseKind, stage_label
from casework.filing.bodies import Body, CaseNo, District, Filing, body_of_kind
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


def routers() -> list[APIRouter]:
    """The routes of each kind with ``opens``."""
    return [_router(kind, known) for kind, known in KINDS.items() if known.opens is not None]


def _router(kind: CaseKind, known: Kind) -> APIRouter:
    router = APIRouter(
        prefix=f"/{known.path}",
        tags=[known.path],
        responses=problem_responses(HTTPStatus.UNPROCESSABLE_ENTITY),
    )
    add_opening(
        router,
        body_of_kind(kind),
        summary=f"提交{known.label}",
        about="Open a case; the same again is the same case.",
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
        responses=problem_responses(HTTPStatus.NOT_FOUND),
    )
    return router


async def _nothing_more(start: StartCase, here: Parts) -> None:
    """Check nothing more: for most kinds the desk checks everything."""


def add_opening(  # noqa: PLR0913 - what, how it is called and told of, what else is asked
    router: APIRouter,
    model: type[Body],
    *,
    summary: str,
    about: str,
    path: str = "",
    check: Callable[[Any, Parts], Awaitable[None]] = _nothing_more,
) -> None:
    """Add to a router the POST that opens a case from its body alone.

    ``check`` may refuse a start because of the register; ``about`` is the summary.
    """

    async def open_case(body: Any, actor: Caller, here: Here) -> Response:  # noqa: ANN401 - its type is set below
        filed: Any = body.owned_by(actor) if isinstance(body, Filing) else body
        now = here.now()
        require_filing(actor, here.desk.filed(filed, now))

        async def start() -> StartCase:
            in_force = await in_force_for(here.desk.question(filed, now), here)
            case = here.desk.start(filed, actor, now, in_force)
            await check(case, here)
            return case

        return await opened(filed.identity, actor, here, start)

    open_case.__annotations__["body"] = model
    router.add_api_route(
        path, open_case, methods=["POST"], summary=summary, description=about, **OPENED
    )


def add_listing(router: APIRouter, kind: CaseKind, *, summary: str, about: str) -> None:
    """Add to a router the GET that lists the cases of a kind; ``about`` is the summary."""
    stages: Any = KINDS[kind].stages
    query = create_model(
        f"{KINDS[kind].workflow}Query",
        __base__=_OfKindQuery,
        __doc__=_OfKindQuery.__doc__,
        stage=(stages | None, None),
    )

    async def list_cases(asked: Any, actor: Caller, here: Here) -> Listing[CaseItem]:  # noqa: ANN401 - as above
        wanted = CaseFilter(
            kind=kind,
            district=listed_district(actor, asked.district),
            sight=sight_of(actor),
            stage=asked.stage or "",
        )
        with readable(asked.cursor):
            async with here.register.reading() as session:
                page = await search_cases(session, wanted, after=asked.cursor, size=asked.size)
        return Listing(items=[case_item(row) for row in page.rows], next_cursor=page.next or None)

    list_cases.__annotations__["asked"] = Annotated[query, Query()]
    router.add_api_route("", list_cases, methods=["GET"], summary=summary, description=about)


def _answer_of(known: Kind) -> type[CaseOfKind]:
    """Return the model of a case with a member for each table that only its kind has."""
    own: list[Any] = [(each.member, tuple[each.row, ...]) for each in known.rows]  # type: ignore[name-defined]  # as it is declared
    made: type[CaseOfKind] = make_dataclass(
        f"{known.workflow}Answer", own, bases=(CaseOfKind,), frozen=True, kw_only=True
    )
    made.__doc__ = CaseOfKind.__doc__
    return made


def _showing(kind: CaseKind, answer: type[CaseOfKind]) -> Callable[..., Awaitable[CaseOfKind]]:
    async def show_case(case_no: CaseNo, actor: Caller, here: Here) -> Any:  # noqa: ANN401 - as the route says
        """The case now: stage, clocks, tasks, cards, notices; personal data masked."""
        async with here.register.reading() as session:
            await permit(session, actor, Action.READ, case_no)
            view = await case_view(session, case_no)
            if view is None or view.kind != kind:
                raise no_case()
            own = await own_rows(session, KINDS[kind], case_no)
        return answer(
            **members_of(view) | {"tasks": told_tasks(view.tasks, actor)} | own,
            kind_label=KINDS[kind].label,
            stage_label=stage_label(view.stage),
        )

    return show_case
