"""The archive of a person, unpacked in memory and nowhere else, counted while it is read."""

import io
import re
import zipfile
from dataclasses import dataclass, field

from casework.incoming.grammar import Fault

MOST_FILES = 500
MOST_BYTES = 200 << 20
"""Unpacked, of one archive: a hundred photographs of a telephone."""
_PIECE = 1 << 16
_NOT_MEANT = re.compile(r"(?:^|/)(?:__MACOSX/|\.|Thumbs\.db$|desktop\.ini$)", re.IGNORECASE)
_UTF8 = 0x800


@dataclass(frozen=True, kw_only=True)
class Packed:
    """A file of an archive, with its name without folders."""

    name: str = field(repr=False)
    content: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Unpacked:
    """What an archive holds, or why it could not be read."""

    files: tuple[Packed, ...] = ()
    faults: tuple[Fault, ...] = ()


def is_zip(content: bytes) -> bool:
    """Whether this is a ZIP archive, by its content."""
    return content.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"))


def is_other_archive(content: bytes) -> bool:
    """Whether this is packed in a way that a person has to unpack (RAR, 7z, gzip, tar)."""
    packed = (b"Rar!", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"BZh", b"\xfd7zXZ")
    return content.startswith(packed) or content[257:262] == b"ustar"


def unpack(name: str, content: bytes) -> Unpacked:
    """Return the files of an archive called ``name``; what is wrong with it is a fault.

    One folder around all is let pass. Bytes are counted as they really come, and no more than
    200 MB are read.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _read(name, archive)
    except NotImplementedError:
        return _fault("PACKAGE_COMPRESSION", f"“{name}”的压缩方式不常用，请用普通方式压缩为 ZIP")
    except Exception:  # noqa: BLE001 - zipfile and zlib raise whatever they stumble over
        return _fault("PACKAGE_DAMAGED", f"“{name}”已损坏或不完整，请重新压缩")


def _read(name: str, archive: zipfile.ZipFile) -> Unpacked:
    members = [
        (path, member)
        for member in archive.infolist()
        if not member.is_dir()
        for path in [_path(member)]
        if not _NOT_MEANT.search(path)
    ]
    if not members:
        return _fault("PACKAGE_EMPTY", f"“{name}”中没有文件")
    if len(members) > MOST_FILES:
        return _fault("PACKAGE_TOO_LARGE", f"“{name}”中的文件超过 {MOST_FILES} 个")
    if any(member.flag_bits & 1 for _, member in members):
        return _fault("PACKAGE_LOCKED", f"“{name}”设有密码，请解除密码后重新发送")
    faults = []
    folders = {path.rpartition("/")[0] for path, _ in members}
    if len(folders) > 1 or any("/" in folder for folder in folders):
        faults.append(Fault(code="PACKAGE_FOLDERS", detail=f"“{name}”中的文件须放在同一个文件夹"))
    files: list[Packed] = []
    left = MOST_BYTES
    for path, member in members:
        pieces = []
        with archive.open(member) as packed:
            while piece := packed.read(_PIECE):
                left -= len(piece)
                if left < 0:
                    most = MOST_BYTES >> 20
                    detail = f"“{name}”解压后超过 {most} MB，请分开发送"
                    return _fault("PACKAGE_TOO_LARGE", detail)
                pieces.append(piece)
        files.append(Packed(name=path.rpartition("/")[2], content=b"".join(pieces)))
    return Unpacked(files=tuple(files), faults=tuple(faults))


def _path(member: zipfile.ZipInfo) -> str:
    """The name as it was meant: UTF-8 where it says so or is so, else as Chinese Windows writes."""
    if member.flag_bits & _UTF8:
        name = member.filename
    else:
        raw = member.orig_filename.encode("cp437", "replace")
        try:
            name = raw.decode()
        except UnicodeDecodeError:
            name = raw.decode("gb18030", "replace")
    plain = re.sub(r"^[A-Za-z]:", "", name.replace("\\", "/")).strip("/")
    return "/".join(step for step in plain.split("/") if step not in {"", ".", ".."})


def _fault(code: str, detail: str) -> Unpacked:
    return Unpacked(faults=(Fault(code=code, detail=detail),))
