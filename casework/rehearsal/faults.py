"""What is wrong with a scenario: one Chinese line for each fault, with file, line and the right."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

Place = tuple[str | int, ...]
"""Where a value stands in a scenario: keys and positions (from zero) from the top."""


OR = " 或 "
MISSING, UNKNOWN_FIELD = "缺少", "没有此字段"
"""The two faults of a field whose name is misspelt, of which one is told."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A fault by its place; ``right`` completes 应为…."""

    place: Place
    what: str
    right: str


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A fault as policy staff read it. ``line`` counts from one; 0: the file has none."""

    file: str
    line: int
    field: str
    what: str
    right: str

    def __str__(self) -> str:
        """``文件:行 字段：…，应为 …``, without what there is not."""
        where = f"{self.file}:{self.line}" if self.line else self.file
        field = f" {self.field}" if self.field else ""
        right = f"，应为 {self.right}" if self.right else ""
        return f"{where}{field}：{self.what}{right}"


class ScenarioError(ValueError):
    """A scenario that cannot be rehearsed; the message is one line for each of its ``faults``.

    Raised while it is played, it has no faults yet but the ``place`` of the step.
    """

    def __init__(self, message: str, *, place: Place = (), faults: tuple[Fault, ...] = ()) -> None:
        super().__init__(message)
        self.place = place
        self.faults = faults

    @classmethod
    def of(cls, faults: Iterable[Fault]) -> "ScenarioError":
        """The faults of one file."""
        told = tuple(faults)
        return cls("\n".join(map(str, told)), faults=told)


def field_name(place: Place) -> str:
    """A place as it is told: steps and entries of lists are counted from one."""
    return ".".join(str(part + 1 if isinstance(part, int) else part) for part in place)


def one_of(written: object, known: Iterable[str]) -> str:
    """The name that was probably meant; failing that, all that there are."""
    names = sorted(known)
    close = get_close_matches(str(written), names, n=2)
    if close:
        return OR.join(close)
    if len(names) == 1:
        return names[0]
    return "以下之一：" + "、".join(names) if names else ""
