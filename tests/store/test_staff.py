"""The staff in the register: dated, never backwards, and what a process holds of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.case.state import Post
from casework.domain.errors import DomainError
from casework.domain.orders import Order
from casework.domain.policy import Role, city_of
from casework.domain.staff import ChangeStaff, EndPost, Leave, SealedContact, StaffPost, held_on
from casework.messages.orders import CATALOGUE
from casework.policy import staffing
from casework.policy.officer_contacts import Alerts, OfficerContact
from casework.policy.roster import load_roster
from casework.policy.service_roster import load_service_roster
from casework.policy.staffing import Staff, of_files
from casework.security.keys.vault import is_sealed
from casework.store.engine import Sessions
from casework.store.in_force import apply_order, find_order
from casework.store.in_force.staff_orders import forget_contact, from_files, leaving
from casework.store.models import Changes, Orders, StaffContacts, StaffPosts
from casework.store.queries.staff import alerts_of
from casework.store.register.staff import (
    departed,
    read_staff,
    sealed_contacts,
    staff_version,
    staff_watch,
)
from tests.store.orders import APPROVER, PROPOSER
from workers.starting import bring_in_staff

FIRST = date(2026, 9, 1)
DAYS = [FIRST + timedelta(days=n) for n in range(40)]


def day(number: int) -> date:
    return DAYS[number]


def at(on: date) -> datetime:
    return datetime(on.year, on.month, on.day, 4, tzinfo=UTC)


def post(person: str, since: date, *, role: Role = Role.OFFICER, **said: object) -> StaffPost:
    place = {"city": "310000", "district": "310106"} | said
    return StaffPost(person=person, role=role, since=since, **place)  # type: ignore[arg-type]


def change(
    *posts: StaffPost,
    ends: Sequence[EndPost] = (),
    leave: Sequence[Leave] = (),
    contacts: tuple[SealedContact, ...] = (),
) -> ChangeStaff:
    return ChangeStaff(
        city="310000",
        district="310106",
        posts=posts,
        ends=tuple(ends),
        leave=tuple(leave),
        contacts=contacts,
        reason="轮换",
    )


async def give(session: AsyncSession, no: str, content: ChangeStaff, on: date) -> None:
    order = Order(no=no, content=content, proposed_by=PROPOSER)
    await apply_order(session, order, APPROVER, at(on))


async def gone(session: AsyncSession, district: str, on: date) -> list[str]:
    return sorted(await session.scalars(departed(city_of(district), district, on)))


async def posts_in(session: AsyncSession) -> tuple[StaffPost, ...]:
    return (await read_staff(session)).posts


@pytest.fixture(autouse=True)
def _goes_by_files() -> Iterator[None]:
    yield
    staffing.go_by(None)
    staffing.on_unknown(None)


async def test_nobody_says_where_people_of_another_district_are_told(sessions: Sessions) -> None:
    contact = SealedContact(person="a", alerts="sms", sms="+8613800000000")
    async with sessions() as session:
        await give(session, "o-1", change(post("a", day(1)), contacts=(contact,)), day(0))
        elsewhere = replace(change(contacts=(contact,)), district="310104")
        joining = replace(elsewhere, posts=(post("a", day(2), district="310104"),))
        for content in (elsewhere, joining):
            with pytest.raises(DomainError) as refused:
                async with session.begin_nested():
                    await give(session, "o-2", content, day(2))
            assert (refused.value.code, refused.value.field) == (
                "PERSON_UNKNOWN",
                "contacts.0.person",
            )
        await give(session, "o-3", replace(elsewhere, district=""), day(2))  # the city may
        await give(session, "o-4", change(leave=[Leave(person="a", last_on=day(3))]), day(2))
        await give(session, "o-5", joining, day(4))


# --- dated, never backwards ------------------------------------------------------------------


def people(posts: Sequence[StaffPost], on: date) -> set[str]:
    return {each.person for each in held_on(posts, on)}


@dataclass
class Oracle:
    """Who holds a post on each day, written down day by day."""

    held: dict[date, set[str]]

    def begin(self, name: str, since: date, until: date | None, today: date) -> None:
        for each in DAYS:
            if max(since, today) <= each <= (until or date.max):
                self.held[each].add(name)

    def end(self, name: str, last_on: date, today: date) -> None:
        for each in DAYS:
            if each > last_on and each >= today:
                self.held[each].discard(name)


@pytest.mark.parametrize("seed", range(6))
async def test_posts_of_a_day_are_those_of_an_oracle_whatever_is_ordered(
    sessions: Sessions, seed: int
) -> None:
    random, oracle = Random(seed), Oracle({each: set() for each in DAYS})
    async with sessions() as session:
        for number, on in enumerate(sorted(random.sample(DAYS, 12))):
            before = await posts_in(session)
            running = [each for each in before if each.until is None or each.until >= on]
            name, since = f"p{number}", random.choice(DAYS)
            until = random.choice([None, max(since, on) + timedelta(days=random.randrange(9))])
            ended = random.sample(running, min(len(running), random.randrange(3)))
            ends = [EndPost(post=each.id, last_on=random.choice(DAYS)) for each in ended]
            left = [each for each in before if each not in ended][: random.randrange(2)]
            leave = [Leave(person=each.person, last_on=random.choice(DAYS)) for each in left]
            content = change(post(name, since, until=until), ends=ends, leave=leave)
            await give(session, f"o-{number}", content, on)
            oracle.begin(name, since, until, on)
            for each, end in zip(ended, ends, strict=True):
                if each.until is None or end.last_on < each.until:
                    oracle.end(each.person, end.last_on, on)
                else:
                    oracle.begin(each.person, max(each.since, on), end.last_on, on)
            for each, leaves in zip(left, leave, strict=True):
                oracle.end(each.person, leaves.last_on, on)
            after = await posts_in(session)
            for past in DAYS[: DAYS.index(on)]:
                assert people(before, past) == people(after, past)
        for some_day in DAYS:
            assert people(after, some_day) == oracle.held[some_day], some_day


async def test_whoever_leaves_counts_as_gone_from_the_next_day_on(sessions: Sessions) -> None:
    async with sessions() as session:
        both = change(post("a", day(0)), post("b", day(0)), post("c", day(20)))
        await give(session, "o-1", both, day(0))
        await give(session, "o-2", change(leave=[Leave(person="a", last_on=day(5))]), day(3))
        assert [await gone(session, "310106", day(n)) for n in (5, 6)] == [[], ["a"]]
        assert await gone(session, "310104", day(6)) == []
        assert await leaving(session, "o-2") == (Leave(person="a", last_on=day(5)),)
        await give(session, "o-3", change(post("a", day(9), team="t")), day(8))
        assert [await gone(session, "310106", day(n)) for n in (8, 9)] == [["a"], []]


async def test_an_order_for_yesterday_holds_from_its_approval(sessions: Sessions) -> None:
    async with sessions() as session:
        await give(session, "o-1", change(post("a", day(0))), day(5))
        await give(session, "o-2", change(leave=[Leave(person="a", last_on=day(1))]), day(9))
        (only,) = await posts_in(session)
        assert (only.since, only.until) == (day(5), day(8))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (change(ends=[EndPost(post="o-9.1", last_on=FIRST)]), "POST_UNKNOWN"),
        (change(ends=[EndPost(post="o-1.2", last_on=FIRST)]), "POST_UNKNOWN"),
        (change(ends=[EndPost(post="o-1.3", last_on=FIRST)]), "POST_OVER"),
        (change(leave=[Leave(person="nobody", last_on=FIRST)]), "PERSON_UNKNOWN"),
        (change(post("a", FIRST)), "POST_TWICE"),
        (change(post("d", FIRST, until=FIRST)), "POST_OVER"),
    ],
)
async def test_what_cannot_be_is_refused_and_changes_nothing(
    sessions: Sessions, content: ChangeStaff, code: str
) -> None:
    everywhere = ChangeStaff(
        posts=(
            post("a", FIRST),
            post("b", FIRST, district="310104"),
            post("c", FIRST, until=day(1)),
        ),
        reason="开办",
    )
    async with sessions.begin() as session:
        await give(session, "o-1", everywhere, FIRST)
    with pytest.raises(DomainError) as refused:
        async with sessions.begin() as session:
            await give(session, "o-2", content, day(4))
    assert refused.value.code == code
    async with sessions() as session:
        assert len(await posts_in(session)) == 3
        assert await session.scalar(select(func.count()).select_from(Changes)) == 1


async def test_an_order_given_twice_is_given_once(sessions: Sessions) -> None:
    for _ in range(2):
        async with sessions.begin() as session:
            await give(session, "o-1", change(post("a", FIRST)), FIRST)
    async with sessions() as session:
        assert [each.id for each in await posts_in(session)] == ["o-1.1"]


# --- what the roster files bring ----------------------------------------------------------------


async def test_an_empty_register_takes_the_files_over_whole_and_once(sessions: Sessions) -> None:
    for _ in range(2):
        assert await bring_in_staff(sessions, of_files(), at(FIRST)) is None
    async with sessions() as session:
        known = await read_staff(session, contacts=True)
        (no,) = await session.scalars(select(Orders.no))
        order = await find_order(session, no)
    assert order is not None
    assert (order.status, order.proposed_by, order.decided_by) == ("done", "catalogue", "catalogue")
    assert known.contacts == of_files().contacts
    assert {replace(each, id="") for each in known.posts} == {*of_files().posts}


async def test_posts_are_as_the_files_have_them(sessions: Sessions) -> None:
    await bring_in_staff(sessions, of_files(), at(FIRST))
    async with sessions() as session:
        staffing.go_by(await read_staff(session))
    live = staffing.LiveStaff(lambda: FIRST)
    centres, platforms = load_roster(), load_service_roster()
    for district in centres.districts():
        assert live.posts_for(district) == centres.posts_for(district)
    for platform in ("500000", "500103", "500112"):
        assert live.posts(platform) == platforms.posts(platform)
        assert live.specialists(platform) == platforms.specialists(platform)


async def test_a_changed_file_brings_its_difference_and_leaves_what_people_ordered(
    sessions: Sessions,
) -> None:
    first = Staff(posts=tuple(post(name, FIRST) for name in "abc"))
    await bring_in_staff(sessions, first, at(FIRST))
    async with sessions.begin() as session:
        await give(session, "by-hand", change(post("d", FIRST)), day(1))
        await give(session, "gone", change(leave=[Leave(person="c", last_on=day(2))]), day(1))
    second = Staff(posts=tuple(post(name, FIRST) for name in "ace"))
    async with sessions() as session:
        ordered = await from_files(session, second.digest, second.posts, day(5))
        known = {each.person: each.id for each in await posts_in(session)}
    assert ordered is not None
    assert [each.person for each in ordered.posts] == ["e"]
    assert ordered.ends == (EndPost(post=known["b"], last_on=day(4)),)
    start = await bring_in_staff(sessions, second, at(day(5)))
    assert start is not None
    assert start.approved
    async with sessions.begin() as session:
        await apply_order(session, start.order, CATALOGUE, at(day(5)))
    async with sessions() as session:
        assert await from_files(session, second.digest, second.posts, day(5)) is None
        held = {each.person for each in held_on(await posts_in(session), day(5))}
    assert held == {"a", "d", "e"}


async def test_addresses_are_sealed_in_the_table_and_in_the_order(
    sealed_sessions: Sessions,
) -> None:
    told = {"a": OfficerContact(alerts=Alerts.MAIL, mail="a@example.com")}
    await bring_in_staff(
        sealed_sessions, Staff(posts=(post("a", FIRST),), contacts=told), at(FIRST)
    )
    async with sealed_sessions() as session:
        row = (await session.scalars(select(StaffContacts))).one()
        body = await session.scalar(select(Orders.body))
        assert is_sealed(row.mail)
        assert "example.com" not in str(body)
        assert (await read_staff(session, contacts=True)).contacts == told
        assert await sealed_contacts(session, told) == await sealed_contacts(session, told)


async def test_who_has_left_leaves_no_address_and_who_stays_elsewhere_keeps_it(
    sealed_sessions: Sessions,
) -> None:
    told = {
        who: OfficerContact(alerts=Alerts.MAIL, mail=f"{who}@example.com") for who in ("a", "b")
    }
    posts = (post("a", FIRST), post("b", FIRST), post("b", FIRST, role=Role.REVIEWER))
    await bring_in_staff(sealed_sessions, Staff(posts=posts, contacts=told), at(FIRST))
    async with sealed_sessions.begin() as session:
        known = {(each.person, each.role): each.id for each in await posts_in(session)}
        ends = [EndPost(post=known["b", Role.OFFICER], last_on=day(2))]
        leave = [Leave(person="a", last_on=day(2))]
        await give(session, "o-1", change(leave=leave, ends=ends), day(1))
    async with sealed_sessions.begin() as session:
        left = await leaving(session, "o-1")
        assert [await forget_contact(session, each, "o-1") for each in left] == [True, False]
        assert [await forget_contact(session, each, "o-1") for each in left] == [False, False]
    async with sealed_sessions() as session:
        contacts = (await read_staff(session, contacts=True)).contacts
        assert contacts == {"a": OfficerContact(alerts=Alerts.OFF), "b": told["b"]}
        row = await session.get_one(StaffContacts, "a")
        assert (row.mail, row.erased_by, row.erased_at is None) == ("", "o-1", False)
        bodies = [body["contacts"] for body in await session.scalars(select(Orders.body))]
        kept = {each["person"] for contacts in bodies for each in contacts if each["mail"]}
        assert kept == {"b"}
    async with sealed_sessions.begin() as session:  # and comes back
        sealed = await sealed_contacts(session, {"a": told["a"]})
        await give(session, "o-2", change(post("a", day(5)), contacts=sealed), day(4))
    async with sealed_sessions() as session:
        assert (await read_staff(session, contacts=True)).contacts == told
        assert await alerts_of(session, "a") == ("mail", None)


# --- what a process holds -----------------------------------------------------------------------


async def test_a_process_goes_by_what_the_register_has_without_restart(sessions: Sessions) -> None:
    watch = staff_watch(sessions)
    live = staffing.LiveStaff(lambda: FIRST)
    await watch.look()
    assert live.posts_for("310106")[Role.OFFICER] == Post(holder="ja-o1", backup="ja-o2")
    await bring_in_staff(sessions, of_files(), at(FIRST))
    async with sessions.begin() as session:
        content = change(
            post("ja-o9", day(2), rank=1, team="t", items=("PTS_NEW",)),
            leave=[Leave(person="ja-o1", last_on=day(1))],
        )
        await give(session, "o-1", content, FIRST)
    assert await watch.look()
    assert not await watch.look()
    assert live.posts_for("310106", on=day(1))[Role.OFFICER].holder == "ja-o1"
    points = live.posts_for("310106", on=day(2), item="PTS_NEW")[Role.OFFICER]
    assert points == Post(holder="ja-o9", backup="ja-o2")
    others = live.posts_for("310106", on=day(2), item="HJ_RES")[Role.OFFICER]
    assert others == Post(holder="ja-o2")
    async with sessions() as session:
        fresh = await read_staff(session)
        assert await staff_version(session) > 0
    assert staffing.staff().posts == fresh.posts


async def test_versions_of_two_changes_at_once_become_visible_in_order(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await give(session, "o-1", change(post("a", FIRST)), FIRST)
        async with sessions() as other:
            # Only who holds the turn gets a version: it is asked for, and not waited for here.
            taken = await other.scalar(select(func.pg_try_advisory_xact_lock(20_261_201)))
    assert taken is False
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(StaffPosts)) == 1
