"""The one in the fake town who answers what is owed, when it is due, until it is heard."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

import httpx

from casework.local.town.ledger import Ledger
from casework.local.town.records import Answer

_log = logging.getLogger(__name__)

_LONGEST_WAIT = 60.0  # seconds between two attempts


class Clerk:
    """Sends owed answers to their callback addresses.

    An answer may arrive twice (a crash before it is noted): it carries its reference as
    ``Idempotency-Key``. ``token`` is asked for at each attempt, for the outcome that is told.
    """

    def __init__(
        self,
        ledger: Ledger,
        *,
        token: Callable[[str], str],
        clock: Callable[[], datetime],
        retry_after_seconds: float,
    ) -> None:
        self._ledger = ledger
        self._token = token
        self._clock = clock
        self._retry_after = retry_after_seconds
        self._news = asyncio.Event()

    def look(self) -> None:
        """Say that something new may be due."""
        self._news.set()

    async def run(self) -> None:
        """Answer for ever. What an earlier run tried in vain is tried again at once."""
        self._ledger.hurry(self._clock().timestamp())
        async with httpx.AsyncClient(timeout=10, trust_env=False) as http:
            while True:
                self._news.clear()
                due = self._ledger.owed(self._clock().timestamp())
                await asyncio.gather(*(self._answer(http, answer) for answer in due))
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), self._idle_for())

    def _idle_for(self) -> float | None:
        due = self._ledger.next_due()
        return None if due is None else max(0.0, due - self._clock().timestamp())

    async def _answer(self, http: httpx.AsyncClient, answer: Answer) -> None:
        problem = await self._call_back(http, answer)
        if problem is None:
            self._ledger.answered(answer.reference, self._clock())
            return
        _log.warning("callback_unheard", extra={"reference": answer.reference, "problem": problem})
        wait = min(_LONGEST_WAIT, self._retry_after * 2 ** min(answer.attempts, 10))
        self._ledger.postpone(answer.reference, self._clock().timestamp() + wait)

    async def _call_back(self, http: httpx.AsyncClient, answer: Answer) -> str | None:
        """Return None if the answer was heard, else what went wrong."""
        headers = {"Idempotency-Key": answer.reference}
        if token := self._token(answer.outcome):
            headers["Authorization"] = f"Bearer {token}"
        body = {
            "case_no": answer.case_no,
            "reference": answer.reference,
            "outcome": answer.outcome,
            "reasons": answer.reasons,
        }
        try:
            reply = await http.post(answer.callback_url, json=body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return type(error).__name__
        return None if reply.is_success else f"http_{reply.status_code}"
