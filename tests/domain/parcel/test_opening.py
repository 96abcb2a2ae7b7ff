"""How a parcel is registered: its day, its faults, and what is refused."""

from datetime import date, timedelta

import pytest

from casework.domain.case.opening import Party
from casework.domain.errors import DomainError
from casework.domain.kinds.parcel.commands import MatchParcel, ReturnParcel
from casework.domain.kinds.parcel.opening import open_parcel
from casework.domain.kinds.parcel.procedure import tried
from casework.domain.kinds.parcel.state import ParcelStage
from casework.domain.policy import Role
from casework.domain.time.clock import due_on
from tests.domain.parcel import CALENDAR, CAME, SENDER, form, given_parcel


def test_the_limit_counts_from_the_day_of_arrival() -> None:
    case = given_parcel().case
    clock = case.clock("parcel_match")
    assert clock is not None
    assert (case.arrived_on, clock.started_on) == (CAME, CAME)
    assert due_on(clock, CALENDAR) == date(2026, 9, 24)  # 20 (make-up), 21, 22, 23, 24


@pytest.mark.parametrize(
    ("district", "remark", "sender", "codes"),
    [
        ("310112", "积分办理", SENDER, []),
        ("310112", "", SENDER, ["REMARK_MISSING"]),
        ("310104", "请收", None, ["SENDER_ILLEGIBLE", "REMARK_MISSING"]),
        ("310113", "", SENDER, []),
        ("310106", "", SENDER, ["POST_NOT_NAMED"]),
        ("310115", "", None, ["SENDER_ILLEGIBLE"]),
    ],
)
def test_what_is_wrong_is_named(
    district: str, remark: str, sender: Party | None, codes: list[str]
) -> None:
    case = given_parcel(form(remark=remark), sender=sender, district=district).case
    assert [fault.code for fault in case.faults] == codes


def test_it_is_matched_by_a_second_try() -> None:
    this = given_parcel()
    for number, code in ((1, "CASE_NOT_FOUND"), (2, "")):
        this.do(MatchParcel, Role.OFFICER, "mh-o1", into="310112-X", materials=("x",))
        assert tried(this.case, number - 1, "310112-X", "", "") is None
        body = tried(this.case, number, "" if code else "310112-X", code, "没有此件")
        assert body is not None
        this.apply(body)
        assert this.case.refused == code
    assert this.case.stage is ParcelStage.FILED


def test_what_nobody_claims_is_the_supervisors() -> None:
    this = given_parcel()
    this.wait_until("2026-09-25", "09:05")
    unclaimed = this.case.stage
    assert [task.role for task in this.case.open_tasks] == [Role.SUPERVISOR]
    this.do(ReturnParcel, Role.SUPERVISOR, "mh-s1", reason="无法辨认", number="EMS900000002CN")
    assert (unclaimed, this.case.stage) == (ParcelStage.UNCLAIMED, ParcelStage.RETURNED)


class _Today:
    today = date(2026, 9, 21)


class _Identity:
    reference = "EMS900000001CN"


@pytest.mark.parametrize(
    ("said", "number", "code"),
    [
        ({"courier": " "}, "EMS900000001CN", "FIELD_REQUIRED"),
        ({}, "单号不清", "NUMBER_UNCLEAR"),
        ({}, "ems900000001cn", "NUMBER_UNCLEAR"),
        ({"arrived_on": _Today.today + timedelta(days=1)}, "EMS900000001CN", "DATE_IN_FUTURE"),
        ({"arrived_on": _Today.today - timedelta(days=31)}, "EMS900000001CN", "DATE_TOO_EARLY"),
    ],
)
def test_what_cannot_be_is_refused(said: dict[str, object], number: str, code: str) -> None:
    identity = _Identity()
    identity.reference = number
    with pytest.raises(DomainError) as refused:
        open_parcel(identity, form(**said), SENDER, _Today())  # type: ignore[arg-type]
    assert refused.value.code == code
