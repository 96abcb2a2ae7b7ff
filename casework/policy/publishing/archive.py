"""A catalogue as one file: the same files give the same bytes, so that its digest names it.

The archive is a ZIP without compression. Its entries stand in the order of their names and bear no
times, so an archive that somebody else has packed is packed anew before it is named.
"""

import hashlib
import io
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath

FOLDERS = (
    "authority",
    "calendars",
    "districts",
    "items",
    "letters",
    "mail",
    "measures",
    "scenarios",
    "service",
    "sharing",
)
FILES = ("defaults.yaml", "vocabulary.yaml")
MOST_FILES = 5_000
MOST_BYTES = 16 * 1024 * 1024
_EPOCH = (1980, 1, 1, 0, 0, 0)
_UNIX, _READABLE = 3, 0o100644 << 16
_IGNORED = ("README.md", "schema", "rosters")
"""What lies beside the policy and is none: who works where is no matter of the catalogue."""


_TOO_MUCH = f"事项目录至多 {MOST_FILES} 个文件、共 {MOST_BYTES // 2**20} MB"


class ArchiveError(Exception):
    """It cannot be a catalogue. The message is Chinese and names the file."""


@dataclass(frozen=True, kw_only=True)
class Archive:
    """A whole catalogue. ``digest`` is the sha256 of ``content``, in hexadecimal."""

    content: bytes
    digest: str

    @property
    def root(self) -> zipfile.Path:
        """The catalogue's folder, readable like any other."""
        return zipfile.Path(zipfile.ZipFile(io.BytesIO(self.content)))

    def files(self) -> dict[str, bytes]:
        """Each file by its path from the root."""
        with zipfile.ZipFile(io.BytesIO(self.content)) as packed:
            return {name: packed.read(name) for name in packed.namelist()}


def pack(root: Traversable | Path) -> Archive:
    """The catalogue in a folder. Links are followed: mounted folders consist of them.

    Raises:
        ArchiveError: it is none, is too large, or a file in it cannot be read.
    """
    files: dict[str, bytes] = {}
    left = MOST_BYTES
    for name, entry in _entries(root):
        files[name] = _read_at_most(entry, name, left)
        left -= len(files[name])
        if left < 0 or len(files) > MOST_FILES:
            raise ArchiveError(_TOO_MUCH)
    return packed(files)


def _entries(root: Traversable) -> Iterator[tuple[str, Traversable]]:
    yield from ((name, root / name) for name in FILES if (root / name).is_file())
    for name in FOLDERS:
        yield from _below(root / name, name)


def _below(folder: Traversable, name: str) -> Iterator[tuple[str, Traversable]]:
    try:
        entries = list(folder.iterdir()) if folder.is_dir() else []
        for entry in entries:
            if entry.name.startswith((".", "__")):
                continue
            path = f"{name}/{entry.name}"
            if entry.is_dir():
                yield from _below(entry, path)
            else:
                yield path, entry
    except OSError as error:
        raise ArchiveError(f"{name!a}：无法读取（{error.strerror}）") from None


def _read_at_most(entry: Traversable, name: str, size: int) -> bytes:
    """What a file holds, and one byte more than ``size`` if it is longer."""
    try:
        name.encode()
        if not entry.is_file():  # a pipe would never end, and a link may lead nowhere
            raise ArchiveError(f"{name}：不是文件")
        with entry.open("rb") as content:
            return content.read(size + 1)
    except UnicodeEncodeError:
        raise ArchiveError(f"{name!a}：文件名须为 UTF-8") from None
    except OSError as error:
        raise ArchiveError(f"{name}：无法读取（{error.strerror}）") from None


def gathered(files: Mapping[str, bytes]) -> Archive:
    """The catalogue among the files of a tree, as ``pack`` takes it; raises ArchiveError."""
    own = (*FILES, *(f"{folder}/" for folder in FOLDERS))
    hidden = (".", "__")
    return packed(
        {
            name: content
            for name, content in files.items()
            if name.startswith(own)
            and not any(part.startswith(hidden) for part in name.split("/"))
            and (name in FILES or "/" in name)
        }
    )


def packed(files: Mapping[str, bytes]) -> Archive:
    """The archive of these files by path; raises ArchiveError."""
    if not any(name in files for name in FILES):
        raise ArchiveError(f"不是事项目录：根目录下没有 {'、'.join(FILES)}")
    if len(files) > MOST_FILES or sum(map(len, files.values())) > MOST_BYTES:
        raise ArchiveError(_TOO_MUCH)
    _require_names_apart(files)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as whole:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system, entry.external_attr = _UNIX, _READABLE
            whole.writestr(entry, files[name])
    content = buffer.getvalue()
    return Archive(content=content, digest=hashlib.sha256(content).hexdigest())


def _require_names_apart(files: Iterable[str]) -> None:
    """Refuse names of which some machines keep one: the next export there would lose a file."""
    seen: dict[str, str] = {}
    for name in sorted(files):
        other = seen.setdefault(unicodedata.normalize("NFC", name).casefold(), name)
        if other != name:
            raise ArchiveError(f"{other}、{name}：文件名只差大小写或写法，请改名")


def repacked(content: bytes) -> Archive:
    """The archive of a ZIP that somebody has sent, whatever packed it.

    Files that are no policy are left out. Raises ArchiveError: it is damaged or dangerous.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as sent:
            files = _read(sent)
    except ArchiveError:
        raise
    except Exception as error:
        raise ArchiveError("压缩包无法读取，须为未加密的 ZIP") from error
    return packed(files)


def _read(sent: zipfile.ZipFile) -> dict[str, bytes]:
    entries = [entry for entry in sent.infolist() if not entry.is_dir()]
    if len(entries) > MOST_FILES or sum(entry.file_size for entry in entries) > MOST_BYTES:
        raise ArchiveError(_TOO_MUCH)
    files: dict[str, bytes] = {}
    for entry in entries:
        name = _name(entry.filename)
        if name is None:
            continue
        if name in files:
            raise ArchiveError(f"{name}：压缩包中有两份")
        files[name] = sent.read(entry)
    return files


def _name(path: str) -> str | None:
    """The path of a file of the policy; None: it is none."""
    parts = PurePosixPath(path.replace("\\", "/")).parts
    if not parts or path.startswith("/") or ".." in parts or "\0" in path:
        raise ArchiveError("压缩包中有不允许的路径")
    if parts[0] in _IGNORED or any(part.startswith((".", "__")) for part in parts):
        return None
    if parts[0] not in FOLDERS and "/".join(parts) not in FILES:
        raise ArchiveError(f"{'/'.join(parts)}：不属于事项目录")
    return "/".join(parts)


def same_content(content: bytes, digest: str) -> Archive:
    """What was kept under a digest; raises ArchiveError if it is something else now."""
    if hashlib.sha256(content).hexdigest() != digest:
        raise ArchiveError("内容与登记的摘要不符")
    repacked(content)  # it may be any file that somebody has sent
    return Archive(content=content, digest=digest)
