"""How a good client asks: the same again, until somebody has looked at it."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from datetime import timedelta
from http import HTTPStatus

import httpx

PAUSE_SECONDS = 0.3


async def insisted(
    ask: Callable[[], Awaitable[httpx.Response]],
    *,
    also: Collection[HTTPStatus] = (),
    within: timedelta = timedelta(minutes=5),
) -> httpx.Response:
    """Ask until there is an answer that decides, and return it; TimeoutError after ``within``.

    No answer at all, 5xx (something is unavailable) and 429 (too many at once) decide nothing, nor
    does what is in ``also``. Each ask must carry the same key or reference, or it is done twice.
    """
    undecided = {HTTPStatus.TOO_MANY_REQUESTS, *also}
    async with asyncio.timeout(within.total_seconds()):
        while True:
            with suppress(httpx.TransportError):
                answer = await ask()
                if not answer.is_server_error and answer.status_code not in undecided:
                    return answer
            await asyncio.sleep(PAUSE_SECONDS)
