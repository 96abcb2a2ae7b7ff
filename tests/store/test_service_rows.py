"""Cases of every kind in the register: written, rebuilt, dated anew; and what there may be once."""

from dataclasses import asdict, replace
from typing import Any

import pytest
from sqlalchemy import text

from casework.domain.case.events import Event
from casework.domain.case.facts import CLOCKWORK
from casework.domain.case.opening import Party
from casework.domain.kinds.cycle.events import CredentialIssued
from casework.domain.kinds.registry import CaseKind
from casework.domain.orders import Content, Reach, Scope
from casework.domain.talent import Credential, CredentialKind
from casework.messages.entry import Entry, make_entry
from casework.store.engine import Sessions
from casework.store.in_force import armed_late
from casework.store.queries import state, talent_by_credential
from casework.store.register.rebuild import rebuild
from casework.store.register.recording import CaseTakenError, Written
from tests.examples import is_night
from tests.store.conftest import Recording, in_clear_and_sealed
from tests.store.contents import LOSE_PROJECTED, contents_of
from tests.store.entries import APPLICANT
from tests.store.orders import closing, give
from tests.store.served import EVERY_KIND, NEW_LIAISON, Served, rating, request, talent, visits
from tests.store.test_orders_applied import WITH_A_WORKING_HOLIDAY

pytestmark = in_clear_and_sealed

TABLES = {
    "talent": "talents",
    "asked": "opinions",
    "renewed": "talents",
    "permit": "talents",
    "request": "requests",
    "rating": "ratings",
    "visits": "visits",
    "ticket": "tickets",
    "mail": "incoming_mails",
    "parcel": "parcels",
    "appointment": "appointments",
    "walkthrough": "remedies",
    "wage": "wage_complaints",
}

CHONGQING = Reach(scope=Scope.CITY, key="500000")
ORDERS: list[Content] = [
    WITH_A_WORKING_HOLIDAY,
    closing("2026-09-15", "2026-09-21", reach=CHONGQING),
]


@pytest.mark.parametrize("size", [1, 2, 100] if is_night() else [1, 100])
@pytest.mark.parametrize("name", EVERY_KIND)
async def test_case_of_any_kind_rebuilt_equals_what_was_recorded_live(
    name: str, size: int, recorded: Recording, sessions: Sessions
) -> None:
    case = EVERY_KIND[name]()
    entries = case.entries(size)
    assert await recorded(*entries) == [Written.NEW] * len(entries)
    assert await recorded(*entries) == [Written.REPEATED] * len(entries)
    live = await contents_of(sessions)
    assert live["openings"][0]["kind"] == case.kind
    assert live[TABLES[name]]
    assert live["service_items"][0]["body"]["code"] == case.item.code
    assert (await rebuild(sessions, write=False)).differences == ()

    async with sessions.begin() as session:
        await session.execute(LOSE_PROJECTED)
    await rebuild(sessions)
    assert await contents_of(sessions) == live
    async with sessions() as session:
        assert await state(session, case.case_no) == case.case


async def test_rows_bear_what_the_state_says(recorded: Recording, sessions: Sessions) -> None:
    await recorded(*talent().entries(3), *visits().entries(1), *rating().entries())
    rows = await contents_of(sessions, "talents", "visits", "ratings")
    (row,) = rows["talents"]
    assert (row["letter"], row["status"], row["credential_code"]) == ("B", "active", "T-0001")
    assert (row["number"], str(row["starts_on"]), str(row["ends_on"])) == (
        1,
        "2025-03-17",
        "2028-03-17",
    )
    assert [(visit["request"], visit["reached"]) for visit in rows["visits"]] == [
        ("r-1", None),
        ("r-2", True),
        ("r-3", None),
    ]
    assert [(rated["grade"], rated["struck"]) for rated in rows["ratings"]] == [(2, False)]


@pytest.mark.parametrize("name", EVERY_KIND)
async def test_orders_date_the_clocks_and_tasks_of_every_kind_anew(
    name: str, recorded: Recording, sessions: Sessions
) -> None:
    await recorded(*EVERY_KIND[name]().entries())
    for number, content in enumerate(ORDERS):
        await give(sessions, f"o-{number}", content)
        assert (await rebuild(sessions, write=False)).differences == ()


async def test_case_that_is_armed_late_is_told_where_it_runs(
    recorded: Recording, sessions: Sessions
) -> None:
    await recorded(*(entry for name in EVERY_KIND for entry in _numbered(name).entries()))
    async with sessions.begin() as session:
        await session.execute(text("UPDATE armings SET version = NULL"))
        late = await armed_late(session, "o-1", 50)
    told = {case.kind: case.workflow_id.rpartition(".")[0] for case in late}
    assert told == {
        CaseKind.TALENT_CYCLE: "cycle.talent",
        CaseKind.PERMIT_CYCLE: "cycle.permit",
        CaseKind.REQUEST: "req.500103",
        CaseKind.RATING: "ticket.rating",
        CaseKind.VISITS: "round.500112",
        CaseKind.TICKET: "ticket.hotline",
        CaseKind.INCOMING_MAIL: "mail.310112",
        CaseKind.PARCEL: "parcel.310112",
        CaseKind.APPOINTMENT: "appointment.310106",
        CaseKind.WALKTHROUGH: "walkthrough.310106",
        CaseKind.WAGE: "wage.310106",
    }


def _numbered(name: str) -> Served:
    """Two talents are two cases, with a credential each."""
    case = EVERY_KIND[name]()
    if name != "renewed":
        return case
    card = Credential(kind=CredentialKind.CARD, code="K-2", issued_on=case.events[0].at.date())
    case = case.told(case_no="500112-TEST-0000-0009", credential=card)
    return replace(case, reference="ref-2", subject="s-2")


async def test_one_reference_may_stand_for_a_case_of_each_kind(
    recorded: Recording, sessions: Sessions
) -> None:
    await recorded(*talent().entries())
    other = talent().told(case_no="500112-TEST-0000-0003", credential=None)
    with pytest.raises(CaseTakenError):
        await recorded(*other.entries())
    assert await recorded(*EVERY_KIND["permit"]().entries()) == [Written.NEW]
    assert len((await contents_of(sessions, "openings"))["openings"]) == 2


def _with_liaison(entry: Entry) -> Entry:
    return replace(entry, employer=NEW_LIAISON)


@pytest.mark.parametrize("known", [True, False])
async def test_new_employer_takes_the_place_of_the_one_before(
    known: bool, recorded: Recording, sessions: Sessions
) -> None:
    first, second, *rest = talent().entries(1)
    assert first.opening is not None
    if not known:
        first = replace(first, opening=replace(first.opening, employer=None))
    await recorded(first, _with_liaison(second), *rest, second)
    parties = (await contents_of(sessions, "parties"))["parties"]
    assert [_told(party) for party in parties] == [
        {"role": "applicant", **_kept(APPLICANT)},
        {"role": "employer", **_kept(NEW_LIAISON)},
    ]


async def test_employer_that_changes_with_the_opening_is_the_last(
    recorded: Recording, sessions: Sessions
) -> None:
    (entry,) = talent().entries()
    await recorded(_with_liaison(entry), _with_liaison(entry))
    parties = (await contents_of(sessions, "parties"))["parties"]
    assert _told(parties[1]) == {"role": "employer", **_kept(NEW_LIAISON)}


def _kept(party: Party) -> dict[str, Any]:
    """What the register has of a party; the way that they chose is in the start of the case."""
    return {name: value for name, value in asdict(party).items() if name != "told_by"}


def _told(party: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in party.items() if name != "case_no"}


async def test_case_is_not_opened_with_the_credential_of_another(
    recorded: Recording, sessions: Sessions
) -> None:
    await recorded(*talent().entries())
    other = replace(
        talent().told(case_no="500112-TEST-0000-0003"), reference="ref-2", subject="s-2"
    )
    with pytest.raises(CaseTakenError):
        await recorded(*other.entries())
    async with sessions.begin() as session:
        await session.execute(text("UPDATE talents SET credential_void_on = '2026-01-01'"))
    assert await recorded(*other.entries()) == [Written.NEW]


async def test_code_that_is_issued_twice_does_not_stop_a_case_and_tells_nobody(
    recorded: Recording, sessions: Sessions
) -> None:
    first = talent()
    card = Credential(kind=CredentialKind.CARD, code="K-2", issued_on=first.events[0].at.date())
    other = replace(
        first.told(case_no="500112-TEST-0000-0003", credential=card),
        reference="ref-2",
        subject="s-2",
    )
    await recorded(*first.entries(), *other.entries())
    async with sessions() as session:
        found = await talent_by_credential(session, "T-0001")
        assert found is not None
        assert found.case_no == first.case_no
    last = other.events[-1]
    twice = Credential(kind=CredentialKind.CODE, code="T-0001", issued_on=last.at.date())
    event = Event(
        seq=last.seq + 1, at=last.at, actor=CLOCKWORK, body=CredentialIssued(credential=twice)
    )
    case = replace(other, events=(*other.events, event)).case
    entry = make_entry((event,), case=case, before=other.case, calendar=other.calendar, version=0)
    assert await recorded(entry) == [Written.NEW]
    async with sessions() as session:
        assert await talent_by_credential(session, "T-0001") is None
    assert (await rebuild(sessions, write=False)).differences == ()


async def test_matter_is_rated_once(recorded: Recording, sessions: Sessions) -> None:
    await recorded(*rating().entries())
    again = replace(rating().told(case_no="500112-RATE-0000-0002"), reference="ref-2")
    with pytest.raises(CaseTakenError):
        await recorded(*again.entries())
    assert len((await contents_of(sessions, "openings"))["openings"]) == 1


async def test_outdated_rows_of_a_request_are_found(
    recorded: Recording, sessions: Sessions
) -> None:
    await recorded(*request().entries())
    async with sessions.begin() as session:
        await session.execute(text("UPDATE requests SET letter = 'E'"))
    (difference,) = (await rebuild(sessions)).differences
    assert difference.tables == ("requests",)
    assert (await rebuild(sessions)).differences == ()
