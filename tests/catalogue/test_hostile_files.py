"""Whatever stands in the folder of the catalogue, its check ends soon and in words."""

import os
import re
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casework.cli.calling.filing import read_body
from casework.cli.operating.catalogue import faults
from casework.cli.terms.errors import UnusableError
from casework.policy.roster import RosterError, read_roster

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10)
)
WRITTEN = {
    "alias bomb": BOMB,
    "alias of itself": "a: &a [*a]\n",
    "deep flow": "a: " + "[" * 100_000,
    "deep flow closed": "a: " + "[" * 5_000 + "]" * 5_000,
    "deep mapping": "".join(f"{' ' * n}a:\n" for n in range(2_000)),
    "deep list": "a:\n" + "- " * 50_000 + "x\n",
    "huge number": "year: " + "9" * 100_000,
    "huge hexadecimal": "year: 0x" + "f" * 100_000,
    "huge sexagesimal": "year: " + ":".join(["59"] * 50_000),
    "empty binary number": "year: 0b_\n",
    "number that is none": "year: !!int abc\n",
    "date that is none": "year: !!timestamp abc\n",
    "date out of range": "issued_on: 0000-00-00\n",
    "object": "year: !!python/object/apply:os.getcwd []\n",
    "list as a key": "? [a, b]\n: c\n",
    "mapping as a key": "? {a: b}\n: c\n",
    "list": "- a\n",
    "word": "a",
    "nothing": "",
    "two documents": "a: 1\n---\nb: 2\n",
    "control characters": "a: \x07\n",
    "unknown alias": "a: *b\n",
    "merge of a word": "<<: a\nb: c\n",
    "very long": "a: b\n" + "# " + "x" * 2_000_000,
    "many": "a: [" + "x, " * 100_000 + "]\n",
    "infinity": "year: .inf\n",
    "surrogate": 'a: "\\ud800"\n',
}
HOSTILE = {
    **{name: text.encode() for name, text in WRITTEN.items()},
    "not UTF-8": b"a: \xff\xfe\xfa\n",
    "UTF-16": "year: 2026\n".encode("utf-16"),
    "zeros": bytes(1000),
    "picture": b"\x89PNG\r\n\x1a\n" + bytes(100),
}
PLACES = (
    "defaults.yaml",
    "vocabulary.yaml",
    "items/PTS_NEW.yaml",
    "districts/310106/profile.yaml",
    "measures/EMAIL_INTAKE.yaml",
    "service/services.yaml",
    "authority/default.yaml",
    "rosters/service.yaml",
    "calendars/2026.yaml",
    "calendars/statutory.yaml",
)


@pytest.mark.parametrize("name", HOSTILE)
def test_check_of_a_hostile_file_ends_in_words(copy: Path, name: str) -> None:
    """Each stands in another place; that the same reader reads all is seen by all being read."""
    content = HOSTILE[name]
    place = PLACES[[*HOSTILE].index(name) % len(PLACES)]
    (copy / place).write_bytes(content)
    found = [fault for fault in faults(copy) if fault.file == place]
    assert found
    assert all(fault.problem and fault.right for fault in found)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bodies_and_rosters_are_refused_in_words(tmp_path: Path, name: str) -> None:
    file = tmp_path / "hostile.yaml"
    file.write_bytes(HOSTILE[name])
    with pytest.raises(RosterError):
        read_roster(file)
    with suppress(UnusableError):
        assert isinstance(read_body(file), dict)


MANY = int(os.environ.get("CASEWORK_TEST_MISTYPED", "12"))
NASTY = (
    "-1",
    "0",
    "9" * 30,
    "1e400",
    "2026-01-01",
    "[]",
    "{}",
    "''",
    "null",
    "yes",
    "310106",
)
SCALAR = re.compile(r"(?<=[:,\-\[] )[^\s#\[\]{},:|>&*][^#\[\]{},\n]*")


@settings(max_examples=MANY, deadline=None, suppress_health_check=[*HealthCheck])
@given(st.data())
def test_check_of_a_mistyped_value_ends_in_words(copy: Path, data: st.DataObject) -> None:
    """Whichever value of whichever file is another one, the check says something or nothing."""
    file = data.draw(st.sampled_from(sorted(copy.rglob("*.yaml"))), label="file")
    text = file.read_text(encoding="utf-8")
    at = data.draw(st.sampled_from([*SCALAR.finditer(text)]), label="value")
    other = data.draw(st.sampled_from(NASTY), label="other")
    try:
        file.write_text(text[: at.start()] + other + text[at.end() :], encoding="utf-8")
        assert all(fault.problem and fault.right for fault in faults(copy))
    finally:
        file.write_text(text, encoding="utf-8")
