"""Webhooks in the register: what each wants, how far it has been told, what was refused."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, and_, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from casework.messages.webhooks import WebhookStatus
from casework.store.models import RefusedEvents, Webhooks
from casework.store.queries.feed import FeedFilter, Mark, read_mark

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


async def webhooks_of(session: AsyncSession, system: str) -> Sequence[Webhook]:
    """The webhooks of a system, or of all (``system`` empty), the newest first."""
    query = _shown().order_by(Webhooks.made_at.desc(), Webhooks.id)
    if system:
        query = query.where(Webhooks.system == system)
    return [_webhook(**row) for row in (await session.execute(query)).mappings()]


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


async def set_status(
    session: AsyncSession,
    number: str,
    status: WebhookStatus,
    *,
    among: Collection[WebhookStatus],
    approved_by: str | None = None,
) -> bool:
    """Bring a webhook from one of these statuses to another; whether it was in one of them.

    What has gone wrong before is forgotten. One that ends forgets what was refused, too.
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
    values: dict[str, object] = {"problem": problem}
    if pause:
        values["status"] = WebhookStatus.PAUSED
    await session.execute(
        update(Webhooks)
        .where(Webhooks.id == known.id, Webhooks.status == WebhookStatus.ACTIVE)
        .values(failing_since=func.coalesce(Webhooks.failing_since, at), **values)
    )


# --- what was refused ----------------------------------------------------------------------


async def note_refused(  # noqa: PLR0913 - which event of which case, when and why
    session: AsyncSession, number: str, case_no: str, seq: int, *, at: datetime, problem: str
) -> None:
    """Write down that an event was refused; once more, that it was refused again."""
    noted = insert(RefusedEvents).values(
        webhook=number, case_no=case_no, seq=seq, problem=problem, at=at
    )
    await session.execute(
        noted.on_conflict_do_update(
            index_elements=[RefusedEvents.webhook, RefusedEvents.case_no, RefusedEvents.seq],
            set_={"problem": problem, "at": at, "again": False},
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
    """Case and number of the events that somebody wants to be sent again."""
    query = select(RefusedEvents.case_no, RefusedEvents.seq).where(
        RefusedEvents.webhook == number, RefusedEvents.again
    )
    found = await session.execute(query.order_by(RefusedEvents.case_no, RefusedEvents.seq))
    return [(case_no, seq) for case_no, seq in found]


async def send_again(session: AsyncSession, number: str, case_no: str = "") -> int:
    """Have what was refused sent again, of one case or of all; how many events that are."""
    chosen = [RefusedEvents.webhook == number]
    if case_no:
        chosen.append(RefusedEvents.case_no == case_no)
    marked = update(RefusedEvents).where(*chosen).values(again=True)
    return len((await session.execute(marked.returning(RefusedEvents.seq))).all())


async def keep_back(session: AsyncSession, number: str, case_no: str, after: int) -> None:
    """Send what follows in the case again no more: an event before it was refused again."""
    await session.execute(
        update(RefusedEvents)
        .where(
            RefusedEvents.webhook == number,
            RefusedEvents.case_no == case_no,
            RefusedEvents.seq > after,
        )
        .values(again=False)
    )


async def forget_refused(session: AsyncSession, number: str, case_no: str, seq: int) -> None:
    """The receiver has the event now, or may no longer have it."""
    await session.execute(
        delete(RefusedEvents).where(
            RefusedEvents.webhook == number,
            RefusedEvents.case_no == case_no,
            RefusedEvents.seq == seq,
        )
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
