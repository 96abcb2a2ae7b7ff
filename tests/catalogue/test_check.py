"""Every kind of fault is found, with its file, line and field, and what is right."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from casework.policy.catalogue import CatalogueError, check_catalogue, read_catalogue

RES = "items/HJ_RES.yaml"
CALLS = "measures/NO_ARCHIVE_CALL.yaml"


@dataclass(frozen=True, kw_only=True)
class Slip:
    """One edit, and the finding it must give on the line where ``at`` first stands."""

    file: str
    old: str
    new: str
    at: str
    field: str
    problem: str
    right: str = ""

    def make(self, root: Path) -> str:
        """Put the slip into the file and return what it then holds."""
        path = root / self.file
        text = path.read_text(encoding="utf-8")
        broken = text.replace(self.old, self.new, 1) if self.old else self.new
        assert broken != text
        path.write_text(broken, encoding="utf-8")
        return broken


def _slips() -> dict[str, Slip]:
    text = Path(__file__).with_name("slips.yaml").read_text(encoding="utf-8")
    kinds: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return TypeAdapter(dict[str, Slip]).validate_python(kinds["shape"] | kinds["sense"])


SLIPS = _slips()


def test_the_shipped_catalogue_has_no_fault() -> None:
    assert check_catalogue() == []


@pytest.mark.parametrize("slip", SLIPS.values(), ids=SLIPS)
def test_a_slip_is_found_where_it_stands(copy: Path, slip: Slip) -> None:
    broken = slip.make(copy)
    found = [one for one in check_catalogue(copy) if slip.problem in one.problem]
    assert {(one.file, one.field) for one in found} == {(slip.file, slip.field)}
    assert {one.line for one in found} == {broken[: broken.index(slip.at)].count("\n") + 1}
    assert any(slip.right in one.right for one in found)
    assert all(one.right for one in found)


def test_faults_of_shape_do_not_hide_faults_of_sense(copy: Path) -> None:
    for name in ("yaml_syntax", "unknown_district_in_a_measure", "value_repealed"):
        SLIPS[name].make(copy)
    files = [finding.file for finding in check_catalogue(copy)]
    assert files == [RES, "items/PTS_NEW.yaml", CALLS]


def test_all_faults_of_one_file_are_found_at_once(copy: Path) -> None:
    path = copy / RES
    text = path.read_text(encoding="utf-8").replace("mark: found", "mark: lawful")
    path.write_text(text.replace("needs_paper:", "need_paper:"), encoding="utf-8")
    assert [finding.field for finding in check_catalogue(copy)] == [
        "channels[0].mark",
        "need_paper",
        "limits.archive[1].mark",
        "limits.archive[2].mark",
    ]


def test_a_file_out_of_place_is_found(copy: Path) -> None:
    overlay = (copy / "districts/310106/PTS_NEW.yaml").read_text(encoding="utf-8")
    (copy / "districts/310106/PTS_NEU.yaml").write_text(overlay, encoding="utf-8")
    (copy / "districts/310199").mkdir()
    (copy / "districts/jingan").mkdir()
    (copy / "items/PTS_OLD.yml").write_text("name: x\n", encoding="utf-8")
    (copy / "items/latin.yaml").write_bytes(b"name: \xe9\n")
    (copy / "defaults.yaml").rename(copy / "default.txt")
    assert [(f.file, f.problem, f.right) for f in check_catalogue(copy)] == [
        ("defaults.yaml", "missing", "the catalogue has this file"),
        ("districts/310106/PTS_NEU.yaml", "unknown item", "did you mean PTS_NEW?"),
        ("districts/310199/profile.yaml", "missing", "each district has one"),
        ("districts/jingan", "unknown district", "name the folder by the six-digit division code"),
        ("districts/jingan/profile.yaml", "missing", "each district has one"),
        ("items/PTS_OLD.yml", "not read", "only *.yaml files belong here"),
        ("items/latin.yaml", "not UTF-8 text", "save the file as UTF-8"),
    ]


def test_a_faulty_catalogue_is_not_used(copy: Path) -> None:
    (copy / CALLS).unlink()
    with pytest.raises(CatalogueError) as refused:
        read_catalogue(copy)
    assert refused.value.findings == tuple(check_catalogue(copy))
    assert "unknown measure NO_ARCHIVE_CALL" in str(refused.value)
