-- The dates of each course in "reached", by the orders that are in force: the arithmetic of
-- casework/domain/time/clock.py and ladder.py once more, set-based. tests/store/test_dating.py holds the
-- two equal.
--
-- Days are counted through the working-day index: from a working day's rank (nth) to the day, and
-- back. A rank goes up by one on each working day, so a stretch of days is a difference of ranks.
-- For courses in calendar days the rank is the day itself.

WITH run AS MATERIALIZED (
    SELECT id, district, office, alone, unit, until, rolls, side, measure, started_on, stops, pending,
           amount, awaited,
           coalesce(own.calendar, 'CN') AS calendar
    FROM courses
    JOIN reached ON reached.course = courses.id
    LEFT JOIN (SELECT DISTINCT calendar FROM calendar_years) AS own ON own.calendar = district
),

-- The measures that reach a course though its clocks may have run when they began
-- (casework/domain/time/suspension.py, "reaches"), from when to when they stop it.
coming AS MATERIALIZED (
    SELECT run.id AS course,
           measures.id AS measure,
           least(greatest(since, started_on), measures.until) AS first_on,
           measures.until AS lifted_on
    FROM run
    JOIN measures ON measures.id <> run.measure AND (
        run.awaited -> 'under' ? measures.id
        OR (
            effect IN ('PAPER_DEFERRED', 'PAPER_NO_LIMIT')
            AND measures.district = run.district
            AND items ? (run.awaited ->> 'item')
            AND (measures.until IS NULL OR measures.until >= started_on)
            AND (online_accepted_from IS NULL OR online_accepted_from <= started_on)
            AND (
                channels ? (run.awaited ->> 'channel')
                OR (
                    channels = '[]'
                    AND (
                        online_accepted_from IS NULL
                        OR run.awaited ->> 'channel' = ANY (:online)
                    )
                )
            )
        )
    )
    WHERE run.awaited IS NOT NULL AND run.until IS NULL
),

-- Each course as its own limit has it ("course" is its id), and as the end of each measure that
-- reaches it would have it ("after"); further down, "ruling" takes one of them.
variant AS (
    SELECT id, id AS course, NULL AS after, unit, amount, rolls
    FROM run
    UNION ALL
    SELECT md5(run.id::text || coming.measure)::uuid, run.id, coming.measure,
           awaited ->> 'unit', (awaited ->> 'amount')::integer, (awaited ->> 'rolls')::boolean
    FROM run
    JOIN coming ON coming.course = run.id
    WHERE awaited ? 'unit'
),

course AS MATERIALIZED (
    SELECT variant.id, variant.course, variant.after, variant.unit, variant.amount, variant.rolls,
           district, office, alone, until, side, measure, started_on, stops, pending, calendar,
           variant.unit = 'working_days' AS by_rank,
           CASE
               WHEN until IS NOT NULL THEN greatest(0, until - started_on)
               WHEN variant.unit = 'months'
                   THEN (started_on + make_interval(months => variant.amount))::date - started_on
               ELSE variant.amount
           END AS budget
    FROM variant
    JOIN run ON run.id = variant.course
),

-- Every stretch in which a clock stands still, from its first day to the day of lifting: its own
-- stops, what orders impose, and the measure under which its limit does not run.
stretch AS (
    SELECT id, (stop ->> 0)::date AS first_on, (stop ->> 1)::date AS lifted_on
    FROM course, jsonb_array_elements(stops) AS stop
    WHERE course.until IS NULL
    UNION ALL
    SELECT course.id, suspensions.first_on, suspensions.lifted_on
    FROM course
    JOIN suspensions ON suspensions.key IN (
        CASE WHEN left(district, 2) = ANY (:municipalities)
            THEN left(district, 2) || '0000'
            ELSE left(district, 4) || '00'
        END,
        district,
        district || '/' || office,
        nullif(alone, '')
    )
    WHERE course.until IS NULL
      AND side <> ''
      AND suspensions.clocks IN (side, 'both')
      AND (suspensions.lifted_on IS NULL OR suspensions.lifted_on > started_on)
    UNION ALL
    SELECT course.id, least(started_on, measures.until), measures.until
    FROM course
    JOIN measures ON measures.id = course.measure
    WHERE course.until IS NULL
    UNION ALL
    SELECT course.id,
           CASE WHEN coming.measure = course.after
               THEN least(course.started_on, coming.lifted_on)
               ELSE coming.first_on
           END,
           coming.lifted_on
    FROM course
    JOIN coming ON coming.course = course.course
),

-- "gaps": the days that do not count, both ends included and overlaps joined. "held": the days at
-- whose end the clock stands still; on the day of lifting it runs again.
stood AS (
    SELECT id,
           jsonb_agg(jsonb_build_array(first_on, lifted_on) ORDER BY first_on, lifted_on) AS pauses,
           range_agg(daterange(first_on, lifted_on, '[]')) AS gaps,
           range_agg(daterange(first_on, lifted_on, '[)')) AS held,
           min(first_on) FILTER (WHERE lifted_on IS NULL) AS open_from
    FROM stretch
    GROUP BY id
),

-- Each gap after the start; the server must not look up its days before it has them all.
after_start AS MATERIALIZED (
    SELECT id, calendar, by_rank, budget, started_on, gap
    FROM course
    JOIN stood USING (id)
    CROSS JOIN unnest(gaps * datemultirange(daterange(started_on + 1, NULL))) AS gap
),

-- How many days pass before it, and how many it leaves out.
gap AS (
    SELECT id,
           budget,
           lower(gap) AS first_on,
           upper_inf(gap) AS is_open,
           CASE WHEN by_rank THEN eve.nth - start.nth ELSE eve.day - started_on END AS passed,
           CASE WHEN by_rank THEN last.nth - eve.nth ELSE last.day - eve.day END AS left_out
    FROM after_start AS g
    JOIN calendar_days AS start ON start.calendar = g.calendar AND start.day = started_on
    JOIN calendar_days AS eve ON eve.calendar = g.calendar AND eve.day = lower(gap) - 1
    LEFT JOIN calendar_days AS last ON last.calendar = g.calendar AND last.day = upper(gap) - 1
),

-- A gap counts if it begins before the budget is used up, the gaps before it left out.
met AS (
    SELECT *,
           passed - coalesce(sum(left_out) OVER earlier, 0) < budget AS before_end,
           passed - coalesce(sum(left_out) OVER earlier, 0) < (budget + 1) / 2 AS before_half
    FROM gap
    WINDOW earlier AS (
        PARTITION BY id ORDER BY first_on ROWS UNBOUNDED PRECEDING EXCLUDE CURRENT ROW
    )
),

delayed AS (
    SELECT id,
           coalesce(sum(left_out) FILTER (WHERE before_end), 0)::int AS by_end,
           coalesce(sum(left_out) FILTER (WHERE before_half), 0)::int AS by_half,
           bool_or(is_open AND before_end) AS is_hidden
    FROM met
    GROUP BY id
),

reckoned AS (
    SELECT course.*,
           start.nth AS start_nth,
           coalesce(pauses, '[]') AS pauses,
           coalesce(gaps, '{}') AS gaps,
           coalesce(held, '{}') AS held,
           coalesce(open_from, 'infinity') AS open_from,
           coalesce(is_hidden, FALSE) AS is_hidden,
           budget + coalesce(by_end, 0) AS to_end,
           (budget + 1) / 2 + coalesce(by_half, 0) AS to_half
    FROM course
    JOIN calendar_days AS start ON start.calendar = course.calendar AND start.day = started_on
    LEFT JOIN stood USING (id)
    LEFT JOIN delayed USING (id)
),

-- The day on which the budget is used up, and that on which half of it is. What is to come before a
-- day is counted back from the last working day up to it, which has the rank of the day.
full_days AS MATERIALIZED (
    SELECT reckoned.*,
           CASE
               WHEN is_hidden THEN NULL
               WHEN unit = 'working_days_before' THEN ahead.day
               WHEN until IS NOT NULL THEN until
               WHEN budget = 0 THEN started_on
               WHEN by_rank THEN last.day
               ELSE started_on + to_end
           END AS full_on,
           CASE
               WHEN budget = 0 THEN started_on
               WHEN by_rank THEN half.day
               ELSE started_on + to_half
           END AS half_on
    FROM reckoned
    LEFT JOIN calendar_days AS last
        ON by_rank AND last.calendar = reckoned.calendar AND last.working
           AND last.nth = start_nth + to_end
    LEFT JOIN calendar_days AS half
        ON by_rank AND half.calendar = reckoned.calendar AND half.working
           AND half.nth = start_nth + to_half
    LEFT JOIN calendar_days AS last_before
        ON unit = 'working_days_before' AND last_before.calendar = reckoned.calendar
           AND last_before.day = until
    LEFT JOIN calendar_days AS ahead
        ON ahead.calendar = reckoned.calendar AND ahead.working
           AND ahead.nth = last_before.nth - amount
),

-- A last day that is a rest day moves to the next working day that counts.
due AS MATERIALIZED (
    SELECT full_days.*,
           CASE WHEN rolls AND NOT full_day.working
               THEN (
                   SELECT day FROM calendar_days AS later
                   WHERE later.calendar = full_days.calendar AND working
                     AND day > full_on AND day < open_from AND NOT day <@ gaps
                   ORDER BY day LIMIT 1
               )
               ELSE full_on
           END AS due_on
    FROM full_days
    LEFT JOIN calendar_days AS full_day
        ON full_day.calendar = full_days.calendar AND full_day.day = full_on
),

-- Of the remainder and the limit after a measure the later one counts. A measure that begins after
-- the clock has run out has not reached it, nor has any that begins still later.
judged AS (
    SELECT due.*,
           coming.first_on,
           first_value(pauses) OVER earlier AS own_pauses,
           coming.first_on > max(coalesce(due_on, 'infinity')) OVER (
               earlier ROWS UNBOUNDED PRECEDING EXCLUDE CURRENT ROW
           ) AS is_too_late
    FROM due
    LEFT JOIN coming ON coming.course = due.course AND coming.measure = due.after
    WINDOW earlier AS (
        PARTITION BY due.course ORDER BY coming.first_on NULLS FIRST, due.after NULLS FIRST
    )
),

in_time AS (
    SELECT judged.*,
           bool_or(coalesce(is_too_late, FALSE)) OVER (
               PARTITION BY course ORDER BY first_on NULLS FIRST, after NULLS FIRST
               ROWS UNBOUNDED PRECEDING
           ) AS is_out
    FROM judged
),

ruling AS MATERIALIZED (
    SELECT DISTINCT ON (course) *
    FROM in_time
    WHERE NOT is_out
    ORDER BY course, due_on DESC NULLS FIRST, first_on NULLS FIRST, after NULLS FIRST
),

-- The working days before and after the due date; the start where there is none in between.
around AS (
    SELECT due.*,
           CASE WHEN eve.nth > start_nth THEN before.day ELSE started_on END AS before_on,
           next.day AS after_on
    FROM ruling AS due
    LEFT JOIN calendar_days AS eve ON eve.calendar = due.calendar AND eve.day = due_on - 1
    LEFT JOIN calendar_days AS before
        ON before.calendar = due.calendar AND before.working AND before.nth = eve.nth
    LEFT JOIN calendar_days AS last ON last.calendar = due.calendar AND last.day = due_on
    LEFT JOIN calendar_days AS next
        ON next.calendar = due.calendar AND next.working AND next.nth = last.nth + 1
),

-- What is still to fire. A rung or an end on a paused day moves to the next working day that is not,
-- and is for later days than the first; the due date itself may be the first. Where the date decides,
-- what runs out does so on the day after the due date, paused or not; what was given for this due
-- date is over, and so is a half not later than the last rung given ("floor_on").
firing AS (
    SELECT id, name, started_on, floor_on,
           CASE WHEN name NOT IN ('on_due', 'past', 'lapse', 'grace') AND day <@ held
               THEN (
                   SELECT later.day FROM calendar_days AS later
                   WHERE later.calendar = around.calendar AND working
                     AND later.day > part.day AND later.day < open_from
                     AND NOT later.day <@ held
                   ORDER BY later.day LIMIT 1
               )
               ELSE day
           END AS day
    FROM around
    CROSS JOIN LATERAL (
        VALUES
            ('half', greatest(half_on, started_on)),
            ('before', greatest(before_on, started_on)),
            ('after', greatest(after_on, started_on)),
            ('end', greatest(after_on, started_on)),
            ('on_due', due_on),
            ('past', due_on + 1),
            ('lapse', due_on + 1),
            ('grace', after_on)
    ) AS part (name, day)
    CROSS JOIN LATERAL (
        SELECT max(substr(given, 2)::date) AS floor_on
        FROM jsonb_array_elements_text(pending) AS given
        WHERE given LIKE '>%'
    ) AS floor
    WHERE pending ? part.name AND due_on IS NOT NULL
      AND NOT pending ? ('!' || part.name || '@' || to_char(due_on, 'YYYY-MM-DD'))
),

first_firing AS (
    SELECT id, min(day) AS fires_on
    FROM firing
    WHERE (name = 'on_due' OR day > started_on)
      AND (floor_on IS NULL OR name <> 'half' OR day > floor_on)
    GROUP BY id
)

SELECT around.course,
       own_pauses AS pauses,
       due_on,
       first_firing.fires_on,
       -- A day up to the due date that the calendar decides lies in a year without a notice.
       EXISTS (
           SELECT FROM calendar_years AS years
           WHERE years.calendar = 'CN' AND years.provisional
             AND years.year BETWEEN
                 extract(
                     YEAR FROM CASE
                         WHEN by_rank THEN started_on + 1
                         WHEN rolls OR unit = 'working_days_before' THEN full_on
                     END
                 )
                 AND extract(
                     YEAR FROM CASE WHEN unit = 'working_days_before' THEN until ELSE due_on END
                 )
             AND (NOT by_rank OR due_on > started_on)
       ) AS provisional
FROM around
LEFT JOIN first_firing USING (id)
