"""Key files under ``home/keys``: made once, whole, readable by their owner only."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from casework.settings import SettingsError


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
