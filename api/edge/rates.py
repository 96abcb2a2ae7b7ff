"""Limits the rate of requests of a client, counted in the register for all API processes together.

A process takes a share of a client's allowance at a time and lets that many requests through, so
only one request in many waits for the register. While the register is unavailable, each process
counts for itself.
"""

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus

import structlog
from limits import RateLimitItemPerSecond
from limits.aio.storage import Storage
from limits.aio.strategies import FixedWindowRateLimiter

from api.edge.problems import AwayError, ProblemError
from casework.store.faults import FROM_THE_REGISTER

FAILED_COSTS = 10
"""A failed authentication counts as this many requests of its address."""

SHARES = 20
"""The part of a client's burst that a process takes as one share."""

_MOST_CLIENTS = 10_000
_ANSWER_SECONDS = 1.0
_ALONE_SECONDS = 5.0
"""How long the register is not asked again after it did not answer."""
_AWAY = (AwayError, TimeoutError, *FROM_THE_REGISTER)

log = structlog.get_logger("api")


@dataclass(kw_only=True)
class _Share:
    """How many requests of a client this process may still let through until ``until``.

    ``refused``: the register said that nothing is left until then. ``alone``: the register could
    not be asked.
    """

    left: int = 0
    until: float = -math.inf
    refused: bool = False
    alone: bool = False
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    def spend(self, cost: int, now: float) -> bool:
        """Take some of it; return whether there was enough."""
        if now >= self.until or self.left < cost:
            return False
        self.left -= cost
        return True


class Rates:
    """Windows of fixed length: ``burst`` requests in the time in which ``per_minute`` allows them.

    A window lasts whole seconds, and one at least. ``clock`` in seconds, never going back.
    """

    def __init__(
        self,
        storage: Storage,
        *,
        per_minute: int,
        burst: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        window = math.ceil(burst * 60 / per_minute)
        self._item = RateLimitItemPerSecond(math.ceil(per_minute * window / 60), window)
        self._share = max(1, self._item.amount // SHARES)
        self._shared = FixedWindowRateLimiter(storage)
        self._clock = clock
        self._alone_until = -math.inf
        self._shares: OrderedDict[str, _Share] = OrderedDict()

    async def wait(self, client: str, cost: int = 1) -> int:
        """Count a request; return 0, or after how many whole seconds it may be made again.

        ``client`` is an opaque key. If there are too many clients to remember, the process forgets
        the share of the one that has been silent for longest.
        """
        cost = min(cost, self._item.amount)
        share = self._shares.setdefault(client, _Share())
        self._shares.move_to_end(client)
        if len(self._shares) > _MOST_CLIENTS:
            self._shares.popitem(last=False)
        if share.spend(cost, self._clock()):
            return 0
        async with share.asking:  # all other requests of the client use the answer to the first one
            now = self._clock()
            if share.spend(cost, now):
                return 0
            if not share.refused or now >= share.until:
                await self._renew(share, client, cost)
                if share.spend(cost, self._clock()):
                    return 0
        return max(1, math.ceil(share.until - self._clock()))

    async def _renew(self, share: _Share, client: str, cost: int) -> None:
        now = self._clock()
        if now >= self._alone_until:
            try:
                async with asyncio.timeout(_ANSWER_SECONDS):
                    await self._ask(share, client, max(cost, self._share))
            except _AWAY as error:
                self._alone_until = now + _ALONE_SECONDS
                log.warning("rates_alone", error=type(error).__name__)
            else:
                return
        if not share.alone or now >= share.until:
            share.left, share.until = self._item.amount, now + self._item.get_expiry()
            share.refused, share.alone = False, True

    async def _ask(self, share: _Share, client: str, wanted: int) -> None:
        granted = await self._shared.hit(self._item, client, cost=wanted)
        lasts: float = self._item.get_expiry()
        if not granted:
            stats = await self._shared.get_window_stats(self._item, client)
            lasts = stats.reset_time - time.time()  # noqa: TID251 - as the library has it
        share.left = wanted if granted else 0
        share.until = self._clock() + lasts
        share.refused, share.alone = not granted, False


def too_many(seconds: int) -> ProblemError:
    """429: the client has to wait."""
    return ProblemError(
        status=HTTPStatus.TOO_MANY_REQUESTS,
        code="TOO_MANY_REQUESTS",
        detail=f"请求过于频繁，请 {seconds} 秒后再试",
        headers={"Retry-After": str(seconds)},
    )
