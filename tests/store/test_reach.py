"""Measures reach those who wait: the register at once, by the rules, and without a signal."""

import random
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from casework.domain.case.procedure import decide, evolve
from casework.domain.errors import DomainError
from casework.domain.kinds.application.commands import PreReview, PreReviewOutcome
from casework.domain.kinds.application.events import Submitted
from casework.domain.orders import ChangeSuspension, Content, EndMeasure, ImportCalendar
from casework.domain.policy import Role
from casework.domain.time.clock import Stopped, due_on
from casework.policy.calendars import load_calendar
from casework.store.engine import Sessions
from casework.store.in_force import count_armed_late
from casework.store.in_force.not_backwards import last_day
from casework.store.queries import clocks
from casework.store.register.rebuild import rebuild
from tests.domain.desk import Desk, actor, at, open_desk
from tests.examples import is_night
from tests.store.conftest import Recording
from tests.store.entries import writer
from tests.store.orders import Looker, closing, ending, give, lifting, starting

HAVE = ("identity_document", "application_form", "labour_contract", "eligibility_proof")
RES: dict[str, Any] = {"items": ("HJ_TAL",)}


def day(text: str) -> date:
    return date.fromisoformat(text)


def desk_of(received: str, channel: str = "online") -> Desk:
    """A case just received, filed that way, with nothing missing but its paper."""
    desk = open_desk("HJ_TAL", day=received, have=HAVE, entitled_on=day(received))
    first = desk.events[0]
    assert isinstance(first.body, Submitted)
    first = replace(first, body=replace(first.body, channel=channel))
    desk.events[0], desk.case = first, evolve(None, first)
    return desk


async def waiting(
    sessions: Sessions, number: int = 1, *, passed: str = "2026-03-03", channel: str = "online"
) -> Looker:
    """A case whose pre-review has passed, and which waits for paper since."""
    desk = desk_of(passed, channel)
    looker = await Looker.opened(writer(desk, number=number), sessions)
    officer = actor(Role.OFFICER)
    facts = replace(desk.facts(officer), measures=looker.known.measures)
    for body in decide(desk.case, PreReview(actor=officer, outcome=PreReviewOutcome.PASSED), facts):
        desk.apply(body, officer)
    return looker


async def paper(sessions: Sessions, looker: Looker, on: str) -> tuple[date | None, bool]:
    """When the paper is due by the register, and whether its limit stands still on that day."""
    async with sessions() as session:
        rows = await clocks(session, looker.writer.case_no, day(on))
    return next((row.due_on, row.paused) for row in rows if row.kind in {"paper", "defer"})


async def check(sessions: Sessions) -> None:
    assert (await rebuild(sessions, write=False)).differences == ()


async def signals(sessions: Sessions) -> int:
    async with sessions() as session:
        return await count_armed_late(session)


async def test_who_waits_stands_still_at_once_and_nobody_is_told(
    recorded: Recording, sessions: Sessions
) -> None:
    looker = await waiting(sessions)
    await recorded(looker.entry())
    assert await paper(sessions, looker, "2026-03-08") == (day("2026-04-03"), False)
    applied = await give(sessions, "o-1", starting("2026-03-09", **RES), "2026-03-09")
    assert applied.moved == 1
    assert await paper(sessions, looker, "2026-03-08") == (None, False)
    assert await paper(sessions, looker, "2026-03-09") == (None, True)
    assert await signals(sessions) == 0
    await check(sessions)
    looker.writer.desk.now = at("2026-04-02")  # its old timer
    await looker.look()
    await recorded(looker.entry())
    assert [measure.id for measure in looker.writer.desk.case.pinned] == [
        "PAPER_NO_LIMIT.310106.20260309"
    ]
    await check(sessions)
    await give(
        sessions, "o-2", ending("PAPER_NO_LIMIT.310106.20260309", "2026-06-30"), "2026-06-15"
    )
    # Thirty days, not the twenty-six that were left: 07-30.
    assert await paper(sessions, looker, "2026-06-30") == (day("2026-07-30"), False)
    assert await signals(sessions) == 1
    await check(sessions)
    looker.writer.desk.now = at("2026-06-15")
    await looker.look()
    assert looker.writer.desk.events[-1].body.kind == "limit_begun"
    await recorded(looker.entry())
    await check(sessions)


async def test_the_remainder_counts_where_it_is_longer(
    recorded: Recording, sessions: Sessions
) -> None:
    looker = await waiting(sessions)
    await recorded(looker.entry())
    await give(sessions, "o-1", starting("2026-03-03", "2026-03-20", **RES), "2026-03-04")
    # 31 days after 03-20 end on 04-20; thirty would end on 04-19, a Sunday.
    assert await paper(sessions, looker, "2026-03-21") == (day("2026-04-20"), False)
    await check(sessions)


@pytest.mark.parametrize(
    "content",
    [
        starting("2026-04-04", **RES),  # begins after the limit has run out
        starting("2026-02-01", "2026-03-02", **RES),  # over when it began
        starting("2026-03-09", items=("HJ_RES",)),
        starting("2026-03-09", district="310115", **RES),
        starting("2026-03-09", effect="SELF_PRINT", **RES),
        starting("2026-03-09", channels=("window",), **RES),
        starting("2026-03-09", online_accepted_from=day("2026-03-04"), **RES),
    ],
)
async def test_what_does_not_speak_of_a_case_leaves_it_alone(
    content: Content, recorded: Recording, sessions: Sessions
) -> None:
    looker = await waiting(sessions)
    await recorded(looker.entry())
    await give(sessions, "o-1", content, "2026-03-09")
    assert (await paper(sessions, looker, "2026-03-10"))[0] == day("2026-04-03")
    await check(sessions)
    looker.writer.desk.now = at("2026-03-10")
    await looker.look()
    dated = looker.writer.desk.case.clock("paper")
    assert dated is not None
    assert due_on(dated, looker.writer.desk.calendar) == day("2026-04-03")


@pytest.mark.parametrize(
    ("channel", "since", "covered"),
    [
        ("online", "2026-03-03", True),  # inclusive
        ("app", "2026-03-01", True),
        ("window", "2026-03-01", False),
        ("post", "2026-03-01", False),
        ("online", "2026-03-04", False),
    ],
)
async def test_paper_is_put_off_for_who_was_accepted_online_before_the_order_was_given(
    channel: str, since: str, *, covered: bool, recorded: Recording, sessions: Sessions
) -> None:
    looker = await waiting(sessions, channel=channel)
    await recorded(looker.entry())
    content = starting(
        "2026-04-01", effect="PAPER_DEFERRED", online_accepted_from=day(since), **RES
    )
    await give(sessions, "o-1", content, "2026-04-01")
    assert await paper(sessions, looker, "2026-04-02") == (
        (None, True) if covered else (day("2026-04-03"), False)
    )
    assert await signals(sessions) == 0
    await check(sessions)
    desk = looker.writer.desk
    desk.now = at("2026-04-02")
    await looker.look()
    assert (desk.case.stage, bool(desk.case.open_debts)) == (
        ("ready", True) if covered else ("await_paper", False)
    )
    if not covered:
        return
    await recorded(looker.entry())
    assert await paper(sessions, looker, "2026-04-03") == (None, True)
    await check(sessions)
    await give(
        sessions, "o-2", ending("PAPER_DEFERRED.310106.20260401", "2026-04-10"), "2026-04-08"
    )
    assert await paper(sessions, looker, "2026-04-11") == (day("2026-05-11"), False)
    await check(sessions)


async def test_an_announced_measure_bears_on_a_limit_from_its_start(
    recorded: Recording, sessions: Sessions
) -> None:
    await give(sessions, "o-0", starting("2026-03-20", "2026-03-31", **RES), "2026-03-01")
    looker = await waiting(sessions)
    await recorded(looker.entry())
    assert (await paper(sessions, looker, "2026-03-21"))[1]
    await check(sessions)


@pytest.mark.parametrize(
    ("asked", "known", "expected"),
    [
        ("2026-05-01", "", "2026-06-15"),
        ("2026-05-01", "2026-12-31", "2026-06-15"),
        ("2026-07-01", "", "2026-07-01"),
        ("2026-05-01", "2026-04-30", "2026-05-01"),
        ("2026-04-01", "2026-04-30", "2026-04-30"),
        ("", "2026-04-30", ""),
    ],
)
def test_last_day_is_never_before_the_approval(asked: str, known: str, expected: str) -> None:
    found = last_day(
        day(asked) if asked else None, day(known) if known else None, day("2026-06-15")
    )
    assert found == (day(expected) if expected else None)


def any_order(dice: random.Random, today: date, given: list[Content]) -> Content:
    """One that opens, changes or ends something, on any day, past or to come."""
    around = today + timedelta(days=dice.randint(-50, 30))
    later = dice.choice([None, around + timedelta(days=dice.randint(0, 60))])
    suspensions = [f"o-{n}" for n, one in enumerate(given) if one.kind == "open_suspension"]
    measures = [one for one in given if one.kind == "start_measure"]
    kind = dice.choice(["measure", "measure", "end", "open", "lift", "change", "calendar"])
    if kind == "open" or (kind in {"lift", "change"} and not suspensions):
        return closing(f"{around}", f"{later or ''}", clocks=dice.choice(list(Stopped)))
    if kind == "lift":
        return lifting(dice.choice(suspensions), f"{around}")
    if kind == "change":
        names = ("first_on", "lifted_on", "reason", "basis", "clocks", "channels")
        new = closing(f"{around}", f"{later or ''}", clocks=dice.choice(list(Stopped)))
        kept: dict[str, Any] = {name: getattr(new, name) for name in names}
        return ChangeSuspension(suspension=dice.choice(suspensions), **kept)
    if kind == "calendar":
        year = load_calendar().year(2026)
        off = tuple(one for one in year.off if dice.random() < 0.7)
        return ImportCalendar(year=replace(year, off=off))
    if kind == "end" and measures:
        one = dice.choice(measures)
        number = f"{one.effect}.{one.district}.{one.since:%Y%m%d}"
        return EndMeasure(measure=number, until=around, reason="恢复")
    return starting(
        f"{around}",
        f"{later or ''}",
        effect=dice.choice(["PAPER_NO_LIMIT", "PAPER_DEFERRED"]),
        items=dice.choice([("HJ_TAL",), ("HJ_TAL", "HJ_RES"), ("HJ_RES",)]),
        online_accepted_from=dice.choice([None, around - timedelta(days=30)]),
    )


@pytest.mark.parametrize("seed", range(6 if is_night() else 2))
async def test_nothing_falls_due_because_an_order_was_entered_late(
    seed: int, recorded: Recording, sessions: Sessions
) -> None:
    dice = random.Random(seed)
    channels = ("online", "app", "window")
    lookers = [
        await waiting(
            sessions,
            number,
            passed=f"2026-03-{dice.choice(['03', '04', '10', '16', '20'])}",
            channel=dice.choice(channels),
        )
        for number in range(1, 7)
    ]
    await recorded(*(looker.entry() for looker in lookers))
    today, given = day("2026-03-23"), list[Content]()
    for number in range(7):
        today += timedelta(days=dice.randint(0, 20))
        before = await dues(sessions, lookers)
        content = any_order(dice, today, given)
        try:
            await give(sessions, f"o-{number}", content, f"{today}")
        except DomainError:
            continue
        finally:
            given.append(content)
        after = await dues(sessions, lookers)
        for clock, due in after.items():
            was = before[clock]
            if due is not None and due <= today:
                assert was is not None, (clock, due, content)
                assert was <= due, (clock, was, due, content)
        if content.kind == "start_measure":
            assert await signals(sessions) == 0
        await check(sessions)
        for looker in dice.sample(lookers, 2):
            looker.writer.desk.now = at(f"{today}")
            await looker.look()
            if len(looker.writer.desk.events) > len(looker.writer.events):
                await recorded(looker.entry())
        await check(sessions)


async def dues(sessions: Sessions, lookers: list[Looker]) -> dict[tuple[str, str], date | None]:
    async with sessions() as session:
        return {
            (looker.writer.case_no, row.clock): row.due_on
            for looker in lookers
            for row in await clocks(session, looker.writer.case_no)
            if row.ended_on is None
        }
