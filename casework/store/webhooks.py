"""Webhooks in the register: what each wants, how far it has been told, what was refused."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import AwareDatetime, TypeAdapter
from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    delete,
    exists,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from casework.domain.authority import Sight
from casework.messages.webhooks import UndeliveredOutcome, WebhookStatus
from casework.store.access import seen_cases
from casework.store.models import Cases, Events, RefusedEvents, UndeliveredEvents, Webhooks
from casework.store.paging import PAGE_SIZE, Keyset, Page, bounded
from casework.store.queries.feed import FeedFilter, Mark, read_mark

BEHIND_ONE_REFUSED = "behind_a_refused_event"
"""The problem of an event that its receiver was not asked about."""
TOO_MANY_REFUSED = "too_many_refused"
"""The problem of a webhook that paused for that; each event that was refused is a task."""

MOST_REFUSED = 100
"""A receiver that refuses more events is not told further: it is itself at fault."""
MOST_OF_A_SYSTEM, MOST_OF_ALL = 20, 50
"""So many webhooks may last: each holds one of the hundred places for activities of a worker."""


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """What a system wants to be told, where, and how far it has come; see `Webhooks`."""

    id: str
    system: str
    url: str
    events: tuple[str, ...]
    districts: tuple[str, ...]
    item_codes: tuple[str, ...]
    status: WebhookStatus
    after: str
    made_at: datetime
    approved_by: str
    caught_up_at: datetime | None
    failing_since: datetime | None
    problem: str
    ping_asked_at: datetime | None
    ping_sent_at: datetime | None
    ping_problem: str
    refused: int = 0

    @property
    def wanted(self) -> FeedFilter:
        """Which events."""
        return FeedFilter(events=self.events, districts=self.districts, items=self.item_codes)

    @property
    def mark(self) -> Mark:
        """How far it has been told."""
        return read_mark(self.after)


@dataclass(frozen=True, kw_only=True)
class RefusedEvent:
    """An event that the receiver did not take, and why not; ``again``: it will be sent again."""

    case_no: str
    seq: int
    problem: str
    at: datetime
    again: bool


class MovedError(Exception):
    """Another delivery has told the receiver further meanwhile."""


_REFUSED = (
    select(func.count())
    .select_from(RefusedEvents)
    .where(RefusedEvents.webhook == Webhooks.id)
    .correlate(Webhooks)
    .scalar_subquery()
    .label("refused")
)
_REFUSED_COLUMNS = (
    RefusedEvents.case_no,
    RefusedEvents.seq,
    RefusedEvents.problem,
    RefusedEvents.at,
    RefusedEvents.again,
)


def _shown() -> Select[tuple[object, ...]]:
    return select(*Webhooks.__table__.c, _REFUSED)


async def webhook(session: AsyncSession, number: str) -> Webhook | None:
    """The webhook of that number."""
    found = await session.execute(_shown().where(Webhooks.id == number))
    return next((_webhook(**row) for row in found.mappings()), None)


def _made(row: Webhook) -> tuple[datetime, str]:
    return row.made_at, row.id


_WEBHOOKS = Keyset("webhooks", _made, TypeAdapter(tuple[AwareDatetime, str]))


async def webhooks_of(
    session: AsyncSession, system: str, *, after: str = "", size: int = PAGE_SIZE
) -> Page[Webhook]:
    """A page of the webhooks of a system, or of all (``system`` empty), the newest first.

    Raises:
        CursorError: the cursor is none of this list's.
    """
    size = bounded(size)
    place = (Webhooks.made_at, Webhooks.id)
    query = _shown()
    if system:
        query = query.where(Webhooks.system == system)
    if after:
        query = query.where(tuple_(*place) < tuple_(*_WEBHOOKS.key(after)))
    query = query.order_by(*(column.desc() for column in place)).limit(size + 1)
    rows = [_webhook(**row) for row in (await session.execute(query)).mappings()]
    return _WEBHOOKS.page(rows, size)


async def refused_of(session: AsyncSession, number: str) -> Sequence[RefusedEvent]:
    """What the receiver has refused and what waits behind it, by case and event."""
    order = (RefusedEvents.case_no, RefusedEvents.seq)
    query = select(*_REFUSED_COLUMNS).where(RefusedEvents.webhook == number).order_by(*order)
    return [RefusedEvent(**row) for row in (await session.execute(query)).mappings()]


async def has_too_many(session: AsyncSession, system: str) -> bool:
    """Whether the system has as many webhooks as one may have, or all together have."""
    lasting = select(Webhooks.system).where(Webhooks.status != WebhookStatus.ENDED)
    systems = (await session.scalars(lasting)).all()
    return systems.count(system) >= MOST_OF_A_SYSTEM or len(systems) >= MOST_OF_ALL


async def make(session: AsyncSession, new: Webhook) -> None:
    """Write down a new webhook, or one that had ended; one that lasts is left as it is."""
    values = {name: value for name, value in vars(new).items() if name != "refused"}
    made = insert(Webhooks).values(values)
    await session.execute(
        made.on_conflict_do_update(
            index_elements=[Webhooks.id],
            set_={name: made.excluded[name] for name in values if name != "id"},
            where=Webhooks.status == WebhookStatus.ENDED,
        )
    )


async def set_status(  # noqa: PLR0913 - which, from where to where, when and by whom
    session: AsyncSession,
    number: str,
    status: WebhookStatus,
    *,
    among: Collection[WebhookStatus],
    at: datetime,
    by: str,
    approved_by: str | None = None,
) -> bool:
    """Bring a webhook from one of these statuses to another; whether it was in one of them.

    What has gone wrong before is forgotten. One that ends forgets what was refused, too, and
    closes the tasks about it.
    """
    values: dict[str, object] = {"status": status, "failing_since": None, "problem": ""}
    if approved_by is not None:
        values["approved_by"] = approved_by
    changed = await session.execute(
        update(Webhooks)
        .where(Webhooks.id == number, Webhooks.status.in_(among))
        .values(values)
        .returning(Webhooks.id)
    )
    found = changed.scalar_one_or_none() is not None
    if found and status is WebhookStatus.ENDED:
        await session.execute(delete(RefusedEvents).where(RefusedEvents.webhook == number))
        await _close(
            session, UndeliveredEvents.webhook == number, UndeliveredOutcome.ENDED, at=at, by=by
        )
    return found


async def ask_ping(session: AsyncSession, number: str, at: datetime) -> None:
    """Have a test sent."""
    await session.execute(update(Webhooks).where(Webhooks.id == number).values(ping_asked_at=at))


async def note_ping(session: AsyncSession, known: Webhook, at: datetime, problem: str) -> None:
    """Write down how the receiver answered the test."""
    await session.execute(
        update(Webhooks)
        .where(Webhooks.id == known.id, Webhooks.ping_asked_at == known.ping_asked_at)
        .values(ping_asked_at=None, ping_sent_at=at, ping_problem=problem)
    )


async def move(
    session: AsyncSession, known: Webhook, after: Mark, *, caught_up_at: datetime | None = None
) -> Webhook:
    """Write down how far the receiver has been told, and return the webhook as it stands then.

    Raises:
        MovedError: another delivery was faster, or the webhook is no longer active.
    """
    values: dict[str, object] = {"after": str(after), "failing_since": None, "problem": ""}
    if caught_up_at is not None:
        values["caught_up_at"] = caught_up_at
    moved = await session.execute(
        update(Webhooks)
        .where(
            Webhooks.id == known.id,
            Webhooks.after == known.after,
            Webhooks.status == WebhookStatus.ACTIVE,
        )
        .values(values)
        .returning(*Webhooks.__table__.c)
    )
    row = moved.mappings().one_or_none()
    if row is None:
        raise MovedError(known.id)
    return _webhook(**row, refused=known.refused)


async def note_failure(
    session: AsyncSession, known: Webhook, at: datetime, problem: str, *, pause: bool
) -> None:
    """Write down that the receiver takes nothing now; ``pause``: and is to be told no more."""
    values: dict[str, object] = {"status": WebhookStatus.PAUSED} if pause else {}
    await _failed(session, known, at, problem, values)


async def pause_at(
    session: AsyncSession, known: Webhook, event: Mark, *, at: datetime, problem: str
) -> None:
    """Tell the receiver no more, after it has not taken this event for too long.

    The event is set aside like one that was refused, with a task about it, and is the first to be
    sent when the webhook is resumed. Nothing happens if the webhook was changed or told further
    meanwhile.
    """
    is_new = event > known.mark
    values: dict[str, object] = {"status": WebhookStatus.PAUSED}
    if is_new:
        values["after"] = str(event)
    if not await _failed(session, known, at, problem, values):
        return
    note = note_refused if is_new else note_refused_again
    await note(session, known.id, event.case_no, event.seq, at=at, problem=problem, again=True)


async def _failed(
    session: AsyncSession, known: Webhook, at: datetime, problem: str, values: dict[str, object]
) -> bool:
    changed = await session.execute(
        update(Webhooks)
        .where(
            Webhooks.id == known.id,
            Webhooks.after == known.after,
            Webhooks.status == WebhookStatus.ACTIVE,
        )
        .values(failing_since=func.coalesce(Webhooks.failing_since, at), problem=problem, **values)
        .returning(Webhooks.id)
    )
    return changed.scalar_one_or_none() is not None


# --- what was refused ----------------------------------------------------------------------


async def note_refused(  # noqa: PLR0913 - which event of which case, when and why
    session: AsyncSession,
    number: str,
    case_no: str,
    seq: int,
    *,
    at: datetime,
    problem: str,
    again: bool = False,
) -> None:
    """Write down that an event was refused, or waits behind one; a refused one opens a task.

    ``again``: it is sent once more without anybody's asking.
    """
    values = {"problem": problem, "at": at, "again": again}
    noted = insert(RefusedEvents).values(webhook=number, case_no=case_no, seq=seq, **values)
    await session.execute(
        noted.on_conflict_do_update(
            index_elements=[RefusedEvents.webhook, RefusedEvents.case_no, RefusedEvents.seq],
            set_=values,
        )
    )
    if problem != BEHIND_ONE_REFUSED:
        await _open_task(session, number, case_no, seq, at=at, problem=problem)


async def note_refused_again(  # noqa: PLR0913 - which event of which case, when and why
    session: AsyncSession,
    number: str,
    case_no: str,
    seq: int,
    *,
    at: datetime,
    problem: str,
    again: bool = False,
) -> None:
    """Write down that an event was refused when it was sent again, and keep back what follows.

    One that somebody has set aside meanwhile stays set aside. ``again``: as in `note_refused`.
    """
    noted = await session.execute(
        update(RefusedEvents)
        .where(
            RefusedEvents.webhook == number,
            RefusedEvents.case_no == case_no,
            RefusedEvents.seq == seq,
        )
        .values(problem=problem, at=at, again=again)
        .returning(RefusedEvents.seq)
    )
    if noted.scalar_one_or_none() is not None:
        await _open_task(session, number, case_no, seq, at=at, problem=problem)


async def _open_task(  # noqa: PLR0913 - as above
    session: AsyncSession, number: str, case_no: str, seq: int, *, at: datetime, problem: str
) -> None:
    """Open the task about an event; one that is open only learns the problem."""
    table = UndeliveredEvents
    opened = insert(table).values(
        webhook=number, case_no=case_no, seq=seq, problem=problem, opened_at=at
    )
    await session.execute(
        opened.on_conflict_do_update(
            index_elements=[table.webhook, table.case_no, table.seq],
            set_={
                "problem": problem,
                "opened_at": case((table.closed_at.is_(None), table.opened_at), else_=at),
                "closed_at": None,
                "closed_by": "",
                "outcome": UndeliveredOutcome.OPEN,
                "reason": "",
            },
        )
    )


async def cases_that_wait(
    session: AsyncSession, number: str, among: Collection[str]
) -> frozenset[str]:
    """Which of these cases have an event that was refused: what follows in them waits."""
    query = select(RefusedEvents.case_no).distinct()
    found = query.where(RefusedEvents.webhook == number, RefusedEvents.case_no.in_(among))
    return frozenset(await session.scalars(found))


async def to_send_again(session: AsyncSession, number: str) -> Sequence[tuple[str, int]]:
    """Case and number of the events to be sent: those before which none stays refused.

    So what waited behind an event goes once that one was taken or set aside, though nobody asked.
    """
    before = aliased(RefusedEvents)
    stays = exists().where(
        before.webhook == RefusedEvents.webhook,
        before.case_no == RefusedEvents.case_no,
        before.seq <= RefusedEvents.seq,
        before.problem != BEHIND_ONE_REFUSED,
        ~before.again,
    )
    query = select(RefusedEvents.case_no, RefusedEvents.seq)
    query = query.where(RefusedEvents.webhook == number, ~stays)
    found = await session.execute(query.order_by(RefusedEvents.case_no, RefusedEvents.seq))
    return [(case_no, seq) for case_no, seq in found]


async def send_again(session: AsyncSession, number: str, case_no: str = "") -> int:
    """Have what was refused sent again, of one case or of all; how many events that are."""
    chosen = [RefusedEvents.webhook == number]
    if case_no:
        chosen.append(RefusedEvents.case_no == case_no)
    marked = update(RefusedEvents).where(*chosen).values(again=True)
    return len((await session.execute(marked.returning(RefusedEvents.seq))).all())


async def forget_refused(  # noqa: PLR0913 - which event of which case, why and when
    session: AsyncSession,
    number: str,
    case_no: str,
    seq: int,
    outcome: UndeliveredOutcome,
    *,
    at: datetime,
) -> None:
    """The receiver has the event now, or may no longer have it; the task about it is closed."""
    await session.execute(
        delete(RefusedEvents).where(
            RefusedEvents.webhook == number,
            RefusedEvents.case_no == case_no,
            RefusedEvents.seq == seq,
        )
    )
    one = and_(
        UndeliveredEvents.webhook == number,
        UndeliveredEvents.case_no == case_no,
        UndeliveredEvents.seq == seq,
    )
    await _close(session, one, outcome, at=at)


# --- the tasks about what was refused ------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class UndeliveredEvent:
    """A refused event as a task. ``behind``: how many of its case wait because of it.

    ``event`` and ``title`` say what happened, and are empty while a case decides that anew after a
    loss; ``outcome`` is empty while the task is open.
    """

    webhook: str
    webhook_status: WebhookStatus
    system: str
    case_no: str
    seq: int
    district: str
    item_name: str
    event: str
    title: str
    problem: str
    opened_at: datetime
    behind: int
    again: bool
    closed_at: datetime | None
    closed_by: str
    outcome: UndeliveredOutcome
    reason: str


@dataclass(frozen=True, kw_only=True)
class UndeliveredFilter:
    """Empty fields do not restrict. ``system``: of its webhooks alone; ``sight``: whose list."""

    system: str = ""
    webhook: str = ""
    case_no: str = ""
    open: bool | None = None
    sight: Sight | None = None


def _newest(row: UndeliveredEvent) -> tuple[datetime, str, str, int]:
    return row.opened_at, row.webhook, row.case_no, row.seq


_UNDELIVERED = Keyset("undelivered", _newest, TypeAdapter(tuple[AwareDatetime, str, str, int]))


async def undelivered(
    session: AsyncSession, wanted: UndeliveredFilter, *, after: str = "", size: int = PAGE_SIZE
) -> Page[UndeliveredEvent]:
    """A page of the tasks about refused events, the newest first; raises `CursorError`."""
    size = bounded(size)
    table, other = UndeliveredEvents, aliased(RefusedEvents)
    behind = (
        select(func.count())
        .where(
            other.webhook == table.webhook,
            other.case_no == table.case_no,
            other.seq > table.seq,
            table.closed_at.is_(None),
        )
        .correlate(table)
        .scalar_subquery()
        .label("behind")
    )
    columns = (each for each in table.__table__.c)
    query = (
        select(
            *columns,
            Webhooks.status.label("webhook_status"),
            Webhooks.system,
            Cases.district,
            Cases.item_name,
            func.coalesce(Events.kind, "").label("event"),
            func.coalesce(Events.title, "").label("title"),
            func.coalesce(RefusedEvents.again, False).label("again"),
            behind,
        )
        .join(Webhooks, Webhooks.id == table.webhook)
        .join(Cases, Cases.case_no == table.case_no)
        .outerjoin(Events, and_(Events.case_no == table.case_no, Events.seq == table.seq))
        .outerjoin(
            RefusedEvents,
            and_(
                RefusedEvents.webhook == table.webhook,
                RefusedEvents.case_no == table.case_no,
                RefusedEvents.seq == table.seq,
            ),
        )
    )
    given = {
        Webhooks.system: wanted.system,
        table.webhook: wanted.webhook,
        table.case_no: wanted.case_no,
    }
    query = query.where(*(column == value for column, value in given.items() if value))
    if wanted.open is not None:
        query = query.where(table.closed_at.is_(None) == wanted.open)
    if wanted.sight is not None and not wanted.sight.is_whole:
        query = query.where(table.case_no.in_(seen_cases(wanted.sight)))
    place = (table.opened_at, table.webhook, table.case_no, table.seq)
    if after:
        query = query.where(tuple_(*place) < tuple_(*_UNDELIVERED.key(after)))
    query = query.order_by(*(column.desc() for column in place)).limit(size + 1)
    rows = [_undelivered(**row) for row in (await session.execute(query)).mappings()]
    return _UNDELIVERED.page(rows, size)


async def set_aside(  # noqa: PLR0913 - which event of which case, by whom, when and why
    session: AsyncSession,
    number: str,
    case_no: str,
    seq: int,
    *,
    behind: bool,
    reason: str,
    by: str,
    at: datetime,
) -> int:
    """Never send a refused event; ``behind``: nor what waits behind it by now.

    What waits goes on otherwise. Returns how many events that are; 0: that event is not refused,
    or itself waits behind one that is.
    """
    chosen = and_(RefusedEvents.webhook == number, RefusedEvents.case_no == case_no)
    rows = (
        await session.execute(
            select(RefusedEvents.seq, RefusedEvents.problem)
            .where(chosen)
            .order_by(RefusedEvents.seq)
            .with_for_update()
        )
    ).all()
    if not rows or rows[0].seq != seq or rows[0].problem == BEHIND_ONE_REFUSED:
        return 0
    some = rows if behind else rows[:1]
    numbers = [row.seq for row in some]
    table = UndeliveredEvents
    closed = {
        "closed_at": at,
        "closed_by": by,
        "outcome": UndeliveredOutcome.SET_ASIDE,
        "reason": reason,
    }
    noted = insert(table).values(
        [
            {
                "webhook": number,
                "case_no": case_no,
                "seq": row.seq,
                "problem": row.problem,
                "opened_at": at,
            }
            | closed
            for row in some
        ]
    )
    await session.execute(
        noted.on_conflict_do_update(
            index_elements=[table.webhook, table.case_no, table.seq], set_=closed
        )
    )
    await session.execute(delete(RefusedEvents).where(chosen, RefusedEvents.seq.in_(numbers)))
    return len(numbers)


async def _close(
    session: AsyncSession,
    which: ColumnElement[bool],
    outcome: UndeliveredOutcome,
    *,
    at: datetime,
    by: str = "",
) -> None:
    await session.execute(
        update(UndeliveredEvents)
        .where(which, UndeliveredEvents.closed_at.is_(None))
        .values(closed_at=at, closed_by=by, outcome=outcome)
    )


async def ailing(session: AsyncSession) -> Sequence[str]:
    """The numbers of webhooks that are paused, or whose receiver has refused something."""
    has_refused = select(RefusedEvents.webhook).distinct()
    query = select(Webhooks.id).where(
        or_(
            Webhooks.status == WebhookStatus.PAUSED,
            and_(Webhooks.status == WebhookStatus.ACTIVE, Webhooks.id.in_(has_refused)),
        )
    )
    return (await session.scalars(query.order_by(Webhooks.id))).all()


def _webhook(**row: object) -> Webhook:
    return Webhook(**row | {"status": WebhookStatus(str(row["status"]))})  # type: ignore[arg-type]  # columns


def _undelivered(**row: object) -> UndeliveredEvent:
    told = row | {
        "outcome": UndeliveredOutcome(str(row["outcome"])),
        "webhook_status": WebhookStatus(str(row["webhook_status"])),
    }
    return UndeliveredEvent(**told)  # type: ignore[arg-type]  # columns
