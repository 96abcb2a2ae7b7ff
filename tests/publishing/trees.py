"""Catalogues for tests: the packaged one with a few words changed."""

from collections.abc import Mapping
from datetime import date
from functools import cache

from casework.domain.publishing import CatalogueVersion
from casework.policy.publishing.archive import Archive, packed
from casework.policy.publishing.versions import (
    HeldCatalogues,
    LatelyRead,
    WholeCatalogue,
    catalogue_of,
    read_whole,
)

ITEM = "items/PTS_NEW.yaml"
JINGAN = "districts/310106/PTS_NEW.yaml"
TODAY = date(2026, 11, 30)
TOMORROW = date(2026, 12, 1)
PACKAGED = catalogue_of(None)
HELD = HeldCatalogues(sample=PACKAGED)


def archive_with(changes: Mapping[str, tuple[str, str]]) -> Archive:
    """The packaged catalogue; in each file the first words are replaced by the second, once."""
    files = dict(PACKAGED.files)
    for name, (old, new) in changes.items():
        text = files[name].decode()
        assert old in text, f"{name} has no {old!r}"
        files[name] = text.replace(old, new, 1).encode()
    return packed(files)


def changed(name: str, old: str, new: str) -> WholeCatalogue:
    """The packaged catalogue with one place of one file changed."""
    return read_whole(archive_with({name: (old, new)}))


@cache
def longer_limit(amount: int = 3, since: date = TOMORROW) -> WholeCatalogue:
    """The packaged catalogue; a district's green review of new points takes longer from a day."""
    return changed(
        JINGAN,
        "materials:\n",
        f"""limits:
  green_review:
    - from: {since}
      value: {{unit: working_days, amount: {amount}}}
      reference: 新办法（示例）
      mark: source
materials:
""",
    )


def published(*versions: tuple[date, WholeCatalogue]) -> HeldCatalogues:
    """Versions in the order of their approval, each with its first day."""
    rows = tuple(
        CatalogueVersion(number=number, digest=whole.digest, first_on=first_on)
        for number, (first_on, whole) in enumerate(versions, 1)
    )
    return HeldCatalogues(
        sample=PACKAGED, versions=rows, contents=LatelyRead(w for _, w in versions)
    )
