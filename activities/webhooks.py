"""The activities of a webhook's workflow: read the feed on, and tell the receiver."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity
from temporalio.exceptions import ApplicationError

from casework.domain.authority import Sight, sight
from casework.domain.case.events import INTERNAL
from casework.domain.case.facts import Actor
from casework.domain.policy import Role
from casework.messages.webhooks import (
    PATIENCE,
    Deliver,
    Delivered,
    UndeliveredOutcome,
    WebhookStatus,
)
from casework.outside import GONE, EventSender, RefusedError, UnavailableError
from casework.policy.authority import load_authority
from casework.security.webhook_keys import WebhookKeys
from casework.store import webhooks as register
from casework.store.engine import Sessions
from casework.store.queries.feed import FeedLine, FeedPage, Mark, feed_lines, feed_page
from casework.store.webhooks import (
    BEHIND_ONE_REFUSED,
    MOST_REFUSED,
    TOO_MANY_REFUSED,
    Webhook,
)

PAGE = 100
_LASTS = timedelta(minutes=10)
"""Then the workflow calls again."""
_LOOKS_EVERY = timedelta(seconds=1)
_SAYS_SO_EVERY = timedelta(seconds=30)
"""How often a webhook that has nothing to tell writes that down."""
_SOONEST, _LATEST = timedelta(seconds=1), timedelta(hours=1)


def retry_after(failing_for: timedelta, wanted: timedelta = timedelta()) -> timedelta:
    """How long a receiver is left alone that has taken nothing for so long: as long again.

    Longer if it has ``wanted`` so (``Retry-After``), but for an hour at most.
    """
    return min(max(failing_for, wanted, _SOONEST), _LATEST)


def cloud_event(known: Webhook, line: FeedLine, source: str) -> dict[str, Any]:
    """An event as its receiver gets it (CloudEvents 1.0, structured); the same each time.

    It says what has happened. Where the case stands then, who is told may ask.
    """
    told = {
        name: getattr(line, name)
        for name in ("case_no", "seq", "title", "district", "item", "item_name", "reference")
    }
    return _enveloped(known, f"{line.case_no}:{line.seq}", f"case.{line.kind}", source) | {
        "subject": line.case_no,
        "time": line.at.isoformat(),
        "data": {**told, "event": line.kind, "kind": line.case_kind, "source": line.source},
    }


def ping_event(known: Webhook, source: str) -> dict[str, Any]:
    """The test, of which a receiver need only say that it has it."""
    asked = known.ping_asked_at
    number = f"ping:{asked.isoformat() if asked else ''}"
    return _enveloped(known, number, "ping", source) | {"subject": known.id, "data": {}}


def _enveloped(known: Webhook, number: str, kind: str, source: str) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": number,
        "source": source,
        "type": f"casework.{kind}",
        "webhook": known.id,
        "datacontenttype": "application/json",
    }


@dataclass(frozen=True, kw_only=True)
class WebhookActivities:
    """``source``: the address of the API, by which receivers know the sender.

    ``open_keys`` reads the keys anew, so that a rotation restarts nothing.
    """

    sessions: Sessions
    sender: EventSender
    open_keys: Callable[[], WebhookKeys]
    now: Callable[[], datetime]
    source: str
    lasts: timedelta = _LASTS
    looks_every: timedelta = _LOOKS_EVERY
    patience: timedelta = PATIENCE

    @activity.defn(name="webhooks.deliver")
    async def deliver(self, wanted: Deliver) -> Delivered:
        """Tell the receiver what happens, for ten minutes or until the webhook is not active.

        Each event is told in its turn and noted in the register before the next, so that after a
        crash one may come twice, and none is left out. If the receiver takes nothing the activity
        fails, and comes again after as long as that has lasted; for good it never fails.
        """
        until = asyncio.get_running_loop().time() + self.lasts.total_seconds()
        while True:
            activity.heartbeat()
            async with self.sessions() as session:
                known = await register.webhook(session, wanted.webhook)
            if known is None:
                return Delivered(status=WebhookStatus.ENDED)
            if known.ping_asked_at is not None:
                await self._ping(known)
            if known.status is not WebhookStatus.ACTIVE:
                return Delivered(status=known.status)
            try:
                is_behind = await self._round(known)
            except _NotTakenError as error:
                await self._fails(known.id, error.line, error.why)
            if activity.is_worker_shutdown() or asyncio.get_running_loop().time() >= until:
                return Delivered(status=known.status)
            if not is_behind:
                await asyncio.sleep(self.looks_every.total_seconds())

    async def _round(self, known: Webhook) -> bool:
        """Tell what was refused and what is new, a page at most; whether there is more."""
        seen = _sight(known)
        await self._again(known, seen)
        page = await self._page(known, seen)
        async with self.sessions() as session:
            numbers = {line.case_no for line in page.lines}
            waiting = await register.cases_that_wait(session, known.id, numbers)
        for line in page.lines:
            activity.heartbeat()
            reached = Mark(line.place, line.case_no, line.seq)
            problem = BEHIND_ONE_REFUSED if line.case_no in waiting else ""
            if not problem:
                problem = await self._refusal(known, line)
            if problem:
                waiting |= {line.case_no}
                if known.refused >= MOST_REFUSED:
                    raise _NotTakenError(line, UnavailableError(TOO_MANY_REFUSED))
            known = await self._told(known, line, reached, problem)
        now = self.now()
        last = known.caught_up_at
        if page.more:
            if page.after > known.mark:
                await self._move(known, page.after, caught_up_at=None)
        elif page.lines or last is None or now - last >= _SAYS_SO_EVERY:
            await self._move(known, page.after, caught_up_at=now)
        return page.more

    async def _page(self, known: Webhook, seen: Sight) -> FeedPage:
        hidden = seen.hidden_events | frozenset(INTERNAL)
        async with self.sessions() as session:
            return await feed_page(
                session, seen, known.mark, size=PAGE, hidden=hidden, only=known.wanted
            )

    async def _refusal(self, known: Webhook, line: FeedLine) -> str:
        """Send an event; return why the receiver refuses it, empty: it has it.

        Raises:
            _NotTakenError: it takes nothing now.
        """
        try:
            await self._send(known, cloud_event(known, line, self.source))
        except RefusedError as refused:
            return refused.problem
        except UnavailableError as error:
            raise _NotTakenError(line, error) from None
        return ""

    async def _told(self, known: Webhook, line: FeedLine, reached: Mark, problem: str) -> Webhook:
        async with self.sessions.begin() as session:
            if problem:
                await register.note_refused(
                    session, known.id, line.case_no, line.seq, at=self.now(), problem=problem
                )
            moved = await register.move(session, known, reached)
        return moved if not problem else Webhook(**vars(moved) | {"refused": known.refused + 1})

    async def _move(self, known: Webhook, after: Mark, *, caught_up_at: datetime | None) -> None:
        async with self.sessions.begin() as session:
            await register.move(session, known, after, caught_up_at=caught_up_at)

    async def _again(self, known: Webhook, seen: Sight) -> None:
        """Send what was refused and is wanted again, each case in its order."""
        async with self.sessions() as session:
            wanted = await register.to_send_again(session, known.id)
            lines = await feed_lines(session, seen, wanted) if wanted else ()
        refused: set[str] = set()
        for line in lines:
            activity.heartbeat()
            if line.case_no in refused:
                continue
            problem = await self._refusal(known, line)
            async with self.sessions.begin() as session:
                if problem:
                    refused.add(line.case_no)
                    await register.note_refused_again(
                        session, known.id, line.case_no, line.seq, at=self.now(), problem=problem
                    )
                else:
                    await self._forget(
                        session, known, line.case_no, line.seq, UndeliveredOutcome.DELIVERED
                    )
        gone = {*wanted} - {(line.case_no, line.seq) for line in lines}
        async with self.sessions.begin() as session:
            for case_no, seq in sorted(gone):
                await self._forget(session, known, case_no, seq, UndeliveredOutcome.OUT_OF_SIGHT)

    async def _forget(
        self,
        session: AsyncSession,
        known: Webhook,
        case_no: str,
        seq: int,
        outcome: UndeliveredOutcome,
    ) -> None:
        await register.forget_refused(session, known.id, case_no, seq, outcome, at=self.now())

    async def _ping(self, known: Webhook) -> None:
        problem = ""
        try:
            await self._send(known, ping_event(known, self.source))
        except (RefusedError, UnavailableError) as error:
            problem = error.problem
        async with self.sessions.begin() as session:
            await register.note_ping(session, known, self.now(), problem)

    async def _send(self, known: Webhook, event: dict[str, Any]) -> None:
        body = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
        await self.sender.send(known.url, body, self.open_keys().sign(body))

    async def _fails(self, number: str, line: FeedLine, error: UnavailableError) -> None:
        """Note it, and fail until it is time to try again, or pause the webhook.

        The event at which it pauses is a task, and comes first when it is resumed. Where too many
        were refused, each of those is one already.
        """
        problem = error.problem
        now = self.now()
        async with self.sessions.begin() as session:
            known = await register.webhook(session, number)
            if known is None:
                return
            failing_for = now - (known.failing_since or now)
            pause = failing_for >= self.patience or problem in {TOO_MANY_REFUSED, GONE}
            if not pause or problem == TOO_MANY_REFUSED:
                await register.note_failure(session, known, now, problem, pause=pause)
            else:
                reached = Mark(line.place, line.case_no, line.seq)
                await register.pause_at(session, known, reached, at=now, problem=problem)
        if not pause:
            raise ApplicationError(
                "the receiver takes nothing now",
                type="RECEIVER_UNAVAILABLE",
                next_retry_delay=retry_after(failing_for, error.after),
            )


class _NotTakenError(Exception):
    """The receiver takes nothing now; it was asked to take ``line``."""

    def __init__(self, line: FeedLine, why: UnavailableError) -> None:
        super().__init__(why.problem)
        self.line = line
        self.why = why


def _sight(known: Webhook) -> Sight:
    """Return what the system may read today; one that left the rosters may read nothing."""
    return sight(load_authority(), Actor(code=known.system, role=Role.SYSTEM))
