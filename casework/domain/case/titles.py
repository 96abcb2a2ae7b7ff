"""Each event in one Chinese line, for the timeline and the people who look at the Web UI."""

from collections.abc import Callable, Iterable
from typing import Any

from casework.domain.case.events import Event, Title
from casework.domain.time.calendar import ZONE

TITLES: dict[str, str] = {}
"""Word of an event → what happened, in a few Chinese words; filled as kinds are registered."""
_SAID: dict[str, Callable[[Any], str]] = {}


def entitle(titles: Iterable[Title]) -> None:
    """Make the titles of a kind's events known."""
    for title in titles:
        TITLES[title.kind] = title.title
        if title.said is not None:
            _SAID[title.kind] = title.said


def title_of(event: Event) -> str:
    """What happened, in a few Chinese words."""
    kind = event.body.kind
    return _SAID[kind](event.body) if kind in _SAID else TITLES[kind]


def line_of(event: Event) -> str:
    """Time in Shanghai, title, officer code: one line."""
    at = event.at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M")
    return f"{at} {title_of(event)}（{event.actor.code}）"
