"""Reports (统计报表): the figures of a period, each with the list that it opens."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from functools import partial
from http import HTTPStatus
from itertools import groupby
from typing import Annotated, Any

from fastapi import Query, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from api.access.guard import Caller, listed_district, require, sight_of
from api.parts import Here, Parts
from api.routes.answers import problem_responses
from api.routes.board import Addresses, Count, DayCount, working_days
from api.routes.export import MEDIA, Cell, Format, Sheet, attached, csv_text, workbook
from api.routes.in_force import calendar_in_force
from api.routes.lists import Code, Text
from api.routes.routers import with_token
from casework.domain.authority import GeneralAction
from casework.domain.case.facts import Actor
from casework.domain.errors import DomainError
from casework.domain.reports import (
    LINES,
    AnyFigure,
    CardFigure,
    Figure,
    LedgerFigure,
    Line,
    Measure,
    Period,
    Tally,
    measures_of,
    period_of,
    rounded,
    share,
)
from casework.domain.time.calendar import ZONE, local_date
from casework.filing.bodies import District
from casework.store.queries.board import due_load
from casework.store.queries.reports import By, Counted, Place, count, details
from casework.store.snapshots import snapshot
from casework.words import FILED_BY, word

router = with_token(tags=["reading"], responses=problem_responses(HTTPStatus.UNPROCESSABLE_ENTITY))

PeriodText = Annotated[
    str,
    Field(
        max_length=30,
        description="统计时段：2026-10、2026-Q4、2026，或 2026-10-01..2026-10-15；默认本月",
    ),
]


class ReportQuery(BaseModel):
    """A field that is left out does not restrict; ``by``: the same lines again for each of them."""

    model_config = ConfigDict(extra="forbid")

    period: PeriodText = ""
    district: District | None = None
    item: Code = ""
    office: Text = ""
    channel: Code = ""
    by: Annotated[By | None, Field(description="再按区、事项、机构或渠道分列")] = None
    now: Annotated[bool, Field(description="按现在的记录统计，不用已定格的报表")] = False
    format: Annotated[Format, Field(description="csv、xlsx：作为文件下载")] = Format.JSON


@dataclass(frozen=True, kw_only=True)
class ReportLine:
    """A line as it is printed. ``text`` has the value with both numbers on which it rests.

    ``value`` is rounded to one decimal; null where it rests on too little. ``part`` and ``whole``
    each open their cases; a line in working days has none. ``formula`` is its 口径.
    """

    name: str
    section: str
    label: str
    text: str
    unit: str
    value: float | None
    part: Count | None
    whole: Count | None
    formula: str


@dataclass(frozen=True, kw_only=True)
class ReportGroup:
    """The lines of one district, item, office or channel."""

    key: str
    label: str
    lines: list[ReportLine]


@dataclass(frozen=True, kw_only=True)
class PolicyCount:
    """How many of the decisions stand under one version of a policy."""

    policy: str
    decided: int


@dataclass(frozen=True, kw_only=True)
class Correction:
    """A figure that is another one now than when the report was taken down."""

    name: str
    section: str
    label: str
    then: int
    now: Count


class Report(BaseModel):
    """The figures of a period as of ``at``, and what is due next as of today.

    A period that is over was taken down (定格) at ``taken_at``: its lines are those of then, and
    ``corrections`` says which figures are others by now; only these open no list of their own.
    ``taken_at`` is null where it was not, and the lines are those of now.

    ``catalogue`` is the digest of the catalogue in force at that instant; ``policies`` are those
    under which the decisions of the period stand.
    """

    period: str
    period_label: str
    first_on: date
    last_on: date
    at: datetime
    on: date
    taken_at: datetime | None
    corrections: list[Correction]
    district: str
    item: str
    office: str
    channel: str
    by: By | None
    catalogue: str
    policies: list[PolicyCount]
    lines: list[ReportLine]
    groups: list[ReportGroup]
    overdue: Count
    due: list[DayCount]


@router.get("/reports", summary="统计报表", response_model=Report)
async def report(asked: Annotated[ReportQuery, Query()], actor: Caller, here: Here) -> Any:  # noqa: ANN401 - an answer, or a file
    """The figures of a month, quarter, year or free period; each opens a list as long as it says.

    For the supervisor and the superior. Formulas are proposals, and printed with each line.
    """
    district = listed_district(actor, asked.district) or actor.district
    require(actor, GeneralAction.READ_REPORTS, district)
    today = local_date(here.now())
    period = period_of(asked.period or f"{today:%Y-%m}")
    place = Place(
        district=district,
        item=asked.item,
        office=asked.office,
        channel=asked.channel,
        sight=sight_of(actor),
    )
    made = await _made(asked, period, place, partial(_sees, actor), here)
    if asked.format is Format.JSON:
        return made
    return _file(asked.format, made, period, place, here)


def _sees(actor: Actor, district: str) -> bool:
    try:
        return listed_district(actor, district) == district
    except DomainError:
        return False


async def _made(
    asked: ReportQuery, period: Period, place: Place, sees: Callable[[str], bool], here: Parts
) -> Report:
    at = here.now()
    today = local_date(at)
    calendar = await calendar_in_force(here, place.district)
    days = working_days(calendar, today)
    async with here.register.reading() as session:
        by = [asked.by] if asked.by else []
        now = await count(session, period, place, by)
        taken = None if asked.now or today <= period.last_on else await snapshot(session, period)
        overdue, due = await due_load(session, place, days)
    narrow = {"item": place.item, "office": place.office, "channel": place.channel}
    to = _Addresses(place.district, within=narrow)
    found = taken.counted(place, sees, by) if taken and taken.final else now
    return Report(
        period=period.name,
        period_label=period.label,
        first_on=period.first_on,
        last_on=period.last_on,
        at=taken.taken_at if taken and taken.final else at,
        on=today,
        taken_at=taken.taken_at if taken and taken.final else None,
        corrections=list(_corrections(found.total, now.total, period, to)),
        district=place.district,
        item=place.item,
        office=place.office,
        channel=place.channel,
        by=asked.by,
        catalogue=here.desk_on(today).digest,
        policies=[
            PolicyCount(policy=digest, decided=number)
            for digest, number in sorted(found.total.policies.items())
        ],
        lines=list(_lines(found.total, now.total, period, to)),
        groups=list(_groups(found, now, period, to, _titled(asked.by, found.names, here))),
        overdue=to.cases(overdue, open=True, due_before=today),
        due=list(to.days(today, days, due)),
    )


def _corrections(then: Tally, now: Tally, period: Period, to: "_Addresses") -> Iterator[Correction]:
    told = set[AnyFigure]()
    for line in LINES:
        figures: list[AnyFigure] = [line.part]
        if line.whole is not None:
            figures.append(line.whole)
        for figure in figures:
            was, is_now = _number(then, figure), _number(now, figure)
            if was != is_now and figure not in told:
                told.add(figure)
                yield Correction(
                    name=figure.value,
                    section=line.section,
                    label=line.label if isinstance(figure, CardFigure) else figure.label,
                    then=was,
                    now=to.figure(figure, is_now, period),
                )


def _titled(
    by: By | None, items: Mapping[str, str], here: Parts
) -> tuple[By, Mapping[str, str]] | None:
    """By what the lines are told again, and what people call each of its codes."""
    match by:
        case None:
            return None
        case By.ITEM:
            told = {code: name for code, name in items.items() if name}
            return by, {**here.desk.catalogue.items(), **told}
        case By.DISTRICT:
            return by, here.desk.catalogue.districts()
        case By.CHANNEL:
            return by, FILED_BY
        case By.OFFICE:
            return by, {}


def _groups(
    found: Counted,
    now: Counted,
    period: Period,
    to: "_Addresses",
    titled: "tuple[By, Mapping[str, str]] | None",
) -> Iterator[ReportGroup]:
    if titled is None:
        return
    by, titles = titled
    for (key,), tally in found.cells.items():
        label = titles.get(key, "")
        today = now.cells.get((key,), Tally())
        lines = list(_lines(tally, today, period, to.narrowed(by, key)))
        yield ReportGroup(key=key, label=label or key or "—", lines=lines)


# --- lines ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Addresses(Addresses):
    """The lists that are as long as the figures; ``nowhere``: no list can be narrowed to them."""

    nowhere: bool = False

    def narrowed(self, by: By, key: str) -> "_Addresses":
        """Of one group; a list cannot ask for cases without an office, say."""
        if by is By.DISTRICT:
            return replace(self, district=key, nowhere=not key)
        return replace(self, within={**self.within, by.value: key}, nowhere=not key)

    def figure(self, figure: AnyFigure, number: int, period: Period) -> Count:
        """A number, and its list; the address is empty where there can be none."""
        if self.nowhere:
            return Count(count=number, cases="")
        if isinstance(figure, Figure):
            return self.cases(number, counted=figure.value, period=period.name)
        if isinstance(figure, LedgerFigure):
            days: Mapping[str, Any] = {"since": period.first_on, "before": period.before}
            entries = self.list("/v1/walk-entries", figure=figure.value, **days)
            return Count(count=number, cases=entries)
        since, before = _midnight(period.first_on), _midnight(period.before)
        of: Mapping[str, Any] = {"rung": figure.rung}
        which = "cleared" if figure.cleared else "given"
        within = {f"{which}_from": since, f"{which}_before": before}
        return Count(count=number, cases=self.list("/v1/cards", **of, **within))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), ZONE)


def _lines(tally: Tally, now: Tally, period: Period, to: _Addresses) -> Iterator[ReportLine]:
    """The lines in their order; what is measured stands below the counts of its section.

    A figure that is another one by now has no list that is as long.
    """

    def counted(figure: AnyFigure) -> Count:
        number = _number(tally, figure)
        there = to if number == _number(now, figure) else replace(to, nowhere=True)
        return there.figure(figure, number, period)

    measures = [_measured(each) for each in measures_of(tally)]
    for section, lines in groupby(LINES, lambda line: line.section):
        for line in lines:
            yield _counted(line, counted)
        yield from (each for each in measures if each.section == section)


_UNITS: Mapping[AnyFigure, str] = {
    LedgerFigure.WALKED: "人次",
    LedgerFigure.WALK_PROBLEMS: "个",
    LedgerFigure.WALK_NEEDS: "个",
    LedgerFigure.REMEDIES_SET: "个",
    LedgerFigure.REMEDIES_CLOSED: "个",
}
"""Of what is counted in other units than cases."""


def _counted(line: Line, counted: Callable[[AnyFigure], Count]) -> ReportLine:
    part = counted(line.part)
    number = part.count
    if line.whole is None:
        unit = _UNITS.get(line.part, "张" if isinstance(line.part, CardFigure) else "件")
        return ReportLine(
            name=line.name, section=line.section, label=line.label, formula=line.formula,
            unit=unit, text=f"{number}", value=number, part=part, whole=None,
        )  # fmt: skip
    whole = counted(line.whole)
    value = share(number, whole.count)
    said = f"{rounded(value)}%" if value is not None else "—"
    return ReportLine(
        name=line.name,
        section=line.section,
        label=line.label,
        text=f"{said}（{number}/{whole.count}）",
        unit="%",
        value=None if value is None else float(rounded(value)),
        part=part,
        whole=whole,
        formula=line.formula,
    )


def _number(tally: Tally, figure: AnyFigure) -> int:
    if isinstance(figure, CardFigure):
        return tally.cards.get(figure, 0)
    if isinstance(figure, LedgerFigure):
        return tally.ledger.get(figure, 0)
    return tally.figures.get(figure, 0)


def _measured(measure: Measure) -> ReportLine:
    value = measure.value
    said = rounded(value, measure.places) if value is not None else "—"
    unit = "%" if measure.unit == "%" and value is not None else ""
    return ReportLine(
        name=measure.name,
        section=measure.section,
        label=measure.label,
        text=f"{said}{unit}（{measure.told}）",
        unit=measure.unit,
        value=None if value is None else float(said),
        part=None,
        whole=None,
        formula=measure.formula,
    )


# --- files ---------------------------------------------------------------------------------

TITLE = "统计报表"
_HEAD = ("分列", "类别", "指标", "数值", "单位", "分子", "分母", "说明")


def _file(form: Format, made: Report, period: Period, place: Place, here: Parts) -> Response:
    rows = _csv(made)
    if form is Format.XLSX:
        rows = workbook(
            (
                Sheet("统计", _HEAD, _paged(_rows(made))),
                Sheet("口径", ("项目", "内容"), _paged(_told(made, here))),
                Sheet("明细", ("办件编号", "计入"), _details(period, place, here)),
            )
        )
    return StreamingResponse(rows, media_type=MEDIA[form], headers=attached(TITLE, made.at, form))


async def _csv(made: Report) -> AsyncIterator[bytes]:
    yield csv_text([_HEAD, *_rows(made)], begins=True)


async def _paged(rows: Iterable[Sequence[Cell]]) -> AsyncIterator[Iterable[Sequence[Cell]]]:
    yield rows


def _rows(made: Report) -> Iterator[list[Cell]]:
    for label, lines in (("合计", made.lines), *((g.label, g.lines) for g in made.groups)):
        for line in lines:
            yield [
                *(label, line.section, line.label, line.value, line.unit),
                line.part.count if line.part else None,
                line.whole.count if line.whole else None,
                line.text,
            ]
    yield ["合计", "在办到期", "已逾期", made.overdue.count, "件", made.overdue.count, None, ""]
    for each in made.due:
        yield ["合计", "在办到期", each.day.isoformat(), each.count, "件", each.count, None, ""]


def _told(made: Report, here: Parts) -> Iterator[tuple[str, Cell]]:
    """What the figures mean, and of which instant and policy they are."""
    yield "统计时段", f"{made.period_label}（{made.first_on} 至 {made.last_on}）"
    yield "统计时刻", made.at.astimezone(ZONE).replace(tzinfo=None, microsecond=0)
    for each in made.corrections:
        told = f"定格时 {each.then}，现在 {each.now.count}"
        yield f"更正 {each.section} · {each.label}", told
    for name, value in (
        ("区", here.desk.catalogue.districts().get(made.district, made.district) or "可查阅的全部"),
        ("事项", here.desk.catalogue.items().get(made.item, made.item)),
        ("机构", made.office),
        ("渠道", word(FILED_BY, made.channel)),
    ):
        if value:
            yield name, value
    yield "目录版本", made.catalogue
    for policy in made.policies:
        yield f"政策 {policy.policy}", f"期内按此作出决定 {policy.decided} 件"
    yield "办理期限", "按作出决定时办件所依政策的办理期限，含依法延长；中止计时中作出决定的计为按时"
    yield "工作日", "按办件所在区的工作日历"
    for line in made.lines:
        yield f"{line.section} · {line.label}", line.formula
    yield "在办到期", "统计时刻未办结、下一届满日在该工作日（含其前的休息日）的各类办件"


async def _details(
    period: Period, place: Place, here: Parts
) -> AsyncIterator[Iterable[Sequence[Cell]]]:
    """The numbers of the cases, and nothing else of them, with the figures that count each."""
    async with here.register.reading() as session:
        async for page in details(session, period, place):
            yield [(number, "；".join(figures)) for number, figures in page]
