"""A case as the register shows it at one moment of a rehearsal."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from casework.domain.case.events import Event
from casework.domain.case.procedure import evolve
from casework.domain.case.projection import ClockRow
from casework.domain.case.state import Card, Case
from casework.domain.kinds.application.state import Line
from casework.domain.time.calendar import local_date
from casework.store import queries
from casework.store.engine import Sessions
from casework.store.models import Openings, Receipts
from casework.store.queries import CaseView, NoticeView
from casework.store.register.cases import stored_events


@dataclass(frozen=True, kw_only=True)
class Seen:
    """``view`` and ``clocks`` are the tables; ``states`` follow from the events, one after each.

    ``on`` is the case's day, ``told`` the cases that the last order told to look again; ``shift``
    is how far the case's own time is from the server's.
    """

    on: date
    view: CaseView
    clocks: Mapping[str, ClockRow]
    events: tuple[Event, ...]
    states: tuple[Case, ...]
    credit_records: int
    told: frozenset[str]
    shift: timedelta

    @property
    def state(self) -> Case:
        """The state after the last event."""
        return self.states[-1]

    @property
    def roused(self) -> bool:
        """Whether the last order told this case to look again."""
        return self.view.case_no in self.told

    def stands_still(self, row: ClockRow) -> bool:
        """Whether the clock stands still at the end of the day."""
        if row.ended_on is not None:
            return False
        return any(
            first_on <= self.on and (lifted_on is None or self.on < lifted_on)
            for first_on, lifted_on in row.pauses
        )

    @property
    def lines(self) -> Mapping[str, Line]:
        """The deferred materials by code."""
        return {line.material: line for line in self.view.debts}

    @property
    def cards(self) -> tuple[Card, ...]:
        """All cards in the order in which they were given."""
        return tuple(sorted(self.view.cards, key=lambda card: card.given_at))

    @property
    def notices(self) -> tuple[NoticeView, ...]:
        """All notices in the order of the events that asked for them."""
        return self.view.notices

    def dated(self, notice: NoticeView) -> date:
        """The day on which a letter went out; while it waits, that of what asked for it.

        What follows from time alone is of the first minute of a day, rest day or not; its letter
        goes out at the next start of business.
        """
        if notice.at is not None:
            return local_date(notice.at + self.shift)
        return local_date(next(event.at for event in self.events if event.seq == notice.seq))


async def look(sessions: Sessions, case_no: str, on: date, order_no: str = "") -> Seen:
    """Read everything about the case on its day, and about the last order, in one transaction."""
    async with sessions() as session:
        view = await queries.case_view(session, case_no)
        if view is None:
            raise LookupError(f"case {case_no} is not in the register")
        events = await stored_events(session, case_no)
        told = await session.scalars(
            select(Receipts.case_no).where(
                Receipts.order_no == order_no, Receipts.outcome == "signalled"
            )
        )
        shift = await session.scalar(select(Openings.rehearsal).where(Openings.case_no == case_no))
        return Seen(
            on=on,
            view=view,
            clocks={row.clock: row for row in await queries.clocks(session, case_no)},
            events=events,
            states=_states(events),
            credit_records=len((await queries.credit_records(session, case_no=case_no)).rows),
            told=frozenset(told),
            shift=shift or timedelta(),
        )


def _states(events: tuple[Event, ...]) -> tuple[Case, ...]:
    states: list[Case] = []
    for event in events:
        states.append(evolve(states[-1] if states else None, event))
    return tuple(states)


LOOK_AGAIN = "look_again"
"""The ordinary signal by which orders make a case look; it changes nothing if nothing is due."""


def is_behind(seen: Seen) -> bool:
    """Whether something may have fallen due by the date that the case has not recorded yet.

    A case goes by the date (domain.md §C.0): at 00:01 of the day after the last one a limit has run
    out, while the timer waits until shortly before the start of business.

    False for a case of before the date decided, and wherever nothing can be due: its history stays
    as it was.
    """
    return seen.state.by_date and any(
        row.ended_on is None and row.fires_on is not None and row.fires_on <= seen.on
        for row in seen.clocks.values()
    )
