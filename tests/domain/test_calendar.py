"""The tables against other people's tables, and the arithmetic against a walk day by day."""

from datetime import date, timedelta
from pathlib import Path
from shutil import copytree

import chinese_calendar
import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from casework.domain.time.calendar import DayKind, WorkingCalendar, computed_year
from casework.domain.time.statutory import statutory_days
from casework.policy.calendars import CalendarFileError, load_calendar, read_calendar
from tests.domain.oracle import Oracle
from tests.domain.strategies import DAYS
from tests.examples import examples

CALENDAR = load_calendar()
ORACLE = Oracle(CALENDAR)
FOLDER = Path(__file__).parents[2] / "catalogue" / "calendars"


def day(text: str) -> date:
    return date.fromisoformat(text)


def days_of(first_year: int, last_year: int) -> list[date]:
    first, last = date(first_year, 1, 1).toordinal(), date(last_year, 12, 31).toordinal()
    return [date.fromordinal(n) for n in range(first, last + 1)]


@pytest.mark.parametrize(
    ("start", "n", "expected"),
    [
        ("2026-02-13", 5, "2026-02-27"),
        ("2026-02-13", 20, "2026-03-19"),
        ("2026-09-17", 5, "2026-09-23"),
        ("2026-09-17", 20, "2026-10-21"),
        ("2026-09-24", 1, "2026-09-28"),
        ("2026-09-24", 5, "2026-10-09"),
        ("2026-09-24", 15, "2026-10-22"),
        ("2026-09-30", 5, "2026-10-13"),
        ("2022-06-07", -5, "2022-05-30"),
        ("2022-06-01", 15, "2022-06-23"),
        ("2022-06-23", 15, "2022-07-14"),
        ("2022-04-18", 5, "2022-04-24"),
        ("2026-10-03", 0, "2026-10-03"),
    ],
)
def test_shift_gives_the_vectors_of_the_domain(start: str, n: int, expected: str) -> None:
    assert CALENDAR.shift(day(start), n) == day(expected)


def test_published_years_agree_day_by_day_with_chinese_calendar() -> None:
    differing = [
        walked
        for walked in days_of(2022, 2026)
        if CALENDAR.is_working(walked) != chinese_calendar.is_workday(walked)
        or CALENDAR.is_provisional(walked)
    ]
    assert differing == []


def rest_by_law(first_year: int, last_year: int) -> set[date]:
    """The Mondays to Fridays off by law: statutory, or made up for ("observed" in that package)."""
    years = range(first_year, last_year + 1)
    named = holidays.country_holidays("CN", years=years, language="en_US")
    return {walked for walked in named if walked.weekday() < 5}


def test_later_years_rest_on_the_statutory_days_and_what_is_made_up_for_them() -> None:
    off = rest_by_law(2027, 2060)
    differing = [
        walked
        for walked in days_of(2027, 2060)
        if CALENDAR.is_working(walked) != (walked.weekday() < 5 and walked not in off)
        or not CALENDAR.is_provisional(walked)
    ]
    assert differing == []


def test_any_year_can_be_computed_and_is_as_in_the_table() -> None:
    assert {n: computed_year(n).off for n in range(2027, 2061)} == {
        n: CALENDAR.year(n).off for n in range(2027, 2061)
    }
    off = rest_by_law(2061, 2099)
    assert {day for n in range(2061, 2100) for day in computed_year(n).off} == off


@pytest.mark.parametrize(
    ("year", "made_up"),
    [
        (2027, ["02-09", "02-10", "05-03", "05-04", "10-04", "10-05"]),
        (2028, ["01-03", "05-29", "10-04"]),
        (2029, ["06-18", "09-24"]),
    ],
)
def test_a_statutory_day_on_a_weekend_is_made_up_for(year: int, made_up: list[str]) -> None:
    days = [day(f"{year}-{text}") for text in made_up]
    assert all(CALENDAR.kind(each) is DayKind.HOLIDAY for each in days)
    assert set(days) == set(CALENDAR.year(year).off) - set(statutory_days(year))


@pytest.mark.parametrize("year", [2022, 2023, 2024, 2025, 2026])
def test_a_computed_year_errs_to_the_late_side_of_its_notice(year: int) -> None:
    law = WorkingCalendar((computed_year(year),))
    # Only where the law of today was in force, or was laxer: each count ends not before the true
    # one, but for the bridging days that a notice takes and gives back within a fortnight or so.
    worked = [sum(each.is_working(d) for d in days_of(year, year)) for each in (law, CALENDAR)]
    assert worked[0] <= worked[1] + 1


@pytest.mark.parametrize(
    ("year", "working_days"), [(2022, 249), (2023, 249), (2024, 251), (2025, 248), (2026, 248)]
)
def test_a_year_has_as_many_working_days_as_the_domain_says(year: int, working_days: int) -> None:
    assert sum(CALENDAR.is_working(walked) for walked in days_of(year, year)) == working_days


@pytest.mark.parametrize(
    ("on", "kind"),
    [
        ("2024-02-09", DayKind.WORKING),  # New Year's Eve, rest was only encouraged
        ("2022-04-24", DayKind.MAKE_UP),
        ("2026-10-08", DayKind.WORKING),
        ("2026-10-07", DayKind.HOLIDAY),
        ("2026-10-10", DayKind.MAKE_UP),
        ("2026-10-11", DayKind.WEEKEND),
        ("2026-10-03", DayKind.WEEKEND),
    ],
)
def test_a_day_has_its_kind(on: str, kind: DayKind) -> None:
    assert CALENDAR.kind(day(on)) is kind


def test_a_notice_is_named_and_a_missing_one_is_said_to_be_missing() -> None:
    assert CALENDAR.notice(day("2026-10-01")) == "国办发明电〔2025〕7号（2025-11-04）"
    assert "2027年放假通知尚未公布" in CALENDAR.notice(day("2027-10-01"))


def test_a_rest_day_rolls_both_ways_and_a_working_day_stays() -> None:
    assert CALENDAR.roll_forward(day("2026-10-01")) == day("2026-10-08")
    assert CALENDAR.roll_back(day("2026-10-07")) == day("2026-09-30")
    assert CALENDAR.roll_forward(day("2026-10-10")) == CALENDAR.roll_back(day("2026-10-10"))


@pytest.mark.parametrize(("n", "reached"), [(-1, "2025-12-31"), (250, "2027-01-05")])
def test_a_year_that_a_case_does_not_carry_is_computed_and_provisional(
    n: int, reached: str
) -> None:
    excerpt = CALENDAR.excerpt(2026, 2026)
    found = excerpt.shift(day("2026-01-01"), n)
    assert (found, excerpt.is_provisional(found)) == (day(reached), True)
    assert f"没有{found.year}年的放假通知" in excerpt.notice(found)


@examples(80)
@given(start=st.dates(), n=st.integers(-(10**7), 10**7), until=st.dates())
def test_any_day_and_any_count_have_an_answer(start: date, n: int, until: date) -> None:
    moved = CALENDAR.shift(start, n)
    assert (moved > start) == (n > 0) or moved in {date.min, date.max}
    assert CALENDAR.is_working(CALENDAR.roll_back(start)) or start.year == 1
    assert CALENDAR.count(start, until) >= 0


def test_a_calendar_survives_the_wire_even_after_use() -> None:
    adapter = TypeAdapter(WorkingCalendar)
    excerpt = CALENDAR.excerpt(2026, 2027)
    assert excerpt.shift(day("2026-12-31"), 1) == day("2027-01-04")
    sent = adapter.dump_json(excerpt)
    assert adapter.validate_json(sent) == excerpt
    assert sent == adapter.dump_json(CALENDAR.excerpt(2026, 2027))
    assert b"working" not in sent  # the lookups do not travel


@examples(150)
@given(start=DAYS, n=st.integers(0, 2500))
def test_shift_agrees_with_a_walk(start: date, n: int) -> None:
    assert CALENDAR.shift(start, n) == ORACLE.shift(start, n)


@examples(80)
@given(start=st.dates(date(2026, 1, 1), date(2029, 12, 31)), n=st.integers(0, 900))
def test_shift_back_agrees_with_a_walk(start: date, n: int) -> None:
    assert CALENDAR.shift(start, -n) == ORACLE.shift(start, -n)


@examples(150)
@given(after=DAYS, length=st.integers(0, 2500))
def test_count_agrees_with_a_walk_and_undoes_shift(after: date, length: int) -> None:
    until = after + timedelta(days=length)
    counted = CALENDAR.count(after, until)
    assert counted == ORACLE.count(after, until)
    if counted:
        assert CALENDAR.shift(after, counted) <= until < CALENDAR.shift(after, counted + 1)
    assert CALENDAR.count(until, after) == 0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(copytree(FOLDER, tmp_path / "calendars"))


def test_a_new_notice_is_a_file_and_takes_over_from_the_statutory_days(folder: Path) -> None:
    (folder / "2027.yaml").write_text(
        "year: 2027\nnotice: 测试通知\nissued_on: 2026-11-30\n"
        "days_off: [2027-01-01]\nmake_up: [2027-01-03]\n",
        encoding="utf-8",
    )
    calendar = read_calendar(folder)
    assert not calendar.is_provisional(day("2027-01-01"))
    assert calendar.kind(day("2027-01-03")) is DayKind.MAKE_UP
    assert calendar.is_provisional(day("2028-01-03"))
    assert CALENDAR.is_provisional(day("2027-01-01"))


@pytest.mark.parametrize(
    ("file", "was", "becomes", "message"),
    [
        (
            "2026.yaml",
            "2026-06-19",
            "2026-06-20",
            r"2026.yaml 第 24 行 days_off\[12\].*周一至周五",
        ),
        ("2026.yaml", "2026-01-04", "2026-01-05", r"make_up\[0\].*周六、周日"),
        ("2026.yaml", "2026-06-19", "2025-06-19", r"须在 2026 年之内"),
        ("2026.yaml", "2026-06-19", "2026-06-31", r"真实日期"),
        ("2026.yaml", "2026-01-02", "2026-01-01", r"先后排列"),
        ("2026.yaml", "year: 2026", "year: 2025", r"2026.yaml 第 \d+ 行.*须在 2025 年之内"),
        ("2026.yaml", "year: 2026", "year: next", r"2026.yaml 第 3 行 year.*须是年份"),
        ("2026.yaml", "notice:", "title:", r"title.*字段须是"),
        ("2026.yaml", "issued_on: 2025-11-04\n", "", r"issued_on.*缺少"),
        ("2026.yaml", "issued_on: 2025-11-04\n", "year: 2026\n", r"year.*重复"),
        ("2026.yaml", "国办发明电〔2025〕7号", '""', r"notice.*须填写"),
        ("2026.yaml", "days_off:", "days_off: [", r"2026.yaml 第 \d+ 行.*不是合法的 YAML"),
        ("statutory.yaml", "2027-02-08]", "2027-02-08, 2027-02-09]", r"years.2027.春节.*4 天"),
        ("statutory.yaml", "    端午节: [2027-06-09]\n", "", r"端午节：缺少"),
        ("statutory.yaml", "  2031:\n", "  2013:\n", r"2013.*须在 2013 年之内"),
    ],
)
def test_a_faulty_file_is_refused_with_file_line_and_what_is_right(
    folder: Path, file: str, was: str, becomes: str, message: str
) -> None:
    text = (folder / file).read_text(encoding="utf-8")
    assert was in text
    (folder / file).write_text(text.replace(was, becomes, 1), encoding="utf-8")
    with pytest.raises(CalendarFileError, match=message):
        read_calendar(folder)


def test_a_file_is_named_after_its_year(folder: Path) -> None:
    (folder / "2026.yaml").rename(folder / "next.yaml")
    with pytest.raises(CalendarFileError, match=r"next.yaml.* year.*2026.*文件名"):
        read_calendar(folder)


def test_a_gap_between_years_is_refused(folder: Path) -> None:
    (folder / "2024.yaml").unlink()
    with pytest.raises(CalendarFileError, match="2023 年之后缺 2024 年"):
        read_calendar(folder)
