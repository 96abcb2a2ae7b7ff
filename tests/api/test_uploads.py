"""Uploads: by content, whole, and known afterwards by their digest."""

import hashlib

import httpx
from sqlalchemy import select

from api.edge import FORM_OVERHEAD_BYTES
from casework.settings import Settings
from casework.store.engine import Sessions
from casework.store.models import Uploads
from tests.api.live import PDF, Backend, Headers
from tests.api.test_problems import assert_problem


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
