"""The content store on a local folder and on S3 spoken to over real HTTP."""

import asyncio
import hashlib
import io
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from casework.store.file_type import HEIC, JPEG, PNG, UPLOADED, FaultyContentError, as_jpeg
from casework.store.materials import (
    MaterialDamagedError,
    MaterialEmptyError,
    MaterialError,
    MaterialFaultyError,
    MaterialNotFoundError,
    MaterialStore,
    MaterialTooLargeError,
    MaterialTypeError,
    StoredMaterial,
)
from tests.docs.pages import ROOT
from tests.files import pdf, picture, recording, zipped

PDF = pdf(b"scan " * 2000)
MEGABYTE = 2**20
Content = bytes | Callable[[], bytes]


def made(content: Content) -> bytes:
    """What takes long to make is made by the test that needs it, not by each process."""
    return content if isinstance(content, bytes) else content()


async def pieces(content: bytes, size: int = 700) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def put(store: MaterialStore, content: bytes, max_bytes: int = MEGABYTE) -> StoredMaterial:
    return await store.put(pieces(content), max_bytes=max_bytes)


async def content_of(store: MaterialStore, sha256: str) -> bytes:
    return b"".join([piece async for piece in await store.read(sha256)])


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
    content = pdf(b"scan " * 2_500_000)  # more than two parts of an upload
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
        (b"\r\n\r\n" + PDF, "PDF"),
        (b"\xef\xbb\xbf" + PDF, "PDF"),
        (b" " * 900 + PDF, "PDF"),
        (PDF.replace(b"startxref\n", b"startxref\n9"), "PDF"),  # viewers mend that
        (PDF + b"\r\n" * 300, "PDF"),
        (picture("JPEG"), "JPEG"),
        (partial(picture, "JPEG", (4000, 3000)), "JPEG"),
        (picture("JPEG") + b"\0\0\0\x18ftypmp42" + bytes(500), "JPEG"),  # with a moving picture
        (picture("PNG"), "PNG"),
        (picture("HEIF"), "HEIC"),
        (zipped("photo.jpg", "劳动合同.pdf"), "ZIP"),
        (zipped("photo.jpg", how=zipfile.ZIP_BZIP2), "ZIP"),
        (zipped("OFD.xml", "Doc_0/Document.xml"), "OFD"),
        (zipped("[Content_Types].xml", "word/document.xml"), "DOCX"),
        (zipped("word/document.xml"), "ZIP"),
        (
            bytes.fromhex("d0cf11e0a1b11ae1") + bytes(1000) + "WordDocument".encode("utf-16-le"),
            "DOC",
        ),
        (recording(), "MP4"),
        (recording(b"3gp4", b"mdat", b"moov"), "MP4"),
        (recording(b"M4A "), "M4A"),
        (b"#!AMR\n" + bytes(32), "AMR"),
        (b"ID3\x04" + bytes(32), "MP3"),
        (b"RIFF" + (40).to_bytes(4, "little") + b"WAVE" + bytes(36), "WAV"),
    ],
)
async def test_kind_is_told_by_content(tmp_path: Path, content: Content, kind: str) -> None:
    content = made(content)
    store = MaterialStore.open(str(tmp_path))
    stored = await put(store, content)
    assert UPLOADED[stored.media_type] == kind
    assert await content_of(store, stored.sha256) == content


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"MZ\x90\x00" + bytes(200), "portable-executable"),
        (b"<html><script>alert(1)</script>", "text/html"),
        (b"GIF89a" + bytes(100), "image/gif"),
        ("你好".encode(), "octet-stream"),
        (b"\n%PD", "octet-stream"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(1000), "ole-storage"),
        (zipped("[Content_Types].xml", "xl/workbook.xml"), "spreadsheetml"),
        (zipped("META-INF/MANIFEST.MF", "a.class"), "java-archive"),
        (b"Rar!\x1a\x07\x01\x00" + bytes(100), "rar"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(100), "7z"),
        (b"\0\0\0\x18ftypavif\0\0\0\0avifmif1" + bytes(100), "octet-stream"),
        (b"RIFF\x20\0\0\0WEBP" + bytes(24), "image/webp"),
    ],
)
async def test_other_kinds_are_refused_by_name(tmp_path: Path, content: bytes, found: str) -> None:
    allowed = "PDF、JPEG、PNG、HEIC、ZIP、OFD、DOCX、DOC、MP4、M4A、MP3、AMR、WAV"
    with pytest.raises(MaterialTypeError, match=f"{found}.*{allowed}"):
        await put(MaterialStore.open(str(tmp_path)), content)


def vast() -> bytes:
    """A HEIC that says it has 400 million pixels: for so many a decoder would take memory."""
    heic = picture("HEIF")
    at = heic.index(b"ispe") + 8
    return heic[:at] + (20_000).to_bytes(4) * 2 + heic[at + 8 :]


ZIP = zipped("a.pdf", content=PDF)
TORN = (
    recording()[:-1],
    recording(b"isom", b"moov"),
    recording(b"isom", b"mdat"),
    recording() + b"\0",
    b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(100),
    b"RIFF" + (41).to_bytes(4, "little") + b"WAVE" + bytes(36),
)


@pytest.mark.parametrize("content", TORN)
async def test_a_torn_recording_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(MaterialFaultyError, match="不完整"):
        await put(MaterialStore.open(str(tmp_path)), content)


async def test_a_recording_hides_no_archive(tmp_path: Path) -> None:
    with pytest.raises(MaterialFaultyError, match="压缩包"):
        await put(MaterialStore.open(str(tmp_path)), recording() + ZIP)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"%PDF-", "PDF"),
        (b"%PDF-1.7\n%%EOF\n", "PDF"),
        (PDF[:-60], "PDF"),
        (PDF[: len(PDF) // 2], "PDF"),
        (pdf(password="secret"), "密码"),
        (PDF + zipped("a.exe"), "压缩包"),
        (picture("JPEG")[:-400], "JPEG"),
        (picture("JPEG")[:30], "JPEG"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01" + bytes(200), "JPEG"),
        (picture("JPEG") + zipped("a.exe"), "压缩包"),
        (picture("PNG")[:-40], "PNG"),
        (picture("PNG").replace(b"IDAT", b"IDAU", 1), "PNG"),
        (partial(picture, "PNG", (9000, 9000)), "像素"),
        (picture("HEIF")[:-40], "HEIC"),
        (vast, "像素"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100), "HEIC"),
        (ZIP[:-30], "压缩包"),
        (ZIP[:60] + bytes([ZIP[60] ^ 1]) + ZIP[61:], "压缩包"),
        (b"PK\x03\x04", "压缩包"),
        (zipped(), "压缩包"),
        (b"PK\x05\x06" + b"\xff" * 18, "压缩包"),
        (ZIP.replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01"), "密码"),
        (lambda: zipped("a", content=bytes((1 << 29) + 1)), "过大"),
    ],
)
async def test_what_is_not_whole_is_told_at_once(
    tmp_path: Path, content: Content, why: str
) -> None:
    content = made(content)
    with pytest.raises(MaterialFaultyError, match=why):
        await put(MaterialStore.open(str(tmp_path)), content)
    assert not any(tmp_path.iterdir())  # noqa: ASYNC240 - the folder of this test alone


@settings(max_examples=150, deadline=None, suppress_health_check=[*HealthCheck])
@given(
    st.sampled_from([PDF, picture("JPEG"), picture("PNG"), picture("HEIF"), ZIP]),
    st.data(),
)
async def test_whatever_happened_to_a_file_the_answer_is_one_of_ours(
    tmp_path: Path, content: bytes, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(content) - 1))
    end = data.draw(st.integers(at, len(content)))
    torn = content[:at] + data.draw(st.binary(max_size=40)) + content[end:]
    with suppress(MaterialError):
        await put(MaterialStore.open(str(tmp_path)), torn)


async def test_office_file_inside_a_zip_leaves_it_a_zip(tmp_path: Path) -> None:
    inner = zipped("[Content_Types].xml", "xl/workbook.xml")
    whole = zipped("book.xlsx", content=inner, how=zipfile.ZIP_STORED)
    stored = await put(MaterialStore.open(str(tmp_path)), whole)
    assert stored.media_type == "application/zip"


async def test_changed_bytes_are_noticed_while_reading(tmp_path: Path) -> None:
    store = MaterialStore.open(str(tmp_path))
    stored = await put(store, PDF)
    (tmp_path / stored.sha256[:2] / stored.sha256).write_bytes(PDF + b"!")
    with pytest.raises(MaterialDamagedError):
        await content_of(store, stored.sha256)


async def test_a_material_is_fetched_whole_or_not_at_all(store: MaterialStore) -> None:
    content = pdf(b"scan " * 200_000)
    stored = await put(store, content, 4 * MEGABYTE)
    with await store.fetch(stored.sha256) as file:
        assert file.read() == content
    with pytest.raises(MaterialNotFoundError):
        await store.fetch("0" * 64)


async def test_a_changed_material_is_not_fetched(tmp_path: Path) -> None:
    store = MaterialStore.open(str(tmp_path))
    stored = await put(store, PDF)
    (tmp_path / stored.sha256[:2] / stored.sha256).write_bytes(PDF[:-1])
    with pytest.raises(MaterialDamagedError):
        await store.fetch(stored.sha256)


def shown(content: bytes, kind: str) -> Image.Image:
    picture = Image.open(as_jpeg(io.BytesIO(content), kind))
    assert picture.format == "JPEG"
    return picture


@pytest.mark.parametrize(("form", "kind"), [("HEIF", HEIC), ("PNG", PNG), ("JPEG", JPEG)])
def test_a_large_picture_is_shown_smaller(form: str, kind: str) -> None:
    assert shown(picture(form, (300, 200)), kind).size == (300, 200)
    assert shown(picture(form, (8192, 600)), kind).size == (4096, 300)


def test_a_picture_is_shown_upright_and_without_what_the_camera_wrote() -> None:
    exif, file = Image.Exif(), io.BytesIO()
    exif[0x0112], exif[0x010F] = 6, "Maker"  # lies on its side; who made the camera
    Image.new("RGB", (120, 90), "navy").save(file, "PNG", exif=exif)
    assert b"Maker" in file.getvalue()
    upright = as_jpeg(file, PNG)
    assert b"Maker" not in upright.read()
    assert Image.open(upright).size == (90, 120)


def test_what_can_be_seen_through_is_shown_on_white() -> None:
    file = io.BytesIO()
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(file, "PNG")
    assert shown(file.getvalue(), PNG).getpixel((10, 10)) == (255, 255, 255)


@pytest.mark.parametrize(("content", "why"), [(vast, "像素"), (picture("HEIF")[:-40], "原件")])
def test_what_cannot_be_shown_says_so(content: Content, why: str) -> None:
    with pytest.raises(FaultyContentError, match=why):
        as_jpeg(io.BytesIO(made(content)), HEIC)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (MaterialTooLargeError, "MaterialTooLarge"),
        (MaterialEmptyError, "MaterialEmpty"),
        (MaterialTypeError, "MaterialTypeNotAllowed"),
        (MaterialFaultyError, "MaterialFaulty"),
        (MaterialNotFoundError, "MaterialNotFound"),
    ],
)
def test_codes_are_stable(error: type[MaterialError], code: str) -> None:
    assert error("理由").code == code
    assert error("理由").message == "理由"


def test_other_schemes_are_refused() -> None:
    with pytest.raises(ValueError, match="s3://"):
        MaterialStore.open("ftp://somewhere/else")


def test_a_process_that_has_opened_no_picture_yet_knows_the_samples() -> None:
    code = "import sys; from casework.store.file_type import media_type as kind\n"
    code += "for file in sys.argv[1:]: print(kind(open(file, 'rb')))"
    files = [ROOT / "examples/files" / name for name in ("identity.png", "form.pdf")]
    done = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-c", code, *files], capture_output=True, text=True, check=False
    )
    assert (done.stdout.split(), done.stderr) == (["image/png", "application/pdf"], "")
