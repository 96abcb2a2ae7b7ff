"""The ways of sharing out are policy: dated, by district, item and role, and never law."""

from datetime import date
from pathlib import Path

import pytest

from casework.domain.policy import Mark, Role
from casework.domain.sharing import AS_POSTED, Way
from casework.policy.sharing import check_sharing, load_sharing, read_sharing

DAY = date(2026, 11, 2)
DISTRICT = """\
items:
  "*":
    reviewer:
      - {from: 2026-01-01, value: {way: least_loaded, cap: 20}, reference: 本区办法, mark: proposal}
      - {from: 2027-01-01, value: null, reference: 本区办法, mark: proposal}
  PTS_NEW:
    officer:
      - from: 2026-06-01
        value: {way: pool, team: 落户组, claim_within: 3, otherwise: in_turn}
        reference: 本区办法
        mark: proposal
"""


def test_by_default_every_role_is_given_by_rank() -> None:
    rules = load_sharing().rules("310106", "PTS_NEW", DAY)
    assert {rule.way for rule in rules.values()} == {Way.FIXED}
    assert {rule.mark for rule in rules.values()} == {Mark.PROPOSAL}


def test_a_district_has_its_own_ways_from_a_day_on(copy: Path) -> None:
    (copy / "sharing" / "310106.yaml").write_text(DISTRICT, encoding="utf-8")
    policy = read_sharing(copy)
    rules = policy.rules("310106", "PTS_NEW", DAY)
    assert (rules[Role.OFFICER].way, rules[Role.OFFICER].team) == (Way.POOL, "落户组")
    assert (rules[Role.REVIEWER].way, rules[Role.REVIEWER].cap) == (Way.LEAST_LOADED, 20)
    assert policy.rules("310106", "PTS_NEW", date(2026, 5, 31))[Role.OFFICER].way is Way.FIXED
    assert policy.rules("310106", "PTS_NEW", date(2027, 1, 1))[Role.REVIEWER] == AS_POSTED
    assert policy.rules("310112", "PTS_NEW", DAY)[Role.OFFICER].way is Way.FIXED


@pytest.mark.parametrize(
    ("wrong", "right", "problem"),
    [
        ("mark: proposal", "mark: law", "law says more than is known"),
        ("PTS_NEW:", "PTS_OLD:", "unknown item PTS_OLD"),
        ("team: 落户组, ", "", "a pool of no team"),
        ("otherwise: in_turn", "otherwise: by_skill", "by_skill may find nobody either"),
        ("officer:", "applicant:", "applicant is given no work"),
        ("2027-01-01", "2025-01-01", "out of order"),
        ("officer:", "supervisor:", "nobody would be the supervisor at once"),
        ("cap: 20", "skills: [手语]", "nothing asks for a skill"),
    ],
)
def test_what_is_wrong_is_found_with_its_line(
    copy: Path, wrong: str, right: str, problem: str
) -> None:
    text = DISTRICT.replace(wrong, right)
    (copy / "sharing" / "310106.yaml").write_text(text, encoding="utf-8")
    found = check_sharing(copy)
    assert problem in {finding.problem for finding in found}
    assert all(finding.file == "sharing/310106.yaml" and finding.line > 1 for finding in found)


def test_a_file_of_no_district_is_found(copy: Path) -> None:
    (copy / "sharing" / "静安.yaml").write_text(DISTRICT, encoding="utf-8")
    assert [finding.problem for finding in check_sharing(copy)] == ["named after no district"]
