"""How often a client may ask: a token bucket for each.

Kept in the process: with several API processes behind one address a client may have as many times
the rate as there are processes. What must hold over all of them belongs into the proxy before them.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from fastapi import Request

from api.access.guard import Caller
from api.edge.problems import ProblemError

FAILED_COSTS = 10
"""A request that fails to say who calls counts as so many of its address."""

_MOST_CLIENTS = 10_000


@dataclass(kw_only=True)
class _Bucket:
    left: float
    at: float


class Rates:
    """``clock`` in seconds, never going back. Which client is meant says a text of the caller's."""

    def __init__(
        self, *, per_minute: int, burst: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_second = per_minute / 60
        self._burst = burst
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def wait(self, client: str, cost: int = 1) -> int:
        """Count a request; return 0, or after how many whole seconds it may be made again.

        One that has to wait is not counted. Who has not asked for longest is forgotten where there
        are too many to remember: their bucket is full again, or soon.
        """
        now = self._clock()
        cost = min(cost, self._burst)
        bucket = self._buckets.setdefault(client, _Bucket(left=self._burst, at=now))
        self._buckets.move_to_end(client)
        if len(self._buckets) > _MOST_CLIENTS:
            self._buckets.popitem(last=False)
        bucket.left = min(self._burst, bucket.left + (now - bucket.at) * self._per_second)
        bucket.at = now
        if bucket.left < cost:
            return math.ceil((cost - bucket.left) / self._per_second)
        bucket.left -= cost
        return 0


def paced(request: Request, actor: Caller) -> None:
    """Raise a 429 problem when this person or system asks too often, whatever token they use."""
    rates: Rates = request.app.state.rates
    if seconds := rates.wait(f"actor {actor.code}"):
        raise too_many(seconds)


def too_many(seconds: int) -> ProblemError:
    """429: the client has to wait."""
    return ProblemError(
        status=HTTPStatus.TOO_MANY_REQUESTS,
        code="TOO_MANY_REQUESTS",
        detail=f"请求过于频繁，请 {seconds} 秒后再试",
        headers={"Retry-After": str(seconds)},
    )
