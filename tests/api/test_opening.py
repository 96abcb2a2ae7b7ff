"""What a case starts with: what is in force, who can be reached, from when one is entitled."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from fastapi import FastAPI

from casework.domain.case.facts import Actor
from casework.domain.case.in_force import InForce
from casework.domain.case.opening import Route
from casework.domain.errors import DomainError
from casework.domain.kinds.application.opening import StartApplication
from casework.domain.policy import Role
from casework.domain.time.clock import Stopped, Suspension
from casework.filing.bodies import Submission
from casework.filing.desk import Desk
from casework.policy.calendars import load_calendar

NOW = datetime(2026, 9, 17, 2, tzinfo=UTC)
BACKEND = Actor(code="backend", role=Role.SYSTEM)
NOTHING = InForce()
CLOSED = Suspension(
    id="ZL-0000-0000-0001",
    first_on=date(2026, 9, 1),
    lifted_on=date(2026, 9, 17),
    reason="封控管理",
    clocks=Stopped.APPLICANT,
    channels=("online",),
)


BEFORE_THE_CHOICE = "b9843e8143072596533e0ee26075726063c467af958e43d714d277fc704167b4"
"""The digest of a submission, as every release has computed it."""


def opened(app: FastAPI, in_force: InForce = NOTHING, **changed: Any) -> StartApplication:
    desk: Desk = app.state.parts.desk
    body = {
        "district": "310106",
        "item": "PTS_NEW",
        "source": "points-portal",
        "reference": "T-1",
        "channel": "online",
        "applicant": {"name": "张三", "id_number": "310101199003071230", "phone": "13800001234"},
    } | changed
    return desk.application(Submission.model_validate(body), BACKEND, NOW, in_force)


def test_everybody_who_can_be_reached_is_known(lonely_app: FastAPI) -> None:
    start = opened(
        lonely_app,
        applicant={
            "name": "张三",
            "id_number": "310101199003071230",
            "email": "zhangsan@example.com",
            "phone": "13800001234",
        },
        employer={"name": "某某公司", "email": "hr@example.com"},
    )
    assert start.routes == (
        Route(recipient="applicant", channel="mail"),
        Route(recipient="employer", channel="mail"),
    )
    assert start.reachable == (
        Route(recipient="applicant", channel="mail"),
        Route(recipient="applicant", channel="sms"),
        Route(recipient="employer", channel="mail"),
    )


def test_what_was_submitted_before_there_was_a_choice_has_the_digest_of_then() -> None:
    body: dict[str, Any] = {
        "district": "310106",
        "item": "PTS_NEW",
        "source": "points-portal",
        "reference": "T-1",
        "channel": "online",
        "applicant": {"name": "张三", "id_number": "310101199003071230", "phone": "13800001234"},
        "employer": {"name": "某某公司", "email": "hr@example.com"},
    }
    plain = Submission.model_validate(body)
    assert plain.content == BEFORE_THE_CHOICE
    person = body["applicant"] | {"told_by": "sms"}
    chosen = Submission.model_validate(body | {"applicant": person})
    assert chosen.content != plain.content
    assert chosen.form.applicant.told_by == "sms"


def test_calendar_and_version_are_those_of_the_register(lonely_app: FastAPI) -> None:
    calendar = load_calendar().excerpt(2026, 2030)
    start = opened(lonely_app, InForce(version=7, calendar_version=5, calendar=calendar))
    assert start.calendar == calendar
    assert start.in_force == InForce(version=7, calendar_version=5)


def test_without_a_register_the_case_begins_by_the_files_and_looks_itself(
    lonely_app: FastAPI,
) -> None:
    start = opened(lonely_app)
    assert start.in_force == InForce()
    assert [year.year for year in start.calendar.years] == list(range(2025, 2033))


def test_day_of_entitlement_is_the_one_the_item_names(lonely_app: FastAPI) -> None:
    start = opened(
        lonely_app,
        item="RET_APP",
        district="150100",
        claims={"benefit_effective_date": "2026-10-01"},
    )
    assert start.entitled_on == date(2026, 10, 1)
    assert opened(lonely_app).entitled_on is None


def test_channel_is_closed_until_the_day_of_lifting(lonely_app: FastAPI) -> None:
    assert opened(lonely_app, InForce(suspensions=(CLOSED,))).channel == "online"
    longer = Suspension(**vars(CLOSED) | {"lifted_on": date(2026, 9, 18)})
    with pytest.raises(DomainError) as refused:
        opened(lonely_app, InForce(suspensions=(longer,)))
    assert (refused.value.code, refused.value.field) == ("CHANNEL_CLOSED", "channel")
    assert "可改用：" in refused.value.message
    assert opened(lonely_app, InForce(suspensions=(longer,)), channel="post").channel == "post"
