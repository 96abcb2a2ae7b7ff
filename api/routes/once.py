"""Makes repeats harmless: what is sent again is done once, and gets the earlier answer.

Temporal knows an update's id within a run, and a run until its retention ends. The register keeps
every answer, with the events that followed. It keeps no refusal: a refused request that is sent
again is decided anew. It may also have what Temporal never took (ADR 0004): that is sent again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar

from fastapi import Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from api.edge.problems import AwayError
from api.parts import Parts
from api.parts.link import Begun, NoRunError, UnknownOperationError
from api.parts.repeats import KEY_REUSED
from casework.domain.case.commands import Command
from casework.domain.errors import DomainError
from casework.domain.kinds.registry import CaseKind, workflow_id
from casework.messages.cases import Receipt, said_by
from casework.store.queries import kind_of
from casework.store.register.cases import Operation, operation

NO_OPERATION = DomainError(
    "OPERATION_NOT_FOUND",
    "查不到此键的答复：未曾提交、未被受理，或者办理时尚未留存答复；请核对键和办件经过",
)

ASK_AFTER_SECONDS = 2
_ASKED_WITHIN_SECONDS = 2

T = TypeVar("T")
Known = Callable[[], Awaitable[Receipt | None]]


async def begin_once(
    begin: Callable[[], Awaitable[Begun[T]]],
    *,
    known: Callable[[HTTPStatus], Awaitable[Response | None]],
    pending: Callable[[], Response],
    begun_as: Callable[[T, HTTPStatus], Response] | None = None,
) -> Response:
    """Begin it, or find it: 201 begun now, 200 it was there, 202 its answer is to come.

    ``begin`` is called if the register does not know it. ``known`` returns the answer from the
    register with a status, or None. ``begun_as`` makes the answer if this call has begun it and
    that says more than the register.

    Raises:
        AwayError: it is not known whether it was accepted; or it has ended, and the register does
            not answer.
    """
    found = await if_register_tells(lambda: known(HTTPStatus.OK))
    if found is not None:
        return found
    try:
        begun = await begin()
    except NoRunError:  # it has ended, so it is in the register
        if (found := await known(HTTPStatus.OK)) is None:
            raise AwayError("register") from None
        return found
    if begun.answer is None:
        return pending()
    status = HTTPStatus.CREATED if begun.opened else HTTPStatus.OK
    if begun_as is not None:
        return begun_as(begun.answer, status)
    return await if_register_tells(lambda: known(status)) or pending()


async def answer_to(
    ask: Callable[[], Awaitable[T | None]], told: Callable[[], Awaitable[T | None]]
) -> T | None:
    """Return the answer to an earlier request: ``ask`` Temporal, or else use what ``told`` returns.

    None: the answer is still to come.

    Raises:
        DomainError: ``OPERATION_NOT_FOUND``; or it was refused.
    """
    try:
        return await ask()
    except (NoRunError, UnknownOperationError):
        # A run ends only after its answers are in the register: so ask the register once more.
        if (found := await told()) is None:
            raise NO_OPERATION from None
        return found


def asked_later(body: BaseModel, place: str) -> Response:
    """Return a 202: accepted for good, not yet in the register; ``place`` is where to ask."""
    headers = {"Location": place, "Retry-After": str(ASK_AFTER_SECONDS)}
    return JSONResponse(body.model_dump(), HTTPStatus.ACCEPTED, headers)


async def if_register_tells(known: Callable[[], Awaitable[T | None]]) -> T | None:
    """Return what the register knows; None if it knows nothing, or cannot be asked now.

    Raises:
        AwayError: the register knows it, and another part that must confirm it is away.
    """
    try:
        return await known()
    except AwayError as away:
        if away.party != "register":
            raise
        return None


async def _found(case_no: str, update_id: str, here: Parts) -> tuple[Operation, CaseKind] | None:
    """Return what the register keeps under an id, and the kind of the case.

    Raises:
        AwayError: it does not answer within two seconds.
    """
    try:
        async with asyncio.timeout(_ASKED_WITHIN_SECONDS), here.register.reading() as session:
            found = await operation(session, case_no, update_id)
            kind = await kind_of(session, case_no) if found else None
    except TimeoutError:
        raise AwayError("register") from None
    return (found, CaseKind(kind)) if found and kind else None


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """What the register has under a key; ``taken``: Temporal has it too, so it has happened."""

    receipt: Receipt
    taken: bool


async def earlier(
    case_no: str, update_id: str, here: Parts, verb: str = "", command: Command | None = None
) -> Earlier | None:
    """Return what the register has under an update's id; None: nothing.

    Raises:
        DomainError: ``KEY_REUSED``, it was used for other than this verb and command, if given.
        AwayError: the register does not answer, or has it and Temporal does not.
    """
    found = await _found(case_no, update_id, here)
    if found is None:
        return None
    done, kind = found
    if command is not None and not done.says(verb, said_by(command)):
        raise KEY_REUSED
    if done.was_signal:
        return Earlier(receipt=done.receipt, taken=True)
    taken = await here.engine.took(workflow_id(kind, case_no), update_id, seq=done.seq)
    if taken and (now := await _found(case_no, update_id, here)) is not None:
        done, _ = now  # what was read first may be of an attempt that came to nothing
    return Earlier(receipt=done.receipt, taken=taken)


def known_by(
    case_no: str, update_id: str, here: Parts, verb: str = "", command: Command | None = None
) -> Known:
    """Return a function that asks `earlier`, and returns the receipt of what has happened."""

    async def known() -> Receipt | None:
        found = await earlier(case_no, update_id, here, verb, command)
        return found.receipt if found is not None and found.taken else None

    return known
