"""What two service guides of one item say differently: of two districts, or of two days."""

from dataclasses import dataclass
from enum import StrEnum

from casework.domain.kinds.application.guide import GuideEntry, ServiceGuide


class Difference(StrEnum):
    """How the second guide differs from the first; the values are part of the API."""

    ONLY_FIRST = "only_first"
    ONLY_SECOND = "only_second"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class GuideDifference:
    """One statement in which they differ, with the words of each; empty where it has none.

    ``text`` says it in one sentence.
    """

    part: str
    code: str
    name: str
    how: Difference
    first: str
    second: str
    text: str


def guide_differences(first: ServiceGuide, second: ServiceGuide) -> tuple[GuideDifference, ...]:
    """The differences in the order of the first guide, then what only the second one says.

    How firm a statement is counts as well; where it comes from does not.
    """
    here, there = _by_key(first), _by_key(second)
    labels = _labels(first, second)
    keys = dict.fromkeys((*here, *there))
    pairs = ((part, here.get((part, code)), there.get((part, code))) for part, code in keys)
    return tuple(
        _difference(part, mine, theirs, labels)
        for part, mine, theirs in pairs
        if _said(mine) != _said(theirs)
    )


def _difference(
    part: str, first: GuideEntry | None, second: GuideEntry | None, labels: tuple[str, str]
) -> GuideDifference:
    known = first or second
    if known is None:
        raise ValueError("a difference needs a statement")
    how = Difference.OTHER if first and second else Difference.ONLY_FIRST
    if first is None:
        how = Difference.ONLY_SECOND
    words = (_said(first), _said(second))
    sides = (f"{label}——{said or '无此项'}" for label, said in zip(labels, words, strict=True))
    return GuideDifference(
        part=part,
        code=known.code,
        name=known.name,
        how=how,
        first=words[0],
        second=words[1],
        text=f"{part}“{known.name}”：{'；'.join(sides)}",
    )


def _by_key(guide: ServiceGuide) -> dict[tuple[str, str], GuideEntry]:
    # A measure's code is that of one window: two districts never share one.
    return {
        (part, entry.name if part == "临时措施" else entry.code): entry
        for part, entry in guide.entries()
    }


def _said(entry: GuideEntry | None) -> str:
    return f"{entry.text}（{entry.standing}）" if entry else ""


def _labels(first: ServiceGuide, second: ServiceGuide) -> tuple[str, str]:
    """What tells the two apart: the district, the day, or both."""
    if first.on == second.on:
        return first.district_name, second.district_name
    if first.district == second.district:
        return str(first.on), str(second.on)
    return f"{first.district_name}{first.on}", f"{second.district_name}{second.on}"
