"""What of the stack runs, as read from its process records."""

from dataclasses import dataclass
from datetime import datetime

from casework.local.devstack.composition import SUPERVISOR, part_names
from casework.local.devstack.layout import Layout
from casework.local.devstack.processes import read_record
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
