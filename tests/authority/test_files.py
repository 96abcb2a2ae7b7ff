"""Faults of the files are found with their line; a district may have rows of its own."""

from pathlib import Path

import pytest

from casework.domain.authority import Extent
from casework.domain.kinds.registry import CaseKind
from casework.domain.policy import Role
from casework.policy.authority import check_authority, load_authority, read_authority
from casework.policy.catalogue.documents import CatalogueError

DEFAULT = Path(__file__).parents[2] / "catalogue" / "authority" / "default.yaml"
HEAD = "reference: 本区规定\nmark: proposal\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "authority"
    folder.mkdir()
    (folder / "default.yaml").write_text(DEFAULT.read_text(encoding="utf-8"), encoding="utf-8")
    return tmp_path


def write(root: Path, name: str, text: str) -> None:
    (root / "authority" / name).write_text(HEAD + text, encoding="utf-8")


def test_a_district_has_rows_of_its_own(root: Path) -> None:
    write(root, "310106.yaml", "actions:\n  application:\n    accept: {reviewer: assigned}\n")
    matrix = read_authority(root)
    asked = (CaseKind.APPLICATION, "accept", Role.OFFICER)
    assert matrix.extent(*asked, "310106") is None
    assert matrix.extent(*asked, "310112") is Extent.ASSIGNED
    assert matrix.extent(CaseKind.APPLICATION, "accept", Role.REVIEWER, "310106") is not None


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("actions: {application: {accept: {applicant: own}}}\n", 3, "no part in this verb"),
        ("actions:\n  application:\n    fly: {officer: assigned}\n", 5, "unknown action"),
        ("actions:\n  balloon: {}\n", 4, "unknown kind"),
        ("actions:\n  application:\n    read: {officer: own}\n", 5, "same in every district"),
        ("actions:\n  application:\n    accept: {officer: often}\n", 5, ""),
        ("by_office: [officer]\n", 1, "hold everywhere"),
    ],
)
def test_a_fault_is_named_with_its_line(root: Path, text: str, line: int, problem: str) -> None:
    write(root, "310106.yaml", text)
    (found, *_) = check_authority(root)
    assert (found.file, found.line) == ("authority/310106.yaml", line)
    assert problem in found.problem
    with pytest.raises(CatalogueError):
        read_authority(root)


def test_what_is_read_can_always_be_listed(root: Path) -> None:
    text = DEFAULT.read_text(encoding="utf-8")
    changed = text.replace(
        "employer: own, officer: district", "employer: own, officer: assigned", 1
    )
    assert changed != text
    (root / "authority" / "default.yaml").write_text(changed, encoding="utf-8")
    (found,) = check_authority(root)
    assert "tells no list" in found.problem


def test_a_file_that_would_never_be_read_is_a_fault(root: Path) -> None:
    write(root, "jingan.yaml", "actions: {}\n")
    (found,) = check_authority(root)
    assert "no district" in found.problem


def test_nothing_is_left_out(root: Path) -> None:
    text = DEFAULT.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if "call_archive:" not in line]
    (root / "authority" / "default.yaml").write_text("\n".join(lines), encoding="utf-8")
    problems = " ".join(finding.problem for finding in check_authority(root))
    assert "nothing about call_archive" in problems


def test_the_installed_files_are_in_order() -> None:
    assert check_authority() == []
    assert load_authority() is load_authority()


def test_a_table_that_keeps_orders_from_rebalancing_is_told_and_one_of_before_goes_on(
    root: Path,
) -> None:
    path = root / "authority" / "default.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("supervisor: district, system: everywhere}", "supervisor: district}")
    )
    write(root, "310106.yaml", "actions:\n  application:\n    reassign: {supervisor: district}\n")
    found = check_authority(root)
    assert {each.file for each in found} == {"authority/default.yaml", "authority/310106.yaml"}
    assert {each.right for each in found} == {
        "add system: everywhere; only approved orders can use it"
    }
    with pytest.raises(CatalogueError, match="负荷均衡"):
        read_authority(root)
    matrix = read_authority(root, kept=True)
    for district in ("310106", "310112"):
        asked = (CaseKind.APPLICATION, "reassign", Role.SYSTEM, district)
        assert matrix.extent(*asked) is Extent.EVERYWHERE
    assert matrix.extent(CaseKind.APPLICATION, "reassign", Role.OFFICER, "310106") is None
