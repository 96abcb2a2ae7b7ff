"""The morning's digests of cards: by schedule, at start of business, once for each officer."""

import asyncio
import io
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text
from temporalio import workflow
from temporalio.client import Client, ScheduleActionExecutionStartWorkflow
from temporalio.worker import Worker

from activities.cards import CardActivities
from casework.domain.time.calendar import SATURDAY, ZONE, CalendarYear
from casework.domain.time.ladder import Rung
from casework.letters.card_digest import Links
from casework.local.devstack import temporal_server
from casework.local.town import TownSettings, running_town
from casework.messages.schedules import (
    CARD_DIGESTS,
    DistrictTold,
    SendDigests,
    district_workflow_id,
)
from casework.messages.temporal import TASK_QUEUE
from casework.outside import MailSender, SmsSender
from casework.policy.card_recipients import Recipients
from casework.policy.officer_contacts import Alerts, OfficerContact
from casework.policy.roster import Roster, load_roster
from casework.policy.service_catalogue import load_service_catalogue
from casework.policy.service_roster import load_service_roster
from casework.security.keys.vault import scope_of
from casework.store.engine import Sessions
from casework.store.register.in_force import COUNTRY, write_years
from casework.temporal import data_converter, register_search_attributes
from tests.security.searching import in_bytes
from tests.security.test_logs import written
from tests.store.cards import CardRow, Pack
from tests.town.visitor import Visitor
from tests.workflows.conftest import Bench
from workers.sandbox import sandbox
from workflows.scheduled import CardDigestsOfDistrictWorkflow, CardDigestsWorkflow

__all__ = ["written"]

QUEUE = "card-digests"  # not the one on which the production worker of the bench listens
EARLY = datetime(2026, 11, 23, 6, tzinfo=ZONE)  # a Monday
OPENS = EARLY.replace(hour=9)
STEMS = ("example.com", "199000")
SUNDAY = EARLY - timedelta(days=1)
RED = CardRow(number=1, rung=Rung.RED, holder="ja-o1", backup="ja-o2", assigned="ja-o1 ja-s1 sh-u1")


@dataclass(frozen=True)
class Parties:
    """The activities over a register and a fake town, and the town as a visitor sees it."""

    cards: CardActivities
    visitor: Visitor
    sessions: Sessions

    async def given(self, *cards: CardRow) -> None:
        async with self.sessions.begin() as session:
            await Pack(session).add(*cards)

    async def statuses(self) -> dict[str, str]:
        query = text("SELECT officer, status || ' ' || problem FROM card_digests")
        async with self.sessions() as session:
            return {officer: status.strip() for officer, status in await session.execute(query)}

    async def told(self) -> list[str]:
        """The officers who were written to, by the keys of the messages."""
        entries = await self.visitor.outbox("mail", "sms")
        assert all(entry["repeats"] == 0 for entry in entries)
        return sorted(entry["key"].split(":")[1] for entry in entries)


@pytest.fixture
async def parties(sessions: Sessions, tmp_path: Path) -> AsyncIterator[Parties]:
    settings = TownSettings(folder=tmp_path, answer_after_seconds=None)
    async with running_town(settings) as town, httpx.AsyncClient(trust_env=False) as http:
        cards = CardActivities(
            sessions=sessions,
            recipients=Recipients(
                centres=load_roster(),
                platforms=load_service_roster(),
                services=lambda _: load_service_catalogue(),
            ),
            mail=MailSender(host=town.smtp_host, port=town.smtp_port, sender="centre@office.test"),
            sms=SmsSender(http=http, url=town.http_url, signature="人才服务中心"),
            links=Links(),
            operator="operator@office.example",
        )
        yield Parties(cards, Visitor(http, town.http_url), sessions)


@asynccontextmanager
async def telling(client: Client, parties: Parties, queue: str = QUEUE) -> AsyncIterator[None]:
    cards = parties.cards
    async with Worker(
        client,
        task_queue=queue,
        workflows=[CardDigestsWorkflow, CardDigestsOfDistrictWorkflow],
        activities=[cards.plan, cards.people, cards.tell, cards.give_up, cards.report_refused],
        workflow_runner=sandbox(),
        workflow_failure_exception_types=[workflow.NondeterminismError],
        max_cached_workflows=0,
    ):
        yield


async def morning(bench: Bench, parties: Parties, at: datetime = EARLY) -> list[DistrictTold]:
    """A firing of the schedule at that time; what came of the districts with something to say."""
    client, now = bench.environment.client, await bench.environment.get_current_time()
    async with telling(client, parties):
        told: list[DistrictTold] = await client.execute_workflow(
            CARD_DIGESTS.workflow,
            SendDigests(rehearsal=at - now),
            id="card-digests-test",
            task_queue=QUEUE,
            result_type=list[DistrictTold],
        )
    return [each for each in told if each.sent or each.refused]


async def duration(bench: Bench, workflow_id: str) -> timedelta:
    """How long the last run of a workflow took, by the server's time."""
    run = await bench.environment.client.get_workflow_handle(workflow_id).describe()
    assert run.close_time
    return run.close_time - run.start_time


async def test_officers_are_told_at_start_of_business_and_once(
    bench: Bench, parties: Parties
) -> None:
    await parties.given(RED)
    assert await morning(bench, parties) == [DistrictTold(district="310106", sent=3, refused=0)]
    lasted = await duration(bench, district_workflow_id("310106", EARLY.date()))
    assert lasted > OPENS - EARLY - timedelta(minutes=1)
    assert await parties.told() == ["ja-o1", "ja-o2", "ja-s1"]

    await parties.given(replace(RED, number=2))
    assert await morning(bench, parties, OPENS) == []
    assert await parties.told() == ["ja-o1", "ja-o2", "ja-s1"]
    assert len(await parties.statuses()) == 3


async def test_rest_day_has_no_digest_and_the_next_working_day_covers_it(
    bench: Bench, parties: Parties
) -> None:
    await parties.given(RED)
    assert await morning(bench, parties, SUNDAY) == []
    assert await parties.told() == []
    await parties.given(replace(RED, number=2))
    await morning(bench, parties)
    key = "cards:ja-o1:310106:2026-11-23"
    assert "新增红牌2张" in (await parties.visitor.message("mail", key))["text"]


async def test_nothing_to_say_sends_nothing(bench: Bench, parties: Parties) -> None:
    await parties.given(replace(RED, rung=Rung.BLUE), replace(RED, number=2, cleared=True))
    assert await morning(bench, parties) == []
    assert await parties.visitor.outbox("mail", "sms") == []


async def test_refused_address_stops_nobody_and_reaches_the_operator(
    bench: Bench, parties: Parties
) -> None:
    await parties.given(RED)
    await parties.visitor.plan_fault("smtp", 550)
    assert await morning(bench, parties) == [DistrictTold(district="310106", sent=2, refused=1)]
    statuses = await parties.statuses()
    assert sorted(statuses.values()) == ["refused smtp_550", "sent", "sent"]
    told = await parties.told()
    assert len(told) == 3
    assert "310106" in told  # the operator's letter has the district in this place


async def test_gateway_that_is_out_all_day_leaves_the_cards_for_tomorrow(
    bench: Bench, parties: Parties
) -> None:
    by_sms = CardRow(number=1, holder="hp-o2", district="310101")
    await parties.given(by_sms, CardRow(number=2, holder="hp-r1", district="310101"))
    await parties.visitor.plan_fault("/messages", 503, times=100_000)
    # Begun two hours before midnight.
    told = await morning(bench, parties, EARLY.replace(hour=22))
    assert told == [DistrictTold(district="310101", sent=1, refused=1)]
    lasted = await duration(bench, district_workflow_id("310101", EARLY.date()))
    assert timedelta(hours=1) < lasted < timedelta(hours=3)  # to midnight, and no further
    assert await parties.statuses() == {"hp-o2": "refused not_in_time", "hp-r1": "sent"}

    by_mail = OfficerContact(alerts=Alerts.MAIL, mail="hp-o2@example.com")
    centres = parties.cards.recipients.centres
    assert isinstance(centres, Roster)
    centres = replace(centres, contacts=centres.contacts | {"hp-o2": by_mail})
    known = replace(parties.cards.recipients, centres=centres)
    mended = replace(parties, cards=replace(parties.cards, recipients=known))
    assert await morning(bench, mended, EARLY + timedelta(days=1)) == [
        DistrictTold(district="310101", sent=1, refused=0)
    ]


async def test_long_list_of_officers_is_told_page_by_page(
    bench: Bench, parties: Parties, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activities.cards.PEOPLE_AT_ONCE", 2)
    holders = ("ja-o1", "ja-o2", "ja-r1", "ja-r2", "ja-h1")
    await parties.given(*(CardRow(number=n, holder=who) for n, who in enumerate(holders)))
    assert await morning(bench, parties) == [DistrictTold(district="310106", sent=5, refused=0)]
    assert await parties.told() == sorted(holders)


async def test_histories_and_ids_hold_no_address(bench: Bench, parties: Parties) -> None:
    await parties.given(RED, replace(RED, number=2, holder="hp-o2", district="310101"))
    await parties.visitor.plan_fault("smtp", 550)
    await morning(bench, parties)
    client = bench.environment.client
    ids = [
        "card-digests-test",
        *(district_workflow_id(each, EARLY.date()) for each in ("310106", "310101", "")),
    ]
    for each in ids:
        history = await client.get_workflow_handle(each).fetch_history()
        kept = b"".join(event.SerializeToString() for event in history.events)
        officers = [code for code in ("ja-o1", "ja-s1", "hp-o2") if code.encode() in kept]
        assert bool(officers) is (each in ids[1:3])  # payloads are in clear here
        assert not in_bytes(kept, (*addresses(parties), *STEMS), each)
        assert scope_of(each) == ""


def addresses(parties: Parties) -> tuple[str, ...]:
    contacts = parties.cards.recipients.centres.contacts
    return tuple(contacts[code].address for code in ("ja-o1", "ja-o2", "ja-s1", "hp-o2"))


async def test_logs_hold_no_address(
    bench: Bench, parties: Parties, written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The town's own server, which in earnest is another process.
    monkeypatch.setattr(logging.getLogger("mail.log"), "propagate", False)
    await parties.given(RED, replace(RED, number=2, holder="hp-o2", district="310101"))
    for path, status in (("smtp", 451), ("smtp", 550), ("/messages", 503), ("/messages", 422)):
        await parties.visitor.plan_fault(path, status)
    await morning(bench, parties)
    log = written.getvalue()
    assert "MailUnavailableError" in log
    assert "HTTPStatusError" in log
    assert not in_bytes(log.encode(), (*addresses(parties), *STEMS), "the log")


async def test_schedule_is_kept_as_it_is_and_an_operator_can_trigger_it(
    sessions: Sessions, parties: Parties
) -> None:
    async with temporal_server() as address:
        client = await Client.connect(address, data_converter=data_converter)
        await register_search_attributes(client)
        await CARD_DIGESTS.keep(client)
        schedule = client.get_schedule_handle(CARD_DIGESTS.name)
        await schedule.pause(note="维护")
        await CARD_DIGESTS.keep(client)
        found = await schedule.describe()
        assert found.schedule.state.paused
        assert found.schedule.policy.catchup_window == timedelta(hours=12)
        (first, *_) = found.info.next_action_times
        assert first.astimezone(ZONE).strftime("%H:%M") == "06:00"
        assert first > datetime.now(UTC)

        await schedule.unpause()
        await _work_every_day(sessions)
        await parties.given(RED)
        opened = replace(parties.cards, recipients=_Always(**vars(parties.cards.recipients)))
        async with telling(client, replace(parties, cards=opened), TASK_QUEUE):
            await schedule.trigger()
            while not (runs := (await schedule.describe()).info.recent_actions):
                await asyncio.sleep(0.05)
            (started,) = (run.action for run in runs)
            assert isinstance(started, ScheduleActionExecutionStartWorkflow)
            await client.get_workflow_handle(started.workflow_id).result()
        assert await parties.told() == ["ja-o1", "ja-o2", "ja-s1"]


async def _work_every_day(sessions: Sessions) -> None:
    this_year = datetime.now(UTC).astimezone(ZONE).year
    years = [
        CalendarYear(year=year, off=(), make_up=tuple(_weekends(year)), notice="通知")
        for year in (this_year, this_year + 1)
    ]
    async with sessions.begin() as session:
        await write_years(session, COUNTRY, years, 1)


def _weekends(year: int) -> Iterator[date]:
    days = (date(year, 1, 1) + timedelta(days=n) for n in range(365))
    return (day for day in days if day.weekday() >= SATURDAY)


class _Always(Recipients):
    """Offices that have long been open, whatever the time of the test."""

    def opens_at(self, district: str, day: object) -> datetime:
        del district, day
        return datetime(2026, 1, 1, tzinfo=UTC)
