"""Every kind of fault is found, with its file, line and field, and what is right."""

from pathlib import Path

import pytest
import yaml
from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from casework.policy.catalogue import Finding
from casework.policy.service_catalogue import check_service_catalogue
from casework.policy.service_roster import check_service_roster
from tests.service_catalogue.conftest import edit

CYCLES, PLATFORMS, SERVICES = (
    f"service/{name}.yaml" for name in ("cycles", "platforms", "services")
)
ROSTER = "rosters/service.yaml"


@dataclass(frozen=True, kw_only=True)
class Slip:
    """One edit, and the finding it must give on the line where ``at`` first stands."""

    file: str
    old: str
    new: str
    at: str
    field: str
    problem: str
    right: str


SLIPS: dict[str, Slip] = TypeAdapter(dict[str, Slip]).validate_python(
    yaml.safe_load(Path(__file__).with_name("slips.yaml").read_text(encoding="utf-8"))
)


def _check(root: Path) -> list[Finding]:
    return [*check_service_catalogue(root), *check_service_roster(root)]


def test_the_shipped_files_have_no_fault() -> None:
    assert check_service_catalogue() == check_service_roster() == []


@pytest.mark.parametrize("slip", SLIPS.values(), ids=SLIPS)
def test_a_slip_is_found_where_it_stands(copy: Path, slip: Slip) -> None:
    broken = edit(copy, slip.file, slip.old, slip.new)
    found = [one for one in _check(copy) if slip.problem in one.problem]
    assert {(one.file, one.field) for one in found} == {(slip.file, slip.field)}
    assert {one.line for one in found} == {broken[: broken.index(slip.at)].count("\n") + 1}
    assert all(slip.right in one.right for one in found)


def test_missing_files_are_found_all_at_once(copy: Path) -> None:
    for name in (CYCLES, SERVICES, ROSTER):
        (copy / name).unlink()
    assert [(one.file, one.problem) for one in _check(copy)] == [
        (CYCLES, "missing"),
        (SERVICES, "missing"),
        (ROSTER, "missing"),
    ]


def test_roster_is_read_even_where_the_platforms_are_not(copy: Path) -> None:
    edit(copy, PLATFORMS, "level: municipal", "level: national")
    edit(copy, ROSTER, "specialist:", "specialists:")
    assert {one.file for one in _check(copy)} == {PLATFORMS, ROSTER}
