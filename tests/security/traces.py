"""Everything that a stack has written or answers to whoever may not know what is in its cases."""

import asyncio
import base64
import json
import subprocess
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from casework.local.devstack.postgres import programs_folder
from casework.security.keys.codec import OPEN
from casework.settings import Settings
from tests.security.searching import Find, in_bytes, in_file

TOWN = "town.sqlite"
"""What the outside parties keep of what they were sent."""


def in_files(settings: Settings, marks: Sequence[str]) -> set[Find]:
    """Logs, the file of Temporal with its -wal, all that lies beside, every name of a file."""
    found: set[Find] = set()
    for file in settings.home.rglob("*"):
        found |= in_bytes(file.name.encode(), marks, f"the name of {file.name}")
        if file.is_file() and not _is_elsewhere(file, settings):
            found |= in_file(file, marks)
    return found


def _is_elsewhere(file: Path, settings: Settings) -> bool:
    """What is not ours to hide, or is searched in another way."""
    place = file.relative_to(settings.home).parts[0]
    # The materials are what people sent, under names of ours; the register is dumped.
    return place in {"materials", "postgres"} or place.startswith(TOWN)


async def in_dump(settings: Settings, marks: Sequence[str]) -> set[Find]:
    """The register as PostgreSQL writes it out."""
    url = settings.database.replace("+asyncpg", "")
    program = str(programs_folder() / "pg_dump")
    dumped = await asyncio.to_thread(
        subprocess.run,
        [program, "--inserts", f"--dbname={url}"],
        capture_output=True,
        check=True,
    )
    assert b"INSERT INTO public.parties" in dumped.stdout
    return in_bytes(dumped.stdout, marks, "the dump")


@dataclass(frozen=True)
class Page:
    """What the Web UI's own API answers, which knows no codec: a list, a case, a history."""

    path: str
    content: bytes


async def web_ui(settings: Settings) -> list[Page]:
    """All pages as they stand now; Temporal makes each anew when it is asked for."""
    async with httpx.AsyncClient(base_url=settings.ui_url, trust_env=False) as http:
        return [page async for page in _pages(http)]


def in_pages(pages: Sequence[Page], marks: Sequence[str]) -> set[Find]:
    return {find for page in pages for find in in_bytes(page.content, marks, page.path)}


def left_open(pages: Sequence[Page]) -> list[object]:
    """What Casework has marked to stay unsealed, in all histories."""
    histories = [page for page in pages if page.path.endswith("/history")]
    return [each for page in histories for each in _marked(json.loads(page.content))]


def _marked(part: object) -> Iterator[object]:
    if isinstance(part, list):
        for each in part:
            yield from _marked(each)
    elif isinstance(part, dict):
        if OPEN in (part.get("metadata") or {}):
            yield json.loads(base64.b64decode(part["data"]))
        for each in part.values():
            yield from _marked(each)


async def _pages(http: httpx.AsyncClient) -> AsyncIterator[Page]:
    workflows = "/api/v1/namespaces/default/workflows"
    page = ""
    while True:
        asked = {"maximumPageSize": "200", "nextPageToken": page}
        listed = await http.get(workflows, params=asked)
        listed.raise_for_status()
        yield Page(workflows, listed.content)
        for each in listed.json()["executions"]:
            run = f"{workflows}/{each['execution']['workflowId']}"
            for path in (run, f"{run}/history"):
                answer = await http.get(path, params={"maximumPageSize": "1000"})
                answer.raise_for_status()
                yield Page(path, answer.content)
        page = listed.json().get("nextPageToken") or ""
        if not page:
            return
