"""The table of the documents, cell by cell: every role, own and other district, assigned or not."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import pytest

from casework.domain.authority import GENERAL, Concern, actions_of, refusal
from casework.domain.case.facts import Actor
from casework.domain.kinds.registry import KINDS, CaseKind
from casework.domain.policy import Role, city_of
from casework.domain.talent import TalentClass
from casework.policy.authority import load_authority
from casework.policy.authority_page import authority_table

PAGE = Path(__file__).parents[2] / "docs" / "authority.md"
HERE, ELSEWHERE = "500103", "500112"
ROLES = {
    "申请人": Role.APPLICANT,
    "人才": Role.TALENT,
    "用人单位": Role.EMPLOYER,
    "经办": Role.OFFICER,
    "审核": Role.REVIEWER,
    "负责人": Role.HEAD,
    "服务专员": Role.SPECIALIST,
    "联络员": Role.LIAISON,
    "监督员": Role.SUPERVISOR,
    "上级": Role.SUPERIOR,
    "对接系统": Role.SYSTEM,
}


def cells() -> dict[tuple[str, str, Role], str]:
    """(kind, action, role) → the word that the page shows."""
    found: dict[tuple[str, str, Role], str] = {}
    for section in re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        kind = re.match(r".*\(`(\w+)`\)", section)
        assert kind
        lines = [line for line in section.splitlines() if line.startswith("|")]
        head = [ROLES[word.strip()] for word in lines[0].split("|")[3:-1]]
        for line in lines[2:]:
            parts = [part.strip() for part in line.split("|")[1:-1]]
            for role, word in zip(head, parts[2:], strict=True):
                found[kind[1], parts[0].strip("`"), role] = word
    return found


CELLS = cells()


@dataclass(frozen=True, kw_only=True)
class Row:
    """What the page says of one system and kind; empty sources or districts: all."""

    system: str
    sources: tuple[str, ...]
    districts: tuple[str, ...]
    kind: str
    actions: tuple[str, ...]


def system_rows() -> Iterator[Row]:
    """The rows of the page's table of systems."""
    head = PAGE.read_text(encoding="utf-8").split("| system |")[1].split("\n\n")[0]
    for line in head.splitlines()[2:]:
        code, _, sources, districts, kind, actions = (
            tuple(re.findall(r"`([^`]+)`", part)) or tuple(re.findall(r"\d{6}", part))
            for part in line.split("|")[1:-1]
        )
        yield Row(
            system=code[0], sources=sources, districts=districts, kind=kind[0], actions=actions
        )


SYSTEM_ROWS = tuple(system_rows())
SYSTEMS = tuple(dict.fromkeys(row.system for row in SYSTEM_ROWS))
OWN_BY_NATURE = {
    CaseKind.RATING: "rating",
    CaseKind.VISITS: "visit-rounds",
    CaseKind.INCOMING_MAIL: "mail",
    CaseKind.PARCEL: "post",
}


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == authority_table(load_authority()), (
        "run: casework authority table > docs/authority.md"
    )


def test_the_page_has_a_cell_for_everything() -> None:
    kinds = (*CaseKind, GENERAL)
    assert set(CELLS) == {
        (str(kind), action, role) for kind in kinds for action in actions_of(kind) for role in Role
    }


def test_no_cell_is_wider_than_the_verb() -> None:
    for (kind, action, role), word in CELLS.items():
        verb = KINDS[CaseKind(kind)].verbs.get(action) if kind != GENERAL else None
        if verb is not None and word != "—":
            assert role in verb.roles, (kind, action, role)


def expected(word: str, *, is_own: bool, is_assigned: bool, is_here: bool) -> str:
    """The code of the refusal that a word stands for; empty: allowed."""
    match word:
        case "—":
            return "ROLE_NOT_ALLOWED"
        case "本人":
            return "" if is_own else "NOT_YOUR_CASE"
        case "各区":
            return ""
    if not is_here:
        return "OTHER_DISTRICT"
    return "NOT_ASSIGNED" if word == "经办" and not is_assigned else ""


@pytest.mark.parametrize("role", set(Role) - {Role.SYSTEM})
def test_each_cell_decides_as_it_says(role: Role) -> None:
    everywhere = {city_of(place): frozenset({"me"}) for place in (HERE, ELSEWHERE)}
    matrix = replace(load_authority(), superiors=everywhere)
    asked = 0
    for (kind, action, of), word in CELLS.items():
        if of is not role:
            continue
        for is_own, is_assigned, is_here in product((True, False), repeat=3):
            actor = Actor(code="me", role=role, district=HERE, subject="p-me")
            concern = Concern(
                kind=kind,
                district=HERE if is_here else ELSEWHERE,
                subjects=frozenset({"p-me" if is_own else "p-other"}),
                assigned=frozenset({"me"} if is_assigned else {"other"}),
            )
            found = refusal(matrix, actor, action, concern)
            wanted = expected(word, is_own=is_own, is_assigned=is_assigned, is_here=is_here)
            assert (found.code if found else "") == wanted, (kind, action, concern)
            asked += 1
    assert asked > 500


def expected_of_system(system: str, kind: str, action: str, source: str, district: str) -> str:
    """The code of the refusal of a system, by the page; empty: allowed. ``source`` of the case."""
    if CELLS[kind, action, Role.SYSTEM] == "—":
        return "ROLE_NOT_ALLOWED"
    rows = [row for row in SYSTEM_ROWS if row.system == system]
    if not rows:
        return "SYSTEM_UNKNOWN"
    row = next((row for row in rows if row.kind == kind and action in row.actions), None)
    if row is None:
        return "SYSTEM_NOT_BOUND"
    if row.districts and district not in row.districts:
        return "OTHER_DISTRICT"
    if kind == GENERAL:
        return ""
    if action == "open":
        by_nature = OWN_BY_NATURE.get(CaseKind(kind))
        own = (by_nature,) if by_nature else row.sources
        return "" if source in own else "OTHER_SOURCE"
    return "" if not row.sources or source in row.sources else "OTHER_SOURCE"


@pytest.mark.parametrize("system", [*SYSTEMS, "nobody", "clock"])
def test_each_system_decides_as_its_rows_say(system: str) -> None:
    matrix, actor = load_authority(), Actor(code=system, role=Role.SYSTEM)
    sources = {source for row in SYSTEM_ROWS for source in row.sources}
    seen = set()
    for kind, action, role in CELLS:
        if role is not Role.SYSTEM:
            continue
        for source in (*sources, "another", "rating", "visit-rounds", ""):
            for district in (HERE, ELSEWHERE, "310106"):
                concern = Concern(kind=kind, district=district, source=source)
                found = refusal(matrix, actor, action, concern)
                wanted = expected_of_system(system, kind, action, source, district)
                if system == "clock" and wanted == "SYSTEM_UNKNOWN":
                    wanted = "SYSTEM_NOT_BOUND"  # Casework itself, which says nothing by that code
                assert (found.code if found else "") == wanted, (kind, action, concern)
                seen.add(wanted)
    assert ("" in seen) == (system in SYSTEMS)
    assert "ROLE_NOT_ALLOWED" in seen


def test_every_system_of_the_roster_has_its_rows() -> None:
    rows = {(row.system, row.kind, action) for row in SYSTEM_ROWS for action in row.actions}
    bound = load_authority().systems
    assert rows == {(code, *may) for code, each in bound.items() for may in each.may}
    assert {row.system: row.sources for row in SYSTEM_ROWS} == {
        code: each.sources or () for code, each in bound.items()
    }


def test_a_system_has_the_case_that_it_opened_whatever_its_source() -> None:
    for opener, code in (("backend", None), ("another", "OTHER_SOURCE")):
        concern = Concern(kind=CaseKind.RATING, district=HERE, source="rating", opened_by=opener)
        backend = Actor(code="backend", role=Role.SYSTEM)
        found = refusal(load_authority(), backend, "read", concern)
        assert (found.code if found else None) == code


@pytest.mark.parametrize("role", [Role.SPECIALIST, Role.LIAISON, Role.REVIEWER])
def test_a_municipal_platform_serves_a_to_d_and_nothing_else(role: Role) -> None:
    matrix, actor = load_authority(), Actor(code="me", role=role)
    for (kind, action, of), word in CELLS.items():
        if of is not role or word == "—" or kind == GENERAL:
            continue
        for letter in (None, *TalentClass):
            concern = Concern(kind=kind, district=HERE, letter=letter, assigned=frozenset({"me"}))
            found = refusal(matrix, actor, action, concern)
            if kind in {
                CaseKind.APPLICATION,
                CaseKind.PERMIT_CYCLE,
                CaseKind.TICKET,
                CaseKind.INCOMING_MAIL,
                CaseKind.PARCEL,
                CaseKind.APPOINTMENT,
                CaseKind.WALKTHROUGH,
                CaseKind.WAGE,
            }:
                wanted = "ROLE_NOT_ALLOWED"
            else:
                wanted = "OTHER_CLASS" if letter in {TalentClass.E, TalentClass.F} else ""
            assert (found.code if found else "") == wanted, (kind, action, letter)


def test_who_belongs_to_an_office_has_its_cases_only() -> None:
    matrix = load_authority()
    for office, code in (("", None), ("east", None), ("west", "OTHER_OFFICE")):
        actor = Actor(code="me", role=Role.OFFICER, district=HERE, office=office)
        concern = Concern(kind=CaseKind.APPLICATION, district=HERE, office="east")
        found = refusal(matrix, actor, "read", concern)
        assert (found.code if found else None) == code


def test_who_opened_a_case_from_outside_has_it_too() -> None:
    concern = Concern(
        kind=CaseKind.APPLICATION, district=HERE, subjects=frozenset({"p"}), opened_by="me"
    )
    mine = Actor(code="me", role=Role.APPLICANT)
    theirs = Actor(code="you", role=Role.APPLICANT)
    assert refusal(load_authority(), mine, "withdraw", concern) is None
    refused = refusal(load_authority(), theirs, "withdraw", concern)
    assert refused
    assert refused.code == "NOT_YOUR_CASE"
