"""Which version is in force on a day, for any sequence of publications."""

from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.domain.errors import DomainError
from casework.domain.publishing import CatalogueVersion, check_first_day, version_on
from casework.policy.publishing.archive import Archive, packed
from casework.policy.publishing.places import cities_touched
from casework.policy.publishing.versions import LatelyRead, WholeCatalogue
from tests.examples import examples
from tests.publishing.trees import (
    HELD,
    ITEM,
    JINGAN,
    PACKAGED,
    TODAY,
    TOMORROW,
    longer_limit,
    published,
)

_DAYS = st.dates(date(2026, 1, 1), date(2026, 3, 1))
_ORDER = st.lists(_DAYS, max_size=12)


def _oracle(first_days: list[date], day: date) -> int | None:
    """Walk through the approvals: each takes over every day from its own on."""
    in_force: dict[date, int] = {}
    for number, first_on in enumerate(first_days, 1):
        for n in range(400):
            walked = date(2025, 6, 1) + timedelta(days=n)
            if walked >= first_on or number == 1:
                in_force[walked] = number
    return in_force.get(day)


@examples(60)
@given(_ORDER, _DAYS, st.randoms(use_true_random=False))
def test_the_last_approved_one_that_has_begun_holds(
    first_days: list[date], day: date, random: Random
) -> None:
    versions = [
        CatalogueVersion(number=number, digest=f"d{number}", first_on=first_on)
        for number, first_on in enumerate(first_days, 1)
    ]
    random.shuffle(versions)
    found = version_on(versions, day)
    assert (found.number if found else None) == _oracle(first_days, day)


def test_a_process_gives_out_the_catalogue_of_the_day() -> None:
    other = longer_limit()
    held = published((date(2026, 1, 1), PACKAGED), (date(2026, 12, 1), other))
    assert held.on(date(2020, 1, 1)) is PACKAGED
    assert held.on(TODAY) is PACKAGED
    assert held.on(date(2026, 12, 1)) is other
    assert held.latest == 2


@examples(60)
@given(st.lists(st.integers(0, 9), max_size=60), st.integers(1, 4))
def test_a_process_holds_few_catalogues_as_read_and_gives_out_all(
    asked: list[int], most: int
) -> None:
    wholes = {f"d{n}": _called(f"d{n}") for n in range(10)}
    read: list[str] = []

    def again(archive: Archive) -> WholeCatalogue:
        read.append(archive.digest)
        return wholes[archive.digest]

    contents = LatelyRead(wholes.values(), most=most, read=again)
    lately = [f"d{n}" for n in range(10)][-most:]
    for digest in (f"d{n}" for n in asked):
        before = len(read)
        assert contents[digest] is wholes[digest]
        assert (len(read) > before) == (digest not in lately)
        lately = [*(each for each in lately if each != digest), digest][-most:]
        assert contents.held <= most
    assert [*contents] == [*wholes]
    assert len(contents.words()) == 10
    assert "d9" in contents
    assert "x" not in contents


def _called(digest: str) -> WholeCatalogue:
    return replace(PACKAGED, digest=digest, archive=replace(PACKAGED.archive, digest=digest))


def test_going_back_leaves_the_days_between_as_they_were() -> None:
    other = longer_limit()
    back = date(2026, 12, 20)
    held = published((date(2026, 1, 1), PACKAGED), (date(2026, 12, 1), other), (back, PACKAGED))
    assert held.on(date(2026, 12, 19)) is other
    assert held.on(back) is PACKAGED


def test_a_version_begins_on_the_day_of_its_approval_at_the_earliest() -> None:
    check_first_day(TODAY, TODAY)
    with pytest.raises(DomainError) as refused:
        check_first_day(TODAY - timedelta(days=1), TODAY)
    assert refused.value.code == "FIRST_DAY_PAST"


@pytest.mark.parametrize(
    ("name", "cities"),
    [
        (JINGAN, ("310000",)),
        ("districts/150100/profile.yaml", ("150100",)),
        (ITEM, ()),
        ("letters/310106.yaml", ("310000",)),
        ("letters/default.yaml", ()),
        ("authority/default.yaml", ()),
        ("sharing/default.yaml", ()),
        ("measures/SELF_PRINT.yaml", ()),
    ],
)
def test_a_catalogue_touches_the_cities_whose_files_differ(
    name: str, cities: tuple[str, ...]
) -> None:
    files = {**PACKAGED.files, name: PACKAGED.files.get(name, b"") + b"# changed\n"}
    proposed = replace(PACKAGED, digest="other", archive=packed(files))
    assert cities_touched(HELD, proposed, TOMORROW) == cities
    assert cities_touched(HELD, PACKAGED, TOMORROW) == ()


def test_a_later_version_is_touched_too() -> None:
    elsewhere = {**PACKAGED.files, "sharing/150100.yaml": b"items: {}\n"}
    later = replace(PACKAGED, digest="later", archive=packed(elsewhere))
    held = published((TOMORROW, PACKAGED), (date(2027, 1, 1), later))
    assert cities_touched(held, longer_limit(), TOMORROW) == ("150100", "310000")
