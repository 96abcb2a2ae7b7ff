"""Rows of cards: cases as the recorder leaves them, as many as wanted in a few statements."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import NAMESPACE_OID, uuid5

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.time.ladder import Rung
from casework.store.cards import Audience, CardKey
from casework.store.models import Cards, Cases, Clocks, Courses, Events, Openings, ServiceItems

T0 = datetime(2026, 11, 23, 0, tzinfo=UTC)
DUE = date(2026, 11, 20)
ITEM = "居住证积分"


@dataclass(frozen=True, kw_only=True)
class CardRow:
    """One card of a case of its own, unless ``case`` says of which."""

    number: int
    rung: Rung = Rung.YELLOW
    holder: str = "ja-o1"
    backup: str = ""
    clock: str = "decide"
    case: int | None = None
    district: str = "310106"
    kind: str = "application"
    assigned: str = ""
    stage: str = "review"
    reported_up: bool = False
    given_at: datetime = T0
    due_on: date | None = DUE
    cleared: bool = False
    given_for: date | None = None

    @property
    def case_no(self) -> str:
        number = self.number if self.case is None else self.case
        return f"{self.district}-TEST-0000-{number:05}"

    @property
    def key(self) -> CardKey:
        return (self.case_no, self.clock, self.rung.value, self.given_at)


@dataclass
class Pack:
    """Puts cards into the register; cases and clocks that are there already stay."""

    session: AsyncSession
    known: set[str] = field(default_factory=set)

    async def add(self, *cards: CardRow) -> None:
        cases = {card.case_no: card for card in cards if card.case_no not in self.known}
        policy = {"digest": "policy", "code": "X", "district": "", "name": "", "body": {}}
        await self.session.execute(insert(ServiceItems).values(policy).on_conflict_do_nothing())
        self.known |= cases.keys()
        await self._insert(Openings, (_opening(card) for card in cases.values()))
        await self._insert(Cases, (_case(card) for card in cases.values()))
        up = (card for card in cases.values() if card.reported_up)
        await self._insert(Events, (_reported_up(card) for card in up))
        clocks = {(card.case_no, card.clock): card for card in cards}
        await self._insert(Courses, (_course(card) for card in clocks.values()))
        await self._insert(Clocks, (_clock(card) for card in clocks.values()))
        await self._insert(Cards, (_card(card) for card in cards))

    async def clear(self, card: CardRow) -> None:
        own = (Cards.case_no == card.case_no, Cards.clock == card.clock, Cards.rung == card.rung)
        await self.session.execute(update(Cards).where(*own).values(cleared_at=T0))

    async def _insert(self, table: type, rows: Iterable[dict[str, object]]) -> None:
        if values := list(rows):
            await self.session.execute(insert(table), values)


def expected(audience: Audience, cards: Iterable[CardRow]) -> list[CardKey]:
    """The walk by the words of the rule, over all cards."""
    return sorted(card.key for card in cards if not card.cleared and _concerns(audience, card))


def _concerns(audience: Audience, card: CardRow) -> bool:
    if audience.officer in {card.holder, card.backup}:
        return card.rung in {Rung.YELLOW, Rung.RED}
    if not audience.peers or card.rung is not Rung.RED:
        return False
    if audience.stages is not None and not (card.reported_up and card.stage in audience.stages):
        return False
    posted = set(card.assigned.split())
    nobodys = not posted & audience.peers and audience.district in {"", card.district}
    return audience.officer in posted or nobodys


def _opening(card: CardRow) -> dict[str, object]:
    return {
        "case_no": card.case_no,
        "district": card.district,
        "source": "test",
        "reference": card.case_no,
        "content": "",
        "subject": "",
        "rehearsal": timedelta(),
        "started_by_run": "",
        "kind": card.kind,
    }


def _case(card: CardRow) -> dict[str, object]:
    return {
        "case_no": card.case_no,
        "district": card.district,
        "item": "PTS_NEW",
        "item_name": ITEM,
        "office": "",
        "channel": "online",
        "policy": "policy",
        "stage": card.stage,
        "stage_since": T0,
        "received_at": T0,
        "card": card.rung.value,
        "holder": card.holder,
        "green": False,
        "open_debts": 0,
        "last_seq": 1,
        "assigned": card.assigned,
    }


def _reported_up(card: CardRow) -> dict[str, object]:
    words = dict.fromkeys(("title", "actor", "role", "reason"), "")
    return {"case_no": card.case_no, "seq": 1, "kind": "reported_up", "at": T0, "body": {}} | words


def _course(card: CardRow) -> dict[str, object]:
    return {
        "id": uuid5(NAMESPACE_OID, f"{card.case_no}:{card.clock}"),
        "district": card.district,
        "office": "",
        "alone": card.case_no,
        "unit": "working_days",
        "amount": 5,
        "rolls": False,
        "side": "",
        "measure": "",
        "started_on": T0.date(),
        "stops": (),
        "pending": (),
        "pauses": (),
        "provisional": False,
        "due_on": card.due_on,
    }


def _clock(card: CardRow) -> dict[str, object]:
    return {
        "case_no": card.case_no,
        "clock": card.clock,
        "kind": card.clock,
        "name": "办理期限",
        "course": uuid5(NAMESPACE_OID, f"{card.case_no}:{card.clock}"),
    }


def _card(card: CardRow) -> dict[str, object]:
    return {
        "case_no": card.case_no,
        "clock": card.clock,
        "rung": card.rung.value,
        "holder": card.holder,
        "backup": card.backup,
        "given_at": card.given_at,
        "cleared_at": T0 if card.cleared else None,
        "cleared_by": "",
        "reason": "",
        "due_on": card.given_for,
    }
