"""A register that was lost, or is older than Temporal, is regenerated from the histories."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner, Result

from bench.cases import STEPS
from casework.cli.app import app
from casework.store.documents import Documents
from casework.store.materials import MaterialStore
from casework.store.models import Letters, Notices
from casework.store.queries.feed import feed_end, feed_page
from casework.store.register.rebuild import rebuild
from tests.examples import at_night
from tests.store.lost_register import compared, put_back, taken_down
from tests.store.test_feed import ALL
from tests.workflows.test_growth import Town, answer, number_of, town
from workers.restoring import restore

__all__ = ["town"]

CASES = 20
"""So many in `make nightly`, at every step of the way."""


@pytest.fixture
async def registry(town: Town, tmp_path: Path) -> Town:
    """A town whose letters are documents with numbers."""
    parts = town.rooms.parts
    documents = Documents(
        reading=town.sessions,
        writing=town.sessions.begin,
        materials=MaterialStore.open(f"file://{tmp_path}/materials"),
        published=parts.publishing.published,
        public_url="https://office.example",
    )
    notices = replace(parts.notices, documents=documents)
    return replace(town, rooms=replace(town.rooms, parts=replace(parts, notices=notices)))


async def test_yesterdays_register_learns_what_came_after_and_sends_no_letter_twice(
    registry: Town,
) -> None:
    async with registry.working():
        handle = await registry.open(1)
        assert await answer(handle, *STEPS[0]) == ""
        yesterday = await taken_down(registry.sessions)
        for verb, command in STEPS[1:]:
            assert await answer(handle, verb, command) == ""
        await handle.result()
        late = await registry.open(2)
    today = await taken_down(registry.sessions)
    async with registry.sessions() as session:
        read_so_far = await feed_end(session)
    assert len(today["letters"]) > len(yesterday["letters"])
    await put_back(registry.sessions, yesterday)
    done = await restore(registry.client, registry.sessions)
    assert {each.case_no: (each.first, each.last) for each in done.cases} == {
        number_of(handle): (len(yesterday["events"]) + 1, len(await registry.kinds(handle))),
        number_of(late): (1, len(await registry.kinds(late))),
    }
    assert compared(await taken_down(registry.sessions)) == compared(today)
    async with registry.sessions() as session:
        assert not await session.scalar(select(func.count()).where(Notices.status == "queued"))
        # Whoever had read all of the feed gets again what was restored: nothing new hides there.
        page = await feed_page(session, ALL, read_so_far, size=500, hidden=())
    assert {each.case_no for each in page.lines} == {number_of(handle), number_of(late)}
    async with registry.working():
        new = await registry.open(3)
        assert await answer(new, *STEPS[0]) == ""
        assert await answer(new, *STEPS[1]) == ""
    async with registry.sessions() as session:
        numbers = list(await session.scalars(select(Letters.number)))
    assert len(numbers) == len(set(numbers))


async def test_the_command_says_what_is_lacking_and_writes_it_sealed(
    registry: Town, register_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CASEWORK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CASEWORK_DATABASE_URL", register_url)
    monkeypatch.setenv("TEMPORAL_ADDRESS", registry.client.service_client.config.target_host)
    monkeypatch.setenv("NO_COLOR", "1")

    async def run(*words: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, app, words)

    async with registry.working():
        handle = await registry.open(1)
        assert await answer(handle, *STEPS[0]) == ""
    checked = await run("history", "check", "--sample", "1")
    assert (checked.exit_code, checked.stdout) == (0, "1 replay, 0 do not\n"), checked.output
    sound = await run("register", "restore", "--check")
    assert (sound.exit_code, sound.stdout.splitlines()[-1][:46]) == (
        0,
        "1 cases looked at, 0 lacked something; 0 order",
    ), sound.output
    await put_back(registry.sessions, {})
    lacking = await run("register", "restore", "--check")
    number = number_of(handle)
    told = f"{number}: events 1 to"
    assert (lacking.exit_code, told in lacking.stdout) == (1, True), lacking.output
    later = await run("register", "restore", "--since", "2100-01-01T00:00+0800")
    assert (later.exit_code, told in later.stdout) == (0, False), later.output
    done = await run("register", "restore")
    assert (done.exit_code, told in done.stdout) == (0, True), done.output
    for words in ("register restore --check", "register rebuild --check", "audit verify"):
        sound = await run(*words.split())
        assert sound.exit_code == 0, sound.output


@at_night
@pytest.mark.timeout(1200)
async def test_a_lost_register_is_as_it_was_and_cases_go_on(registry: Town) -> None:
    """By day: of two cases one lacks its later events, the other all of them."""
    async with registry.working():
        opened = {number: await registry.open(number) for number in range(CASES)}
        for number, handle in opened.items():
            for verb, command in STEPS[: number % (len(STEPS) + 1)]:
                assert await answer(handle, verb, command) == ""
    before = await taken_down(registry.sessions)
    await put_back(registry.sessions, {})
    wanted = await restore(registry.client, registry.sessions, write=False)
    assert len(wanted.cases) == CASES
    assert not (await taken_down(registry.sessions))["openings"]
    done = await restore(registry.client, registry.sessions)
    assert (done.left, done.again, len(done.cases)) == ({}, [], CASES)
    after = await taken_down(registry.sessions)
    for name, rows in compared(before).items():
        assert compared(after)[name] == rows, name
    assert not (await restore(registry.client, registry.sessions)).anything
    assert not (await rebuild(registry.sessions, write=False)).differences
    async with registry.working():
        for number, handle in opened.items():
            for verb, command in STEPS[number % (len(STEPS) + 1) :]:
                assert await answer(handle, verb, command) == ""
            await handle.result()
