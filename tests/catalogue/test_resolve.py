"""What a case gets: the shipped items in Shanghai's seven districts, on two days years apart."""

from datetime import date

import pytest
from pydantic import TypeAdapter

from casework.domain.policy import (
    OF_TALENT_SERVICE,
    CheckKind,
    Decider,
    DeferralMode,
    DeliveryMethod,
    LimitName,
    Mark,
    MaterialForm,
    Role,
    ServiceItem,
    Unit,
)
from casework.policy.catalogue import (
    Catalogue,
    NotInForceError,
    UnknownDistrictError,
    UnknownItemError,
)

LOCKDOWN = date(2022, 4, 10)
TODAY = date(2026, 9, 17)
BESIDE_POINTS = (
    *("PTS_DEP", "PTS_EDU", "PTS_EMPCHG", "PTS_PCHG", "PTS_PRT", "PTS_PWD_P", "PTS_PWD_U"),
    *("PTS_UINFO", "PTS_UREG"),
)
ITEMS = tuple(sorted(("HJ_OVS", "HJ_RES", "HJ_TAL", "OTP_B", "PTS_NEW", "PTS_REN", *BESIDE_POINTS)))
DISTRICTS = ("310101", "310104", "310106", "310109", "310112", "310113", "310115")
ALWAYS = (
    set(LimitName) - OF_TALENT_SERVICE - {LimitName.PAPER, LimitName.PUBLICITY, LimitName.ARCHIVE}
)


def test_the_catalogue_lists_its_items_and_districts(catalogue: Catalogue) -> None:
    assert tuple(catalogue.items()) == (*ITEMS, "RET_APP")
    assert tuple(catalogue.districts()) == ("150100", *DISTRICTS)
    assert catalogue.items()["HJ_RES"] == "居转户"
    assert catalogue.districts()["310106"] == "静安区"


@pytest.mark.parametrize("on", [LOCKDOWN, TODAY])
@pytest.mark.parametrize("district", DISTRICTS)
@pytest.mark.parametrize("code", ITEMS)
def test_every_item_has_what_the_workflow_needs(
    catalogue: Catalogue, code: str, district: str, on: date
) -> None:
    item = catalogue.resolve(code, district, on)
    assert (item.code, item.district, item.resolved_on) == (code, district, on)
    assert item.limits.keys() >= ALWAYS
    assert (LimitName.PAPER in item.limits) == item.needs_paper
    assert (LimitName.PUBLICITY in item.limits) == item.publicity
    assert item.publicity == (code in {"HJ_TAL", "HJ_RES"})
    assert item.needs_paper == code.startswith("HJ_")
    assert item.channels
    assert item.delivery
    assert item.green.consent
    assert all(rule.deferral is None for rule in item.materials if rule.main)
    form = item.material("application_form")
    assert (form is not None) >= any(rule.code == "form_filed" for rule in item.preconditions)
    assert form is None or form.main
    assert any(rule.main for rule in item.materials)
    archive_checked = any(check.kind is CheckKind.ARCHIVE for check in item.checks)
    assert archive_checked == any(rule.form is MaterialForm.ARCHIVE for rule in item.materials)
    assert {code for rule in item.materials for code in (rule.code, *rule.alternatives)} == set(
        item.material_names
    )


@pytest.mark.parametrize(
    ("name", "unit", "amount", "mark"),
    [
        (LimitName.NOTICE, Unit.WORKING_DAYS, 5, Mark.LAW),
        (LimitName.PRE_REVIEW, Unit.WORKING_DAYS, 5, Mark.PROPOSAL),
        (LimitName.SUPPLEMENT, Unit.WORKING_DAYS, 15, Mark.PROPOSAL),
        (LimitName.PAPER, Unit.MONTHS, 1, Mark.UNCERTAIN),
        (LimitName.DECIDE, Unit.WORKING_DAYS, 20, Mark.LAW),
        (LimitName.DECIDE_EXTENSION, Unit.WORKING_DAYS, 10, Mark.LAW),
        (LimitName.ARCHIVE, Unit.WORKING_DAYS, 15, Mark.FOUND),
        (LimitName.DEFER, Unit.WORKING_DAYS, 15, Mark.PROPOSAL),
        (LimitName.RESCUE, Unit.WORKING_DAYS, 15, Mark.FOUND),
        (LimitName.PUBLICITY, Unit.CALENDAR_DAYS, 5, Mark.UNCERTAIN),
        (LimitName.DELIVER, Unit.WORKING_DAYS, 10, Mark.LAW),
        (LimitName.GREEN_ESCALATION, Unit.WORKING_DAYS, 5, Mark.PROPOSAL),
    ],
)
def test_the_clocks_of_settlement_carry_their_marks(
    catalogue: Catalogue, name: LimitName, unit: Unit, amount: int, mark: Mark
) -> None:
    limit = catalogue.resolve("HJ_RES", "310106", TODAY).limit(name)
    assert limit is not None
    assert (limit.unit, limit.amount, limit.mark) == (unit, amount, mark)
    assert limit.reference


def test_limits_on_the_applicant_in_other_than_working_days_roll_forward(
    catalogue: Catalogue,
) -> None:
    for code in ITEMS:
        for name, limit in catalogue.resolve(code, "310106", TODAY).limits.items():
            if name is not LimitName.TAKE_BACK:  # it is laid on the authority (domain.md C.0)
                assert limit.rolls_forward == (limit.unit is not Unit.WORKING_DAYS)


def test_a_limit_that_changed_is_taken_by_the_day(catalogue: Catalogue) -> None:
    before = catalogue.resolve("HJ_RES", "310106", date(2021, 12, 31)).limit(LimitName.ARCHIVE)
    after = catalogue.resolve("HJ_RES", "310106", date(2022, 1, 1)).limit(LimitName.ARCHIVE)
    assert before is not None
    assert after is not None
    assert (before.mark, before.since) == (Mark.PROPOSAL, date(2018, 1, 1))
    assert (after.mark, after.since) == (Mark.FOUND, date(2022, 1, 1))


def test_the_green_channel_of_points_and_of_settlement_differ(catalogue: Catalogue) -> None:
    points = catalogue.resolve("PTS_NEW", "310106", TODAY).green
    settlement = catalogue.resolve("HJ_RES", "310106", TODAY).green
    assert Role.OFFICER in points.consent
    assert points.evidence == ("加急申请", "情况说明")
    assert points.mark is Mark.SOURCE
    assert set(settlement.consent) == {Role.SUPERIOR, Role.SUPERVISOR}


def test_who_decides(catalogue: Catalogue) -> None:
    deciders = {code: catalogue.resolve(code, "310106", TODAY).decider for code in ITEMS}
    assert {deciders.pop(code) for code in ("PTS_REN", *BESIDE_POINTS)} == {Decider.DISTRICT}
    assert set(deciders.values()) == {Decider.SUPERIOR}


def test_jingan_may_owe_the_file_with_the_superiors_consent(catalogue: Catalogue) -> None:
    item = catalogue.resolve("HJ_RES", "310106", LOCKDOWN)
    for code in ("personnel_file", "paper_package"):
        rule = item.material(code)
        assert rule is not None
        assert rule.deferral is not None
        assert rule.deferral.consent == (Role.SUPERIOR,)
        assert DeferralMode.RESULT_FIRST in rule.deferral.modes
        assert rule.deferral.mark is Mark.SOURCE
    elsewhere = catalogue.resolve("HJ_RES", "310112", LOCKDOWN).material("personnel_file")
    assert elsewhere is not None
    assert elsewhere.deferral is not None
    assert elsewhere.deferral.mark is Mark.PROPOSAL


def test_plain_values_say_where_they_come_from(catalogue: Catalogue) -> None:
    item = catalogue.resolve("HJ_RES", "310115", TODAY)
    assert item.provenance["delivery"].mark is Mark.SOURCE
    assert item.provenance["legal_category"].mark is Mark.UNCERTAIN
    assert item.provenance["district_office_hours"].mark is Mark.UNCERTAIN
    assert item.delivery == (DeliveryMethod.EMS, DeliveryMethod.WINDOW)
    assert (item.office_opens, item.office_closes) == ("09:00", "17:00")


def test_the_postal_address_is_the_districts_or_none(catalogue: Catalogue) -> None:
    assert "水清路388号" in catalogue.resolve("PTS_NEW", "310112", TODAY).postal_address
    assert catalogue.resolve("PTS_NEW", "310106", TODAY).postal_address == ""


def test_a_snapshot_survives_the_wire(catalogue: Catalogue) -> None:
    adapter = TypeAdapter(ServiceItem)
    for code in ITEMS:
        item = catalogue.resolve(code, "310106", LOCKDOWN)
        assert adapter.validate_json(adapter.dump_json(item)) == item


def test_the_same_question_gets_the_same_object(catalogue: Catalogue) -> None:
    first = catalogue.resolve("PTS_NEW", "310106", TODAY)
    assert catalogue.resolve("PTS_NEW", "310106", TODAY) is first


def test_an_unknown_item_is_refused(catalogue: Catalogue) -> None:
    with pytest.raises(UnknownItemError) as refused:
        catalogue.resolve("PTS_OLD", "310106", TODAY)
    assert refused.value.code == "UNKNOWN_ITEM"
    assert refused.value.message == "事项目录中没有此事项代码"


def test_an_unknown_district_is_refused(catalogue: Catalogue) -> None:
    with pytest.raises(UnknownDistrictError) as refused:
        catalogue.resolve("PTS_NEW", "500000", TODAY)
    assert refused.value.code == "UNKNOWN_DISTRICT"
    assert refused.value.field == "district"


@pytest.mark.parametrize(("item", "district"), [("PTS_NEW", "150100"), ("RET_APP", "310106")])
def test_an_item_is_offered_in_its_own_city_only(
    catalogue: Catalogue, item: str, district: str
) -> None:
    assert (item, district) not in catalogue.offers()
    with pytest.raises(NotInForceError) as refused:
        catalogue.resolve(item, district, TODAY)
    assert refused.value.field == "item"


def test_before_its_first_day_an_item_is_not_offered(catalogue: Catalogue) -> None:
    with pytest.raises(NotInForceError) as refused:
        catalogue.resolve("PTS_NEW", "310106", date(2017, 12, 31))
    assert refused.value.code == "NOT_IN_FORCE"
    assert refused.value.message == "2017-12-31，静安区不办理“居住证积分新办”"
