"""What kind of file a material is, and whether it is whole: by its content, never by its name.

The head of a file tells its kind; a library then reads it to the end, so that a torn or disguised
file is refused while whoever sent it still has the right one at hand. What it can read, it can also
show as JPEG.
"""

import io
import mmap
import tempfile
import threading
import zipfile
from typing import BinaryIO

import pikepdf
import pillow_heif
from PIL import Image, ImageOps

Image.preinit()  # else no format is known until somebody else has opened a picture

PDF = "application/pdf"
JPEG = "image/jpeg"
PNG = "image/png"
HEIC = "image/heic"
ZIP = "application/zip"
OFD = "application/ofd"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
DOC = "application/msword"
MP4 = "video/mp4"
M4A = "audio/mp4"
MP3 = "audio/mpeg"
AMR = "audio/amr"
WAV = "audio/wav"
EML = "message/rfc822"
"""A mail as it came; nobody uploads one."""

ALLOWED = {
    PDF: "PDF",
    JPEG: "JPEG",
    PNG: "PNG",
    HEIC: "HEIC",
    ZIP: "ZIP",
    OFD: "OFD",
    DOCX: "DOCX",
    DOC: "DOC",
}
SPOKEN = {MP4: "MP4", M4A: "M4A", MP3: "MP3", AMR: "AMR", WAV: "WAV"}
"""Recordings, which are evidence: they are uploaded, and not taken out of a mail."""
UPLOADED = ALLOWED | SPOKEN

_UNKNOWN = "application/octet-stream"
_OLE = "application/x-ole-storage"

_HEAD = 1024
"""Within so many bytes a PDF begins (ISO 32000-1, annex H); other kinds begin at the first."""
_SIGNATURES = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"PK", ZIP),
    (bytes.fromhex("d0cf11e0a1b11ae1"), _OLE),
    (b"GIF8", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"#!AMR", AMR),
    (b"ID3", MP3),
    (b"\xff\xfb", MP3),
    (b"\xff\xf3", MP3),
    (b"Rar!", "application/vnd.rar"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"\x1f\x8b", "application/gzip"),
    (b"MZ", "application/vnd.microsoft.portable-executable"),
    (b"\x7fELF", "application/x-executable"),
    (b"{\\rtf", "application/rtf"),
    (b"<", "text/html"),
)
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_MP4_BRANDS = frozenset({b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1"})
_M4A_BRANDS = frozenset({b"M4A ", b"M4B "})
_PARTS = {
    "OFD.xml": OFD,
    "word/document.xml": DOCX,
    "xl/workbook.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/presentation.xml": (
        "application/vnd.openxmlformats-officedocument.presentationml.presentation"
    ),
    "META-INF/MANIFEST.MF": "application/java-archive",
}
"""ZIP files that are something else, by a member."""

_MOST_PIXELS = {JPEG: 250_000_000, PNG: 60_000_000, HEIC: 60_000_000}
"""A JPEG is read at an eighth of its size; telephones make 200 million pixels."""
_LONGEST_SHOWN = 4096
"""Pixels along the longer side of a picture that is shown: A4 at 350 dots per inch."""
_QUALITY = 88
_MOST_MEMBERS = 10_000
_MOST_UNPACKED = 1 << 29
_PIECE = 1 << 20
_PICTURES = threading.BoundedSemaphore(2)
"""An unpacked picture is large: no more than two at a time."""


class FaultyContentError(ValueError):
    """The file is of an allowed kind and not whole; the text says so to whoever sent it."""


def media_type(file: BinaryIO) -> str:
    """Return the media type of a file on disk that is not empty, read to its end.

    Raises:
        FaultyContentError: torn, damaged, locked with a password, or an archive in disguise.
    """
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        kind = _kind(content)
        if kind == _OLE:
            return DOC if content.find("WordDocument".encode("utf-16-le")) >= 0 else _OLE
        disguised = kind in {PDF, JPEG, PNG, HEIC, *SPOKEN} and _ends_as_zip(content)
        if kind in SPOKEN and not disguised and not _is_whole_recording(content, kind):
            raise FaultyContentError(f"{SPOKEN[kind]} 录音录像不完整或已损坏，请重新导出后上传")
        ends = content.rfind(b"%%EOF", max(0, len(content) - 4096)) >= 0
    if disguised:
        raise FaultyContentError(f"文件是 {UPLOADED[kind]}，末尾却藏有压缩包，请另存后重新上传")
    if kind == PDF:
        _whole_pdf(file, ends=ends)
    elif kind in _MOST_PIXELS:
        _whole_picture(file, kind)
    elif kind == ZIP:
        return _whole_zip(file)
    return kind


def media_type_of(content: bytes) -> str:
    """As ``media_type``, of a file that is in memory, such as one of a mail."""
    if not content:
        raise FaultyContentError("文件是空的，请重新发送")
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.flush()
        return media_type(file)


def _kind(content: mmap.mmap) -> str:
    head = content[:_HEAD]
    if b"%PDF-" in head and not head.startswith((b"PK", b"\xff\xd8", b"\x89PNG")):
        return PDF
    if head[4:8] == b"ftyp":
        return _kind_by_brand(head)
    if head.startswith(b"RIFF"):
        return WAV if head[8:12] == b"WAVE" else "image/webp"
    return next((kind for signature, kind in _SIGNATURES if head.startswith(signature)), _UNKNOWN)


def _kind_by_brand(head: bytes) -> str:
    """What an ISO base media file (ISO 14496-12) is, by its brands."""
    brand = head[8:12]
    brands = {head[at : at + 4] for at in range(8, min(len(head), 64), 4)}
    if brand in _HEIC_BRANDS and brands & _HEIC_BRANDS:
        return HEIC
    if brand in _M4A_BRANDS:
        return M4A
    return MP4 if brand in _MP4_BRANDS or brand.startswith(b"3gp") else _UNKNOWN


def _is_whole_recording(content: mmap.mmap, kind: str) -> bool:
    """Whether a recording has all that its own lengths say; MP3 says nothing of the kind."""
    if kind in {MP4, M4A}:
        return _has_whole_boxes(content)
    if kind == WAV:
        return int.from_bytes(content[4:8], "little") + 8 <= len(content)
    return True


def _has_whole_boxes(content: mmap.mmap) -> bool:
    """Whether the boxes end where the file does, an index and the recording among them."""
    at, boxes = 0, set()
    while at < len(content):
        size, box = int.from_bytes(content[at : at + 4]), content[at + 4 : at + 8]
        if size == 1:
            size = int.from_bytes(content[at + 8 : at + 16])
        elif size == 0:  # the last one, up to the end
            size = len(content) - at
        if size < 8 or at + size > len(content):  # noqa: PLR2004 - length and name
            return False
        boxes.add(box)
        at += size
    return b"mdat" in boxes and bool({b"moov", b"moof"} & boxes)


def _ends_as_zip(content: mmap.mmap) -> bool:
    """Whether a ZIP's directory ends exactly where the file ends."""
    end = content.rfind(b"PK\x05\x06", max(0, len(content) - 65_557))
    if end < 0 or end + 22 > len(content):
        return False
    return end + 22 + int.from_bytes(content[end + 20 : end + 22], "little") == len(content)


def _whole_pdf(file: BinaryIO, *, ends: bool) -> None:
    """What viewers mend, such as lines before the head, is let pass; a torn file is not."""
    file.seek(0)
    try:
        with pikepdf.open(file, suppress_warnings=True) as document:
            pages = len(document.pages)
    except pikepdf.PasswordError:
        raise FaultyContentError("PDF 设有打开密码，请解除密码后重新上传") from None
    except (pikepdf.PdfError, ValueError, RecursionError):
        raise FaultyContentError("PDF 已损坏或不完整，请重新导出或扫描后上传") from None
    if not pages:
        raise FaultyContentError("PDF 中没有页面，请重新导出或扫描后上传")
    if not ends:
        raise FaultyContentError("PDF 不完整（缺少结尾），请重新导出或扫描后上传")


def _whole_picture(file: BinaryIO, kind: str) -> None:
    file.seek(0)
    torn = FaultyContentError(f"{ALLOWED[kind]} 图片已损坏或不完整，请重新拍摄或导出后上传")
    try:
        with _PICTURES, _opened(file, kind) as picture:
            _decode(picture)
    except FaultyContentError:
        raise
    except Exception:  # noqa: BLE001 - decoders raise whatever they stumble over
        raise torn from None


def _decode(picture: Image.Image) -> None:
    width, height = picture.size
    picture.draft(None, (width // 8 or 1, height // 8 or 1))
    picture.load()


def _opened(file: BinaryIO, kind: str) -> Image.Image:
    """The picture; its pixels are counted before any is decoded, which HEIC is at once."""
    if kind == HEIC:
        coded = pillow_heif.open_heif(file)
        _require_pixels(coded.size, kind)
        return coded.to_pillow()
    factory, _ = Image.OPEN[kind.removeprefix("image/").upper()]
    picture = factory(file, "")
    _require_pixels(picture.size, kind)
    return picture


def _require_pixels(size: tuple[int, int], kind: str) -> None:
    width, height = size
    if width * height > _MOST_PIXELS[kind]:
        raise FaultyContentError("图片像素过多，请缩小后重新上传")


SHOWN_AS_JPEG = frozenset({HEIC, PNG, JPEG})


def as_jpeg(file: BinaryIO, kind: str) -> BinaryIO:
    """Return a picture of a kind in ``SHOWN_AS_JPEG`` as a JPEG that every browser shows.

    Upright, at most 4096 pixels long, and without what a camera writes beside the picture (place,
    time, device). Slow, and takes memory: call it in a thread.

    Raises:
        FaultyContentError: it cannot be read, or has too many pixels.
    """
    file.seek(0)
    try:
        with _PICTURES, _opened(file, kind) as picture:
            return _written(picture)
    except FaultyContentError:
        raise
    except Exception:  # noqa: BLE001 - decoders raise whatever they stumble over
        raise FaultyContentError(f"{ALLOWED[kind]} 图片无法读取，请下载原件查看") from None


def _written(picture: Image.Image) -> BinaryIO:
    picture.draft("RGB", (_LONGEST_SHOWN, _LONGEST_SHOWN))  # a large JPEG is decoded smaller
    upright = ImageOps.exif_transpose(picture)
    upright.thumbnail((_LONGEST_SHOWN, _LONGEST_SHOWN))
    shown = Image.new("RGB", upright.size, "white")
    if upright.has_transparency_data:
        see_through = upright.convert("RGBA")
        shown.paste(see_through, mask=see_through)
    else:
        shown.paste(upright.convert("RGB"))
    file = io.BytesIO()
    profile = picture.info.get("icc_profile")  # else the colours of a telephone look pale
    shown.save(file, "JPEG", quality=_QUALITY, icc_profile=profile)
    file.seek(0)
    return file


def _whole_zip(file: BinaryIO) -> str:
    """OFD and DOCX are ZIP files told apart by their members; every member is unpacked once."""
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            _unpack(archive)
            names = set(archive.namelist())
    except FaultyContentError:
        raise
    except NotImplementedError:
        raise FaultyContentError("压缩包的压缩方式不常用，请用普通方式压缩后重新上传") from None
    except Exception:  # noqa: BLE001 - zipfile and zlib raise whatever they stumble over
        raise FaultyContentError("压缩包已损坏或不完整，请重新压缩后上传") from None
    kind = next((kind for member, kind in _PARTS.items() if member in names), ZIP)
    if kind == DOCX and "[Content_Types].xml" not in names:
        return ZIP
    return kind


def _unpack(archive: zipfile.ZipFile) -> None:
    """Read every member to its checksum, counting the bytes that really come."""
    members, left = archive.infolist(), _MOST_UNPACKED
    if not members or len(members) > _MOST_MEMBERS:
        raise FaultyContentError(f"压缩包须有文件，且不超过 {_MOST_MEMBERS} 个")
    if any(member.flag_bits & 1 for member in members):
        raise FaultyContentError("压缩包设有密码，请解除密码后重新上传")
    for member in members:
        with archive.open(member) as content:
            while piece := content.read(_PIECE):
                left -= len(piece)
                if left < 0:
                    raise FaultyContentError("压缩包解压后过大，请分开上传")
