"""From an effect to the activity that carries it out."""

from temporalio import workflow
from temporalio.common import Priority

from activities.departments import CallArchive, DepartmentActivities, Dispatch, ReportUp
from activities.notices import NoticeActivities, SendNotice
from casework.domain.case import Case
from casework.domain.effects import Effect, EffectKind
from casework.messages import Route
from workflows.options import OUTSIDE


async def carry_out(
    effect: Effect, case: Case, routes: tuple[Route, ...], priority: Priority
) -> str:
    """Do it, however long it takes; return the other side's reference.

    Raises:
        ActivityError: the other side refuses for good.
    """
    match effect.kind:
        case EffectKind.NOTICE:
            for route in routes:
                await workflow.execute_activity_method(
                    NoticeActivities.send,
                    SendNotice(
                        case_no=case.case_no,
                        seq=effect.seq,
                        template=effect.template,
                        recipient=route.recipient,
                        channel=route.channel,
                        fields=effect.fields,
                    ),
                    summary=f"通知：{effect.template}",
                    priority=priority,
                    **OUTSIDE,
                )
            return ""
        case EffectKind.REPORT_UP:
            report = ReportUp(
                case_no=case.case_no,
                seq=effect.seq,
                item=case.item,
                district=case.district,
                fields=effect.fields,
            )
            receipt = await workflow.execute_activity_method(
                DepartmentActivities.report_up,
                report,
                summary="上报上级主管部门",
                priority=priority,
                **OUTSIDE,
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
                DepartmentActivities.call_archive,
                call,
                summary="寄发调档函",
                priority=priority,
                **OUTSIDE,
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
                DepartmentActivities.dispatch,
                parcel,
                summary="寄送结果",
                priority=priority,
                **OUTSIDE,
            )
            return sent.tracking_number
