"""The embedded PostgreSQL: a cluster on files, reached by a unix socket only.

The programs come with the Python environment; the library's own start-up code is not used, because
as root it opens every folder above the cluster to everybody (see
``casework.local.devstack.seclusion``) and takes any process with the pid of a stale
``postmaster.pid`` for the server.
"""

import asyncio
import contextlib
import hashlib
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import psutil

from casework.local.devstack import seclusion
from casework.local.devstack.errors import StackError
from casework.local.devstack.layout import Layout
from casework.local.devstack.part import Account, Part
from casework.local.devstack.readiness import postgres_answers
from casework.local.devstack.supervised import running

DATABASE = "casework"
SUPERUSER = "postgres"

# sockaddr_un holds 107 bytes on Linux and 103 elsewhere.
_SOCKET_NAME = ".s.PGSQL.5432"
_SOCKET_PATH_MAX = 103
_LEFTOVER_SECONDS = 5.0
# For clusters that nobody opens twice: the operating system need not flush. A commit is still
# handed to it before it is answered, so that it outlives a crash of the server.
_THROW_AWAY = ("-c", "fsync=off", "-c", "full_page_writes=off")


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A cluster on disk; ``account`` None is ours."""

    programs: Path
    data: Path
    sockets: Path
    account: Account | None
    durable: bool = True

    @property
    def url(self) -> str:
        """SQLAlchemy URL of the register's database; the same after every restart."""
        return f"postgresql+asyncpg://{SUPERUSER}@/{DATABASE}?host={self.sockets}"

    def part(self) -> Part:
        """Return the server as a part of a stack."""
        options = ("-D", str(self.data), "-k", str(self.sockets), "-c", "listen_addresses=")
        return Part(
            name="postgres",
            command=(
                str(self.programs / "postgres"),
                *options,
                *("-c", "unix_socket_permissions=0700"),
                *(() if self.durable else _THROW_AWAY),
            ),
            ready=postgres_answers(str(self.sockets), SUPERUSER),
            account=self.account,
            prepare=self.clear_leftovers,
            stop_signal=signal.SIGINT,  # "fast": roll back, write out, leave
            grace_seconds=30,
        )

    async def clear_leftovers(self) -> None:
        """Take away what a killed server left: its backends and its ``postmaster.pid``."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LEFTOVER_SECONDS):
                while any(self._processes()):  # noqa: ASYNC110 - they are not our children
                    await asyncio.sleep(0.05)
        for process in self._processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _processes(self) -> Iterator[psutil.Process]:
        # The postmaster and its backends all stand in the cluster's folder.
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if process.name().startswith("postgres") and process.cwd() == str(self.data):
                    yield process


async def create_cluster(
    home: Path, say: Callable[[str], None] = lambda _: None, *, durable: bool = True
) -> Cluster:
    """Return the cluster of a home, made on first use; one that exists is taken as it is."""
    data = await asyncio.to_thread(seclusion.cluster_folder, home, say)
    account = await asyncio.to_thread(seclusion.account_for, data)
    cluster = Cluster(
        programs=await asyncio.to_thread(seclusion.programs_folder),
        data=data,
        sockets=_socket_folder(data, account),
        account=account,
        durable=durable,
    )
    if not (data / "PG_VERSION").exists():
        await _initialise(cluster)
    return cluster


async def create_database(cluster: Cluster) -> None:
    """Make the register's database unless it is there; the server must be ready."""
    session = await asyncpg.connect(host=str(cluster.sockets), user=SUPERUSER, database="postgres")
    try:
        await session.execute(f"CREATE DATABASE {DATABASE}")
    except asyncpg.DuplicateDatabaseError:
        pass
    finally:
        await session.close()


@asynccontextmanager
async def postgres(folder: Path | None = None) -> AsyncIterator[str]:
    """Run a PostgreSQL and yield the URL of an empty or kept database (``postgresql+asyncpg``).

    With a folder the cluster is kept there and opened again next time, at the same URL; without
    one it is thrown away. The server is not restarted when it dies; enter again for that. Raise
    `AlreadyRunningError` when the folder's cluster is in use.
    """
    async with contextlib.AsyncExitStack() as stack:
        home = folder or stack.enter_context(_temporary_home())
        layout = Layout(home.resolve())
        layout.prepare()
        stack.enter_context(layout.claim("postgres"))
        cluster = await create_cluster(layout.home, durable=folder is not None)
        await stack.enter_async_context(running(cluster.part(), layout))
        await create_database(cluster)
        yield cluster.url


@contextlib.contextmanager
def _temporary_home() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="casework-"))
    home.chmod(0o711)
    try:
        yield home
    finally:
        if (link := home / "postgres").is_symlink():
            shutil.rmtree(link.readlink().parent, ignore_errors=True)
        shutil.rmtree(home, ignore_errors=True)


async def _initialise(cluster: Cluster) -> None:
    # A cluster comes into being whole, by the rename: initdb may be killed half-way.
    unfinished = cluster.data.with_name(f"{cluster.data.name}.new")
    await asyncio.to_thread(shutil.rmtree, unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    account = cluster.account
    if account:
        os.chown(unfinished, account.uid, account.gid)
    process = await asyncio.create_subprocess_exec(
        str(cluster.programs / "initdb"),
        *("-D", str(unfinished), "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8"),
        *("--locale-provider=builtin", "--locale=C.UTF-8"),
        *(() if cluster.durable else ("--no-sync",)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd="/",
        umask=0o077,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )
    output, _ = await process.communicate()
    if process.returncode != 0:
        last_line = output.decode(errors="replace").strip().rpartition("\n")[2]
        raise StackError(f"cannot create the PostgreSQL cluster in {cluster.data}: {last_line}")
    unfinished.rename(cluster.data)


def _socket_folder(data: Path, account: Account | None) -> Path:
    """Return the folder of the socket: the cluster's, or a short one when its path is too long.

    Who reaches the socket is superuser, so the folder must be private.
    """
    if len(os.fsencode(data / _SOCKET_NAME)) <= _SOCKET_PATH_MAX:
        return data
    digest = hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"casework-{digest}"
    owner = account or Account(uid=os.geteuid(), gid=os.getegid())
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        os.chown(folder, owner.uid, owner.gid)
    found = folder.lstat()
    if folder.is_symlink() or found.st_uid != owner.uid or found.st_mode & 0o077:
        raise StackError(f"{folder} belongs to somebody else: set CASEWORK_HOME to a shorter path")
    return folder
