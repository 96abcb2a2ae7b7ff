"""A walk that is as full as it can be still ends, and never outgrows one message of Temporal."""

from typing import Any

from casework.domain.case.commands import Command
from casework.domain.case.facts import Actor
from casework.domain.case.guards import FROM_OFFICERS, MOST, require_room
from casework.domain.errors import DomainError
from casework.domain.kinds.walkthrough.commands import (
    ConcludeFindings,
    NoteFinding,
    ReportRemedy,
    SetRemedy,
    VerifyRemedy,
)
from casework.domain.kinds.walkthrough.procedure import MOST_FINDINGS, MOST_REMEDIES
from casework.domain.kinds.walkthrough.state import FindingSort, RemedyStatus, Walkthrough
from casework.domain.policy import Role
from casework.messages.cases import size_of
from tests.domain.rating.unfolding import Unfolding
from tests.domain.walkthrough import given_walkthrough

LONG = "满" * 500
OWNER, VERIFIER = "o" * 100, "v" * 100


def send(
    walk: Unfolding[Walkthrough],
    command: type[Command],
    by: str,
    /,
    **fields: Any,
) -> str:
    """As a workflow takes it; the code of the refusal, if it is refused."""
    actor = Actor(code=by, role=Role.OFFICER)
    try:
        require_room(command(actor=actor, **fields), size_of(walk.case))
        walk.do(command, Role.OFFICER, by, **fields)
    except DomainError as refused:
        return refused.code
    return ""


def report(walk: Unfolding[Walkthrough], code: str, number: int) -> None:
    files = tuple(f"{number * 10 + each:064x}" for each in range(10))
    assert not send(walk, ReportRemedy, OWNER, remedy=code, proof=LONG, files=files)


def test_it_takes_every_report_and_closes() -> None:
    walk = given_walkthrough()
    for number in range(MOST_FINDINGS):
        sort = list(FindingSort)[number % 2]
        assert not send(walk, NoteFinding, OWNER, sort=sort, text=LONG)
    assert send(walk, NoteFinding, OWNER, sort=sort, text=LONG) == "TOO_MANY_FINDINGS"
    answers = tuple(each.finding for each in walk.case.findings)
    for number in range(MOST_REMEDIES):
        fields = {"text": LONG, "owner": OWNER, "working_days": 250}
        some = answers[number % 10 :][:50]
        assert not send(walk, SetRemedy, OWNER, answers=some, **fields)
    assert send(walk, SetRemedy, OWNER, answers=some, **fields) == "TOO_MANY_REMEDIES"
    assert not send(walk, ConcludeFindings, OWNER, explanation=LONG)
    number = 0
    while (size := size_of(walk.case)) <= FROM_OFFICERS:
        code = f"R{1 + number % MOST_REMEDIES}"
        report(walk, code, number)
        rejected = {"remedy": code, "done": False, "reason": "不符"}
        if send(walk, VerifyRemedy, VERIFIER, **rejected) == "CASE_FULL":
            break
        number += 1
        assert number < 5_000, size
    largest = size_of(walk.case)
    for remedy in walk.case.remedies:
        if remedy.status is RemedyStatus.ISSUED:
            report(walk, remedy.remedy, number)
        largest = max(largest, size_of(walk.case))
    for remedy in walk.case.remedies:
        assert not send(walk, VerifyRemedy, VERIFIER, remedy=remedy.remedy, done=True)
        largest = max(largest, size_of(walk.case))
    assert not walk.case.is_open
    assert FROM_OFFICERS < largest <= MOST
