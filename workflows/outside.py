"""Finds and runs the activity that carries out an effect."""

from temporalio import workflow
from temporalio.common import Priority

from activities.departments import CallArchive, DepartmentActivities, Dispatch, ReportUp
from activities.notices import NoticeActivities, SendNotice
from casework.domain.case.letters import Effect, EffectKind
from casework.domain.case.opening import Route
from casework.domain.case.state import Case
from casework.letters.templates import TEMPLATES
from workflows.options import outside


async def carry_out(
    effect: Effect, case: Case, routes: tuple[Route, ...], priority: Priority
) -> str:
    """Carry out the effect, however long it takes; return the outside party's reference.

    Raises:
        ActivityError: the outside party refuses for good.
    """
    match effect.kind:
        case EffectKind.NOTICE:
            return await notify(effect, case, routes, priority)
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
        case _:
            raise ValueError(f"no outside party for {effect.kind}")


async def notify(effect: Effect, case: Case, routes: tuple[Route, ...], priority: Priority) -> str:
    """Send a notice by each route, however long it takes; raises ActivityError if refused."""
    title, _ = TEMPLATES.get(effect.template, (effect.template, ""))
    for route in routes:
        notice = SendNotice(
            case_no=case.case_no,
            seq=effect.seq,
            template=effect.template,
            recipient=route.recipient,
            channel=route.channel,
            fields=effect.fields,
        )
        await workflow.execute_activity_method(
            NoticeActivities.send, notice, **outside(f"发送{title}", priority)
        )
    return ""
