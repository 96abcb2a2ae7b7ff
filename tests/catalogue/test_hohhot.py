"""The retirement application of Hohhot: what source 002 gives, and no more than that is firm."""

from datetime import date
from pathlib import Path

import pytest

from casework.domain.kinds.application.checklist import package_faults
from casework.domain.policy import Decider, LimitName, Mark, ServiceItem
from casework.policy.calendars import load_calendar
from casework.policy.catalogue import Catalogue, check_catalogue

SEALED = date(2022, 2, 21)


@pytest.fixture
def item(catalogue: Catalogue) -> ServiceItem:
    return catalogue.resolve("RET_APP", "150100", SEALED)


def test_it_is_filed_online_by_app_by_post_or_at_the_window(item: ServiceItem) -> None:
    assert item.channels == ("online", "app", "post", "window")
    assert item.provenance["channels"].mark is Mark.SOURCE


def test_the_day_of_entitlement_is_a_fact_of_the_form(
    catalogue: Catalogue, item: ServiceItem
) -> None:
    assert item.entitlement == "benefit_effective_date"
    assert catalogue.facts()[item.entitlement].kind == "date"
    (fault,) = package_faults(
        item, {}, ["identity_document", "application_form"], SEALED, load_calendar()
    )
    assert fault.text == "请填写待遇起始日"


def test_shanghais_items_have_no_day_of_entitlement(catalogue: Catalogue) -> None:
    assert catalogue.resolve("PTS_NEW", "310106", SEALED).entitlement == ""


def test_it_may_be_put_off_and_the_window_takes_appointments(item: ServiceItem) -> None:
    assert [measure.name for measure in item.measures] == ["窗口预约错峰", "延期办"]


def test_who_decides_is_a_proposal(item: ServiceItem) -> None:
    assert item.decider is Decider.DISTRICT
    assert item.provenance["decider"].mark is Mark.PROPOSAL


def test_the_offices_have_names(catalogue: Catalogue) -> None:
    assert catalogue.office("150100") == "呼和浩特市人社服务大厅"
    assert catalogue.office("310106") == "静安区人才服务中心"


@pytest.mark.parametrize(
    ("name", "amount"), [(LimitName.AFTER_MEASURE, 30), (LimitName.CONTACT, 3)]
)
def test_limits_that_no_source_gives_are_proposals(
    item: ServiceItem, name: LimitName, amount: int
) -> None:
    limit = item.limits[name]
    assert (limit.amount, limit.mark) == (amount, Mark.PROPOSAL)


@pytest.mark.parametrize("fact", ["benefit_date", "self_score"])
def test_an_entitlement_is_a_date_of_the_form(copy: Path, fact: str) -> None:
    file = copy / "items/RET_APP.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(
        text.replace("value: benefit_effective_date", f"value: {fact}"), encoding="utf-8"
    )
    (found,) = check_catalogue(copy)
    assert found.field == "entitlement[0].value"
    assert found.problem == f"{fact} is no date that a form states"
