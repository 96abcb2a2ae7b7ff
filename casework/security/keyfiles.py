"""Key files under ``home/keys``: made once, whole, readable by their owner only."""

import os
import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from casework.settings import Settings, SettingsError


def key_file(file: Path, *, make: Callable[[], bytes]) -> bytes:
    """Return what the file holds; make it first if there is none.

    Of several processes that make it at once one succeeds, and all return the same.

    Raises:
        SettingsError: it can be neither read nor made.
    """
    try:
        if not file.exists():
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _draft(file, make()) as draft:
                _link(draft, file)
        return file.read_bytes()
    except OSError as error:
        raise SettingsError(f"cannot use the key file {file}: {error.strerror}") from None


def own_key(settings: Settings, file: Path, *, make: Callable[[], bytes]) -> bytes:
    """Return what the file holds; only the local stack makes it on first use.

    In production several machines must share one key: none makes its own without being told to.

    Raises:
        SettingsError: there is none in production, or it can be neither read nor made.
    """
    if settings.environment == "production" and not file.exists():
        raise SettingsError(f"no key file {file}")
    return key_file(file, make=make)


def own_secret(settings: Settings, file: Path) -> str:
    """Return the secret of a file as text; made and refused as `own_key` does."""
    made = own_key(settings, file, make=lambda: secrets.token_urlsafe(32).encode())
    return made.decode(errors="replace").strip()


def init_key(file: Path) -> bool:
    """Make a file of 32 random bytes, as text; one that is there stays. Return whether it was made.

    Raises:
        SettingsError: it cannot be made.
    """
    made = not file.exists()
    key_file(file, make=lambda: secrets.token_urlsafe(32).encode())
    return made


def secret_in(file: Path) -> str:
    """Return the secret that somebody else has put into a file; raise `SettingsError`."""
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeError):
        raise SettingsError(f"cannot read the secret in {file}") from None


def replace_file(file: Path, content: bytes) -> None:
    """Put new content in a file's place, whole."""
    with _draft(file, content) as draft:
        draft.replace(file)


@contextmanager
def _draft(file: Path, content: bytes) -> Iterator[Path]:
    with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as draft:
        draft.write(content)
    try:
        yield Path(draft.name)
    finally:
        Path(draft.name).unlink(missing_ok=True)


def _link(draft: Path, file: Path) -> None:
    try:
        os.link(draft, file)
    except FileExistsError:
        return  # another process was first: its key is the key
