"""What a temporary measure does, by its effect: each one does something or informs the clerk.

Those on the ways in and out of the office act here, when an item is resolved for a day. The others
act in the case: they skip a check (``skipped_by``), waive a material (``waived_by``), or let paper
come later. Sources: domain.md §B.2 (matrix), C.6.
"""

from collections.abc import Collection, Iterable

from casework.domain.policy import Channel, DeliveryMethod

OPENS = {"EMAIL_INTAKE": Channel.EMAIL, "POST_INTAKE": Channel.POST}
ONLINE_ONLY = "RENEWAL_ONLINE_ONLY"
SELF_PRINT = "SELF_PRINT"
WINDOW_LAST = "APPOINTMENT_ONLY"

ON_WAYS = frozenset({*OPENS, ONLINE_ONLY, SELF_PRINT, WINDOW_LAST})
"""Effects on ``ServiceItem.channels`` and ``ServiceItem.delivery``."""

ON_PAPER = frozenset({"PAPER_DEFERRED", "PAPER_NO_LIMIT"})
"""Effects on the paper that is awaited after the pre-review
(``casework.domain.kinds.application.intake``).
"""

FOR_THE_CLERK = frozenset({"EDUCATION_MAILBOX", "UNIT_MAILBOX", "POSTPONABLE"})
"""Told with the item's rules (``ServiceItem.measures``), and nothing else."""


def channels(
    item: Iterable[str], office: Iterable[str], effects: Collection[str]
) -> tuple[str, ...]:
    """The ways in, in the office's order of preference; what a measure opens is open there too."""
    opened = [way for effect, way in OPENS.items() if effect in effects]
    wanted = {*item, *opened}
    ways = [way for way in dict.fromkeys([*office, *opened]) if way in wanted]
    if ONLINE_ONLY in effects:
        ways = [way for way in ways if way == Channel.ONLINE]
    return tuple(str(way) for way in _window_last(ways, effects))


def delivery(
    item: Iterable[DeliveryMethod], effects: Collection[str]
) -> tuple[DeliveryMethod, ...]:
    """The ways out in order of preference; printing comes first where the district states it."""
    ways = list(item)
    if SELF_PRINT in effects:
        ways = list(dict.fromkeys([DeliveryMethod.SELF_PRINT, *ways]))
    return tuple(DeliveryMethod(way) for way in _window_last(ways, effects))


def _window_last(ways: Iterable[str], effects: Collection[str]) -> list[str]:
    """Nobody simply comes to a window that takes appointments only, so it is named last."""
    return sorted(ways, key=lambda way: WINDOW_LAST in effects and way == Channel.WINDOW)
