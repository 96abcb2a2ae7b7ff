"""Telling many cases: which of them still wait, and what became of the others.

Orders, absences, leavers and relations (回避) all tell cases in this way. Which cases are told is
written first, then each is told, and its outcome is noted last. So whoever goes on after a crash
finds what still waits, and anybody sees how far it has come. Nothing here commits.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Select, and_, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from casework.store.models import Tellings
from casework.store.paging import PAGE_SIZE, Keyset, Page, bounded
from casework.store.register.cases import Running

WAITING = "waiting"
SIGNALLED = "signalled"
GONE = "gone"
"""It has ended meanwhile, and nobody is there to be told."""

Row = TypeVar("Row")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one case; ``code`` is that of a refusal."""

    case_no: str
    outcome: str
    code: str = ""


@dataclass(frozen=True, kw_only=True)
class Count:
    """How many cases are told something, and how many of them have their outcome."""

    cases: int
    done: int


@dataclass(frozen=True, kw_only=True)
class Book(Generic[Row]):
    """A table of cases that are told something, each with its outcome.

    ``table`` has ``case_no``, ``outcome``, ``code`` and ``at``; its column ``owner`` says by
    what. ``view`` is made of ``columns``. ``waits``: the outcome of those not told yet.
    """

    table: Any
    owner: Any
    view: Callable[..., Row]
    columns: Sequence[Any]
    waits: str = WAITING

    def _rows(self, no: str) -> Select[Any]:
        return select(*self.columns).where(self.owner == no).order_by(self.table.case_no)

    async def waiting(
        self, session: AsyncSession, no: str, *, after: str = "", limit: int
    ) -> tuple[Row, ...]:
        """The next cases without an outcome, by number."""
        query = self._rows(no).where(self.table.outcome == self.waits, self.table.case_no > after)
        found = await session.execute(query.limit(limit))
        return tuple(self.view(**row) for row in found.mappings())

    async def note(self, session: AsyncSession, no: str, outcomes: Iterable[Outcome]) -> None:
        """Write what became of cases; one that has its outcome keeps it."""
        told: dict[tuple[str, str], list[str]] = defaultdict(list)
        for each in outcomes:
            told[each.outcome, each.code].append(each.case_no)
        for (outcome, code), cases in sorted(told.items()):
            waits = and_(self.owner == no, self.table.outcome == self.waits)
            theirs = update(self.table).where(waits, self.table.case_no.in_(cases))
            await session.execute(theirs.values(outcome=outcome, code=code, at=func.now()))

    async def count(self, session: AsyncSession, no: str) -> Count:
        """How far it has come."""
        return await self._count(session, self.owner == no)

    async def count_all(self, session: AsyncSession, no: str) -> Count:
        """The same of all parts of ``no`` (`part`) together."""
        return await self._count(session, and_(self.owner > f"{no}:", self.owner < f"{no};"))

    async def _count(self, session: AsyncSession, which: ColumnElement[bool]) -> Count:
        done = func.count().filter(self.table.outcome != self.waits)
        cases, finished = (
            await session.execute(select(func.count(), done).select_from(self.table).where(which))
        ).one()
        return Count(cases=cases, done=finished)

    async def page(  # noqa: PLR0913 - the list, and one argument per filter
        self,
        session: AsyncSession,
        no: str,
        keyset: Keyset[Row, tuple[str]],
        *,
        outcome: str | None = None,
        after: str = "",
        size: int = PAGE_SIZE,
    ) -> Page[Row]:
        """A page of the cases, by number, as ``keyset`` has them; raises `CursorError`."""
        size = bounded(size)
        query = self._rows(no)
        if outcome:
            query = query.where(self.table.outcome == outcome)
        if after:
            query = query.where(self.table.case_no > keyset.key(after)[0])
        found = await session.execute(query.limit(size + 1))
        return keyset.page([self.view(**row) for row in found.mappings()], size)


def keyset_of(name: str) -> Keyset[Any, tuple[str]]:
    """The order of a list of cases that are told something."""
    return Keyset(name, _number, TypeAdapter(tuple[str]))


def _number(row: Any) -> tuple[str]:  # noqa: ANN401 - each view names its case
    return (row.case_no,)


# --- to look again -------------------------------------------------------------------------
# What absences, leavers and relations tell: there is something new in the register.


def part(no: str, what: str) -> str:
    """The part of ``no`` that concerns one of several, by which it is told."""
    return f"{no}:{what}"


TELLINGS: Book[Running] = Book(
    table=Tellings,
    owner=Tellings.about,
    view=Running,
    columns=(Tellings.case_no, Tellings.kind),
)


async def tell(
    session: AsyncSession, no: str, cases: Select[str, str], *, anew: bool = False
) -> None:
    """Have these cases told, each once; ``anew``: also those that were told before.

    ``cases``: numbers and kinds, as ``running`` selects them.
    """
    found = cases.order_by(None).subquery()
    names = ["about", "case_no", "kind", "outcome"]
    rows = select(literal(no), found.c.case_no, found.c.kind, literal(WAITING))
    written = insert(Tellings).from_select(names, rows)
    again = written.on_conflict_do_update(
        index_elements=[Tellings.about, Tellings.case_no],
        set_={"outcome": WAITING, "code": "", "at": None},
    )
    await session.execute(again if anew else written.on_conflict_do_nothing())
