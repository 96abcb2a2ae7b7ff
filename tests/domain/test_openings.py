"""What each kind refuses to open, and what it starts with, by the rules alone."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.domain.case.facts import Actor
from casework.domain.case.in_force import InForce
from casework.domain.case.opening import (
    Circumstances,
    Identity,
    P,
    Party,
    Route,
    StartCase,
    personal_number,
)
from casework.domain.errors import DomainError
from casework.domain.kinds.application.opening import (
    ApplicationForm,
    open_application,
    received,
)
from casework.domain.kinds.cycle.opening import (
    PermitForm,
    RecognitionForm,
    open_permit_cycle,
    open_talent_cycle,
    require_begun,
)
from casework.domain.kinds.cycle.state import CycleKind, CyclePolicy
from casework.domain.kinds.rating.opening import Rateable, RatingForm, open_rating
from casework.domain.kinds.rating.state import Grade
from casework.domain.kinds.request.opening import RequestForm, Served, open_request
from casework.domain.kinds.request.state import Mode
from casework.domain.kinds.round.opening import open_round, require_current
from casework.domain.policy import Channel, Recipient, Role, Told
from casework.domain.sharing import SharingRule, Way
from casework.domain.talent import (
    CredentialKind,
    Standing,
    StandingStatus,
    TalentClass,
)
from casework.domain.time.clock import Stopped, Suspension
from casework.policy.calendars import load_calendar
from tests.domain import desk
from tests.domain.cycle.desk import PERMIT, TALENT
from tests.domain.desk import CATALOGUE, CLAIMS, JINGAN, files
from tests.domain.rating.given import POLICY as RATINGS
from tests.domain.request.desk import BODIES, RULE, SPECIALISTS
from tests.domain.round.begun import POLICY as ROUNDS

NOW = datetime(2026, 9, 17, 2, tzinfo=UTC)
TODAY = date(2026, 9, 17)
ITEM = CATALOGUE.resolve("PTS_NEW", JINGAN, TODAY)
PERSON = Party(name="张三", id_number="310101199003071230", phone="13800001234")
FIRM = Party(name="某某公司", id_number="91310106MA1FY7XX05", email="hr@example.com")
UNREACHABLE = Party(name="张三", id_number="310101199003071230")
WAYS = {Role.SUPERVISOR: SharingRule(way=Way.LEAST_LOADED)}
CLOSED = InForce(
    suspensions=(
        Suspension(
            id="ZL-0000-0000-0001",
            first_on=date(2026, 9, 1),
            lifted_on=None,
            reason="封控管理",
            clocks=Stopped.APPLICANT,
            channels=("online", "window"),
        ),
    )
)


def identity(kind: str, reference: str = "T-1") -> Identity:
    return Identity(
        kind=kind,
        case_no="310106-TEST-0000-0001",
        district=JINGAN,
        source="test",
        reference=reference,
        content="digest",
    )


def at(policy: P, in_force: InForce | None = None) -> Circumstances[P]:
    return Circumstances(
        policy=policy,
        office="人才服务中心",
        posts=desk.POSTS,
        calendar=load_calendar().excerpt(2025, 2029),
        in_force=in_force or InForce(),
        opened_by=Actor(code="backend", role=Role.SYSTEM),
        now=NOW,
        pseudonym=lambda number: f"of {number}",
        sharing=WAYS,
    )


APPLICATION = ApplicationForm(
    identity=identity("application"),
    channel=Channel.ONLINE,
    claims=CLAIMS,
    materials=files("identity_document"),
    applicant=PERSON,
    employer=FIRM,
    authorisation="",
    received_at=None,
)
RECOGNITION = RecognitionForm(
    identity=identity("talent_cycle"),
    talent=PERSON,
    employer=FIRM,
    letter=TalentClass.B,
    score=None,
    recognised_on=date(2026, 9, 1),
    full_time=True,
    credential=CredentialKind.CODE,
    code=None,
)
PERMITTED = PermitForm(
    identity=identity("permit_cycle"),
    holder=PERSON,
    starts_on=date(2026, 9, 1),
    expires_on=date(2027, 9, 1),
    points_valid=True,
)
REQUEST = RequestForm(identity=identity("request"), mode=Mode.ONLINE, need="", materials=())
SERVED = Served(
    standing=Standing(talent="500103-0000-0000-0000", status=StandingStatus.ACTIVE, letter=None),
    talent=PERSON,
    employer=None,
)
RATING = RatingForm(
    identity=identity("rating"),
    rated="310106-TEST-0000-0002",
    grade=Grade.DISSATISFIED,
    named=True,
    comment="",
)
FINISHED = Rateable(
    case_no="310106-TEST-0000-0002",
    kind="application",
    district=JINGAN,
    item="PTS_NEW",
    item_name="积分申请",
    office="某中心",
    channel="post",
    stage="archived",
    decided_on=None,
    closed_at=NOW,
)


def application(in_force: InForce | None = None, **changed: Any) -> StartCase:
    return open_application(replace(APPLICATION, **changed), at(ITEM, in_force), CATALOGUE.facts())


def talent(**changed: Any) -> StartCase:
    return open_talent_cycle(replace(RECOGNITION, **changed), at(TALENT))


def permit(**changed: Any) -> StartCase:
    return open_permit_cycle(replace(PERMITTED, **changed), at(PERMIT))


def request(
    in_force: InForce | None = None, standing: dict[str, Any] | None = None, **changed: Any
) -> StartCase:
    served = replace(SERVED, standing=replace(SERVED.standing, **standing or {}))
    form = replace(REQUEST, **changed)
    return open_request(form, at(RULE, in_force), served, BODIES, SPECIALISTS)


def rating(**changed: Any) -> StartCase:
    return open_rating(RATING, at(RATINGS), replace(FINISHED, **changed), PERSON)


OF_A_QUARTER = identity("visits", "2026Q3")
OPENED: tuple[Callable[..., StartCase], ...] = (application, talent, permit, request, rating)


@pytest.mark.parametrize(
    ("opening", "changed", "code", "field"),
    [
        (application, {"received_at": NOW + timedelta(minutes=2)}, "DATE_IN_FUTURE", "received_at"),
        (application, {"received_at": NOW - timedelta(days=61)}, "DATE_TOO_OLD", "received_at"),
        (application, {"in_force": CLOSED}, "CHANNEL_CLOSED", "channel"),
        (application, {"materials": files("x")}, "UNKNOWN_MATERIAL", "materials.0.code"),
        (application, {"claims": {"x": True}}, "UNKNOWN_FACT", "claims.x"),
        (application, {"claims": {"self_score": "a"}}, "FACT_INVALID", "claims.self_score"),
        (application, {"applicant": UNREACHABLE}, "INVALID_REQUEST", "applicant.email"),
        (talent, {"letter": None}, "FIELD_REQUIRED", "letter"),
        (talent, {"full_time": False}, "NOT_FULL_TIME", "full_time"),
        (talent, {"talent": UNREACHABLE}, "INVALID_REQUEST", "talent.email"),
        (talent, {"employer": replace(FIRM, email="")}, "INVALID_REQUEST", "employer.email"),
        (
            talent,
            {"talent": replace(PERSON, id_number="310101199003071231")},
            "ID_NUMBER_INVALID",
            "talent.id_number",
        ),
        (
            talent,
            {"employer": replace(FIRM, id_number="91310106MA1FY7XX06")},
            "EMPLOYER_CODE_INVALID",
            "employer.credit_code",
        ),
        (talent, {"credential": CredentialKind.CARD}, "FIELD_REQUIRED", "credential.code"),
        (permit, {"expires_on": date(2026, 9, 1)}, "DATES_REVERSED", "expires_on"),
        (permit, {"expires_on": date(2300, 9, 1)}, "DATE_OUT_OF_RANGE", "expires_on"),
        (permit, {"holder": UNREACHABLE}, "INVALID_REQUEST", "holder.email"),
        (request, {"standing": {"status": StandingStatus.ENDED}}, "NOT_SERVED", ""),
        (request, {"standing": {"served_until": date(2026, 9, 16)}}, "NOT_SERVED", ""),
        (request, {"in_force": CLOSED, "mode": Mode.ON_SITE}, "CHANNEL_CLOSED", "mode"),
        (request, {"materials": files("x")}, "UNKNOWN_MATERIAL", "materials.0.code"),
        (rating, {"closed_at": None}, "NOT_RATEABLE", ""),
        (rating, {"kind": "talent_cycle"}, "NOT_RATEABLE", ""),
    ],
)
def test_refused_with_the_field_that_is_wrong(
    opening: Callable[..., StartCase], changed: dict[str, Any], code: str, field: str
) -> None:
    with pytest.raises(DomainError) as refused:
        opening(**changed)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert PERSON.id_number not in refused.value.message


def test_closed_channel_names_those_that_are_open() -> None:
    with pytest.raises(DomainError, match="此渠道自 2026-09-01 起暂停：封控管理，可改用："):
        application(CLOSED)


@pytest.mark.parametrize("opening", OPENED)
def test_first_event_follows_from_the_start(opening: Callable[..., StartCase]) -> None:
    start = opening()
    first = start.first_event(NOW)
    assert (first.case_no, first.office, first.received_at) == (start.case_no, start.office, NOW)  # type: ignore[attr-defined]
    assert first.by_date is True  # type: ignore[attr-defined]
    earlier = NOW - timedelta(days=3)
    assert replace(start, received_at=earlier).first_event(NOW).received_at == earlier  # type: ignore[attr-defined]
    assert start.subject == "of 310101199003071230"


@pytest.mark.parametrize("opening", [*OPENED, lambda: open_round(OF_A_QUARTER, at(ROUNDS))])
def test_a_case_of_any_kind_is_shared_out_as_the_office_says(
    opening: Callable[..., StartCase],
) -> None:
    start = opening()
    assert (start.share_out, start.sharing) == (True, WAYS)


def test_wrong_numbers_of_an_application_are_claims() -> None:
    start = open_application(
        replace(
            APPLICATION,
            applicant=replace(PERSON, id_number="310101199003071231"),
            employer=replace(FIRM, id_number="91310106MA1FY7XX06"),
        ),
        at(ITEM),
        CATALOGUE.facts(),
    )
    assert start.claims["id_number_invalid"] is True
    assert start.claims["employer_code_invalid"] is True


def test_clock_a_little_ahead_is_forgiven() -> None:
    assert received(NOW + timedelta(seconds=59), NOW) == NOW
    assert received(None, NOW) == NOW
    oldest = NOW - timedelta(days=60)
    assert received(oldest, NOW) == oldest


def test_who_is_told_of_an_application_is_policy() -> None:
    start = application()
    told = {"applicant": "sms", "employer": "mail"}
    assert {route.recipient: route.channel for route in start.routes} == told
    assert set(start.reachable) == set(start.routes)
    alone = replace(ITEM, recipients=(Recipient.APPLICANT,))
    start = open_application(APPLICATION, at(alone), CATALOGUE.facts())
    assert start.routes == (Route(recipient="applicant", channel="sms"),)
    assert Route(recipient="employer", channel="mail") in start.reachable


@given(
    email=st.sampled_from(("", "name@example.com")),
    phone=st.sampled_from(("", "13800001234")),
    told_by=st.sampled_from(("", *Told)),
)
def test_everybody_is_told_as_they_chose_and_otherwise_by_what_is_left(
    email: str, phone: str, told_by: str
) -> None:
    who = Party(name="代办人", email=email, phone=phone, told_by=told_by)
    has = {"mail": bool(email), "sms": bool(phone), "desk": told_by == "desk"}
    agent = replace(APPLICATION, agent=who, authorisation="ab" * 32)
    if told_by and not has[told_by]:
        with pytest.raises(DomainError) as refused:
            open_application(agent, at(ITEM), CATALOGUE.facts())
        assert refused.value.field == "agent.told_by"
        return
    start = open_application(agent, at(ITEM), CATALOGUE.facts())
    found = [route.channel for route in start.reachable if route.recipient == "agent"]
    assert sorted(found) == sorted(way for way in has if has[way])
    assert not told_by or found[0] == told_by
    assert [route.channel for route in start.routes if route.recipient == "agent"] == found[:1]


def test_an_address_that_nobody_can_reach_is_refused_for_each_party() -> None:
    changes: tuple[tuple[str, Any], ...] = (
        ("applicant", replace(PERSON, email="张三@example.com")),
        ("employer", replace(FIRM, email="人事 <hr@example.com>")),
        ("agent", Party(name="代办人", phone="12")),
    )
    for party, changed in changes:
        form = replace(APPLICATION, authorisation="ab" * 32, **{party: changed})
        with pytest.raises(DomainError) as refused:
            open_application(form, at(ITEM), CATALOGUE.facts())
        assert refused.value.code == "ADDRESS_INVALID"
        assert refused.value.field in {f"{party}.email", f"{party}.phone"}


def test_an_agent_has_an_authorisation() -> None:
    form = replace(APPLICATION, agent=Party(name="代办人", phone="13800001234"))
    with pytest.raises(DomainError) as refused:
        open_application(form, at(ITEM), CATALOGUE.facts())
    assert (refused.value.code, refused.value.field) == ("FIELD_REQUIRED", "authorisation")


def test_cycle_has_begun_by_today() -> None:
    assert require_begun(RECOGNITION, TODAY) == date(2026, 9, 1)
    for form, field in (
        (replace(RECOGNITION, recognised_on=date(2026, 9, 18)), "recognised_on"),
        (replace(PERMITTED, starts_on=date(2026, 9, 18)), "starts_on"),
    ):
        with pytest.raises(DomainError) as refused:
            require_begun(form, TODAY)
        assert (refused.value.code, refused.value.field) == ("DATE_IN_FUTURE", field)


def test_end_of_a_talents_cycle_is_not_given() -> None:
    start = open_permit_cycle(PERMITTED, at(PERMIT))
    assert start.kind == "permit_cycle"
    policy: CyclePolicy = TALENT
    assert policy.cycle is CycleKind.TALENT
    with pytest.raises(DomainError) as refused:
        replace(start, item=policy).first_event(NOW)
    assert (refused.value.code, refused.value.field) == ("CYCLE_DATES", "ends_on")


def test_round_is_of_the_current_quarter_and_about_nobody() -> None:
    require_current("2026Q3", TODAY)
    with pytest.raises(DomainError) as refused:
        require_current("2026Q4", TODAY)
    assert (refused.value.code, refused.value.field) == ("QUARTER_NOT_CURRENT", "quarter")
    start = open_round(OF_A_QUARTER, at(ROUNDS))
    assert (start.quarter, start.subject, start.routes) == ("2026Q3", "", ())
    assert start.first_event(NOW).ends_on == date(2026, 9, 30)


WIDE = {ord(each): ord(each) + 0xFEE0 for each in "0123456789X"}


@pytest.mark.parametrize("number", ["11010519491231002X", "110105491231002"])
def test_a_number_in_wide_characters_is_that_number(number: str) -> None:
    on = date(2026, 9, 17)
    assert personal_number(number.translate(WIDE), on, "") == personal_number(number, on, "")


def test_a_wrong_number_in_wide_characters_is_refused() -> None:
    with pytest.raises(DomainError) as refused:
        personal_number("110105194912310021".translate(WIDE), date(2026, 9, 17), "number")
    assert (refused.value.code, refused.value.field) == ("ID_NUMBER_INVALID", "number")
