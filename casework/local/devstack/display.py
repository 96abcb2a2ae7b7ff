"""How the stack shows itself on a terminal: a live line while it runs, a table on demand."""

import time
from collections.abc import Iterable
from datetime import timedelta

from rich.table import Table
from rich.text import Text

from casework.local.devstack.status import READY, STOPPED, PartStatus
from casework.local.devstack.supervised import Supervised

_STYLES = {READY: "green", STOPPED: "red"}


class LiveLine:
    """One line with every part and its state; drawn anew at each refresh."""

    def __init__(self, parts: Iterable[Supervised]) -> None:
        """Begin to count the time the stack has been up."""
        self._parts = list(parts)
        self._began = time.monotonic()

    def __rich__(self) -> Text:
        """Draw the line."""
        up = timedelta(seconds=int(time.monotonic() - self._began))
        line = Text(f"up {up}", no_wrap=True)
        for member in self._parts:
            restarts = f" (restarted {member.restarts}x)" if member.restarts else ""
            line.append("  ● ", style=_STYLES.get(member.state, "yellow"))
            shown = "" if member.state == READY else f" {member.state}"
            line.append(f"{member.part.name}{shown}{restarts}")
        return line.append("  Ctrl-C stops", style="dim")


def status_table(statuses: Iterable[PartStatus]) -> Table:
    """Return the parts as a table for `casework status`."""
    table = Table("part", "state", "pid", "since", "restarts", "address", "log")
    for part in statuses:
        table.add_row(
            part.name,
            Text(part.state, style=_STYLES.get(part.state, "yellow")),
            str(part.pid or ""),
            f"{part.since.astimezone():%Y-%m-%d %H:%M:%S}" if part.since else "",
            str(part.restarts or ""),
            Text(part.url, overflow="fold"),
            Text(part.log, overflow="fold"),
        )
    return table
