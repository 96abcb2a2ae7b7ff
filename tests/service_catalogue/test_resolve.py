"""What holds where and when: services, cycles, ratings, rounds."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from casework.domain.errors import DomainError
from casework.domain.kinds.cycle.state import CycleKind, EvaluationWindow
from casework.domain.policy import LimitName, Mark, Unit
from casework.domain.talent import Level
from casework.policy.catalogue import CatalogueError
from casework.policy.service_catalogue import ServiceCatalogue, read_service_catalogue
from tests.service_catalogue.conftest import edit

ON = date(2026, 11, 20)
CITY, YUZHONG, YUBEI, JINGAN = "500000", "500103", "500112", "310106"


def test_service_names_its_owners_the_preferred_first(catalogue: ServiceCatalogue) -> None:
    school = catalogue.rule("SVC_SCHOOL", YUZHONG, ON)
    assert school.owners == (Level.MUNICIPAL, Level.DISTRICT)
    assert school.bodies == {Level.MUNICIPAL: "education", Level.DISTRICT: "education"}
    assert (school.name, school.district_name) == ("子女入学", "渝中区")
    assert school.material_names["household_register"] == "户口簿"


def test_service_has_the_limits_of_the_list_and_its_own(catalogue: ServiceCatalogue) -> None:
    limits = catalogue.rule("SVC_MEDICAL", YUBEI, ON).limits
    assert {name: limit.amount for name, limit in limits.items()} == {
        LimitName.NOTICE: 5,
        LimitName.SUPPLEMENT: 15,
        LimitName.COLLECT: 15,
        LimitName.HANDLE_EXTENSION: 5,
        LimitName.HANDLE: 10,
        LimitName.TAKE_BACK: 60,
        LimitName.ASKED_OPINION: 5,
    }


def test_nothing_of_a_service_passes_for_law(catalogue: ServiceCatalogue) -> None:
    for code in catalogue.services():
        rule = catalogue.rule(code, YUZHONG, ON)
        marks = {limit.mark for limit in rule.limits.values()}
        marks |= {material.mark for material in rule.materials} | {rule.mark}
        assert marks == {Mark.PROPOSAL}


def test_talent_cycle_is_that_of_the_standard(catalogue: ServiceCatalogue) -> None:
    cycle = catalogue.cycle(CycleKind.TALENT, YUZHONG, date(2025, 3, 17))
    ends_on = cycle.end(date(2025, 3, 17))
    assert ends_on == date(2028, 3, 17)
    assert cycle.notice_on(ends_on) == date(2027, 12, 17)
    assert cycle.window_opens_on(ends_on) == date(2028, 2, 16)
    assert (cycle.code, cycle.evaluated, cycle.window_mark) == ("TAL_CYC", True, Mark.UNCERTAIN)
    assert (cycle.reminders, cycle.specialist_within) == ((30, 15, 7, 1), 7)
    assert set(cycle.limits) == {
        LimitName.VERIFY,
        LimitName.OBJECTION,
        LimitName.OBJECTION_REVIEW,
        LimitName.TAKE_BACK,
    }


def test_permit_cycle_is_renewed_by_its_holder(catalogue: ServiceCatalogue) -> None:
    cycle = catalogue.cycle(CycleKind.PERMIT, JINGAN, ON)
    assert (cycle.code, cycle.evaluated, cycle.reminders) == ("PTS_CYC", False, ())
    assert cycle.end(date(2026, 5, 10)) == date(2027, 5, 10)
    assert cycle.notice_on(date(2027, 5, 10)) == date(2027, 4, 10)
    opening = cycle.limits[LimitName.REN_OPEN]
    assert (opening.amount, opening.unit) == (3, Unit.WORKING_DAYS)


def test_ratings_hold_in_both_cities(catalogue: ServiceCatalogue) -> None:
    for district in (CITY, YUZHONG, JINGAN):
        policy = catalogue.ratings(district, ON)
        assert {name: limit.amount for name, limit in policy.limits.items()} == {
            LimitName.RATE_CONTACT: 1,
            LimitName.RATE_SETTLE: 5,
            LimitName.RATE_COMPLEX: 15,
        }


def test_each_platform_visits(catalogue: ServiceCatalogue) -> None:
    for district in catalogue.platforms():
        policy = catalogue.visits(district, ON)
        assert (policy.percent, policy.minimum, policy.mark) == (5, 10, Mark.PROPOSAL)
        assert (policy.draw_before, policy.warn_before) == (30, 10)


def test_platforms_and_centres_have_offices(catalogue: ServiceCatalogue) -> None:
    platforms = catalogue.platforms()
    assert {code: platform.level for code, platform in platforms.items()} == {
        CITY: Level.MUNICIPAL,
        YUZHONG: Level.DISTRICT,
        YUBEI: Level.DISTRICT,
    }
    assert catalogue.office(YUZHONG) == platforms[YUZHONG].office
    assert catalogue.office(JINGAN) == "静安区人才服务中心"
    assert catalogue.bodies(CITY)["education"] == "重庆市教育委员会"


@pytest.mark.parametrize(
    ("service", "district", "on", "code"),
    [
        ("SVC_NONE", YUZHONG, ON, "SERVICE_UNKNOWN"),
        ("SVC_SCHOOL", "500199", ON, "PLATFORM_UNKNOWN"),
        ("SVC_SCHOOL", JINGAN, ON, "NOT_IN_FORCE"),
        ("SVC_SCHOOL", CITY, ON, "NOT_IN_FORCE"),
        ("SVC_SCHOOL", YUZHONG, date(2025, 3, 16), "NOT_IN_FORCE"),
    ],
)
def test_what_is_not_offered_is_refused(
    catalogue: ServiceCatalogue, service: str, district: str, on: date, code: str
) -> None:
    with pytest.raises(DomainError) as refused:
        catalogue.rule(service, district, on)
    assert refused.value.code == code


def test_each_cycle_has_its_city(catalogue: ServiceCatalogue) -> None:
    for kind, district in ((CycleKind.TALENT, JINGAN), (CycleKind.PERMIT, YUZHONG)):
        with pytest.raises(DomainError, match="不办理"):
            catalogue.cycle(kind, district, ON)
    with pytest.raises(DomainError, match="不办理"):
        catalogue.visits(JINGAN, ON)


def test_digest_tells_the_content_and_not_the_day(catalogue: ServiceCatalogue) -> None:
    first = catalogue.cycle(CycleKind.TALENT, YUZHONG, ON)
    later = catalogue.cycle(CycleKind.TALENT, YUZHONG, date(2026, 11, 30))
    assert later == replace(first, resolved_on=date(2026, 11, 30))
    digests = {catalogue.rule(code, YUZHONG, ON).digest for code in catalogue.services()}
    assert len(digests) == len(catalogue.services())
    assert {len(digest) for digest in digests} == {16}


def test_later_entry_supersedes_from_its_day(copy: Path, catalogue: ServiceCatalogue) -> None:
    edit(
        copy,
        "service/services.yaml",
        """          value: {unit: working_days, amount: 20}
          reference: 示例；“规定时限”未给出数字（§6.2.3）
          mark: proposal
""",
        """          value: {unit: working_days, amount: 20}
          reference: 示例；“规定时限”未给出数字（§6.2.3）
          mark: proposal
        - from: 2027-01-01
          value: {unit: working_days, amount: 12}
          reference: 新清单
          mark: source
""",
    )
    changed = read_service_catalogue(copy)
    last = date(2026, 12, 31)
    before = changed.rule("SVC_SCHOOL", YUZHONG, last)
    after = changed.rule("SVC_SCHOOL", YUZHONG, date(2027, 1, 1))
    assert [rule.limits[LimitName.HANDLE].amount for rule in (before, after)] == [20, 12]
    assert before.digest == catalogue.rule("SVC_SCHOOL", YUZHONG, last).digest != after.digest


def test_district_may_read_the_window_in_its_way(copy: Path) -> None:
    edit(
        copy,
        "service/cycles.yaml",
        "\npermit:",
        """  districts:
    "500103":
      evaluation:
        - from: 2026-01-01
          value: {window: before_30_days, days: 30}
          reference: 区文件
          mark: uncertain

permit:""",
    )
    changed = read_service_catalogue(copy)
    ends_on = date(2028, 3, 17)
    windows = [
        changed.cycle(CycleKind.TALENT, *where)
        for where in ((YUZHONG, ON), (YUBEI, ON), (YUZHONG, date(2025, 12, 31)))
    ]
    assert [policy.window for policy in windows] == [
        EvaluationWindow.BEFORE_30_DAYS,
        EvaluationWindow.LAST_30_DAYS,
        EvaluationWindow.LAST_30_DAYS,
    ]
    assert windows[0].opinion_due_on(ends_on) == date(2028, 2, 16)


def test_faulty_catalogue_is_not_used(copy: Path) -> None:
    (copy / "service/visits.yaml").unlink()
    with pytest.raises(CatalogueError, match=r"service/visits\.yaml:1"):
        read_service_catalogue(copy)
