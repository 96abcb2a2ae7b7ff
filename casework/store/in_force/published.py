"""What a process holds of the published catalogues, and how it takes a new version: all or none.

A new version is read from the material store, checked whole, and only then put in the place of what
was held, by one reference. Whatever fails leaves everything as it is, is logged as an error, and is
tried again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Self

import obstore.exceptions
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.errors import DomainError
from casework.domain.publishing import version_on
from casework.domain.time.calendar import local_date
from casework.letters.wording import check_texts
from casework.policy.authority import hold_table
from casework.policy.catalogue import CatalogueError
from casework.policy.publishing.archive import (
    MOST_BYTES,
    Archive,
    ArchiveError,
    gathered,
    same_content,
)
from casework.policy.publishing.versions import (
    HeldCatalogues,
    WholeCatalogue,
    catalogue_of,
    read_whole,
)
from casework.store.in_force.catalogue_orders import VersionRow, latest_version, list_versions
from casework.store.materials import (
    MaterialDamagedError,
    MaterialError,
    MaterialNotFoundError,
    MaterialStore,
    read_bucket,
)
from casework.store.watching import Watch

UNREADABLE = (
    MaterialError,
    ArchiveError,
    CatalogueError,
    OSError,
    obstore.exceptions.BaseError,
)
"""What is raised when a catalogue cannot be had from the store, or cannot be used."""
_SAID = 300
NOT_TAKEN = "catalogue_not_taken"
"""The event that alarms: a published version that this process cannot use."""

log = structlog.get_logger("catalogue")

Reading = Callable[[], AbstractAsyncContextManager[AsyncSession]]
Taken = Callable[[WholeCatalogue], Awaitable[None]]


def first_catalogue(where: str, **options: str) -> WholeCatalogue:
    """The catalogue in a folder, or in ``s3://bucket/prefix``, checked whole.

    ``s3://…#<sha256>``: only if that is its digest, so that a tree which is still being copied is
    never taken. ``options`` as in ``MaterialStore.open``. Raises one of ``UNREADABLE``.
    """
    if not where.startswith("s3://"):
        return catalogue_of(Path(where))
    url, _, digest = where.partition("#")
    archive = gathered(read_bucket(url, most_bytes=MOST_BYTES, **options))
    if digest not in {"", archive.digest}:
        raise ArchiveError(f"目录的摘要是 {archive.digest}，不是 {digest}")
    return read_whole(archive)


class CatalogueNotHeldError(Exception):
    """A version is in force that this process cannot read; it must open no case meanwhile."""


class PublishedCatalogues:
    """The catalogues of this process. ``held`` is replaced as a whole; take it once and use it.

    ``sample`` holds as long as nothing has been published. ``since``: when this process began to
    hold what it holds.
    """

    def __init__(
        self,
        sample: WholeCatalogue,
        reading: Reading,
        materials: MaterialStore,
        now: Callable[[], datetime],
    ) -> None:
        """``reading`` opens a session that may read the register; ``now`` is aware."""
        self.held = HeldCatalogues(sample=sample)
        self.since: datetime | None = None
        self.materials = materials
        self._reading = reading
        self.now = now
        self._unread = ""
        self._taken: list[Taken] = []
        self._alarmed: str = ""
        self.watch = Watch("catalogue", self._position, self._reload)

    @classmethod
    def begin(
        cls,
        where: str | None,
        reading: Reading,
        materials: MaterialStore,
        now: Callable[[], datetime],
    ) -> Self:
        """Begin with the catalogue that a setting names, else with the packaged one.

        What cannot be read, or is broken, alarms and changes nothing: what is published goes on. In
        an empty register no case is opened until ``beginning`` has read it.
        """
        own = cls(catalogue_of(None), reading, materials, now)
        if where:
            try:
                own.held = HeldCatalogues(sample=first_catalogue(where))
            except UNREADABLE as error:
                log.error(NOT_TAKEN, error=type(error).__name__, about=str(error)[:_SAID])  # noqa: TRY400 - one line
                own._unread = where
        return own

    async def beginning(self) -> WholeCatalogue:
        """The catalogue with which an empty register begins; raises one of ``UNREADABLE``."""
        if self._unread:
            whole = await asyncio.to_thread(first_catalogue, self._unread)
            self.held = replace(self.held, sample=whole)
            self._unread = ""
        return self.held.sample

    @property
    def today(self) -> WholeCatalogue:
        """The catalogue in force today, as far as this process knows."""
        return self.held.on(local_date(self.now()))

    def on(self, day: date) -> WholeCatalogue:
        """The catalogue in force on a day, as far as this process knows."""
        return self.held.on(day)

    def when_taken(self, told: Taken) -> None:
        """Have ``told`` called with what is in force, whenever that may have changed."""
        self._taken.append(told)

    async def require(self, latest: int, day: date) -> None:
        """Return once the version in force on ``day`` is held; ``latest`` is the register's last.

        Raises:
            CatalogueNotHeldError: it cannot be read.
        """
        if latest == 0 and self._unread:
            raise CatalogueNotHeldError("")
        if latest == self.held.latest:
            return
        try:
            await self.watch.look()
        except UNREADABLE as error:
            async with self._reading() as session:
                version = version_on(await list_versions(session), day)
            if version is not None and version.digest not in self.held.contents:
                raise CatalogueNotHeldError(version.digest) from error

    async def _position(self) -> Hashable:
        async with self._reading() as session:
            return await latest_version(session), local_date(self.now())

    async def _reload(self, _: Hashable) -> None:
        async with self._reading() as session:
            rows = await list_versions(session)
        before, sample = self.held, self.held.sample
        # Shared with what was held before: a digest is always the same catalogue.
        contents = before.contents
        for digest in dict.fromkeys(row.digest for row in rows):
            if digest not in contents:
                own = digest == sample.digest
                contents.add(sample if own else await self._read(digest))
        self.held = HeldCatalogues(sample=sample, versions=rows, contents=contents)
        self._alarmed = ""
        current = self.today
        hold_table(current.authority)
        if before.latest != self.held.latest or self.since is None:
            self.since = self.now()
            _tell(rows, self.held, local_date(self.now()))
        for told in self._taken:
            await told(current)

    async def _read(self, digest: str) -> WholeCatalogue:
        try:
            archive = await read_archive(self.materials, digest)
            return await asyncio.to_thread(read_whole, archive, kept=True)
        except UNREADABLE as error:
            if self._alarmed != digest:
                log.error(NOT_TAKEN, digest=digest, error=type(error).__name__)  # noqa: TRY400 - one line
            self._alarmed = digest
            raise


def _tell(rows: tuple[VersionRow, ...], held: HeldCatalogues, today: date) -> None:
    current = held.version_on(today)
    log.info(
        "catalogue_held",
        versions=len(rows),
        in_force=current.number if current else 0,
        digest=held.on(today).digest,
    )


async def read_archive(materials: MaterialStore, digest: str) -> Archive:
    """The archive of a digest, as it was kept; raises one of ``UNREADABLE``."""
    return same_content(await materials.content(digest), digest)


def read_checked(archive: Archive) -> WholeCatalogue:
    """A catalogue that is new; raises CatalogueError, also for a letter that cannot be written."""
    whole = read_whole(archive)
    if findings := check_texts(archive.root):
        raise CatalogueError(findings)
    return whole


async def read_proposed(published: PublishedCatalogues, digest: str) -> WholeCatalogue:
    """A catalogue that somebody wants to publish, for the first time or again.

    Raises:
        DomainError: ``CATALOGUE_UNKNOWN``, nobody has sent it; ``CATALOGUE_INVALID``, with faults.
            Others of ``UNREADABLE``: the store does not answer.
    """
    if (known := published.held.contents.get(digest)) is not None:
        return known
    try:
        archive = await read_archive(published.materials, digest)
        return await asyncio.to_thread(read_checked, archive)
    except MaterialNotFoundError:
        raise DomainError("CATALOGUE_UNKNOWN", "没有上传过此目录", "digest") from None
    except CatalogueError as error:
        first = error.findings[0]
        detail = f"目录有 {len(error.findings)} 处错误，如 {first}"
        raise DomainError("CATALOGUE_INVALID", detail, "digest") from None
    except (ArchiveError, MaterialDamagedError):
        raise DomainError("CATALOGUE_INVALID", "目录内容与其摘要不符", "digest") from None
