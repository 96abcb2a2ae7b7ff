"""The search of the leak test finds a mark in whatever form it was written."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.security import searching
from tests.security.marks import MARKS
from tests.security.searching import in_bytes, in_file

CHINESE, LATIN, NUMBER = "龘靐甲子", "QZXLEAK", "310101190102030"
FORMS: dict[str, Callable[[str], bytes]] = {
    "UTF-8": str.encode,
    "JSON": lambda mark: json.dumps({"a": mark}).encode(),
    "JSON, large digits": lambda mark: json.dumps(mark).upper().replace("\\U", "\\u").encode(),
    "JSON in JSON": lambda mark: json.dumps(json.dumps({"a": mark})).encode(),
    "COPY of JSON in JSON": lambda mark: (
        json.dumps(json.dumps(mark)).replace("\\", "\\\\").encode()
    ),
    "hex": lambda mark: mark.encode().hex().encode(),
    "bytea": lambda mark: b"\\x" + mark.encode().hex().encode(),
    "HEX": lambda mark: mark.encode().hex().upper().encode(),
    "URL": lambda mark: quote(mark).encode(),
    "url": lambda mark: quote(mark).lower().encode() if quote(mark) != mark else mark.encode(),
    "URL twice": lambda mark: quote(quote(mark)).encode(),
    "repr of bytes": lambda mark: repr(mark.encode()).encode(),
    "UTF-16": lambda mark: mark.encode("utf-16"),
    "GB 18030": lambda mark: mark.encode("gb18030"),
    "base64 of JSON": lambda mark: base64.b64encode(json.dumps({"name": mark}).encode()),
}


@pytest.mark.parametrize("mark", [CHINESE, LATIN, NUMBER])
@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_found(mark: str, form: str) -> None:
    data = b"before " + FORMS[form](mark) + b" after"
    assert in_bytes(data, [mark], "here")


@pytest.mark.parametrize("mark", [CHINESE, LATIN, NUMBER])
@pytest.mark.parametrize("before", range(6))
@pytest.mark.parametrize("after", range(4))
def test_base64_is_found_wherever_the_mark_begins_and_ends(
    mark: str, before: int, after: int
) -> None:
    text = b"\xf8" * before + mark.encode() + b"\xfb" * after
    for written in (base64.b64encode(text), base64.urlsafe_b64encode(text)):
        assert in_bytes(b'{"data":"' + written + b'"}', [mark], "here"), written


def test_no_form_of_a_mark_is_so_short_that_chance_writes_it() -> None:
    for mark in MARKS:
        assert all(len(needle) >= 6 for _, needle in searching.forms(mark)), mark


def test_nothing_is_found_where_nothing_is() -> None:
    innocent = json.dumps({"name": "张*", "number": "310***********1230"}).encode()
    for data in (innocent, base64.b64encode(innocent), innocent.hex().encode(), b""):
        assert in_bytes(data, [CHINESE, LATIN, NUMBER], "here") == set()


def test_a_find_names_the_file_the_mark_and_the_form(tmp_path: Path) -> None:
    file = tmp_path / "worker.log"
    file.write_text(f"refused: {LATIN}\n")
    (find,) = in_file(file, [CHINESE, LATIN])
    assert (find.where, find.mark, find.form) == (str(file), LATIN, "plain")


def test_the_name_of_a_file_is_searched_too(tmp_path: Path) -> None:
    file = tmp_path / f"{CHINESE}.pdf"
    file.touch()
    assert in_file(file, [CHINESE])


def test_a_mark_across_two_pieces_of_a_file_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "_PIECE", 2048)
    file = tmp_path / "temporal.db"
    file.write_bytes(b"x" * 2044 + CHINESE.encode() + b"x" * 2044)
    assert in_file(file, [CHINESE])
