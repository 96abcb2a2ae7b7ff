"""Finds and runs the activity that carries out an effect."""

from temporalio import workflow
from temporalio.common import Priority
from temporalio.exceptions import ActivityError, ApplicationError

from activities.departments import (
    CallArchive,
    DepartmentActivities,
    Dispatch,
    ReportUp,
    ResetPassword,
)
from activities.notices import HOPELESS, REFUSED, NoticeActivities, SendNotice
from casework.domain.case.letters import Effect, EffectKind
from casework.domain.case.opening import Routing
from casework.domain.case.state import Case
from casework.letters.templates import TEMPLATES
from workflows.options import outside


async def carry_out(effect: Effect, case: Case, routing: Routing, priority: Priority) -> str:
    """Carry out the effect, however long it takes; return the outside party's reference.

    Raises:
        ActivityError: the outside party refuses for good.
    """
    match effect.kind:
        case EffectKind.NOTICE:
            return await notify(effect, case, routing, priority)
        case EffectKind.REPORT_UP:
            report = ReportUp(
                case_no=case.case_no,
                seq=effect.seq,
                item=case.item,
                district=case.district,
                fields=effect.fields,
            )
            receipt = await workflow.execute_activity_method(
                DepartmentActivities.report_up, report, **outside("上报上级主管部门", priority)
            )
            return receipt.reference
        case EffectKind.CALL_ARCHIVE:
            call = CallArchive(
                case_no=case.case_no,
                seq=effect.seq,
                item=case.item,
                district=case.district,
                fields=effect.fields,
            )
            letter = await workflow.execute_activity_method(
                DepartmentActivities.call_archive, call, **outside("寄发调档函", priority)
            )
            return letter.reference
        case EffectKind.DISPATCH:
            parcel = Dispatch(
                case_no=case.case_no,
                seq=effect.seq,
                method=effect.fields["method"],
                fields=effect.fields,
            )
            sent = await workflow.execute_activity_method(
                DepartmentActivities.dispatch, parcel, **outside("寄送结果", priority)
            )
            return sent.tracking_number
        case EffectKind.RESET_PASSWORD:
            reset = ResetPassword(
                case_no=case.case_no,
                seq=effect.seq,
                district=case.district,
                account=effect.fields["account"],
            )
            asked = await workflow.execute_activity_method(
                DepartmentActivities.reset_password,
                reset,
                **outside("请申请系统重置密码", priority),
            )
            return asked.reference
        case _:
            raise ValueError(f"no outside party for {effect.kind}")


class UnreachedError(Exception):
    """Somebody is reached by no way; everybody else is told.

    ``unreached``: those who may be reached once their address is corrected, none where the letter
    itself is at fault. ``code``: that of the first refusal. ``partly``: others were told.
    """

    def __init__(self, code: str, unreached: tuple[str, ...], *, partly: bool) -> None:
        super().__init__(code)
        self.code, self.unreached, self.partly = code, unreached, partly


async def notify(effect: Effect, case: Case, routing: Routing, priority: Priority) -> str:
    """Send a notice to each recipient, however long it takes.

    Who cannot be reached by the way they chose is written to by the next that is theirs. Everybody
    else is told nevertheless.

    Raises:
        UnreachedError: somebody is reached by none.
        ActivityError: the letter itself is at fault, and goes to nobody.
    """
    title, _ = TEMPLATES.get(effect.template, (effect.template, ""))
    unreached: dict[str, ActivityError] = {}
    for route in routing.routes:
        refused = ""
        for way in routing.from_(route):
            notice = SendNotice(
                case_no=case.case_no,
                seq=effect.seq,
                template=effect.template,
                recipient=way.recipient,
                channel=way.channel,
                fields=effect.fields,
                instead_of=refused,
                again=effect.again,
            )
            try:
                await workflow.execute_activity_method(
                    NoticeActivities.send, notice, **outside(f"发送{title}", priority)
                )
                break
            except ActivityError as error:
                # Before, the first refusal was the end: such cases must replay unchanged.
                if not _is_refusal(error) or not workflow.patched("next-way"):
                    raise
                last = error
            refused = way.channel
        else:
            unreached.setdefault(route.recipient, last)
    if unreached:
        first = next(iter(unreached.values()))
        told = {route.recipient for route in routing.routes} - unreached.keys()
        raise UnreachedError(code_of(first), tuple(unreached), partly=bool(told)) from first
    return ""


def code_of(error: ActivityError) -> str:
    """The code of a refusal for good."""
    code = error.cause.type if isinstance(error.cause, ApplicationError) else None
    return code or "FAILED"


def _is_refusal(error: ActivityError) -> bool:
    """Whether a letter was refused that may yet go by another way."""
    cause = error.cause
    if not isinstance(cause, ApplicationError) or cause.type != REFUSED:
        return False
    return HOPELESS not in cause.details
