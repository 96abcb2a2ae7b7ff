"""What a process holds of the register follows what others change there."""

import asyncio
from collections.abc import Hashable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.store.watching import Watch


class Shelf:
    """Something with a version; whoever reads it gets it with everything that came before."""

    def __init__(self) -> None:
        self.now = 0
        self.held = -1
        self.reads = 0
        self.away = False
        self.was_read = asyncio.Event()

    async def version(self) -> int:
        if self.away:
            raise OSError
        return self.now

    async def reload(self, version: Hashable) -> None:
        del version
        self.held = self.now
        self.reads += 1
        self.was_read.set()


@given(st.lists(st.booleans(), max_size=30))
def test_it_reads_once_for_each_change(changes: list[bool]) -> None:
    async def follow() -> None:
        shelf = Shelf()
        watch = Watch("shelf", shelf.version, shelf.reload)
        assert await watch.look()
        for changed in changes:
            shelf.now += changed
            assert await watch.look() is changed
            assert shelf.held == shelf.now
        assert shelf.reads == 1 + sum(changes)

    asyncio.run(follow())


async def test_what_is_held_stays_while_the_register_is_away() -> None:
    shelf = Shelf()
    watch = Watch("shelf", shelf.version, shelf.reload)
    await watch.look()
    shelf.now, shelf.away = 1, True
    with pytest.raises(OSError):  # noqa: PT011 - it has no words
        await watch.look()
    assert shelf.held == 0
    shelf.away = False
    assert await watch.look()
    assert shelf.held == 1


async def test_a_reading_that_fails_is_tried_again() -> None:
    shelf, failures = Shelf(), [True]

    async def reload(version: Hashable) -> None:
        if failures.pop():
            raise OSError
        await shelf.reload(version)

    watch = Watch("shelf", shelf.version, reload)
    with pytest.raises(OSError):  # noqa: PT011 - it has no words
        await watch.look()
    failures.append(False)
    assert await watch.look()
    assert shelf.held == 0


async def test_it_goes_on_by_itself_and_at_once_when_told() -> None:
    shelf = Shelf()
    watch = Watch("shelf", shelf.version, shelf.reload, every=3600)
    async with watch.running():
        await shelf.was_read.wait()
        shelf.was_read.clear()
        shelf.now = 1
        await asyncio.to_thread(watch.look_soon)
        await shelf.was_read.wait()
    assert shelf.held == 1
