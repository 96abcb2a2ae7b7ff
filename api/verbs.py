"""One route per verb, made from the table of verbs: HTTP and Temporal cannot drift apart."""

import secrets
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Response
from fastapi.responses import JSONResponse

from api.answers import Done, Pending, done, pending, problem_responses
from api.bodies import KEY, Body, CaseNo, body_of, command_of
from api.checks import ensure_stored, no_run, update_id
from api.guard import Caller
from api.link import NoRunError, UnknownOperationError
from api.parts import Here
from casework.domain.commands import VERBS, ReceivedMaterial
from casework.domain.errors import DomainError

router = APIRouter(tags=["办理"])

IdempotencyKey = Annotated[
    str | None,
    Header(pattern=KEY, description="相同的键得到相同的答复；重试时沿用，不会重复办理"),
]


def _files(body: Body) -> tuple[ReceivedMaterial, ...]:
    """The files that a body brings; in ``offer_deferral`` materials are codes, and bring none."""
    materials = getattr(body, "materials", ())
    return tuple(each for each in materials if isinstance(each, ReceivedMaterial))


Endpoint = Callable[..., Awaitable[Response]]


def _endpoint(verb: str) -> Endpoint:
    async def act(
        case_no: CaseNo,
        actor: Caller,
        here: Here,
        body: Any,  # noqa: ANN401 - its type is set below
        idempotency_key: IdempotencyKey = None,
    ) -> Response:
        await ensure_stored(_files(body), here)
        command = command_of(verb, body, actor)
        key = idempotency_key or secrets.token_urlsafe(16)
        try:
            receipt = await here.engine.command(
                case_no,
                verb,
                command,
                update_id=update_id(actor, key),
                repeatable=idempotency_key is not None,
            )
        except NoRunError:
            raise await no_run(case_no, here) from None
        return JSONResponse(done(receipt)) if receipt else pending(case_no, key)

    model = body_of(verb)
    act.__name__ = verb
    act.__annotations__["body"] = model
    if not any(field.is_required() for field in model.model_fields.values()):
        act.__defaults__ = (model(), None)
    return act


for _verb, _command in VERBS.items():
    router.add_api_route(
        f"/applications/{{case_no}}/{_verb.replace('_', '-')}",
        _endpoint(_verb),
        methods=["POST"],
        operation_id=_verb,
        summary=_command.label,
        description=body_of(_verb).__doc__,
        response_model=Done,
        responses={
            202: {"model": Pending, "description": "已收下，登记库尚未答复"},
            **problem_responses(
                HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY
            ),
        },
    )


@router.get(
    "/operations/{case_no}/{key}",
    summary="查询先前操作的结果",
    response_model=Done,
    responses={202: {"model": Pending}, **problem_responses(HTTPStatus.NOT_FOUND)},
)
async def operation(
    case_no: CaseNo, key: Annotated[str, Path(pattern=KEY)], actor: Caller, here: Here
) -> Response:
    """Ask for the answer to what was sent under this key: done, still pending, or refused."""
    try:
        receipt = await here.engine.answer(case_no, update_id(actor, key))
    except (NoRunError, UnknownOperationError):
        raise DomainError("OPERATION_NOT_FOUND", "没有此操作：未曾提交，或未被受理") from None
    return JSONResponse(done(receipt)) if receipt else pending(case_no, key)
