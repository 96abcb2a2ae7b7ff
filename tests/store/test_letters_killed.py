"""A worker killed before the sealed file of a letter is kept: one number, document, seal, letter.

By night a whole worker is killed at each point, in tests/e2e/test_letters_survive.py.
"""

import asyncio
import hashlib
import json
import signal
import sys
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select

from casework.local.town import Town, TownSettings, running_town
from casework.store.engine import Sessions
from casework.store.models import LetterNumbers, Letters, Notices
from casework.store.queries.letters import statement_of_file
from tests.store.test_letters import FIELDS, several


async def work(told: dict[str, Any], *more: str) -> int:
    """Another process sends the notice; how it ended."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.store.dying_worker", json.dumps(told), *more
    )
    return await process.wait()


async def outbox(town: Town) -> list[dict[str, Any]]:
    async with httpx.AsyncClient(trust_env=False) as http:
        reply = await http.get(f"{town.http_url}/outbox", params={"channel": ["mail", "seals"]})
    found: list[dict[str, Any]] = reply.json()
    return found


async def test_a_killed_worker_leaves_one_number_one_document_and_one_letter(
    register_url: str, sessions: Sessions, tmp_path: Path
) -> None:
    case = await several(sessions)
    async with running_town(TownSettings(folder=tmp_path / "town")) as town:
        told = {
            "register": register_url,
            "store": str(tmp_path / "store"),
            "http": town.http_url,
            "smtp": (town.smtp_host, town.smtp_port),
            "case_no": case.case_no,
            "fields": FIELDS,
        }
        assert await work(told, "dies") == -signal.SIGKILL
        assert await work(told) == 0
        taken = await outbox(town)
    async with sessions() as session:
        (letter,) = await session.scalars(select(Letters))
        (last,) = await session.scalars(select(LetterNumbers.last))
        (notice,) = await session.scalars(select(Notices.status).where(Notices.seq == 1))
        known = await statement_of_file(session, letter.sealed_sha256)
    assert (last, letter.ordinal, notice) == (1, 1, "sent")
    assert known is not None
    # One letter and one seal each, however often they were asked for.
    assert sorted(each["channel"] for each in taken) == ["mail", "seals"]
    files = [each for each in (tmp_path / "store").rglob("*") if each.is_file()]
    digests = {hashlib.sha256(each.read_bytes()).hexdigest() for each in files}
    assert digests == {letter.sha256, letter.sealed_sha256}
