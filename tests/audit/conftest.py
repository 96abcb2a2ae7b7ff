"""A register whose record has been tampered with, and what verifying says to it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from casework.messages.entry import Entry
from casework.security.audit.digests import DigestKey, PublicKeys, SignedDigest
from casework.security.audit.findings import Finding, Report
from casework.security.audit.hashing import Hashing, StoredEvent, genesis, link
from casework.store.audit import cases_of, make_digest, stored_digests, verify_register
from casework.store.engine import Sessions, let_record_change, read_sessions
from casework.store.register.recording import Written, record
from tests.store.desks import archived
from tests.store.entries import writer

DAY = date(2026, 11, 21)
MADE_AT = datetime(2026, 11, 21, 17, tzinfo=UTC)
DISTRICT = "310106"
EVENTS = 8  # of the desk `archived`


@dataclass
class Archive:
    """A register, its digests, and somebody with every right in the database."""

    engine: AsyncEngine
    sessions: Sessions
    key: DigestKey = field(default_factory=DigestKey.new)

    @property
    def keys(self) -> PublicKeys:
        return PublicKeys([self.key.public_pem.encode()])

    async def fill(self, number: int = 1, *, events: int | None = None) -> str:
        """One case with its first events, recorded one by one and at once; its number."""
        case = writer(archived(), number=number)
        await self.record(case.entry(1))
        await self.record(case.entry(events and events - 1))
        return case.case_no

    async def record(self, entry: Entry) -> Written:
        async with self.sessions.begin() as session:
            return await record(session, entry)

    async def digest(self, day: date = DAY, *, key: DigestKey | None = None) -> SignedDigest:
        async with self.sessions.begin() as session:
            made = await make_digest(session, DISTRICT, day, made_at=MADE_AT, key=key or self.key)
        assert made
        return made

    async def digests(self) -> tuple[SignedDigest, ...]:
        async with self.sessions() as session:
            return await stored_digests(session)

    async def tamper(self, *statements: str, **values: object) -> None:
        """What whoever rules the database can do."""
        async with self.sessions.begin() as session:
            await session.execute(text("SET LOCAL session_replication_role = replica"))
            for statement in statements:
                names = {name for name in values if f":{name}" in statement}
                await session.execute(text(statement), {name: values[name] for name in names})

    async def events(self, case_no: str) -> tuple[StoredEvent, ...]:
        async with self.sessions() as session:
            (case,) = [each async for each in cases_of(session, [case_no])]
        return case.events

    async def chain_anew(self, case_no: str) -> None:
        """Make all hashes of a case fit again, as the recorder would have made them."""
        async with self.sessions.begin() as session:
            await let_record_change(session)
            before = genesis(Hashing.SHA256, case_no)
            for event in await self.events(case_no):
                before = link(Hashing.SHA256, case_no, event.seq, event.content, before)
                await session.execute(
                    text("UPDATE events SET hash = :hash WHERE case_no = :no AND seq = :seq"),
                    {"hash": before, "no": case_no, "seq": event.seq},
                )

    async def verify(self, exported: Sequence[SignedDigest] = (), *, district: str = "") -> Report:
        return await verify_register(
            read_sessions(self.engine), self.keys, exported=exported, district=district
        )

    async def found(self, exported: Sequence[SignedDigest] = ()) -> list[tuple[object, ...]]:
        """Kind, case, first and last event, digest of each finding."""
        report = await self.verify(exported)
        return [_short(each) for each in report.findings]


def _short(found: Finding) -> tuple[object, ...]:
    return found.kind.value, found.case_no, found.seq, found.until, found.digest


@pytest.fixture
def archive(register_engine: AsyncEngine, sessions: Sessions) -> Archive:
    return Archive(register_engine, sessions)
