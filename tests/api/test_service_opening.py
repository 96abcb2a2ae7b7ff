"""What a case of talent service starts with: calendar, posts, recipients, policy."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI

from casework.domain.case.facts import Actor
from casework.domain.case.in_force import InForce
from casework.domain.case.opening import Party, Route
from casework.domain.errors import DomainError
from casework.domain.identifiers import check_talent_code as check
from casework.domain.kinds.rating.opening import Rateable, StartRating
from casework.domain.kinds.registry import CaseKind
from casework.domain.kinds.request.opening import Served, StartRequest
from casework.domain.policy import Role
from casework.domain.talent import CredentialKind, Level, Standing, StandingStatus, TalentClass
from casework.domain.time.clock import Stopped, Suspension
from casework.filing.bodies import PermitBody, RatingBody, RequestBody, RoundBody, TalentBody
from casework.filing.desk import Desk
from casework.policy.calendars import load_calendar
from tests.api.platform import permit, recognition, wanted

NOW = datetime(2026, 9, 17, 2, tzinfo=UTC)
BACKEND = Actor(code="backend", role=Role.SYSTEM)
NOTHING = InForce()
TALENT = Party(name="张三", id_number="310101199003071230", phone="13800001234")
STANDING = Standing(
    talent="500103-0000-0000-0000", status=StandingStatus.ACTIVE, letter=TalentClass.A
)


@pytest.fixture
def desk(lonely_app: FastAPI) -> Desk:
    found: Desk = lonely_app.state.parts.desk
    return found


def asked(desk: Desk, in_force: InForce = NOTHING, **changed: Any) -> StartRequest:
    standing = changed.pop("standing", STANDING)
    body = RequestBody.model_validate(wanted(talent=STANDING.talent) | changed)
    served = Served(standing=standing, talent=TALENT, employer=None)
    return desk.request(body, served, BACKEND, NOW, in_force)


def rated(desk: Desk, **changed: Any) -> StartRating:
    named = changed.pop("named", True)
    case = {
        "case_no": STANDING.talent,
        "kind": CaseKind.REQUEST,
        "district": "500103",
        "item": "SVC_SCHOOL",
        "item_name": "子女入学",
        "office": "某平台",
        "channel": "online",
        "stage": "completed",
        "decided_on": None,
        "closed_at": NOW,
    }
    body = RatingBody.model_validate({"case_no": STANDING.talent, "grade": 2, "named": named})
    return desk.rating(body, Rateable(**case | changed), TALENT, BACKEND, NOW, NOTHING)


def test_talent_cycle_begins_with_the_day_of_recognition(desk: Desk) -> None:
    body = TalentBody.model_validate(recognition(recognised_on="2025-03-17"))
    question = desk.question(body, NOW)
    assert (question.received_on, question.needed_until) == (date(2025, 3, 17), 2034)
    assert question.on == date(2026, 9, 17)
    start = desk.talent(body, BACKEND, NOW, NOTHING)
    assert start.kind == CaseKind.TALENT_CYCLE
    assert (start.starts_on, start.ends_on) == (date(2025, 3, 17), None)
    assert start.item.end(start.starts_on) == date(2028, 3, 17)  # G12
    assert [start.calendar.years[0].year, start.calendar.years[-1].year] == [2024, 2034]
    assert start.routes == (
        Route(recipient="applicant", channel="mail"),
        Route(recipient="employer", channel="mail"),
    )
    assert Route(recipient="applicant", channel="sms") in start.reachable
    assert {Role.SPECIALIST, Role.REVIEWER, Role.SUPERVISOR} <= set(start.posts)
    assert start.employer_code == "91310106MA1FY7XX05"
    assert start.credential is not None
    assert start.credential.kind is CredentialKind.CODE
    assert check(start.credential.code)


def test_calendar_of_a_long_gone_recognition_begins_with_the_first_there_is(desk: Desk) -> None:
    body = TalentBody.model_validate(recognition(recognised_on="2010-03-17"))
    start = desk.talent(body, BACKEND, NOW, NOTHING)
    assert [year.year for year in start.calendar.years] == [2022]


def test_passport_is_taken_as_it_is_written(desk: Desk) -> None:
    talent = {"name": "J. Doe", "id_number": "P 1234567", "phone": "13800001234"}
    body = TalentBody.model_validate(recognition(talent=talent))
    start = desk.talent(body, BACKEND, NOW, NOTHING)
    assert start.applicant is not None
    assert start.applicant.id_number == "P1234567"


def test_permit_says_itself_when_it_ends(desk: Desk) -> None:
    body = PermitBody.model_validate(permit(starts_on="2026-03-01", expires_on="2027-03-01"))
    start = desk.permit(body, BACKEND, NOW, NOTHING)
    assert start.kind == CaseKind.PERMIT_CYCLE
    assert (start.ends_on, start.points) == (date(2027, 3, 1), "valid")
    assert Role.OFFICER in start.posts


def test_request_has_both_specialists_and_only_known_bodies(desk: Desk) -> None:
    start = asked(desk)
    assert set(start.specialists) == {Level.MUNICIPAL, Level.DISTRICT}
    assert {body.id for body in start.bodies} >= {"municipal/education", "district/education"}
    assert start.routes == (Route(recipient="applicant", channel="sms"),)
    assert start.subject == desk.pseudonyms.of(TALENT.id_number)


@pytest.mark.parametrize("status", [StandingStatus.ENDED, StandingStatus.LEFT])
def test_who_is_no_longer_served_asks_for_nothing(desk: Desk, status: StandingStatus) -> None:
    over = Standing(talent=STANDING.talent, status=status, letter=TalentClass.A)
    with pytest.raises(DomainError) as refused:
        asked(desk, standing=over)
    assert refused.value.code == "NOT_SERVED"


def test_service_ends_after_its_last_day(desk: Desk) -> None:
    def until(day: date) -> Standing:
        return Standing(
            talent=STANDING.talent, status=StandingStatus.ACTIVE, letter=None, served_until=day
        )

    assert asked(desk, standing=until(date(2026, 9, 17))).standing.served_until
    with pytest.raises(DomainError) as refused:
        asked(desk, standing=until(date(2026, 9, 16)))
    assert "2026-09-16" in refused.value.message


def test_closed_counter_takes_no_request_on_site(desk: Desk) -> None:
    closed = Suspension(
        id="ZL-0000-0000-0001",
        first_on=date(2026, 9, 1),
        lifted_on=None,
        reason="封控管理",
        clocks=Stopped.APPLICANT,
        channels=("window",),
    )
    in_force = InForce(suspensions=(closed,))
    assert asked(desk, in_force).channel == "online"
    with pytest.raises(DomainError) as refused:
        asked(desk, in_force, mode="on_site")
    assert (refused.value.code, refused.value.field) == ("CHANNEL_CLOSED", "mode")


def test_material_that_the_service_does_not_know_is_refused(desk: Desk) -> None:
    with pytest.raises(DomainError) as refused:
        asked(desk, materials=[{"code": "no_such", "form": "paper"}])
    assert (refused.value.code, refused.value.field) == (
        "UNKNOWN_MATERIAL",
        "materials.0.code",
    )


def test_named_rater_can_be_reached_and_an_unnamed_one_cannot(desk: Desk) -> None:
    start = rated(desk)
    assert start.routes == (Route(recipient="applicant", channel="sms"),)
    assert Role.SPECIALIST in start.posts
    unnamed = rated(desk, named=False)
    assert (unnamed.applicant, unnamed.routes, unnamed.reachable) == (None, (), ())


def test_rated_application_is_answered_for_by_its_centre(desk: Desk) -> None:
    start = rated(desk, kind=CaseKind.APPLICATION, district="310106")
    assert Role.OFFICER in start.posts


@pytest.mark.parametrize(
    "changed", [{"closed_at": None}, {"kind": CaseKind.TALENT_CYCLE}, {"kind": CaseKind.RATING}]
)
def test_what_is_not_finished_or_asked_for_is_not_rated(
    desk: Desk, changed: dict[str, Any]
) -> None:
    with pytest.raises(DomainError) as refused:
        rated(desk, **changed)
    assert refused.value.code == "NOT_RATEABLE"


def test_decided_application_is_rated_before_it_is_filed_away(desk: Desk) -> None:
    case = {"kind": CaseKind.APPLICATION, "district": "310106", "closed_at": None}
    assert rated(desk, **case, decided_on=date(2026, 9, 1)).grade == 2


def test_round_is_of_the_current_quarter_with_or_without_a_register(desk: Desk) -> None:
    body = RoundBody(district="500103", quarter="2026Q3")
    identity = body.identity
    assert desk.question(body, NOW).case_no == identity.case_no
    start = desk.visits(body, BACKEND, NOW, NOTHING)
    assert (start.case_no, start.content) == (identity.case_no, identity.content)
    register = InForce(version=3, calendar=load_calendar().excerpt(2026, 2030))
    assert desk.visits(body, BACKEND, NOW, register).calendar == register.calendar
    with pytest.raises(DomainError) as refused:
        desk.question(body, NOW + timedelta(days=20))
    assert (refused.value.code, refused.value.field) == ("QUARTER_NOT_CURRENT", "quarter")
