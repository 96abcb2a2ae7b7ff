"""What of the stack runs, as read from its process records, and how a terminal shows it."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from rich.table import Table
from rich.text import Text

from casework.local.devstack.composition import SUPERVISOR, part_names
from casework.local.devstack.layout import Layout
from casework.local.devstack.processes import read_record
from casework.local.devstack.supervised import Supervised
from casework.settings import Settings

STOPPED = "stopped"
READY = "ready"


@dataclass(frozen=True, kw_only=True)
class PartStatus:
    """One part: ``since`` in UTC, ``state`` as in ``PartState``."""

    name: str
    state: str
    ready: bool
    pid: int | None
    since: datetime | None
    restarts: int
    url: str
    log: str


def status(settings: Settings) -> list[PartStatus]:
    """Return the supervisor and its parts, in the order they start. Needs nothing to run."""
    return [_status(name, settings) for name in (SUPERVISOR, *part_names(settings))]


def _status(name: str, settings: Settings) -> PartStatus:
    layout = Layout(settings.home)
    record = read_record(layout.run, name)
    living = record is not None and record.living() is not None
    state = record.state if record and living else STOPPED
    return PartStatus(
        name=name,
        state=state,
        ready=state == READY,
        pid=record.pid if record and living else None,
        since=record.since if record and living else None,
        restarts=record.restarts if record and living else 0,
        url=_url(name, settings),
        log=str(layout.log("stack" if name == SUPERVISOR else name)),
    )


def _url(name: str, settings: Settings) -> str:
    match name:
        case "api":
            return f"{settings.api_local_url}/docs"
        case "temporal":
            return settings.ui_url
        case "issuer":
            return settings.local_issuer
        case "town":
            return f"http://127.0.0.1:{settings.town_port}"
        case _:
            return ""


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
