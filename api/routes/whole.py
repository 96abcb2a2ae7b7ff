"""A case with all that its page shows, in one answer: what the parts share is read once."""

from dataclasses import dataclass
from http import HTTPStatus

from fastapi import Response

from api.access.guard import Caller
from api.parts import Here
from api.routes.answers import problem_responses
from api.routes.letters import LetterList, told_letters
from api.routes.materials import MaterialList, told_materials
from api.routes.one_case import reading
from api.routes.reading import (
    ActList,
    CaseAnswer,
    ClockList,
    Timeline,
    told_acts,
    told_case,
    told_clocks,
    told_timeline,
)
from api.routes.routers import with_token
from api.routes.seen import TAGGED, tag
from api.routes.turn import TurnAnswer, told_turn
from casework.filing.bodies import CaseNo

router = with_token(tags=["reading"])


@dataclass(frozen=True, kw_only=True)
class WholeCase:
    """What the addresses of the case answer apart, each as the caller may read it.

    All at one moment of the register: nothing has happened between one part and another.
    """

    case: CaseAnswer
    turn: TurnAnswer
    acts: ActList
    materials: MaterialList
    clocks: ClockList
    letters: LetterList
    timeline: Timeline


@router.get(
    "/cases/{case_no}/whole",
    summary="一件的全部",
    responses={
        **TAGGED,
        **problem_responses(HTTPStatus.NOT_FOUND, HTTPStatus.GONE, HTTPStatus.UNPROCESSABLE_ENTITY),
    },
)
async def whole(case_no: CaseNo, actor: Caller, here: Here, response: Response) -> WholeCase:
    """The case, whose turn it is, acts, materials, clocks, letters and timeline in one answer.

    410 ``CASE_ERASED``: the person was erased; the parts that are left can be asked for apart.
    """
    async with reading(case_no, actor, here) as one:
        found = WholeCase(
            turn=await told_turn(one),
            case=await told_case(one),
            acts=await told_acts(one),
            materials=await told_materials(one),
            clocks=await told_clocks(one),
            letters=await told_letters(one),
            timeline=await told_timeline(one),
        )
    response.headers["ETag"] = tag(found.case.last_seq)
    return found
