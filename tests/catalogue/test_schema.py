"""What an editor sees is what the check demands."""

import json
import re
from pathlib import Path

import pytest

from casework.policy.catalogue import write_schemas
from tests.catalogue.conftest import ROOT

SOURCES = sorted(
    path
    for pattern in ("*.yaml", "items/*.yaml", "measures/*.yaml", "districts/*/*.yaml")
    for path in ROOT.glob(pattern)
)


def test_the_committed_schemas_are_current(tmp_path: Path) -> None:
    written = {path.name: path.read_text(encoding="utf-8") for path in write_schemas(tmp_path)}
    committed = {
        path.name: path.read_text(encoding="utf-8") for path in (ROOT / "schema").glob("*.json")
    }
    assert committed == written, "run: casework catalogue schema"


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: str(file.relative_to(ROOT)))
def test_each_file_names_the_schema_of_its_kind(file: Path) -> None:
    first = file.read_text(encoding="utf-8").splitlines()[0]
    named = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
    assert named
    schema = (file.parent / named[1]).resolve()
    kinds = {"items": "item", "measures": "measure", "catalogue": file.stem}
    kind = kinds.get(file.parent.name, "profile" if file.stem == "profile" else "overlay")
    assert schema == ROOT / "schema" / f"{kind}.json"
    assert json.loads(schema.read_text(encoding="utf-8"))["additionalProperties"] is False
