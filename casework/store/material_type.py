"""What kind of file a material is, by its content; its name is never asked."""

import mmap
import struct
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

import puremagic

PDF = "application/pdf"
JPEG = "image/jpeg"
PNG = "image/png"
ZIP = "application/zip"
OFD = "application/ofd"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
DOC = "application/msword"

ALLOWED = {
    PDF: "PDF",
    JPEG: "JPEG",
    PNG: "PNG",
    ZIP: "ZIP",
    OFD: "OFD",
    DOCX: "DOCX",
    DOC: "DOC",
}

_UNKNOWN = "application/octet-stream"
_DAMAGED_ZIP = "application/zip; damaged"
_OLE = "application/x-ole-storage"

_HEAD = 512  # enough for every signature we tell apart
_MOST_MEMBERS = 10_000  # looked at in a ZIP; more do not make it another kind

_ZIP_KINDS = {
    b"OFD.xml": OFD,
    b"word/document.xml": DOCX,
    b"xl/workbook.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    b"ppt/presentation.xml": (
        "application/vnd.openxmlformats-officedocument.presentationml.presentation"
    ),
    b"META-INF/MANIFEST.MF": "application/java-archive",
}


def media_type(file: BinaryIO) -> str:
    """Return the media type of a file on disk that is not empty.

    OFD and DOCX are ZIP files told apart by their members; a ZIP without a readable directory is
    ``application/zip; damaged``.
    """
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if content[:2] == b"PK":
            return _zip_kind(content)
        if content[:8] == bytes.fromhex("d0cf11e0a1b11ae1"):
            return DOC if content.find("WordDocument".encode("utf-16-le")) >= 0 else _OLE
        try:
            return puremagic.magic_string(content[:_HEAD])[0].mime_type or _UNKNOWN
        except puremagic.PureError:
            return _UNKNOWN


def _zip_kind(content: mmap.mmap) -> str:
    names = set(islice(_members(content), _MOST_MEMBERS))
    if not names:
        return _DAMAGED_ZIP
    return next((kind for member, kind in _ZIP_KINDS.items() if member in names), ZIP)


def _members(content: mmap.mmap) -> Iterator[bytes]:
    """Walk the directory at the end of a ZIP, entry by entry, without unpacking anything.

    ``zipfile`` would build an object per member first: a few megabytes can hold a million.
    """
    end = content.rfind(b"PK\x05\x06", max(0, len(content) - 65_557))
    if end < 0 or end + 22 > len(content):
        return
    (at,) = struct.unpack_from("<I", content, end + 16)
    while content[at : at + 4] == b"PK\x01\x02" and at + 46 <= len(content):
        name, extra, comment = struct.unpack_from("<HHH", content, at + 28)
        yield content[at + 46 : at + 46 + name]
        at += 46 + name + extra + comment
