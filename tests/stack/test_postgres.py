import os
import shutil
import signal
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import psutil
import pytest

from casework.local.devstack import AlreadyRunningError, postgres
from casework.local.devstack.layout import Layout
from casework.local.devstack.processes import gone, read_record
from tests.stack.conftest import open_folder

as_root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root has another account")


@asynccontextmanager
async def session(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        yield connection
    finally:
        await connection.close()


async def keep_a_case(url: str) -> None:
    async with session(url) as database:
        await database.execute("CREATE TABLE kept (case_no text); INSERT INTO kept VALUES ('1')")


async def kept_cases(url: str) -> int:
    async with session(url) as database:
        return int(await database.fetchval("SELECT count(*) FROM kept"))


def sockets_of(url: str) -> Path:
    return Path(url.partition("host=")[2])


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(scope="module")
async def used() -> AsyncIterator[Path]:
    """The home of a stack that was stopped: its cluster keeps a case. Making one takes long."""
    with open_folder() as home:
        async with postgres(home) as url:
            await keep_a_case(url)
        yield home


async def test_killed_server_keeps_its_data_and_address(used: Path) -> None:
    async with postgres(used) as url:
        record = read_record(used / "run", "postgres")
        assert record is not None
        os.kill(record.pid, signal.SIGKILL)
        await gone(record)
    assert (used / "postgres" / "postmaster.pid").exists()
    async with postgres(used) as again:
        assert again == url
        assert await kept_cases(again) == 1


async def test_stale_pid_file_naming_a_living_stranger_does_not_hinder(used: Path) -> None:
    # After a restart of the machine, the old pid may be anybody's: here, ours.
    stale = f"{os.getpid()}\n{used}/postgres\n1\n5432\n{used}/postgres\n\n1 1\nready\n"
    (used / "postgres" / "postmaster.pid").write_text(stale)
    async with postgres(used) as url:
        assert await kept_cases(url) == 1


async def test_half_made_cluster_is_made_anew(home: Path) -> None:
    (home / "postgres.new").mkdir()
    (home / "postgres.new" / "PG_VERSION").write_text("18")
    async with postgres(home) as url:
        await keep_a_case(url)
    assert not (home / "postgres.new").exists()


async def test_cluster_in_use_is_not_opened_twice(used: Path) -> None:
    async with postgres(used) as url:
        with pytest.raises(AlreadyRunningError):
            async with postgres(used):
                pass
        assert await kept_cases(url) == 1


async def test_home_with_a_long_path_gets_a_short_socket(home: Path) -> None:
    deep = home / "a-district-with-a-very-long-name" / ("x" * 60)
    deep.mkdir(parents=True)
    for folder in (deep, *deep.parents[:2]):
        folder.chmod(0o711)
    async with postgres(deep) as url:
        await keep_a_case(url)
        sockets = sockets_of(url)
        assert sockets.parent != deep
        assert mode_of(sockets) == 0o700
    sockets.rmdir()


async def test_throw_away_server_leaves_nothing() -> None:
    async with postgres() as url:
        await keep_a_case(url)
        home = sockets_of(url).parent
        assert (home / "run").exists()
    assert not home.exists()


async def test_socket_is_for_its_owner_alone(used: Path) -> None:
    async with postgres(used) as url:
        assert mode_of(sockets_of(url)) == 0o700
        record = read_record(used / "run", "postgres")
        assert record is not None
        # No way in but the socket: whoever reaches it is superuser.
        assert not [
            connection
            for connection in psutil.Process(record.pid).net_connections("inet")
            if connection.status == psutil.CONN_LISTEN
        ]


@as_root_only
async def test_private_parent_stays_private_and_the_cluster_goes_elsewhere(home: Path) -> None:
    private = home / "private"
    private.mkdir(mode=0o700)
    stack_home = private / "checkout" / ".casework"
    stack_home.mkdir(parents=True)
    before = _modes(stack_home)
    async with postgres(stack_home) as url:
        await keep_a_case(url)
        elsewhere = (stack_home / "postgres").readlink()
        assert not elsewhere.is_relative_to(private)
    async with postgres(stack_home) as url:
        assert await kept_cases(url) == 1
    assert _modes(stack_home) == before
    _remove(elsewhere)


@as_root_only
async def test_open_parents_keep_their_modes_and_hold_the_cluster(home: Path) -> None:
    parent = home / "open"
    parent.mkdir(mode=0o711)
    parent.chmod(0o711)
    stack_home = parent / ".casework"
    before = _modes(stack_home)
    async with postgres(_made(stack_home)) as url:
        assert url.endswith(f"host={stack_home}/postgres")
        process = psutil.Process(_pid(stack_home))
        assert process.uids().real == (stack_home / "postgres").stat().st_uid != 0
    assert _modes(stack_home) == before


@as_root_only
async def test_root_runs_an_existing_cluster_as_its_owner(used: Path, home: Path) -> None:
    shutil.copytree(used / "postgres", home / "postgres")
    stranger = 61234
    for path in (home / "postgres", *(home / "postgres").rglob("*")):
        os.chown(path, stranger, stranger)
    async with postgres(home) as url:
        assert await kept_cases(url) == 1
        assert psutil.Process(_pid(home)).uids().real == stranger


def _made(folder: Path) -> Path:
    Layout(folder).prepare()
    return folder


def _pid(home: Path) -> int:
    record = read_record(home / "run", "postgres")
    assert record is not None
    return record.pid


def _modes(path: Path) -> dict[Path, int]:
    return {folder: folder.stat().st_mode for folder in path.parents}


def _remove(cluster: Path) -> None:
    for path in sorted(cluster.parent.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    cluster.parent.rmdir()
