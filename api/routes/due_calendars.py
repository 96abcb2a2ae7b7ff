"""An officer's due dates as a calendar to subscribe to, under a secret address."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import Path
from fastapi.responses import Response
from icalendar import Calendar, Event
from pydantic import BaseModel

from api.access.guard import Caller
from api.edge.problems import ProblemError
from api.parts import Here
from api.routes.answers import problem_responses
from api.routes.routers import open_to_all, with_token
from casework.domain.authority import INSIDE
from casework.domain.case.state import TaskKind
from casework.domain.errors import DomainError
from casework.domain.time.calendar import ONE_DAY, local_date
from casework.policy.staffing import staff
from casework.store.due_calendar import calendar_of, make_address, officer_of, revoke_address
from casework.store.paging import MOST_ROWS
from casework.store.queries import TaskFilter, TaskView, tasks

MOST_DATES = 1000
"""A calendar shows so many due dates, the nearest first."""
_FRESH_FOR = "PT1H"

router = with_token(prefix="/me/due-calendar", tags=["reading"])
public_router = open_to_all(tags=["reading"], responses=problem_responses(HTTPStatus.NOT_FOUND))

Secret = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{43}$")]


class DueCalendarAnswer(BaseModel):
    """``url`` is told once, when it is made: whoever knows it reads the calendar."""

    url: str | None = None
    made_at: datetime | None


@router.get("", summary="到期日历的地址")
async def known(actor: Caller, here: Here) -> DueCalendarAnswer:
    """Whether the caller has an address, and since when."""
    async with here.register.reading() as session:
        found = await calendar_of(session, actor.code)
    return DueCalendarAnswer(made_at=found.made_at if found else None)


@router.post("", summary="生成到期日历的地址", status_code=HTTPStatus.CREATED)
async def make(actor: Caller, here: Here) -> DueCalendarAnswer:
    """Make a new secret address for the caller's due dates; the one before counts no more."""
    if actor.role not in INSIDE:
        raise DomainError("ROLE_NOT_ALLOWED", "只有工作人员有待办的到期日历")
    now = here.now()
    async with here.register.writing() as session:
        secret = await make_address(session, actor.code, now)
    place = here.settings.api_public_url.rstrip("/")
    return DueCalendarAnswer(url=f"{place}/v1/due-calendars/{secret}", made_at=now)


@router.post("/revoke", summary="停用到期日历的地址")
async def revoke(actor: Caller, here: Here) -> DueCalendarAnswer:
    """Let the caller's address count no more; may be repeated."""
    async with here.register.writing() as session:
        await revoke_address(session, actor.code)
    return DueCalendarAnswer(made_at=None)


@public_router.get(
    "/due-calendars/{secret}",
    summary="到期日历",
    response_class=Response,
    responses={200: {"content": {"text/calendar": {"schema": {"type": "string"}}}}},
)
async def calendar(secret: Secret, here: Here) -> Response:
    """The open tasks of an officer that are due, by day: number of the case, item, what is due.

    It names no person. It ends with the post of the officer.
    """
    today = local_date(here.now())
    async with here.register.reading() as session:
        officer = await officer_of(session, secret)
        if officer is None or officer not in staff().on(today).people:
            raise _NO_CALENDAR
        rows: list[TaskView] = []
        cursor, more = "", True
        while more and len(rows) < MOST_DATES:
            page = await tasks(session, TaskFilter(officer=officer), after=cursor, size=MOST_ROWS)
            rows += page.rows
            cursor, more = page.next, bool(page.next)
    return Response(_written(rows[:MOST_DATES]), media_type="text/calendar; charset=utf-8")


_NO_CALENDAR = ProblemError(
    status=HTTPStatus.NOT_FOUND, code="CALENDAR_NOT_FOUND", detail="没有此日历，或者已停用"
)


def _event(row: TaskView, due_on: date) -> Event:
    event = Event()
    event.add("uid", f"{row.case_no}.{row.task}@casework")
    event.add("dtstamp", row.received_at.astimezone(UTC))
    event.add("dtstart", due_on)
    event.add("dtend", due_on + ONE_DAY)
    event.add("summary", f"{TaskKind(row.kind).label} {row.item_name} {row.case_no}")
    event.add("transp", "TRANSPARENT")
    return event


def _written(rows: Iterable[TaskView]) -> bytes:
    made = Calendar()
    made.add("version", "2.0")
    made.add("prodid", "-//casework//due dates//ZH")
    made.add("x-wr-calname", "待办到期")
    made.add("x-published-ttl", _FRESH_FOR)
    for row in rows:
        if row.due_on is not None:
            made.add_component(_event(row, row.due_on))
    return bytes(made.to_ical())
