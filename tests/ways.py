"""Which files of ours a way passes through at run time, and which its description names."""

import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from tests.docs.pages import ROOT

ROOMS = {"api", "casework", "activities", "workflows"}
_NAMED = re.compile(r"`((?:api|casework|activities|workflows)/[\w/]+\.py)`")
_BESIDE = re.compile(r"`(\w+\.py)`")


class Walk:
    """Notes the files whose functions are called, in all threads that begin after it."""

    def __init__(self) -> None:
        self.files: set[str] = set()
        self._code: dict[str, str | None] = {}
        self._on = False

    def note(self, frame: FrameType, event: str, _: object) -> None:
        if self._on and event == "call" and (file := self._ours(frame.f_code.co_filename)):
            self.files.add(file)

    def _ours(self, name: str) -> str | None:
        if name not in self._code:
            path = Path(name)
            inside = path.is_relative_to(ROOT) and path.relative_to(ROOT).parts[0] in ROOMS
            self._code[name] = str(path.relative_to(ROOT)) if inside else None
        return self._code[name]

    @contextmanager
    def on(self) -> Iterator[None]:
        """What happens within is the way."""
        self._on = True
        try:
            yield
        finally:
            self._on = False


@contextmanager
def walking() -> Iterator[Walk]:
    """A walk; what it shall see in other threads has to begin within."""
    walk = Walk()
    before = sys.getprofile()
    threading.setprofile(walk.note)
    sys.setprofile(walk.note)
    try:
        yield walk
    finally:
        sys.setprofile(before)
        threading.setprofile(None)


def described(title: str) -> set[str]:
    """The files that a section of docs/architecture.md names; a bare name lies beside the last."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    _, _, rest = page.partition(f"\n## {title}\n")
    files: set[str] = set()
    folder = ""
    for word in re.findall(r"`[^`]+`", rest.partition("\n## ")[0]):
        if named := _NAMED.fullmatch(word):
            files.add(named[1])
            folder = named[1].rpartition("/")[0]
        elif beside := _BESIDE.fullmatch(word):
            files.add(f"{folder}/{beside[1]}")
    return files
