"""What a report says is what the events of its cases say, and each figure opens its cases."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from random import Random
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.case.commands import BESIDE_THE_BODY, Command
from casework.domain.case.events import Event
from casework.domain.case.state import Stage
from casework.domain.kinds.application.commands import (
    Accept,
    CheckMaterial,
    ConsentDeferral,
    ConsentGreen,
    Decision,
    Deliver,
    MaterialsReceived,
    OfferDeferral,
    PreReview,
    PreReviewOutcome,
    Promise,
    ReportUp,
    RequestGreen,
    ResumeClock,
    Review,
    StopClock,
    StopKind,
    SuperiorDecision,
)
from casework.domain.kinds.application.state import Application, ApplicationStage, LineStatus
from casework.domain.policy import MaterialForm, Role
from casework.domain.reports import (
    OF_APPLICATIONS,
    CardFigure,
    Figure,
    Period,
    Tally,
    period_of,
)
from casework.domain.time.calendar import ZONE, CalendarYear, WorkingCalendar, local_date
from casework.store.engine import Sessions
from casework.store.queries import CaseFilter
from casework.store.queries.reports import By, Place, count, decisions_query
from casework.store.queries.search import search_cases
from casework.store.register.in_force import write_years
from casework.store.register.rebuild import rebuild
from tests.domain.any_act import any_act
from tests.domain.desk import ALL_FILES, Desk, files, open_desk
from tests.examples import at_night, is_night
from tests.store.conftest import Recording
from tests.store.entries import writer

SEEDS = 48 if is_night() else 2
EACH = 6
F = Figure


def any_desk(dice: Random) -> Desk:
    """An application that may have gone far, on days of the office and otherwise."""
    have = dice.choice([(*ALL_FILES, "sealed_copies"), ALL_FILES, ALL_FILES, ALL_FILES[:2]])
    day = date(2026, 9, 1) + timedelta(days=dice.randint(0, 60))
    desk = open_desk(dice.choice(["PTS_NEW", "PTS_NEW", "HJ_RES"]), day=str(day), have=have)
    for _ in range(dice.randint(6, 40)):
        for act in _plausible(dice, desk) if dice.random() < 0.8 else (partial(_any, dice),):
            try:
                act(desk)
            except Exception as error:  # noqa: BLE001 - a refusal; what else, the domain tests find
                assert error.args
        desk.wait_until(desk.now + timedelta(hours=dice.choice([0, 1, 1, 5, 20, 30, 120])))
    return desk


_NEXT: dict[Stage, type[Command]] = {
    ApplicationStage.PRE_REVIEW: PreReview,
    ApplicationStage.READY: Accept,
    ApplicationStage.REVIEW: Review,
    ApplicationStage.REVIEWED: ReportUp,
    ApplicationStage.REPORTED_UP: SuperiorDecision,
    ApplicationStage.DECIDED: Deliver,
}


def _any(dice: Random, desk: Desk) -> None:
    command = any_act(dice, desk.case, desk.now.date(), (*ALL_FILES, "理由"))
    fields = {k: v for k, v in vars(command).items() if k not in BESIDE_THE_BODY}
    desk.do(type(command), command.actor.role, **fields)


def _plausible(dice: Random, desk: Desk) -> list[Callable[[Desk], None]]:
    """One thing that an office does, whether or not it can be done now."""
    today = local_date(desk.now)
    outcome = dice.choice([*[Decision.APPROVED] * 3, Decision.RETURNED, Decision.REFUSED])
    paper = files("sealed_copies", form=dice.choice(list(MaterialForm)))
    asked = {
        "reason_code": "school",
        "cause": "封控",
        "external_on": today + timedelta(days=dice.choice([5, 20, 40])),
        "evidence": desk.item.green.evidence,
    }
    officer, said = Role.OFFICER, {"reason": "理由"}
    acts: list[tuple[type[Command], Role, dict[str, Any]]] = [
        (PreReview, officer, {"outcome": PreReviewOutcome.PASSED}),
        (Accept, officer, {}),
        (Review, Role.REVIEWER, {}),
        (ReportUp, officer, {}),
        (SuperiorDecision, Role.SUPERIOR, {"outcome": outcome, **said}),
        (Deliver, officer, {"method": desk.item.delivery[-1]}),
        (MaterialsReceived, officer, {"materials": paper}),
        (CheckMaterial, officer, {"material": "sealed_copies", "in_order": True}),
        (ConsentGreen, officer, {"granted": True, "backup": True}),
        (StopClock, Role.REVIEWER, {"stop": dice.choice(list(StopKind)), **said}),
        (ResumeClock, Role.REVIEWER, said),
    ]
    if dice.random() < 0.4:
        acts = [
            (RequestGreen, officer, asked),
            (OfferDeferral, officer, {"materials": ("sealed_copies",), **said}),
            (ConsentDeferral, Role.SUPERVISOR, {"granted": True}),
            (Promise, Role.APPLICANT, {"signed_on": today}),
        ]
    stage, first = desk.case.stage, acts[0][0]
    if first is PreReview and stage in _NEXT and dice.random() < 0.6:
        acts = [each for each in acts if each[0] is _NEXT[stage]]
    command, role, fields = dice.choice(acts)
    return [lambda at: at.do(command, role, **fields)]


# --- computed from the events, one case after another --------------------------------------


@dataclass(frozen=True)
class Oracle:
    """Asks each case by itself; days are counted one by one."""

    period: Period
    calendar: WorkingCalendar

    def tally(self, desks: Iterable[Desk]) -> Tally:
        figures, cards = Counter[Figure](), Counter[CardFigure]()
        gross, net = Counter[int](), Counter[int]()
        legal_days = legal_net = 0
        policies = Counter[str]()
        for desk in desks:
            figures.update(set(self.figures(desk)))
            cards.update(self.cards(desk.case))
            if desk.case.decided_on is not None and self.on(desk.case.decided_on):
                whole, counted = self.days(desk.case)
                gross[whole] += 1
                net[counted] += 1
                legal_days += 20
                legal_net += counted
                policies[desk.case.policy] += 1
        return Tally(
            figures=figures, cards=cards, gross=gross, net=net,
            legal_days=legal_days, legal_net=legal_net, policies=policies,
        )  # fmt: skip

    def on(self, day: date) -> bool:
        return self.period.first_on <= day <= self.period.last_on

    def happened(self, events: Iterable[Event], kind: str) -> bool:
        return any(
            event.body.kind == kind and self.on(event.at.astimezone(ZONE).date())
            for event in events
        )

    def figures(self, desk: Desk) -> Iterator[Figure]:
        case, kinds = desk.case, set(desk.kinds())
        deemed = any(getattr(event.body, "deemed", False) for event in desk.events)
        came = self.on(case.received_at.astimezone(ZONE).date())
        taken_in = case.accepted_on is not None and self.on(case.accepted_on)
        closed = case.closed_at is not None and self.on(case.closed_at.astimezone(ZONE).date())
        plainly = not kinds & {"notice_given", "returned_by_superior"}
        for is_so, figure in (
            (came, F.RECEIVED),
            (came and "notice_given" in kinds, F.NOTICED),
            (taken_in, F.ACCEPTED),
            (taken_in and deemed, F.DEEMED),
            (closed, F.CLOSED),
            (closed and plainly, F.AT_ONCE),
            (self.happened(desk.events, "pre_review_passed"), F.PRE_REVIEWED),
            (self.happened(desk.events, "second_notice_blocked"), F.SECOND_NOTICE),
            (self.happened(desk.events, "green_ended"), F.GREEN_CLOSED),
        ):
            if is_so:
                yield figure
        if case.decided_on and self.on(case.decided_on):
            yield from self.decided(case, deemed=deemed)
        if self.happened(desk.events, "deferral_promised"):
            yield from self.deferred(case, kinds)
        if self.happened(desk.events, "green_opened"):
            yield from self.green(case)

    def decided(self, case: Application, *, deemed: bool) -> Iterator[Figure]:
        clock = next(clock for clock in case.clocks if clock.id == "decide")
        used, budget, day = 0, 20 + sum(each.amount for each in clock.extensions), clock.started_on
        ended = clock.ended_on
        assert ended is not None
        paused = any(s.holds(ended) and s.lifted_on is None for s in clock.suspensions)
        while day < ended:
            day += timedelta(days=1)
            used += self.counts(case, day)
        late, early = used > budget, used < budget
        if used == budget:  # it ended on a day after the last that counted?
            late = not self.counts(case, ended) and ended != clock.started_on
        if paused and not late:
            early = False
        yield F.DEEMED_DECIDED if deemed else F.DECIDED
        if not late:
            yield F.DEEMED_ON_TIME if deemed else F.ON_TIME
        if early and not deemed:
            yield F.EARLY

    def counts(self, case: Application, day: date) -> bool:
        clock = next(clock for clock in case.clocks if clock.id == "decide")
        still = any(
            stop.first_on <= day and (stop.lifted_on is None or day <= stop.lifted_on)
            for stop in clock.suspensions
            if clock.ended_on is None or stop.first_on < clock.ended_on
        )
        return self.calendar.is_working(day) and not still

    def days(self, case: Application) -> tuple[int, int]:
        clock = next(clock for clock in case.clocks if clock.id == "decide")
        assert clock.ended_on is not None
        every = [
            clock.started_on + timedelta(days=n)
            for n in range(1, (clock.ended_on - clock.started_on).days + 1)
        ]
        whole = sum(self.calendar.is_working(day) for day in every)
        return whole, sum(self.counts(case, day) for day in every)

    def deferred(self, case: Application, kinds: set[str]) -> Iterator[Figure]:
        yield F.DEFERRED
        promised = [line.status for line in case.lines if line.promised_on is not None]
        owed = {LineStatus.OUTSTANDING, LineStatus.RECEIVED}
        if "debt_breached" in kinds:
            yield F.DEFERRED_BREACHED
        elif "debt_overdue" in kinds:
            yield F.DEFERRED_LATE
        elif LineStatus.FULFILLED in promised and not owed & set(promised):
            yield F.DEFERRED_KEPT

    def green(self, case: Application) -> Iterator[Figure]:
        yield F.GREEN_OPENED
        dates = [clock.until for clock in case.clocks if clock.id.startswith("green")]
        if dates:
            yield F.GREEN_DATED
        if case.decided_on and any(day and case.decided_on <= day for day in dates):
            yield F.GREEN_MET

    def cards(self, case: Application) -> Iterator[CardFigure]:
        for card in case.cards:
            if card.rung.value in {"yellow", "red"}:
                if self.on(card.given_at.astimezone(ZONE).date()):
                    yield CardFigure(f"{card.rung.value}_given")
                if card.cleared_at and self.on(card.cleared_at.astimezone(ZONE).date()):
                    yield CardFigure(f"{card.rung.value}_cleared")


def plain(tally: Tally) -> dict[str, object]:
    """A tally without its zeros."""
    told: dict[str, object] = {}
    for name, value in vars(tally).items():
        told[name] = {k: n for k, n in value.items() if n} if hasattr(value, "items") else value
    return told


async def listed(session: AsyncSession, period: Period, figure: Figure, place: Place) -> int:
    """How long the list of a figure is."""
    wanted = CaseFilter(
        counted=figure, period=period, item=place.item, office=place.office, channel=place.channel
    )
    return len((await search_cases(session, wanted, size=200)).rows)


@pytest.mark.parametrize("vault", ["sealed"], indirect=True)
@pytest.mark.parametrize("seed", range(SEEDS))
async def test_a_report_is_what_the_events_say(
    seed: int, recorded: Recording, sessions: Sessions
) -> None:
    dice = Random(seed)
    desks = [any_desk(dice) for _ in range(EACH)]
    for number, desk in enumerate(desks, 1):
        for entry in writer(desk, number=number).rest(iter(lambda: dice.randint(1, 4), None)):
            await recorded(entry)
    calendar = desks[0].calendar
    month = dice.choice(["2026-09", "2026-10", "2026-11", "2026-12"])
    for name in (month, "2026-Q4", "2026", f"2026-10-08..2026-{dice.randint(10, 12)}-20"):
        period = period_of(name)
        oracle = Oracle(period, calendar)
        async with sessions() as session:
            found = await count(session, period, Place(), [By.ITEM])
            assert plain(found.total) == plain(oracle.tally(desks))
            for (item,), tally in found.cells.items():
                own = [desk for desk in desks if desk.case.item == item]
                assert plain(tally) == plain(oracle.tally(own))
                for figure in OF_APPLICATIONS:
                    length = await listed(session, period, figure, Place(item=item))
                    assert length == tally.figures.get(figure, 0), figure
    before = found
    await rebuild(sessions)
    async with sessions() as session:
        assert await count(session, period, Place(), [By.ITEM]) == before


@at_night
def test_the_histories_meet_what_is_counted() -> None:
    """A figure that is never met would be compared with nothing. Slow, and only about the test."""
    met = Counter[Figure]()
    for seed in range(12):
        dice = Random(seed)
        desks = [any_desk(dice) for _ in range(EACH)]
        met.update(Oracle(period_of("2026"), desks[0].calendar).tally(desks).figures)
    rare = {F.SECOND_NOTICE, F.GREEN_MET, F.DEFERRED_KEPT, F.DEFERRED_LATE}
    assert set(OF_APPLICATIONS) - set(met) <= rare


LINE = {"HJ_TAL": 41, "HJ_RES": 58, "HJ_OVS": 152, "OTP_B": 5, "PTS_NEW": 287}
"""As a district reported it of the weeks from 1 April 2022: pre-reviewed by item (source 000)."""
TICKETS = 7
_LINE = (
    "INSERT INTO service_items VALUES ('policy', 'PTS_NEW', '310106', '', '{}')",
    """
    CREATE TEMPORARY TABLE reported ON COMMIT DROP AS
    SELECT item || '-' || n AS case_no, item, kind
    FROM (VALUES ('HJ_TAL', 41, 'application'), ('HJ_RES', 58, 'application'),
                 ('HJ_OVS', 152, 'application'), ('OTP_B', 5, 'application'),
                 ('PTS_NEW', 287, 'application'), ('TICKET', 7, 'ticket'))
         AS told (item, many, kind),
         generate_series(1, many) AS n
    """,
    """
    INSERT INTO openings (case_no, district, source, reference, content, subject, rehearsal,
           started_by_run, kind)
    SELECT case_no, '310106', 'x', case_no, '', '', interval '0', '', kind FROM reported
    """,
    """
    INSERT INTO cases (case_no, district, item, item_name, office, channel, policy, stage,
           stage_since, received_at, card, holder, green, open_debts, last_seq)
    SELECT case_no, '310106', item, item, '', 'mail', 'policy', 'ready', day, day, 'none', '',
           false, 0, 2
    FROM reported, (SELECT timestamptz '2022-04-11 09:00+08' AS day) AS that
    """,
    """
    INSERT INTO events (case_no, seq, kind, title, at, actor, role, reason, body)
    SELECT case_no, 2, 'pre_review_passed', '', '2022-04-12 09:00+08', '', '', '', '{}'
    FROM reported WHERE kind = 'application'
    """,
    """
    INSERT INTO tickets (case_no, came_by, subject_matter, about, named, complex, rounds,
           answered_at, resolution, joined_into)
    SELECT case_no, 'hotline_12345', '', '', false, false, 1, '2022-04-13 09:00+08', 'explained', ''
    FROM reported WHERE kind = 'ticket'
    """,
)


async def test_a_district_can_report_as_one_has(sessions: Sessions) -> None:
    period = period_of("2022-04-01..2022-05-06")
    async with sessions.begin() as session:
        for statement in _LINE:
            await session.execute(text(statement))
        found = await count(session, period, Place(district="310106"), [By.ITEM])
        another = await count(session, period_of("2022-05"), Place(district="310106"))
    told = {item: tally.figures.get(F.PRE_REVIEWED, 0) for (item,), tally in found.cells.items()}
    assert {item: number for item, number in told.items() if number} == LINE
    hotline = found.total.figures
    assert (hotline[F.HOTLINE_ANSWERED], hotline[F.HOTLINE]) == (TICKETS, TICKETS)
    assert not another.total.figures[F.PRE_REVIEWED]


SAME_DAYS = 6
_DECISIONS = (
    "INSERT INTO service_items VALUES ('policy', 'PTS_NEW', '310106', '', '{}')",
    """
    CREATE TEMPORARY TABLE decided ON COMMIT DROP AS
    SELECT district || '-' || n AS case_no, district, md5(district || n)::uuid AS course
    FROM unnest(ARRAY['310106', '310107']) AS district, generate_series(1, 6) AS n
    """,
    """
    INSERT INTO openings (case_no, district, source, reference, content, subject, rehearsal,
           started_by_run, kind)
    SELECT case_no, district, 'x', case_no, '', '', interval '0', '', 'application' FROM decided
    """,
    """
    INSERT INTO cases (case_no, district, item, item_name, office, channel, policy, stage,
           stage_since, received_at, decided_on, card, holder, green, open_debts, last_seq)
    SELECT case_no, district, 'PTS_NEW', '', '', 'mail', 'policy', 'decided', day, day,
           '2026-11-09', 'none', '', false, 0, 2
    FROM decided, (SELECT timestamptz '2026-11-02 09:00+08' AS day) AS that
    """,
    """
    INSERT INTO courses (id, district, office, alone, unit, amount, rolls, side, measure,
           started_on, stops, pending, ended_on, pauses, due_on, provisional)
    SELECT course, district, '', '', 'working_days', 20, false, '', '', '2026-11-02', '[]', '[]',
           '2026-11-09', '[]', '2026-11-30', false
    FROM decided
    """,
    "INSERT INTO clocks SELECT case_no, 'decide', 'decide', '', course FROM decided",
)


async def test_decisions_are_counted_in_the_days_of_their_district(sessions: Sessions) -> None:
    """One row for all of the same days; a district that rests on one of them needs a day less."""
    year = period_of("2026")
    resting = CalendarYear(year=2026, off=(date(2026, 11, 4),), make_up=(), notice="本区")
    async with sessions.begin() as session:
        for statement in _DECISIONS:
            await session.execute(text(statement))
        before = await count(session, year, Place())
        assert len((await session.execute(decisions_query(year, Place()))).all()) == 1
        await write_years(session, "310107", [resting], version=1)
        after = await count(session, year, Place(), [By.DISTRICT])
        await session.rollback()
    assert before.total.net == {5: 2 * SAME_DAYS}
    assert {key: dict(tally.gross) for key, tally in after.cells.items()} == {
        ("310106",): {5: SAME_DAYS},
        ("310107",): {4: SAME_DAYS},
    }
    for found in (before.total, after.total):
        assert found.figures[F.DECIDED] == found.figures[F.EARLY] == 2 * SAME_DAYS
