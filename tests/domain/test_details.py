"""What a supervisor reads of a case on which something bears from outside."""

from dataclasses import replace
from datetime import date

from casework.domain.case.details import details
from casework.domain.case.moves import change_clock
from casework.domain.kinds.application.commands import PreReview, PreReviewOutcome
from casework.domain.kinds.application.state import Contact, ContactState
from casework.domain.policy import Mark, Measure, Role
from casework.domain.time.clock import Extension, Stopped, Suspension
from casework.policy.calendars import load_calendar
from tests.domain.desk import ALL_FILES, at, open_desk
from tests.domain.sleepers import EVERYBODY, Authority, Sleeper

LOCKDOWN = Suspension(
    id="order-1",
    first_on=date(2026, 9, 18),
    lifted_on=None,
    reason="封控",
    by="ja-supervisor-a",
    basis="通告第 1 号（domain.md C.6）",
    clocks=Stopped.APPLICANT,
)


def suspended() -> Sleeper:
    desk = open_desk(day="2026-09-16", have=ALL_FILES, entitled_on=date(2026, 9, 1))
    desk.do(PreReview, Role.OFFICER, outcome=PreReviewOutcome.FAULTY)
    authority = Authority(load_calendar())
    authority.suspend(EVERYBODY, LOCKDOWN)
    return Sleeper.of(desk, authority)


def shown(sleeper: Sleeper, today: date | None = None) -> list[str]:
    return details(sleeper.case, sleeper.calendar, today).splitlines()


def test_a_suspended_case_says_so_on_top_and_under_the_clock() -> None:
    lines = shown(suspended())
    assert (
        "> 暂停：封控，自 2026-09-18 起，尚未解除；停止计算申请人的期限"
        "（ja-supervisor-a，依据：通告第 1 号）"
    ) in lines
    assert any(line.startswith("| 补正期限 | 2026-09-16 | 暂停中 |") for line in lines)
    assert (
        "- 补正期限：暂停指令：封控，2026-09-18 起，尚未恢复"
        "（ja-supervisor-a，依据：通告第 1 号）；原应于 2026-10-13 到期"
    ) in lines
    assert "待遇起始日：2026-09-01（不因期限暂停或延期办理而改变）" in lines


def test_a_lifted_suspension_leaves_the_top_and_stays_in_the_ledger() -> None:
    sleeper = suspended()
    lifted = replace(LOCKDOWN, lifted_on=date(2026, 9, 21))
    sleeper.authority.suspend(EVERYBODY, lifted)
    sleeper.rouse()
    assert any(line.startswith("> 暂停") for line in shown(sleeper, date(2026, 9, 20)))
    after = shown(sleeper, date(2026, 9, 21))
    assert not any(line.startswith("> 暂停") for line in after)
    assert any("至 2026-09-21 恢复，不计 3 个工作日" in line for line in after)
    assert any(line.startswith("| 补正期限 | 2026-09-16 | 2026-10-16 |") for line in after)


def test_an_extension_stands_under_its_clock() -> None:
    sleeper = suspended()
    more = Extension(amount=5, on=date(2026, 9, 17), by="ja-head-a", reason="情况复杂")
    clock = replace(sleeper.case.running[0], suspensions=(), extensions=(more,))
    sleeper.case = change_clock(sleeper.case, clock)
    assert any("延长 5 个工作日：情况复杂" in line for line in shown(sleeper))


def test_a_clock_that_nothing_moved_has_no_line_of_its_own() -> None:
    desk = open_desk()
    assert not [line for line in details(desk.case, desk.calendar).splitlines() if "原应" in line]


def test_a_pinned_measure_tells_its_standing_and_what_it_takes_away() -> None:
    sleeper = suspended()
    measure = Measure(
        id="PAPER_NO_LIMIT.310106.20260901",
        effect="PAPER_NO_LIMIT",
        name="材料递交不限时",
        reference="配置建议（domain.md C.6）",
        mark=Mark.PROPOSAL,
        since=date(2026, 9, 1),
    )
    (clock,) = sleeper.case.running
    case = replace(sleeper.case, pinned=(measure,), clocks=(replace(clock, measure=measure.id),))
    lines = details(case, sleeper.calendar).splitlines()
    assert (
        "> 临时措施：材料递交不限时，自 2026-09-01 起，无截止日；依据：配置建议（内部设定）"
    ) in lines
    assert any("临时措施期间不限时" in line for line in lines)
    assert not [line for line in lines if "domain.md" in line]


def test_contacts_stand_in_one_line_with_the_days_of_their_states() -> None:
    desk = open_desk()
    told = Contact(
        outreach="measure-1",
        about="窗口交件不限时",
        state=ContactState.SETTLED,
        listed_at=at("2026-09-17"),
        reached_at=at("2026-09-18"),
        settled_at=at("2026-09-21"),
    )
    listed = Contact(outreach="order-1", about="封控延期", listed_at=at("2026-09-17"))
    case = replace(desk.case, contacts=(told, listed))
    assert (
        "主动告知：窗口交件不限时（告知到 2026-09-18，落实好 2026-09-21）；封控延期（待告知）"
    ) in details(case, desk.calendar).splitlines()
