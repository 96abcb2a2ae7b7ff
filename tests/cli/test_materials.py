"""Files of a case by the command: listed, and written as they are or as JPEG."""

import json
from pathlib import Path
from typing import Any

import httpx

from tests.cli.conftest import FakeApi, Run

NO = "310106-0000-0000-0000"
FIRST, LAST = "ab" * 32, "cd" * 32
MONDAY, TUESDAY = "2026-11-23T01:00:00Z", "2026-11-24T01:00:00Z"
ROWS = [
    {
        "number": number,
        "code": code,
        "name": name,
        "form": form,
        "sha256": sha256,
        "media_type": kind,
        "type_label": "HEIC" if sha256 else "",
        "size": 18 if sha256 else None,
        "received_at": at,
        "received_by": "points-portal",
        "received_role": "system",
        "is_personal": bool(sha256),
    }
    for number, code, name, form, sha256, kind, at in (
        (1, "identity_document", "身份证", "electronic", FIRST, "image/heic", MONDAY),
        (2, "labour_contract", "劳动合同", "paper", "", None, MONDAY),
        (3, "identity_document", "身份证", "electronic", LAST, "image/heic", TUESDAY),
    )
]
FAULTS = [{"code": "missing", "about": "diploma", "text": "缺少学历证书"}]
LIST = {"case_no": NO, "items": ROWS, "faults": FAULTS}
HEIC = b"\0\0\0\x18ftypheic\xff\xfe"


def _case(api: FakeApi) -> FakeApi:
    return api.says("GET", f"/v1/cases/{NO}/materials", LIST)


def _gives(api: FakeApi, number: int, content: bytes, kind: str) -> FakeApi:
    answer = httpx.Response(200, content=content, headers={"content-type": kind})
    api.answers["GET", f"/v1/cases/{NO}/materials/{number}"] = [answer]
    return api


def test_what_has_come_is_listed(run: Run, api: FakeApi) -> None:
    result = run("case", "materials", NO, to=_case(api))
    assert result.exit_code == 0, result.output
    told = (
        "身份证",
        "电子文件",
        "书面材料",
        "points-portal",
        "HEIC（个人信息",
        FIRST[:12],
        "缺少学历证书",
    )
    assert all(text in result.stdout for text in told), result.stdout
    listed: dict[str, Any] = json.loads(run("case", "materials", NO, "--json", to=api).stdout)
    assert listed == LIST


def test_a_file_is_written_byte_for_byte(run: Run, api: FakeApi, tmp_path: Path) -> None:
    _gives(_gives(_case(api), 1, HEIC, "image/heic"), 3, HEIC + b"2", "image/heic")
    file = tmp_path / "paper"
    for which, content, out in (
        ("1", HEIC, "-o"),
        ("3", HEIC + b"2", "--out"),
        ("identity_document", HEIC + b"2", "--output"),
    ):
        result = run("case", "material", NO, which, out, str(file), "--as", "ja-o1", to=api)
        assert result.exit_code == 0, result.output
        assert file.read_bytes() == content
        assert api.asked[-1].url.query == b""


def test_a_picture_is_written_as_jpeg(run: Run, api: FakeApi, tmp_path: Path) -> None:
    _gives(_case(api), 1, b"\xff\xd8\xff", "image/jpeg")
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
    _case(api).says("GET", f"/v1/cases/{NO}/materials/1", problem, 403)
    file = tmp_path / "paper"
    result = run("case", "material", NO, "1", "-o", str(file), to=api)
    assert result.exit_code == 1
    assert "NOT_ASSIGNED" in result.stderr
    assert not file.exists()
    _gives(api, 1, HEIC, "image/heic")
    nowhere = run("case", "material", NO, "1", "-o", str(tmp_path / "no" / "paper"), to=api)
    assert nowhere.exit_code == 2
    assert "cannot write" in nowhere.stderr
