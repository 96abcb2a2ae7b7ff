"""What `casework up` brings besides applications, on a working day, a Saturday and a holiday."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter

from casework.cli.operating.samples import appointments, others, tickets, walk_in
from casework.domain.kinds.appointment.slots import AppointmentPolicy, slots
from casework.domain.kinds.registry import KINDS, CaseKind
from casework.domain.time.calendar import ZONE, local_date
from casework.filing.bodies import body_of_kind
from casework.policy.calendars import load_calendar
from casework.policy.service_catalogue import load_service_catalogue

CALENDAR = load_calendar()
TUESDAY, EVENING, SATURDAY, NATIONAL_DAY = (
    datetime(2026, 12, 1, 10, tzinfo=ZONE),
    datetime(2026, 12, 1, 20, tzinfo=ZONE),
    datetime(2026, 12, 5, 10, tzinfo=ZONE),
    datetime(2026, 10, 1, 10, tzinfo=ZONE),
)
KIND_AT = {f"/v1/{kind.path}": CaseKind(kind.name) for kind in KINDS.values()}


def offered(now: datetime) -> list[dict[str, Any]]:
    """As the API offers them: nothing is taken, no window is closed."""
    policy = load_service_catalogue().of_kind(CaseKind.APPOINTMENT, "310115", local_date(now))
    assert isinstance(policy, AppointmentPolicy)
    found = slots(policy, now, "points", calendar=CALENDAR, suspensions=(), taken={})
    return [{"day": str(e.day), "at": e.at, "free": e.free} for e in found]


@pytest.mark.parametrize("now", [TUESDAY, EVENING, SATURDAY, NATIONAL_DAY])
def test_visitors_come_on_the_next_days_on_which_the_window_is_open(now: datetime) -> None:
    days = [sample.body["day"] for sample in appointments(now, offered(now))]
    today = local_date(now)
    open_still = CALENDAR.is_working(today) and now.hour < 17
    first = today if open_still else CALENDAR.shift(CALENDAR.roll_back(today), 1)
    assert days == [str(first), str(first), str(CALENDAR.shift(first, 1))]


@pytest.mark.parametrize("now", [TUESDAY, SATURDAY, NATIONAL_DAY])
def test_what_is_brought_is_what_the_api_takes_and_another_day_brings_more(now: datetime) -> None:
    def all_of(at: datetime) -> list[tuple[str, dict[str, Any]]]:
        found = [*tickets(at), *appointments(at, offered(at)), walk_in(at), *others(at, CALENDAR)]
        return [(each.path, dict(each.body)) for each in found]

    for path, body in all_of(now):
        if path in KIND_AT:
            TypeAdapter(body_of_kind(KIND_AT[path])).validate_python(body, strict=False)
    assert {path for path, _ in all_of(now)} == {
        "/v1/tickets",
        "/v1/appointments",
        "/v1/walkthroughs",
        "/v1/wages",
        "/v1/consultations",
    }
    today, tomorrow = (
        {body["reference"] for _, body in all_of(at)} for at in (now, now + timedelta(days=1))
    )
    assert len(today) == len(tomorrow) == len(all_of(now))
    assert not today & tomorrow


def test_without_a_free_slot_nobody_is_booked() -> None:
    full = [each | {"free": 0} for each in offered(TUESDAY)]
    assert appointments(TUESDAY, full) == []
    assert appointments(TUESDAY, []) == []
