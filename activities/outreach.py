"""The activities of an outreach's workflow: make the list, ask cases, share results."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.telling import BATCH, Signal, batch_by_batch, signal_all
from casework.domain.kinds.application.commands import RequestContact, ShareContact
from casework.domain.time.calendar import WorkingCalendar, local_date, opening
from casework.messages.cases import application_id
from casework.messages.outreach import OPENS, OUTREACH, Asked, OpenOutreach, Round, Standing
from casework.store import outreach as register
from casework.store.engine import Sessions
from casework.store.in_force import read_calendar

MOST_AT_ONCE = 2_000
"""The most cases of one call; the workflow calls again for the others."""


@dataclass(frozen=True)
class OutreachActivities:
    """Idempotent by outreach and case. ``ask_per_second``: limits the load."""

    sessions: Sessions
    ask_per_second: int = 100

    @activity.defn(name="outreach.open")
    async def open(self, wanted: OpenOutreach) -> None:
        """Write the outreach into the register; a repeat changes nothing.

        Fails for good as ``ABOUT_UNKNOWN`` if there is no such measure or suspension.
        """
        start = wanted.start
        async with self.sessions.begin() as session:
            if await register.subject_of(session, start.kind, start.about) is None:
                raise _unknown()
            await register.open_outreach(session, start, wanted.at)

    @activity.defn(name="outreach.list")
    async def make_list(self, wanted: Round) -> int:
        """Bring the list up to date; return how many cases are still to be asked."""
        async with self.sessions.begin() as session:
            known, subject = await _look_up(session, wanted.outreach)
            # The round after the end is still complete: it finds those whom the last day concerned.
            last = known.last_round_at
            over = last is not None and register.is_over(subject, local_date(last))
            return await register.make_list(session, known.id, subject, over=over)

    @activity.defn(name="outreach.ask")
    async def ask(self, wanted: Round) -> Asked:
        """Ask the cases on the list that were not asked yet, each once.

        The register notes each batch. So after a crash the next attempt continues there, and
        repeats the signals of an interrupted batch with the same ids.
        """
        async with self.sessions() as session:
            known, _ = await _look_up(session, wanted.outreach)

        async def page() -> Sequence[register.Waiting]:
            async with self.sessions() as session:
                return await register.waiting(session, known.id, BATCH)

        async def tell(waiting: Sequence[register.Waiting]) -> None:
            signals = [_request(known, each) for each in waiting]
            taken = await signal_all(signals, per_second=self.ask_per_second)
            outcomes = {
                each.case_no: register.ASKED if runs else register.GONE
                for each, runs in zip(waiting, taken, strict=True)
            }
            async with self.sessions.begin() as session:
                await register.note_asked(session, known.id, outcomes, wanted.at)

        asked, left = await batch_by_batch(page, tell, most=MOST_AT_ONCE)
        return Asked(asked=asked, left=left)

    @activity.defn(name="outreach.share")
    async def share(self, wanted: Round) -> int:
        """Send the result of a person's leading case to the further cases of the person.

        Returns how many were signalled; a result that a case knows already changes nothing in it.
        """
        after = ""

        async def page() -> Sequence[register.Result]:
            nonlocal after
            async with self.sessions() as session:
                results = await register.results(session, wanted.outreach, after=after, limit=BATCH)
            after = results[-1].case_no if results else after
            return results

        async def tell(results: Sequence[register.Result]) -> None:
            signals = [_result(wanted.outreach, each) for each in results]
            await signal_all(signals, per_second=self.ask_per_second)

        told, _ = await batch_by_batch(page, tell)
        return told

    @activity.defn(name="outreach.stand")
    async def stand(self, wanted: Round) -> Standing:
        """Note that the round was made, and return the state of the outreach; may be repeated."""
        today = local_date(wanted.at)
        async with self.sessions.begin() as session:
            known, subject = await _look_up(session, wanted.outreach)
            calendar, _ = await read_calendar(session, register.district_of(subject))
            over = register.is_over(subject, today)
            ended = over and not await register.is_waiting(session, known.id)
            await register.note_round(session, known.id, wanted.at, ended=ended)
            return Standing(
                is_over=ended,
                next_at=_next_opening(wanted, calendar),
                progress=await register.progress(session, known.id),
            )

    @activity.defn(name="outreach.end")
    async def end(self, wanted: Round) -> None:
        """Note that no round will follow; open contacts continue in their cases."""
        async with self.sessions.begin() as session:
            await register.note_round(session, wanted.outreach, wanted.at, ended=True)


async def _look_up(
    session: AsyncSession, outreach_id: str
) -> tuple[register.Outreach, register.Subject]:
    known = await register.outreach(session, outreach_id)
    subject = await register.subject_of(session, known.kind, known.about) if known else None
    if known is None or subject is None:
        raise _unknown()
    return known, subject


def _unknown() -> ApplicationError:
    return ApplicationError(
        "没有此临时措施或暂停", "about", type="ABOUT_UNKNOWN", non_retryable=True
    )


def _request(known: register.Outreach, each: register.Waiting) -> Signal:
    return Signal(
        workflow_id=application_id(each.case_no),
        name="request_contact",
        payload=(
            RequestContact(
                actor=OUTREACH, outreach=known.id, about=known.text, through=each.through
            ),
        ),
        request_id=f"{known.id}:{each.case_no}:{each.through}",
    )


def _result(outreach_id: str, each: register.Result) -> Signal:
    times = (each.reached_at, each.settled_at, each.filed_at)
    return Signal(
        workflow_id=application_id(each.case_no),
        name="share_contact",
        payload=(
            ShareContact(
                actor=OUTREACH,
                outreach=outreach_id,
                reached_at=each.reached_at,
                settled_at=each.settled_at,
                filed_at=each.filed_at,
                closed=each.closed,
            ),
        ),
        request_id=":".join((outreach_id, each.case_no, *map(str, times), str(each.closed))),
    )


def _next_opening(wanted: Round, calendar: WorkingCalendar) -> datetime:
    today = local_date(wanted.at)
    if calendar.is_working(today) and wanted.at < opening(today, OPENS):
        return opening(today, OPENS)
    return opening(calendar.shift(today, 1), OPENS)
