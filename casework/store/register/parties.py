"""The parties of a case, for notices and checks; and which cases are of one person."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    Select,
    Text,
    Update,
    any_,
    bindparam,
    exists,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import InstrumentedAttribute, aliased

from casework.domain.kinds.application.state import ApplicationStage, OtherCase
from casework.domain.kinds.cycle.opening import NOT_ACTIVE, OtherCycle
from casework.domain.kinds.cycle.state import CycleStage
from casework.domain.kinds.registry import CaseKind
from casework.domain.policy import city_of
from casework.letters.texts import Contact
from casework.store.models import Cases, Notices, Openings, Parties, Talents
from casework.store.sealing.sealing import opener

# Built once: each letter asks for these.
_CONTACT = select(Parties.name, Parties.email, Parties.phone).where(
    Parties.case_no == bindparam("case_no"), Parties.role == bindparam("role")
)
_SENT = select(Notices.status, Notices.reference).where(Notices.key == bindparam("key"))


class NoticeUnknownError(LookupError):
    """The notice was never queued: its event is not in the register."""


@dataclass(frozen=True)
class RegisterNoticeBook:
    """A ``casework.letters.texts.NoticeBook`` over the tables; each call is one transaction."""

    sessions: async_sessionmaker[AsyncSession]

    async def contact(self, case_no: str, recipient: str) -> Contact:
        """How the party is reached; an empty contact where there is none, or it was erased."""
        async with self.sessions() as session:
            asked = {"case_no": case_no, "role": recipient}
            found = (await session.execute(_CONTACT, asked)).mappings().one_or_none()
            own = await opener(session, case_no)
        if found is None or own.is_erased(found["name"]):
            return Contact(name="")
        return Contact(**own.row("parties", found))

    async def number(self, case_no: str, role: str) -> str:
        """The number of a party: of a person or a unit; empty where there is none, or erased."""
        query = select(Parties.id_number).where(Parties.case_no == case_no, Parties.role == role)
        async with self.sessions() as session:
            stored = await session.scalar(query) or ""
            own = await opener(session, case_no)
        return "" if own.is_erased(stored) else own.text(stored, "parties.id_number")

    async def queue_instead(
        self, case_no: str, seq: int, recipient: str, key: str, channel: str
    ) -> None:
        """Enter a letter that was refused under another key; a repeat changes nothing.

        Raises:
            NoticeUnknownError: the letter was never queued for that recipient.
        """
        same = (Notices.case_no, Notices.seq, Notices.template, Notices.recipient)
        new = [literal(key).label("key"), literal(channel).label("channel")]
        of_letter = (Notices.case_no == case_no, Notices.seq == seq)
        letter = (
            select(*same, *new, literal("queued"))
            .where(*of_letter, Notices.recipient == recipient)
            .limit(1)
        )
        names = [*(each.key for each in same), "key", "channel", "status"]
        written = insert(Notices).from_select(names, letter).on_conflict_do_nothing()
        async with self.sessions.begin() as session:
            await session.execute(written)
            if not await session.scalar(select(exists().where(Notices.key == key))):
                raise NoticeUnknownError(key)

    async def queue_by_new_way(
        self, case_no: str, seq: int, recipient: str, key: str, channel: str
    ) -> None:
        """Enter a letter by the way to its recipient that was corrected while it waited.

        What waited for them by the old way goes by this one; who was not to be told then is entered
        beside the others. A repeat changes nothing.

        Raises:
            NoticeUnknownError: the letter was never queued for anybody.
        """
        new = {"key": key, "channel": channel, "recipient": recipient}
        of_letter = (Notices.case_no == case_no, Notices.seq == seq)
        first = func.concat_ws(":", Notices.case_no, Notices.seq, recipient, Notices.channel)
        waits = (
            select(Notices.key)
            .where(*of_letter, Notices.recipient == recipient, Notices.status == "queued")
            .where(Notices.key == first)  # none of those that are sent again
            .order_by(Notices.key)
            .limit(1)
        )
        names = ["case_no", "seq", "template", "key", "channel", "recipient", "status"]
        copied = (Notices.case_no, Notices.seq, Notices.template)
        copy = select(*copied, *map(literal, new.values()), literal("queued")).where(*of_letter)
        written = insert(Notices).from_select(names, copy.limit(1)).on_conflict_do_nothing()
        known = select(exists().where(Notices.key == key))
        async with self.sessions.begin() as session:
            await session.execute(select(Notices.key).where(*of_letter).with_for_update())
            if await session.scalar(known):
                return
            moved = update(Notices).where(Notices.key == waits.scalar_subquery()).values(**new)
            if (await session.execute(moved.returning(Notices.key))).first() is None:
                await session.execute(written)
            if not await session.scalar(known):
                raise NoticeUnknownError(key)

    async def sent(self, key: str) -> str | None:
        """The reference under which the notice was sent, else None; raise `NoticeUnknownError`."""
        async with self.sessions() as session:
            found = (await session.execute(_SENT, {"key": key})).one_or_none()
        if found is None:
            raise NoticeUnknownError(key)
        return found.reference if found.status == "sent" else None

    async def mark_sent(self, key: str, reference: str, at: datetime) -> None:
        """Note the sending, also after a refusal; a repeat changes nothing."""
        await self._mark(
            update(Notices)
            .where(Notices.key == key, Notices.status != "sent")
            .values(status="sent", reference=reference, problem="", at=at)
        )

    async def mark_refused(self, key: str, problem: str, at: datetime) -> None:
        """Note a refusal that no retry can mend; a repeat changes nothing."""
        await self._mark(
            update(Notices)
            .where(Notices.key == key, Notices.status == "queued")
            .values(status="refused", problem=problem, at=at)
        )

    async def _mark(self, change: Update) -> None:
        async with self.sessions.begin() as session:
            await session.execute(change)


async def party_roles(session: AsyncSession, case_no: str) -> tuple[str, ...]:
    """The roles of the parties of a case; none where the register does not know it yet."""
    query = select(Parties.role).where(Parties.case_no == case_no).order_by(Parties.role)
    return tuple(await session.scalars(query))


_SUBJECT = "applicant"


@dataclass(frozen=True)
class RegisterSubjects:
    """An ``activities.data_checks.Subjects`` over the tables."""

    sessions: async_sessionmaker[AsyncSession]

    async def id_number(self, case_no: str) -> str:
        """The number as it was given; nothing where there is no such party, or it was erased."""
        query = select(Parties.id_number).where(
            Parties.case_no == case_no, Parties.role == _SUBJECT
        )
        async with self.sessions() as session:
            stored = await session.scalar(query)
            own = await opener(session, case_no)
        if not stored or own.is_erased(stored):
            return ""
        return own.text(stored, "parties.id_number")


# --- the same person -----------------------------------------------------------------------
# Which cases are of one person, by pseudonym: told by number, district and stage, nothing else.
#
# The pseudonym stays here: who asks names a case. Cards and talent codes (人才卡、人才码), too:
# whose they are. A code is valid for one talent.


MOST_OTHERS = 50
"""More are not told: a number that stands for so many cases is a test's, or nobody's."""

_TOLD: list[InstrumentedAttribute[Any]] = [Cases.case_no, Cases.district, Cases.stage]
"""All that is told of another case."""


async def others_of(
    session: AsyncSession, case_no: str, items: Collection[str]
) -> tuple[OtherCase, ...]:
    """The other open applications of the case's person for these items, the oldest first.

    None for a case that is not in the register yet. A case that gives way to another as duplicate
    is left out from the moment on which that is decided.
    """
    found = await session.execute(OTHERS, {"case_no": case_no, "items": sorted(items)})
    return tuple(
        OtherCase(case_no=number, district=district, stage=ApplicationStage(stage))
        for number, district, stage in found
    )


def _others() -> Select[Any]:
    own: Any = aliased(Openings)
    case_no: BindParameter[str] = bindparam("case_no", type_=Text())
    return (
        select(*_TOLD)
        .select_from(own)
        .join(Openings, Openings.subject == own.subject)
        .join(Cases, Cases.case_no == Openings.case_no)
        .where(
            own.case_no == case_no,
            own.subject != "",
            Openings.case_no != case_no,
            Openings.kind == CaseKind.APPLICATION.value,
            Openings.gives_way_to == "",
            Cases.item == any_(bindparam("items", type_=ARRAY(Text))),
            Cases.closed_at.is_(None),
        )
        .order_by(Cases.received_at, Cases.case_no)
        .limit(MOST_OTHERS)
    )


OTHERS = _others()
"""From ``case_no`` to its person, and from there to what else of ``items`` is open; built once."""


async def give_way(session: AsyncSession, case_no: str, other: str, items: Collection[str]) -> bool:
    """Note that a case is refused as duplicate of ``other``, unless that is not among its others.

    Of two cases that would each give way to the other, one does: the second transaction waits for
    the first, and then no longer finds it. Idempotent.
    """
    own = select(Openings.subject).where(Openings.case_no == case_no)
    await _take_turn(session, f"duplicate:{await session.scalar(own)}")
    known = await others_of(session, case_no, items)
    if other not in {each.case_no for each in known}:
        return False
    await _set_way(session, case_no, other)
    return True


async def stay(session: AsyncSession, case_no: str) -> None:
    """Take back `give_way`: the case was not refused after all."""
    await _set_way(session, case_no, "")


async def _set_way(session: AsyncSession, case_no: str, other: str) -> None:
    await session.execute(
        update(Openings).where(Openings.case_no == case_no).values(gives_way_to=other)
    )


async def other_cycle(
    session: AsyncSession, *, kind: str, subject: str, district: str, case_no: str
) -> OtherCycle | None:
    """The first cycle of that kind and person in the city of the district, beside ``case_no``.

    One that has ended does not count, nor a permit that has expired. Of two transactions that ask
    for one person, the second waits until the first has ended.
    """
    if not subject:
        return None
    city = city_of(district)
    await _take_turn(session, f"{kind}:{city}:{subject}")
    query = (
        select(Cases.case_no, Cases.district, Cases.stage)
        .join(Openings, Openings.case_no == Cases.case_no)
        .where(
            Openings.subject == subject,
            Openings.kind == kind,
            Openings.case_no != case_no,
            Cases.closed_at.is_(None),
            Cases.stage.not_in(sorted(NOT_ACTIVE)),
        )
        .order_by(Cases.received_at, Cases.case_no)
    )
    for number, where, stage in await session.execute(query):
        if city_of(where) == city:
            return OtherCycle(case_no=number, district=where, stage=CycleStage(stage))
    return None


async def _take_turn(session: AsyncSession, key: str) -> None:
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))


async def is_taken(session: AsyncSession, code: str, case_no: str) -> bool:
    """Whether a credential that is not void belongs to another case than ``case_no``.

    Of two transactions that ask for one code, the second waits until the first has ended.
    """
    if not code:
        return False
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(code, 0))))
    query = valid_holders(code).where(Talents.case_no != case_no)
    return await session.scalar(query.limit(1)) is not None


def valid_holders(code: str) -> Select[str]:
    """The cases with this credential, unless it is void or has a day from which it will be."""
    return select(Talents.case_no).where(
        Talents.credential_code == code,
        Talents.credential_code != "",  # what the index says of itself
        Talents.credential_void_on.is_(None),
    )
