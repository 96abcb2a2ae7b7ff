"""The ledger names all that moved a clock, and its days add up to the due date."""

from collections import Counter
from dataclasses import replace
from datetime import date
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.domain.policy import Mark, Unit
from casework.domain.time.clock import Clock, Extension, Stopped, Suspension
from casework.domain.time.explanation import LATE, ON_SHOW, STOPPED_BY, Source, explain, source_of
from casework.domain.time.suspension import impose
from casework.due import ledger_row
from casework.policy.calendars import load_calendar
from tests.domain import dice as throw
from tests.domain.oracle import Oracle, bearing
from tests.examples import examples

CALENDAR = load_calendar()
LOCKDOWN = Suspension(
    first_on=date(2026, 9, 29),
    lifted_on=date(2026, 10, 9),
    reason="封控",
    by="静安区人社局",
    basis="通告第 1 号",
)
DECIDE = Clock(
    id="decide",
    name="办理期限",
    unit=Unit.WORKING_DAYS,
    amount=5,
    started_on=date(2026, 9, 18),
    mark=Mark.LAW,
)
GRANTED = Extension(amount=10, on=date(2026, 10, 12), by="ja-head-a", reason="情况复杂")


def test_the_ledger_has_all_that_moved_the_clock_in_order_and_adds_up() -> None:
    hearing = Suspension(
        first_on=date(2026, 9, 30),
        lifted_on=date(2026, 10, 12),
        reason="听证：存疑",
        by="ja-officer-a",
        basis=STOPPED_BY,
    )
    order = replace(LOCKDOWN, id="order-1", clocks=Stopped.BOTH)
    clock = replace(
        DECIDE,
        started_on=date(2026, 9, 24),
        suspensions=(hearing, order),
        extensions=(GRANTED,),
    )
    told = explain(clock, CALENDAR)
    # 29 and 30 September, 8 and 9 October by the order; then 10 (worked) and 12 by the hearing.
    assert [(entry.source, entry.days) for entry in told.ledger] == [
        (Source.ORDER, 4),
        (Source.STOP, 2),
        (Source.EXTENSION, 10),
    ]
    assert told.due_on == date(2026, 10, 30)
    assert told.unsuspended_due_on == date(2026, 10, 22)
    assert told.unextended_due_on == date(2026, 10, 16)
    assert CALENDAR.count(told.unsuspended_due_on, told.due_on) == 6
    assert [entry.note for entry in told.ledger] == [
        (
            "暂停指令：封控，2026-09-29 起，至 2026-10-09 恢复，不计 4 个工作日"
            "（静安区人社局，依据：通告第 1 号）"
        ),
        (
            "法定中止：听证：存疑，2026-09-30 起，至 2026-10-12 恢复，不计 2 个工作日"
            "（ja-officer-a，依据：行政许可法 §45）"
        ),
        "延长 10 个工作日：情况复杂，2026-10-12 批准（ja-head-a）",
    ]


def test_an_open_stretch_has_taken_out_the_days_so_far() -> None:
    clock = replace(DECIDE, suspensions=(replace(LOCKDOWN, lifted_on=None),), amount=20)
    told = explain(clock, CALENDAR, date(2026, 10, 9))
    assert (told.due_on, told.unsuspended_due_on) == (None, date(2026, 10, 22))
    (entry,) = told.ledger
    assert (entry.is_open, entry.days) == (True, 4)
    assert ledger_row(entry) == {
        "source": "other",
        "from": "2026-09-29",
        "to": None,
        "days": 4,
        "by": "静安区人社局",
        "reason": "封控",
        "basis": "通告第 1 号",
        "note": "中止：封控，2026-09-29 起，尚未恢复（静安区人社局，依据：通告第 1 号）",
    }


@pytest.mark.parametrize(
    ("change", "source"),
    [
        ({"basis": STOPPED_BY}, Source.STOP),
        ({"reason": ON_SHOW}, Source.PUBLICITY),
        ({"reason": LATE}, Source.LATE_DEBTOR),
        ({"id": "order-1", "clocks": Stopped.BOTH, "basis": STOPPED_BY}, Source.ORDER),
        ({"id": "PAPER_NO_LIMIT.310106.20220301"}, Source.MEASURE),
        ({}, Source.OTHER),
    ],
)
def test_a_stretch_tells_where_it_comes_from(change: dict[str, object], source: Source) -> None:
    assert source_of(replace(LOCKDOWN, **change)) is source  # type: ignore[arg-type]
    assert source.label


def test_no_clerk_reads_a_place_in_our_documents() -> None:
    stop = replace(LOCKDOWN, basis="配置建议（domain.md C.6）")
    more = replace(GRANTED, reference="第四十二条（domain.md C.4）")
    clock = replace(DECIDE, started_on=date(2026, 9, 24), suspensions=(stop,), extensions=(more,))
    told = explain(clock, CALENDAR)
    texts = [entry.note + entry.basis for entry in told.ledger] + [line.note for line in told.days]
    assert not [text for text in texts if "domain.md" in text]


@examples(25)
@given(seed=st.integers(0, 2**48))
def test_the_ledger_agrees_with_a_walk(seed: int) -> None:
    dice = Random(seed)
    here = throw.world(dice)
    oracle = Oracle(here.calendar)
    for _ in range(10):
        raw = replace(throw.clock(dice, here), ended_on=None)
        clock = impose(raw, here.suspensions, here.measures)
        told = explain(clock, here.calendar, raw.started_on)
        days = [entry.first_on for entry in told.ledger]
        assert days == sorted(days)
        assert len(days) == len(clock.stops) + len(clock.extensions)
        still = oracle.still(raw, here.suspensions, here.measures)
        unextended = oracle.judge(replace(raw, extensions=()), still)
        assert told.unextended_due_on == unextended.due_on
        if told.due_on is not None and clock.until is None:
            taken = Counter[date]()
            for entry in told.ledger:
                if entry.source is not Source.EXTENSION:
                    taken[entry.first_on] += entry.days
            assert +taken == days_taken_out(oracle, raw, here), clock


def days_taken_out(oracle: Oracle, raw: Clock, here: throw.World) -> Counter[date]:
    """Each day that is left out, for the stretch that was there first, by its first day."""
    verdict = oracle.judge(raw, oracle.still(raw, here.suspensions, here.measures))
    begun = sorted(bearing(raw, here.suspensions, here.measures), key=lambda each: each[0])
    last = verdict.counted[-1] if verdict.counted else raw.started_on
    taken = Counter[date]()
    for number in range(raw.started_on.toordinal() + 1, last.toordinal() + 1):
        day = date.fromordinal(number)
        first = next((first for first, end in begun if first <= day and end and day <= end), None)
        if first and (raw.unit is not Unit.WORKING_DAYS or number in oracle.worked):
            taken[first] += 1
    return taken
