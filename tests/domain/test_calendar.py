"""The tables against other people's tables, and the arithmetic against a walk day by day."""

from datetime import date, timedelta
from pathlib import Path
from shutil import copytree

import chinese_calendar
import holidays
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from casework.calendars import CalendarFileError, load_calendar, read_calendar
from casework.domain.calendar import CalendarYearMissingError, DayKind, WorkingCalendar
from tests.domain.oracle import Oracle
from tests.domain.strategies import DAYS

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


def test_later_years_rest_on_the_statutory_days_alone() -> None:
    named = holidays.country_holidays("CN", years=range(2027, 2061), language="en_US")
    # That package adds days of substitution of its own guess, and marks them.
    statutory = {walked for walked, name in named.items() if "observed" not in name}
    differing = [
        walked
        for walked in days_of(2027, 2060)
        if CALENDAR.is_working(walked) != (walked.weekday() < 5 and walked not in statutory)
        or not CALENDAR.is_provisional(walked)
    ]
    assert differing == []


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


@pytest.mark.parametrize("n", [-1, 400])
def test_a_year_without_a_table_is_an_error_not_a_guess(n: int) -> None:
    excerpt = CALENDAR.excerpt(2026, 2026)
    with pytest.raises(CalendarYearMissingError, match="2026") as caught:
        excerpt.shift(day("2026-01-01"), n)
    assert caught.value.year == (2025 if n < 0 else 2027)
    assert caught.value.code == "CALENDAR_YEAR_MISSING"


def test_an_excerpt_beyond_the_tables_is_an_error() -> None:
    with pytest.raises(CalendarYearMissingError, match="2061"):
        CALENDAR.excerpt(2059, 2061)


def test_a_calendar_survives_the_wire_even_after_use() -> None:
    adapter = TypeAdapter(WorkingCalendar)
    excerpt = CALENDAR.excerpt(2026, 2027)
    assert excerpt.shift(day("2026-12-31"), 1) == day("2027-01-04")
    sent = adapter.dump_json(excerpt)
    assert adapter.validate_json(sent) == excerpt
    assert sent == adapter.dump_json(CALENDAR.excerpt(2026, 2027))
    assert b"working" not in sent  # the lookups do not travel


@settings(max_examples=600, deadline=None)
@given(start=DAYS, n=st.integers(0, 2500))
def test_shift_agrees_with_a_walk(start: date, n: int) -> None:
    assert CALENDAR.shift(start, n) == ORACLE.shift(start, n)


@settings(max_examples=300, deadline=None)
@given(start=st.dates(date(2026, 1, 1), date(2029, 12, 31)), n=st.integers(0, 900))
def test_shift_back_agrees_with_a_walk(start: date, n: int) -> None:
    assert CALENDAR.shift(start, -n) == ORACLE.shift(start, -n)


@settings(max_examples=600, deadline=None)
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
        ("2026.yaml", "days_off:", "days_off: [", r"2026.yaml：不是合法的 YAML"),
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
    with pytest.raises(CalendarFileError, match=r"next.yaml year.*2026.*文件名"):
        read_calendar(folder)


def test_a_gap_between_years_is_refused(folder: Path) -> None:
    (folder / "2024.yaml").unlink()
    with pytest.raises(CalendarFileError, match="2023 年之后缺 2024 年"):
        read_calendar(folder)
