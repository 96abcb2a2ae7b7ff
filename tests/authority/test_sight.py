"""What lists show and what a single case answers is the same, for everybody and every case."""

from dataclasses import replace

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.authority import Action, Sight, System, ordering_refusal, refusal, sight
from casework.domain.case.facts import Actor
from casework.domain.kinds.registry import CaseKind
from casework.domain.policy import Role, city_of
from casework.domain.talent import TalentClass
from casework.messages.entry import Entry
from casework.policy.authority import load_authority
from casework.store.access import outline, seen_cases
from casework.store.engine import Sessions
from casework.store.models import Cases
from casework.store.register.recording import record
from tests.store.served import rating, talent

CITIES = {"500000": frozenset({"cq-u"}), "310000": frozenset({"sh-u"})}
DISTRICTS = ("", "500103", "500112", "310106")
SUBJECTS = ("", "s-1", "firm")
SOME_KINDS = (tuple(CaseKind), (CaseKind.TALENT_CYCLE,), (CaseKind.RATING,), (CaseKind.VISITS,))


async def opened(
    sessions: Sessions, entry: Entry, *, by: str, employer: str, subject: str = "s-1"
) -> str:
    assert entry.opening
    told = replace(
        entry.opening, opened_by=by, employer_subject=employer, subject=subject, source=by
    )
    async with sessions.begin() as session:
        await record(session, replace(entry, opening=told))
    return entry.case_no


async def _listed(session: AsyncSession, wanted: Sight, cases: frozenset[str]) -> frozenset[str]:
    seen = seen_cases(wanted).where(Cases.case_no.in_(cases))
    return frozenset(await session.scalars(seen))


@pytest.fixture
async def cases(sessions: Sessions) -> frozenset[str]:
    """Talents of different classes and a rating, opened by different people."""
    numbers = set()
    for place, letter in enumerate((TalentClass.A, TalentClass.E, None)):
        case = talent().told(letter=letter, credential=None, case_no=f"500103-TEST-000{place}-0000")
        case = replace(case, reference=f"T-{place}")
        entry = case.entries()[0]
        who = {"by": f"by-{place}", "employer": "firm", "subject": f"s-{place}"}
        numbers.add(await opened(sessions, entry, **who))
    entry = rating().entries()[0]
    numbers.add(await opened(sessions, entry, by="by-1", employer=""))
    return frozenset(numbers)


@pytest.mark.parametrize("role", Role)
async def test_lists_and_single_cases_agree(
    role: Role, sessions: Sessions, cases: frozenset[str]
) -> None:
    matrix = load_authority()
    answers = set()
    async with sessions() as session:
        known = {number: await outline(session, number) for number in cases}
        for district in DISTRICTS:
            for subject in SUBJECTS:
                code = "nobody" if subject == "firm" else "by-1"
                actor = Actor(code=code, role=role, district=district, subject=subject)
                listed = await _listed(session, sight(matrix, actor), cases)
                answered = frozenset(
                    number
                    for number, concern in known.items()
                    if concern and refusal(matrix, actor, Action.READ, concern) is None
                )
                assert listed == answered, actor
                answers.add(listed)
    assert len(answers) > 1 or role in {Role.SUPERVISOR, Role.SUPERIOR, Role.SYSTEM}


async def test_lists_and_single_cases_agree_for_systems(
    sessions: Sessions, cases: frozenset[str]
) -> None:
    kinds = [frozenset({(kind, Action.READ) for kind in some}) for some in SOME_KINDS]
    bindings = [
        System(sources=sources, districts=districts, may=may)
        for sources in (None, ("by-0",), ("by-0", "by-2"), ("nowhere",))
        for districts in (None, frozenset({"500103"}), frozenset({"500112", "310106"}))
        for may in kinds
    ]
    answers = set()
    async with sessions() as session:
        known = {number: await outline(session, number) for number in cases}
        for bound in bindings:
            for code in ("by-1", "somebody"):
                matrix = replace(load_authority(), systems={code: bound})
                actor = Actor(code=code, role=Role.SYSTEM)
                listed = await _listed(session, sight(matrix, actor), cases)
                answered = frozenset(
                    number
                    for number, concern in known.items()
                    if concern and refusal(matrix, actor, Action.READ, concern) is None
                )
                assert listed == answered, (code, bound)
                answers.add(listed)
        stranger = Actor(code="by-1", role=Role.SYSTEM)
        assert not await _listed(session, sight(load_authority(), stranger), cases)
    assert len(answers) > 4


async def test_a_superior_of_another_city_sees_no_case(
    sessions: Sessions, cases: frozenset[str]
) -> None:
    matrix = replace(load_authority(), superiors=CITIES)
    async with sessions() as session:
        known = {number: await outline(session, number) for number in cases}
        for code, sees in (
            ("cq-u", cases),
            ("sh-u", frozenset[str]()),
            ("above", frozenset[str]()),
        ):
            actor = Actor(code=code, role=Role.SUPERIOR)
            assert await _listed(session, sight(matrix, actor), cases) == sees
            for number, concern in known.items():
                assert concern is not None
                for action in (Action.READ, Action.DISCLOSE, Action.DECODE, Action.READ_NOTES):
                    refused = refusal(matrix, actor, action, concern)
                    assert (refused is None) == (number in sees), (code, action)


async def test_who_serves_a_whole_city_sees_no_case_of_another(
    sessions: Sessions, cases: frozenset[str]
) -> None:
    everywhere = frozenset({"310000", "500000"})
    homes = {(f"{city}-h", Role.HEAD): frozenset({city}) for city in everywhere}
    matrix = replace(load_authority(), homes=homes, cities=everywhere)
    async with sessions() as session:
        known = {number: await outline(session, number) for number in cases}
        for code, city in (("310000-h", "310000"), ("500000-h", "500000"), ("above", "")):
            actor = Actor(code=code, role=Role.HEAD)
            listed = await _listed(session, sight(matrix, actor), cases)
            allowed = {
                number
                for number, concern in known.items()
                if concern and refusal(matrix, actor, Action.READ, concern) is None
            }
            assert listed == allowed
            places = {each.district for number, each in known.items() if each and number in listed}
            assert not city or set(map(city_of, places)) <= {city}
            refused = ordering_refusal(matrix, actor, ("310000",))
            assert (refused is None) == (city in {"", "310000"})
