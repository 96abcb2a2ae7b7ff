"""Reads from the register what was done under a key, for when Temporal has forgotten the run.

Temporal knows an update's id within a run, and a run for as long as it is retained; the register
keeps every answer, beside the events that came of it. What was refused it does not keep: sent
again, it is weighed again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from api.edge.problems import AwayError
from api.parts import Parts
from casework.domain.case.commands import Command
from casework.domain.errors import DomainError
from casework.messages.cases import Receipt, said_by
from casework.store.register.operations import Operation, operation

KEY_REUSED = DomainError("KEY_REUSED", "此 Idempotency-Key 已用于内容不同的操作，请换一个")
NO_OPERATION = DomainError(
    "OPERATION_NOT_FOUND",
    "查不到此键的答复：未曾提交、未被受理，或者办理时尚未留存答复；请核对键和办件经过",
)

_ASKED_WITHIN_SECONDS = 2

T = TypeVar("T")
Known = Callable[[], Awaitable[Receipt | None]]


async def if_register_tells(known: Callable[[], Awaitable[T | None]]) -> T | None:
    """Return what the register knows; None if it knows nothing, or cannot be asked now."""
    try:
        return await known()
    except AwayError:
        return None


async def _found(case_no: str, update_id: str, here: Parts) -> Operation | None:
    """Return what the register keeps.

    Raises:
        AwayError: it does not answer within two seconds.
    """
    try:
        async with asyncio.timeout(_ASKED_WITHIN_SECONDS), here.register.reading() as session:
            return await operation(session, case_no, update_id)
    except TimeoutError:
        raise AwayError("register") from None


async def receipt_of(case_no: str, update_id: str, here: Parts) -> Receipt | None:
    """The answer to what was done under an update's id; None: the register has none.

    Raises:
        AwayError: the register cannot be asked.
    """
    found = await _found(case_no, update_id, here)
    return found.receipt if found else None


def known_by(case_no: str, update_id: str, verb: str, command: Command, here: Parts) -> Known:
    """The same for a command that is sent: asks the register each time it is called.

    It raises DomainError ``KEY_REUSED`` where the id stood for something else, and AwayError.
    """

    async def known() -> Receipt | None:
        found = await _found(case_no, update_id, here)
        if found is None:
            return None
        if not found.says(verb, said_by(command)):
            raise KEY_REUSED
        return found.receipt

    return known
