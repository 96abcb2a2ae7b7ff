"""Messages of an order's workflow, and how orders and their workflows are named.

The contents of orders are in ``casework.domain.orders``. Fields are only ever added, with a
default.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from pydantic import TypeAdapter

from casework.domain.bounds import Few, Text, Word
from casework.domain.case.facts import Actor
from casework.domain.orders import (
    ChangeSuspension,
    ComputeCalendar,
    Content,
    EndMeasure,
    ImportCalendar,
    LiftSuspension,
    MoveToPolicy,
    OpenSuspension,
    Order,
    PublishCatalogue,
    Reach,
    Rebalance,
    Scope,
    StartMeasure,
)
from casework.domain.policy import Role
from casework.domain.staff import ChangeStaff, Leave
from casework.domain.time.clock import Stopped

WORKFLOW = "Order"
DECIDED_WITHIN = timedelta(days=7)
"""An order that nobody approves or rejects within this time lapses."""

CONTENT: TypeAdapter[Content] = TypeAdapter(Content)
"""Reads and writes the content of an order as JSON, by its ``kind``."""

SHOWN_DIGITS = 12
"""So much of a catalogue's digest is shown where people read."""

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


CATALOGUE = Actor(code="catalogue", role=Role.SYSTEM)
"""The actor of orders that bring in a release's catalogue, which several people have reviewed."""


def needs_nobody_else(order: Order) -> bool:
    """Whether an order needs no second person, if it comes approved.

    A public notice; one made from the catalogue; who leaves, as a directory says it.
    """
    content = order.content
    if isinstance(content, ChangeStaff) and order.proposed_by.role is Role.SYSTEM:
        brings = content.posts or content.ends or content.contacts
        return order.proposed_by == CATALOGUE or not brings
    return isinstance(content, ImportCalendar) or order.proposed_by == CATALOGUE


def order_number(proposed_by: str, key: str) -> str:
    """The number of an order: the same key of the same person is the same order.

    Form: ``ZL-XXXX-XXXX-XXXX`` with letters that do not look like digits.
    """
    return f"ZL-{letters_of(proposed_by, key)}"


def letters_of(person: str, key: str) -> str:
    """Twelve letters in three groups, the same for the same key of the same person."""
    digest = hashlib.sha256(f"{person}\x1f{key}".encode()).digest()
    number = int.from_bytes(digest[:8])
    letters = "".join(_ALPHABET[(number >> shift) & 31] for shift in range(0, 60, 5))
    return f"{letters[:4]}-{letters[4:8]}-{letters[8:]}"


def content_key(content: Content, on: date) -> str:
    """Return the key of an order sent without one: the same content on one day is one order."""
    text = f"{on}\x1f".encode() + CONTENT.dump_json(unsealed(content))
    return hashlib.sha256(text).hexdigest()


def unsealed(content: Content) -> Content:
    """The content without what is sealed in it, which looks different each time."""
    if not isinstance(content, ChangeStaff):
        return content
    return replace(content, contacts=tuple(replace(c, mail="", sms="") for c in content.contacts))


def order_id(no: str) -> str:
    """The workflow id of an order: ``order.<no>``."""
    return f"order.{no}"


class OrderStatus(StrEnum):
    """The status of an order; the values are stored."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    APPLIED = "applied"  # in force; cases whose timer would fire too late are being signalled
    DONE = "done"
    REJECTED = "rejected"
    LAPSED = "lapsed"
    REFUSED = "refused"  # approved, but the register could not apply it

    @property
    def label(self) -> str:
        """The words people use."""
        return _LABELS[self]


_LABELS = {
    OrderStatus.PROPOSED: "待批准",
    OrderStatus.APPROVED: "已批准",
    OrderStatus.APPLIED: "已生效",
    OrderStatus.DONE: "已完成",
    OrderStatus.REJECTED: "已驳回",
    OrderStatus.LAPSED: "逾期未批，已失效",
    OrderStatus.REFUSED: "不能生效",
}


@dataclass(frozen=True, kw_only=True)
class OrderReceipt:
    """The status of an order, as it is in the register, too.

    ``version`` is the one from which it is in force, ``moved`` the number of clocks with new dates,
    ``roused`` the number of cases signalled. ``refusal`` is the code, ``reason`` its Chinese text,
    or the words of the person who decided. ``about`` is the id of the suspension or measure. For a
    move to newer policy, ``cases`` is the number of its cases, ``done`` how many of them are done.
    """

    no: str
    status: OrderStatus
    version: int | None = None
    moved: int | None = None
    roused: int = 0
    refusal: str = ""
    reason: str = ""
    about: str = ""
    decided_by: str = ""
    cases: int | None = None
    done: int = 0


@dataclass(frozen=True, kw_only=True)
class OrderOutcome:
    """The answer of an order: its receipt without words of a person, so it need not be sealed.

    ``reason`` is that of a ``refusal``.
    """

    no: str
    status: OrderStatus
    version: int | None = None
    moved: int | None = None
    roused: int = 0
    refusal: str = ""
    reason: str = ""
    about: str = ""
    decided_by: str = ""
    cases: int | None = None
    done: int = 0

    @classmethod
    def of(cls, receipt: OrderReceipt) -> "OrderOutcome":
        """Return the part of the receipt that everybody may read."""
        reason = receipt.reason if receipt.refusal else ""
        return cls(**vars(receipt) | {"reason": reason})


@dataclass(frozen=True, kw_only=True)
class StartOrder:
    """Starts an order.

    ``district``: where it applies; empty for a city or for everybody. ``cities``: which it touches,
    where the content does not say so; empty: all. ``approved``: approved with
    its proposal, which is accepted only if ``needs_nobody_else``. ``rehearsal`` shifts its time.
    ``resumed`` continues after continue-as-new: it is in force already, by ``approval``.
    """

    order: Order
    district: Word = ""
    approved: bool = False
    rehearsal: timedelta = timedelta()
    resumed: OrderReceipt | None = None
    approval: "Approval | None" = None
    cities: Few[Word] = ()


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """The update that proposes an order; it answers when the order is in the register."""

    content: Content


@dataclass(frozen=True, kw_only=True)
class Approval:
    """The second person approves."""

    actor: Actor
    reason: Text = ""


@dataclass(frozen=True, kw_only=True)
class Rejection:
    """The second person rejects, with a reason."""

    actor: Actor
    reason: Text


@dataclass(frozen=True, kw_only=True)
class Booking:
    """A step of an order for the register; idempotent on (order, status)."""

    order: Order
    district: str
    status: OrderStatus
    at: datetime
    by: str = ""
    reason: str = ""
    refusal: str = ""
    roused: int | None = None


@dataclass(frozen=True, kw_only=True)
class ApplyOrder:
    """Brings an order into force; idempotent on its number."""

    order: Order
    approved_by: Actor
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Rouse:
    """Signals cases whose timer would fire too late, as many as one call may take."""

    order_no: str


@dataclass(frozen=True, kw_only=True)
class Roused:
    """``told``: the number of cases signalled so far; ``left``: whether more wait."""

    told: int
    left: bool


class Carried(StrEnum):
    """What became of one case that an order moves to newer policy; the values are stored."""

    WAITING = "waiting"
    MOVED = "moved"
    UNCHANGED = "unchanged"
    REFUSED = "refused"  # with the code of the rule
    GONE = "gone"  # it has ended meanwhile

    @property
    def label(self) -> str:
        """The words people use."""
        return _CARRIED[self]


_CARRIED = {
    Carried.WAITING: "待办理",
    Carried.MOVED: "已改用",
    Carried.UNCHANGED: "无变化",
    Carried.REFUSED: "未改用",
    Carried.GONE: "已办结",
}


@dataclass(frozen=True, kw_only=True)
class CarryOut:
    """Tells the cases of a move to newer policy, or of a rebalancing; as many as one call may.

    ``at``: the time of the order; None from workflows of before it was told.
    """

    order: Order
    approved_by: Actor
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class CarriedOut:
    """``done``: the cases with an outcome so far; ``left``: whether more wait.

    ``cases``: how many there are by now; None if that was fixed when the order was approved.
    """

    done: int
    left: bool
    cases: int | None = None


class HandedOn(StrEnum):
    """What became of one case that an order to rebalance hands on; the values are stored."""

    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"  # with the code of the rule
    GONE = "gone"  # it has ended meanwhile

    @property
    def label(self) -> str:
        """The words people use."""
        return _HANDED_ON[self]


_HANDED_ON = {
    HandedOn.WAITING: "待转交",
    HandedOn.DONE: "已转交",
    HandedOn.REFUSED: "未转交",
    HandedOn.GONE: "已办结",
}


@dataclass(frozen=True, kw_only=True)
class AskLeaving:
    """Asks whose posts an order has ended, and with which day."""

    order_no: str


@dataclass(frozen=True, kw_only=True)
class ForgetContact:
    """The last day of somebody is over: their address is erased, unless they stay elsewhere."""

    order_no: str
    leave: Leave


@dataclass(frozen=True, kw_only=True)
class Leaving:
    """Whose work is handed on once their last day is over, in the order of days."""

    people: tuple[Leave, ...]


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


def headline(content: Content) -> str:  # noqa: C901 - a line for each kind
    """What the order does, where and from when, in one line."""
    match content:
        case OpenSuspension() | ChangeSuspension():
            return _suspension_headline(content)
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
        case ChangeStaff():
            return _staff_headline(content)
        case PublishCatalogue():
            return f"发布目录版本 {content.digest[:SHOWN_DIGITS]}：{content.first_on} 起施行"
        case Rebalance():
            return _rebalance_headline(content)
        case ComputeCalendar():
            numbers = [year.year for year in content.years]
            return f"工作日历 {min(numbers)}—{max(numbers)} 年：通知公布前的推算（暂定）"


def _suspension_headline(content: OpenSuspension | ChangeSuspension) -> str:
    stretch, stopped = _stretch(content.first_on, content.lifted_on), _STOPPED[content.clocks]
    if isinstance(content, OpenSuspension):
        return f"暂停{stopped}：{reach_text(content.reach)}，{stretch}"
    return f"变更暂停 {content.suspension}：{stopped}，{stretch}"


def _staff_headline(content: ChangeStaff) -> str:
    counted = [
        (len(content.posts), "增加岗位"),
        (len(content.ends), "终止岗位"),
        (len(content.leave), "离岗"),
        (len(content.contacts), "联系方式"),
    ]
    where = content.district or content.city or "各市"
    what = "、".join(f"{name} {number}" for number, name in counted if number)
    return f"人员变动：{where}，{what}"


def _rebalance_headline(content: Rebalance) -> str:
    of_team = f"小组 {content.team}" if content.team else "全体人员"
    which = "含已签收的" if content.begun else "限未签收的"
    whose = content.person or of_team
    return f"负荷均衡：区 {content.district}，{content.role.label}，{whose}的待办（{which}）"


def reach_text(reach: Reach) -> str:
    """Return the Chinese name of a reach."""
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
