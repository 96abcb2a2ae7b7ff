"""Broken promises, taken out of the events before these are sealed: the register acts on them."""

import json
from dataclasses import replace

from casework.messages.cases import BreachRow, Entry

BREACH = "debt_breached"


def with_breaches(entry: Entry) -> Entry:
    """The entry with a row for each breach among its events."""
    breaches = tuple(
        BreachRow(
            seq=event.seq,
            material=json.loads(event.body)["material"],
            recorded_at=event.at,
            reason=event.title,
        )
        for event in entry.events
        if event.kind == BREACH
    )
    return replace(entry, breaches=breaches) if breaches else entry
