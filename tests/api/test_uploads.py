"""Uploads: by content, whole, and known afterwards by their digest."""

import hashlib

import httpx
from sqlalchemy import select

from api.edge.requests import FORM_OVERHEAD_BYTES
from casework.settings import Settings
from casework.store.engine import Sessions
from casework.store.models import Uploads
from tests.api.live import Backend, Headers
from tests.api.test_problems import assert_problem
from tests.files import PDF, picture


async def test_same_file_is_the_same_material_however_it_comes(
    backend: Backend, sessions: Sessions
) -> None:
    raw = await backend.http.post("/v1/materials", content=PDF, headers=backend.bearer("ja-o1"))
    form = await backend.http.post(
        "/v1/materials",
        files={"file": ("../../etc/passwd", PDF, "text/html")},
        headers=backend.bearer("ja-o2"),
    )
    assert (raw.status_code, form.status_code) == (201, 201)
    assert raw.json() == form.json()
    assert raw.json() == {
        "sha256": hashlib.sha256(PDF).hexdigest(),
        "size": len(PDF),
        "media_type": "application/pdf",
    }
    async with sessions() as session:
        noted = (await session.execute(select(Uploads))).scalars().all()
    assert [upload.uploaded_by for upload in noted] == ["ja-o1"]


async def test_content_that_is_not_allowed_is_refused(
    lonely: httpx.AsyncClient, bearer: Headers, settings: Settings
) -> None:
    large = PDF + b"\0" * settings.upload_max_bytes
    for content, status, code in (
        (b"<html><script>", 415, "MATERIAL_TYPE_NOT_ALLOWED"),
        (b"", 422, "MATERIAL_EMPTY"),
        (large, 413, "MATERIAL_TOO_LARGE"),
        (large + b"\0" * FORM_OVERHEAD_BYTES, 413, "BODY_TOO_LARGE"),
    ):
        answer = await lonely.post("/v1/materials", content=content, headers=bearer("ja-o1"))
        assert (answer.status_code, assert_problem(answer)["code"]) == (status, code)


async def test_form_without_its_file_is_refused(lonely: httpx.AsyncClient, bearer: Headers) -> None:
    answer = await lonely.post(
        "/v1/materials", files={"document": ("a.pdf", PDF)}, headers=bearer("ja-o1")
    )
    assert answer.status_code == 422
    assert assert_problem(answer)["errors"][0]["field"] == "file"
    broken = bearer("ja-o1") | {"content-type": "multipart/form-data"}
    answer = await lonely.post("/v1/materials", content=PDF, headers=broken)
    assert (answer.status_code, assert_problem(answer)["code"]) == (400, "UNREADABLE_BODY")


async def test_upload_while_the_register_is_away_is_answered_by_503(
    lonely: httpx.AsyncClient, bearer: Headers
) -> None:
    answer = await lonely.post("/v1/materials", content=PDF, headers=bearer("ja-o1"))
    assert (answer.status_code, assert_problem(answer)["code"]) == (503, "REGISTER_AWAY")
    assert answer.headers["retry-after"]


async def test_a_form_is_read_as_others_write_it(
    backend: Backend,
) -> None:
    """A name given by ``filename*`` alone, no name at all, other parts beside it."""
    for head in (
        "form-data; name=\"file\"; filename*=UTF-8''%E5%90%88%E5%90%8C.pdf",
        'form-data; filename="合同.pdf"; name=file',
        'form-data; name="file"; filename="C:\\\\scan\\\\1.pdf"',
        'form-data; name="file"',
    ):
        answer = await _send_form(backend, head, PDF)
        assert answer.status_code == 201, head
        assert answer.json()["sha256"] == hashlib.sha256(PDF).hexdigest()


async def test_a_torn_form_is_refused(backend: Backend) -> None:
    head = 'form-data; name="file"; filename="a.pdf"'
    torn = await _send_form(backend, head, PDF, end=b"")
    assert (torn.status_code, assert_problem(torn)["code"]) == (400, "UNREADABLE_BODY")
    two = await backend.http.post(
        "/v1/materials",
        files=[("file", ("a.pdf", PDF)), ("file", ("b.pdf", PDF))],
        headers=backend.bearer("ja-o1"),
    )
    assert (two.status_code, assert_problem(two)["errors"][0]["field"]) == (422, "file")


async def test_a_picture_from_a_telephone_is_kept_and_a_torn_one_told(backend: Backend) -> None:
    for content, status in ((picture("HEIF"), 201), (picture("JPEG")[:-300], 422)):
        answer = await backend.http.post(
            "/v1/materials", content=content, headers=backend.bearer("ja-o1")
        )
        assert answer.status_code == status
    assert assert_problem(answer)["code"] == "MATERIAL_FAULTY"
    assert "JPEG" in answer.json()["detail"]


async def _send_form(
    backend: Backend, head: str, content: bytes, end: bytes = b"\r\n--b7--\r\n"
) -> httpx.Response:
    other = b'--b7\r\nContent-Disposition: form-data; name="note"\r\n\r\nscan\r\n'
    part = f"--b7\r\nContent-Disposition: {head}\r\nContent-Type: application/pdf\r\n\r\n"
    kind = {"content-type": 'multipart/form-data; boundary="b7"'}
    return await backend.http.post(
        "/v1/materials",
        content=other + part.encode() + content + end,
        headers=backend.bearer("ja-o1") | kind,
    )
