"""Very many cases at once, as rows only: what lists and searches must find their way through."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_STATEMENTS = (
    # The plan must not hang on what earlier tests have left in the files, nor on chance: all rows
    # are in the sample.
    "SET LOCAL session_replication_role = replica",  # some tables refuse it
    "TRUNCATE openings, cases, clocks, courses, tasks, armings CASCADE",
    "SET LOCAL session_replication_role = DEFAULT",
    "SET LOCAL default_statistics_target = 400",
    """
    CREATE TEMPORARY VIEW crowd AS
    SELECT n, district || '-' || lpad(n::text, 12, '0') AS case_no, district,
           now() - n * interval '1 minute' AS received_at, n % 5 <> 0 AS closed,
           district || '-' || (n % 40) AS officer, today + (n % 60)::int AS due_on,
           md5((n % 4800)::text)::uuid AS course, today
    FROM generate_series(1, {cases}) AS n,
         LATERAL (SELECT (310100 + n % 16)::text AS district,
                         (now() AT TIME ZONE 'Asia/Shanghai')::date AS today)
    """,
    """
    INSERT INTO openings SELECT case_no, district, 'backend', 'ref-' || n, '', 's' || n,
           interval '0', '', CASE WHEN n % 1000 = 6 THEN 'request' ELSE 'application' END
    FROM crowd
    """,
    "INSERT INTO service_items VALUES ('policy', 'PTS_NEW', '310106', '', '{{}}')",
    """
    INSERT INTO cases (case_no, district, item, item_name, office, channel, policy, stage,
           stage_since, received_at, closed_at, card, holder, green, open_debts, last_seq)
    SELECT case_no, district, (ARRAY['PTS_NEW', 'PTS_REN', 'HJ_RES', 'OTP_B'])[1 + n % 4], '', '',
           'online', 'policy', CASE WHEN closed THEN 'archived' ELSE 'review' END, received_at,
           received_at, CASE WHEN closed THEN now() END,
           CASE WHEN n % 500 = 0 THEN 'red' ELSE 'none' END,
           CASE WHEN closed THEN '' ELSE officer END, n % 1000 = 0, (n % 700 = 0)::int, 3
    FROM crowd
    """,
    """
    INSERT INTO courses
    SELECT DISTINCT ON (course) course, district, '', '', 'working_days', 20, NULL, false, '', '',
           due_on, '[]', '[]', CASE WHEN closed THEN due_on END, '[]', due_on,
           CASE WHEN n % 4800 = 60 THEN today ELSE due_on + 1 END, false
    FROM crowd
    """,
    """
    INSERT INTO armings (case_no, version, wakes_at, ahead)
    SELECT case_no, 0, due_on, '{{"stage": "review", "card": "red", "holder": "", "closed": false,
           "status": "", "points": "", "tasks": [], "done": []}}'
    FROM crowd WHERE NOT closed
    """,
    """
    INSERT INTO clocks SELECT case_no, 'decide', 'decide', '', course FROM crowd
    """,
    """
    INSERT INTO tasks
    SELECT case_no, task, district, 'review', '', 'reviewer', officer,
           district || '-' || ((n + 7) % 40), received_at, due_on,
           CASE WHEN closed OR task <> 'review#2' THEN now() END, ''
    FROM crowd, unnest(ARRAY['pre_review#1', 'review#2']) AS task
    """,
    "ANALYZE openings, cases, clocks, courses, tasks, armings",
)


async def gather_crowd(connection: AsyncConnection, cases: int) -> None:
    """Put so many cases of 16 districts into an empty register; every fifth is open."""
    for statement in _STATEMENTS:
        await connection.execute(text(statement.format(cases=cases)))
