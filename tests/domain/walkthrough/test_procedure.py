"""A walkthrough from its findings to the last remedy that somebody else has verified."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from casework.domain.case.state import TaskKind
from casework.domain.errors import DomainError
from casework.domain.kinds.walkthrough.commands import (
    ChangeRemedyOwner,
    ConcludeFindings,
    NoteFinding,
    ReportRemedy,
    SetRemedy,
    StrikeFinding,
    VerifyRemedy,
    WithdrawRemedy,
)
from casework.domain.kinds.walkthrough.shown import ROWS
from casework.domain.kinds.walkthrough.state import FindingSort, Walkthrough
from casework.domain.kinds.walkthrough.state import RemedyStatus as R
from casework.domain.kinds.walkthrough.state import WalkthroughStage as S
from casework.domain.policy import Role
from casework.domain.time.clock import due_on
from tests.domain.rating.unfolding import Unfolding
from tests.domain.walkthrough import CALENDAR, given_walkthrough

Walk = Unfolding[Walkthrough]
OFFICER, SUPERVISOR = Role.OFFICER, Role.SUPERVISOR


def refused(do: Callable[[], Any]) -> str:
    with pytest.raises(DomainError) as raised:
        do()
    return raised.value.code


def note(walk: Walk, sort: FindingSort = FindingSort.PROBLEM, text: str = "密码隔天激活") -> None:
    walk.do(NoteFinding, OFFICER, "ja-o1", sort=sort, text=text)


def answer(walk: Walk, *answers: str, owner: str = "ja-o2", **limit: Any) -> None:
    fields = {"text": "当日激活", "owner": owner, "answers": answers}
    walk.do(SetRemedy, OFFICER, "ja-o1", **fields | (limit or {"working_days": 5}))


def conclude(walk: Walk, explanation: str = "") -> None:
    walk.do(ConcludeFindings, OFFICER, "ja-o1", explanation=explanation)


def report(walk: Walk, remedy: str = "R1", by: str = "ja-o2", **files: Any) -> None:
    walk.do(ReportRemedy, OFFICER, by, remedy=remedy, proof="附截图", **files)


def verify(walk: Walk, remedy: str = "R1", by: str = "ja-s1", *, done: bool = True) -> None:
    walk.do(VerifyRemedy, SUPERVISOR, by, remedy=remedy, done=done, reason="" if done else "未见")


def under_way() -> Walk:
    """One problem, one remedy that ``ja-o2`` owns, five working days."""
    walk = given_walkthrough()
    note(walk)
    answer(walk, "P1")
    conclude(walk)
    return walk


def remedy(walk: Walk, code: str = "R1") -> Any:
    found = walk.case.remedy(code)
    assert found is not None
    return found


def due(walk: Walk, code: str = "R1") -> date | None:
    clock = walk.case.clock(remedy(walk, code).clock)
    return due_on(clock, CALENDAR) if clock else None


def test_problems_and_needs_are_answered_n_to_m() -> None:
    walk = given_walkthrough()
    note(walk)
    note(walk, text="发布界面不好用")
    note(walk, FindingSort.NEED, "岗位信息再拓展一些")
    answer(walk, "P1", "P2")
    answer(walk, "P2", "N1")
    (findings,) = (rows.of(walk.case) for rows in ROWS if rows.member == "walk_findings")
    assert [(row.finding, row.answered_by) for row in findings] == [
        ("P1", "R1"),
        ("P2", "R1 R2"),
        ("N1", "R2"),
    ]
    conclude(walk)
    assert walk.stands_at(S.REMEDIES)
    assert walk.tasks() == {"carry_out_remedy": "ja-o2"}


def test_a_problem_without_a_remedy_keeps_it_open() -> None:
    walk = given_walkthrough()
    note(walk)
    note(walk, text="发布界面不好用")
    answer(walk, "P1")
    assert refused(lambda: conclude(walk, "以后再说")) == "PROBLEM_WITHOUT_REMEDY"
    answer(walk, "P2")
    conclude(walk)
    assert walk.stands_at(S.REMEDIES)


def test_a_need_without_a_remedy_is_explained() -> None:
    walk = given_walkthrough()
    note(walk, FindingSort.NEED, "取消年龄限制")
    assert refused(lambda: conclude(walk)) == "NEED_WITHOUT_ANSWER"
    conclude(walk, "须修改法规，已向上级反映")
    assert walk.stands_at(S.CLOSED)
    assert walk.case.closed_at == walk.now
    assert not walk.case.open_tasks
    assert not walk.case.running


def test_the_limit_of_a_remedy_begins_when_it_is_issued() -> None:
    walk = given_walkthrough()
    note(walk)
    answer(walk, "P1", working_days=5)
    answer(walk, "P1", until=date(2026, 10, 8))
    assert due(walk) is None
    walk.wait_until("2026-09-18")
    conclude(walk)
    # Sunday 09-20 is a make-up working day: 20, 21, 22, 23, 24.
    assert (due(walk), due(walk, "R2")) == (date(2026, 9, 24), date(2026, 10, 8))


def test_only_another_than_the_owner_verifies() -> None:
    walk = under_way()
    report(walk)
    assert walk.tasks() == {"verify_remedy": "ja-s1"}
    assert refused(lambda: verify(walk, by="ja-o2")) == "FOUR_EYES"
    verify(walk)
    assert walk.stands_at(S.CLOSED)
    assert (remedy(walk).status, remedy(walk).closed_by) == (R.CLOSED, "ja-s1")


def test_who_reported_for_the_owner_does_not_verify_either() -> None:
    walk = under_way()
    report(walk, by="ja-o1")
    assert refused(lambda: verify(walk, by="ja-o1")) == "FOUR_EYES"
    assert refused(lambda: verify(walk, by="ja-o2")) == "FOUR_EYES"
    verify(walk, by="ja-o3")
    assert walk.stands_at(S.CLOSED)


def test_a_supervisors_own_remedy_is_for_the_officer_to_verify() -> None:
    walk = given_walkthrough()
    note(walk)
    answer(walk, "P1", owner="ja-s1")
    conclude(walk)
    walk.do(ReportRemedy, SUPERVISOR, "ja-s1", remedy="R1", proof="已办")
    assert walk.tasks() == {"verify_remedy": "ja-o1"}


def test_evidence_that_does_not_do_goes_back_within_the_same_limit() -> None:
    walk = under_way()
    before = due(walk)
    report(walk, files=("a" * 64,))
    assert [each.received.code for each in walk.case.materials] == ["R1"]
    verify(walk, done=False)
    assert (remedy(walk).status, remedy(walk).rejected) == (R.ISSUED, 1)
    assert walk.tasks() == {"carry_out_remedy": "ja-o2"}
    assert due(walk) == before
    report(walk, files=("b" * 64, "c" * 64))
    assert [each.received.sha256[0] for each in walk.case.materials] == ["b", "c"]


def test_an_overdue_remedy_is_carded_to_its_owner() -> None:
    walk = under_way()
    note_due = due(walk)
    assert note_due == date(2026, 9, 22)
    walk.wait_until("2026-09-23")
    assert walk.cards() == [
        ("remedy:R1", "blue", date(2026, 9, 21)),
        ("remedy:R1", "yellow", date(2026, 9, 23)),
    ]
    assert {card.holder for card in walk.case.cards} == {"ja-o2"}
    report(walk)
    verify(walk)
    assert walk.case.card == "none"


def test_each_remedy_is_carded_to_its_own_owner() -> None:
    walk = given_walkthrough()
    note(walk)
    answer(walk, "P1", owner="ja-o2", working_days=2)
    answer(walk, "P1", owner="ja-o3", working_days=30)
    conclude(walk)
    walk.wait_until("2026-09-20")
    assert {card.holder for card in walk.case.cards} == {"ja-o2"}


def test_findings_that_nobody_sorts_are_carded() -> None:
    walk = given_walkthrough()
    note(walk)
    walk.wait_until("2026-10-10")
    # Ten working days with the make-up Sunday 09-20; 09-25 to 09-27 and 10-01 to 10-07 are off.
    assert [(clock, rung) for clock, rung, _ in walk.cards()] == [
        ("walk_findings", "blue"),
        ("walk_findings", "yellow"),
    ]


def test_a_new_owner_has_the_task_and_the_same_limit() -> None:
    walk = under_way()
    before = due(walk)
    change = {"remedy": "R1", "reason": "调离"}
    assert (
        refused(lambda: walk.do(ChangeRemedyOwner, SUPERVISOR, "ja-s1", owner="ja-o2", **change))
        == "SAME_OFFICER"
    )
    walk.do(ChangeRemedyOwner, SUPERVISOR, "ja-s1", owner="ja-o3", **change)
    assert walk.tasks() == {"carry_out_remedy": "ja-o3"}
    assert due(walk) == before


def test_a_remedy_is_withdrawn_only_if_its_problems_have_another() -> None:
    walk = under_way()

    def withdraw() -> None:
        walk.do(WithdrawRemedy, SUPERVISOR, "ja-s1", remedy="R1", reason="改由全市平台解决")

    assert refused(withdraw) == "PROBLEM_WITHOUT_REMEDY"
    answer(walk, "P1", until=date(2026, 12, 31))
    withdraw()
    assert remedy(walk).status is R.WITHDRAWN
    assert [clock.id for clock in walk.case.running] == ["remedy:R2"]
    assert [task.about for task in walk.case.open_tasks] == ["R2"]


def test_withdrawing_the_last_one_under_way_closes_it() -> None:
    walk = under_way()
    answer(walk, "P1", until=date(2026, 12, 31))
    report(walk)
    verify(walk)
    assert walk.stands_at(S.REMEDIES)
    walk.do(WithdrawRemedy, SUPERVISOR, "ja-s1", remedy="R2", reason="不再需要")
    assert walk.stands_at(S.CLOSED)


def test_what_was_noted_by_mistake_is_struck() -> None:
    walk = given_walkthrough()
    note(walk)

    def strike() -> None:
        walk.do(StrikeFinding, OFFICER, "ja-o1", finding="P1", reason="重复")

    answer(walk, "P1")
    assert refused(strike) == "FINDING_ANSWERED"
    walk.do(WithdrawRemedy, SUPERVISOR, "ja-s1", remedy="R1", reason="误定")
    strike()
    assert refused(lambda: answer(walk, "P1")) == "NO_FINDING"
    note(walk)
    assert walk.case.findings[-1].finding == "P2"
    assert refused(lambda: answer(walk, "P1")) == "FINDING_UNKNOWN"


@pytest.mark.parametrize(
    ("limit", "code"),
    [
        ({"working_days": 0}, "DUE_UNCLEAR"),
        ({"working_days": 3, "until": date(2026, 10, 8)}, "DUE_UNCLEAR"),
        ({"working_days": 251}, "DUE_TOO_FAR"),
        ({"working_days": -1}, "DUE_TOO_FAR"),
        ({"until": date(2026, 9, 15)}, "DATE_TOO_EARLY"),
        ({"until": date(2028, 9, 17)}, "DUE_TOO_FAR"),
    ],
)
def test_a_remedy_has_one_limit_that_is_no_joke(limit: dict[str, Any], code: str) -> None:
    walk = given_walkthrough()
    note(walk)
    assert refused(lambda: answer(walk, "P1", **limit)) == code


def test_a_remedy_answers_something() -> None:
    walk = given_walkthrough()
    note(walk)
    assert refused(lambda: answer(walk)) == "FIELD_REQUIRED"


def test_a_verb_about_a_remedy_says_why_not() -> None:
    walk = under_way()
    assert refused(lambda: verify(walk)) == "REMEDY_STATUS"
    assert refused(lambda: report(walk, "R9")) == "REMEDY_UNKNOWN"
    assert refused(lambda: note(walk)) == "WRONG_STAGE"
    assert refused(lambda: report(walk, files=("no digest",))) == "DIGEST_INVALID"


def test_the_owner_has_agreed_so_the_task_stays_with_them() -> None:
    walk = given_walkthrough()
    note(walk)
    answer(walk, "P1", working_days=20)
    conclude(walk)
    (task,) = walk.case.open_tasks
    assert (task.kind, task.holder, task.about) == (TaskKind.CARRY_OUT_REMEDY, "ja-o2", "R1")
    walk.wait_until(str(walk.now.date() + timedelta(days=60)))
    assert walk.tasks() == {"carry_out_remedy": "ja-o2"}


def test_the_register_rebuilds_it_from_its_events() -> None:
    walk = under_way()
    report(walk, files=("a" * 64,))
    verify(walk, done=False)
    report(walk)
    verify(walk)
    assert walk.rebuilt() == walk.case
