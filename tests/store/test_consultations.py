"""The log of consultations: a line once, pages, and counts of the sources."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete

from casework.domain.consultations import (
    Accessibility,
    Consultation,
    ConsultationChannel,
    ConsultationTopic,
)
from casework.store.consultations import ConsultationFilter, consultations, count, log_once
from casework.store.engine import Sessions
from casework.store.models.consultations import Consultations

AT = datetime(2022, 2, 19, 1, tzinfo=UTC)
LINE = Consultation(
    district="150100",
    source="hotline-12333",
    reference="1",
    content="a",
    channel=ConsultationChannel.HOTLINE_12333,
    topic=ConsultationTopic.SOCIAL_INSURANCE,
    answered=True,
    asked_at=AT,
    logged_at=AT,
    logged_by="hotline-12333",
)


@pytest.fixture
async def empty(sessions: Sessions) -> AsyncIterator[Sessions]:
    yield sessions
    async with sessions.begin() as session:
        await session.execute(delete(Consultations))


def lines() -> Iterator[Consultation]:
    for number in range(12):
        yield replace(
            LINE,
            reference=str(number),
            asked_at=AT + timedelta(hours=number // 2),
            channel=ConsultationChannel.QQ if number % 3 else ConsultationChannel.HOTLINE_12333,
            needs=(Accessibility.ELDERLY,) if number % 4 == 0 else (),
            answered=number != 5,
            ticket="150100-4A2J-5S06-9FJR" if number == 5 else "",
        )


async def test_a_line_is_logged_once(empty: Sessions) -> None:
    async with empty.begin() as session:
        assert await log_once(session, LINE) == (LINE, True)
        other = replace(LINE, content="b", channel=ConsultationChannel.QQ)
        assert await log_once(session, other) == (LINE, False)
        elsewhere = replace(LINE, district="310106")
        assert await log_once(session, elsewhere) == (elsewhere, True)


async def test_pages_have_each_line_once_and_counts_agree(empty: Sessions) -> None:
    known = tuple(lines())
    async with empty.begin() as session:
        for each in known:
            await log_once(session, each)
    wanted = ConsultationFilter(district="150100")
    for size in (1, 5, 12):
        found, after = list[Consultation](), ""
        async with empty() as session:
            while True:
                page = await consultations(session, wanted, after=after, size=size)
                found += page.rows
                if not (after := page.next):
                    break
        assert sorted(each.reference for each in found) == sorted(e.reference for e in known)
        assert [each.asked_at for each in found] == sorted(
            (each.asked_at for each in known), reverse=True
        )
    narrowed = {
        "channel": [e for e in known if e.channel is ConsultationChannel.QQ],
        "need": [e for e in known if e.needs],
        "answered": [e for e in known if not e.answered],
        "since": [e for e in known if e.asked_at >= AT + timedelta(hours=3)],
    }
    values = {
        "channel": "qq",
        "need": "elderly",
        "answered": False,
        "since": AT + timedelta(hours=3),
    }
    async with empty() as session:
        for name, expected in narrowed.items():
            asked = replace(wanted, **{name: values[name]})  # type: ignore[arg-type]  # as named
            page = await consultations(session, asked)
            assert {e.reference for e in page.rows} == {e.reference for e in expected}, name
            counted = await count(session, asked)
            assert sum(each.asked for each in counted) == len(expected), name
            assert sum(each.answered for each in counted) == sum(e.answered for e in expected)
            assert sum(each.with_needs for each in counted) == sum(bool(e.needs) for e in expected)
