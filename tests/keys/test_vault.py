"""Secrets of cases: made once, asked for once, and gone when deleted."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from casework.security.keys.errors import ErasedError, KeysAwayError
from casework.security.keys.ring import KeyRing
from casework.security.keys.vault import PLAIN, scope_of
from casework.settings import SettingsError
from casework.store.engine import create_engine, read_sessions, sessions, vault_of
from casework.store.sealing import ring_vault as vaults
from casework.store.sealing.ring_vault import RingVault, Secrets

CASE, OTHER = "310106-1111-1111-1111", "310106-2222-2222-2222"
NAME = "parties.name"


@pytest.mark.parametrize(
    ("workflow_id", "scope"),
    [
        (f"app.310106.{CASE}", CASE),
        (f"req.310106.{CASE}", CASE),
        (f"cycle.talent.{CASE}", CASE),
        (f"cycle.permit.{CASE}", CASE),
        (f"ticket.rating.{CASE}", CASE),
        (f"round.310106.{CASE}", ""),
        ("order.S-2022-1", ""),
        ("outreach.o-1", ""),
        ("absence.a-1", ""),
        ("calendar-watch-2022-12-01T00:00:00Z", ""),
        ("application-like", ""),
        ("app.310106.310106-1111\x00", ""),
        ("app.310106.张三", ""),
        ("app.310106." + "1" * 65, ""),
        ("", ""),
    ],
)
def test_a_scope_is_the_number_of_a_persons_case(workflow_id: str, scope: str) -> None:
    assert scope_of(workflow_id) == scope


async def test_two_processes_that_meet_a_case_at_once_share_its_secret(
    vault: RingVault, other_process: RingVault
) -> None:
    ours, theirs = await asyncio.gather(vault.cipher(CASE), other_process.cipher(CASE))
    assert theirs.open_text(ours.seal_text("张三", NAME), NAME) == "张三"
    assert ours.open_text(theirs.seal_text("李四", NAME), NAME) == "李四"


async def test_each_case_has_a_secret_of_its_own(
    vault: RingVault, register_engine: AsyncEngine
) -> None:
    await asyncio.gather(vault.cipher(CASE), vault.cipher(OTHER), vault.cipher(""))
    async with register_engine.connect() as connection:
        rows = await connection.execute(text("SELECT scope, secret FROM case_secrets"))
        secrets = {row.scope: row.secret for row in rows}
    assert set(secrets) == {CASE, OTHER}
    assert len(set(secrets.values())) == 2


async def test_a_case_costs_one_statement(ring: KeyRing, register_url: str) -> None:
    engine = create_engine(register_url, pool_size=2)
    vault = RingVault(ring, Secrets(lambda: engine), looks_after_seconds=3600)
    await vault.cipher("")  # a process says once by which keys it seals
    with counted(engine) as statements:
        await asyncio.gather(*(vault.cipher("310106-3333-3333-3333") for _ in range(20)))
        for _ in range(20):
            await vault.cipher("310106-3333-3333-3333")
            await vault.reading("310106-3333-3333-3333")
            await vault.cipher("")
    await vault.aclose()
    assert len(statements) == 1, statements


async def test_reading_makes_no_secret(vault: RingVault, register_engine: AsyncEngine) -> None:
    assert await vault.reading(CASE) is None
    async with register_engine.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM case_secrets")) == 0


async def test_what_one_process_erased_no_other_reads(
    vault: RingVault, other_process: RingVault, register_engine: AsyncEngine
) -> None:
    await asyncio.gather(vault.cipher(CASE), other_process.cipher(CASE), vault.cipher(OTHER))
    assert await vault.reading(CASE)
    await erase(register_engine, CASE)
    for process in (vault, other_process):
        assert await process.reading(CASE) is None
        with pytest.raises(ErasedError, match="已依法删除"):
            await process.cipher(CASE)
    assert await vault.reading(OTHER)


async def test_while_the_register_is_away_what_is_at_hand_serves(
    ring: KeyRing, register_url: str, vault: RingVault
) -> None:
    del vault
    away = False

    class Sometimes(Secrets):
        def _connection(self) -> AsyncConnection:
            if away:
                raise ConnectionRefusedError
            return super()._connection()

    kept = RingVault(ring, Sometimes(lambda: create_engine(register_url)), looks_after_seconds=0)
    await kept.cipher(CASE)
    away = True
    assert await kept.cipher(CASE)
    assert await kept.cipher("")
    with pytest.raises(KeysAwayError):
        await kept.cipher(OTHER)
    away = False
    assert await kept.cipher(OTHER)
    await kept.aclose()


async def test_where_nobody_knows_the_register_it_is_away(ring: KeyRing) -> None:
    def unknown() -> AsyncEngine:
        raise SettingsError("no database")

    with pytest.raises(KeysAwayError):
        await RingVault(ring, Secrets(unknown)).cipher(CASE)


async def test_only_so_many_cases_are_kept_at_hand(
    vault: RingVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vaults, "KEPT", 2)
    for number in range(4):
        await vault.cipher(f"310106-0000-0000-000{number}")
    assert list(vault._ciphers) == ["310106-0000-0000-0002", "310106-0000-0000-0003"]


async def test_a_session_carries_its_vault(register_engine: AsyncEngine, vault: RingVault) -> None:
    async with sessions(register_engine, vault).begin() as session:
        assert vault_of(session) is vault
    async with read_sessions(register_engine, vault)() as session:
        assert vault_of(session) is vault
    async with sessions(register_engine)() as session:
        assert vault_of(session) is PLAIN
    cipher = await PLAIN.cipher(CASE)
    assert cipher.open_text(cipher.seal_text("张三", NAME), NAME) == "张三"


async def erase(engine: AsyncEngine, scope: str) -> None:
    async with engine.begin() as connection:
        await connection.execute(
            text("UPDATE case_secrets SET secret = NULL, erased_at = now() WHERE scope = :scope"),
            {"scope": scope},
        )


@contextmanager
def counted(engine: AsyncEngine) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_c: object, _u: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine.sync_engine, "before_cursor_execute", note)
