"""The content store on a local folder and on S3 spoken to over real HTTP."""

import asyncio
import hashlib
import io
import zipfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from moto.server import ThreadedMotoServer

from casework.store.material_type import ALLOWED
from casework.store.materials import (
    MaterialDamagedError,
    MaterialEmptyError,
    MaterialError,
    MaterialNotFoundError,
    MaterialStore,
    MaterialTooLargeError,
    MaterialTypeError,
    StoredMaterial,
)

PDF = b"%PDF-1.7\n" + b"scan " * 2000
MEGABYTE = 2**20


def zipped(*members: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for member in members:
            archive.writestr(zipfile.ZipInfo(member), "content")  # not dated: tests have names
    return file.getvalue()


async def pieces(content: bytes, size: int = 700) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def put(store: MaterialStore, content: bytes, max_bytes: int = MEGABYTE) -> StoredMaterial:
    return await store.put(pieces(content), max_bytes=max_bytes)


async def content_of(store: MaterialStore, sha256: str) -> bytes:
    return b"".join([piece async for piece in await store.read(sha256)])


@pytest.fixture(scope="module")
def s3() -> Iterator[dict[str, str]]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    options = {
        "endpoint": f"http://{host}:{port}",
        "region": "us-east-1",
        "access_key_id": "test",
        "secret_access_key": "test",
    }
    httpx.put(f"{options['endpoint']}/materials", trust_env=False).raise_for_status()
    yield options
    server.stop()


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> MaterialStore:
    if request.param == "folder":
        return MaterialStore.open(str(tmp_path / "materials"))
    # A prefix of its own keeps tests apart in one bucket.
    return MaterialStore.open(f"s3://materials/{tmp_path.name}", **request.getfixturevalue("s3"))


async def test_stored_material_is_found_by_its_digest(store: MaterialStore) -> None:
    stored = await put(store, PDF)
    assert stored == StoredMaterial(
        sha256=hashlib.sha256(PDF).hexdigest(), size=len(PDF), media_type="application/pdf"
    )
    assert await store.exists(stored.sha256)
    assert await content_of(store, stored.sha256) == PDF


async def test_large_material_comes_back_whole(store: MaterialStore) -> None:
    content = PDF + bytes(range(256)) * 4 * 1024 * 12  # more than two parts of an upload
    stored = await store.put(pieces(content, 1 << 16), max_bytes=64 * MEGABYTE)
    assert stored.size == len(content)
    assert await content_of(store, stored.sha256) == content


async def test_same_content_at_once_is_stored_once(store: MaterialStore) -> None:
    stored = await asyncio.gather(*(put(store, PDF) for _ in range(8)))
    assert len(set(stored)) == 1
    assert await content_of(store, stored[0].sha256) == PDF


async def test_unknown_material_is_not_found(store: MaterialStore) -> None:
    absent = "0" * 64
    assert not await store.exists(absent)
    with pytest.raises(MaterialNotFoundError):
        await store.read(absent)


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", "0" * 63, "A" * 64, "0" * 64 + "\n"])
async def test_only_a_digest_is_a_key(store: MaterialStore, digest: str) -> None:
    with pytest.raises(MaterialNotFoundError):
        await store.read(digest)
    with pytest.raises(MaterialNotFoundError):
        await store.exists(digest)


async def test_limit_of_size_is_inclusive(store: MaterialStore) -> None:
    assert (await put(store, PDF, max_bytes=len(PDF))).size == len(PDF)


async def test_too_large_is_refused_before_the_stream_ends(store: MaterialStore) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1
            yield PDF

    with pytest.raises(MaterialTooLargeError, match="1 MB"):
        await store.put(endless(), max_bytes=MEGABYTE)
    assert read == MEGABYTE // len(PDF) + 1


async def test_refused_material_leaves_nothing_behind(tmp_path: Path) -> None:
    store = MaterialStore.open(tmp_path.as_uri())
    for content, error in (
        (b"", MaterialEmptyError),
        (b"MZ\x90\x00" + bytes(200), MaterialTypeError),
        (PDF, MaterialTooLargeError),
    ):
        with pytest.raises(error):
            await put(store, content, max_bytes=len(PDF) - 1)
    assert not any(tmp_path.iterdir())  # noqa: ASYNC240 - the folder of this test alone


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PDF, "PDF"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01" + bytes(200), "JPEG"),
        (b"\xff\xd8\xff\xe1\x00\x10Exif\x00\x00" + bytes(200), "JPEG"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(200), "PNG"),
        (zipped("photo.jpg", "劳动合同.pdf"), "ZIP"),
        (zipped("OFD.xml", "Doc_0/Document.xml"), "OFD"),
        (zipped("[Content_Types].xml", "word/document.xml"), "DOCX"),
        (
            bytes.fromhex("d0cf11e0a1b11ae1") + bytes(1000) + "WordDocument".encode("utf-16-le"),
            "DOC",
        ),
    ],
)
async def test_kind_is_told_by_content(tmp_path: Path, content: bytes, kind: str) -> None:
    stored = await put(MaterialStore.open(str(tmp_path)), content)
    assert ALLOWED[stored.media_type] == kind


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"MZ\x90\x00" + bytes(200), "portable-executable"),
        (b"<html><script>alert(1)</script>", "text/html"),
        (b"GIF89a" + bytes(100), "image/gif"),
        ("你好".encode(), "octet-stream"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(1000), "ole-storage"),
        (zipped("[Content_Types].xml", "xl/workbook.xml"), "spreadsheetml"),
        (zipped("a.pdf")[:-30], "zip; damaged"),
        (b"PK\x05\x06" + b"\xff" * 18, "zip; damaged"),
        (b"PK\x03\x04", "zip; damaged"),
    ],
)
async def test_other_kinds_are_refused_by_name(tmp_path: Path, content: bytes, found: str) -> None:
    with pytest.raises(MaterialTypeError, match=f"{found}.*PDF、JPEG、PNG、ZIP、OFD、DOCX、DOC"):
        await put(MaterialStore.open(str(tmp_path)), content)


async def test_office_file_inside_a_zip_leaves_it_a_zip(tmp_path: Path) -> None:
    inner = zipped("[Content_Types].xml", "xl/workbook.xml")
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("book.xlsx", inner)
    stored = await put(MaterialStore.open(str(tmp_path)), file.getvalue())
    assert stored.media_type == "application/zip"


async def test_changed_bytes_are_noticed_while_reading(tmp_path: Path) -> None:
    store = MaterialStore.open(str(tmp_path))
    stored = await put(store, PDF)
    (tmp_path / stored.sha256[:2] / stored.sha256).write_bytes(PDF + b"!")
    with pytest.raises(MaterialDamagedError):
        await content_of(store, stored.sha256)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (MaterialTooLargeError, "MaterialTooLarge"),
        (MaterialEmptyError, "MaterialEmpty"),
        (MaterialTypeError, "MaterialTypeNotAllowed"),
        (MaterialNotFoundError, "MaterialNotFound"),
    ],
)
def test_codes_are_stable(error: type[MaterialError], code: str) -> None:
    assert error("理由").code == code
    assert error("理由").message == "理由"


def test_other_schemes_are_refused() -> None:
    with pytest.raises(ValueError, match="s3://"):
        MaterialStore.open("ftp://somewhere/else")
