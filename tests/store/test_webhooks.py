"""Webhooks: each event once or more, in order per case, whatever the receiver does."""

import asyncio
import json
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import repeat
from pathlib import Path
from random import Random
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey
from sqlalchemy import select, update
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.webhooks import WebhookActivities, retry_after
from casework.domain.authority import Matrix, System
from casework.messages.webhooks import PATIENCE, Deliver, WebhookStatus
from casework.outside import EventSender, Receivers, webhook_client
from casework.policy.authority import load_authority
from casework.security.webhook_keys import WebhookKeys
from casework.settings import Settings
from casework.store import webhooks as register
from casework.store.engine import Sessions
from casework.store.models import Events, Openings, Webhooks
from casework.store.queries.feed import BEGINNING
from casework.store.register.recording import record
from casework.store.webhooks import (
    BEHIND_ONE_REFUSED,
    MOST_REFUSED,
    UndeliveredEvent,
    UndeliveredFilter,
    Webhook,
)
from tests.activities.receiver import (
    BUSY,
    DRIPS,
    FLOODS,
    GONE,
    HANGS,
    HOW,
    LIES,
    Receiver,
    receiving,
)
from tests.examples import is_night
from tests.store.desks import archived
from tests.store.entries import writer

NUMBER = "wh-1"
T0 = datetime(2026, 3, 2, 1, tzinfo=UTC)
PERSONAL = ("王小明", "11010519491231002X", "wang@mail.example", "13800001234", "某某公司")


@dataclass
class Telling:
    """A webhook of the system ``backend``, its receiver, and the activity that tells it."""

    sessions: Sessions
    receiver: Receiver
    settings: Settings
    activities: WebhookActivities
    now: list[datetime] = field(default_factory=lambda: [T0])

    async def until_quiet(self, rounds: int = 200) -> int:
        """Let it be called again as the workflow would; how often the receiver failed."""
        for failed in range(rounds):
            try:
                await ActivityEnvironment().run(self.activities.deliver, Deliver(webhook=NUMBER))
            except ApplicationError as error:
                assert error.type == "RECEIVER_UNAVAILABLE"
                assert error.next_retry_delay is not None
                self.now[0] += error.next_retry_delay
            else:
                return failed
        raise AssertionError("it is never done")

    async def known(self) -> Webhook:
        async with self.sessions() as session:
            found = await register.webhook(session, NUMBER)
        assert found is not None
        return found

    async def recorded(self) -> set[str]:
        async with self.sessions() as session:
            found = await session.execute(select(Events.case_no, Events.seq))
        return {f"{case_no}:{seq}" for case_no, seq in found}


@pytest.fixture
async def telling(
    sessions: Sessions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Telling]:
    sees = System(may=frozenset({("application", "read")}), sources=("backend",))
    matrix = Matrix(actions=load_authority().actions, systems={"backend": sees})
    monkeypatch.setattr("activities.webhooks.load_authority", lambda: matrix)
    settings = Settings(home=tmp_path)
    now = [T0]
    async with receiving() as receiver, webhook_client() as http:
        receivers = Receivers.of(settings)
        activities = WebhookActivities(
            sessions=sessions,
            sender=EventSender(http=http, receivers=receivers, within=timedelta(milliseconds=150)),
            open_keys=partial(WebhookKeys.open, settings),
            now=lambda: now[0],
            source="https://casework.example",
            lasts=timedelta(),
            looks_every=timedelta(),
        )
        async with sessions.begin() as session:
            await register.make(session, _new(receiver.url))
        yield Telling(sessions, receiver, settings, activities, now)


def _new(url: str) -> Webhook:
    return Webhook(
        id=NUMBER,
        system="backend",
        url=url,
        events=(),
        districts=(),
        item_codes=(),
        status=WebhookStatus.ACTIVE,
        after=str(BEGINNING),
        made_at=T0,
        approved_by="",
        caught_up_at=None,
        failing_since=None,
        problem="",
        ping_asked_at=None,
        ping_sent_at=None,
        ping_problem="",
    )


async def _happens(
    sessions: Sessions, cases: int, *, source: str = "backend", first: int = 0
) -> list[str]:
    """Cases of eight events each are recorded; their numbers."""
    numbers = []
    for number in range(first, first + cases):
        of_case = writer(archived(), number=number)
        for entry in of_case.rest(repeat(3)):
            async with sessions.begin() as session:
                await record(session, entry)
        numbers.append(of_case.case_no)
    if source != "backend":
        async with sessions.begin() as session:
            await session.execute(update(Openings).values(source=source, opened_by="other"))
    return numbers


def _in_order(events: list[dict[str, object]]) -> None:
    """Of each case, what comes for the first time comes in its order."""
    seen: dict[str, list[int]] = {}
    for event in events:
        case_no, _, seq = str(event["id"]).rpartition(":")
        own = seen.setdefault(case_no, [])
        if int(seq) not in own:
            own.append(int(seq))
    assert all(own == sorted(own) for own in seen.values()), seen


WRONG = (*HOW, HANGS, LIES, DRIPS)


@pytest.mark.parametrize("seed", range(40 if is_night() else 2))
async def test_each_event_arrives_in_order_whatever_the_receiver_does(
    telling: Telling, seed: int
) -> None:
    dice = Random(seed)
    await _happens(telling.sessions, 2)
    telling.receiver.plan.extend(dice.choice(("", "", *WRONG)) for _ in range(20))
    failed = await telling.until_quiet()
    assert failed
    took = telling.receiver.took
    assert {event["id"] for event in took} == await telling.recorded()
    assert len(took) == len({event["id"] for event in took})
    _in_order(telling.receiver.had)
    known = await telling.known()
    assert (known.failing_since, known.problem, known.caught_up_at) == (None, "", telling.now[0])
    before = len(took)
    await telling.until_quiet()
    assert len(took) == before


@pytest.mark.parametrize("seed", range(40 if is_night() else 2))
async def test_however_often_it_pauses_each_event_arrives_in_order(
    telling: Telling, seed: int
) -> None:
    """And while it is paused, the event at which it stands is somebody's task."""
    dice = Random(seed)
    telling.activities = replace(telling.activities, patience=timedelta(seconds=2))
    await _happens(telling.sessions, 2)
    telling.receiver.plan.extend(dice.choice(("", "", GONE, *WRONG)) for _ in range(20))
    telling.receiver.plan.append(GONE)
    pauses = set()
    await telling.until_quiet()
    while (await telling.known()).status is WebhookStatus.PAUSED:
        (task,) = await _tasks(telling, open=True)
        pauses.add((task.case_no, task.seq))
        assert f"{task.case_no}:{task.seq}" not in {each["id"] for each in telling.receiver.took}
        await _resumed(telling)
        await telling.until_quiet()
    took = [event["id"] for event in telling.receiver.took]
    assert sorted(took) == sorted(await telling.recorded())
    _in_order(telling.receiver.had)
    done = await _tasks(telling)
    assert pauses
    assert {(task.case_no, task.seq, task.outcome) for task in done} == {
        (*each, "delivered") for each in pauses
    }
    assert (await telling.known()).refused == 0


async def test_an_endless_answer_is_not_read_to_its_end(telling: Telling) -> None:
    await _happens(telling.sessions, 1)
    telling.receiver.plan.append(FLOODS)
    assert await telling.until_quiet() == 0
    assert {event["id"] for event in telling.receiver.took} == await telling.recorded()


async def test_an_event_that_two_deliveries_tell_is_told_on_by_one(telling: Telling) -> None:
    await _happens(telling.sessions, 2)
    both = [
        ActivityEnvironment().run(telling.activities.deliver, Deliver(webhook=NUMBER))
        for _ in range(2)
    ]
    done = await asyncio.gather(*both, return_exceptions=True)
    assert sum(isinstance(each, Exception) for each in done) <= 1
    await telling.until_quiet()
    assert {event["id"] for event in telling.receiver.took} == await telling.recorded()
    _in_order(telling.receiver.took)


async def test_it_says_what_happened_signed_and_nothing_about_a_person(telling: Telling) -> None:
    (case_no,) = await _happens(telling.sessions, 1)
    await telling.until_quiet()
    published = WebhookKeys.open(telling.settings).published()
    for head, body in zip(telling.receiver.heads, telling.receiver.bodies, strict=True):
        event = json.loads(body)
        assert (event["specversion"], event["subject"]) == ("1.0", case_no)
        assert event["type"] == f"casework.case.{event['data']['event']}"
        assert event["id"] == f"{case_no}:{event['data']['seq']}"
        assert event["data"]["reference"] == f"ref-{case_no}"
        assert head["content-type"].startswith("application/cloudevents+json")
        assert not [each for each in PERSONAL if each in body.decode()]
        assert _kid_of(head, body, published) == published["keys"][0]["kid"]


def _kid_of(head: Mapping[str, str], body: bytes, published: Mapping[str, Any]) -> str:
    """By which of the published keys it is signed; KeyError: by none, or the body is another."""
    protected, _, signature = head["casework-signature"].split(".")
    whole = f"{protected}.{urlsafe_b64encode(body).decode().rstrip('=')}.{signature}"
    keys = {key["kid"]: ECKey.import_key(key) for key in published["keys"]}
    kid = str(jws.extract_compact(whole.encode()).headers()["kid"])
    assert jws.deserialize_compact(whole, keys[kid], algorithms=["ES256"]).payload == body
    return kid


async def test_who_fetched_the_keys_before_a_rotation_verifies_what_comes_after_it(
    telling: Telling,
) -> None:
    """And who fetches them after it, what was signed before."""
    fetched = [WebhookKeys.open(telling.settings).published()]
    signed: list[str] = []
    for number in range(4):
        told = len(telling.receiver.bodies)
        await _happens(telling.sessions, 1, first=number)
        await telling.until_quiet()
        (kid,) = {
            _kid_of(head, body, published)
            for published in fetched[-2:]
            for head, body in zip(
                telling.receiver.heads[told:], telling.receiver.bodies[told:], strict=True
            )
        }
        assert kid not in signed
        signed.append(kid)
        WebhookKeys.rotate(telling.settings)
        fetched.append(WebhookKeys.open(telling.settings).published())
        assert kid in {key["kid"] for key in fetched[-1]["keys"]}


async def test_a_refused_event_holds_up_its_case_alone_and_is_sent_again(telling: Telling) -> None:
    first, _ = await _happens(telling.sessions, 2)
    telling.receiver.refusing.add(f"{first}:3")
    await telling.until_quiet()
    recorded = await telling.recorded()
    held = {each for each in recorded if each.startswith(first) and int(each[-1]) >= 3}
    assert {event["id"] for event in telling.receiver.took} == recorded - held
    async with telling.sessions() as session:
        refused = await register.refused_of(session, NUMBER)
    assert [(each.seq, each.problem) for each in refused][:2] == [
        (3, "http_422"),
        (4, BEHIND_ONE_REFUSED),
    ]
    await _again(telling)  # still refused
    assert (await telling.known()).refused == len(held)
    telling.receiver.refusing.clear()
    await _again(telling)
    assert {event["id"] for event in telling.receiver.took} == recorded
    _in_order(telling.receiver.took)
    assert (await telling.known()).refused == 0


async def _again(telling: Telling) -> None:
    async with telling.sessions.begin() as session:
        assert await register.send_again(session, NUMBER)
    await telling.until_quiet()


async def _tasks(telling: Telling, **wanted: object) -> list[UndeliveredEvent]:
    async with telling.sessions() as session:
        asked = UndeliveredFilter(**wanted)  # type: ignore[arg-type]  # by name
        return list((await register.undelivered(session, asked)).rows)


async def test_a_refused_event_is_a_task_until_it_is_taken(telling: Telling) -> None:
    first, second = await _happens(telling.sessions, 2)
    telling.receiver.refusing |= {f"{first}:3", f"{second}:7"}
    await telling.until_quiet()
    tasks = {each.case_no: each for each in await _tasks(telling, open=True)}
    assert {no: (each.seq, each.behind, each.problem) for no, each in tasks.items()} == {
        first: (3, 5, "http_422"),
        second: (7, 1, "http_422"),
    }
    assert tasks[first].title
    telling.receiver.refusing = {f"{second}:7", f"{first}:5"}
    await _again(telling)
    assert {(each.case_no, each.seq) for each in await _tasks(telling, open=True)} == {
        (first, 5),
        (second, 7),
    }
    (taken,) = await _tasks(telling, open=False)
    assert (taken.seq, taken.outcome, taken.closed_at) == (3, "delivered", telling.now[0])
    telling.receiver.refusing.clear()
    await _again(telling)
    assert not await _tasks(telling, open=True)
    assert {event["id"] for event in telling.receiver.took} == await telling.recorded()


@pytest.mark.parametrize("behind", [False, True])
async def test_an_event_that_is_set_aside_is_never_sent_and_holds_up_nothing(
    telling: Telling, behind: bool
) -> None:
    (case_no,) = await _happens(telling.sessions, 1)
    telling.receiver.refusing.add(f"{case_no}:3")
    await telling.until_quiet()
    aside = {"behind": behind, "reason": "对方已停用", "by": "sh-u1", "at": T0}
    async with telling.sessions.begin() as session:
        for seq in (2, 4):  # the receiver has it; it was not asked about it
            assert not await register.set_aside(session, NUMBER, case_no, seq, **aside)  # type: ignore[arg-type]
        events = await register.set_aside(session, NUMBER, case_no, 3, **aside)  # type: ignore[arg-type]
    assert events == (6 if behind else 1)
    telling.receiver.refusing.clear()
    await telling.until_quiet()  # and nobody asks that anything be sent again
    never = {f"{case_no}:{seq}" for seq in range(3, 3 + events)}
    assert {event["id"] for event in telling.receiver.took} == await telling.recorded() - never
    _in_order(telling.receiver.took)
    assert (await telling.known()).refused == 0
    assert {
        (each.seq, each.outcome, each.reason, each.closed_by) for each in await _tasks(telling)
    } == {(seq, "set_aside", "对方已停用", "sh-u1") for seq in range(3, 3 + events)}


async def test_what_waited_behind_an_event_goes_when_that_is_taken(telling: Telling) -> None:
    """Also what came to wait while the event was already being sent again."""
    (case_no,) = await _happens(telling.sessions, 1)
    telling.receiver.refusing.add(f"{case_no}:3")
    await telling.until_quiet()
    telling.receiver.refusing.clear()
    async with telling.sessions.begin() as session:
        await register.send_again(session, NUMBER)
        await register.note_refused(session, NUMBER, case_no, 8, at=T0, problem=BEHIND_ONE_REFUSED)
    await telling.until_quiet()
    assert {event["id"] for event in telling.receiver.took} == await telling.recorded()
    assert (await telling.known()).refused == 0


async def test_the_tasks_of_a_webhook_end_with_it(telling: Telling) -> None:
    (case_no,) = await _happens(telling.sessions, 1)
    telling.receiver.refusing.add(f"{case_no}:3")
    await telling.until_quiet()
    async with telling.sessions.begin() as session:
        active = {WebhookStatus.ACTIVE}
        ended = WebhookStatus.ENDED
        await register.set_status(session, NUMBER, ended, among=active, at=T0, by="backend")
    (task,) = await _tasks(telling)
    assert (task.outcome, task.closed_by) == ("ended", "backend")


async def test_a_page_of_tasks_goes_on_where_the_one_before_ended(telling: Telling) -> None:
    numbers = await _happens(telling.sessions, 3)
    telling.receiver.refusing |= {f"{number}:3" for number in numbers}
    await telling.until_quiet()
    found: list[str] = []
    after, pages = "", 0
    while pages == 0 or after:
        async with telling.sessions() as session:
            page = await register.undelivered(session, UndeliveredFilter(), after=after, size=1)
        found += [each.case_no for each in page.rows]
        after, pages = page.next, pages + 1
    assert sorted(found) == sorted(numbers)
    assert await _tasks(telling, system="elsewhere") == []


async def test_a_busy_receiver_is_left_alone_for_as_long_as_it_wants(telling: Telling) -> None:
    await _happens(telling.sessions, 1)
    telling.receiver.plan.append(BUSY)
    await telling.until_quiet()
    assert telling.now[0] - T0 == timedelta(minutes=30)
    assert {event["id"] for event in telling.receiver.took} == await telling.recorded()


async def test_who_says_that_it_is_gone_is_told_no_more(telling: Telling) -> None:
    await _happens(telling.sessions, 1)
    telling.receiver.plan.append(GONE)
    assert await telling.until_quiet() == 0
    known = await telling.known()
    assert (known.status, known.problem, len(telling.receiver.had)) == ("paused", "http_410", 1)


@pytest.mark.parametrize("how", [GONE, "fails", HANGS, "redirects"])
async def test_the_event_at_which_a_webhook_paused_is_a_task_until_it_is_taken(
    telling: Telling, how: str
) -> None:
    telling.activities = replace(telling.activities, patience=timedelta(minutes=1))
    await _happens(telling.sessions, 2)
    await telling.until_quiet()
    taken = len(telling.receiver.took)
    (dead,) = await _happens(telling.sessions, 1, first=2)
    telling.receiver.plan.extend([how] * 500)
    await telling.until_quiet(500)
    known = await telling.known()
    assert (known.status, known.refused) == (WebhookStatus.PAUSED, 1)
    for _ in range(2):  # resumed in vain, the task is still the same
        (task,) = await _tasks(telling, open=True)
        assert (task.case_no, task.seq, task.problem) == (dead, 1, known.problem)
        assert (task.webhook_status, task.again, task.opened_at) == ("paused", True, telling.now[0])
        opened = telling.now[0]
        await _resumed(telling)
        await telling.until_quiet(500)
        telling.now[0] = opened
    telling.receiver.plan.clear()
    await _resumed(telling)
    await telling.until_quiet()
    assert {event["id"] for event in telling.receiver.took} == await telling.recorded()
    assert len(telling.receiver.took) == taken + 8
    _in_order(telling.receiver.took)
    assert not await _tasks(telling, open=True)
    (task,) = await _tasks(telling)
    assert (task.outcome, task.webhook_status) == ("delivered", "active")
    assert (await telling.known()).refused == 0


async def test_an_event_that_pauses_a_webhook_again_and_again_is_set_aside(
    telling: Telling,
) -> None:
    """A receiver that stumbles over one event for ever is told of all others."""
    first, second = await _happens(telling.sessions, 2)
    telling.receiver.stumbling.add(f"{first}:3")
    await telling.until_quiet(500)
    aside = {"behind": False, "reason": "对方处理不了", "by": "sh-u1", "at": T0}
    async with telling.sessions.begin() as session:
        assert await register.set_aside(session, NUMBER, first, 3, **aside)  # type: ignore[arg-type]
    await _resumed(telling)
    await telling.until_quiet()
    never = {f"{first}:3"}
    assert {event["id"] for event in telling.receiver.took} == await telling.recorded() - never
    assert second in {event["subject"] for event in telling.receiver.took}
    assert not await _tasks(telling, open=True)


async def test_an_event_that_waited_is_a_task_when_the_webhook_pauses_at_it(
    telling: Telling,
) -> None:
    (case_no,) = await _happens(telling.sessions, 1)
    telling.receiver.refusing.add(f"{case_no}:3")
    await telling.until_quiet()
    telling.receiver.refusing.clear()
    telling.receiver.stumbling.add(f"{case_no}:5")
    async with telling.sessions.begin() as session:
        assert await register.send_again(session, NUMBER)
    await telling.until_quiet(500)
    (task,) = await _tasks(telling, open=True)
    assert (task.seq, task.problem, task.behind) == (5, "http_500", 3)
    telling.receiver.stumbling.clear()
    await _resumed(telling)
    await telling.until_quiet()
    assert {event["id"] for event in telling.receiver.took} == await telling.recorded()
    _in_order(telling.receiver.took)
    assert not await _tasks(telling, open=True)


async def _resumed(telling: Telling) -> None:
    async with telling.sessions.begin() as session:
        paused = {WebhookStatus.PAUSED}
        assert await register.set_status(
            session, NUMBER, WebhookStatus.ACTIVE, among=paused, at=telling.now[0], by="backend"
        )


async def test_who_stays_away_is_told_no_more_until_resumed(telling: Telling) -> None:
    await _happens(telling.sessions, 1)
    telling.receiver.plan.extend(["fails"] * 500)
    await telling.until_quiet(500)
    known = await telling.known()
    assert (known.status, known.problem) == (WebhookStatus.PAUSED, "http_500")
    assert telling.now[0] - T0 >= PATIENCE
    telling.receiver.plan.clear()
    asked = len(telling.receiver.had)
    await telling.until_quiet()
    assert len(telling.receiver.had) == asked
    await _resumed(telling)
    await telling.until_quiet()
    assert {event["id"] for event in telling.receiver.took} == await telling.recorded()


async def test_who_refuses_everything_is_paused(
    telling: Telling, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activities.webhooks.MOST_REFUSED", 3)
    assert MOST_REFUSED > 3
    await _happens(telling.sessions, 1)
    telling.receiver.refusing |= await telling.recorded()
    await telling.until_quiet()
    known = await telling.known()
    assert (known.status, known.refused, known.problem) == ("paused", 3, "too_many_refused")


async def test_a_system_is_told_of_what_it_reads_and_wants(telling: Telling) -> None:
    await _happens(telling.sessions, 1, source="elsewhere")
    await telling.until_quiet()
    assert not telling.receiver.had
    async with telling.sessions.begin() as session:
        await session.execute(update(Openings).values(source="backend"))
        await session.execute(update(Webhooks).values(after=str(BEGINNING), events=("accepted",)))
    await telling.until_quiet()
    assert [event["data"]["event"] for event in telling.receiver.had] == ["accepted"]


async def test_a_test_is_sent_once_and_its_answer_is_kept(telling: Telling) -> None:
    for answer, problem in (("", ""), ("fails", "http_500")):
        async with telling.sessions.begin() as session:
            await register.ask_ping(session, NUMBER, T0)
        telling.receiver.plan.append(answer)
        await telling.until_quiet()
        known = await telling.known()
        assert (known.ping_asked_at, known.ping_problem) == (None, problem)
        assert telling.receiver.had[-1]["type"] == "casework.ping"
    assert len(telling.receiver.had) == 2


def test_a_receiver_is_left_alone_for_as_long_as_it_has_failed() -> None:
    waits = [retry_after(timedelta(seconds=each)) for each in (0, 5, 10**6)]
    assert waits == [timedelta(seconds=1), timedelta(seconds=5), timedelta(hours=1)]
