"""Which published state of the catalogue is in force on a day.

A catalogue version (目录版本) is a whole catalogue that two people have put in force from a day on.
Versions are only ever added. Going back is a new version with the content of an old one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from casework.domain.errors import DomainError

_NAMED = 10


@dataclass(frozen=True, kw_only=True)
class CatalogueVersion:
    """A published catalogue: ``number`` in the order of approval, from 1; ``first_on`` its day."""

    number: int
    digest: str
    first_on: date


def version_on(versions: Iterable[CatalogueVersion], day: date) -> CatalogueVersion | None:
    """The version in force on a day: the last approved one that has begun by then.

    The first version holds for all earlier days as well. None: nothing has been published.
    """
    known = sorted(versions, key=lambda version: version.number)
    begun = [version for version in known if version.first_on <= day]
    return next(iter(begun[-1:] or known[:1]), None)


def check_first_day(first_on: date, today: date) -> None:
    """Refuse a version that would begin before it is decided.

    Raises:
        DomainError: ``FIRST_DAY_PAST``.
    """
    if first_on < today:
        raise DomainError("FIRST_DAY_PAST", "目录版本只能自当日或以后施行", "first_on")


def last_past_day(first_on: date, today: date) -> date:
    """The last day whose policy is fixed: today, or the day before the new version begins."""
    return max(today, first_on - timedelta(days=1))


def check_new(digest: str, in_force: str) -> None:
    """Refuse a version that says what is in force on its first day anyhow.

    Raises:
        DomainError: ``CATALOGUE_UNCHANGED``.
    """
    if digest == in_force:
        raise DomainError("CATALOGUE_UNCHANGED", "该日施行的目录已是此内容", "digest")


def check_words(words: Mapping[str, str], held: Iterable[Mapping[str, str]]) -> None:
    """Refuse a word of letters' numbers (机关代字) that was another district's: numbers come again.

    ``words``: by word its district, as the version has it, and as each held one has.

    Raises:
        DomainError: ``WORD_TAKEN``.
    """
    for known in held:
        for word, district in words.items():
            if (before := known.get(word, district)) != district:
                raise DomainError(
                    "WORD_TAKEN", f"机关代字“{word}”已由 {before} 使用，文号会重复", "digest"
                )


def check_past(edits: Iterable[str]) -> None:
    """Refuse a version that says otherwise than was in force about days that are over.

    ``edits`` names item, district and day of each.

    Raises:
        DomainError: ``EDITS_THE_PAST``.
    """
    places = list(dict.fromkeys(edits))
    if places:
        more = f" 等 {len(places)} 处" if len(places) > _NAMED else ""
        said = "；".join(places[:_NAMED]) + more
        raise DomainError("EDITS_THE_PAST", f"不得改变已经施行的规定：{said}", "digest")
