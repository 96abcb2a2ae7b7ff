"""What is shown of an appointment: its row in the register, and the details of the Web UI."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from casework.domain.case.events import EventBody
from casework.domain.case.kind import Outcome, Party, Waits
from casework.domain.case.rules import RowsOf
from casework.domain.kinds.appointment import events as ev
from casework.domain.kinds.appointment.slots import label_of
from casework.domain.kinds.appointment.state import Answer, Appointment, AppointmentStage
from casework.domain.time.calendar import WorkingCalendar


@dataclass(frozen=True, kw_only=True)
class AppointmentRow:
    """One visit. ``takes_place``: it counts among those for whom its slot has ``places``.

    ``businesses``: those that share the places, a blank between them; empty: all.
    """

    business: str
    day: date
    at: str
    until: str
    places: int
    businesses: str
    takes_place: bool
    walk_in: bool
    about: str
    answers: str
    keep_until: date
    arrived_at: datetime | None
    served_at: datetime | None
    moves: int


def _said(answer: Answer) -> str:
    return f"{answer.code}：{'是' if answer.said_yes else '否'}"


def _rows(case: Appointment) -> tuple[AppointmentRow, ...]:
    row = AppointmentRow(
        business=case.business,
        day=case.day,
        at=case.at,
        until=case.until,
        places=case.places,
        businesses=" ".join(case.businesses),
        takes_place=case.takes_place,
        walk_in=case.walk_in,
        about=case.about,
        answers="；".join(map(_said, case.answers)),
        keep_until=case.keep_until,
        arrived_at=case.arrived_at,
        served_at=case.served_at,
        moves=case.moves,
    )
    return (row,)


ROWS = (
    RowsOf(
        member="appointments",
        table="appointments",
        row=AppointmentRow,
        of=_rows,
        sealed=("answers",),
        words={
            "business": "业务",
            "day": "日期",
            "at": "开始",
            "until": "结束",
            "places": "本时段名额",
            "businesses": "共用名额的业务",
            "takes_place": "占用名额",
            "walk_in": "未预约到场",
            "about": "涉及的办件",
            "answers": "预约时的询问和回答",
            "keep_until": "询问和回答保存至",
            "arrived_at": "到场时刻",
            "served_at": "办完时刻",
            "moves": "改约次数",
        },
    ),
)


def lines(case: Appointment, calendar: WorkingCalendar) -> Iterator[str]:
    """When, and for what; who comes stands in the register only."""
    when = f"{case.day} 直接来访" if case.walk_in else label_of(case.day, case.at, case.until)
    yield f"\n{when} · {case.business_name}" + (f" · 涉及办件 {case.about}" if case.about else "")
    if case.moves:
        yield f"\n> 已改约 {case.moves} 次"


def turns(case: Appointment) -> Waits | None:
    """Whoever has booked comes at that hour, for that business."""
    if case.stage is not AppointmentStage.BOOKED:
        return None
    when = label_of(case.day, case.at, case.until)
    return Waits(party=Party.APPLICANT, what=f"{when}到窗口办理{case.business_name}", name="来访人")


def outcome(body: EventBody) -> Outcome | None:
    """How an appointment came out by an event."""
    match body:
        case ev.VisitorServed():
            return Outcome(label="已接待", reason=body.note)
        case ev.AppointmentMissed():
            return Outcome(label="逾期未到访", advice="可以重新预约")
        case ev.AppointmentCancelled():
            return Outcome(label="预约已取消", reason=body.reason, advice="可以重新预约")
        case _:
            return None
