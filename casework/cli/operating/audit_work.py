"""What ``casework audit`` does in the register."""
# ruff: noqa: PLC0415 - imported when a command runs, so that the others start fast

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from casework.cli.terms.errors import RefusedError, UnusableError
from casework.cli.terms.screen import note

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from casework.security.audit.digests import SignedDigest
    from casework.security.audit.findings import Finding, Report
    from casework.security.audit.signing import PublicKeys
    from casework.settings import Settings
    from casework.store.audit import Sealed


@asynccontextmanager
async def _engine(settings: "Settings") -> "AsyncIterator[AsyncEngine]":
    from casework.store.engine import create_engine

    engine = create_engine(settings.database)
    try:
        yield engine
    finally:
        await engine.dispose()


async def verify(
    settings: "Settings", district: str, folder: Path | None, public_keys: Sequence[Path]
) -> "Report":
    """Verify; without public keys the one at hand is believed."""
    from casework.security.audit.exports import exported
    from casework.store.audit import verify_register
    from casework.store.engine import read_sessions

    keys = _keys(settings, public_keys)
    try:
        believed = () if folder is None else exported(folder, district)
    except ValueError as error:
        first_line = str(error).partition("\n")[0]
        raise UnusableError(f"{folder} holds a file that is no digest: {first_line}") from None
    async with _engine(settings) as engine:
        report = await verify_register(
            read_sessions(engine), keys, exported=believed, district=district
        )
    return replace(report, findings=(*report.findings, *await _not_held(settings, district)))


async def _not_held(settings: "Settings", district: str) -> "list[Finding]":
    """The events that Temporal does not hold; an auditor without keys cannot ask for them."""
    from casework.cli.operating.comparing import ahead_of_temporal
    from casework.cli.terms.open_register import open_register
    from casework.security.audit.findings import Finding, Tampering
    from casework.security.keys.errors import KeysError

    try:
        async with open_register(settings) as opened:
            ahead = await ahead_of_temporal(settings, opened, district=district)
    except KeysError as error:
        note(f"not compared with Temporal: {error}")
        return []
    return [
        Finding(
            kind=Tampering.NOT_HELD,
            district=each.district,
            case_no=each.case_no,
            seq=each.held + 1,
            until=each.seq,
        )
        for each in ahead
    ]


def _keys(settings: "Settings", files: Sequence[Path]) -> "PublicKeys":
    from casework.security.audit.signing import DigestKey, PublicKeys

    if files:
        return PublicKeys([file.read_bytes() for file in files])
    note("no --public-key: the key at hand is believed")
    return PublicKeys([DigestKey.open(settings).public_pem.encode()])


def _write(signed: "SignedDigest", folder: Path) -> None:
    from casework.security.audit.exports import ExportDiffersError
    from casework.security.audit.exports import export as exported

    try:
        exported(signed, folder)
    except ExportDiffersError as error:
        raise RefusedError(str(error)) from None


async def make(settings: "Settings", day: date, now: datetime) -> "list[SignedDigest]":
    """Make the digests of a day and export them; those that are there stay."""
    from casework.security.audit.hashing import Hashing
    from casework.security.audit.signing import DigestKey
    from casework.store.audit import districts, make_digest
    from casework.store.engine import sessions

    made, key = [], DigestKey.open(settings)
    async with _engine(settings) as engine:
        opened = sessions(engine, hashing=Hashing(settings.hash))
        async with opened() as session:
            known = await districts(session)
        for district in known:
            async with opened.begin() as session:
                signed = await make_digest(session, district, day, made_at=now, key=key)
            if signed:
                _write(signed, settings.audit_export_dir)
                made.append(signed)
    return made


async def export(settings: "Settings", district: str, to: Path | None) -> int:
    """Export every digest and the public key; how many digests there are."""
    from casework.security.audit.signing import DigestKey
    from casework.store.audit import stored_digests
    from casework.store.engine import sessions

    folder = to or settings.audit_export_dir
    async with _engine(settings) as engine, sessions(engine)() as session:
        digests = await stored_digests(session, district)
    for signed in digests:
        _write(signed, folder)
    key = DigestKey.open(settings)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{key.id}.public.pem").write_text(key.public_pem)
    return len(digests)


async def seal(settings: "Settings") -> "Sealed":
    """Seal the history."""
    from casework.security.audit.hashing import Hashing
    from casework.store.audit import seal_history as sealed
    from casework.store.engine import sessions

    async with _engine(settings) as engine:
        return await sealed(sessions(engine, hashing=Hashing(settings.hash)))
