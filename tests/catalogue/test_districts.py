"""The channel and measure matrix of domain.md §B.2, and what each district asks for (§B.3)."""

from datetime import date

import pytest

from casework.calendars import load_calendar
from casework.catalogue import Catalogue
from casework.domain.case import Claim
from casework.domain.checklist import package_faults, required
from casework.domain.policy import DeliveryMethod, Mark, MaterialForm

LOCKDOWN = date(2022, 4, 10)
TODAY = date(2026, 9, 17)
CODES = {
    "MH": "310112",
    "BS": "310113",
    "JA": "310106",
    "HK": "310109",
    "XH": "310104",
    "HP": "310101",
    "PD": "310115",
}
EDUCATED: dict[str, Claim] = {"points_by_education": True, "points_by_degree": True}
BASE = {"identity_document", "application_form", "residence_permit", "labour_contract"}
DIPLOMA = {"diploma", "diploma_status_report", "diploma_registration_form"}
DEGREE = {"degree", "degree_report"}

# effect, item, districts, and whether it outlives the epidemic
MATRIX = [
    ("EMAIL_INTAKE", "PTS_NEW", "MH BS JA HK XH HP", True),
    ("POST_INTAKE", "PTS_NEW", "MH BS HK XH HP", True),
    ("POST_INTAKE", "HJ_RES", "PD", True),
    ("RENEWAL_ONLINE_ONLY", "PTS_REN", "MH BS JA HK XH HP", True),
    ("SELF_PRINT", "PTS_NEW", "MH JA HK XH HP", True),
    ("NO_ARCHIVE_CALL", "PTS_NEW", "MH BS HK XH HP", False),
    ("NO_ARCHIVE_CALL", "PTS_REN", "MH BS HK XH HP", False),
    ("NO_ARCHIVE_CALL", "HJ_RES", "", False),
    ("NO_OUTSIDE_LETTER", "PTS_NEW", "MH BS JA HK XH HP", False),
    ("ORIGINALS_NOT_NEEDED", "PTS_NEW", "BS HK HP", False),
    ("APPOINTMENT_ONLY", "PTS_NEW", "BS HK HP PD", False),
    ("PAPER_DEFERRED", "HJ_RES", "JA", False),
    ("PAPER_NO_LIMIT", "HJ_RES", "PD", False),
]


@pytest.mark.parametrize(("effect", "item", "districts", "lasting"), MATRIX)
def test_a_measure_holds_where_and_while_the_matrix_says(
    catalogue: Catalogue, effect: str, item: str, districts: str, *, lasting: bool
) -> None:
    for name, code in CODES.items():
        here = name in districts.split()
        during = catalogue.resolve(item, code, LOCKDOWN).measure(effect)
        after = catalogue.resolve(item, code, TODAY).measure(effect)
        assert (during is not None) == here, name
        assert (after is not None) == (here and lasting), name
        assert during is None or during.mark is Mark.UNCERTAIN


@pytest.mark.parametrize(
    ("on", "holds"),
    [
        (date(2020, 2, 9), False),
        (date(2020, 2, 10), True),
        (date(2022, 12, 31), True),
        (date(2023, 1, 1), False),
    ],
)
def test_both_days_of_a_window_are_included(catalogue: Catalogue, on: date, *, holds: bool) -> None:
    item = catalogue.resolve("PTS_NEW", CODES["MH"], on)
    assert (item.measure("NO_ARCHIVE_CALL") is not None) == holds


def test_jingan_takes_paper_later_from_the_first_of_march(catalogue: Catalogue) -> None:
    measure = catalogue.resolve("HJ_RES", CODES["JA"], date(2022, 2, 20)).measure("PAPER_DEFERRED")
    assert measure is not None
    assert measure.online_accepted_from == date(2022, 3, 1)


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


@pytest.mark.parametrize("district", CODES)
def test_self_print_comes_first_where_the_district_states_it(
    catalogue: Catalogue, district: str
) -> None:
    stated = district not in {"BS", "PD"}
    first = catalogue.resolve("PTS_NEW", CODES[district], TODAY).delivery[0]
    assert (first is DeliveryMethod.SELF_PRINT) == stated


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
    ],
)
def test_preconditions_hold_to_the_day(
    catalogue: Catalogue, item: str, district: str, claim: dict[str, Claim], breach: str | None
) -> None:
    resolved = catalogue.resolve(item, CODES[district], TODAY)
    have = {rule.code for rule in resolved.materials}
    faults = package_faults(resolved, CLAIMS | claim, have, TODAY, load_calendar())
    assert [fault.code for fault in faults] == ([breach] if breach else [])
