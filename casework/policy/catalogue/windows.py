"""Temporary measures as rows: one for each window and district, with an id that stays."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from casework.domain.policy import Measure
from casework.policy.catalogue.sources import MeasureFile


@dataclass(frozen=True, kw_only=True)
class MeasureWindow:
    """One measure as it holds in one district, for these items of it."""

    measure: Measure
    district: str
    items: tuple[str, ...]


def measure_windows(files: Mapping[str, MeasureFile]) -> Iterator[MeasureWindow]:
    """All windows of all measures, by effect, then as the files list them.

    A measure's id is ``<EFFECT>.<district>.<first day>``; a later window of the same three gets
    ``.2``, ``.3`` …, so a window is only ever added below the others.
    """
    for effect, file in sorted(files.items()):
        seen: Counter[str] = Counter()
        for window in file.windows:
            for district in window.districts:
                name = f"{effect}.{district}.{window.since:%Y%m%d}"
                seen[name] += 1
                measure = Measure(
                    id=name if seen[name] == 1 else f"{name}.{seen[name]}",
                    name=file.name,
                    effect=effect,
                    reference=window.reference,
                    mark=window.mark,
                    since=window.since,
                    until=window.until,
                    online_accepted_from=window.online_accepted_from,
                    channels=tuple(map(str, window.channels)),
                )
                yield MeasureWindow(measure=measure, district=district, items=window.items)


def measures_for(windows: Iterable[MeasureWindow], item: str, district: str) -> tuple[Measure, ...]:
    """The measures for an item in a district: over, running and announced."""
    return tuple(
        window.measure for window in windows if window.district == district and item in window.items
    )
