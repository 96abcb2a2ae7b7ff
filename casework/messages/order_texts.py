"""Orders in the words of the people who propose, approve and watch them."""

from datetime import date

from casework.domain.orders.orders import (
    ChangeSuspension,
    ComputeCalendar,
    Content,
    EndMeasure,
    ImportCalendar,
    LiftSuspension,
    MoveToPolicy,
    OpenSuspension,
    Order,
    Reach,
    Scope,
    StartMeasure,
)
from casework.domain.time.clock import Stopped
from casework.messages.orders import OrderReceipt

_SCOPES = {
    Scope.CITY: "全市",
    Scope.DISTRICT: "全区",
    Scope.OFFICE: "窗口",
    Scope.CASE: "办件",
}
_STOPPED = {
    Stopped.APPLICANT: "申请人的期限",
    Stopped.AUTHORITY: "机关的期限",
    Stopped.BOTH: "双方的期限",
}


def headline(content: Content) -> str:
    """What the order does, where and from when, in one line."""
    match content:
        case OpenSuspension():
            stretch = _stretch(content.first_on, content.lifted_on)
            return f"暂停{_STOPPED[content.clocks]}：{reach_text(content.reach)}，{stretch}"
        case ChangeSuspension():
            stretch = _stretch(content.first_on, content.lifted_on)
            return f"变更暂停 {content.suspension}：{_STOPPED[content.clocks]}，{stretch}"
        case LiftSuspension():
            return f"解除暂停 {content.suspension}：{content.lifted_on} 解除"
        case StartMeasure():
            stretch = _stretch(content.since, content.until)
            items = "、".join(content.items)
            return f"临时措施 {content.effect}：区 {content.district}，{items}，{stretch}"
        case EndMeasure():
            until = f"至 {content.until} 止" if content.until else "不定截止日"
            return f"变更临时措施 {content.measure}：{until}"
        case ImportCalendar():
            where = f"区 {content.district}" if content.district else "全部"
            return f"工作日历 {content.year.year} 年（{where}）：{content.year.notice}"
        case MoveToPolicy():
            policy = f"{content.to} 的政策" if content.to else "批准之日的政策"
            which = f"所列 {len(content.cases)} 件" if content.cases else "全部在办件"
            stage = f"（{content.stage.label}）" if content.stage else ""
            consent = "，可延后已承诺的期限（须负责人批准）" if content.head_consents else ""
            return f"改用{policy}：区 {content.district}，{content.item}，{which}{stage}{consent}"
        case ComputeCalendar():
            numbers = [year.year for year in content.years]
            return f"工作日历 {min(numbers)}—{max(numbers)} 年：通知公布前的推算（暂定）"


def reach_text(reach: Reach) -> str:
    """How far an order reaches."""
    return f"{_SCOPES[reach.scope]} {reach.key}"


def details(order: Order, receipt: OrderReceipt) -> str:
    """The order as the Web UI shows it (Markdown)."""
    content = order.content
    rows = {
        "状态": receipt.status.label,
        "内容": headline(content),
        "理由": content.reason,
        "依据": getattr(content, "basis", "") or getattr(content, "reference", ""),
        "提出": order.proposed_by.code,
        "决定": receipt.decided_by,
        "决定理由": receipt.reason,
        "重新计算的期限": "" if receipt.moved is None else str(receipt.moved),
        "已通知复查的办件": str(receipt.roused) if receipt.version is not None else "",
        "已办理的办件": "" if receipt.cases is None else f"{receipt.done} / {receipt.cases}",
    }
    lines = (f"- {name}：{' '.join(value.split())}" for name, value in rows.items() if value)
    return "\n".join((f"### 指令 {order.no}", "", *lines))


def _stretch(first: date, last: date | None) -> str:
    return f"{first} 起" + (f"至 {last}" if last else "，未定解除日")
