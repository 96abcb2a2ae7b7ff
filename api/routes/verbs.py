"""One route for each verb of each kind, built from the tables of verbs that Temporal uses, too."""

import secrets
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Depends, Header, Path, Query, Response
from fastapi.responses import JSONResponse
from pydantic import TypeAdapter

from api.access.guard import Caller, permit_verb
from api.edge.problems import AwayError, ProblemError, no_case
from api.parts import Here, Parts
from api.parts.link import NoRunError
from api.routes.answers import Done, Pending, done, pending, problem_responses
from api.routes.appointments import given_back, held_for
from api.routes.bodies import EmployerChangeBody, body_of, command_of
from api.routes.checks import (
    ensure_answers_for_both,
    ensure_credential_free,
    ensure_file,
    ensure_party,
    ensure_stored,
    ensure_there,
    kind_at,
    kinds_at,
    no_run,
    update_id,
    verbs_at,
)
from api.routes.jurisdiction import with_receivers
from api.routes.once import Earlier, answer_to, earlier, if_register_tells, known_by
from api.routes.opening import opening_receipt
from api.routes.routers import with_token
from api.routes.seen import MOVED_ON, IfMatch, moved_on, seen_by
from api.routes.together import asked_by_rosters
from api.routes.trying import TriedAnswer, tried
from casework.domain.case.commands import (
    AskOpinion,
    Command,
    CorrectAddress,
    PassOn,
    Reassign,
    ReceivedMaterial,
    TransferJurisdiction,
)
from casework.domain.errors import DomainError
from casework.domain.kinds.appointment.commands import MoveAppointment
from casework.domain.kinds.cycle.commands import IssueCredential
from casework.domain.kinds.registry import KINDS, CaseKind, workflow_id
from casework.domain.kinds.ticket.commands import JoinTicket
from casework.filing.bodies import KEY, Body, CaseNo
from casework.messages.cases import Receipt

router = with_token(tags=["handling"])

IdempotencyKey = Annotated[
    str | None,
    Header(pattern=KEY, description="相同的键得到相同的答复；重试时沿用，不会重复办理"),
]


@dataclass(frozen=True, kw_only=True)
class How:
    """How an act is asked for, beside its body.

    ``key``: under which it is done once; ``seen``: the last event that the caller has seen;
    ``dry_run``: it is only tried; ``drafts``: with the documents of its letters.
    """

    key: str | None
    seen: int | None
    dry_run: bool
    drafts: bool


def _how(
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
    *,
    dry_run: Annotated[
        bool, Query(description="试办：只答复会有什么经过、阶段、时限、待办和文书，不登记、不发送")
    ] = False,
    drafts: Annotated[
        bool, Query(description="试办，并附文书样稿（PDF，Base64）；样稿无文号、无印章、不写姓名")
    ] = False,
) -> How:
    seen = seen_by(if_match)
    return How(key=idempotency_key, seen=seen, dry_run=dry_run or drafts, drafts=drafts)


Asked = Annotated[How, Depends(_how)]


def _materials(body: Body) -> tuple[ReceivedMaterial, ...]:
    """What a body brings; in ``offer_deferral`` materials are codes, and bring none."""
    materials = getattr(body, "materials", ())
    return tuple(each for each in materials if isinstance(each, ReceivedMaterial))


def _files(body: Body) -> Iterator[tuple[str, str]]:
    """Where else a body names files, and which."""
    for place, sha256 in enumerate(getattr(body, "files", ())):
        yield f"files.{place}", sha256
    for place, piece in enumerate(getattr(body, "pieces", ())):
        if piece.sha256:  # its absence is for the case to refuse
            yield f"pieces.{place}.sha256", piece.sha256


async def _looked_up(command: Command, case_no: str, here: Parts, *, takes_effect: bool) -> Command:
    """Add to the command what it needs of register and rosters; refuse it if they forbid it.

    ``takes_effect``: it is not only tried, so that a place is taken for it.
    """
    match command:
        case TransferJurisdiction():
            return await with_receivers(command, case_no, here)
        case Reassign() | PassOn():
            with suppress(AwayError):  # the case itself then decides alone
                await ensure_there(command.to, here)
        case AskOpinion():
            return await asked_by_rosters(command, case_no, here)
        case CorrectAddress():
            await ensure_party(command.party, case_no, here)
        case MoveAppointment():
            return await held_for(command, case_no, here, takes_effect=takes_effect)
        case JoinTicket():
            await ensure_answers_for_both(command.into, case_no, here)
        case IssueCredential():
            await ensure_credential_free(command.code, case_no, here)
    return command


async def _given_back(command: Command, case_no: str, here: Parts, how: How) -> None:
    """Give back what was taken for an act that was refused; one that is only tried took nothing."""
    if not how.dry_run:
        await given_back(command, case_no, here)


async def _before(
    case_no: str, ident: str, here: Parts, verb: str, command: Command
) -> Earlier | None:
    return await if_register_tells(lambda: earlier(case_no, ident, here, verb, command))


async def _told(
    refused: DomainError, command: Command, case_no: str, here: Parts
) -> DomainError | ProblemError:
    """Return the refusal of the case as the caller is told of it."""
    if refused.code == "NOT_YOUR_CASE":  # the register did not know the case yet
        return no_case()
    if refused.code == "CASE_MOVED_ON" and command.seen is not None:
        return await moved_on(refused, case_no, command.seen, command.actor, here)
    return refused


_TRIED = TypeAdapter(TriedAnswer)


def _shown(found: TriedAnswer) -> Response:
    return Response(_TRIED.dump_json(found), media_type="application/json")


Endpoint = Callable[..., Awaitable[Response]]


def _endpoint(path: str, verb: str) -> Endpoint:
    verbs = verbs_at(path)
    model = EmployerChangeBody if verb == "change_employer" else body_of(verb, verbs)

    async def act(
        case_no: CaseNo,
        actor: Caller,
        here: Here,
        how: Asked,
        body: Any,  # noqa: ANN401 - its type is set below
    ) -> Response:
        if isinstance(body, EmployerChangeBody):
            command: Command = body.command(actor, here.desk.pseudonyms)
        else:
            command = command_of(verb, body, actor, verbs)
        command = replace(command, seen=how.seen)
        key = how.key or secrets.token_urlsafe(16)
        ident = update_id(actor, key)
        may_repeat = how.key is not None and not how.dry_run
        before = await _before(case_no, ident, here, verb, command) if may_repeat else None
        if before is not None and before.taken:
            return JSONResponse(done(before.receipt))  # whatever the present state of the case
        if before is None:  # or else the register shows what has not happened
            await permit_verb(here.register, actor, kinds_at(path), verb, case_no)
        await ensure_stored(_materials(body), here)
        for place, sha256 in _files(body):
            await ensure_file(sha256, place, here)
        command = await _looked_up(command, case_no, here, takes_effect=not how.dry_run)
        kind = await kind_at(path, case_no, here)
        try:
            if how.dry_run:
                return _shown(await tried(command, case_no, kind, here, drafts=how.drafts))
            receipt = await here.engine.command(
                workflow_id(kind, case_no),
                verb,
                command,
                update_id=ident,
                known=known_by(case_no, ident, here, verb, command) if may_repeat else None,
            )
        except NoRunError:
            await _given_back(command, case_no, here, how)
            raise await no_run(case_no, here, kind, verb=verb) from None
        except DomainError as refused:
            await _given_back(command, case_no, here, how)
            raise await _told(refused, command, case_no, here) from None
        return JSONResponse(done(receipt)) if receipt else pending(case_no, key, kind)

    act.__name__ = verb
    act.__annotations__["body"] = model
    if not any(field.is_required() for field in model.model_fields.values()):
        act.__defaults__ = (model(),)
    return act


def _add_verbs(path: str) -> None:
    for verb, command in verbs_at(path).items():
        endpoint = _endpoint(path, verb)
        router.add_api_route(
            f"/{path}/{{case_no}}/{verb.replace('_', '-')}",
            endpoint,
            methods=["POST"],
            operation_id=f"{path}.{verb}",
            summary=command.label,
            description=endpoint.__annotations__["body"].__doc__,
            response_model=Done | TriedAnswer,
            responses={
                202: {"model": Pending, "description": "已收下，登记库尚未答复"},
                **problem_responses(
                    HTTPStatus.BAD_REQUEST,
                    HTTPStatus.NOT_FOUND,
                    HTTPStatus.CONFLICT,
                    HTTPStatus.UNPROCESSABLE_ENTITY,
                ),
                **MOVED_ON,
            },
        )


for _path in dict.fromkeys(kind.path for kind in KINDS.values()):
    _add_verbs(_path)


@router.get(
    "/operations/{case_no}/{key}",
    summary="查询先前操作的结果",
    response_model=Done,
    responses={202: {"model": Pending}, **problem_responses(HTTPStatus.NOT_FOUND)},
)
async def operation(
    case_no: CaseNo,
    key: Annotated[str, Path(pattern=KEY)],
    actor: Caller,
    here: Here,
    kind: Annotated[CaseKind, Query(description="办件种类")] = CaseKind.APPLICATION,
) -> Response:
    """Ask for the answer to what was sent under this key: done, still pending, or refused.

    Also when the case has gone on in another run since, or only the register knows it still.
    """
    ident = update_id(actor, key)
    of_verb = known_by(case_no, ident, here)
    receipt = await if_register_tells(of_verb)
    if receipt is None:

        async def told() -> Receipt | None:
            return await of_verb() or await opening_receipt(case_no, key, here)

        receipt = await answer_to(
            lambda: here.engine.answer(workflow_id(kind, case_no), ident), told
        )
    return JSONResponse(done(receipt)) if receipt else pending(case_no, key, kind)
