"""What is shown of a request: its row in the register, and the details of the Web UI."""

from collections.abc import Iterator
from dataclasses import dataclass

from casework.domain.case.events import EventBody
from casework.domain.case.kind import Outcome, Party, Waits, Wanted
from casework.domain.case.rules import RowsOf
from casework.domain.kinds.request import events as ev
from casework.domain.kinds.request.state import Request, RequestStage
from casework.domain.talent import StandingStatus, serving_class
from casework.domain.time.calendar import WorkingCalendar

# --- row in the register -------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class RequestRow:
    """What a list of requests shows beside the case; ``talent`` is the cycle's case number."""

    talent: str
    letter: str
    mode: str
    need: str
    level: str
    body: str
    result: str
    transferred_to: str


def request_row(case: Request) -> RequestRow:
    """The row as it follows from the state; ``letter`` is the class as known now."""
    return RequestRow(
        talent=case.talent,
        letter=case.standing.letter.value if case.standing.letter else "",
        mode=case.mode.value,
        need=case.need,
        level=case.level.value,
        body=case.body.id if case.body else "",
        result=case.result,
        transferred_to=case.transferred_to,
    )


def _rows(case: Request) -> tuple[RequestRow, ...]:
    return (request_row(case),)


ROWS = (
    RowsOf(
        member="requests",
        table="requests",
        row=RequestRow,
        of=_rows,
        sealed=("need", "result", "transferred_to"),
    ),
)


# --- details -------------------------------------------------------------------------------


_STANDINGS = {
    StandingStatus.ACTIVE: "正常服务",
    StandingStatus.ON_HOLD: "周期核实中",
    StandingStatus.ENDED: "服务终止",
    StandingStatus.LEFT: "不再符合服务条件",
}


def lines(case: Request, calendar: WorkingCalendar) -> Iterator[str]:
    """Who is served by whom, and how far it has come.

    Neither what is asked for nor the result is among them: they may name a person.
    """
    letter = case.standing.letter
    served_as = f"{letter}类" if letter else f"按计分认定（按{serving_class(None)}类服务）"
    yield f"\n人才 {case.talent} · {served_as} · {_STANDINGS[case.standing.status]}"
    yield f"\n{case.mode.label}提出 · 由{case.level.label}服务专员统筹"
    if case.body is not None:
        yield f"\n办理机构：{case.body.name}（{case.body.level.label}）"
    elif case.accepted_on is not None:
        yield "\n> 尚无办理机构，请监督员指定"
    if case.deemed_accepted:
        yield f"\n> 逾期未告知，自 {case.accepted_on} 起视为受理"
    if case.noticed:
        yield "\n已一次性告知：" + "；".join(fault.text for fault in case.noticed)
    if case.transferred_to:
        yield f"\n转交：{case.transferred_to}"


# --- whose turn it is ----------------------------------------------------------------------


def turns(case: Request) -> Waits | None:
    """The handling body, by its name, while it handles the request."""
    if case.stage is not RequestStage.HANDLING or case.body is None:
        return None
    return Waits(party=Party.OUTSIDE, what="办理服务事项", name=case.body.name, clock="handle")


def wanted(case: Request) -> tuple[Wanted, ...]:
    """What the one-time notice asks for, or the paper to be collected."""
    if case.stage is RequestStage.COLLECT:
        return (Wanted(text="纸质材料，由服务专员收取", clock="collect"),)
    if case.stage is not RequestStage.SUPPLEMENT_DUE:
        return ()
    return tuple(
        Wanted(
            text=fault.text,
            about=fault.about,
            fault=fault.code,
            verb="supplement",
            clock="request_supplement",
        )
        for fault in case.noticed
    )


def outcome(body: EventBody) -> Outcome | None:
    """How a request came out by an event."""
    match body:
        case ev.ResultFedBack():
            label = "已办结" if body.met else "未能办成"
            return Outcome(label=label, reason=body.result)
        case ev.NeedExplained():
            return Outcome(label="已解释说明", reason=body.reason)
        case ev.NeedTransferred():
            return Outcome(label="已转交", reason=body.reason, advice=f"由{body.to}办理")
        case ev.RequestWithdrawn():
            return Outcome(label="已撤回", reason=body.reason)
        case ev.RequestLapsed():
            reason = "规定的期限届满，材料没有交齐"
            return Outcome(label="逾期退件", reason=reason, advice="可以重新申请")
        case ev.RequestClosed():
            return Outcome(label="服务终止", reason=body.reason)
        case _:
            return None
