"""Sends signals to many cases in batches, at a limited rate, each signal once."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from temporalio import activity
from temporalio.service import RPCError, RPCStatusCode

from casework.temporal import signal_once

BATCH = 50
"""Maximum number of concurrent signals, and of signals repeated after a crash."""

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Signal:
    """A signal to one workflow; the same ``request_id`` again is the same signal."""

    workflow_id: str
    name: str
    request_id: str
    payload: tuple[object, ...] = ()


async def signal_all(
    signals: Sequence[Signal], *, per_second: int | None = None
) -> tuple[bool, ...]:
    """Send all; return for each whether it was accepted, False: the workflow no longer runs.

    ``per_second`` limits the rate, and so the load of the workers.

    Raises:
        RPCError: it is not known whether one was accepted; all can be sent again.
    """
    taken, _ = await asyncio.gather(
        asyncio.gather(*map(_send, signals)),
        asyncio.sleep(len(signals) / per_second if per_second else 0),
    )
    return tuple(taken)


async def _send(signal: Signal) -> bool:
    try:
        await signal_once(
            activity.client(),
            signal.workflow_id,
            signal.name,
            *signal.payload,
            request_id=signal.request_id,
        )
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False
    return True


async def batch_by_batch(
    page: Callable[[], Awaitable[Sequence[T]]],
    tell: Callable[[Sequence[T]], Awaitable[None]],
    *,
    most: int | None = None,
) -> tuple[int, bool]:
    """Tell page after page until none is left or ``most`` are told; return how many, and any left.

    ``tell`` writes what it has done before the next page is read, so that the next attempt after a
    crash continues there. Temporal gets a heartbeat for each batch.
    """
    told = 0
    while batch := await page():
        if most is not None and told >= most:
            return told, True
        await tell(batch)
        told += len(batch)
        activity.heartbeat(told)
    return told, False
