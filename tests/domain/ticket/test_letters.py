"""What a caller reads when nobody knows yet on which day the answer is due."""

from dataclasses import replace

from casework.domain.case.letters import notice
from casework.domain.case.moves import change_clock
from casework.domain.time.calendar import local_date
from casework.domain.time.clock import Suspension
from casework.letters.texts import paragraphs
from tests.domain.ticket import CALENDAR, given_ticket


def test_a_receipt_whose_limit_stands_still_says_why_and_names_no_day() -> None:
    given = given_ticket()
    case, first = given.case, given.first
    told = notice(first, case, CALENDAR)
    assert told is not None
    base = {"item": "诉求工单", "case_no": case.case_no, "office": "某中心", "on": "2026-09-24"}
    _, said = paragraphs(told[0], base | told[1])
    assert [line.startswith("将于2026年") for line in said] == [False, True]

    clock = case.clock("ticket_answer")
    assert clock is not None
    stop = Suspension(first_on=local_date(first.at), lifted_on=None, reason="防汛抢险")
    case = change_clock(case, replace(clock, suspensions=(stop,)))
    stopped = notice(first, case, CALENDAR)
    assert stopped is not None
    _, said = paragraphs(stopped[0], base | stopped[1])
    assert said == ("您反映的诉求已经收到。", "因防汛抢险，答复期限暂停计算。")
