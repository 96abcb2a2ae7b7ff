"""Temporary measures as rows: named for good, on their days, and open to orders."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from casework.domain.policy import Mark, Measure
from casework.policy.catalogue import Catalogue, check_catalogue, read_catalogue
from tests.catalogue.conftest import CODES

LOCKDOWN = date(2022, 4, 10)


def test_each_measure_has_a_name_of_its_own(catalogue: Catalogue) -> None:
    windows = catalogue.measures()
    ids = [window.measure.id for window in windows]
    assert len(ids) == len(set(ids))
    for window in windows:
        measure = window.measure
        assert measure.id == f"{measure.effect}.{window.district}.{measure.since:%Y%m%d}"
        assert catalogue.effects()[measure.effect] == measure.name
        assert all((item, window.district) in catalogue.offers() for item in window.items)


def test_a_second_window_of_the_same_day_is_numbered(copy: Path) -> None:
    file = copy / "measures/POST_INTAKE.yaml"
    more = """  - districts: ["310115"]
    items: [OTP_B]
    from: 2020-02-10
    reference: 另行通知
    mark: source
"""
    file.write_text(file.read_text(encoding="utf-8") + more, encoding="utf-8")
    catalogue = read_catalogue(copy)
    (first,) = [m for m in catalogue.measures_for("HJ_RES", CODES["PD"]) if "POST" in m.effect]
    (second,) = [m for m in catalogue.measures_for("OTP_B", CODES["PD"]) if "POST" in m.effect]
    assert first.id == "POST_INTAKE.310115.20200210"
    assert second.id == "POST_INTAKE.310115.20200210.2"


def test_the_measures_of_an_item_are_those_of_all_days(catalogue: Catalogue) -> None:
    known = {m.effect: m for m in catalogue.measures_for("HJ_RES", CODES["JA"])}
    assert set(known) == {"PAPER_DEFERRED"}
    assert known["PAPER_DEFERRED"].online_accepted_from == date(2022, 3, 1)
    assert not known["PAPER_DEFERRED"].holds(date(2026, 9, 17))
    assert known["PAPER_DEFERRED"].name == "暂缓递交书面材料"


@pytest.mark.parametrize(
    ("on", "holds"),
    [
        (date(2020, 2, 9), False),
        (date(2020, 2, 10), True),
        (date(2022, 12, 31), True),
        (date(2023, 1, 1), False),
    ],
)
def test_both_days_of_a_window_are_included(catalogue: Catalogue, on: date, *, holds: bool) -> None:
    item = catalogue.resolve("PTS_NEW", CODES["MH"], on)
    assert (item.measure("NO_ARCHIVE_CALL") is not None) == holds


def test_measures_by_order_take_the_place_of_those_of_the_files(catalogue: Catalogue) -> None:
    by_mail = Measure(
        id="EMAIL_INTAKE.310115.20220401",
        name="邮件递交",
        effect="EMAIL_INTAKE",
        reference="区人才服务中心通知",
        mark=Mark.SOURCE,
        since=date(2022, 4, 1),
        until=date(2022, 4, 30),
    )
    shipped = catalogue.measures_for("PTS_NEW", CODES["PD"])

    ordered = catalogue.resolve("PTS_NEW", CODES["PD"], LOCKDOWN, (*shipped, by_mail))
    later = catalogue.resolve("PTS_NEW", CODES["PD"], date(2022, 5, 1), (*shipped, by_mail))

    assert ordered.channels == ("online", "post", "email", "window")
    assert ordered.measure("EMAIL_INTAKE") == by_mail
    assert later == catalogue.resolve("PTS_NEW", CODES["PD"], date(2022, 5, 1))


def test_a_measure_that_an_order_ended_is_over(catalogue: Catalogue) -> None:
    ended = tuple(
        replace(measure, until=date(2022, 3, 31))
        for measure in catalogue.measures_for("PTS_NEW", CODES["BS"])
    )
    item = catalogue.resolve("PTS_NEW", CODES["BS"], LOCKDOWN, ended)
    assert item.measures == ()
    assert item.material("original_certificates") is not None
    assert item.channels == ("online", "window")


def test_a_measure_that_nothing_heeds_is_a_fault(copy: Path) -> None:
    text = (copy / "measures/SELF_PRINT.yaml").read_text(encoding="utf-8")
    (copy / "measures/SELF_PRIMT.yaml").write_text(text, encoding="utf-8")
    (found,) = check_catalogue(copy)
    assert (found.field, found.problem) == ("meaning", "nothing heeds SELF_PRIMT")


def test_a_measure_stays_within_the_city_of_its_item(copy: Path) -> None:
    file = copy / "measures/POSTPONABLE.yaml"
    text = file.read_text(encoding="utf-8").replace("[RET_APP]", "[RET_APP, PTS_NEW]")
    file.write_text(text, encoding="utf-8")
    (found,) = check_catalogue(copy)
    assert found.field == "windows[0].items[1]"
    assert found.problem == "PTS_NEW is the matter of another city"
