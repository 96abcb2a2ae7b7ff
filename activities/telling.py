"""Tells many cases in batches, at a limited rate, each once: the ones of a book that still wait.

``tell_all`` is the one way: what waits and what became of it stands in ``casework.store.telling``.
A case is told by a signal (``by_signal``), or by an update that it may refuse (``by_update``).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity
from temporalio.client import (
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from casework.messages.cases import Receipt
from casework.messages.orders import CarriedOut
from casework.store.engine import Sessions
from casework.store.register.cases import Running
from casework.store.telling import GONE, SIGNALLED, Book, Outcome
from casework.temporal import signal_once

BATCH = 50
"""Maximum number of concurrent signals, and of signals repeated after a crash."""
UPDATES = 20
"""The same of updates, for whose answers a worker waits."""
ANSWERS_WITHIN = timedelta(seconds=15)
"""A case that does not answer an update within this time is skipped, and told again later."""
_NOT_PROVED = "PROOF_"
"""Refusals that are our own fault, not those of a rule: they must be repaired, and tried again."""

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


# --- the cases of a book ---------------------------------------------------------------------


class Numbered(Protocol):
    """A row of a book; it names its case."""

    @property
    def case_no(self) -> str:
        """The number."""


Row = TypeVar("Row", bound=Numbered)
More = Callable[[AsyncSession], Awaitable[int]]


async def tell_all(  # noqa: PLR0913 - what is told, how, and how fast
    sessions: Sessions,
    book: Book[Row],
    no: str,
    tell: Callable[[Sequence[Row]], Awaitable[Sequence[Outcome]]],
    *,
    batch: int = BATCH,
    per_second: int,
    most: int | None = None,
    more: More | None = None,
) -> CarriedOut:
    """Tell each waiting case once and write its outcome; at most ``most``, at a limited rate.

    ``tell`` returns the outcomes; a case without one is skipped, and told by the next call.
    ``more`` writes further cases when none waits any more, and returns how many. The register notes
    each batch, so after a crash the next attempt continues there: of an interrupted batch the cases
    are told again.

    Raises:
        ApplicationError: ``CASES_SILENT``, cases wait, and none has answered.
    """
    after, answered, skipped = "", 0, 0

    async def page() -> Sequence[Row]:
        nonlocal after
        async with sessions.begin() as session:
            rows = await book.waiting(session, no, after=after, limit=batch)
            if not rows and not skipped and more is not None and await more(session):
                rows = await book.waiting(session, no, limit=batch)
        after = rows[-1].case_no if rows else after
        return rows

    async def one(rows: Sequence[Row]) -> None:
        nonlocal answered, skipped
        outcomes, _ = await asyncio.gather(tell(rows), asyncio.sleep(len(rows) / per_second))
        async with sessions.begin() as session:
            await book.note(session, no, outcomes)
        answered += len(outcomes)
        skipped += len(rows) - len(outcomes)

    _, left = await batch_by_batch(page, one, most=most)
    async with sessions() as session:
        count = await book.count(session, no)
    left = left or count.done < count.cases
    if left and not answered:
        # Temporal waits between attempts; nobody waits in a loop here.
        raise ApplicationError("no case has answered", type="CASES_SILENT")
    return CarriedOut(done=count.done, left=left, cases=count.cases)


def by_signal(name: str, key: str) -> Callable[[Sequence[Running]], Awaitable[Sequence[Outcome]]]:
    """Tell cases by a signal, which reaches each once for the ``key``."""

    async def tell(rows: Sequence[Running]) -> Sequence[Outcome]:
        taken = await signal_all(
            [
                Signal(workflow_id=each.workflow_id, name=name, request_id=f"{key}:{each.case_no}")
                for each in rows
            ]
        )
        return [
            Outcome(case_no=each.case_no, outcome=SIGNALLED if runs else GONE)
            for each, runs in zip(rows, taken, strict=True)
        ]

    return tell


@dataclass(frozen=True, kw_only=True)
class Answers:
    """The outcomes of updates: of one that was taken, and of refusals by their codes.

    Any other refusal is ``refused``, and keeps its code.
    """

    done: str
    refused: str
    known: Mapping[str, str] = field(default_factory=dict)


async def by_update(
    workflow_id: str, name: str, command: object, case_no: str, answers: Answers
) -> Outcome | None:
    """Tell a case by an update and return the outcome; None if it did not answer in time."""
    handle = activity.client().get_workflow_handle(workflow_id)
    try:
        await handle.execute_update(name, command, result_type=Receipt, rpc_timeout=ANSWERS_WITHIN)
    except WorkflowUpdateRPCTimeoutOrCancelledError:
        return None
    except WorkflowUpdateFailedError as error:
        return _refused(case_no, error.cause, answers)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return Outcome(case_no=case_no, outcome=GONE)
        raise
    return Outcome(case_no=case_no, outcome=answers.done)


def _refused(case_no: str, cause: BaseException | None, answers: Answers) -> Outcome:
    code = (cause.type if isinstance(cause, ApplicationError) else None) or "FAILED"
    if code.startswith(_NOT_PROVED):
        raise ApplicationError("the worker's own messages are not believed", type=code)
    if code in answers.known:
        return Outcome(case_no=case_no, outcome=answers.known[code])
    return Outcome(case_no=case_no, outcome=answers.refused, code=code)


async def each_answer(told: Sequence[Awaitable[Outcome | None]]) -> list[Outcome]:
    """The outcomes of cases that are told at the same time, without those that were silent."""
    return [outcome for outcome in await asyncio.gather(*told) if outcome is not None]
