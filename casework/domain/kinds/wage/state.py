"""The state of a wage complaint (欠薪投诉): wages that an employer owes, and that are to be paid.

Received and filed or refused, investigated by two inspectors, settled by mediation or decided after
the employer was heard, told to the complainant and confirmed (domain.md §C.12).
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from casework.domain.bounds import AtMost
from casework.domain.case.state import Case, Stage

Cents = Annotated[int, AtMost(2_000_000_000, cents=True)]
"""An amount of money in cents (分): of one person's wages, at the most twenty million yuan."""


class WageStage(Stage):
    """Where a complaint stands; the values are stored for ever."""

    RECEIVED = "wage_received"
    SUPPLEMENT = "wage_supplement"
    INVESTIGATION = "wage_investigation"
    SETTLEMENT = "wage_settlement"
    PAID = "wage_paid"
    HEARING = "wage_hearing"
    DECISION = "wage_decision"
    SERVICE = "wage_service"
    FEEDBACK = "wage_feedback"
    CONFIRM = "wage_confirm"
    CLOSED = "wage_closed"
    REFUSED = "wage_refused"
    LAPSED = "wage_lapsed"  # what was missing was not supplemented
    WITHDRAWN = "wage_withdrawn"  # by the complainant

    @property
    def is_final(self) -> bool:
        return self in _FINAL

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return _LABELS[self]


_FINAL = frozenset({WageStage.CLOSED, WageStage.REFUSED, WageStage.LAPSED, WageStage.WITHDRAWN})
_LABELS = {
    WageStage.RECEIVED: "欠薪投诉待立案审查",
    WageStage.SUPPLEMENT: "欠薪投诉待补正",
    WageStage.INVESTIGATION: "欠薪案件调查调解中",
    WageStage.SETTLEMENT: "和解协议履行中",
    WageStage.PAID: "工资已付清，待撤销立案",
    WageStage.HEARING: "待用人单位陈述申辩",
    WageStage.DECISION: "欠薪案件待决定",
    WageStage.SERVICE: "决定待送达",
    WageStage.FEEDBACK: "结果待反馈投诉人",
    WageStage.CONFIRM: "待投诉人确认结果",
    WageStage.CLOSED: "欠薪案件已办结",
    WageStage.REFUSED: "欠薪投诉不予受理",
    WageStage.LAPSED: "欠薪投诉逾期未补正",
    WageStage.WITHDRAWN: "投诉人已撤回",
}


class RefusalGround(StrEnum):
    """Why a complaint is refused in writing (劳动保障监察条例 §20, 若干规定 §18)."""

    TOO_OLD = "too_old"
    JURISDICTION = "jurisdiction"
    NOT_INSPECTION = "not_inspection"  # arbitration or a court deals with it

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return {
            "too_old": "超过查处时效",
            "jurisdiction": "不属于本机构管辖",
            "not_inspection": "不属于劳动保障监察职权范围",
        }[self.value]


class EvidenceSort(StrEnum):
    """What a piece of remote evidence is."""

    VOICE = "voice"
    VIDEO = "video"
    CHAT = "chat"
    CALL = "call"
    MAIL = "mail"
    DOCUMENT = "document"

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return {
            "voice": "语音",
            "video": "视频",
            "chat": "聊天记录",
            "call": "电话录音",
            "mail": "电子邮件",
            "document": "书面材料",
        }[self.value]

    @property
    def is_spoken(self) -> bool:
        """Whether somebody speaks, so that a transcript belongs to it."""
        return self in {EvidenceSort.VOICE, EvidenceSort.VIDEO, EvidenceSort.CALL}


class Whose(StrEnum):
    """Of whom a piece of evidence is; nobody is named."""

    COMPLAINANT = "complainant"
    EMPLOYER = "employer"
    WITNESS = "witness"
    INSPECTOR = "inspector"

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return {
            "complainant": "投诉人",
            "employer": "用人单位",
            "witness": "证人",
            "inspector": "监察员",
        }[self.value]


class SessionMeans(StrEnum):
    """How a mediation session was held."""

    VIDEO = "video"
    VOICE = "voice"
    PHONE = "phone"
    MAIL = "mail"
    ON_SITE = "on_site"

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return {
            "video": "微信视频",
            "voice": "微信语音",
            "phone": "电话",
            "mail": "电子邮件",
            "on_site": "现场",
        }[self.value]


class WageDecision(StrEnum):
    """What is decided after an investigation."""

    ORDER_TO_PAY = "order_to_pay"
    PENALTY = "penalty"
    NO_VIOLATION = "no_violation"

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return {
            "order_to_pay": "责令限期支付",
            "penalty": "责令支付并行政处罚",
            "no_violation": "未查实欠薪，不予处理",
        }[self.value]

    @property
    def burdens(self) -> bool:
        """Whether it burdens the employer, who is then heard before."""
        return self is not WageDecision.NO_VIOLATION


class WageOutcome(StrEnum):
    """How a complaint came out; the values are stored for ever."""

    SETTLED = "settled"
    FILING_WITHDRAWN = "filing_withdrawn"
    ORDERED = "ordered"
    PENALISED = "penalised"
    NO_VIOLATION = "no_violation"
    TRANSFERRED = "transferred"

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return {
            "settled": "和解履行完毕，撤销立案",
            "filing_withdrawn": "已改正（付清），撤销立案",
            "ordered": "责令限期支付",
            "penalised": "责令支付并行政处罚",
            "no_violation": "未查实欠薪，不予处理",
            "transferred": "涉嫌犯罪，移送公安机关",
        }[self.value]

    @property
    def means_paid(self) -> bool:
        """Whether the complainant has the money, if it is as it was said."""
        return self in {WageOutcome.SETTLED, WageOutcome.FILING_WITHDRAWN}


@dataclass(frozen=True, kw_only=True)
class Inquiry:
    """One act of the investigation by two inspectors; valid once the second has confirmed it."""

    number: int
    by: str
    second: str
    at: datetime
    confirmed_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class MediationSession:
    """One session; ``pieces`` are the numbers of the evidence that belongs to it."""

    number: int
    means: SessionMeans
    held_on: date
    agreed: bool
    pieces: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """One piece: its file by hash, whose it is and when it came about; its words in the event."""

    number: int
    sort: EvidenceSort
    of: Whose
    at: datetime
    sha256: str
    session: int = 0  # 0: handed in beside the sessions


@dataclass(frozen=True, kw_only=True)
class Instalment:
    """One payment of a settlement, the ``number``-th of all; ``amount`` in cents (分)."""

    number: int
    settlement: int
    due_on: date
    amount: int
    clock: str
    paid_on: date | None = None
    broken: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it is still waited for."""
        return self.paid_on is None and not self.broken


@dataclass(frozen=True, kw_only=True)
class WageComplaint(Case):
    """One complaint. ``owed`` and ``paid`` in cents (分); ``last_unpaid_on``: the breach's last.

    ``worksite``: the district code of where the work was done; empty: not known. ``settlements``
    counts the agreements. ``fed_back`` counts how often a result was told.
    """

    stage: WageStage
    employer_name: str
    owed: int
    last_unpaid_on: date
    worksite: str = ""
    migrant: bool = False
    statement: str
    missing: str = ""
    filed_on: date | None = None
    ground: RefusalGround | None = None
    inquiries: tuple[Inquiry, ...] = ()
    sessions: tuple[MediationSession, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    instalments: tuple[Instalment, ...] = ()
    settlements: int = 0
    paid: int = 0
    by_settlement: bool = False  # what was paid last was an agreed instalment, and the last one
    heard_on: date | None = None  # the employer has spoken, or let the time for it go by
    outcome: WageOutcome | None = None
    fed_back: int = 0
    received: bool | None = None  # as the complainant says of the money

    @property
    def inspectors(self) -> frozenset[str]:
        """The codes of all who have investigated."""
        return frozenset(code for each in self.inquiries for code in (each.by, each.second))

    @property
    def open_instalments(self) -> tuple[Instalment, ...]:
        """What of the settlement is still waited for."""
        return tuple(each for each in self.instalments if each.is_open)

    @property
    def is_investigated(self) -> bool:
        """Whether two inspectors have investigated, and both say so."""
        return any(each.confirmed_at is not None for each in self.inquiries)


def money(cents: int) -> str:
    """An amount as people read it: 812000 → 8120.00 元."""
    return f"{cents // 100}.{cents % 100:02} 元"
