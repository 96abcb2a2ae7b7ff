"""Who may ask for the green channel, for what reason, and who consents (domain.md §C.5)."""

from datetime import timedelta
from typing import Any

import pytest

from casework.domain.errors import DomainError
from casework.domain.kinds.application.commands import ConsentGreen, RequestGreen
from casework.domain.kinds.application.state import GreenStatus
from casework.domain.policy import Role
from casework.domain.time.calendar import local_date
from tests.domain.desk import Desk, open_desk


@pytest.fixture
def desk() -> Desk:
    return open_desk("PTS_NEW")


def ask(desk: Desk, **changed: Any) -> None:
    asked: dict[str, Any] = {"reason_code": "school", "cause": "封控", "external_on": None}
    evidence = desk.item.green.evidence
    desk.do(RequestGreen, Role.OFFICER, **asked | {"evidence": evidence} | changed)


def code_of(desk: Desk, *command: Any, **fields: Any) -> str:
    with pytest.raises(DomainError) as refused:
        desk.do(*command, **fields)
    return refused.value.code


def test_who_asks_does_not_consent_and_another_does(desk: Desk) -> None:
    ask(desk)
    assert Role.OFFICER in desk.item.green.consent
    assert code_of(desk, ConsentGreen, Role.OFFICER, granted=True) == "FOUR_EYES"
    desk.do(ConsentGreen, Role.OFFICER, backup=True, granted=True)
    assert desk.case.green.status is GreenStatus.OPEN
    assert code_of(desk, ConsentGreen, Role.OFFICER, granted=True) == "NOTHING_REQUESTED"


def test_a_refusal_has_a_reason(desk: Desk) -> None:
    ask(desk)
    refused = code_of(desk, ConsentGreen, Role.OFFICER, backup=True, granted=False, reason=" ")
    assert refused == "FIELD_REQUIRED"


def test_there_is_a_date_outside_or_a_cause_that_is_not_theirs(desk: Desk) -> None:
    today = local_date(desk.now)
    horizon = timedelta(days=desk.item.green.horizon_days)
    for changed, code in (
        ({"cause": " "}, "NO_CRITERION"),
        ({"external_on": today}, "DATE_IN_PAST"),
        ({"external_on": today + horizon + timedelta(days=1), "cause": ""}, "DATE_TOO_FAR"),
    ):
        with pytest.raises(DomainError) as refused:
            ask(desk, **changed)
        assert refused.value.code == code
    ask(desk, external_on=today + horizon, cause="")
    assert desk.case.green.status is GreenStatus.REQUESTED


@pytest.mark.parametrize(
    ("reason_code", "cause", "told"),
    [
        ("school_enrolment", "", "须在外部期限之前办结"),
        ("高考", "", "高考"),
        ("school_enrolment", "封控", "封控"),
    ],
)
def test_the_letter_says_the_reason_in_words(
    desk: Desk, reason_code: str, cause: str, told: str
) -> None:
    on = local_date(desk.now) + timedelta(days=5)
    ask(desk, reason_code=reason_code, cause=cause, external_on=on)
    desk.do(ConsentGreen, Role.OFFICER, backup=True, granted=True)
    (letter,) = (each for each in desk.effects if each.template == "green_opened")
    assert letter.fields["reason"] == told
