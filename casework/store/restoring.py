"""Writes again what the register has lost, from what workflows have told it before.

Temporal's histories hold every event, every answer and what became of each letter. They do not hold
what was only ever in the register: relations that officers declared, looks at personal data, kept
reports, subscriptions of webhooks, whose turn it is. That comes from a backup or is gone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import false, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.case.facts import Actor
from casework.domain.orders import Order
from casework.messages.entry import Entry
from casework.messages.orders import Booking, OrderStatus
from casework.security.audit.digests import SignedDigest
from casework.store.engine import Sessions, take_order_turn, take_recorder_turn
from casework.store.in_force.applying import apply_order
from casework.store.in_force.order_book import book_order
from casework.store.models import (
    AuditDigests,
    AuditHeads,
    Cases,
    Changes,
    Notices,
    Openings,
    Orders,
    Restorations,
)
from casework.store.register.letters import KeptLetter, regain_letter
from casework.store.register.rebuild import rewrite
from casework.store.register.recording import record_again

FEED_LEAPS = 10**12
"""How far the places of the feed leap: more transactions than a register has had between two."""


@dataclass(frozen=True, kw_only=True)
class ToldLetter:
    """What became of a letter. ``instead``: it is another than the one that its event queued.

    ``problem``: why it was refused for good, empty if it was sent under ``reference``.
    """

    key: str
    seq: int
    template: str
    recipient: str
    channel: str
    at: datetime
    reference: str = ""
    problem: str = ""
    instead: bool = False
    letter: KeptLetter | None = None


@dataclass(frozen=True, kw_only=True)
class CasePast:
    """What a case has told: its entries, and after them what became of its letters.

    ``gives_way_to``: the case for which it was being refused as duplicate, None if it never was.
    """

    case_no: str
    entries: Sequence[Entry]
    letters: Sequence[ToldLetter] = ()
    gives_way_to: str | None = None

    @property
    def last(self) -> int:
        """The number of the last event told; 0 if there is none."""
        return max((entry.events[-1].seq for entry in self.entries), default=0)

    @property
    def version(self) -> int:
        """The latest version of what is in force that the case has known."""
        return max((entry.version or 0 for entry in self.entries), default=0)


@dataclass(frozen=True, kw_only=True)
class Regained:
    """What the register lacked of a case: its events ``first`` to ``last``, or none (0, 0).

    ``letters``: how many it took for unsent; ``unnumbered``: those of which neither number nor code
    can be had.
    """

    case_no: str
    first: int = 0
    last: int = 0
    letters: int = 0
    unnumbered: tuple[int, ...] = ()

    @property
    def anything(self) -> bool:
        """Whether it lacked anything."""
        return bool(self.last or self.letters or self.unnumbered)


async def last_seq(session: AsyncSession, case_no: str) -> int:
    """The number of the last event that the register has of a case; 0 if it does not know it."""
    return (
        await session.scalar(
            select(Cases.last_seq).where(Cases.case_no == case_no).with_for_update()
        )
        or 0
    )


async def regain_case(sessions: Sessions, past: CasePast, *, write: bool = True) -> Regained:
    """Write what the register lacks of a case, in one transaction; a repeat finds nothing.

    It may run beside the workers. Without ``write`` it only says what is lacking. Before the first
    events are written, the feed has to leap (`let_feed_leap`).

    Raises:
        CaseTakenError, EntryGapError: as `record_again`; nothing is written.
        ErasedError: nothing is written about this person any more.
    """
    async with sessions.begin() as session:
        await take_recorder_turn(session)
        before = await last_seq(session, past.case_no)
        lacking = [entry for entry in past.entries if entry.events[-1].seq > before]
        if write and lacking:
            await _regain_events(session, past, lacking, before)
        told = [each for each in past.letters if not await _is_told(session, each)]
        lost = []
        for each in told:
            if write:
                await _regain_told(session, each, past.case_no)
            if not await _numbered(session, each, past.case_no, write=write):
                lost.append(each.seq)
    return Regained(
        case_no=past.case_no,
        first=before + 1 if lacking else 0,
        last=past.last if lacking else 0,
        letters=len(told),
        unnumbered=tuple(sorted(set(lost))),
    )


async def _regain_events(
    session: AsyncSession, past: CasePast, lacking: Sequence[Entry], before: int
) -> None:
    for entry in lacking:
        await record_again(session, entry)
    if past.gives_way_to is not None:
        await session.execute(
            update(Openings)
            .where(Openings.case_no == past.case_no)
            .values(gives_way_to=past.gives_way_to)
        )
    await rewrite(session, past.case_no)
    await _know_version(session, past.version)
    await session.execute(
        insert(Restorations)
        .values(case_no=past.case_no, first_seq=before + 1, last_seq=past.last)
        .on_conflict_do_nothing()
    )


async def _is_told(session: AsyncSession, letter: ToldLetter) -> bool:
    status = await session.scalar(select(Notices.status).where(Notices.key == letter.key))
    return status == "sent" or (status == "refused" and bool(letter.problem))


async def _regain_told(session: AsyncSession, letter: ToldLetter, case_no: str) -> None:
    """Note that a letter was sent or refused, so that nobody sends it again."""
    if letter.instead:
        new = insert(Notices).values(
            key=letter.key,
            case_no=case_no,
            seq=letter.seq,
            template=letter.template,
            recipient=letter.recipient,
            channel=letter.channel,
            status="queued",
        )
        await session.execute(new.on_conflict_do_nothing())
    became = {"status": "sent", "reference": letter.reference, "problem": ""}
    if letter.problem:
        became = {"status": "refused", "problem": letter.problem}
    await session.execute(
        update(Notices)
        .where(Notices.key == letter.key, Notices.status != "sent")
        .values(at=letter.at, **became)
    )


async def _numbered(
    session: AsyncSession, letter: ToldLetter, case_no: str, *, write: bool
) -> bool:
    """Whether the number and codes of a letter are its own again, if it has a document at all."""
    if letter.problem or letter.channel == "desk":
        return True
    if letter.letter is None:
        return False
    if not write:
        return True
    return await regain_letter(session, case_no, letter.seq, letter.template, letter.letter)


# --- what all cases share ------------------------------------------------------------------


async def let_feed_leap(sessions: Sessions) -> None:
    """Let what is recorded from now on come after whatever readers of the feed have been given.

    The register has forgotten the places that it gave before it was lost, and would give them
    again: a reader would take what is new for what it has. Readers may be given again what they
    had. Waits for recorders: the place of one at work would lie behind those who have read on.
    """
    async with sessions.begin() as session:
        await take_order_turn(session)
        base = await session.scalar(select(func.feed_base())) or 0
        await session.execute(
            text(
                "CREATE OR REPLACE FUNCTION feed_base() RETURNS bigint LANGUAGE sql STABLE"
                f" AS $$ SELECT {int(base) + FEED_LEAPS}::bigint $$"
            )
        )


_VERSIONS = func.pg_get_serial_sequence(Changes.__tablename__, Changes.version.key)


async def _know_version(session: AsyncSession, version: int) -> None:
    """Let the next order have a later version than any that a case has known."""
    name = await session.scalar(select(_VERSIONS))
    last = await session.scalar(text(f"SELECT last_value FROM {name}"))  # noqa: S608 - its own name
    if version > (last or 0):
        await session.execute(select(func.setval(name, version)))


@dataclass(frozen=True, kw_only=True)
class OrderPast:
    """The steps of an order; and if it was put in force, by whose approval, when, as which version.

    ``again``: it was put in force by an activity that cannot be repeated here.
    """

    no: str
    bookings: Sequence[Booking]
    order: Order | None = None
    approved_by: Actor | None = None
    at: datetime | None = None
    version: int = 0
    again: bool = False


async def regain_order(sessions: Sessions, past: OrderPast, *, write: bool = True) -> bool:
    """Write what the register lacks of an order; whether it lacked anything.

    One that was put in force gets the version that it had, since cases know it by that. Call it in
    the order of the versions, before the cases.

    Raises:
        DomainError: the rules refuse it in the register as it is now.
        IntegrityError: another order has its version.
    """
    async with sessions.begin() as session:
        row = await session.get(Orders, past.no)
        applies = past.version > 0 and (row is None or row.version is None)
        steps = past.bookings if row is None or row.status in _UNDECIDED else past.bookings[-1:]
        lacking = applies or any(
            row is None or _rank(each.status) > _rank(OrderStatus(row.status)) for each in steps
        )
    if not (write and lacking):
        return lacking
    try:
        async with sessions.begin() as session:
            if applies:
                await take_order_turn(session)
            await _step_by_step(session, past, applies=applies)
    finally:
        async with sessions.begin() as session:
            await _know_version(session, past.version)
            latest = await session.scalar(select(func.max(Changes.version))) or 0
            await _know_version(session, latest)
    return True


_UNDECIDED = {OrderStatus.PROPOSED, OrderStatus.APPROVED}
_STEPS = (OrderStatus.PROPOSED, OrderStatus.APPROVED, OrderStatus.APPLIED)


def _rank(status: OrderStatus) -> int:
    return _STEPS.index(status) if status in _STEPS else len(_STEPS)


async def _step_by_step(session: AsyncSession, past: OrderPast, *, applies: bool) -> None:
    ends = (each for each in past.bookings if each.status not in _UNDECIDED)
    for booking in past.bookings:
        if booking.status in _UNDECIDED:
            await book_order(session, booking)
    if applies and past.order and past.approved_by and past.at:
        name = await session.scalar(select(_VERSIONS))
        await session.execute(select(func.setval(name, past.version, false())))
        await apply_order(session, past.order, past.approved_by, past.at)
    for booking in ends:
        await book_order(session, booking)


async def regain_digests(sessions: Sessions, exported: Iterable[SignedDigest]) -> int:
    """Write the signed digests that the register lacks, from their exports; how many.

    What they tell of counts as told: the next digest tells of each case whose head has another hash
    now. Verifying checks their signatures and their order.
    """
    count = 0
    async with sessions.begin() as session:
        for signed in sorted(exported, key=lambda each: (each.district, each.number)):
            digest = signed.digest
            values = vars(signed) | {"made_at": digest.made_at, "cases": len(digest.heads)}
            added = await session.scalar(
                insert(AuditDigests)
                .values(values)
                .on_conflict_do_nothing()
                .returning(AuditDigests.number)
            )
            if added is None:
                continue
            count += 1
            for head in digest.heads:
                told = insert(AuditHeads).values(case_no=head.case_no, seq=head.seq, hash=head.hash)
                await session.execute(
                    told.on_conflict_do_update(
                        index_elements=[AuditHeads.case_no],
                        set_={"seq": told.excluded.seq, "hash": told.excluded.hash},
                    )
                )
    return count
