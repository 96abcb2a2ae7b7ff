"""Dates of messages: written as ISO days, and within what a case can be about."""

from dataclasses import fields
from datetime import UTC, date, datetime
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import pytest
from pydantic import TypeAdapter, ValidationError

from casework.domain.case.commands import Command
from casework.domain.case.procedure import decide
from casework.domain.errors import DomainError
from casework.domain.kinds.application.commands import Promise, ShareContact
from casework.domain.kinds.application.opening import StartApplication
from casework.domain.kinds.cycle.opening import StartCycle
from casework.domain.kinds.registry import KINDS
from casework.domain.orders import Content
from casework.domain.policy import Role
from casework.domain.time.dates import Day, Instant, require_usable_dates
from casework.messages.cases import SENT_AS, read_command
from tests.domain.desk import actor
from tests.domain.desk import open_desk as opened

WHO = {"code": "ja-officer-a", "role": "officer", "district": "310106"}
MESSAGES: set[type] = {
    *(SENT_AS.get(each, each) for kind in KINDS.values() for each in kind.verbs.values()),
    *get_args(Content),
    StartApplication,
    StartCycle,
}


def dates_of(hint: Any) -> list[Any]:
    """The annotations in a hint that are of a date, written or plain."""
    bare = get_args(hint)[0] if get_origin(hint) is Annotated else hint
    if bare in (date, datetime):
        return [hint]
    return [found for part in get_args(hint) for found in dates_of(part)]


@pytest.mark.parametrize("message", sorted(MESSAGES, key=str))
def test_no_message_takes_a_number_for_a_date(message: type) -> None:
    hints = get_type_hints(message, include_extras=True)
    plain = [
        field.name
        for field in fields(message)
        for found in dates_of(hints[field.name])
        if found not in (Day, Instant)
    ]
    assert plain == []


@pytest.mark.parametrize(
    "written", [1_700_000_000, "1700000000", 1.5, True, None, "20260917", "2026-09-17T00:00:00"]
)
def test_what_is_no_iso_day_is_refused_with_its_field(written: object) -> None:
    with pytest.raises(ValidationError) as refused:
        read_command("promise", {"actor": WHO, "signed_on": written})
    assert [error["loc"] for error in refused.value.errors()] == [("signed_on",)]


@pytest.mark.parametrize("written", [1_700_000_000, "1700000000", "2026-09-17"])
def test_what_is_no_iso_instant_is_refused(written: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Instant).validate_python(written)
    good = TypeAdapter(Instant).validate_json('"2026-09-17T10:00:00+08:00"')
    assert good == datetime(2026, 9, 17, 2, tzinfo=UTC)


@pytest.mark.parametrize("day", [date.min, date(1899, 12, 31), date(2200, 1, 1), date.max], ids=str)
def test_day_that_no_case_can_be_about_is_refused(day: date) -> None:
    desk = opened()
    desk.case = type(desk.case)(**{**vars(desk.case), "by_date": True})
    command: Command = Promise(actor=actor(Role.OFFICER), signed_on=day)
    with pytest.raises(DomainError) as refused:
        decide(desk.case, command, desk.facts(command.actor))
    assert (refused.value.code, refused.value.field) == ("DATE_OUT_OF_RANGE", "signed_on")


def test_instant_needs_a_zone() -> None:
    at = datetime(2026, 9, 17, 10)  # noqa: DTZ001 - that is what is refused
    with pytest.raises(DomainError, match="时区"):
        require_usable_dates(ShareContact(actor=actor(Role.SYSTEM), outreach="m", reached_at=at))
