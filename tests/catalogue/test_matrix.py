"""The channel and measure matrix of domain.md §B.2, cell by cell, by what each row does."""

from collections.abc import Callable
from datetime import date

import pytest

from casework.domain.policy import DeliveryMethod, Mark, ServiceItem
from casework.policy.catalogue import Catalogue
from tests.catalogue.conftest import CODES

LOCKDOWN = date(2022, 4, 10)
TODAY = date(2026, 9, 17)
Resolved = Callable[[str], ServiceItem]

MATRIX = """
                                   MH BS JA HK XH HP PD
new application by mail          |  +  +  +  +  +  +  -
by post or courier               |  +  +  -  +  +  +  +
renewal online only              |  +  +  +  +  +  +  -
renewal waits three working days |  -  +  -  +  -  +  -
no file is called in             |  +  +  -  +  +  +  -
no outside letter                |  +  +  +  +  +  +  -
originals not needed now         |  -  +  -  +  -  +  -
separate education mailbox       |  +  -  +  -  -  -  -
notice printed by oneself        |  +  -  +  +  +  +  -
window only by appointment       |  -  +  -  +  -  +  +
paper without time limit         |  -  -  +  -  -  -  +
the unit's single mailbox        |  -  -  +  -  -  -  -
two months left, 等待受理        |  -  -  +  -  -  -  -
"""
LASTING = {
    "new application by mail",
    "by post or courier",
    "renewal online only",
    "renewal waits three working days",
    "separate education mailbox",
    "notice printed by oneself",
    "the unit's single mailbox",
    "two months left, 等待受理",
}
"""The rows that outlive the epidemic; the others end with the configured window."""


def _by_mail(item: Resolved) -> bool:
    return "email" in item("PTS_NEW").channels


def _by_post(item: Resolved) -> bool:
    return "post" in item("PTS_NEW").channels


def _renewal_online(item: Resolved) -> bool:
    return item("PTS_REN").channels == ("online",)


def _renewal_waits(item: Resolved) -> bool:
    return any(
        (each.condition.op, each.condition.value) == ("working_days_since_ge", 3)
        for each in item("PTS_REN").preconditions
    )


def _skipped(item: Resolved, effect: str) -> bool:
    for code in ("PTS_NEW", "PTS_REN"):
        skipped = {check.skipped_by for check in item(code).checks}
        assert effect in skipped
        if item(code).measure(effect) is None:
            return False
    return True


def _no_originals(item: Resolved) -> bool:
    waived = item("PTS_NEW").measure("ORIGINALS_NOT_NEEDED") is not None
    assert not (waived and item("PTS_NEW").material("original_certificates"))
    return waived


def _self_print(item: Resolved) -> bool:
    firsts = {item(code).delivery[0] for code in ("PTS_NEW", "PTS_REN")}
    stated = item("PTS_NEW").measure("SELF_PRINT") is not None
    assert not stated or firsts == {DeliveryMethod.SELF_PRINT}
    return stated


def _by_appointment(item: Resolved) -> bool:
    points = item("PTS_NEW")
    stated = points.measure("APPOINTMENT_ONLY") is not None
    assert not stated or (points.channels[-1], points.delivery[-1]) == ("window", "window")
    return stated


def _no_limit(item: Resolved) -> bool:
    paper = item("HJ_RES")
    assert paper.needs_paper
    return bool(paper.measure("PAPER_NO_LIMIT") or paper.measure("PAPER_DEFERRED"))


def _two_months(item: Resolved) -> bool:
    rules = {each.code: each for each in item("PTS_NEW").preconditions}
    validity = rules.get("permit_validity")
    two = validity is not None and validity.condition.value == 2
    return two and "等待受理" in rules["employer_reviewed"].text


ROWS: dict[str, Callable[[Resolved], bool]] = {
    "new application by mail": _by_mail,
    "by post or courier": _by_post,
    "renewal online only": _renewal_online,
    "renewal waits three working days": _renewal_waits,
    "no file is called in": lambda item: _skipped(item, "NO_ARCHIVE_CALL"),
    "no outside letter": lambda item: _skipped(item, "NO_OUTSIDE_LETTER"),
    "originals not needed now": _no_originals,
    "separate education mailbox": lambda item: bool(item("PTS_NEW").measure("EDUCATION_MAILBOX")),
    "notice printed by oneself": _self_print,
    "window only by appointment": _by_appointment,
    "paper without time limit": _no_limit,
    "the unit's single mailbox": lambda item: bool(item("PTS_NEW").measure("UNIT_MAILBOX")),
    "two months left, 等待受理": _two_months,
}


def _cells() -> list[tuple[str, str, bool]]:
    head, *lines = MATRIX.strip().splitlines()
    return [
        (row.strip(), district, mark == "+")
        for row, marks in (line.split("|") for line in lines)
        for district, mark in zip(head.split(), marks.split(), strict=True)
    ]


def test_the_matrix_is_whole() -> None:
    assert len(_cells()) == 13 * 7
    assert {row for row, _, _ in _cells()} == set(ROWS)
    assert set(ROWS) >= LASTING


@pytest.mark.parametrize(("row", "district", "stated"), _cells())
def test_a_cell_does_what_it_states(
    catalogue: Catalogue, row: str, district: str, *, stated: bool
) -> None:
    during = ROWS[row](lambda item: catalogue.resolve(item, CODES[district], LOCKDOWN))
    after = ROWS[row](lambda item: catalogue.resolve(item, CODES[district], TODAY))
    assert during == stated
    assert after == (stated and row in LASTING)


def test_no_measure_is_shown_as_firmer_than_its_undated_notice(catalogue: Catalogue) -> None:
    assert {window.measure.mark for window in catalogue.measures()} == {Mark.UNCERTAIN}


def test_settlement_still_waits_for_the_file(catalogue: Catalogue) -> None:
    for district in CODES.values():
        assert catalogue.resolve("HJ_RES", district, LOCKDOWN).measure("NO_ARCHIVE_CALL") is None


def test_pudong_takes_settlement_papers_by_courier(catalogue: Catalogue) -> None:
    before = catalogue.resolve("HJ_RES", CODES["PD"], date(2020, 2, 9)).channels
    after = catalogue.resolve("HJ_RES", CODES["PD"], date(2020, 2, 10)).channels
    assert before == ("online", "window")
    assert after == ("online", "post", "window")


@pytest.mark.parametrize(
    ("item", "on", "channels", "delivery"),
    [
        ("PTS_NEW", date(2020, 2, 9), "online window", "window self_print"),
        ("PTS_NEW", date(2020, 2, 10), "email online post window", "self_print window"),
        ("PTS_REN", date(2020, 2, 9), "online window", "window self_print"),
        ("PTS_REN", date(2020, 2, 10), "online", "self_print window"),
    ],
)
def test_minhangs_ways_in_and_out_change_on_the_day(
    catalogue: Catalogue, item: str, on: date, channels: str, delivery: str
) -> None:
    resolved = catalogue.resolve(item, CODES["MH"], on)
    assert " ".join(resolved.channels) == channels
    assert " ".join(resolved.delivery) == delivery


def test_appointments_put_the_window_last(catalogue: Catalogue) -> None:
    during = catalogue.resolve("PTS_NEW", CODES["PD"], date(2022, 12, 31)).delivery
    after = catalogue.resolve("PTS_NEW", CODES["PD"], date(2023, 1, 1)).delivery
    assert during == (DeliveryMethod.SELF_PRINT, DeliveryMethod.WINDOW)
    assert after == (DeliveryMethod.WINDOW, DeliveryMethod.SELF_PRINT)
