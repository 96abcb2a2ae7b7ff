"""The digest names the content: nothing else changes it, and every change of content does."""

from datetime import date
from pathlib import Path

import pytest
import yaml

from casework.policy.catalogue import Catalogue, read_catalogue

DAY = date(2026, 9, 17)


def test_the_day_of_resolution_does_not_count(catalogue: Catalogue) -> None:
    first = catalogue.resolve("HJ_RES", "310101", date(2023, 1, 1))
    later = catalogue.resolve("HJ_RES", "310101", DAY)
    assert first.resolved_on != later.resolved_on
    assert first.digest == later.digest
    assert len(first.digest) == 16
    assert int(first.digest, 16) >= 0


def test_items_districts_and_measures_tell_digests_apart(catalogue: Catalogue) -> None:
    days = (date(2022, 4, 10), DAY)
    digests = [
        catalogue.resolve(item, district, day).digest
        for item, district in catalogue.offers()
        for day in days
    ]
    measured = [
        (item, district)
        for item, district in catalogue.offers()
        if catalogue.resolve(item, district, days[0]).measures
        != catalogue.resolve(item, district, days[1]).measures
    ]
    assert len(set(digests)) == len(digests) // 2 + len(measured)


def test_the_order_in_the_file_does_not_count(catalogue: Catalogue, copy: Path) -> None:
    file = copy / "items" / "PTS_NEW.yaml"
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    turned = {
        name: dict(reversed(group.items())) if isinstance(group, dict) else group
        for name, group in reversed(content.items())
    }
    file.write_text(yaml.safe_dump(turned, allow_unicode=True, sort_keys=False), encoding="utf-8")
    changed = read_catalogue(copy).resolve("PTS_NEW", "310112", DAY)
    shipped = catalogue.resolve("PTS_NEW", "310112", DAY)
    assert [rule.code for rule in changed.materials] != [rule.code for rule in shipped.materials]
    assert changed.digest == shipped.digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("value: 120", "value: 121"),
        ("mark: law", "mark: found"),
        ("《行政许可法》第四十四条", "《行政许可法》第四十五条"),
        ("from: 2004-07-01", "from: 2004-07-02"),
    ],
)
def test_every_change_of_content_counts(
    catalogue: Catalogue, copy: Path, old: str, new: str
) -> None:
    for file in (copy / "items" / "PTS_NEW.yaml", copy / "defaults.yaml"):
        file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    changed = read_catalogue(copy).resolve("PTS_NEW", "310112", DAY)
    assert changed.digest != catalogue.resolve("PTS_NEW", "310112", DAY).digest


def test_two_loads_agree(catalogue: Catalogue, copy: Path) -> None:
    again = read_catalogue(copy)
    assert again.offers() == catalogue.offers()
    for item, district in catalogue.offers():
        shipped = catalogue.resolve(item, district, DAY)
        assert again.resolve(item, district, DAY).digest == shipped.digest
