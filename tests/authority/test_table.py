"""The table of the documents, cell by cell: every role, own and other district, assigned or not."""

import re
from itertools import product
from pathlib import Path

import pytest

from casework.authority_catalogue import load_authority
from casework.authority_table import authority_table
from casework.domain.authority import GENERAL, Concern, actions_of, refusal
from casework.domain.facts import Actor
from casework.domain.kinds import KINDS, CaseKind
from casework.domain.policy import Role
from casework.domain.talent import TalentClass

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


@pytest.mark.parametrize("role", Role)
def test_each_cell_decides_as_it_says(role: Role) -> None:
    matrix = load_authority()
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


@pytest.mark.parametrize("role", [Role.SPECIALIST, Role.LIAISON, Role.REVIEWER])
def test_a_municipal_platform_serves_a_to_d_and_nothing_else(role: Role) -> None:
    matrix, actor = load_authority(), Actor(code="me", role=role)
    for (kind, action, of), word in CELLS.items():
        if of is not role or word == "—" or kind == GENERAL:
            continue
        for letter in (None, *TalentClass):
            concern = Concern(kind=kind, district=HERE, letter=letter, assigned=frozenset({"me"}))
            found = refusal(matrix, actor, action, concern)
            if kind in {CaseKind.APPLICATION, CaseKind.PERMIT_CYCLE}:
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
