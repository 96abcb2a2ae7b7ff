"""A worker that checks: no start, update or fact without its proof, and none out of bounds.

Updates are checked in the validator, which is not run again on replay; starts and signals by a
local activity, whose answer is recorded. So a key may be taken away, and every history still
replays.
"""

import json
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, NoReturn

import structlog
from temporalio import activity, workflow
from temporalio.api.common.v1 import Payload
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError
from temporalio.worker import (
    ActivityInboundInterceptor,
    ContinueAsNewInput,
    ExecuteActivityInput,
    ExecuteWorkflowInput,
    HandleSignalInput,
    HandleUpdateInput,
    Interceptor,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)

from casework.domain.bounds import require_bounded
from casework.domain.case.commands import Command
from casework.domain.errors import DomainError
from casework.messages.temporal import RefusalError
from casework.security.keys.errors import ErasedError
from casework.security.proof.assertion import (
    FACT_LASTS,
    HEADER,
    LEEWAY,
    USED,
    Answer,
    Question,
    digest,
    disproved,
    must_prove_its_start,
    speaker_of,
    start_verb,
)
from casework.security.proof.speaking import ASKS_ONLY, start_refusal, update_refusal
from casework.security.proof.verifying import Verifier, log_refusal
from casework.security.unreadable import UNKNOWN_MESSAGE, Unreadable, is_unreadable

log = structlog.get_logger("proof")


class OnlyFromWorkflows(ActivityInboundInterceptor):
    """Refuses Temporal's standalone activities, which anybody may start who reaches a namespace."""

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002, ANN401 - the SDK's
        """Run the activity, if a workflow asks for it."""
        info = activity.info()
        if info.workflow_id is None:
            log.warning("activity_without_workflow", activity=info.activity_type)
            raise ApplicationError(
                "此操作只能由办件流程调用", type="ACTIVITY_WITHOUT_WORKFLOW", non_retryable=True
            )
        return await super().execute_activity(input)


CHECK = "proof.check"
"""The local activity that answers a `Question`."""
_REMEMBERED = FACT_LASTS + LEEWAY
"""Longer than any proof is good for."""

Headers = Mapping[str, Payload]


class Proving(Interceptor):
    """For a worker, or a replayer, which asks no key for anything."""

    def __init__(self, verifier: Verifier) -> None:
        self._class = type("Proving", (_Inbound,), {"verifier": verifier})

    def workflow_interceptor_class(
        self,
        input: WorkflowInterceptorClassInput,  # noqa: A002 - the SDK's name
    ) -> type[WorkflowInboundInterceptor]:
        del input
        return self._class

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - the SDK's name
        return OnlyFromWorkflows(next)


async def prove(verb: str, fact: Command, refused: DomainError | None) -> None:
    """Return if the signal that is being handled proves who states this fact.

    ``refused``: who may not state it, by the rules of today. The answer is that of the first time,
    whatever the rules say when the run is replayed.

    Raises:
        DomainError: it is not proved, and that is logged; or ``refused``.
    """
    inbound, token = _SIGNAL.get()
    await inbound.prove_fact(verb, fact, token, refused)


class _Inbound(WorkflowInboundInterceptor):
    """Of one run; remembers which proofs were used in it and in those before."""

    verifier: ClassVar[Verifier]

    def __init__(self, following: WorkflowInboundInterceptor) -> None:
        super().__init__(following)
        self._used: dict[str, float] | None = None
        self._may_go_on = False
        self._not_begun: RefusalError | None = None  # why nothing was begun

    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        super().init(_Outbound(outbound, self))

    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:  # noqa: A002, ANN401 - the SDK's
        if getattr(input.type, "is_of_no_known_type", False):
            return await super().execute_workflow(input)
        if len(input.args) != 1 or is_unreadable(input.args):
            raise _unreadable(input.args)
        if must_prove_its_start():
            workflow.set_current_details("正在核对由谁发起，尚未办理")
            await self._prove_start(input.args)
            workflow.set_current_details("已发起，尚未登记")
        return await super().execute_workflow(input)

    def handle_update_validator(self, input: HandleUpdateInput) -> None:  # noqa: A002 - the SDK's name
        if workflow.get_update_handler(input.update) is None:
            raise RefusalError(UNKNOWN_MESSAGE, "没有此操作")
        if len(input.args) != 1 or is_unreadable(input.args):
            raise _unreadable(input.args)
        if not (input.args and isinstance(input.args[0], ASKS_ONLY)):
            token = _token(input.headers)
            try:
                self._check_update(input, token)
            except DomainError as error:
                log_refusal(error.code, workflow.info().workflow_id, input.update, token)
                raise RefusalError.of(error) from None
        super().handle_update_validator(input)
        # Who may not, or not now, hears that first.
        if (beyond := _beyond_bounds(input.args)) is not None:
            raise RefusalError.of(beyond)

    async def handle_update_handler(self, input: HandleUpdateInput) -> Any:  # noqa: A002, ANN401 - the SDK's
        if is_unreadable(input.args):
            raise _unreadable(input.args)
        if not self._may_go_on and must_prove_its_start():
            await workflow.wait_condition(lambda: self._may_go_on)
        if self._not_begun is not None:
            raise self._not_begun
        if HEADER in input.headers:
            self._use(input.id)
        return await super().handle_update_handler(input)

    async def handle_signal(self, input: HandleSignalInput) -> None:  # noqa: A002 - the SDK's name
        _SIGNAL.set((self, _token(input.headers)))
        await super().handle_signal(input)

    def used(self) -> dict[str, float]:
        """The ids of proofs that were used, and until when one may not come again."""
        if self._used is None:
            self._used = _handed_on()
        now = workflow.now().timestamp()
        self._used = {jti: until for jti, until in self._used.items() if until > now}
        return self._used

    async def prove_fact(
        self, verb: str, fact: Command, token: str, refused: DomainError | None
    ) -> None:
        if not token:
            raise _refused("PROOF_MISSING", verb)
        question = _question(token, verb, fact, at=workflow.now(), lasts=FACT_LASTS)
        jti = await _ask(_refusing(question, refused or _beyond_bounds((fact,))))
        if jti in self.used():
            raise _refused("PROOF_REPLAYED", verb, token)
        self._use(jti)

    def _check_update(self, input: HandleUpdateInput, token: str) -> None:  # noqa: A002 - as above
        message = input.args[0] if input.args else None
        question = _question(token, input.update, message, at=workflow.now(), jti=input.id)
        self.verifier.check(question)
        if (refused := update_refusal(message)) is not None:
            raise refused
        if input.id in self.used():
            raise disproved("PROOF_REPLAYED")

    async def _prove_start(self, args: Sequence[Any]) -> None:
        info = workflow.info()
        verb, token = start_verb(info.workflow_type), _token(info.headers)
        try:
            if not token:
                raise _refused("PROOF_MISSING", verb)
            # It may have waited for a worker: what counts is when it was made.
            at = info.workflow_start_time
            question = _question(token, verb, args[0] if args else None, at=at)
            # On replay the answer is that of the first time, so nothing need be asked.
            again = workflow.unsafe.is_replaying()
            refused = None if again else (start_refusal(args[0]) or _beyond_bounds(args))
            await _ask(_refusing(question, refused))
        except DomainError as error:
            workflow.set_current_details(f"未办理：{error.message}")
            self._not_begun = RefusalError("START_NOT_PROVED", error.message, error.code)
            # Whoever has sent an update with the start hears why, and not that the run is over.
            self._may_go_on = True
            await workflow.wait_condition(workflow.all_handlers_finished)
            raise self._not_begun from None
        self._may_go_on = True

    def _use(self, jti: str) -> None:
        self.used()[jti] = (workflow.now() + _REMEMBERED).timestamp()


_SIGNAL: ContextVar[tuple[_Inbound, str]] = ContextVar("casework-signal")


class _Outbound(WorkflowOutboundInterceptor):
    """Tells the next run which proofs were used."""

    def __init__(self, following: WorkflowOutboundInterceptor, inbound: _Inbound) -> None:
        super().__init__(following)
        self._inbound = inbound

    def continue_as_new(self, input: ContinueAsNewInput) -> NoReturn:  # noqa: A002 - the SDK's name
        kept = json.dumps(self._inbound.used()).encode()
        handed_on = Payload(metadata={"encoding": b"json/plain"}, data=kept)
        input.headers = {**input.headers, USED: handed_on}
        super().continue_as_new(input)


async def _ask(question: Question) -> str:
    """The id of the proof, once it is proved; raise DomainError if it is not."""
    answer: Answer = await workflow.execute_local_activity(
        CHECK,
        question,
        result_type=Answer,
        start_to_close_timeout=timedelta(seconds=5),
        retry_policy=RetryPolicy(maximum_interval=timedelta(seconds=30)),
        summary="核对凭证",
    )
    if answer.code:
        raise DomainError(answer.code, answer.reason)
    return answer.jti


def _beyond_bounds(args: Sequence[Any]) -> DomainError | None:
    """Why a message is too large to be taken; None on replay, which has the answer of before."""
    if workflow.unsafe.is_replaying():
        return None
    try:
        for each in args:
            require_bounded(each)
    except DomainError as error:
        return error
    return None


def _question(  # noqa: PLR0913 - who says what to whom, and when
    token: str,
    verb: str,
    message: object,
    *,
    at: datetime,
    jti: str = "",
    lasts: timedelta | None = None,
) -> Question:
    speaker = speaker_of(message)
    if speaker is None:
        raise disproved("PROOF_MISSING")
    return Question(
        token=token,
        act=speaker,
        verb=verb,
        case=workflow.info().workflow_id,
        dig=digest(message),
        at=at.astimezone(UTC),
        jti=jti,
        lasts=lasts,
    )


def _refusing(question: Question, refused: DomainError | None) -> Question:
    refusal = Answer(code=refused.code, reason=refused.message) if refused else None
    return replace(question, refusal=refusal)


def _refused(code: str, verb: str, token: str = "") -> DomainError:
    """The refusal of what no activity was asked about, logged the first time."""
    if not workflow.unsafe.is_replaying():
        log_refusal(code, workflow.info().workflow_id, verb, token)
    return disproved(code)


def _unreadable(arguments: Sequence[object]) -> Exception:
    """Why a message is refused; of a run that is replayed after its erasure, why it cannot be."""
    erased = any(isinstance(each, Unreadable) and each.erased for each in arguments)
    info = workflow.info()
    if erased and workflow.unsafe.is_replaying():
        return ErasedError(info.workflow_id)
    return Unreadable(erased=erased).refusal()


def _token(headers: Headers) -> str:
    """The proof in the headers; empty if there is none that is a text."""
    found = headers.get(HEADER)
    token = _json(found) if found is not None else ""
    if not isinstance(token, str):
        return ""
    try:
        token.encode()
    except UnicodeEncodeError:  # half a character, of which nobody could be asked
        return ""
    return token


def _handed_on() -> dict[str, float]:
    """What the run before has told; of a run that continues none, others made the header up."""
    info = workflow.info()
    kept = info.headers.get(USED) if info.continued_run_id is not None else None
    used = _json(kept) if kept is not None else None
    if not isinstance(used, dict):
        return {}
    return {jti: until for jti, until in used.items() if isinstance(until, int | float)}


def _json(header: Payload) -> object:
    """What a header says; None if it is no JSON, or too deep to be read."""
    try:
        return json.loads(header.data)
    except (ValueError, RecursionError):
        return None
