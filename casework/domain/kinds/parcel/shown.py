"""A parcel as it is shown: its row in the register, and the details of the Web UI."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from casework.domain.case.events import EventBody
from casework.domain.case.kind import Outcome
from casework.domain.case.rules import RowsOf
from casework.domain.kinds.parcel import events as ev
from casework.domain.kinds.parcel.state import Parcel
from casework.domain.time.calendar import WorkingCalendar


@dataclass(frozen=True, kw_only=True)
class ParcelRow:
    """One parcel. ``faults``: codes, a blank between them; ``contents``: one thing a line."""

    courier: str
    number: str
    arrived_on: date
    remark: str
    clue: str
    contents: str
    faults: str
    tries: int
    refused: str
    filed: str
    sent_back: str


def _rows(case: Parcel) -> tuple[ParcelRow, ...]:
    row = ParcelRow(
        courier=case.courier,
        number=case.number,
        arrived_on=case.arrived_on,
        remark=case.remark,
        clue=case.clue,
        contents="\n".join(case.contents),
        faults=" ".join(each.code for each in case.faults),
        tries=case.tries,
        refused=case.refused,
        filed=case.filed,
        sent_back=case.sent_back,
    )
    return (row,)


ROWS = (
    RowsOf(
        member="parcels",
        table="parcels",
        row=ParcelRow,
        of=_rows,
        sealed=("courier", "remark", "clue", "contents"),
        words={
            "courier": "快递公司",
            "number": "单号",
            "arrived_on": "到达日",
            "remark": "备注",
            "clue": "面单上的姓名、单位和联系方式",
            "contents": "内含",
            "faults": "问题代码",
            "tries": "归件次数",
            "refused": "上次归件未成的原因",
            "filed": "归入的办件",
            "sent_back": "寄回的单号",
        },
    ),
)


def lines(case: Parcel, calendar: WorkingCalendar) -> Iterator[str]:
    """When it came and what is wrong; what stands on it, the register has."""
    yield f"\n单号 {case.number} · {case.arrived_on} 到达"
    for fault in case.faults:
        yield f"- {fault.detail}"
    if case.refused:
        yield f"- 第 {case.tries} 次归件未成：{case.refused}"
    if case.filed:
        yield f"- 已归入 {case.filed}"


def outcome(body: EventBody) -> Outcome | None:
    """How a parcel came out by an event."""
    match body:
        case ev.ParcelPlaced():
            return Outcome(label="已归件")
        case ev.ParcelSentBack():
            return Outcome(label="已寄回", reason=body.reason, advice="请更正后重新寄送")
        case _:
            return None
