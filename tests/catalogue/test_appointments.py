"""The catalogue of appointments: what keeps it from being published."""

import shutil
from datetime import date
from pathlib import Path
from typing import cast

import pytest

from casework.domain.kinds.appointment.slots import AppointmentPolicy
from casework.domain.kinds.registry import CaseKind
from casework.domain.policy import Mark
from casework.policy.service_catalogue import load_service_catalogue
from casework.policy.service_catalogue.check import check_service_catalogue
from tests.docs.pages import ROOT

FILE = "service/appointments.yaml"


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ('until: "10:00"', 'until: "09:00"', "it ends before it begins"),
        ('{at: "10:00",', '{at: "09:00",', "another session begins at 09:00"),
        ("businesses: [points]", "businesses: [nothing]", "unknown business"),
        ('"310115":', '"319999":', "unknown district"),
        ("  appointment_keep:", "  mail_sort:", "appointment_keep"),
    ],
)
def test_a_fault_is_found(before: str, after: str, problem: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "catalogue", tmp_path / "catalogue")
    path = tmp_path / "catalogue" / FILE
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    found = [str(each) for each in check_service_catalogue(tmp_path / "catalogue")]
    assert any(problem in each for each in found), found
    assert all("appointments.yaml" in each for each in found)


def test_every_office_has_slots_that_are_shown_as_a_proposal() -> None:
    catalogue = load_service_catalogue()
    for district in ("310106", "310115", "150100", "500103"):
        found = catalogue.of_kind(CaseKind.APPOINTMENT, district, date(2026, 9, 17))
        policy = cast("AppointmentPolicy", found)
        assert policy.sessions
        assert policy.mark is Mark.PROPOSAL
        assert policy.business("points") is not None
