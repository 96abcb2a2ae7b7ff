"""The supervisors' board (看板): counts, each with its list; and the list of cards."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from api.access.guard import Caller, listed_district, require, sight_of
from api.edge.problems import invalid
from api.parts import Here
from api.routes.answers import problem_responses
from api.routes.export import exported
from api.routes.in_force import calendar_in_force
from api.routes.lists import Code, Instant, Listing, PageQuery, Text, readable
from api.routes.routers import with_token
from casework.domain.authority import GeneralAction
from casework.domain.kinds.registry import CaseKind, stage_label
from casework.domain.load import HORIZON
from casework.domain.time.calendar import ONE_DAY, ZONE, WorkingCalendar, local_date
from casework.domain.time.clock import NAMES
from casework.domain.time.dates import Day
from casework.domain.time.ladder import Rung
from casework.filing.bodies import CaseNo, District
from casework.store.paging import ByTime
from casework.store.queries.board import (
    CardCount,
    CardFilter,
    CardView,
    InTime,
    cards_page,
    count_cards,
    decided_in_time,
    due_load,
    open_by_stage,
)
from casework.store.queries.reports import Place

router = with_token(tags=["reading"], responses=problem_responses(HTTPStatus.UNPROCESSABLE_ENTITY))

RUNGS = {Rung.BLUE: "蓝牌", Rung.YELLOW: "黄牌", Rung.RED: "红牌"}
MOST_PERIOD = timedelta(days=366)


class CardQuery(PageQuery):
    """A field that is left out does not restrict; ``cause`` is the kind of the clock."""

    district: District | None = None
    case_no: CaseNo | None = None
    rung: Rung | None = None
    cause: Code = ""
    holder: Code = ""
    open: bool | None = None
    given_from: Instant | None = None
    given_before: Instant | None = None
    cleared_from: Instant | None = None
    cleared_before: Instant | None = None
    item: Code = ""
    office: Text = ""
    channel: Code = ""
    sort: Annotated[ByTime, Field(description="最新发出的在前，或最早的在前")] = ByTime.NEWEST


@dataclass(frozen=True, kw_only=True)
class CardItem(CardView):
    """A card and its case. ``cause``: the kind of the clock that gave it, with its name."""

    cause_label: str
    rung_label: str
    kind_label: str
    stage_label: str


@router.get("/cards", summary="黄牌和红牌")
@exported("督办牌")
async def cards(
    asked: Annotated[CardQuery, Query()], actor: Caller, here: Here
) -> Listing[CardItem]:
    """Cards of the ladder, open and cleared; staff of a district see its own."""
    wanted = CardFilter(
        district=listed_district(actor, asked.district),
        sight=sight_of(actor),
        **asked.restricting("district", "sort"),
    )
    with readable(asked.cursor):
        async with here.register.reading() as session:
            page = await cards_page(
                session, wanted, sort=asked.sort, after=asked.cursor, size=asked.size
            )
    items = [
        CardItem(
            **vars(row),
            cause_label=NAMES.get(row.cause, row.cause),
            rung_label=RUNGS.get(Rung(row.rung), row.rung),
            kind_label=CaseKind(row.kind).label,
            stage_label=stage_label(row.stage),
        )
        for row in page.rows
    ]
    return Listing(items=items, next_cursor=page.next or None)


# --- the board -----------------------------------------------------------------------------


class BoardQuery(BaseModel):
    """Whose board, and since when cards and decisions are counted: by default this month's."""

    model_config = ConfigDict(extra="forbid")

    district: District | None = None
    since: Day | None = None


@dataclass(frozen=True, kw_only=True)
class Count:
    """A number, and the list that is as long: an address of this API for who asked."""

    count: int
    cases: str


@dataclass(frozen=True, kw_only=True)
class StageCount(Count):
    """The open cases in a stage, by the date."""

    stage: str
    stage_label: str


@dataclass(frozen=True, kw_only=True)
class DayCount(Count):
    """The open cases that are due next on a working day, or since the one before."""

    day: date


@dataclass(frozen=True, kw_only=True)
class CardCounts:
    """Cards of one colour for one cause: given in the period, and open now, never netted."""

    cause: str
    cause_label: str
    rung: Rung
    rung_label: str
    given: Count
    open: Count


@dataclass(frozen=True, kw_only=True)
class ItemInTime:
    """Of an item: the applications decided in the period, within the limit and late."""

    item: str
    item_name: str
    decided: Count
    on_time: Count
    late: Count


class Board(BaseModel):
    """What a supervisor has on the wall, as of ``at``; each count opens its list.

    ``stages`` and ``due`` are of open cases; ``overdue`` is what was due before today. ``cards``
    and ``decided`` are of the days from ``since`` to ``on``. ``loads``: the load of each officer.
    """

    at: datetime
    on: date
    since: date
    until: date
    district: str
    open: Count
    stages: list[StageCount]
    overdue: Count
    due: list[DayCount]
    cards: list[CardCounts]
    decided: list[ItemInTime]
    loads: str


@router.get("/board", summary="看板")
async def board(asked: Annotated[BoardQuery, Query()], actor: Caller, here: Here) -> Board:
    """Open cases by stage and by due day, cards by cause, decisions in time by item.

    For those who may read the load of everybody: the supervisor and the superior.
    """
    district = listed_district(actor, asked.district) or actor.district
    require(actor, GeneralAction.READ_LOADS, district)
    at = here.now()
    today = local_date(at)
    since = asked.since or today.replace(day=1)
    if not today - MOST_PERIOD <= since <= today:
        raise invalid("since", "须在今天之前的一年以内", "DATE_OUT_OF_RANGE")
    days = working_days(await calendar_in_force(here, district), today)
    place = Place(district=district, sight=sight_of(actor))
    instants = _midnight(since), _midnight(today + ONE_DAY)
    async with here.register.reading() as session:
        stages = await open_by_stage(session, place)
        overdue, due = await due_load(session, place, days)
        counted = await count_cards(session, place, *instants)
        decided = await decided_in_time(session, place, since, today + ONE_DAY)
    to = Addresses(district)
    return Board(
        at=at,
        on=today,
        since=since,
        until=days[-1],
        district=district,
        open=to.cases(sum(stages.values()), open=True),
        stages=[to.stage(stage, count) for stage, count in stages.items()],
        overdue=to.cases(overdue, open=True, due_before=today),
        due=list(to.days(today, days, due)),
        cards=[to.cards(each, instants) for each in counted],
        decided=[to.decided(each, since, today + ONE_DAY) for each in decided],
        loads=to.list("/v1/loads"),
    )


def working_days(calendar: WorkingCalendar, today: date) -> tuple[date, ...]:
    """The days of the load to come, from today or the next working day on."""
    first = calendar.roll_forward(today)
    return tuple(calendar.shift(first, number) for number in range(HORIZON))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), ZONE)


@dataclass(frozen=True)
class Addresses:
    """The lists that are as long as the counts of a district; ``within`` narrows them further."""

    district: str
    within: Mapping[str, str] = field(default_factory=dict)

    def list(self, path: str, **wanted: Any) -> str:  # noqa: ANN401 - whatever a list can be asked
        """The address of a list that is asked for this, as its parameters are written."""
        asked = {"district": self.district, **self.within, **wanted}
        said = {name: _said(value) for name, value in asked.items() if value not in {"", None}}
        return f"{path}?{urlencode(said)}" if said else path

    def cases(self, count: int, **wanted: Any) -> Count:  # noqa: ANN401 - as above
        """So many cases, and their list."""
        return Count(count=count, cases=self.list("/v1/cases", **wanted))

    def stage(self, stage: str, count: int) -> StageCount:
        """The open cases in a stage."""
        listed = self.list("/v1/cases", stage=stage, open=True)
        return StageCount(count=count, cases=listed, stage=stage, stage_label=stage_label(stage))

    def days(
        self, today: date, days: tuple[date, ...], counts: tuple[int, ...]
    ) -> Iterator[DayCount]:
        """The open cases that are due by each day."""
        first = today
        for day, count in zip(days, counts, strict=True):
            listed = self.list("/v1/cases", open=True, due_from=first, due_before=day + ONE_DAY)
            yield DayCount(count=count, cases=listed, day=day)
            first = day + ONE_DAY

    def cards(self, counted: CardCount, within: tuple[datetime, datetime]) -> CardCounts:
        """The cards of one colour for one cause."""
        of: Mapping[str, Any] = {"cause": counted.cause, "rung": counted.rung}
        given = self.list("/v1/cards", **of, given_from=within[0], given_before=within[1])
        rung = Rung(counted.rung)
        return CardCounts(
            cause=counted.cause,
            cause_label=NAMES.get(counted.cause, counted.cause),
            rung=rung,
            rung_label=RUNGS.get(rung, rung),
            given=Count(count=counted.given, cases=given),
            open=Count(count=counted.open, cases=self.list("/v1/cards", **of, open=True)),
        )

    def decided(self, row: InTime, since: date, before: date) -> ItemInTime:
        """The decisions of an item."""
        of: Mapping[str, Any] = {
            "kind": CaseKind.APPLICATION.value,
            "item": row.item,
            "decided_from": since,
            "decided_before": before,
        }
        return ItemInTime(
            item=row.item,
            item_name=row.item_name,
            decided=self.cases(row.decided, **of),
            on_time=self.cases(row.decided - row.late, **of, on_time=True),
            late=self.cases(row.late, **of, on_time=False),
        )


def _said(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, date) else str(value)
