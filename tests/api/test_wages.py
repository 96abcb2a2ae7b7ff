"""A wage complaint over HTTP: evidence from afar, two inspectors, and who sees what."""

import itertools
from typing import Any

import httpx

from tests.api.live import Backend
from tests.api.test_problems import assert_problem
from tests.files import picture, recording

_numbers = itertools.count(1)
WORKER = "310101199003071230"
AT = "2026-01-31T10:00:00+08:00"


async def complaint(backend: Backend, **changed: Any) -> str:
    """The number of a new complaint."""
    body = {
        "district": "310106",
        "source": "points-portal",
        "reference": f"QX-{next(_numbers)}",
        "applicant": {"name": "张三", "id_number": WORKER, "phone": "13800000000"},
        "statement": "三个月工资未付",
        "owed": 812000,
        "last_unpaid_on": "2026-01-31",
        "employer_name": "某某公司",
        "employer_code": "91310106MA1FY7XX05",
        "employer_email": "hr@firm.example.com",
        **changed,
    }
    opened = await backend.post("backend", "/v1/wages", body)
    assert opened.status_code == 201, opened.text
    return str(opened.json()["case_no"])


async def stored(backend: Backend, content: bytes) -> str:
    answer = await backend.http.post(
        "/v1/materials", content=content, headers=backend.bearer("ja-o1")
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["sha256"])


def piece(sha256: str, sort: str = "chat", **more: Any) -> dict[str, Any]:
    return {"sort": sort, "sha256": sha256, "of": "employer", "at": AT, **more}


async def do(backend: Backend, who: str, case_no: str, verb: str, **body: Any) -> httpx.Response:
    return await backend.post(who, f"/v1/wages/{case_no}/{verb}", body)


async def test_evidence_is_a_file_that_is_there_and_is_read_as_a_material(
    backend: Backend,
) -> None:
    case_no = await complaint(backend)
    missing = await do(backend, "ja-o1", case_no, "submit-evidence", pieces=[piece("0" * 64)])
    problem = assert_problem(missing)
    assert problem["code"] == "MATERIAL_NOT_UPLOADED"
    assert problem["errors"][0]["field"] == "pieces.0.sha256"
    chat = await stored(backend, picture("PNG", (200, 150)))
    video = await stored(backend, recording())
    said = "单位：月底前付清"
    given = [piece(chat), piece(video, "video", transcript=said)]
    silent = await do(backend, "ja-o1", case_no, "submit-evidence", pieces=[piece(video, "video")])
    assert assert_problem(silent)["code"] == "FIELD_REQUIRED"
    done = await do(backend, "ja-o1", case_no, "submit-evidence", pieces=given)
    assert done.is_success, done.text
    listed = await backend.http.get(
        f"/v1/cases/{case_no}/materials", headers=backend.bearer("ja-o1")
    )
    found = {each["code"]: each["sha256"] for each in listed.json()["items"]}
    assert found == {"evidence_1": chat, "evidence_2": video}
    file = await backend.http.get(
        f"/v1/cases/{case_no}/materials/2", headers=backend.bearer("ja-o1")
    )
    assert file.content == recording()
    assert file.headers["content-type"] == "video/mp4"
    assert file.headers["content-disposition"].startswith("attachment")
    shown = await backend.http.get(f"/v1/wages/{case_no}", headers=backend.bearer("ja-o1"))
    assert [each["sort"] for each in shown.json()["evidence"]] == ["chat", "video"]
    assert said not in shown.text, "what was said stands in the events only"


async def test_two_inspectors_and_only_the_second_one_confirms(backend: Backend) -> None:
    case_no = await complaint(backend)
    assert (await do(backend, "ja-o1", case_no, "file-complaint")).is_success
    alone = await do(backend, "ja-o1", case_no, "record-inquiry", finding="查阅工资表")
    assert assert_problem(alone)["code"] == "SECOND_INSPECTOR_MISSING"
    both = {"finding": "查阅工资表", "second": "ja-o2"}
    assert (await do(backend, "ja-o1", case_no, "record-inquiry", **both)).is_success
    other = await do(backend, "ja-o1", case_no, "confirm-inquiry", number=1)
    assert assert_problem(other)["code"] == "NOT_SECOND_INSPECTOR"
    assert (await do(backend, "ja-o2", case_no, "confirm-inquiry", number=1)).is_success
    concluded = {"violation": True, "finding": "查实"}
    done = await do(backend, "ja-o1", case_no, "conclude-investigation", **concluded)
    assert done.is_success, done.text
    early = await do(
        backend, "ja-h1", case_no, "decide-wages", decision="penalty", reason="多次拖欠"
    )
    assert assert_problem(early)["code"] == "WRONG_STAGE"


async def test_neither_the_employer_nor_another_district_sees_it(backend: Backend) -> None:
    case_no = await complaint(backend)
    for who, status in (("ja-o1", 200), ("mh-o1", 403), ("employer", 403), ("hotline", 403)):
        answer = await backend.http.get(f"/v1/wages/{case_no}", headers=backend.bearer(who))
        assert answer.status_code == status, (who, answer.text)
    named = (await backend.http.get(f"/v1/wages/{case_no}", headers=backend.bearer("ja-o1"))).text
    assert "hr@firm.example.com" not in named
    assert WORKER not in named
