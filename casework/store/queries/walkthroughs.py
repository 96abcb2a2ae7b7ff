"""The ledger of walkthroughs (走流程台账): its entries, as reports count and as lists show them.

Both read the same rows, so a figure is exactly as long as the list that it opens. The tables are
small: leaders walk some hundred times a year.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Select, Subquery, func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.kinds.walkthrough.state import FindingSort, RemedyStatus
from casework.domain.reports import LedgerFigure, Period
from casework.store.models import Cases, Openings, model_of
from casework.store.paging import PAGE_SIZE, Order, Page, bounded

_WALKS, _FINDINGS, _REMEDIES = (
    model_of(name).__table__.c for name in ("walkthroughs", "walk_findings", "remedies")
)


@dataclass(frozen=True, kw_only=True)
class LedgerEntry:
    """One entry: a walk, what it brought to light, a remedy that was set, or one that was closed.

    ``code`` is that of the finding or remedy; ``owner`` and ``status`` are those of a remedy.
    """

    figure: str
    case_no: str
    code: str
    day: date
    owner: str
    status: str
    district: str
    item_name: str
    stage: str


LEDGER: Order[LedgerEntry, tuple[date, str, str, str]] = Order(
    "walk_entries",
    lambda row: (row.day, row.case_no, row.figure, row.code),
    TypeAdapter(tuple[date, str, str, str]),
)


def _entries() -> Subquery:
    nothing = literal("")
    problem, need = FindingSort.PROBLEM.value, FindingSort.NEED.value
    parts = (
        (LedgerFigure.WALKED, _WALKS, nothing, _WALKS.walked_on, None),
        (
            LedgerFigure.WALK_PROBLEMS,
            _FINDINGS,
            _FINDINGS.finding,
            _FINDINGS.noted_on,
            (_FINDINGS.sort == problem) & _FINDINGS.struck.is_(False),
        ),
        (
            LedgerFigure.WALK_NEEDS,
            _FINDINGS,
            _FINDINGS.finding,
            _FINDINGS.noted_on,
            (_FINDINGS.sort == need) & _FINDINGS.struck.is_(False),
        ),
        (
            LedgerFigure.REMEDIES_SET,
            _REMEDIES,
            _REMEDIES.remedy,
            _REMEDIES.set_on,
            _REMEDIES.status != RemedyStatus.WITHDRAWN.value,
        ),
        (
            LedgerFigure.REMEDIES_CLOSED,
            _REMEDIES,
            _REMEDIES.remedy,
            _REMEDIES.closed_on,
            _REMEDIES.closed_on.is_not(None),
        ),
    )
    queries = []
    for figure, of, code, day, condition in parts:
        has_owner = of is _REMEDIES
        query = select(
            of.case_no,
            literal(figure.value).label("figure"),
            code.label("code"),
            day.label("day"),
            (_REMEDIES.owner if has_owner else nothing).label("owner"),
            (_REMEDIES.status if has_owner else nothing).label("status"),
        )
        queries.append(query if condition is None else query.where(condition))
    return union_all(*queries).subquery("entries")


ENTRIES = _entries()
_E = ENTRIES.c
_ORDER = (_E.day, _E.case_no, _E.figure, _E.code)


def ledger_query(
    period: Period, conditions: Iterable[ColumnElement[bool]], group: Sequence[ColumnElement[Any]]
) -> Select[Any]:
    """The figures of the ledger, by columns of cases; ``conditions`` are those of a place."""
    query = (
        select(
            *group,
            func.min(Cases.item_name).label("item_name"),
            *(func.count().filter(_E.figure == f.value).label(f.value) for f in LedgerFigure),
        )
        .select_from(ENTRIES)
        .join(Cases, Cases.case_no == _E.case_no)
        .outerjoin(Openings, Openings.case_no == Cases.case_no)
        .where(*_within(period.first_on, period.before), *conditions)
    )
    return query.group_by(*group)


def each_of_ledger(period: Period, conditions: Iterable[ColumnElement[bool]]) -> Select[Any]:
    """Each case that has an entry in the period, and of which figures."""
    query = (
        select(
            Cases.case_no,
            *(func.bool_or(_E.figure == f.value).label(f.value) for f in LedgerFigure),
        )
        .join(ENTRIES, _E.case_no == Cases.case_no)
        .outerjoin(Openings, Openings.case_no == Cases.case_no)
        .where(*_within(period.first_on, period.before), *conditions)
    )
    return query.group_by(Cases.case_no).order_by(Cases.case_no)


def _within(since: date | None, before: date | None) -> Iterator[ColumnElement[bool]]:
    if since is not None:
        yield _E.day >= since
    if before is not None:
        yield _E.day < before


async def ledger_page(  # noqa: PLR0913 - the list, and one argument per filter
    session: AsyncSession,
    conditions: Iterable[ColumnElement[bool]],
    *,
    figure: str = "",
    since: date | None = None,
    before: date | None = None,
    after: str = "",
    size: int = PAGE_SIZE,
) -> Page[LedgerEntry]:
    """Entries by day, of one figure or of all; ``conditions`` of a place. Raises `CursorError`."""
    size = bounded(size)
    query = (
        select(*ENTRIES.c, Cases.district, Cases.item_name, Cases.stage)
        .join(Cases, Cases.case_no == _E.case_no)
        .outerjoin(Openings, Openings.case_no == Cases.case_no)
        .where(*_within(since, before), *conditions)
    )
    if figure:
        query = query.where(_E.figure == figure)
    query = query.where(*LEDGER.following(_ORDER, after))
    query = query.order_by(*LEDGER.sorted(_ORDER)).limit(size + 1)
    rows = [LedgerEntry(**row) for row in (await session.execute(query)).mappings()]
    return LEDGER.page(rows, size)
