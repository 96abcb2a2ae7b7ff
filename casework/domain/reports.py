"""What officials report of a period (统计报表): each figure by name, and the lines made of them.

Pure: the register counts (``casework.store.queries.reports``), and this says what is counted, in
the words that are printed beside it (口径), and how a line is computed. The formulas are
proposals; no source prescribes them.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import TypeVar

from casework.domain.errors import DomainError
from casework.domain.time.calendar import Count, WorkingCalendar, union

# --- the period ----------------------------------------------------------------------------

LONGEST = timedelta(days=366)
_PERIOD = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d{2})|-Q(?P<quarter>[1-4]))?\Z"
    r"|(?P<first>\d{4}-\d{2}-\d{2})\.\.(?P<last>\d{4}-\d{2}-\d{2})\Z",
    re.ASCII,
)
_FIRST_YEAR, _LAST_YEAR = 1900, 2199


@dataclass(frozen=True, kw_only=True)
class Period:
    """The days from ``first_on`` to ``last_on``, both included; at most a year."""

    first_on: date
    last_on: date

    @property
    def before(self) -> date:
        """The day after."""
        return self.last_on + timedelta(days=1)

    @property
    def name(self) -> str:
        """As `period_of` reads it: a month, a quarter, a year, or two days."""
        first, last = self.first_on, self.last_on
        whole = first.day == 1 and self.before.day == 1
        months = (self.before.year - first.year) * 12 + self.before.month - first.month
        if whole and months == _MONTH:
            return f"{first:%Y-%m}"
        if whole and months == _QUARTER and first.month % _QUARTER == 1:
            return f"{first.year}-Q{first.month // _QUARTER + 1}"
        if whole and months == _YEAR and first.month == 1:
            return f"{first.year}"
        return f"{first}..{last}"

    @property
    def label(self) -> str:
        """The words of a clerk."""
        year, _, part = self.name.partition("-")
        if ".." in self.name:
            return f"{self.first_on} 至 {self.last_on}"
        if part.startswith("Q"):
            return f"{year}年第{'一二三四'[int(part[1]) - 1]}季度"
        return f"{year}年{int(part)}月" if part else f"{year}年"


_MONTH, _QUARTER, _YEAR = 1, 3, 12


def period_of(text: str) -> Period:
    """The period that is meant by ``2026-10``, ``2026-Q4``, ``2026`` or ``2026-10-01..2026-10-15``.

    Raises:
        DomainError: ``PERIOD_INVALID``, in the field ``period``.
    """
    found = _PERIOD.match(text)
    try:
        period = _read(found) if found else None
    except ValueError:
        period = None
    if period is None or not _FIRST_YEAR <= period.first_on.year <= _LAST_YEAR:
        says = "请写月（2026-10）、季度（2026-Q4）、年（2026）或起止日（2026-10-01..2026-10-15）"
        raise DomainError("PERIOD_INVALID", says, "period")
    if not timedelta() <= period.last_on - period.first_on < LONGEST:
        raise DomainError("PERIOD_INVALID", "止日不能早于起日，时段不能长于一年", "period")
    return period


def _read(found: re.Match[str]) -> Period:
    if found["first"]:
        first, last = date.fromisoformat(found["first"]), date.fromisoformat(found["last"])
        return Period(first_on=first, last_on=last)
    year = int(found["year"])
    if found["month"]:
        return _months(year, int(found["month"]), _MONTH)
    if found["quarter"]:
        return _months(year, _QUARTER * int(found["quarter"]) - 2, _QUARTER)
    return _months(year, 1, _YEAR)


def _months(year: int, month: int, number: int) -> Period:
    first = date(year, month, 1)
    after = year * 12 + month - 1 + number
    before = date(after // 12, after % 12 + 1, 1)
    return Period(first_on=first, last_on=before - timedelta(days=1))


def reported_on(day: date) -> tuple[Period, ...]:
    """The month, quarter and year of a day, and of each the one before: reported every day."""
    year, month = day.year, day.month
    quarter = (month - 1) // _QUARTER * _QUARTER + 1
    begun = (
        _months(year, month, _MONTH),
        _months(year, quarter, _QUARTER),
        _months(year, 1, _YEAR),
    )
    days = (each.first_on - timedelta(days=1) for each in begun)
    month_before, quarter_before, year_before = days
    start = (quarter_before.month - 1) // _QUARTER * _QUARTER + 1
    return (
        *begun,
        _months(month_before.year, month_before.month, _MONTH),
        _months(quarter_before.year, start, _QUARTER),
        _months(year_before.year, 1, _YEAR),
    )


# --- what is counted -----------------------------------------------------------------------


class Figure(StrEnum):
    """A number of cases, each once; a list of the API is exactly as long."""

    RECEIVED = "received"
    PRE_REVIEWED = "pre_reviewed"
    ACCEPTED = "accepted"
    DEEMED = "deemed"
    CLOSED = "closed"
    AT_ONCE = "at_once"
    NOTICED = "noticed"
    SECOND_NOTICE = "second_notice"
    DECIDED = "decided"
    ON_TIME = "on_time"
    EARLY = "early"
    DEEMED_DECIDED = "deemed_decided"
    DEEMED_ON_TIME = "deemed_on_time"
    DEFERRED = "deferred"
    DEFERRED_KEPT = "deferred_kept"
    DEFERRED_LATE = "deferred_late"
    DEFERRED_BREACHED = "deferred_breached"
    GREEN_OPENED = "green_opened"
    GREEN_CLOSED = "green_closed"
    GREEN_DATED = "green_dated"
    GREEN_MET = "green_met"
    RATED = "rated"
    RATED_GOOD = "rated_good"
    RATED_FAIR = "rated_fair"
    RATED_POOR = "rated_poor"
    POOR_CONTACTED = "poor_contacted"
    POOR_DUE = "poor_due"
    POOR_SETTLED = "poor_settled"
    HOTLINE = "hotline"
    HOTLINE_ANSWERED = "hotline_answered"
    HOTLINE_DUE = "hotline_due"
    HOTLINE_RESPONDED = "hotline_responded"
    HOTLINE_REVISITED = "hotline_revisited"
    HOTLINE_SOLVED = "hotline_solved"
    HOTLINE_SATISFIED = "hotline_satisfied"
    TICKETS = "tickets"
    TICKETS_ANSWERED = "tickets_answered"
    TICKETS_DUE = "tickets_due"
    TICKETS_RESPONDED = "tickets_responded"
    TICKETS_REVISITED = "tickets_revisited"
    TICKETS_SOLVED = "tickets_solved"
    TICKETS_SATISFIED = "tickets_satisfied"
    WAGES = "wages"
    WAGES_FILED = "wages_filed"
    WAGES_REFUSED = "wages_refused"
    WAGES_CLOSED = "wages_closed"
    WAGES_IN_TIME = "wages_in_time"
    WAGES_SETTLED = "wages_settled"
    WAGES_BROKEN = "wages_broken"

    @property
    def label(self) -> str:
        """The words of a clerk."""
        return _LABELS[self]

    @property
    def meaning(self) -> str:
        """Which cases are counted, as it is printed beside the figure."""
        return _MEANINGS[self]


F = Figure
_MEANINGS: dict[Figure, str] = {
    F.RECEIVED: "期内收到的申请",
    F.PRE_REVIEWED: "期内预审通过的申请",
    F.ACCEPTED: "期内受理的申请，含视为受理",
    F.DEEMED: "期内因逾期未告知视为受理的申请",
    F.CLOSED: "期内办结的申请",
    F.AT_ONCE: "期内办结的申请中，没有补正告知、没有上级退回的",
    F.NOTICED: "期内收到的申请中，发出过补正告知的（无论何时发出）",
    F.SECOND_NOTICE: "期内被系统拦截二次告知的申请",
    F.DECIDED: "期内作出决定的申请，不含视为受理的",
    F.ON_TIME: "期内作出决定的申请（不含视为受理的）中，决定日不晚于届满日的",
    F.EARLY: "期内作出决定的申请（不含视为受理的）中，决定日早于届满日的",
    F.DEEMED_DECIDED: "期内作出决定的申请中，视为受理的",
    F.DEEMED_ON_TIME: "期内作出决定的申请中，视为受理且决定日不晚于届满日的",
    F.DEFERRED: "期内签署容缺承诺的申请，不含临时措施准予暂缓的",
    F.DEFERRED_KEPT: "期内签署容缺承诺的申请中，至统计时按期补齐的",
    F.DEFERRED_LATE: "期内签署容缺承诺的申请中，逾期进入补救期、未失信的",
    F.DEFERRED_BREACHED: "期内签署容缺承诺的申请中，失信的",
    F.GREEN_OPENED: "期内开通绿色通道的申请",
    F.GREEN_CLOSED: "期内绿色通道结束的申请",
    F.GREEN_DATED: "期内开通绿色通道、有外部期限的申请",
    F.GREEN_MET: "期内开通绿色通道、有外部期限的申请中，不晚于督办日（外部期限之前）作出决定的",
    F.RATED: "期内收到的评价，不含复核后不计的",
    F.RATED_GOOD: "期内收到的四、五星评价",
    F.RATED_FAIR: "期内收到的三星评价",
    F.RATED_POOR: "期内收到的一、二星评价",
    F.POOR_CONTACTED: "期内收到的一、二星评价中，在联系期限内联系到评价人的",
    F.POOR_DUE: "处理期限在期内届满的一、二星评价",
    F.POOR_SETTLED: "处理期限在期内届满的一、二星评价中，在期限内整改或解释的",
    F.HOTLINE: "期内收到的12345诉求，不含退回和并办的",
    F.HOTLINE_ANSWERED: "期内收到的12345诉求（不含退回和并办的）中，至统计时已答复的",
    F.HOTLINE_DUE: "联系期限在期内届满的12345诉求，不含退回和并办的",
    F.HOTLINE_RESPONDED: "联系期限在期内届满的12345诉求中，在期限内联系到诉求人的",
    F.HOTLINE_REVISITED: "期内收到的12345诉求中，已回访的",
    F.HOTLINE_SOLVED: "期内收到的12345诉求中，回访时称已解决的",
    F.HOTLINE_SATISFIED: "期内收到的12345诉求中，回访时称满意的",
    F.TICKETS: "期内收到的各类诉求，不含退回和并办的",
    F.TICKETS_ANSWERED: "期内收到的各类诉求（不含退回和并办的）中，至统计时已答复的",
    F.TICKETS_DUE: "联系期限在期内届满的各类诉求，不含退回和并办的",
    F.TICKETS_RESPONDED: "联系期限在期内届满的各类诉求中，在期限内联系到诉求人的",
    F.TICKETS_REVISITED: "期内收到的各类诉求中，已回访的",
    F.TICKETS_SOLVED: "期内收到的各类诉求中，回访时称已解决的",
    F.TICKETS_SATISFIED: "期内收到的各类诉求中，回访时称满意的",
    F.WAGES: "期内收到的欠薪投诉",
    F.WAGES_FILED: "期内受理立案的欠薪投诉",
    F.WAGES_REFUSED: "期内不予受理的欠薪投诉",
    F.WAGES_CLOSED: "期内办结的欠薪案件，不含不予受理、逾期未补正和投诉人撤回的",
    F.WAGES_IN_TIME: "期内办结的欠薪案件中，各次调查均不晚于调查期限（含依法延长）结束的",
    F.WAGES_SETTLED: "期内办结的欠薪案件中，经调解和解、履行完毕后撤销立案的",
    F.WAGES_BROKEN: "和解协议有付款日在期内的一期未按期支付的欠薪投诉",
}

_LABELS: dict[Figure, str] = {
    F.RECEIVED: "收件",
    F.PRE_REVIEWED: "预审通过",
    F.ACCEPTED: "受理",
    F.DEEMED: "视为受理",
    F.CLOSED: "办结",
    F.AT_ONCE: "一次办成",
    F.NOTICED: "补正告知",
    F.SECOND_NOTICE: "二次告知（被拦截）",
    F.DECIDED: "作出决定（不含视为受理）",
    F.ON_TIME: "按时决定",
    F.EARLY: "提前决定",
    F.DEEMED_DECIDED: "视为受理的决定",
    F.DEEMED_ON_TIME: "视为受理的按时决定",
    F.DEFERRED: "容缺受理",
    F.DEFERRED_KEPT: "容缺按期补齐",
    F.DEFERRED_LATE: "容缺逾期补交",
    F.DEFERRED_BREACHED: "容缺失信",
    F.GREEN_OPENED: "绿色通道开通",
    F.GREEN_CLOSED: "绿色通道结束",
    F.GREEN_DATED: "绿色通道有外部期限",
    F.GREEN_MET: "绿色通道在外部期限前决定",
    F.RATED: "评价",
    F.RATED_GOOD: "四、五星",
    F.RATED_FAIR: "三星",
    F.RATED_POOR: "一、二星",
    F.POOR_CONTACTED: "差评按期联系",
    F.POOR_DUE: "差评处理到期",
    F.POOR_SETTLED: "差评按期处理",
    F.HOTLINE: "12345诉求",
    F.HOTLINE_ANSWERED: "12345已答复",
    F.HOTLINE_DUE: "12345联系到期",
    F.HOTLINE_RESPONDED: "12345按期联系",
    F.HOTLINE_REVISITED: "12345已回访",
    F.HOTLINE_SOLVED: "12345已解决",
    F.HOTLINE_SATISFIED: "12345满意",
    F.TICKETS: "诉求",
    F.TICKETS_ANSWERED: "诉求已答复",
    F.TICKETS_DUE: "诉求联系到期",
    F.TICKETS_RESPONDED: "诉求按期联系",
    F.TICKETS_REVISITED: "诉求已回访",
    F.TICKETS_SOLVED: "诉求已解决",
    F.TICKETS_SATISFIED: "诉求满意",
    F.WAGES: "欠薪投诉",
    F.WAGES_FILED: "欠薪立案",
    F.WAGES_REFUSED: "欠薪不予受理",
    F.WAGES_CLOSED: "欠薪办结",
    F.WAGES_IN_TIME: "欠薪按期查结",
    F.WAGES_SETTLED: "欠薪调解办结",
    F.WAGES_BROKEN: "欠薪分期逾期",
}

OF_APPLICATIONS = tuple(Figure)[: tuple(Figure).index(F.RATED)]
OF_RATINGS = tuple(each for each in Figure if each.startswith(("rated", "poor")))
OF_TICKETS = tuple(each for each in Figure if each.startswith(("hotline", "tickets")))
OF_WAGES = tuple(each for each in Figure if each.startswith("wages"))


class CardFigure(StrEnum):
    """A number of cards: given and cleared are counted apart, and never netted."""

    YELLOW_GIVEN = "yellow_given"
    YELLOW_CLEARED = "yellow_cleared"
    RED_GIVEN = "red_given"
    RED_CLEARED = "red_cleared"

    @property
    def rung(self) -> str:
        """The colour."""
        return self.partition("_")[0]

    @property
    def cleared(self) -> bool:
        """Whether the cleared are counted, or the given."""
        return self.endswith("cleared")


class LedgerFigure(StrEnum):
    """A number of entries in the ledger of walkthroughs (走流程台账); one case has several."""

    WALKED = "walked"
    WALK_PROBLEMS = "walk_problems"
    WALK_NEEDS = "walk_needs"
    REMEDIES_SET = "remedies_set"
    REMEDIES_CLOSED = "remedies_closed"

    @property
    def label(self) -> str:
        """The words of a clerk."""
        return _OF_THE_LEDGER[self][0]

    @property
    def meaning(self) -> str:
        """Which entries are counted, as it is printed beside the figure."""
        return _OF_THE_LEDGER[self][1]


_OF_THE_LEDGER = {
    LedgerFigure.WALKED: ("走流程人次", "期内走流程的人次；一位领导走一次计一人次"),
    LedgerFigure.WALK_PROBLEMS: ("发现问题", "期内登记的问题，不含误记删去的"),
    LedgerFigure.WALK_NEEDS: ("收集需求", "期内登记的需求，不含误记删去的"),
    LedgerFigure.REMEDIES_SET: ("制定措施", "期内制定的整改措施，不含已撤销的"),
    LedgerFigure.REMEDIES_CLOSED: ("措施销号", "期内凭佐证销号的整改措施"),
}


# --- what was counted ----------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Decided:
    """Alike decisions: ``number`` of cases with one course of the limit for the decision.

    ``pauses``: the stretches in which it stood still. ``legal``: the limit of the ``policy`` in
    working days where the law sets it, else None.
    """

    number: int
    started_on: date
    ended_on: date
    pauses: tuple[tuple[date, date | None], ...] = ()
    legal: int | None = None
    policy: str = ""


@dataclass(frozen=True, kw_only=True)
class Tally:
    """All that was counted of a period and a place.

    ``gross`` and ``net``: working days → number of decisions that took so many; net leaves out
    where the limit stood still. ``legal_days`` is the sum of the legal limits where they are known,
    ``legal_net`` that of the net days of the same cases. ``policies``: digest of a policy → number
    of decisions under it.
    """

    figures: Mapping[Figure, int] = field(default_factory=dict)
    cards: Mapping[CardFigure, int] = field(default_factory=dict)
    ledger: Mapping[LedgerFigure, int] = field(default_factory=dict)
    gross: Mapping[int, int] = field(default_factory=dict)
    net: Mapping[int, int] = field(default_factory=dict)
    legal_days: int = 0
    legal_net: int = 0
    policies: Mapping[str, int] = field(default_factory=dict)
    wages_owed: int = 0  # in cents (分), of the complaints received
    wages_paid: int = 0  # of the same complaints

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            figures=_sum(self.figures, other.figures),
            cards=_sum(self.cards, other.cards),
            ledger=_sum(self.ledger, other.ledger),
            gross=_sum(self.gross, other.gross),
            net=_sum(self.net, other.net),
            legal_days=self.legal_days + other.legal_days,
            legal_net=self.legal_net + other.legal_net,
            policies=_sum(self.policies, other.policies),
            wages_owed=self.wages_owed + other.wages_owed,
            wages_paid=self.wages_paid + other.wages_paid,
        )


K = TypeVar("K")


def _sum(one: Mapping[K, int], other: Mapping[K, int]) -> dict[K, int]:
    return {name: one.get(name, 0) + other.get(name, 0) for name in {**one, **other}}


def tally_of(decided: Iterable[Decided], calendar: WorkingCalendar) -> Tally:
    """How long decisions took, in working days after the day on which the limit began."""
    gross, net, policies = Counter[int](), Counter[int](), Counter[str]()
    legal_days = legal_net = 0
    days = _Days(calendar)
    for each in decided:
        whole, counted = days.of(each)
        gross[whole] += each.number
        net[counted] += each.number
        policies[each.policy] += each.number
        if each.legal is not None:
            legal_days += each.legal * each.number
            legal_net += counted * each.number
    return Tally(
        gross=dict(gross),
        net=dict(net),
        legal_days=legal_days,
        legal_net=legal_net,
        policies=dict(policies),
    )


class _Days:
    """Working days of courses, each pair of days counted once."""

    def __init__(self, calendar: WorkingCalendar) -> None:
        self._calendar = calendar
        self._known: dict[tuple[date, date], int] = {}

    def of(self, each: Decided) -> tuple[int, int]:
        """With the stretches in which the limit stood still, and without."""
        pair = each.started_on, each.ended_on
        whole = self._known.get(pair)
        if whole is None:
            whole = self._known[pair] = self._calendar.count(*pair)
        if not each.pauses:
            return whole, whole
        gaps = union(each.pauses)
        count = Count(days=self._calendar, started_on=each.started_on, gaps=gaps)
        return whole, count.until(each.ended_on)


# --- the lines -----------------------------------------------------------------------------


AnyFigure = Figure | CardFigure | LedgerFigure


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of the report: a number of cases, or ``part`` of ``whole`` in percent.

    ``formula``: how it is computed, in the words that are printed (口径).
    """

    name: str
    section: str
    label: str
    part: AnyFigure
    whole: Figure | None = None

    @property
    def formula(self) -> str:
        if isinstance(self.part, CardFigure):
            return "发出和销除分别计数，互不抵减；一件办件可有多张"
        if self.whole is None:
            return self.part.meaning
        return f"{self.part.meaning} ÷ {self.whole.meaning}"


_VOLUME, _TIME, _QUALITY = "办理量", "时限", "办理质量"
_DEFERRAL, _GREEN, _CARDS = "容缺受理", "绿色通道", "督办牌"
_RATINGS, _HOTLINE, _TICKETS = "好差评", "12345热线", "各类诉求"
_WALKS, _WAGES = "走流程", "欠薪投诉"


def _line(section: str, name: str, label: str, part: Figure, whole: Figure | None = None) -> Line:
    return Line(name=name, section=section, label=label, part=part, whole=whole)


LINES: tuple[Line, ...] = (
    _line(_VOLUME, "received", "收件", F.RECEIVED),
    _line(_VOLUME, "pre_reviewed", "预审通过", F.PRE_REVIEWED),
    _line(_VOLUME, "accepted", "受理", F.ACCEPTED),
    _line(_VOLUME, "deemed", "其中视为受理", F.DEEMED),
    _line(_VOLUME, "decided", "作出决定（不含视为受理）", F.DECIDED),
    _line(_VOLUME, "closed", "办结", F.CLOSED),
    _line(_TIME, "on_time_rate", "按时办结率", F.ON_TIME, F.DECIDED),
    _line(_TIME, "early_rate", "提前办结率", F.EARLY, F.DECIDED),
    _line(_TIME, "deemed_on_time_rate", "视为受理的按时办结率", F.DEEMED_ON_TIME, F.DEEMED_DECIDED),
    _line(_QUALITY, "at_once_rate", "一次办成率", F.AT_ONCE, F.CLOSED),
    _line(_QUALITY, "noticed_rate", "补正率", F.NOTICED, F.RECEIVED),
    _line(_QUALITY, "second_notice", "二次告知（被拦截）", F.SECOND_NOTICE),
    _line(_DEFERRAL, "deferred", "容缺受理", F.DEFERRED),
    _line(_DEFERRAL, "deferred_kept_rate", "按期补齐", F.DEFERRED_KEPT, F.DEFERRED),
    _line(_DEFERRAL, "deferred_late_rate", "逾期补交", F.DEFERRED_LATE, F.DEFERRED),
    _line(_DEFERRAL, "deferred_breached_rate", "失信", F.DEFERRED_BREACHED, F.DEFERRED),
    _line(_GREEN, "green_opened", "开通", F.GREEN_OPENED),
    _line(_GREEN, "green_closed", "结束", F.GREEN_CLOSED),
    _line(_GREEN, "green_met_rate", "外部期限前作出决定", F.GREEN_MET, F.GREEN_DATED),
    *(
        Line(name=figure.value, section=_CARDS, label=label, part=figure)
        for figure, label in (
            (CardFigure.YELLOW_GIVEN, "黄牌发出"),
            (CardFigure.YELLOW_CLEARED, "黄牌销除"),
            (CardFigure.RED_GIVEN, "红牌发出"),
            (CardFigure.RED_CLEARED, "红牌销除"),
        )
    ),
    _line(_RATINGS, "rated_rate", "评价率", F.RATED, F.CLOSED),
    _line(_RATINGS, "good_rate", "四、五星", F.RATED_GOOD, F.RATED),
    _line(_RATINGS, "fair_rate", "三星", F.RATED_FAIR, F.RATED),
    _line(_RATINGS, "poor_rate", "一、二星", F.RATED_POOR, F.RATED),
    _line(_RATINGS, "contacted_rate", "差评回复率", F.POOR_CONTACTED, F.RATED_POOR),
    _line(_RATINGS, "settled_rate", "差评整改率", F.POOR_SETTLED, F.POOR_DUE),
    _line(_HOTLINE, "hotline_answered_rate", "答复率", F.HOTLINE_ANSWERED, F.HOTLINE),
    _line(_HOTLINE, "hotline_responded_rate", "响应率", F.HOTLINE_RESPONDED, F.HOTLINE_DUE),
    _line(_HOTLINE, "hotline_solved_rate", "解决率", F.HOTLINE_SOLVED, F.HOTLINE_REVISITED),
    _line(_HOTLINE, "hotline_satisfied_rate", "满意率", F.HOTLINE_SATISFIED, F.HOTLINE_REVISITED),
    _line(_TICKETS, "tickets_answered_rate", "答复率", F.TICKETS_ANSWERED, F.TICKETS),
    _line(_TICKETS, "tickets_responded_rate", "响应率", F.TICKETS_RESPONDED, F.TICKETS_DUE),
    _line(_TICKETS, "tickets_solved_rate", "解决率", F.TICKETS_SOLVED, F.TICKETS_REVISITED),
    _line(_TICKETS, "tickets_satisfied_rate", "满意率", F.TICKETS_SATISFIED, F.TICKETS_REVISITED),
    *(
        Line(name=figure.value, section=_WALKS, label=figure.label, part=figure)
        for figure in LedgerFigure
    ),
    _line(_WAGES, "wages", "收到", F.WAGES),
    _line(_WAGES, "wages_filed", "受理立案", F.WAGES_FILED),
    _line(_WAGES, "wages_refused", "不予受理", F.WAGES_REFUSED),
    _line(_WAGES, "wages_closed", "办结", F.WAGES_CLOSED),
    _line(_WAGES, "wages_in_time_rate", "按期查结率", F.WAGES_IN_TIME, F.WAGES_CLOSED),
    _line(_WAGES, "wages_settled_rate", "调解办结", F.WAGES_SETTLED, F.WAGES_CLOSED),
    _line(_WAGES, "wages_broken", "分期付款逾期", F.WAGES_BROKEN),
)
"""In the order in which they are printed."""


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A line that is no count: working days, or how much faster than a limit; None: not known.

    ``told``: on how many decisions or days it rests, in words; it is printed with the value.
    """

    name: str
    section: str
    label: str
    formula: str
    unit: str
    value: Fraction | None
    told: str
    places: int = 1


ENOUGH = 20
"""With fewer decisions no P90 is printed: one case would set it."""
_TAKEN = "期内作出决定的申请（含视为受理的），自办理期限起算日的次日至决定日的工作日数"
_NET = "，不含期限中止、暂停的日子"
_RANK = "；由小到大排列，取第 ⌈n×{}%⌉ 件"
_LEGAL = "所依政策的办理期限为法定的，期内作出决定的申请"


def measures_of(tally: Tally) -> Iterator[Measure]:
    """How long decisions took, how much faster than the limits, and what wages were paid."""
    yield from _times("gross", "时长（毛）", tally.gross, _TAKEN)
    yield from _times("net", "时长（净）", tally.net, _TAKEN + _NET)
    less, whole = tally.legal_net, tally.legal_days
    yield Measure(
        name="speedup",
        section=_TIME,
        label="实际提速",
        formula=f"1 − 净时长之和 ÷ 法定时限之和（工作日；{_LEGAL}）",
        unit="%",
        value=100 * (1 - Fraction(less, whole)) if whole else None,
        told=f"1 − {less}/{whole}",
    )
    owed, paid = Fraction(tally.wages_owed, 100), Fraction(tally.wages_paid, 100)
    yield Measure(
        name="wages_paid",
        section=_WAGES,
        label="已付金额",
        formula="期内收到的欠薪投诉至统计时已付的金额之和；括号内为投诉时所欠之和",
        unit="元",
        value=paid if owed else None,
        told=f"欠付 {rounded(owed, 2)} 元",
        places=2,
    )


def _times(name: str, label: str, taken: Mapping[int, int], formula: str) -> Iterator[Measure]:
    number = sum(taken.values())
    values: tuple[tuple[str, str, Fraction | int | None], ...] = (
        ("平均", "", Fraction(sum(d * n for d, n in taken.items()), number) if number else None),
        ("P50", _RANK.format(50), percentile(taken, 50)),
        (
            "P90",
            f"{_RANK.format(90)}；n 不足 {ENOUGH} 不列",
            percentile(taken, 90) if number >= ENOUGH else None,
        ),
    )
    for which, rank, value in values:
        yield Measure(
            name=f"{name}_{'mean' if which == '平均' else which.lower()}",
            section=_TIME,
            label=f"{label} {which}",
            formula=formula + (rank or "，平均"),
            unit="工作日",
            value=None if value is None else Fraction(value),
            told=f"n={number}",
        )


def percentile(taken: Mapping[int, int], percent: int) -> int | None:
    """The smallest value that so many percent of all do not exceed; None of nothing."""
    number = sum(taken.values())
    rank = -(-number * percent // 100)
    for value in sorted(taken):
        rank -= taken[value]
        if rank <= 0 and number:
            return value
    return None


def share(part: int, whole: int) -> Fraction | None:
    """In percent; None of nothing."""
    return Fraction(100 * part, whole) if whole else None


def rounded(value: Fraction, places: int = 1) -> str:
    """With one decimal or more, half up: exact, so that two computations print the same."""
    unit = 10**places
    parts = (value * unit + Fraction(1, 2)).__floor__()
    sign = "-" if parts < 0 else ""
    return f"{sign}{abs(parts) // unit}.{abs(parts) % unit:0{places}}"
