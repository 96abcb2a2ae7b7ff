"""What operators watch of the register: counts and ages, read in one statement.

A figure is of a district, a stage, a kind or a system, never of a case or of a person.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.time.calendar import ZONE, local_date

LABELS: dict[str, tuple[str, ...]] = {
    "cases_open": ("district", "stage"),
    "cases_received_today": ("district",),
    "clocks_running": ("district", "due"),
    "clocks_suspended": ("district",),
    "cards_open": ("district", "card"),
    "debts_open": ("district",),
    "tasks_open": ("district", "kind"),
    "cases_in_trouble": ("district",),
    "letters_unsent": ("status",),
    "letter_waiting_seconds": (),
    "digests_unsent": ("status",),
    "digest_age_seconds": ("kind",),
    "orders_waiting": ("status",),
    "order_waiting_seconds": ("status",),
    "calendar_next_year_missing": (),
    "key_age_seconds": (),
    "webhooks": ("status",),
    "webhook_lag_seconds": ("system",),
    "webhook_events_refused": ("system",),
    "feed_held_seconds": (),
}
"""Every figure that there is, by name, with what it is told apart by."""

DUE = ("overdue", "today", "week", "later", "unknown")
"""When a clock is due: the next seven days are a week; unknown while it stands still."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One number; ``labels`` are the values for the names in `LABELS`, in that order."""

    name: str
    labels: tuple[str, ...]
    value: float


# Each part goes by an index of the few rows that it is about: open cases, running courses, open
# cards and tasks, letters that are not sent. What is closed is not read.
_FIGURES = text("""
WITH open_cases AS MATERIALIZED (
    SELECT case_no, district, stage, open_debts FROM cases WHERE closed_at IS NULL
), running AS (
    SELECT district, clocks.n, due_on, EXISTS (
        SELECT FROM jsonb_array_elements(pauses) AS p
        WHERE (p->>0)::date <= :today AND (p->>1 IS NULL OR :today < (p->>1)::date)
    ) AS stands_still
    FROM courses JOIN LATERAL (
        SELECT count(*) AS n FROM clocks WHERE clocks.course = courses.id
    ) AS clocks ON true
    WHERE ended_on IS NULL
), waiting AS (
    SELECT status, extract(epoch FROM :at - queued_at) AS age FROM notices WHERE status <> 'sent'
), orders_open AS (
    SELECT status, extract(epoch FROM :at - COALESCE(applied_at, decided_at, proposed_at)) AS age
    FROM orders WHERE status IN ('proposed', 'approved', 'applied')
)
SELECT 'cases_open' AS name, district AS a, stage AS b, count(*)::float8 AS value
    FROM open_cases GROUP BY district, stage
UNION ALL SELECT 'cases_received_today', district, '', count(*)
    FROM cases WHERE received_at >= :midnight GROUP BY district
UNION ALL SELECT 'clocks_running', district, CASE
        WHEN due_on IS NULL THEN 'unknown'
        WHEN due_on < :today THEN 'overdue'
        WHEN due_on = :today THEN 'today'
        WHEN due_on <= :today + 7 THEN 'week'
        ELSE 'later' END, sum(n)
    FROM running GROUP BY 2, 3
UNION ALL SELECT 'clocks_suspended', district, '', sum(n)
    FROM running WHERE due_on IS NULL OR stands_still GROUP BY district
UNION ALL SELECT 'cards_open', cases.district, rung, count(*)
    FROM cards JOIN cases USING (case_no) WHERE cleared_at IS NULL GROUP BY cases.district, rung
UNION ALL SELECT 'debts_open', district, '', sum(open_debts)
    FROM cases WHERE open_debts > 0 GROUP BY district
UNION ALL SELECT 'tasks_open', district, kind, count(*)
    FROM tasks WHERE closed_at IS NULL GROUP BY district, kind
UNION ALL SELECT 'cases_in_trouble', district, '', count(DISTINCT case_no)
    FROM tasks WHERE closed_at IS NULL AND kind = 'resolve_trouble' GROUP BY district
UNION ALL SELECT 'letters_unsent', status, '', count(*) FROM waiting GROUP BY status
UNION ALL SELECT 'letter_waiting_seconds', '', '', COALESCE(max(age), 0)
    FROM waiting WHERE status = 'queued'
UNION ALL SELECT 'digests_unsent', status, '', count(*)
    FROM card_digests WHERE status IN ('queued', 'refused') AND day >= :today - 7 GROUP BY status
UNION ALL SELECT 'digest_age_seconds', 'audit', '', extract(epoch FROM :at - max(made_at))
    FROM audit_digests HAVING count(*) > 0
UNION ALL SELECT 'digest_age_seconds', 'cards', '', extract(epoch FROM :at - max(sent_at))
    FROM card_digests WHERE status = 'sent' AND day >= :today - 30 HAVING count(*) > 0
UNION ALL SELECT 'orders_waiting', status, '', count(*) FROM orders_open GROUP BY status
UNION ALL SELECT 'order_waiting_seconds', status, '', max(age) FROM orders_open GROUP BY status
UNION ALL SELECT 'calendar_next_year_missing', '', '', (NOT EXISTS (
    SELECT FROM calendar_years
    WHERE calendar = 'CN' AND year = :next_year AND NOT provisional AND notice <> ''
))::int
UNION ALL SELECT 'key_age_seconds', '', '', extract(epoch FROM :at - max(seen_at))
    FROM master_keys HAVING count(*) > 0
UNION ALL SELECT 'webhooks', status, '', count(*)
    FROM webhooks WHERE status <> 'ended' GROUP BY status
UNION ALL SELECT 'webhook_lag_seconds', system, '',
        max(extract(epoch FROM :at - COALESCE(caught_up_at, made_at)))
    FROM webhooks WHERE status IN ('active', 'paused') GROUP BY system
UNION ALL SELECT 'webhook_events_refused', system, '', count(*)
    FROM refused_events JOIN webhooks ON webhooks.id = webhook GROUP BY system
UNION ALL SELECT 'feed_held_seconds', '', '',
        COALESCE(max(extract(epoch FROM clock_timestamp() - xact_start)), 0)
    FROM pg_stat_activity WHERE backend_xid IS NOT NULL
""")


async def figures(session: AsyncSession, at: datetime) -> tuple[Figure, ...]:
    """Every figure that is not zero, as of ``at``; what is told apart by nothing is always there.

    ``digest_age_seconds`` and ``key_age_seconds`` are there once there is a digest, or a key.
    """
    today = local_date(at)
    found = await session.execute(
        _FIGURES,
        {
            "at": at,
            "today": today,
            "midnight": at - _since_midnight(at),
            "next_year": today.year + 1,
        },
    )
    return tuple(
        Figure(name=name, labels=(a, b)[: len(LABELS[name])], value=float(value))
        for name, a, b, value in found
    )


def _since_midnight(at: datetime) -> timedelta:
    here = at.astimezone(ZONE)
    return here - here.replace(hour=0, minute=0, second=0, microsecond=0)
