"""Digests of cards through a real mail server and gateway: the fake town, over a real register."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.cards import CardActivities
from casework.domain.time.calendar import CalendarYear
from casework.domain.time.ladder import Rung
from casework.letters.card_digest import Links
from casework.local.town import Town
from casework.messages.schedules import (
    OfficerTold,
    People,
    PlanDigests,
    ReportRefused,
    TellOfficer,
    WhoIsTold,
)
from casework.outside import MailSender, MailUnavailableError, SmsSender
from casework.policy.card_recipients import ABOVE, Recipients
from casework.policy.officer_contacts import Alerts, OfficerContact
from casework.policy.roster import load_roster
from casework.policy.service_catalogue import load_service_catalogue
from casework.policy.service_roster import load_service_roster
from casework.store.engine import Sessions
from casework.store.register.in_force import write_years
from tests.store.cards import CardRow, Pack
from tests.town.visitor import Visitor

MONDAY = date(2026, 11, 23)
JINGAN, YUZHONG, CHONGQING = "310106", "500103", "500000"
SECRETS = ("ja-o1@example.com", "example.com", "19900")


@dataclass(frozen=True)
class Morning:
    """The activities on one morning, with what the register and the town know afterwards."""

    cards: CardActivities
    sessions: Sessions
    visitor: Visitor

    async def given(self, *cards: CardRow) -> None:
        async with self.sessions.begin() as session:
            await Pack(session).add(*cards)

    async def tell(self, officer: str, district: str = JINGAN, day: date = MONDAY) -> OfficerTold:
        wanted = TellOfficer(officer=officer, district=district, day=day)
        return await ActivityEnvironment().run(self.cards.tell, wanted)

    async def people(self, district: str = JINGAN, after: str = "") -> People:
        wanted = WhoIsTold(district=district, day=MONDAY, after=after)
        return await ActivityEnvironment().run(self.cards.people, wanted)

    async def rows(self) -> list[tuple[str, str, str]]:
        query = text("SELECT officer, status, problem FROM card_digests ORDER BY officer")
        async with self.sessions() as session:
            return [tuple(row) for row in await session.execute(query)]

    async def read(self, officer: str, district: str = JINGAN, channel: str = "mail") -> str:
        key = TellOfficer(officer=officer, district=district, day=MONDAY).key
        return str((await self.visitor.message(channel, key))["text"])


def recipients(**contacts: OfficerContact) -> Recipients:
    """The people of the samples, some of them reached in another way."""
    centres = load_roster()
    return Recipients(
        centres=replace(centres, contacts=centres.contacts | contacts),
        platforms=load_service_roster(),
        services=lambda _: load_service_catalogue(),
    )


@pytest.fixture
def morning(sessions: Sessions, town: Town, http: httpx.AsyncClient, visitor: Visitor) -> Morning:
    cards = CardActivities(
        sessions=sessions,
        recipients=recipients(),
        mail=MailSender(
            host=town.smtp_host, port=town.smtp_port, sender="centre@office.example.localdomain"
        ),
        sms=SmsSender(http=http, url=town.http_url, signature="人才服务中心"),
        links=Links(api_url="https://api.example"),
        operator="operator@office.example",
    )
    return Morning(cards, sessions, visitor)


def among(morning: Morning, contacts: Mapping[str, OfficerContact]) -> Morning:
    return replace(morning, cards=replace(morning.cards, recipients=recipients(**contacts)))


async def test_yellow_tells_holder_and_backup_red_the_supervisor_too(morning: Morning) -> None:
    await morning.given(
        CardRow(number=1, holder="ja-o1", backup="ja-o2", assigned="ja-o1 ja-o2 ja-s1"),
        CardRow(number=2, rung=Rung.RED, holder="ja-r1", assigned="ja-r1 ja-s1 sh-u1"),
    )
    found = await morning.people()
    assert found == People(officers=("ja-o1", "ja-o2", "ja-r1", "ja-s1"), next="")
    for officer in found.officers:
        assert await morning.tell(officer) == OfficerTold(officer=officer, status="sent")
    assert "310106-TEST-0000-00001" in await morning.read("ja-o2")
    watched = await morning.read("ja-s1")
    assert "310106-TEST-0000-00002" in watched
    assert "00001" not in watched
    assert "https://api.example/v1/applications/310106-TEST-0000-00002" in watched
    assert (await morning.people(ABOVE)).officers == ()


async def test_superior_is_told_of_red_cards_of_what_was_reported_up(morning: Morning) -> None:
    red = CardRow(
        number=1, rung=Rung.RED, stage="reported_up", reported_up=True, assigned="ja-s1 sh-u1"
    )
    await morning.given(
        red,
        replace(red, number=2, district="310112", assigned="", holder="mh-o1"),
        replace(red, number=3, stage="review"),
        replace(red, number=4, rung=Rung.YELLOW),
        replace(red, number=5, reported_up=False),
    )
    assert (await morning.people(ABOVE)).officers == ("sh-u1", "sh-u2")
    await morning.tell("sh-u1", ABOVE)
    told = await morning.read("sh-u1", ABOVE)
    assert [f"0000{n}" in told for n in range(1, 6)] == [True, True, False, False, False]


async def test_platforms_are_told_by_their_own_roster(morning: Morning) -> None:
    await morning.given(
        CardRow(
            number=1,
            rung=Rung.RED,
            district=YUZHONG,
            kind="request",
            holder="cq-sp1",
            backup="yz-sp2",
        )
    )
    assert (await morning.people(YUZHONG)).officers == ("yz-sp2", "yz-sv1")
    assert (await morning.people(CHONGQING)).officers == ("cq-sp1",)
    await morning.tell("yz-sp2", YUZHONG)
    assert "红牌500103-TEST-0000-00001" in await morning.read("yz-sp2", YUZHONG, "sms")


async def test_officer_has_one_digest_a_day_however_often_it_is_asked_for(
    morning: Morning,
) -> None:
    await morning.given(CardRow(number=1))
    assert (await morning.tell("ja-o1")).status == "sent"
    await morning.given(CardRow(number=2))
    assert (await morning.tell("ja-o1")).status == "nothing"
    (entry,) = await morning.visitor.outbox("mail", "sms")
    assert entry["repeats"] == 0
    assert await morning.rows() == [("ja-o1", "sent", "")]


async def test_crash_between_sending_and_noting_reaches_the_officer_once(
    morning: Morning,
) -> None:
    await morning.given(CardRow(number=1))
    await morning.tell("ja-o1")
    async with morning.sessions.begin() as session:
        await session.execute(text("UPDATE card_digests SET status = 'queued', reference = ''"))
    assert (await morning.tell("ja-o1")).status == "sent"
    (entry,) = await morning.visitor.outbox("mail", "sms")
    assert entry["repeats"] == 1


async def test_switched_off_and_nothing_new_mean_no_message(morning: Morning) -> None:
    off = among(morning, {"ja-o1": OfficerContact(alerts=Alerts.OFF, mail="ja-o1@example.com")})
    await off.given(CardRow(number=1))
    assert (await off.people()).officers == ()
    assert (await off.tell("ja-o1")).status == "nothing"
    assert (await off.tell("ja-r1")).status == "nothing"
    assert await off.rows() == []
    assert await off.visitor.outbox("mail", "sms") == []


@pytest.mark.parametrize(
    ("contact", "fault", "problem"),
    [
        (OfficerContact(alerts=Alerts.MAIL, mail="a@office.example"), "smtp", "smtp_550"),
        (OfficerContact(alerts=Alerts.SMS, sms="19900000001"), "/messages", "http_422"),
    ],
)
async def test_refused_address_is_noted_and_told_again_when_it_is_right(
    morning: Morning, contact: OfficerContact, fault: str, problem: str
) -> None:
    wrong = among(morning, {"ja-o1": contact})
    await wrong.given(CardRow(number=1))
    await wrong.visitor.plan_fault(fault, int(problem[-3:]))
    told = await wrong.tell("ja-o1")
    assert told == OfficerTold(officer="ja-o1", status="refused", problem=problem)
    assert await wrong.rows() == [("ja-o1", "refused", problem)]
    assert (await wrong.people()).officers == ("ja-o1",)
    assert (await morning.tell("ja-o1")).status == "sent"
    assert await morning.rows() == [("ja-o1", "sent", "")]


async def test_nobody_knows_where_an_officer_is_and_the_operator_is_told(
    morning: Morning,
) -> None:
    silent = replace(morning.cards.recipients, centres=replace(load_roster(), contacts={}))
    alone = replace(morning, cards=replace(morning.cards, recipients=silent))
    await alone.given(CardRow(number=1, backup="left"))
    assert (await alone.people(ABOVE)).officers == ("left",)
    assert (await alone.tell("ja-o1")).problem == "contact_unknown"
    assert (await alone.tell("left", ABOVE)).problem == "officer_unknown"
    for _ in range(2):
        report = ReportRefused(district=JINGAN, day=MONDAY)
        await ActivityEnvironment().run(alone.cards.report_refused, report)
    (entry,) = await alone.visitor.outbox("mail")
    letter = await alone.visitor.message("mail", entry["key"])
    assert entry["repeats"] == 1
    assert "ja-o1: contact_unknown" in letter["text"]
    assert "left" not in letter["text"]


async def test_mail_server_in_trouble_is_worth_a_retry(morning: Morning) -> None:
    await morning.given(CardRow(number=1))
    await morning.visitor.plan_fault("smtp", 451)
    with pytest.raises(MailUnavailableError) as failed:
        await morning.tell("ja-o1")
    assert not any(secret in f"{failed.value} {failed.value.__cause__}" for secret in SECRETS)
    assert await morning.rows() == [("ja-o1", "queued", "")]
    assert (await morning.tell("ja-o1")).status == "sent"


async def test_digest_that_is_given_up_is_told_the_next_day(morning: Morning) -> None:
    await morning.given(CardRow(number=1))
    await morning.visitor.plan_fault("smtp", 451)
    with pytest.raises(MailUnavailableError):
        await morning.tell("ja-o1")
    wanted = TellOfficer(officer="ja-o1", district=JINGAN, day=MONDAY)
    told = await ActivityEnvironment().run(morning.cards.give_up, wanted)
    assert told.problem == "not_in_time"
    tomorrow = date(2026, 11, 24)
    assert (await morning.tell("ja-o1", day=tomorrow)).status == "sent"


async def test_report_to_an_operator_who_is_refused_fails_for_good(morning: Morning) -> None:
    await morning.given(CardRow(number=1))
    await morning.visitor.plan_fault("smtp", 550, times=2)
    await morning.tell("ja-o1")
    report = ReportRefused(district=JINGAN, day=MONDAY)
    with pytest.raises(ApplicationError) as failed:
        await ActivityEnvironment().run(morning.cards.report_refused, report)
    assert (failed.value.type, failed.value.non_retryable) == ("ReportRefused", True)


async def test_officers_come_in_pages(morning: Morning, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("activities.cards.PEOPLE_AT_ONCE", 2)
    holders = ("ja-o1", "ja-o2", "ja-r1", "ja-r2", "ja-s1")
    await morning.given(*(CardRow(number=n, holder=who) for n, who in enumerate(holders, 1)))
    seen: list[str] = []
    after = ""
    while True:
        page = await morning.people(after=after)
        seen += page.officers
        if not (after := page.next):
            break
    assert seen == list(holders)


@pytest.mark.parametrize(
    ("day", "works"),
    [(MONDAY, True), (date(2026, 11, 22), False), (date(2026, 10, 1), False)],
)
async def test_districts_are_told_on_working_days_at_start_of_business(
    morning: Morning, day: date, works: bool
) -> None:
    plan = await ActivityEnvironment().run(morning.cards.plan, PlanDigests(day=day))
    assert bool(plan) is works
    if works:
        assert [each.district for each in plan] == list(morning.cards.recipients.districts)
        assert {f"{each.opens_at:%H:%M %Z}" for each in plan} == {"09:00 CST"}


async def test_a_district_rests_by_its_own_calendar(morning: Morning) -> None:
    own = CalendarYear(year=2026, off=(MONDAY,), make_up=(), notice="静安区通知")
    async with morning.sessions.begin() as session:
        await write_years(session, JINGAN, [own], 1)
    plan = await ActivityEnvironment().run(morning.cards.plan, PlanDigests(day=MONDAY))
    districts: list[Any] = [each.district for each in plan]
    assert JINGAN not in districts
    assert {ABOVE, "310112"} <= set(districts)
