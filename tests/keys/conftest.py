"""A ring of its own for each test, and a vault over it on a real PostgreSQL."""

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from casework.security.keys.ring import KeyRing, init_ring
from casework.store.engine import Sessions, create_engine
from casework.store.sealing.ring_vault import RingVault, Secrets

MORNING = datetime(2022, 3, 1, 1, tzinfo=UTC)
LATER = datetime(2022, 6, 1, 1, tzinfo=UTC)

OpenVault = Callable[[], RingVault]


@pytest.fixture
def ring_file(tmp_path: Path) -> Path:
    file = tmp_path / "keys" / "ring.json"
    init_ring(file, at=MORNING)
    return file


@pytest.fixture
def ring(ring_file: Path) -> KeyRing:
    return KeyRing(ring_file)


@pytest.fixture
async def vault(ring: KeyRing, register_url: str, sessions: Sessions) -> AsyncIterator[RingVault]:
    """A vault that looks for erasures before each use."""
    del sessions  # no secrets from tests before
    secrets = Secrets(lambda: create_engine(register_url, pool_size=2))
    async with aclosing(RingVault(ring, secrets, looks_after_seconds=0)) as vault:
        yield vault


@pytest.fixture
async def other_process(ring_file: Path, register_url: str) -> AsyncIterator[RingVault]:
    """A vault as another process has it: the same file, the same register, nothing at hand."""
    secrets = Secrets(lambda: create_engine(register_url, pool_size=2))
    async with aclosing(RingVault(KeyRing(ring_file), secrets, looks_after_seconds=0)) as vault:
        yield vault
