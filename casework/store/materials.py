"""The content store of materials: each file once, under the sha256 of its bytes.

A material's key comes from its content only; nothing a user types ever becomes part of a path.
Files lie in a local folder or in an S3 bucket; nothing else differs.
"""

import asyncio
import hashlib
import re
import tempfile
from collections.abc import AsyncIterator
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Self, cast, get_args

import obstore
from obstore.store import LocalStore, ObjectStore, S3Store
from sqlalchemy import Select, and_, func, select, true, type_coerce
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH, insert
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.case.kind import event_types
from casework.store.file_type import UPLOADED, FaultyContentError, media_type
from casework.store.models import Cases, Events, Materials, Opinions, ServiceItems, Uploads

if TYPE_CHECKING:
    from obstore.store import S3Config  # exists for type checkers only

_READ_SIZE = 1 << 18
_SHA256 = re.compile(r"[0-9a-f]{64}")
_OPINION = "征求意见附件"


class MaterialError(Exception):
    """A material cannot be taken or given. ``code`` is stable, ``message`` is for the clerk."""

    code = "MaterialInvalid"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class MaterialTooLargeError(MaterialError):
    code = "MaterialTooLarge"


class MaterialEmptyError(MaterialError):
    code = "MaterialEmpty"


class MaterialTypeError(MaterialError):
    code = "MaterialTypeNotAllowed"


class MaterialFaultyError(MaterialError):
    """The file is torn, damaged, locked or disguised."""

    code = "MaterialFaulty"


class MaterialNotFoundError(MaterialError):
    code = "MaterialNotFound"


class MaterialDamagedError(MaterialError):
    """The stored bytes no longer have the digest they lie under."""

    code = "MaterialDamaged"


@dataclass(frozen=True, kw_only=True)
class StoredMaterial:
    """A file in the store: hexadecimal sha256, size in bytes, media type by content."""

    sha256: str
    size: int
    media_type: str


class MaterialStore:
    """Files by the sha256 of their content. Safe to share between tasks."""

    def __init__(self, store: ObjectStore, *, spool: Path | None = None) -> None:
        """``spool``: the folder for files on their way in; None: the system's temporary one."""
        self._store = store
        self._spool = spool

    @classmethod
    def open(cls, url: str, **options: str) -> Self:
        """Open a folder (a path or ``file://`` URL, made if absent) or ``s3://bucket/prefix``.

        ``options`` are the settings of the S3 client: ``endpoint``, ``region``,
        ``access_key_id``, ``secret_access_key`` …; left out, they come from the standard
        ``AWS_*`` variables.

        Raises:
            ValueError: a URL of another scheme.
        """
        if url.startswith("s3://"):
            return cls(_bucket(url, options))
        path = url.removeprefix("file://")
        if "://" in path:
            raise ValueError("the material store is a folder or an s3:// URL")
        folder = Path(path)
        return cls(LocalStore(folder, mkdir=True), spool=folder)

    async def put(self, stream: AsyncIterator[bytes], *, max_bytes: int) -> StoredMaterial:
        """Store what the stream yields; the same content again changes nothing.

        The file appears under its key whole or not at all. Memory does not grow with its size.

        Raises:
            MaterialTooLargeError: as soon as the stream has yielded more than ``max_bytes``.
            MaterialEmptyError: the stream yielded nothing.
            MaterialTypeError: the content is none of the allowed kinds.
            MaterialFaultyError: it is one, and cannot be read to its end.
        """
        with tempfile.TemporaryFile(dir=self._spool) as file:
            sha256, size = await _receive(stream, file, max_bytes)
            try:
                found = await asyncio.to_thread(media_type, file)
            except FaultyContentError as error:
                raise MaterialFaultyError(str(error)) from None
            if found not in UPLOADED:
                allowed = "、".join(UPLOADED.values())
                raise MaterialTypeError(f"文件内容为 {found}，只接受 {allowed}")
            if not await self.exists(sha256):
                file.seek(0)
                await obstore.put_async(self._store, _key(sha256), file)
        return StoredMaterial(sha256=sha256, size=size, media_type=found)

    async def keep(self, content: bytes) -> str:
        """Store something of our own, of whatever type, for good; returns its sha256."""
        sha256 = hashlib.sha256(content).hexdigest()
        if not await self.exists(sha256):
            await obstore.put_async(self._store, _key(sha256), content)
        return sha256

    async def content(self, sha256: str) -> bytes:
        """Return the whole content, compared with its digest; for what is small.

        Raises:
            MaterialNotFoundError: there is none. MaterialDamagedError: it is not what it was.
        """
        pieces = await self.read(sha256)
        return b"".join([piece async for piece in pieces])

    async def read(self, sha256: str) -> AsyncIterator[bytes]:
        """Return the content in pieces.

        Raises:
            MaterialNotFoundError: at once, if there is no such material.
            MaterialDamagedError: while reading, after the last piece, if it is not what it was.
        """
        try:
            found = await obstore.get_async(self._store, _key(sha256))
        except FileNotFoundError:
            raise MaterialNotFoundError("材料不存在") from None
        return _verified(found.stream(min_chunk_size=_READ_SIZE), sha256)

    async def fetch(self, sha256: str) -> BinaryIO:
        """Return the content as a file at its beginning, compared with its digest; close it.

        Memory does not grow with its size.

        Raises:
            MaterialNotFoundError: there is no such material.
            MaterialDamagedError: it is not what it was.
        """
        pieces = await self.read(sha256)
        with ExitStack() as stack:
            file = stack.enter_context(tempfile.TemporaryFile(dir=self._spool))
            async for piece in pieces:
                await asyncio.to_thread(file.write, piece)
            file.seek(0)
            stack.pop_all()
            return cast("BinaryIO", file)

    async def remove(self, sha256: str) -> None:
        """Remove the content; it may be gone already."""
        with suppress(FileNotFoundError):
            await obstore.delete_async(self._store, _key(sha256))

    async def exists(self, sha256: str) -> bool:
        """Tell whether the content is stored."""
        try:
            await obstore.head_async(self._store, _key(sha256))
        except FileNotFoundError:
            return False
        return True


def _bucket(url: str, options: dict[str, str]) -> S3Store:
    plain = options.get("endpoint", "").startswith("http://")
    return S3Store.from_url(
        url,
        config=cast("S3Config", options),
        client_options={"allow_http": plain, "timeout": timedelta(seconds=30)},
        retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=60)},
    )


class ChangedMeanwhileError(OSError):
    """Somebody wrote into the bucket while it was read."""


def read_bucket(url: str, *, most_bytes: int, **options: str) -> dict[str, bytes]:
    """Every file below ``s3://bucket/prefix`` by its path from there, all as they were at once.

    ``options`` as in ``MaterialStore.open``.

    Raises:
        ChangedMeanwhileError: a file was added, changed or removed meanwhile.
        MaterialTooLargeError: there is more than ``most_bytes``. OSError, BaseError: no answer.
    """
    store = _bucket(url, options)
    before = _listed_in(store)
    if sum(size for size, _ in before.values()) > most_bytes:
        raise MaterialTooLargeError(f"超过 {most_bytes / 2**20:.4g} MB 的上限")
    files = {path: obstore.get(store, path).bytes().to_bytes() for path in before}
    if _listed_in(store) != before:
        raise ChangedMeanwhileError(url)
    return files


def _listed_in(store: ObjectStore) -> dict[str, tuple[int, str | None]]:
    return {
        each["path"]: (each["size"], each["e_tag"]) for some in obstore.list(store) for each in some
    }


def is_digest(text: str) -> bool:
    """Whether a text is a sha256, under which a file may lie."""
    return _SHA256.fullmatch(text) is not None


def _key(sha256: str) -> str:
    if not _SHA256.fullmatch(sha256):
        raise MaterialNotFoundError("材料编号无效")
    return f"{sha256[:2]}/{sha256}"


async def _receive(stream: AsyncIterator[bytes], file: BinaryIO, max_bytes: int) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    async for piece in stream:
        size += len(piece)
        if size > max_bytes:
            raise MaterialTooLargeError(f"文件超过 {max_bytes / 2**20:.4g} MB 的上限")
        digest.update(piece)
        await asyncio.to_thread(file.write, piece)
    if not size:
        raise MaterialEmptyError("文件为空")
    file.flush()
    return digest.hexdigest(), size


async def _verified(pieces: AsyncIterator[bytes], sha256: str) -> AsyncIterator[bytes]:
    digest = hashlib.sha256()
    async for piece in pieces:
        digest.update(piece)
        yield piece
    if digest.hexdigest() != sha256:
        raise MaterialDamagedError("材料内容与登记的摘要不符")


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file by the digest of its bytes: ``size`` in bytes, type by content, first uploader."""

    sha256: str
    size: int
    media_type: str
    uploaded_at: datetime
    uploaded_by: str


async def note_upload(session: AsyncSession, upload: Upload) -> None:
    """Note a file; the same file again changes nothing."""
    await session.execute(insert(Uploads).values(**asdict(upload)).on_conflict_do_nothing())


async def find_upload(session: AsyncSession, sha256: str) -> Upload | None:
    """What is known of the file; None if it was never uploaded."""
    query = select(*Uploads.__table__.c).where(Uploads.sha256 == sha256)
    row = (await session.execute(query)).mappings().one_or_none()
    return None if row is None else Upload(**row)


@dataclass(frozen=True, kw_only=True)
class FiledMaterial:
    """A material that lies in a case: the ``number`` and ``code`` under which it came.

    ``name`` is that of the policy of the case, or the code where the policy has none. ``sha256`` is
    empty for a paper. ``media_type`` is by content; None where its upload was never noted.
    """

    number: int
    code: str
    name: str
    sha256: str
    media_type: str | None


@dataclass(frozen=True, kw_only=True)
class MaterialView(FiledMaterial):
    """A material as it is listed; ``received_by`` is who brought it, by code and role.

    ``size`` in bytes; None for a paper, and where the upload was never noted. ``is_personal``:
    every look at it is noted.
    """

    form: str
    size: int | None
    received_at: datetime
    received_by: str
    received_role: str
    is_personal: bool


@dataclass(frozen=True, kw_only=True)
class Attached:
    """A file that came with an opinion; ``asked``: who is still to answer one of which it is."""

    file: FiledMaterial
    asked: frozenset[str]


async def find_attached(session: AsyncSession, case_no: str, sha256: str) -> Attached | None:
    """The file as it came with opinions of the case; None if with none, or as a material, too."""
    if await find_filed(session, case_no, sha256) is not None:
        return None
    query = (
        select(
            Opinions.asked,
            Opinions.asked_seq,
            and_(Opinions.given_at.is_(None), Opinions.withdrawn_at.is_(None)).label("waits"),
            Uploads.media_type,
        )
        .outerjoin(Uploads, Uploads.sha256 == sha256)
        .where(Opinions.case_no == case_no, type_coerce(Opinions.files, JSONB).contains([sha256]))
        .order_by(Opinions.asked_seq)
    )
    rows = (await session.execute(query)).all()
    if not rows:
        return None
    first = rows[0]
    code = "opinion"
    return Attached(
        file=FiledMaterial(
            number=first.asked_seq,
            code=code,
            name=_OPINION,
            sha256=sha256,
            media_type=first.media_type,
        ),
        asked=frozenset(row.asked for row in rows if row.waits),
    )


async def find_filed(session: AsyncSession, case_no: str, which: str) -> FiledMaterial | None:
    """A material of the case by its number, or a file by its digest as it came last; None: none."""
    one = Materials.sha256 == which if is_digest(which) else Materials.number == int(which)
    found = await session.execute(
        _listed()
        .where(Materials.case_no == case_no, one)
        .order_by(Materials.number.desc())
        .limit(1)
    )
    row = found.mappings().one_or_none()
    if row is None:
        return None
    return FiledMaterial(**{each.name: row[each.name] for each in fields(FiledMaterial)})


async def materials_of(session: AsyncSession, case_no: str) -> tuple[MaterialView, ...]:
    """Every material of a case, in the order of arrival."""
    found = await session.execute(
        _listed().where(Materials.case_no == case_no).order_by(Materials.number)
    )
    return tuple(MaterialView(**row) for row in found.mappings())


def _listed() -> Select[*tuple[Any, ...]]:
    """Materials with their upload, their name in the policy of their case, and who brought them."""
    rules = func.jsonb_path_query_first(
        type_coerce(ServiceItems.body, JSONB),
        sql_cast("$.materials[*] ? (@.code == $code)", JSONPATH),
        func.jsonb_build_object("code", Materials.material),
    )
    name = select(func.jsonb_extract_path_text(rules, "name")).where(
        Cases.case_no == Materials.case_no, ServiceItems.digest == Cases.policy
    )
    brought = (
        select(Events.actor, Events.role)
        .where(
            Events.case_no == Materials.case_no,
            Events.at == Materials.received_at,
            Events.kind.in_(_bringing()),
        )
        .order_by(Events.seq)
        .limit(1)
        .lateral()
    )
    return (
        select(
            Materials.number,
            Materials.material.label("code"),
            func.coalesce(name.scalar_subquery(), Materials.material).label("name"),
            Materials.sha256,
            Uploads.media_type,
            Materials.form,
            Uploads.size,
            Materials.received_at,
            func.coalesce(brought.c.actor, "").label("received_by"),
            func.coalesce(brought.c.role, "").label("received_role"),
            (Materials.sha256 != "").label("is_personal"),
        )
        .outerjoin(Uploads, Uploads.sha256 == Materials.sha256)
        .outerjoin(brought, true())
    )


@cache
def _bringing() -> tuple[str, ...]:
    """The words of the events by which materials come into a case."""
    return tuple(
        body.kind
        for body in get_args(event_types())
        if "materials" in {field.name for field in fields(body)}
    )
