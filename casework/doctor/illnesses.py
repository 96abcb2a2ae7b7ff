"""From what was seen to what is wrong: pure, so that every illness can be tried on its own."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from casework.domain.time.calendar import local_date

LETTER_WAITS = timedelta(minutes=30)
ORDER_TAKES = timedelta(hours=1)
ORDER_WAITS = timedelta(days=3)
WAKES_LATE = timedelta(minutes=15)
DIGEST_EVERY = timedelta(hours=26)
KEY_LASTS = timedelta(days=400)
CLOCKS_DIFFER = timedelta(seconds=30)
FEED_HELD = timedelta(minutes=10)
BACKLOG_WAITS = timedelta(minutes=1)
CALENDAR_FROM_MONTH = 12
"""The notice for the next year is missed from this month on."""

NAMED = 5
"""Of what there may be many, so many are named; the others are counted."""


class Severity(StrEnum):
    """``ill``: somebody has to act; ``watch``: nothing is lost yet, or it may be meant so."""

    ILL = "ill"
    WATCH = "watch"


@dataclass(frozen=True, kw_only=True)
class Register:
    """What the register says.

    ``behind``: revisions that its tables lack. ``armed_late``: cases whose timer fires after what
    is due; ``overslept``: cases whose timer was due and that did nothing. ``reminded`` and
    ``digested``: when the last digests of cards and of the audit chain were made.
    ``unheld_catalogues``: digests of published versions that the material store lacks.
    ``unled_cities``: in which people hold posts today, and no superior is named.
    ``ailing_webhooks``: paused, or their receiver has refused events. ``feed_held``: for how long
    one transaction has kept readers of the feed from what was recorded since.
    """

    behind: int = 0
    is_newer: bool = False
    read_only: bool = False
    server_at: datetime
    open_cases: Mapping[str, str] = field(default_factory=dict)
    letters_waiting: int = 0
    letter_waits_since: datetime | None = None
    letters_refused: int = 0
    digests_refused: int = 0
    digested_at: datetime | None = None
    first_event_at: datetime | None = None
    orders_proposed: Mapping[str, datetime] = field(default_factory=dict)
    orders_under_way: Mapping[str, datetime] = field(default_factory=dict)
    years: frozenset[int] = frozenset()
    keys: frozenset[str] = frozenset()
    in_trouble: tuple[str, ...] = ()
    armed_late: tuple[str, ...] = ()
    armed_late_count: int = 0
    overslept: tuple[str, ...] = ()
    overslept_count: int = 0
    unheld_catalogues: tuple[str, ...] = ()
    unled_cities: tuple[str, ...] = ()
    ailing_webhooks: tuple[str, ...] = ()
    feed_held: timedelta = timedelta()
    materials_away: bool = False


@dataclass(frozen=True, kw_only=True)
class ScheduleSeen:
    """``exists``: false if the server does not know it."""

    exists: bool = True
    paused: bool = False
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Engine:
    """What Temporal says.

    ``running``: ids of running workflows of cases, with when they began. ``builds``: how many
    workers of each release ask for tasks now.
    """

    stuck: tuple[str, ...] = ()
    running: Mapping[str, datetime] = field(default_factory=dict)
    builds: Mapping[str, int] = field(default_factory=dict)
    workflow_pollers: int = 0
    activity_pollers: int = 0
    backlog_waits: timedelta = timedelta()
    schedules: Mapping[str, ScheduleSeen] = field(default_factory=dict)
    attributes_missing: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Seen:
    """All that was looked at, at ``at``; None: it does not answer.

    ``release``: of this command. ``keys``, ``key_made_at``: of the ring on this machine.
    ``ahead``: cases of which the register has events that Temporal does not hold; None: not asked.
    """

    at: datetime
    release: str
    register: Register | None
    engine: Engine | None
    keys: frozenset[str] | None = None
    key_made_at: datetime | None = None
    issuer_answers: bool = True
    ahead: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One illness. ``about`` names some of what is concerned, by case, order or schedule number.

    ``runbook``: the heading in docs/runbook.md that says more.
    """

    code: str
    severity: Severity
    title: str
    said: str
    advice: str
    runbook: str
    about: tuple[str, ...] = ()


def diagnose(seen: Seen) -> tuple[Finding, ...]:
    """What is wrong, what has to be dealt with first coming first."""
    found = [*_of_surroundings(seen)]
    if seen.register is not None:
        found += _of_register(seen, seen.register)
    if seen.engine is not None:
        found += _of_engine(seen, seen.engine)
    if seen.register is not None and seen.engine is not None:
        found += _of_both(seen, seen.register, seen.engine)
    return tuple(sorted(found, key=lambda each: each.severity is Severity.WATCH))


_ILLNESSES: dict[str, tuple[Severity, str, str, str]] = {}
"""By code: how bad, its Chinese name, what to do, where the runbook says more."""


def _ill(code: str, title: str, advice: str, runbook: str) -> str:
    _ILLNESSES[code] = (Severity.ILL, title, advice, runbook)
    return code


def _watch(code: str, title: str, advice: str, runbook: str) -> str:
    _ILLNESSES[code] = (Severity.WATCH, title, advice, runbook)
    return code


_UNAVAILABLE = "a-part-is-unavailable"
_STUCK = "stuck-workflows"
_DOUBT = "the-register-is-in-doubt"

REGISTER_AWAY = _ill(
    "register_away",
    "登记库无响应",
    "bring PostgreSQL back; workers go on by themselves",
    _UNAVAILABLE,
)
TEMPORAL_AWAY = _ill(
    "temporal_away",
    "流程引擎无响应",
    "bring Temporal back; nothing is lost meanwhile",
    _UNAVAILABLE,
)
ISSUER_AWAY = _ill(
    "issuer_away",
    "身份认证无响应",
    "bring the issuer of tokens back: nobody can log in",
    _UNAVAILABLE,
)
MIGRATIONS_BEHIND = _ill(
    "migrations_behind",
    "登记库未迁移",
    "run `casework migrate`, then start the workers",
    _UNAVAILABLE,
)
REGISTER_NEWER = _ill(
    "register_newer",
    "登记库版本较新",
    "run the later release, or go back as deploy/README.md says",
    _UNAVAILABLE,
)
REGISTER_READ_ONLY = _ill(
    "register_read_only",
    "登记库只读",
    "point CASEWORK_DATABASE_URL to the primary",
    _UNAVAILABLE,
)
CLOCKS = _ill(
    "clocks_differ",
    "时钟不一致",
    "set the clock of this machine or of PostgreSQL's by NTP: proofs are refused as stale",
    "keys-that-sign",
)
KEY_MISSING = _ill(
    "key_missing",
    "缺少主密钥",
    "bring the ring in force to this machine: cases sealed by these keys do not go on here",
    "keys",
)
KEY_OLD = _watch("key_old", "主密钥过久未更换", "run `casework keys rotate`", "keys")
LETTERS_WAITING = _ill(
    "letters_waiting",
    "通知积压",
    "look at mail server and gateway, and at the pending activities in the Web UI",
    "a-refused-notice-a-refused-report",
)
LETTERS_REFUSED = _watch(
    "letters_refused",
    "通知被拒",
    "tell these people in another way, then `casework do resolve-trouble`",
    "a-refused-notice-a-refused-report",
)
DIGESTS_REFUSED = _watch(
    "digests_refused",
    "督办提醒被拒",
    "run `casework digests --status refused`, and correct the contacts",
    "cards-reach-people",
)
DIGEST_LATE = _ill(
    "digest_late",
    "审计摘要未生成",
    "look at the schedule `audit-digests`; `casework audit digest` makes yesterday's",
    "the-audit-chain",
)
ORDER_STUCK = _ill(
    "order_stuck",
    "指令未执行完",
    "look at the order's workflow in the Web UI; it goes on when a worker runs",
    "orders",
)
ORDER_WAITING = _watch(
    "order_waiting", "指令待批准", "ask a second person for `casework order approve`", "orders"
)
CALENDAR_MISSING = _ill(
    "calendar_missing",
    "缺少工作日历",
    "enter the notice by `casework calendar import FILE --apply`",
    "orders",
)
TROUBLE = _watch(
    "cases_in_trouble",
    "外部系统拒绝待处理",
    "see who holds the task `resolve_trouble` by `casework show NO`",
    "a-refused-notice-a-refused-report",
)
ARMED_LATE = _ill(
    "armed_late",
    "定时与届满日不符",
    "the next order signals these cases; if none is under way, run `casework register rebuild NO`"
    " and report this as a bug",
    _DOUBT,
)
OVERSLEPT = _ill(
    "overslept",
    "到时未动",
    "see that a worker runs; then look at these workflows in the Web UI",
    _STUCK,
)
MATERIALS_AWAY = _ill(
    "materials_away", "材料库无响应", "bring the content store back", _UNAVAILABLE
)
CITY_UNLED = _ill(
    "city_without_superior",
    "市无上级主管部门",
    "name one under `cities` in the roster file and restart a worker: nobody else may decide there",
    "staff-changes",
)
WEBHOOKS_WAIT = _ill(
    "webhooks_wait",
    "变化推送受阻",
    "run `casework webhook show ID`; once the receiver is well, `casework webhook resume ID` and"
    " `casework webhook redeliver ID`",
    "webhooks",
)
FEED_HELD_UP = _watch(
    "feed_held_up",
    "变化清单停滞",
    "wait for the order that is being applied; else end the transaction that stands idle",
    "webhooks",
)
CATALOGUE_LOST = _ill(
    "catalogue_lost",
    "事项目录版本缺失",
    "put the file back under its digest, from the backup of the content store",
    "orders",
)
STUCK = _ill(
    "workflows_stuck",
    "流程停滞",
    "read the last failure of their workflow tasks; reset nothing before",
    _STUCK,
)
NO_WORKER = _ill("no_worker", "无人办理流程", "start a worker", _UNAVAILABLE)
NO_ACTIVITY_WORKER = _ill(
    "no_activity_worker",
    "无人执行外部动作",
    "restart the workers: one polls for workflows, none for activities",
    _UNAVAILABLE,
)
VERSIONS = _watch(
    "versions_differ",
    "版本不一致",
    "finish the release: stop the workers of the other version",
    _UNAVAILABLE,
)
BACKLOG = _ill(
    "backlog",
    "流程任务积压",
    "start more workers; do not give each more tasks",
    _UNAVAILABLE,
)
SCHEDULE_MISSING = _ill(
    "schedule_missing",
    "缺少定时安排",
    "restart a worker: it makes the schedules that are missing",
    "cards-reach-people",
)
SCHEDULE_PAUSED = _watch(
    "schedule_paused",
    "定时安排已暂停",
    "if nobody wants it so: `temporal schedule toggle --unpause --schedule-id NAME --reason …`",
    "cards-reach-people",
)
ATTRIBUTES_MISSING = _ill(
    "attributes_missing",
    "缺少检索属性",
    "create them by the operators' command: no case can be opened",
    "to-a-real-cluster",
)
WORKFLOW_MISSING = _ill(
    "workflow_missing",
    "有登记无流程",
    "Temporal was restored to an earlier moment, or somebody ended them: see the runbook",
    "backup",
)
CASE_MISSING = _ill(
    "case_missing",
    "有流程无登记",
    "the register is older than Temporal, or the case cannot record its first event",
    "backup",
)
REGISTER_AHEAD = _ill(
    "register_ahead",
    "登记多于流程",
    "run `casework register rebuild NO`; if it comes again, the tasks of the case fail",
    _DOUBT,
)

CODES = frozenset(_ILLNESSES)


def _found(code: str, said: str, about: tuple[str, ...] = ()) -> Finding:
    severity, title, advice, runbook = _ILLNESSES[code]
    return Finding(
        code=code,
        severity=severity,
        title=title,
        said=said,
        advice=advice,
        runbook=runbook,
        about=about[:NAMED],
    )


def _of_surroundings(seen: Seen) -> Iterator[Finding]:
    if seen.register is None:
        yield _found(REGISTER_AWAY, "the register does not answer")
    if seen.engine is None:
        yield _found(TEMPORAL_AWAY, "Temporal does not answer")
    if not seen.issuer_answers:
        yield _found(ISSUER_AWAY, "the issuer of tokens does not answer")
    if seen.key_made_at is not None and seen.at - seen.key_made_at > KEY_LASTS:
        yield _found(KEY_OLD, f"the key that seals is {(seen.at - seen.key_made_at).days} days old")


def _of_register(seen: Seen, register: Register) -> Iterator[Finding]:
    yield from _of_tables(seen, register)
    yield from _of_letters(seen, register)
    yield from _of_orders(seen, register)
    yield from _of_calendar(seen, register)
    yield from _of_cases(register)
    yield from _of_the_feed(register)


def _of_tables(seen: Seen, register: Register) -> Iterator[Finding]:
    if register.is_newer:
        yield _found(REGISTER_NEWER, "the register was migrated by a later release")
    if register.behind:
        yield _found(MIGRATIONS_BEHIND, f"the register lacks {register.behind} migrations")
    if register.read_only:
        yield _found(REGISTER_READ_ONLY, "the register takes no writes")
    if abs(seen.at - register.server_at) > CLOCKS_DIFFER:
        apart = round(abs(seen.at - register.server_at).total_seconds())
        yield _found(CLOCKS, f"the clocks of this machine and of PostgreSQL are {apart} s apart")
    if seen.keys is not None and (unknown := register.keys - seen.keys):
        about = tuple(sorted(unknown))
        yield _found(KEY_MISSING, f"{len(unknown)} keys are in use and not in the ring", about)
    if register.materials_away:
        yield _found(MATERIALS_AWAY, "the content store does not answer")
    if unled := register.unled_cities:
        yield _found(CITY_UNLED, f"{len(unled)} cities have no superior today", unled)
    if lost := register.unheld_catalogues:
        yield _found(CATALOGUE_LOST, f"{len(lost)} versions of the catalogue are not there", lost)


def _of_the_feed(register: Register) -> Iterator[Finding]:
    if ailing := register.ailing_webhooks:
        yield _found(WEBHOOKS_WAIT, f"{len(ailing)} webhooks do not tell everything", ailing)
    if register.feed_held > FEED_HELD:
        minutes = round(register.feed_held.total_seconds() / 60)
        yield _found(FEED_HELD_UP, f"a transaction has been writing for {minutes} minutes")


def _of_cases(register: Register) -> Iterator[Finding]:
    if register.armed_late_count and not register.orders_under_way:
        said = f"{register.armed_late_count} cases would wake after what is due"
        yield _found(ARMED_LATE, said, register.armed_late)
    if register.overslept_count:
        said = f"{register.overslept_count} cases did not wake when their timer was due"
        yield _found(OVERSLEPT, said, register.overslept)
    if trouble := register.in_trouble:
        said = f"{len(trouble)} cases have a refusal that nobody has dealt with"
        yield _found(TROUBLE, said, trouble)


def _of_letters(seen: Seen, register: Register) -> Iterator[Finding]:
    since = register.letter_waits_since
    if since is not None and seen.at - since > LETTER_WAITS:
        said = f"{register.letters_waiting} letters wait, the oldest for {_long(seen.at - since)}"
        yield _found(LETTERS_WAITING, said)
    if register.letters_refused:
        yield _found(LETTERS_REFUSED, f"{register.letters_refused} letters were refused for good")
    if register.digests_refused:
        said = f"{register.digests_refused} digests of cards were refused in the last seven days"
        yield _found(DIGESTS_REFUSED, said)
    expected = register.digested_at or register.first_event_at
    if expected is not None and seen.at - expected > DIGEST_EVERY:
        said = f"no digest of the audit chain was made for {_long(seen.at - expected)}"
        yield _found(DIGEST_LATE, said)


def _of_orders(seen: Seen, register: Register) -> Iterator[Finding]:
    late = _older(register.orders_under_way, seen.at - ORDER_TAKES)
    if late:
        yield _found(ORDER_STUCK, f"{len(late)} orders are approved and not done", late)
    waiting = _older(register.orders_proposed, seen.at - ORDER_WAITS)
    if waiting:
        yield _found(ORDER_WAITING, f"{len(waiting)} orders wait for a second person", waiting)


def _of_calendar(seen: Seen, register: Register) -> Iterator[Finding]:
    today = local_date(seen.at)
    wanted = {today.year} | ({today.year + 1} if today.month >= CALENDAR_FROM_MONTH else set())
    if missing := sorted(wanted - register.years):
        years = tuple(str(year) for year in missing)
        yield _found(CALENDAR_MISSING, f"the calendar of {' and '.join(years)} is missing", years)


def _of_engine(seen: Seen, engine: Engine) -> Iterator[Finding]:
    if stuck := engine.stuck:
        yield _found(STUCK, f"the tasks of {len(stuck)} workflows keep failing", stuck)
    if not engine.workflow_pollers:
        yield _found(NO_WORKER, "no worker asks for workflow tasks")
    elif not engine.activity_pollers:
        yield _found(NO_ACTIVITY_WORKER, "no worker asks for activities")
    if set(engine.builds) - {seen.release}:
        said = ", ".join(f"{count} × {build}" for build, count in sorted(engine.builds.items()))
        yield _found(VERSIONS, f"workers that poll: {said}; this command is {seen.release}")
    if engine.backlog_waits > BACKLOG_WAITS:
        yield _found(BACKLOG, f"workflow tasks wait for {_long(engine.backlog_waits)}")
    gone = tuple(name for name, each in engine.schedules.items() if not each.exists)
    if gone:
        yield _found(SCHEDULE_MISSING, f"{len(gone)} schedules do not exist", gone)
    paused = tuple(name for name, each in engine.schedules.items() if each.paused)
    if paused:
        yield _found(SCHEDULE_PAUSED, f"{len(paused)} schedules are paused", paused)
    if missing := engine.attributes_missing:
        yield _found(ATTRIBUTES_MISSING, f"{len(missing)} search attributes are missing", missing)


def _of_both(seen: Seen, register: Register, engine: Engine) -> Iterator[Finding]:
    lone = tuple(case for case, id_ in register.open_cases.items() if id_ not in engine.running)
    if lone:
        yield _found(WORKFLOW_MISSING, f"{len(lone)} open cases have no running workflow", lone)
    known = set(register.open_cases.values())
    # One that began just now may not have come to its first event.
    old = seen.at - WAKES_LATE
    strange = tuple(id_ for id_, at in engine.running.items() if id_ not in known and at < old)
    if strange:
        yield _found(CASE_MISSING, f"{len(strange)} running workflows have no open case", strange)
    if seen.ahead:
        said = f"of {len(seen.ahead)} cases the register has events that Temporal does not hold"
        yield _found(REGISTER_AHEAD, said, seen.ahead)


def _older(since: Mapping[str, datetime], than: datetime) -> tuple[str, ...]:
    return tuple(sorted(no for no, at in since.items() if at < than))


_UNITS: tuple[tuple[str, timedelta], ...] = (
    ("days", timedelta(days=1)),
    ("hours", timedelta(hours=1)),
    ("minutes", timedelta(minutes=1)),
)


def _long(span: timedelta) -> str:
    for unit, one in _UNITS:
        if span >= 2 * one:
            return f"{span // one} {unit}"
    return f"{round(span.total_seconds())} seconds"
