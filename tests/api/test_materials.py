"""The files of a case: for who may see its personal data, as they are or as JPEG; noted."""

import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy import delete

from api.edge.requests import is_file
from api.routes.materials import UNKNOWN, _saved_as
from casework.domain.authority import Action
from casework.domain.case.facts import Actor
from casework.domain.kinds.registry import CaseKind
from casework.domain.policy import Role, city_of
from casework.local.issuer.people import OUTSIDE
from casework.local.issuer.tokens import LocalIssuer
from casework.policy.roster import load_roster
from casework.policy.service_roster import load_service_roster
from casework.settings import Settings
from casework.store.engine import Sessions
from casework.store.materials import FiledMaterial
from casework.store.models import Uploads
from tests.api.live import Backend, Headers
from tests.api.platform import SOMEBODY_ELSE
from tests.api.test_disclosure import looks
from tests.api.test_problems import CASE, assert_problem
from tests.authority.every_kind import OUTSIDE as OF_OUTSIDE
from tests.authority.test_table import CELLS, SYSTEMS, expected, expected_of_system
from tests.files import PDF, picture, zipped

SHA256 = "ab" * 32
OWN = {"310101199003071230", "91310106MA1FY7XX05"}
"""The numbers of the people whose the cases of ``Backend.submission`` are."""


async def filed(backend: Backend, content: bytes = PDF, **changed: Any) -> tuple[str, str]:
    """A case among whose materials is this content, and its address."""
    body = await backend.submission(**changed)
    stored = await backend.http.post(
        "/v1/materials", content=content, headers=backend.bearer("backend")
    )
    assert stored.status_code == 201, stored.text
    sha256 = stored.json()["sha256"]
    body["materials"] = [body["materials"][0] | {"sha256": sha256}]
    answer = await backend.post("backend", "/v1/applications", body)
    assert answer.status_code == 201, answer.text
    return answer.json()["case_no"], sha256


def place(case_no: str, sha256: str) -> str:
    return f"/v1/cases/{case_no}/materials/{sha256}"


@pytest.mark.parametrize(
    ("content", "kind", "shown"),
    [
        (PDF, "application/pdf", "inline"),
        (picture("JPEG"), "image/jpeg", "inline"),
        (picture("PNG"), "image/png", "inline"),
        (picture("HEIF"), "image/heic", "attachment"),
        (zipped("scan.txt"), "application/zip", "attachment"),
    ],
    ids=["PDF", "JPEG", "PNG", "HEIC", "ZIP"],
)
async def test_a_file_comes_as_it_was_uploaded_and_nothing_in_it_runs(
    content: bytes, kind: str, shown: str, backend: Backend
) -> None:
    case_no, sha256 = await filed(backend, content)
    answer = await backend.get("ja-o1", place(case_no, sha256))
    assert answer.status_code == 200, answer.text
    assert answer.content == content
    assert answer.headers["content-type"] == kind
    assert answer.headers["content-length"] == str(len(content))
    ending = kind.partition("/")[2]
    name = quote(f"{case_no}-1-身份证.{ending}", safe="")
    assert answer.headers["content-disposition"] == (
        f"{shown}; filename=\"{case_no}-1.{ending}\"; filename*=UTF-8''{name}"
    )
    assert answer.headers["etag"] == f'"{sha256}"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    policy = {each.strip() for each in answer.headers["content-security-policy"].split(";")}
    assert {"default-src 'none'", "frame-ancestors 'self'", "sandbox"} <= policy
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"


async def test_a_picture_of_a_telephone_is_shown_as_jpeg_and_stays_what_it_was(
    backend: Backend,
) -> None:
    heic = picture("HEIF")
    case_no, sha256 = await filed(backend, heic)
    shown = await backend.get("ja-o1", place(case_no, sha256), **{"as": "jpeg"})
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
    assert shown.headers["content-disposition"].startswith(f'inline; filename="{case_no}-1.jpeg";')
    assert "etag" not in shown.headers
    assert shown.headers["content-length"] == str(len(shown.content))
    with Image.open(io.BytesIO(shown.content)) as seen:
        assert (seen.format, seen.size) == ("JPEG", (120, 90))
        assert _is_near(seen.getpixel((60, 45)), (0, 0, 128))
        assert _is_near(seen.getpixel((2, 2)), (255, 255, 255))
    original = await backend.get("ja-o1", place(case_no, sha256))
    assert original.content == heic


def _is_near(seen: Any, wanted: tuple[int, int, int]) -> bool:
    return all(abs(one - other) < 24 for one, other in zip(seen, wanted, strict=True))


async def test_a_jpeg_is_shown_as_it_is_and_what_is_no_picture_is_refused(
    backend: Backend,
) -> None:
    content = picture("JPEG")
    case_no, sha256 = await filed(backend, content)
    shown = await backend.get("ja-o1", place(case_no, sha256), **{"as": "jpeg"})
    assert (shown.status_code, shown.content) == (200, content)
    case_no, sha256 = await filed(backend, applicant=SOMEBODY_ELSE)
    for wanted, code in (("jpeg", "NOT_A_PICTURE"), ("gif", "INVALID_REQUEST")):
        answer = await backend.get("ja-o1", place(case_no, sha256), **{"as": wanted})
        problem = assert_problem(answer)
        assert (answer.status_code, problem["code"]) == (422, code)
        assert [fault["field"] for fault in problem["errors"]] == ["as"]


async def test_each_look_is_noted_and_says_which_material(backend: Backend) -> None:
    case_no, sha256 = await filed(backend)
    for who in ("ja-o1", "ja-s1"):
        assert (await backend.get(who, place(case_no, sha256))).status_code == 200
    found = [look for look in await looks(backend, what="material") if look["case_no"] == case_no]
    assert [(look["actor"], look["what_label"]) for look in found] == [
        ("ja-s1", "查看材料"),
        ("ja-o1", "查看材料"),
    ]
    assert {look["reason"] for look in found} == {"第 1 件材料（identity_document）"}


async def test_a_file_of_another_case_or_of_none_is_not_found(backend: Backend) -> None:
    case_no, _ = await filed(backend)
    _, other = await filed(backend, picture("PNG"), applicant=SOMEBODY_ELSE)
    loose = await backend.http.post(
        "/v1/materials", content=picture("JPEG"), headers=backend.bearer("backend")
    )
    for sha256 in (other, loose.json()["sha256"], SHA256):
        answer = await backend.get("ja-o1", place(case_no, sha256))
        assert (answer.status_code, assert_problem(answer)["code"]) == (404, "MATERIAL_NOT_FOUND")
    assert await looks(backend, case_no=case_no) == []
    answer = await backend.get("ja-o1", place(CASE, other))
    assert (answer.status_code, assert_problem(answer)["code"]) == (404, "CASE_NOT_FOUND")


@pytest.mark.parametrize("sha256", ["x", "AB" * 32, "ab" * 31, "..%2F..%2Fetc"])
async def test_only_a_digest_names_a_file(
    sha256: str, lonely: httpx.AsyncClient, bearer: Headers
) -> None:
    answer = await lonely.get(place(CASE, sha256), headers=bearer("ja-o1"))
    assert answer.status_code in {404, 422}
    assert assert_problem(answer)["code"] in {"INVALID_REQUEST", "NO_SUCH_ADDRESS"}


def _in_store(settings: Settings, sha256: str) -> Path:
    return Path(settings.store_url.removeprefix("file://")) / sha256[:2] / sha256


@pytest.fixture
def moved(settings: Settings) -> Iterator[dict[Path, bytes]]:
    """What tests have changed in the store that all share, to be put back."""
    kept: dict[Path, bytes] = {}
    yield kept
    for file, content in kept.items():
        file.write_bytes(content)


async def test_a_lost_or_damaged_file_is_told_before_any_byte_and_not_noted(
    backend: Backend, settings: Settings, moved: dict[Path, bytes]
) -> None:
    content = picture("PNG", (130, 91))
    case_no, sha256 = await filed(backend, content)
    file = _in_store(settings, sha256)
    moved[file] = content
    file.write_bytes(content[:-1] + b"\0")
    for form in ({}, {"as": "jpeg"}):
        answer = await backend.get("ja-o1", place(case_no, sha256), **form)
        assert (answer.status_code, assert_problem(answer)["code"]) == (409, "MATERIAL_DAMAGED")
    file.unlink()
    answer = await backend.get("ja-o1", place(case_no, sha256))
    assert (answer.status_code, assert_problem(answer)["code"]) == (409, "MATERIAL_LOST")
    assert await looks(backend, case_no=case_no) == []


async def test_a_file_whose_upload_was_never_noted_is_given_as_bytes(
    backend: Backend, sessions: Sessions
) -> None:
    case_no, sha256 = await filed(backend)
    async with sessions.begin() as session:
        await session.execute(delete(Uploads).where(Uploads.sha256 == sha256))
    answer = await backend.get("ja-o1", place(case_no, sha256))
    assert (answer.status_code, answer.content) == (200, PDF)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].endswith(".bin")


def test_a_file_has_the_time_of_an_upload_to_go_out() -> None:
    assert is_file(place(CASE, SHA256))
    assert is_file("/v1/materials")
    assert not is_file(f"/v1/cases/{CASE}")
    assert not is_file(f"{place(CASE, SHA256)}/more")


def everybody() -> list[Actor]:
    """Everybody of the rosters, people from outside, and somebody whom no roster knows."""
    rosters = {**load_roster().people, **load_service_roster().people}
    outside = [each.actor for each in OUTSIDE.values()]
    strangers = [
        Actor(code=f"nobody-{role}-{district}", role=role, district=district)
        for role in Role
        for district in ("310106", "310112")
    ]
    return [*rosters.values(), *outside, *strangers]


async def test_any_part_of_a_file_is_that_part_and_all_parts_are_one_look(backend: Backend) -> None:
    content = picture("PNG", (131, 92))
    case_no, sha256 = await filed(backend, content)
    size = len(content)

    async def part(which: str, **headers: str) -> httpx.Response:
        return await backend.http.get(
            place(case_no, which),
            headers=backend.bearer("ja-o1") | {"Range": "bytes=0-0"} | headers,
        )

    for asked, wanted in (
        ("bytes=0-9", slice(0, 10)),
        (f"bytes=10-{size * 2}", slice(10, None)),
        ("bytes=7-", slice(7, None)),
        ("bytes=-5", slice(size - 5, None)),
    ):
        for which in ("1", sha256):
            answer = await part(which, Range=asked)
            assert (answer.status_code, answer.content) == (206, content[wanted])
            first, last, _ = wanted.indices(size)
            assert answer.headers["content-range"] == f"bytes {first}-{last - 1}/{size}"
            assert answer.headers["content-length"] == str(last - first)
    assert len(await looks(backend, case_no=case_no)) == 1
    for asked in ("bytes=0-1,5-6", "bytes=5-2", "lines=1-2", "bytes=-", "nonsense"):
        answer = await part("1", Range=asked)
        assert (answer.status_code, answer.content) == (200, content)
    assert len(await looks(backend, case_no=case_no)) == 6
    for asked in (f"bytes={size}-", "bytes=-0", f"bytes={'9' * 5000}-"):
        answer = await part("1", Range=asked)
        assert (answer.status_code, assert_problem(answer)["code"]) == (
            416,
            "RANGE_NOT_SATISFIABLE",
        )
        assert answer.headers["content-range"] == f"bytes */{size}"
    same = await part("1", **{"If-Range": f'"{sha256}"'})
    assert (same.status_code, same.content) == (206, content[:1])
    for other in (f'W/"{sha256}"', f'"{SHA256}"', "Mon, 30 Nov 2026 00:00:00 GMT"):
        answer = await part("1", **{"If-Range": other})
        assert (answer.status_code, answer.content) == (200, content)


async def test_what_lies_in_a_case_is_listed_with_what_the_machine_found(backend: Backend) -> None:
    case_no, sha256 = await filed(backend)
    listed = (await backend.get("ja-o1", f"/v1/cases/{case_no}/materials")).json()
    (only,) = listed["items"]
    assert only.pop("received_at")
    assert only == {
        "number": 1,
        "code": "identity_document",
        "name": "身份证",
        "form": "electronic",
        "sha256": sha256,
        "media_type": "application/pdf",
        "type_label": "PDF",
        "size": len(PDF),
        "received_by": "backend",
        "received_role": "system",
        "is_personal": True,
    }
    assert "labour_contract" in {fault["about"] for fault in listed["faults"]}
    outside = (await backend.get("backend", f"/v1/cases/{case_no}/materials")).json()
    assert (outside["items"][0]["sha256"], outside["faults"]) == (sha256, None)


async def test_a_paper_is_listed_and_has_no_file(backend: Backend) -> None:
    body = await backend.submission(applicant=SOMEBODY_ELSE)
    body["materials"] = [{"code": "labour_contract", "form": "paper"}]
    case_no = (await backend.post("backend", "/v1/applications", body)).json()["case_no"]
    (only,) = (await backend.get("ja-o1", f"/v1/cases/{case_no}/materials")).json()["items"]
    assert (only["sha256"], only["size"], only["is_personal"]) == ("", None, False)
    for which, told in (("1", "纸质"), ("2", "没有此材料")):
        answer = await backend.get("ja-o1", place(case_no, which))
        problem = assert_problem(answer)
        assert (answer.status_code, problem["code"]) == (404, "MATERIAL_NOT_FOUND")
        assert told in problem["detail"]
    for which in ("0", "01", "-1", "1.0", "9" * 40):
        assert (await backend.get("ja-o1", place(case_no, which))).status_code == 422


@given(
    name=st.text(max_size=200),
    code=st.sampled_from(("image/png", "application/pdf", UNKNOWN)),
)
def test_no_name_of_a_material_leaves_its_header(name: str, code: str) -> None:
    filed = FiledMaterial(number=7, code="x", name=name, sha256=SHA256, media_type=code)
    header = _saved_as(CASE, filed, code, "attachment")
    assert re.fullmatch(
        rf"attachment; filename=\"{CASE}-7\.\w+\"; filename\*=UTF-8''{CASE}-7-[A-Za-z0-9._~%-]*",
        header,
    )
    kept = "".join("?" if "\ud800" <= char <= "\udfff" else char for char in name[:60])
    assert kept in unquote(header.partition("''")[2])


@pytest.mark.parametrize("district", ["310106", "310104"])
async def test_everybody_sees_a_file_exactly_when_the_table_says_so(
    district: str, backend: Backend, issuer: LocalIssuer
) -> None:
    by_number = district == "310104"
    case_no, sha256 = await filed(backend, district=district)
    assigned = set((await backend.get("sh-u1", f"/v1/cases/{case_no}")).json()["assigned"].split())
    allowed, differing = 0, []
    for actor in everybody():
        number = OUTSIDE[actor.code].number if actor.code in OUTSIDE else ""
        token = issuer.mint(actor, ttl=timedelta(minutes=5), at=datetime.now(UTC), number=number)
        headers = {"Authorization": f"Bearer {token}"}
        if by_number:
            headers["Range"] = "bytes=0-"
        answer = await backend.http.get(
            place(case_no, "1" if by_number else sha256), headers=headers
        )
        code = "" if answer.status_code == (206 if by_number else 200) else answer.json()["code"]
        wanted = _by_the_table(actor, district, assigned, is_own=number in OWN)
        if code != wanted or (not code) != (answer.content == PDF):
            differing.append((actor, code, wanted))
        allowed += not code
        if not by_number:
            continue
        listed = await backend.http.get(f"/v1/cases/{case_no}/materials", headers=headers)
        code = "" if listed.status_code == 200 else listed.json()["code"]
        wanted = _by_the_table(actor, district, assigned, is_own=number in OWN, action=Action.READ)
        if code != wanted or (not code) != (sha256 in listed.text):
            differing.append((actor, code, wanted))
    assert not differing
    assert allowed >= len(assigned)
    noted = await looks(backend, "sh-u2", case_no=case_no, size=200)
    assert len(noted) == allowed


def _by_the_table(
    actor: Actor,
    district: str,
    assigned: set[str],
    *,
    is_own: bool,
    action: Action = Action.DISCLOSE,
) -> str:
    """The code of the refusal by the documents; empty: allowed."""
    kind = CaseKind.APPLICATION
    if actor.role in OF_OUTSIDE and not is_own:  # to them there is no such case
        return "CASE_NOT_FOUND"
    if actor.role is Role.SYSTEM:
        if actor.code not in SYSTEMS:
            return "SYSTEM_UNKNOWN"
        return expected_of_system(actor.code, kind, action, "points-portal", district)
    if not actor.district and actor.role in {Role.REVIEWER, Role.SPECIALIST, Role.LIAISON}:
        return "ROLE_NOT_ALLOWED"  # of a municipal platform
    if actor.role is Role.SUPERIOR and not actor.code.startswith("sh-"):
        return "OTHER_DISTRICT"  # not named for this city
    if not actor.district and actor.code.startswith("cq-") and action is Action.DISCLOSE:
        return "OTHER_DISTRICT"  # of the whole of another city
    found = expected(
        CELLS[kind, action, actor.role],
        is_own=is_own,
        is_assigned=actor.code in assigned,
        is_here=actor.district in {"", district},
    )
    of_another_city = (
        city_of(actor.district) != city_of(district)
        if actor.district
        else actor.code.startswith("cq-")
    )
    return found or ("OTHER_DISTRICT" if of_another_city else "")  # everywhere ends at the city
