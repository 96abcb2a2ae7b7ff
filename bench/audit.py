"""The audit chain: how fast a register of made-up events is verified, on one connection.

``python -m bench.audit 1000000`` measures another number of events.
"""

import asyncio
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from rich.console import Console
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from casework.local.devstack import postgres
from casework.security.audit.digests import DigestKey, PublicKeys
from casework.security.audit.hashing import Hashing, content_of, genesis, link
from casework.store.audit import make_digest, verify_register
from casework.store.engine import create_engine, migrate, read_sessions, sessions

EVENTS = 100_000
PER_CASE = 8
_DISTRICT = "310106"
_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
_BODY = '{"sealed": "sealed:k1:A256GCM:%s"}'
_COLUMNS = ("case_no", "seq", "kind", "title", "at", "actor", "role", "reason", "body", "hash")
_CASES = (
    "INSERT INTO service_items VALUES ('bench', 'PTS_NEW', :district, '', CAST('{}' AS jsonb))",
    """
    INSERT INTO openings (case_no, district, source, reference, content, subject, rehearsal,
           started_by_run)
    SELECT :district || '-' || lpad(n::text, 12, '0'), :district, 'bench', 'n-' || n, '', '',
           interval '0', ''
    FROM generate_series(1, :cases) AS n
    """,
    """
    INSERT INTO cases (case_no, district, item, item_name, office, channel, policy, stage,
           stage_since, received_at, card, holder, green, open_debts, last_seq)
    SELECT case_no, district, 'PTS_NEW', '', '', 'online', 'bench', 'archived', now(), now(),
           'none', '', false, 0, :events
    FROM openings
    """,
)


@dataclass(frozen=True, kw_only=True)
class Audit:
    """Seconds to make one digest of every case, and to verify every event against it."""

    audit_events: int
    audit_digest_s: float
    audit_verify_s: float
    audit_events_per_s: float


async def measure(events: int = EVENTS) -> Audit:
    """Fill a register of its own, sign one digest, verify."""
    async with postgres() as url:
        await migrate(url)
        engine = create_engine(url)
        try:
            await _fill(url, events // PER_CASE)
            return await _verified(engine)
        finally:
            await engine.dispose()


async def _verified(engine: AsyncEngine) -> Audit:
    key = DigestKey.new()
    started = time.perf_counter()
    async with sessions(engine).begin() as session:
        await make_digest(session, _DISTRICT, date(2026, 11, 21), made_at=_BEGAN, key=key)
    digest_s = time.perf_counter() - started
    started = time.perf_counter()
    report = await verify_register(read_sessions(engine), PublicKeys([key.public_pem.encode()]))
    verify_s = time.perf_counter() - started
    if report.findings:
        raise RuntimeError(f"the register is sound, and yet: {report.findings[0]}")
    return Audit(
        audit_events=report.events,
        audit_digest_s=digest_s,
        audit_verify_s=verify_s,
        audit_events_per_s=report.events / verify_s,
    )


async def _fill(url: str, cases: int) -> None:
    engine = create_async_engine(url)  # of this, a statement may take long
    values = {"district": _DISTRICT, "cases": cases, "events": PER_CASE}
    async with engine.begin() as connection:
        for statement in _CASES:
            given = {name: value for name, value in values.items() if f":{name}" in statement}
            await connection.execute(text(statement), given)
        driver: Any = (await connection.get_raw_connection()).driver_connection
        await driver.copy_records_to_table("events", records=_events(cases), columns=_COLUMNS)
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("VACUUM ANALYZE"))
    await engine.dispose()


def _events(cases: int) -> Iterator[tuple[Any, ...]]:
    for number in range(1, cases + 1):
        case_no = f"{_DISTRICT}-{number:012}"
        before = genesis(Hashing.SHA256, case_no)
        for seq in range(1, PER_CASE + 1):
            fields = {
                "kind": "materials_received",
                "title": "收到材料",
                "at": _BEGAN + timedelta(seconds=number, microseconds=seq),
                "actor": "ja-o1",
                "role": "officer",
                "reason": "",
                "body": _BODY % (f"{number:08}{seq:08}" * 20),
            }
            before = link(Hashing.SHA256, case_no, seq, content_of(**fields), before)  # type: ignore[arg-type]  # by name
            yield (case_no, seq, *fields.values(), before)


def main() -> None:
    """Measure so many events and print it."""
    found = asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else EVENTS))
    for name, value in asdict(found).items():
        Console().print(f"{name} {value:,.2f}")


if __name__ == "__main__":
    main()
