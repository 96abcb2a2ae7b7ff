"""A register of many cases in which every figure of a report has something to count."""

import re

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from casework.domain.kinds.application.events import DEEMED
from tests.store.crowd import gather_crowd

_WORDS = {
    "NO": "right(case_no, 3)::int",
    "TODAY": "(now() AT TIME ZONE 'Asia/Shanghai')::date",
    "DEEMED": DEEMED,
}
"""What the words in capitals of a statement stand for."""
_STATEMENTS = (
    "DROP VIEW crowd",
    """UPDATE cases SET accepted_on = TODAY, channel = (ARRAY['online', 'window'])[1 + n % 2],
               office = (ARRAY['人才服务中心', '+1 分中心'])[1 + n % 2],
               decided_on = CASE WHEN n % 3 > 0 THEN TODAY - n % 2 END
        FROM (SELECT case_no AS no, NO AS n FROM cases) AS numbered WHERE no = case_no""",
    """UPDATE courses SET ended_on = due_on + (due_on - TODAY) % 4 - 2
       WHERE ended_on IS NOT NULL""",
    """INSERT INTO events (case_no, seq, kind, title, at, actor, role, reason, body)
        SELECT case_no, 100 + k, kind, CASE kind WHEN 'accepted' THEN 'DEEMED' ELSE '' END,
               now(), '', '', '', '{}'
        FROM cases, unnest(ARRAY['notice_given', 'second_notice_blocked', 'returned_by_superior',
             'pre_review_passed', 'deferral_promised', 'debt_overdue', 'debt_breached',
             'green_opened', 'green_ended', 'accepted']) WITH ORDINALITY AS e (kind, k)
        WHERE mod(hashtext(case_no || kind), 3) = 0""",
    """INSERT INTO debts (case_no, material, name, mode, status, reason, offered_by, consented_by,
               promised_on, received_on, checked_on, by_measure)
        SELECT case_no, 'seal', '', 'hold_result', 'fulfilled', '', '', '',
               TODAY, NULL, NULL, '' FROM cases WHERE mod(NO, 2) = 0""",
    """INSERT INTO clocks (case_no, clock, kind, name, course)
       SELECT case_no, named, named, '', course
       FROM clocks,
            unnest(ARRAY['green', 'rate_contact', 'rate_settle', 'ticket_contact',
                         'wage_investigation']) AS named
       WHERE clock = 'decide'""",
    "UPDATE courses SET until = TODAY, due_on = due_on - 1",
    """UPDATE openings
           SET kind = (ARRAY['rating', 'ticket', 'walkthrough', 'wage'])[mod(NO, 11) - 2]
        WHERE mod(NO, 11) BETWEEN 3 AND 6""",
    """INSERT INTO walkthroughs (case_no, leader, role, mode, way, walked_item, walked_on, note,
               explanation)
        SELECT case_no, '', 'clerk', 'in_person', 'window', '', TODAY - mod(NO, 3), '', ''
        FROM openings WHERE kind = 'walkthrough'""",
    """INSERT INTO walk_findings (case_no, finding, sort, what, noted_on, struck, answered_by)
        SELECT case_no, sort || n, sort, '', TODAY - n, n = 3, ''
        FROM openings, unnest(ARRAY['problem', 'need']) AS sort,
             generate_series(1, 1 + mod(NO, 3)) AS n
        WHERE kind = 'walkthrough'""",
    """INSERT INTO remedies (case_no, remedy, plan, owner, answers, status, set_on, reported_by,
               proof, rejected, closed_on, closed_by)
        SELECT case_no, 'R' || n, '', '', '',
               (ARRAY['issued', 'closed', 'withdrawn'])[n], TODAY - n, '', '', 0,
               CASE WHEN n = 2 THEN TODAY END, ''
        FROM openings, generate_series(1, 1 + mod(NO, 3)) AS n
        WHERE kind = 'walkthrough'""",
    """INSERT INTO ratings (case_no, rated, grade, named, comment, complex, contacted_at, justified,
               settlement, satisfied, struck)
        SELECT case_no, case_no || '-x', 1 + mod(NO, 5), true, '', false,
               now(), NULL, CASE WHEN mod(NO, 3) > 0 THEN 'fixed' ELSE '' END, NULL,
               mod(NO, 9) = 0
        FROM openings WHERE kind = 'rating'""",
    """INSERT INTO tickets (case_no, came_by, subject_matter, about, named, complex, rounds,
               contacted_at, answered_at, resolution, resolved, satisfied, joined_into)
        SELECT case_no,
               (ARRAY['hotline_12345', 'complaint'])[1 + mod(NO, 2)], '', '', true, false, 1,
               now(), CASE WHEN mod(NO, 3) > 0 THEN now() END, '',
               CASE mod(NO, 3) WHEN 1 THEN true WHEN 2 THEN false END, mod(NO, 4) > 0, ''
        FROM openings WHERE kind = 'ticket'""",
    """UPDATE cases SET closed_at = now(),
               stage = (ARRAY['wage_refused', 'wage_closed', 'wage_closed'])[1 + mod(NO, 3)]
        WHERE case_no IN (SELECT case_no FROM openings WHERE kind = 'wage')""",
    """INSERT INTO wage_complaints (case_no, employer_name, statement, owed, paid, last_unpaid_on,
               worksite, migrant, filed_on, ground, settlements, outcome, fed_back)
        SELECT case_no, '', '', 812000, 400050, TODAY, '', true,
               CASE WHEN mod(NO, 3) > 0 THEN TODAY END, '', 1,
               CASE WHEN mod(NO, 3) = 1 THEN 'settled' ELSE '' END, 0
        FROM openings WHERE kind = 'wage'""",
    """INSERT INTO wage_instalments (case_no, number, settlement, due_on, amount, broken)
        SELECT case_no, n, 1, TODAY - n, 400050, n = 2
        FROM openings, generate_series(1, 1 + mod(NO, 2)) AS n
        WHERE kind = 'wage'""",
    """INSERT INTO cards (case_no, clock, rung, holder, backup, given_at, cleared_at, cleared_by,
              reason)
       SELECT case_no, 'decide', rung, holder, '', now() - n * interval '20 days',
              CASE WHEN n < 2 THEN now() END, '', ''
       FROM cases, unnest(ARRAY['yellow', 'red']) AS rung, generate_series(0, 2) AS n
       WHERE mod(right(case_no, 2)::int, 5) = n""",
)


def _meant(statement: str) -> str:
    for word, sql in _WORDS.items():
        statement = re.sub(rf"\b{word}\b", sql, statement)
    return statement


async def gather_reported(engine: AsyncEngine, cases: int) -> None:
    """Put so many cases into an empty register."""
    async with engine.begin() as connection:
        await connection.execute(text("DROP VIEW IF EXISTS crowd"))
        await gather_crowd(connection, cases)
        for statement in _STATEMENTS:
            await connection.execute(text(_meant(statement)))
