"""Files of a case by the command: listed, and written as they are or as JPEG."""

import json
from pathlib import Path
from typing import Any

import httpx

from tests.cli.conftest import FakeApi, Run

NO = "310106-0000-0000-0000"
FIRST, LAST = "ab" * 32, "cd" * 32
ROWS = [
    {"number": number, "material": code, "form": form, "sha256": sha256, "received_at": at}
    for number, code, form, sha256, at in (
        (1, "identity_document", "electronic", FIRST, "2026-11-23T01:00:00Z"),
        (2, "labour_contract", "paper", "", "2026-11-23T01:00:00Z"),
        (3, "identity_document", "electronic", LAST, "2026-11-24T01:00:00Z"),
    )
]
HEIC = b"\0\0\0\x18ftypheic\xff\xfe"


def _case(api: FakeApi) -> FakeApi:
    return api.says("GET", f"/v1/cases/{NO}", {"materials": ROWS})


def _gives(api: FakeApi, sha256: str, content: bytes, kind: str) -> FakeApi:
    answer = httpx.Response(200, content=content, headers={"content-type": kind})
    api.answers["GET", f"/v1/cases/{NO}/materials/{sha256}"] = [answer]
    return api


def test_what_has_come_is_listed(run: Run, api: FakeApi) -> None:
    result = run("case", "materials", NO, to=_case(api))
    assert result.exit_code == 0, result.output
    assert all(text in result.stdout for text in ("identity_document", "电子文件", "书面材料"))
    listed: list[dict[str, Any]] = json.loads(run("case", "materials", NO, "--json", to=api).stdout)
    assert listed == ROWS


def test_a_file_is_written_byte_for_byte(run: Run, api: FakeApi, tmp_path: Path) -> None:
    _gives(_gives(_case(api), FIRST, HEIC, "image/heic"), LAST, HEIC + b"2", "image/heic")
    file = tmp_path / "paper"
    for which, content in (("1", HEIC), ("3", HEIC + b"2"), ("identity_document", HEIC + b"2")):
        result = run("case", "material", NO, which, "-o", str(file), "--as", "ja-o1", to=api)
        assert result.exit_code == 0, result.output
        assert file.read_bytes() == content
        assert api.asked[-1].url.query == b""


def test_a_picture_is_written_as_jpeg(run: Run, api: FakeApi, tmp_path: Path) -> None:
    _gives(_case(api), FIRST, b"\xff\xd8\xff", "image/jpeg")
    file = tmp_path / "paper.jpeg"
    result = run("case", "material", NO, "1", "--jpeg", "-o", str(file), to=api)
    assert result.exit_code == 0, result.output
    assert file.read_bytes() == b"\xff\xd8\xff"
    assert dict(api.asked[-1].url.params) == {"as": "jpeg"}


def test_what_is_not_there_is_told_with_what_is(run: Run, api: FakeApi, tmp_path: Path) -> None:
    file = tmp_path / "paper"
    for which in ("2", "labour_contract", "diploma"):
        result = run("case", "material", NO, which, "-o", str(file), to=_case(api))
        assert result.exit_code == 1
        assert "1 identity_document、3 identity_document" in result.stderr
    assert not file.exists()


def test_a_refusal_writes_nothing(run: Run, api: FakeApi, tmp_path: Path) -> None:
    problem = {"code": "NOT_ASSIGNED", "detail": "您不是本件的经办人"}
    _case(api).says("GET", f"/v1/cases/{NO}/materials/{FIRST}", problem, 403)
    file = tmp_path / "paper"
    result = run("case", "material", NO, "1", "-o", str(file), to=api)
    assert result.exit_code == 1
    assert "NOT_ASSIGNED" in result.stderr
    assert not file.exists()
    _gives(api, FIRST, HEIC, "image/heic")
    nowhere = run("case", "material", NO, "1", "-o", str(tmp_path / "no" / "paper"), to=api)
    assert nowhere.exit_code == 2
    assert "cannot write" in nowhere.stderr
