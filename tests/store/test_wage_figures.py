"""What a report says of wage complaints is what their events say; each figure lists its cases."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from casework.domain.case.commands import Command
from casework.domain.errors import DomainError
from casework.domain.kinds.registry import CaseKind
from casework.domain.kinds.wage import commands as do
from casework.domain.kinds.wage.state import (
    RefusalGround,
    WageComplaint,
    WageDecision,
    WageOutcome,
    WageStage,
)
from casework.domain.policy import Role
from casework.domain.reports import OF_WAGES, Figure, Period, period_of
from casework.domain.time.calendar import ZONE, local_date
from casework.domain.time.clock import due_on
from casework.store.engine import Sessions
from casework.store.queries import CaseFilter
from casework.store.queries.reports import Place, count, details
from casework.store.queries.search import search_cases
from casework.store.register.rebuild import rebuild
from tests.domain.rating.unfolding import Unfolding
from tests.domain.wage import OWED, given_complaint, mediated
from tests.examples import is_night
from tests.store.conftest import Recording
from tests.store.served import Served

Complaint = Unfolding[WageComplaint]
SEEDS = 30 if is_night() else 2
EACH = 12
O1, O2, HEAD = "ja-o1", "ja-o2", "ja-h1"
F = Figure
KEPT = {do.NoteInstalment, do.WithdrawFiling, do.FeedBackWages, do.ConfirmWages}


def any_complaint(dice: Random, number: int) -> Complaint:
    """A complaint that may have gone far; some are too old, some wait for long."""
    first = date(2026, 9, 1) + timedelta(days=dice.randrange(60))
    last = dice.choice(["2024-08-01", *["2026-08-31"] * 3])
    this = given_complaint(str(first), last_unpaid_on=last, number=number)
    for _ in range(dice.randint(0, 25)):
        act(this, dice)
        days = dice.choice([0, 0, 1, 9, 40])
        this.wait_until(str(local_date(this.now) + timedelta(days=days)), "16:00")
    return this


def act(this: Complaint, dice: Random) -> None:
    """One thing that can be done now, if any."""
    today, said = local_date(this.now), {"reason": "理由"}
    fresh = not this.case.paid and not this.case.sessions
    if this.stands_at(WageStage.INVESTIGATION) and fresh and dice.random() < 0.5:
        mediated(this, *dice.choice([(1,), (3, 30)]))
        return
    decision = dice.choice(list(WageDecision))
    paid = {"paid_on": today, "amount": 100_050, "whole": dice.random() < 0.5}
    due = next((each.number for each in this.case.open_instalments), 1)
    acts: list[tuple[type[Command], Role, str, dict[str, Any]]] = [
        (do.FileComplaint, Role.OFFICER, O1, {}),
        (do.RefuseComplaint, Role.OFFICER, O1, {"ground": RefusalGround.TOO_OLD, **said}),
        (do.RecordInquiry, Role.OFFICER, O1, {"second": O2, "finding": "查阅工资表"}),
        (do.ConfirmInquiry, Role.OFFICER, O2, {"number": len(this.case.inquiries)}),
        (do.NoteInstalment, Role.OFFICER, O1, {"number": due, "paid_on": today}),
        (do.NotePaid, Role.OFFICER, O1, paid),
        (do.WithdrawFiling, Role.HEAD, HEAD, said),
        (do.ConcludeInvestigation, Role.OFFICER, O1, {"violation": True, "finding": "查实"}),
        (do.HearEmployer, Role.OFFICER, O1, {"said": "请求从轻"}),
        (do.DecideWages, Role.HEAD, HEAD, {"decision": decision, **said}),
        (do.ServeDecision, Role.OFFICER, O1, {"delivered_on": today}),
        (do.FeedBackWages, Role.OFFICER, O1, {"answer": "请确认"}),
        (do.ConfirmWages, Role.OFFICER, O1, {"received": dice.random() < 0.8}),
    ]
    order = dice.sample(acts, len(acts))
    if dice.random() < 0.8:  # an agreement is mostly kept, and who was paid is mostly told so
        order.sort(key=lambda each: each[0] not in KEPT)
    for command, role, who, fields in order:
        try:
            this.do(command, role, who, **fields)
        except DomainError:
            continue
        return


def told(this: Complaint, period: Period) -> Iterator[Figure]:
    """The figures that count a complaint, read from its events and limits."""

    def within(day: date | None) -> bool:
        return day is not None and period.first_on <= day <= period.last_on

    case = this.case
    on = {event.body.kind: event.at.astimezone(ZONE).date() for event in this.events}
    for kind, figure in (
        ("wage_complaint_received", F.WAGES),
        ("wage_complaint_filed", F.WAGES_FILED),
        ("wage_complaint_refused", F.WAGES_REFUSED),
    ):
        if within(on.get(kind)):
            yield figure
    if any(each.broken and within(each.due_on) for each in case.instalments):
        yield F.WAGES_BROKEN
    gone = {"wage_complaint_refused", "wage_complaint_lapsed", "wage_complaint_withdrawn"}
    if case.closed_at is None or gone & set(on) or not within(local_date(case.closed_at)):
        return
    yield F.WAGES_CLOSED
    if case.outcome is WageOutcome.SETTLED:
        yield F.WAGES_SETTLED
    limits = [each for each in case.clocks if each.id.startswith("wage_investigation")]
    ends = [(each.ended_on, due_on(each, this.calendar)) for each in limits]
    if all(ended and last and ended <= last for ended, last in ends):
        yield F.WAGES_IN_TIME


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_figures_are_what_the_events_say(
    seed: int, recorded: Recording, sessions: Sessions
) -> None:
    dice = Random(seed)
    all_of_them = [any_complaint(dice, number) for number in range(1, EACH + 1)]
    for number, this in enumerate(all_of_them, 1):
        served = Served(
            kind=CaseKind.WAGE,
            events=tuple(this.events),
            item=this.policy,
            calendar=this.calendar,
            reference=f"W-{number}",
        )
        await recorded(*served.entries())
    for name in (dice.choice(["2026-09", "2026-10"]), "2026-Q4", "2026", "2027"):
        period = period_of(name)
        wanted = {this.case.case_no: [*told(this, period)] for this in all_of_them}
        came = [this.case for this in all_of_them if F.WAGES in wanted[this.case.case_no]]
        async with sessions() as session:
            found = (await count(session, period, Place())).total
            sums = Counter(figure for figures in wanted.values() for figure in figures)
            assert {figure: found.figures.get(figure, 0) for figure in OF_WAGES} == {
                figure: sums[figure] for figure in OF_WAGES
            }
            paid = sum(each.paid for each in came)
            assert (found.wages_owed, found.wages_paid) == (OWED * len(came), paid)
            for figure in OF_WAGES:
                asked = CaseFilter(counted=figure, period=period)
                rows = (await search_cases(session, asked, size=200)).rows
                assert {row.case_no for row in rows} == {
                    case_no for case_no, figures in wanted.items() if figure in figures
                }
            listed = [row async for page in details(session, period, Place()) for row in page]
        assert {case_no: sorted(words) for case_no, words in listed} == {
            case_no: sorted(each.label for each in figures)
            for case_no, figures in wanted.items()
            if figures
        }
    await rebuild(sessions)
    async with sessions() as session:
        assert (await count(session, period, Place())).total == found


def test_the_complaints_meet_what_is_counted() -> None:
    """A figure that is never met would be compared with nothing."""
    dice = Random(1)
    met = {
        figure
        for number in range(60)
        for name in ("2026", "2027")
        for figure in told(any_complaint(dice, number), period_of(name))
    }
    assert met == set(OF_WAGES)
