"""The state of a parcel (快递来件): papers that came by post or courier (domain.md §B.1.4, B.2)."""

from dataclasses import dataclass
from datetime import date

from casework.domain.bounds import Phrase, Remark, Some, Word
from casework.domain.case.state import Case, Stage


class ParcelStage(Stage):
    """Where a parcel stands; the values are stored for ever."""

    MATCHING = "parcel_matching"
    UNCLAIMED = "parcel_unclaimed"
    FILING = "parcel_filing"
    FILED = "parcel_filed"
    RETURNED = "parcel_returned"

    @property
    def is_final(self) -> bool:
        return self in {ParcelStage.FILED, ParcelStage.RETURNED}

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return _LABELS[self]


_LABELS = {
    ParcelStage.MATCHING: "快递来件待归件",
    ParcelStage.UNCLAIMED: "快递来件无人认领",
    ParcelStage.FILING: "快递来件归件中",
    ParcelStage.FILED: "快递来件已归件",
    ParcelStage.RETURNED: "快递来件已寄回",
}


@dataclass(frozen=True, kw_only=True)
class ParcelFinding:
    """What is wrong with a parcel: a stable code and a sentence."""

    code: Word
    detail: Remark


@dataclass(frozen=True, kw_only=True)
class Matched:
    """Where an officer says that the papers belong.

    ``into``: a running case; empty: a case is opened for the person named. ``materials``: codes.
    """

    into: Word = ""
    materials: Some[Word] = ()
    name: Phrase = ""
    item: Word = ""
    id_number: Word = ""
    unit: Phrase = ""
    credit_code: Word = ""
    email: Phrase = ""
    phone: Word = ""


@dataclass(frozen=True, kw_only=True)
class Parcel(Case):
    """One parcel. ``matched`` is the last match, ``tries`` how many there were.

    ``clue``: what stands on it of a case, a number or a name. ``refused``: why the last match came
    to nothing. ``filed``: the case that has the papers. ``sent_back``: the number under which it
    went back.
    """

    stage: ParcelStage
    courier: str
    number: str
    arrived_on: date
    remark: str = ""
    clue: str = ""
    contents: tuple[str, ...] = ()
    faults: tuple[ParcelFinding, ...] = ()
    matched: Matched = Matched()
    tries: int = 0
    refused: str = ""
    refused_reason: str = ""
    filed: str = ""
    sent_back: str = ""
