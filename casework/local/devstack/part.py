"""A part of the stack: what to run and how to see that it is ready."""

import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

Ready = Callable[[datetime], Awaitable[bool]]


@dataclass(frozen=True, kw_only=True)
class Account:
    """The system account a process runs under."""

    uid: int
    gid: int


async def _nothing() -> None:
    """Prepare nothing."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One process to keep alive.

    ``ready`` gets the time (UTC) the process began and must not raise for "not yet"; it is asked
    again as long as the process lives. ``prepare`` runs before every start, restarts included.
    ``account`` None is our own.
    """

    name: str
    command: tuple[str, ...]
    ready: Ready
    environment: Mapping[str, str] | None = None
    account: Account | None = None
    prepare: Callable[[], Awaitable[None]] = _nothing
    stop_signal: int = signal.SIGTERM
    grace_seconds: float = 10.0
    ready_within_seconds: float = 60.0
    looked_at_every_seconds: float = 10.0
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class ApplicationStage:
    """Parts that start together; ``then`` runs once all of them are ready."""

    parts: tuple[Part, ...]
    then: Callable[[], Awaitable[None]] = _nothing
