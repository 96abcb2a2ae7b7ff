"""What a calendar of due dates says comes out of any reader as it went in (RFC 5545)."""

from dataclasses import fields
from datetime import UTC, date, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from api.routes.due_calendars import _written
from casework.domain.case.state import TaskKind
from casework.store.queries import TaskView
from tests.examples import examples

LONGEST_LINE = 75
NUMBER = "310106-4A2J-5S06-9FJR"
_ESCAPED = {"\\,": ",", "\\;": ";", "\\\\": "\\", "\\n": "\n"}


def row(item_name: str, due_on: date | None, task: str = "task-1") -> TaskView:
    known: dict[str, Any] = {
        "case_no": NUMBER,
        "task": task,
        "kind": TaskKind.REVIEW,
        "item_name": item_name,
        "due_on": due_on,
        "received_at": datetime(2026, 11, 30, 2, 30, 15, tzinfo=UTC),
    }
    return TaskView(**{each.name: None for each in fields(TaskView)} | known)


def unescaped(text: str) -> str:
    said, rest = "", text
    while rest:
        pair = rest[:2]
        taken = 2 if pair in _ESCAPED else 1
        said, rest = said + _ESCAPED.get(pair, rest[:1]), rest[taken:]
    return said


TEXTS = st.text(st.sampled_from('积分居住证新办，；,;\\n:" 𠮷a\t'), min_size=1, max_size=120)
"""No N: behind a backslash the library takes it for the end of a line, as it does when it reads."""


@given(names=st.lists(TEXTS, min_size=1, max_size=3), due_on=st.dates(date(1900, 1, 1)))
@examples(40, night=2_000)
def test_every_line_is_short_and_says_what_was_meant(names: list[str], due_on: date) -> None:
    rows = [row(name, due_on, f"task-{number}") for number, name in enumerate(names)]
    content = _written([*rows, row("没有届满日", None)])
    assert content.endswith(b"END:VCALENDAR\r\n")
    lines = content.removesuffix(b"\r\n").split(b"\r\n")
    assert all(len(line) <= LONGEST_LINE for line in lines)
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    for line in lines:
        line.decode()  # nothing is folded within a character
    whole = content.decode().replace("\r\n ", "").split("\r\n")
    said = [unescaped(line.removeprefix("SUMMARY:")) for line in whole if line[:8] == "SUMMARY:"]
    assert said == [f"{TaskKind.REVIEW.label} {name} {NUMBER}" for name in names]
    # Whole days are the same in every zone: nothing here needs a VTIMEZONE.
    assert whole.count(f"DTSTART;VALUE=DATE:{due_on:%Y%m%d}".replace(" ", "0")) == len(names)
    assert not [line for line in whole if "TZID" in line]
    assert "DTSTAMP:20261130T023015Z" in whole
    assert len({line for line in whole if line.startswith("UID:")}) == len(names)
