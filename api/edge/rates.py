"""How often a client may ask, counted for all API processes together in the register.

A process takes a share of a client's allowance at a time and lets requests through by it, so that
one request in many waits for the register. While the register is away, each process counts for
itself.
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
"""A request that fails to say who calls counts as so many of its address."""

SHARES = 20
"""A process takes this part of what a client may ask at once."""

_MOST_CLIENTS = 10_000
_ANSWER_SECONDS = 1.0
_ALONE_SECONDS = 5.0
"""How long a register that did not answer is left alone."""
_AWAY = (AwayError, TimeoutError, *FROM_THE_REGISTER)

log = structlog.get_logger("api")


@dataclass(kw_only=True)
class _Share:
    """How many requests of a client this process may still let through until ``until``.

    ``refused``: the register has said that there is no more until then. ``alone``: the register
    was not asked.
    """

    left: int = 0
    until: float = -math.inf
    refused: bool = False
    alone: bool = False
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    def spend(self, cost: int, now: float) -> bool:
        """Whether there was enough left."""
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

        ``client`` is an opaque key. The process forgets the share of the client that has not asked
        for longest where there are too many to remember.
        """
        cost = min(cost, self._item.amount)
        share = self._shares.setdefault(client, _Share())
        self._shares.move_to_end(client)
        if len(self._shares) > _MOST_CLIENTS:
            self._shares.popitem(last=False)
        if share.spend(cost, self._clock()):
            return 0
        async with share.asking:  # all others that ask now go by what the first is told
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
