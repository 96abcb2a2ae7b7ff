"""What is shown of a ticket: its row in the register, and the details of the Web UI."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from casework.domain.case.events import EventBody
from casework.domain.case.kind import Outcome
from casework.domain.case.rules import RowsOf, said_as
from casework.domain.kinds.ticket import events as ev
from casework.domain.kinds.ticket.state import Resolution, Ticket, TicketSource
from casework.domain.time.calendar import WorkingCalendar


@dataclass(frozen=True, kw_only=True)
class TicketRow:
    """One ticket. ``rounds``: how often it had to be answered."""

    came_by: str
    subject_matter: str
    about: str
    named: bool
    complex: bool
    rounds: int
    contacted_at: datetime | None
    answered_at: datetime | None
    resolution: str
    resolved: bool | None
    satisfied: bool | None
    joined_into: str


@dataclass(frozen=True, kw_only=True)
class TicketReplyRow:
    """One answer of a ticket, the ``number``-th, and what the caller has said of it."""

    number: int
    round: int
    answered_at: datetime
    resolution: str
    revisited_at: datetime | None
    resolved: bool | None
    satisfied: bool | None
    withdrawn: bool


def _replies(case: Ticket) -> tuple[TicketReplyRow, ...]:
    return tuple(
        TicketReplyRow(**{**vars(reply), "number": number, "resolution": reply.resolution.value})
        for number, reply in enumerate(case.replies, start=1)
    )


def _rows(case: Ticket) -> tuple[TicketRow, ...]:
    row = TicketRow(
        came_by=case.came_by.value,
        subject_matter=case.subject_matter,
        about=case.about,
        named=case.named,
        complex=case.complex,
        rounds=case.round,
        contacted_at=case.contacted_at,
        answered_at=case.answered_at,
        resolution=case.resolution.value if case.resolution else "",
        resolved=case.resolved,
        satisfied=case.satisfied,
        joined_into=case.joined_into,
    )
    return (row,)


_REPLY = {"resolution": "办理结果", "resolved": "诉求已解决", "satisfied": "满意"}
ROWS = (
    RowsOf(
        member="tickets",
        table="tickets",
        row=TicketRow,
        of=_rows,
        sealed=("subject_matter",),
        words={
            "came_by": "诉求来自",
            "subject_matter": "诉求内容",
            "about": "涉及的办件",
            "named": "实名",
            "complex": "复杂诉求",
            "rounds": "答复次数",
            "contacted_at": "联系到的时刻",
            "answered_at": "答复时刻",
            **_REPLY,
            "joined_into": "并入的工单",
        },
        says={"came_by": said_as(TicketSource), "resolution": said_as(Resolution)},
    ),
    RowsOf(
        member="ticket_replies",
        table="ticket_replies",
        row=TicketReplyRow,
        of=_replies,
        key=("number",),
        words={
            "number": "答复",
            "round": "第几轮",
            "answered_at": "答复时刻",
            "revisited_at": "回访时刻",
            **_REPLY,
            "withdrawn": "已撤回",
        },
        says={"resolution": said_as(Resolution)},
    ),
)


def lines(case: Ticket, calendar: WorkingCalendar) -> Iterator[str]:
    """How it came and how far it is; what is demanded may name a person, and is not among them."""
    who = "实名" if case.named else "匿名"
    yield f"\n{case.came_by.label}（{who}）" + (f" · 涉及办件 {case.about}" if case.about else "")
    if case.complex:
        yield "\n> 已认定为疑难工单"
    if case.round > 1:
        yield f"\n> 第 {case.round} 次答复"
    if case.resolution is not None:
        yield f"\n- 答复：{case.resolution.label}"
    if case.resolved is not None:
        said = "已解决" if case.resolved else "未解决"
        yield f"- 回访：{said}，{'满意' if case.satisfied else '不满意'}"
    if case.joined_into:
        yield f"- 并入：{case.joined_into}"


def outcome(body: EventBody) -> Outcome | None:
    """How a ticket came out by an event."""
    match body:
        case ev.TicketAnswered():
            return Outcome(label=body.resolution.label, reason=body.answer)
        case ev.TicketReturned():
            return Outcome(label="已退回", reason=body.reason, advice=f"由{body.to}办理")
        case ev.TicketJoined():
            return Outcome(label="已并办", reason=body.reason)
        case ev.CallerRevisited(resolved=False):
            return Outcome()
        case _:
            return None
