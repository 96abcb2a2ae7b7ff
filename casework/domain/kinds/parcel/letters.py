"""The letters to the sender of a parcel: its papers count, or it goes back."""

from casework.domain.case.events import Event
from casework.domain.case.letters import Notice
from casework.domain.case.rules import Letters
from casework.domain.kinds.parcel.events import ParcelPlaced, ParcelSentBack
from casework.domain.kinds.parcel.state import Parcel
from casework.domain.time.calendar import WorkingCalendar

TEXTS = {
    "parcel_placed": (
        "快递来件收讫告知",
        """您寄来的快递（单号 {number}）已于{arrived_on}收到，材料已归入办件 {into}。
材料自到达之日起算。""",
    ),
    "parcel_sent_back": (
        "快递来件寄回告知",
        """您寄来的快递（单号 {number}）未能办理，现予寄回，寄回单号 {sent_back}。
理由：{reason}""",
    ),
}
RECIPIENTS: dict[str, tuple[str, ...]] = dict.fromkeys(TEXTS, ("applicant",))


def letter_of_parcel_placed(
    body: ParcelPlaced, event: Event, case: Parcel, calendar: WorkingCalendar
) -> Notice | None:
    fields = {"number": case.number, "arrived_on": str(case.arrived_on), "into": body.case_no}
    return "parcel_placed", fields


def letter_of_parcel_sent_back(
    body: ParcelSentBack, event: Event, case: Parcel, calendar: WorkingCalendar
) -> Notice | None:
    fields = {"number": case.number, "sent_back": body.number, "reason": body.reason}
    return "parcel_sent_back", fields


LETTERS: Letters = {
    ParcelPlaced: letter_of_parcel_placed,
    ParcelSentBack: letter_of_parcel_sent_back,
}
