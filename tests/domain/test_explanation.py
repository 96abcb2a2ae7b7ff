"""The explanation is for clerks to check by hand: it must agree with the due date, day by day."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from casework.domain.policy import Mark, Unit
from casework.domain.time.clock import Clock, Extension, Suspension, budget, due_on, read
from casework.domain.time.explanation import ExplainedDay, ExplainedKind, explain
from casework.policy.calendars import load_calendar
from tests.domain.oracle import Oracle
from tests.domain.strategies import ahead, clocks
from tests.examples import examples

CALENDAR = load_calendar()
ORACLE = Oracle(CALENDAR)
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
    reference="行政许可法第四十二条",
    mark=Mark.LAW,
)


def row(clock: Clock, day: str) -> ExplainedDay:
    wanted = date.fromisoformat(day)
    return next(line for line in explain(clock, CALENDAR).days if line.day == wanted)


def test_each_day_tells_its_kind_its_number_and_why() -> None:
    told = [(line.day.day, line.kind.value, line.number) for line in explain(DECIDE, CALENDAR).days]
    assert told == [
        (18, "start", None),
        (19, "weekend", None),
        (20, "make_up", 1),
        (21, "working", 2),
        (22, "working", 3),
        (23, "working", 4),
        (24, "working", 5),
    ]
    assert "行政许可法第四十二条" in row(DECIDE, "2026-09-18").note
    assert "国办发明电〔2025〕7号" in row(DECIDE, "2026-09-20").note
    assert row(DECIDE, "2026-09-24").note == "第 5 个工作日，期限届满"


def test_a_suspended_day_names_who_why_and_on_what_basis() -> None:
    clock = replace(DECIDE, started_on=date(2026, 9, 24), suspensions=(LOCKDOWN,))
    explanation = explain(clock, CALENDAR)
    assert explanation.due_on == date(2026, 10, 14)
    assert explanation.unsuspended_due_on == date(2026, 10, 9)
    first, middle, last = (row(clock, f"2026-{day}") for day in ("09-29", "10-01", "10-09"))
    assert first.note == "中止计算：封控（静安区人社局，依据：通告第 1 号），开始当日不计"
    assert middle.note.endswith("），不计")
    assert last.note.endswith("恢复当日不计")
    assert {first.kind, middle.kind, last.kind} == {ExplainedKind.SUSPENDED}


def test_two_suspensions_of_one_day_are_both_named() -> None:
    other = Suspension(first_on=date(2026, 9, 30), lifted_on=date(2026, 10, 9), reason="听证")
    clock = replace(DECIDE, started_on=date(2026, 9, 24), suspensions=(LOCKDOWN, other))
    note = row(clock, "2026-09-30").note
    assert "封控（静安区人社局" in note
    assert "听证，开始当日不计" in note


def test_days_of_an_extension_name_it() -> None:
    longer = Extension(amount=2, on=date(2026, 9, 23), by="局长", reason="情况复杂")
    clock = replace(DECIDE, extensions=(longer,))
    assert "延长期" not in row(clock, "2026-09-24").note
    assert row(clock, "2026-09-28").note == (
        "第 6 个工作日，延长期（2026-09-23 局长 批准：情况复杂）"
    )


def test_rolled_days_and_holidays_name_their_law() -> None:
    paper = replace(DECIDE, unit=Unit.MONTHS, amount=1, rolls_forward=True)
    paper = replace(paper, started_on=date(2026, 9, 1))
    explanation = explain(paper, CALENDAR)
    rolled = [line for line in explanation.days if line.kind is ExplainedKind.ROLLED]
    assert [line.day.day for line in rolled] == [2, 3, 4, 5, 6, 7, 8]
    assert "民法典第二百零三条" in rolled[0].note
    assert rolled[-1].note.endswith("期限届满")
    away = replace(DECIDE, started_on=date(2026, 9, 24))
    assert "国办发明电〔2025〕7号" in row(away, "2026-10-01").note


def test_a_year_without_a_notice_is_said_so_on_each_day_it_decides() -> None:
    clock = replace(DECIDE, started_on=date(2026, 12, 28))
    provisional = [line.day for line in explain(clock, CALENDAR).days if line.provisional]
    assert provisional[0] == date(2027, 1, 1)
    assert explain(clock, CALENDAR).provisional
    assert "2027年放假通知尚未公布" in row(clock, "2027-01-01").note


def test_while_the_due_date_is_hidden_the_days_go_as_far_as_asked() -> None:
    clock = replace(DECIDE, suspensions=(replace(LOCKDOWN, lifted_on=None),), amount=20)
    shown = explain(clock, CALENDAR, date(2026, 10, 20))
    assert (shown.due_on, shown.provisional, shown.days[-1].day) == (
        None,
        False,
        date(2026, 10, 20),
    )
    assert shown.days[-1].kind is ExplainedKind.SUSPENDED
    assert explain(clock, CALENDAR).days[-1].day == LOCKDOWN.first_on


def test_what_comes_before_a_day_is_counted_back_from_it() -> None:
    clock = replace(DECIDE, unit=Unit.WORKING_DAYS_BEFORE, amount=2, until=date(2026, 10, 4))
    told = [(line.day.day, line.kind.value, line.number) for line in explain(clock, CALENDAR).days]
    assert told == [
        (4, "start", None),
        (3, "rolled", None),
        (2, "rolled", None),
        (1, "rolled", None),
        (30, "rolled", None),
        (29, "working", 1),
        (28, "working", 2),
    ]
    assert "自 2026-10-04 起倒数，其前第 2 个工作日" in row(clock, "2026-10-04").note
    assert "提前至其前一个工作日" in row(clock, "2026-10-01").note
    assert row(clock, "2026-09-28").note == "第 2 个工作日，即为此日"


@examples(60)
@given(drawn=ahead())
def test_counting_back_agrees_with_the_due_date_and_with_a_walk(drawn: Clock) -> None:
    explanation, verdict = explain(drawn, CALENDAR), ORACLE.judge(drawn)
    days = explanation.days
    assert drawn.until is not None
    assert [line.day for line in days] == [
        drawn.until - timedelta(days=n) for n in range(len(days))
    ]
    assert (days[-1].day, explanation.due_on) == (verdict.due_on, verdict.due_on)
    assert tuple(line.day for line in days if line.counted) == verdict.counted
    assert [line.number for line in days if line.counted] == list(range(1, drawn.amount + 1))
    assert all(line.note for line in days)
    assert explanation.provisional == any(line.provisional for line in days)


@examples(60)
@given(drawn=clocks(), after=st.integers(0, 200))
def test_an_explanation_agrees_with_the_due_date_and_with_a_walk(drawn: Clock, after: int) -> None:
    on = drawn.started_on + timedelta(days=after)
    explanation, verdict = explain(drawn, CALENDAR, on), ORACLE.judge(drawn)
    counted = [line.day for line in explanation.days if line.counted]
    numbers = [line.number for line in explanation.days if line.counted]
    days = [line.day for line in explanation.days]
    assert days == [drawn.started_on + timedelta(days=n) for n in range(len(days))]
    assert numbers == list(range(1, len(counted) + 1))
    assert explanation.due_on == verdict.due_on == due_on(drawn, CALENDAR)
    assert explanation.unsuspended_due_on == ORACLE.judge(replace(drawn, suspensions=())).due_on
    assert all(line.note for line in explanation.days)
    if verdict.due_on is None:
        assert days[-1] == max(on, drawn.started_on)
        assert len(counted) == read(drawn, CALENDAR, on).used
        return
    assert (days[-1], tuple(counted)) == (verdict.due_on, verdict.counted)
    assert len(counted) == budget(drawn)
    if len(days) > 1:
        assert explanation.provisional == any(line.provisional for line in explanation.days)
