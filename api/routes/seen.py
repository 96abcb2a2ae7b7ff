"""What a caller has seen of a case, and what has happened to it since.

The tag of a case (``ETag``) begins with the number of its last event. An act that brings one
(``If-Match``) is done only if nobody has acted since; who acts first is decided by the case itself.
"""

import asyncio
import re
from contextlib import suppress
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Header, Response
from pydantic import TypeAdapter

from api.access.guard import may, permit
from api.edge.problems import MEDIA_TYPE, AwayError, ProblemError
from api.parts import Parts
from api.routes.same_person import View, told, told_events
from casework.domain.authority import Action
from casework.domain.case.facts import Actor
from casework.domain.errors import DomainError
from casework.store.queries import EventView, timeline

_TAG = re.compile(r'"([0-9]{1,6})(?:-[0-9a-f]{16})?"')
_EVENTS: TypeAdapter[tuple[EventView, ...]] = TypeAdapter(tuple[EventView, ...])
_ASKED_EVERY_SECONDS, _ASKED_TIMES = 0.1, 20
"""An event is decided a moment before it is in the register."""

IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=100,
        description='所见办件的 ETag，如 "7"；此后他人已办理的，不办理，答复 412',
        examples=['"7"'],
    ),
]

TAGGED: dict[int | str, dict[str, Any]] = {
    200: {
        "headers": {
            "ETag": {
                "description": "以办件最后一项经过的序号开头，照原样填入 If-Match",
                "schema": {"type": "string", "examples": ['"7-0123456789abcdef"']},
            }
        }
    }
}
"""The answer of a route that shows one case."""

MOVED_ON: dict[int | str, dict[str, Any]] = {
    412: {
        "description": "本件在此期间已有变化，未办理；events 是其间的经过",
        "content": {
            MEDIA_TYPE: {
                "schema": {
                    "allOf": [
                        {"$ref": "#/components/schemas/ProblemBody"},
                        {
                            "type": "object",
                            "required": ["seq", "events"],
                            "properties": {
                                "seq": {
                                    "type": "integer",
                                    "description": "本件现在最后一项经过的序号",
                                    "examples": [8],
                                },
                                "events": {
                                    "type": "array",
                                    "items": {"$ref": "#/components/schemas/EventView"},
                                },
                            },
                        },
                    ]
                }
            }
        },
    }
}
"""The refusal of an act by a caller who has not seen the last event."""


def shown(view: View, actor: Actor, response: Response) -> View:
    """Return the view of a case that the caller may read, and tag the answer with its number."""
    response.headers["ETag"] = tag(view.last_seq)
    return told(view, actor)


def tag(seq: int) -> str:
    """The tag of a case whose last event has this number."""
    return f'"{seq}"'


def seen_by(if_match: str | None) -> int | None:
    """The number of the last event that a caller has seen; None: they do not say.

    Raises:
        ProblemError: 400 ``IF_MATCH_INVALID``, it is no tag of a case.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    found = _TAG.fullmatch(if_match.strip())
    if found is None:
        raise ProblemError(
            status=HTTPStatus.BAD_REQUEST,
            code="IF_MATCH_INVALID",
            detail='If-Match 须是查阅办件时所得的 ETag，照原样带引号，如 "7"',
        )
    return int(found[1])


async def moved_on(
    refused: DomainError, case_no: str, seen: int, actor: Actor, here: Parts
) -> ProblemError:
    """The 412 with what has happened since the caller looked, as far as they may read it."""
    events: tuple[EventView, ...] = ()
    last = seen
    with suppress(AwayError, DomainError, ProblemError):  # who may not read is told the code alone
        events, last = await _since(case_no, seen, actor, here)
    told_since = _EVENTS.dump_python(events, mode="json")
    return ProblemError(
        status=HTTPStatus.PRECONDITION_FAILED,
        code=refused.code,
        detail=refused.message,
        headers={"ETag": tag(last)} if last != seen else {},
        more={"seq": last, "events": told_since},
    )


async def _since(
    case_no: str, seen: int, actor: Actor, here: Parts
) -> tuple[tuple[EventView, ...], int]:
    for _ in range(_ASKED_TIMES):
        async with here.register.reading() as session:
            known = await permit(session, actor, Action.READ, case_no)
            found = await timeline(session, case_no)
        last = found[-1].seq if found else 0
        if last != seen:
            break
        await asyncio.sleep(_ASKED_EVERY_SECONDS)
    notes = may(actor, Action.READ_NOTES, known)
    since = (event for event in found if event.seq > seen)
    return told_events(since, actor, notes=notes), last
