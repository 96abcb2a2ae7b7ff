"""The channels of each district, and what it asks for (domain.md §B.2, B.3)."""

from datetime import date

import pytest

from casework.domain.kinds.application.checklist import package_faults, required
from casework.domain.kinds.application.state import Claim
from casework.domain.policy import Mark, MaterialForm
from casework.policy.calendars import load_calendar
from casework.policy.catalogue import Catalogue
from tests.catalogue.conftest import CODES

LOCKDOWN = date(2022, 4, 10)
TODAY = date(2026, 9, 17)
EDUCATED: dict[str, Claim] = {"points_by_education": True, "points_by_degree": True}
BASE = {"identity_document", "application_form", "residence_permit", "labour_contract"}
DIPLOMA = {"diploma", "diploma_status_report", "diploma_registration_form"}
DEGREE = {"degree", "degree_report"}


@pytest.mark.parametrize(
    ("district", "new", "renewal", "settlement"),
    [
        ("MH", "email online post window", "online", "online window"),
        ("BS", "email post online window", "online", "online window"),
        ("JA", "email online window", "online", "online window"),
        ("HK", "email post online window", "online", "online window"),
        ("XH", "email post online window", "online", "online window"),
        ("HP", "post email online window", "online", "online window"),
        ("PD", "online post window", "online window", "online post window"),
    ],
)
def test_channels_stand_in_the_districts_order(
    catalogue: Catalogue, district: str, new: str, renewal: str, settlement: str
) -> None:
    for item, channels in (("PTS_NEW", new), ("PTS_REN", renewal), ("HJ_RES", settlement)):
        assert " ".join(catalogue.resolve(item, CODES[district], TODAY).channels) == channels


def _materials(
    catalogue: Catalogue, district: str, claims: dict[str, Claim], on: date = TODAY
) -> set[str]:
    item = catalogue.resolve("PTS_NEW", CODES[district], on)
    return {rule.code for rule in required(item, claims, on, load_calendar())}


def test_without_points_by_education_no_education_document_is_asked_for(
    catalogue: Catalogue,
) -> None:
    assert _materials(catalogue, "MH", {}) == BASE


@pytest.mark.parametrize(("district", "sealed"), [("MH", 0), ("XH", 0), ("HK", 1), ("JA", 1)])
def test_copies_are_sealed_where_no_originals_are_photographed(
    catalogue: Catalogue, district: str, sealed: int
) -> None:
    assert ("sealed_copies" in _materials(catalogue, district, {})) == bool(sealed)


def test_a_domestic_diploma_needs_both_reports_or_the_written_one(catalogue: Catalogue) -> None:
    assert _materials(catalogue, "MH", EDUCATED) == BASE | DIPLOMA | DEGREE
    item = catalogue.resolve("PTS_NEW", CODES["MH"], TODAY)
    have = {*BASE, *DEGREE, "diploma", "diploma_status_report"}
    claims = EDUCATED | {
        "self_score": 120,
        "application_form_filed": True,
        "employer_reviewed": True,
    }
    calendar = load_calendar()
    (fault,) = package_faults(item, claims, have, TODAY, calendar)
    assert fault.about == "diploma_registration_form"
    written = have - {"diploma_status_report"} | {"diploma_certification"}
    assert package_faults(item, claims, written, TODAY, calendar) == ()


def test_an_overseas_diploma_needs_only_the_ministrys_certification(catalogue: Catalogue) -> None:
    asked = _materials(catalogue, "MH", EDUCATED | {"overseas_education": True})
    assert asked == BASE | {"diploma", "overseas_certification"}


def test_jingan_asks_by_the_highest_education(catalogue: Catalogue) -> None:
    sealed = BASE | {"sealed_copies"}
    school = _materials(catalogue, "JA", {"highest_education": "high_school_or_below"})
    assert school == sealed | {"graduation_certificate"}
    both = _materials(catalogue, "JA", EDUCATED | {"associate_and_bachelor": True})
    associate = {"associate_diploma", "associate_status_report", "associate_registration_form"}
    assert both == sealed | DIPLOMA | DEGREE | associate


@pytest.mark.parametrize("district", ["BS", "HK", "HP"])
def test_original_certificates_wait_for_the_end_of_the_measure(
    catalogue: Catalogue, district: str
) -> None:
    assert "original_certificates" not in _materials(catalogue, district, EDUCATED, LOCKDOWN)
    assert "original_certificates" in _materials(catalogue, district, EDUCATED)
    rule = catalogue.resolve("PTS_NEW", CODES[district], TODAY).material("original_certificates")
    assert rule is not None
    assert (rule.form, rule.mark) == (MaterialForm.ORIGINAL, Mark.UNCERTAIN)


CLAIMS: dict[str, Claim] = {
    "self_score": 120,
    "application_form_filed": True,
    "employer_reviewed": True,
    "permit_expires_on": "2026-11-17",
    "permit_renewed_on": "2026-09-14",
}


@pytest.mark.parametrize(
    ("item", "district", "claim", "breach"),
    [
        ("PTS_NEW", "MH", {"self_score": 119}, "self_score"),
        ("PTS_NEW", "MH", {"employer_reviewed": False}, "employer_reviewed"),
        ("PTS_NEW", "MH", {"application_form_filed": False}, "form_filed"),
        ("PTS_NEW", "JA", {"permit_expires_on": "2026-11-16"}, "permit_validity"),
        ("PTS_NEW", "MH", {"permit_expires_on": "2026-11-16"}, None),
        ("PTS_REN", "BS", {"permit_renewed_on": "2026-09-15"}, "permit_renewed"),
        ("PTS_REN", "HK", {"permit_renewed_on": "2026-09-15"}, "permit_renewed"),
        ("PTS_REN", "HP", {"permit_renewed_on": "2026-09-15"}, "permit_renewed"),
        ("PTS_REN", "JA", {"permit_renewed_on": "2026-09-15"}, None),
        ("PTS_REN", "JA", {"permit_renewed_on": ""}, "permit_renewed"),
        ("PTS_REN", "BS", {}, None),
        ("PTS_NEW", "JA", {}, None),
        ("PTS_UREG", "BS", {"unit_registered_online": False}, "registered_online"),
        ("PTS_UREG", "BS", {"unit_registered_online": True}, None),
        ("PTS_EMPCHG", "JA", {}, "points_valid"),
        ("PTS_PWD_P", "HP", {"application_form_filed": False}, None),
        ("PTS_PRT", "PD", {"points_approved": False}, "approved"),
    ],
)
def test_preconditions_hold_to_the_day(
    catalogue: Catalogue, item: str, district: str, claim: dict[str, Claim], breach: str | None
) -> None:
    resolved = catalogue.resolve(item, CODES[district], TODAY)
    have = {rule.code for rule in resolved.materials}
    faults = package_faults(resolved, CLAIMS | claim, have, TODAY, load_calendar())
    assert [fault.code for fault in faults] == ([breach] if breach else [])


@pytest.mark.parametrize(
    ("district", "claims", "wanted"),
    [
        ("MH", {}, {"diploma", "diploma_status_report", "diploma_registration_form"}),
        (
            "MH",
            {"points_by_degree": True},
            {
                *("diploma", "diploma_status_report", "diploma_registration_form"),
                *("degree", "degree_report"),
            },
        ),
        ("MH", {"overseas_education": True}, {"diploma", "overseas_certification"}),
        ("JA", {"highest_education": "high_school_or_below"}, {"graduation_certificate"}),
        (
            "JA",
            {"highest_education": "bachelor", "associate_and_bachelor": True},
            {
                *("diploma", "diploma_status_report", "diploma_registration_form"),
                *("associate_diploma", "associate_status_report"),
                "associate_registration_form",
            },
        ),
    ],
)
def test_what_an_education_check_asks_for(
    catalogue: Catalogue, district: str, claims: dict[str, Claim], wanted: set[str]
) -> None:
    """G5: each way to an education has its own documents; one of a pair alone is not enough."""
    item = catalogue.resolve("PTS_EDU", CODES[district], TODAY)
    faults = package_faults(item, claims, {"identity_document"}, TODAY, load_calendar())
    assert {fault.about for fault in faults} == wanted
    given_ = {"identity_document", *(wanted - {"diploma_registration_form"})}
    short = package_faults(item, claims, given_, TODAY, load_calendar())
    assert {fault.about for fault in short} == wanted & {"diploma_registration_form"}
    if "diploma_status_report" in wanted:
        written = {*given_, "diploma_certification"} - {"diploma_status_report"}
        assert not package_faults(item, claims, written, TODAY, load_calendar())


def test_a_password_is_asked_for_with_one_scan_and_goes_to_a_registered_contact(
    catalogue: Catalogue,
) -> None:
    """G8: an ID scan alone; no way out but the contact that the account system has itself."""
    for code, scan, way in (
        ("PTS_PWD_P", "identity_document", "person_contact"),
        ("PTS_PWD_U", "business_licence", "unit_contact"),
    ):
        for district in CODES.values():
            item = catalogue.resolve(code, district, TODAY)
            assert [rule.code for rule in item.materials] == [scan]
            assert item.delivery == (way,)
            assert not package_faults(item, {}, {scan}, TODAY, load_calendar())
