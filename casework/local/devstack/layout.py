"""The folder of the local stack (``.casework/``): what lies where, and who may hold it.

::

    postgres/      the cluster, or a link to it (see ``casework.local.devstack.postgres``)
    temporal.db    the Temporal dev server's SQLite file, with its -wal and -shm
    materials/     uploaded files
    keys/          the keys of every part, the secrets of the local issuer's clients
    run/           process records (pid and create time), locks, the database's address
    logs/          one file per part, stack.log when detached
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from casework.local.devstack.part import AlreadyRunningError, StackError

_LOG_KEPT_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True)
class Layout:
    """Paths under one home; `prepare` makes the folders."""

    home: Path

    @property
    def run(self) -> Path:
        """Process records and locks."""
        return self.home / "run"

    @property
    def logs(self) -> Path:
        """One log per part."""
        return self.home / "logs"

    @property
    def postgres(self) -> Path:
        """The cluster, or a link to where it may live."""
        return self.home / "postgres"

    @property
    def temporal_db(self) -> Path:
        """The dev server's file."""
        return self.home / "temporal.db"

    def log(self, name: str) -> Path:
        """Return the log file of a part."""
        return self.logs / f"{name}.log"

    def prepare(self) -> None:
        """Make the folders; raise `StackError` when the home cannot be written.

        A home that we make is ours alone; made by root it can be walked through (not listed),
        because PostgreSQL's account must reach its cluster inside. One that exists is left as is.
        """
        try:
            if not self.home.exists():
                self.home.mkdir(parents=True)
                self.home.chmod(0o711 if os.geteuid() == 0 else 0o700)
            for folder in (self.run, self.logs):
                folder.mkdir(mode=0o700, exist_ok=True)
            probe = self.run / ".writable"
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            raise StackError(
                f"cannot write to {self.home} ({error.strerror}): set CASEWORK_HOME to a folder "
                "of yours, with room in it"
            ) from error

    def open_log(self, name: str) -> int:
        """Return a descriptor to append to a part's log; a large old one moves to ``.1`` first."""
        path = self.log(name)
        if path.exists() and path.stat().st_size > _LOG_KEPT_BYTES:
            path.replace(path.with_suffix(".log.1"))
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    @contextmanager
    def claim(self, *names: str) -> Iterator[None]:
        """Hold the named things of this home; raise `AlreadyRunningError` when somebody does.

        A lock belongs to the open file, so the kernel drops it even after ``kill -9``.
        """
        with ExitStack() as held:
            for name in names:
                lock = held.enter_context((self.run / f"{name}.lock").open("w"))
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    raise AlreadyRunningError(f"the {name} of {self.home} is running") from None
            yield
