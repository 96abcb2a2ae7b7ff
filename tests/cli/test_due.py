"""The calculator that clerks ask for: every vector of the reference, without any stack."""

import json

import pytest

from tests.cli.conftest import Run

VECTORS = [
    ("2026-02-13", 5, "2026-02-27"),
    ("2026-02-13", 20, "2026-03-19"),
    ("2026-09-17", 5, "2026-09-23"),
    ("2026-09-17", 20, "2026-10-21"),
    ("2026-09-24", 1, "2026-09-28"),
    ("2026-09-24", 5, "2026-10-09"),
    ("2026-09-24", 15, "2026-10-22"),
    ("2026-09-30", 5, "2026-10-13"),
]


@pytest.mark.parametrize(("start", "working_days", "due_on"), VECTORS)
def test_each_vector_of_the_reference_is_met(
    run: Run, start: str, working_days: int, due_on: str
) -> None:
    done = run("due", start, "--working-days", str(working_days), "--json")

    answer = json.loads(done.stdout)
    assert done.exit_code == 0
    assert (answer["due_on"], answer["provisional"]) == (due_on, False)
    assert sum(day["counted"] for day in answer["explanation"]) == working_days


def test_a_suspension_leaves_its_days_out_and_says_so(run: Run) -> None:
    done = run(
        "due",
        "2026-09-24",
        "--working-days",
        "5",
        "--suspended",
        "2026-09-28..2026-09-29",
        "--json",
    )

    answer = json.loads(done.stdout)
    assert answer["due_on"] == "2026-10-12"  # Saturday the 10th is worked
    stopped = [day["day"] for day in answer["explanation"] if day["kind"] == "suspended"]
    assert stopped == ["2026-09-28", "2026-09-29"]


def test_an_open_suspension_leaves_the_due_date_unknown(run: Run) -> None:
    done = run("due", "2026-09-24", "--working-days", "5", "--suspended", "2026-09-28..")

    assert done.exit_code == 0
    assert "暂不能确定" in done.stdout


def test_an_extension_adds_the_same_unit(run: Run) -> None:
    done = run("due", "2026-09-17", "--working-days", "20", "--extend", "10", "--json")

    assert json.loads(done.stdout)["due_on"] == "2026-11-04"


def test_calendar_days_and_months_roll_over_a_rest_day(run: Run) -> None:
    days = run("due", "2026-09-18", "--days", "8", "--json", "--district", "310106")
    months = run("due", "2026-09-01", "--months", "1", "--json")

    # 26 September and 1 October are holidays.
    assert json.loads(days.stdout)["due_on"] == "2026-09-28"
    assert json.loads(months.stdout)["due_on"] == "2026-10-08"


def test_a_year_without_notice_is_provisional(run: Run) -> None:
    done = run("due", "2026-12-25", "--working-days", "10")

    assert "暂定" in done.stdout


def test_the_table_shows_counted_and_skipped_days(run: Run) -> None:
    done = run("due", "2026-09-24", "--working-days", "1")

    assert "放假，不计" in done.stdout
    assert "届满日：2026-09-28 周一" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["2026-02-30", "--working-days", "5"], "2026-02-30"),
        (["2026-09-24"], "ONE_LIMIT"),
        (["2026-09-24", "--days", "1", "--months", "1"], "ONE_LIMIT"),
        (["2026-09-24", "--days", "0"], "--days"),
        (["2026-09-24", "--days", "1", "--suspended", "soon"], "STRETCH_INVALID"),
        (["2026-09-24", "--days", "1", "--district", "990000"], "310106 静安区"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(run: Run, arguments: list[str], told: str) -> None:
    done = run("due", *arguments)

    assert done.exit_code == 2
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1
