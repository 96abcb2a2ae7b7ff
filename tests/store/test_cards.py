"""Whose cards are whose, page by page; and what a digest fixes, once."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from random import Random

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.kinds.card_audience import WITH_THE_SUPERIOR
from casework.domain.time.ladder import Rung
from casework.store.cards import (
    MOST_LINES,
    MOST_OLDER,
    Audience,
    CardKey,
    Draft,
    has_news,
    mark_refused,
    mark_sent,
    open_cards,
    open_digest,
    unknown_holders,
)
from casework.store.engine import Sessions
from tests.store.cards import DUE, T0, CardRow, Pack, expected

DAY = date(2026, 11, 23)
OFFICERS = ("o1", "o2", "o3", "s1", "s2")
PEERS = frozenset({"s1", "s2"})
UP = frozenset(stage.value for stage in WITH_THE_SUPERIOR)


@pytest.fixture
async def session(sessions: Sessions) -> AsyncIterator[AsyncSession]:
    async with sessions() as session:
        yield session


@pytest.fixture
def pack(session: AsyncSession) -> Pack:
    return Pack(session)


def thrown(dice: Random) -> list[CardRow]:
    """Cards with many ties: few cases, clocks, instants and officers."""
    drawn = {
        (dice.randrange(12), dice.choice(("decide", "review")), dice.choice(list(Rung)[:3]))
        for _ in range(40)
    }
    cases = {number: _case(dice) for number in range(12)}
    return [
        CardRow(
            number=number,
            case=case,
            clock=clock,
            rung=rung,
            holder=dice.choice(OFFICERS),
            backup=dice.choice(("", *OFFICERS)),
            given_at=T0 + timedelta(hours=dice.randrange(2)),
            cleared=dice.random() < 0.2,
            **cases[case],  # type: ignore[arg-type]  # of all sorts
        )
        for number, (case, clock, rung) in enumerate(sorted(drawn))
    ]


def _case(dice: Random) -> dict[str, object]:
    return {
        "district": dice.choice(("310106", "310112")),
        "assigned": dice.choice(("", "o1 o2", "o1 s1", "s1 s2", "s2")),
        "stage": dice.choice(("review", "reported_up", "publicity", "decided")),
        "reported_up": dice.random() < 0.7,
    }


def audiences(dice: Random) -> list[Audience]:
    return [
        Audience(
            officer=officer,
            district=dice.choice(("", "310106", "310112")),
            peers=peers,
            stages=stages,
        )
        for officer in ("o1", "s1", "s2")
        for peers, stages in ((frozenset(), None), (PEERS, None), (PEERS, UP))
    ]


async def walk(session: AsyncSession, audience: Audience, size: int) -> list[CardKey]:
    seen: list[CardKey] = []
    while True:
        page = await open_cards(session, audience, size=size, after=seen[-1] if seen else None)
        seen += [card.key for card in page]
        if len(page) < size:
            return seen


@pytest.mark.parametrize("seed", range(4))
async def test_pages_of_any_size_hold_each_card_once_and_in_order(
    session: AsyncSession, pack: Pack, seed: int
) -> None:
    dice = Random(seed)
    cards = thrown(dice)
    await pack.add(*cards)
    met = 0
    for audience in audiences(dice):
        wanted = expected(audience, cards)
        met += len(wanted)
        for size in (1, 3, 100):
            assert await walk(session, audience, size) == wanted, (audience, size)
        assert await has_news(session, audience) is bool(wanted)
    assert met


async def test_card_shows_what_a_digest_says_of_it(session: AsyncSession, pack: Pack) -> None:
    paused = CardRow(number=2, due_on=None, kind="request")
    given_for = DUE + timedelta(days=9)
    await pack.add(CardRow(number=1), paused, CardRow(number=3, given_for=given_for))
    first, second, third = await open_cards(session, Audience(officer="ja-o1"), size=9)
    assert (first.kind, first.item_name, first.clock_name) == (
        "application",
        "居住证积分",
        "办理期限",
    )
    assert (first.due_on, second.due_on, second.kind) == (DUE, None, "request")
    assert third.due_on == given_for
    assert (first.told, first.listed) == (False, False)


async def digest(
    session: AsyncSession, officer: str = "ja-o1", day: date = DAY, **audience: frozenset[str]
) -> Draft | None:
    return await open_digest(
        session,
        Audience(officer=officer, district="310106", **audience),  # type: ignore[arg-type]
        key=key(officer, day),
        district="310106",
        day=day,
        channel="mail",
    )


def key(officer: str = "ja-o1", day: date = DAY) -> str:
    return f"cards:{officer}:310106:{day}"


def numbers(draft: Draft | None) -> list[int]:
    return [] if draft is None else [int(card.case_no[-5:]) for card in draft.lines]


async def test_digest_announces_a_card_once_and_then_counts_it(
    session: AsyncSession, pack: Pack
) -> None:
    await pack.add(CardRow(number=1), CardRow(number=2, rung=Rung.RED))
    first = await digest(session)
    assert first is not None
    assert (first.new, first.older) == ({Rung.RED: 1, Rung.YELLOW: 1}, {})
    assert numbers(first) == [2, 1]  # red first
    await mark_sent(session, key(), "reference", T0)
    assert await digest(session) is None
    assert not await has_news(session, Audience(officer="ja-o1"))

    tomorrow = DAY + timedelta(days=1)
    assert await digest(session, day=tomorrow) is None
    await pack.add(CardRow(number=3))
    second = await digest(session, day=tomorrow)
    assert second is not None
    assert numbers(second) == [3]
    assert second.older == {Rung.RED: 1, Rung.YELLOW: 1}
    assert [card.case_no[-1] for card in second.older_lines] == ["2", "1"]


async def test_what_a_digest_announces_is_fixed_until_it_is_known_to_be_out(
    session: AsyncSession, pack: Pack
) -> None:
    cards = [CardRow(number=n) for n in (1, 2)]
    await pack.add(*cards)
    assert numbers(await digest(session)) == [1, 2]
    # The worker dies here; before the next attempt a card comes and another one goes.
    await pack.add(CardRow(number=3))
    await pack.clear(cards[0])
    assert numbers(await digest(session)) == [2]
    await mark_sent(session, key(), "reference", T0)
    assert numbers(await digest(session, day=DAY + timedelta(days=1))) == [3]


async def test_card_cleared_before_it_was_announced_is_not(
    session: AsyncSession, pack: Pack
) -> None:
    card = CardRow(number=1)
    await pack.add(card)
    assert numbers(await digest(session)) == [1]
    await pack.clear(card)
    assert await digest(session) is None
    status = text("SELECT status FROM card_digests")
    assert (await session.scalars(status)).all() == ["void"]


async def test_nothing_new_leaves_no_row(session: AsyncSession, pack: Pack) -> None:
    await pack.add(CardRow(number=1, rung=Rung.BLUE), CardRow(number=2, cleared=True))
    assert await digest(session) is None
    assert (await session.scalars(text("SELECT key FROM card_digests"))).all() == []


async def test_card_given_anew_is_announced_anew(session: AsyncSession, pack: Pack) -> None:
    await pack.add(CardRow(number=1))
    await digest(session)
    await mark_sent(session, key(), "reference", T0)
    await session.execute(text("UPDATE cards SET given_at = :at"), {"at": T0 + timedelta(days=3)})
    assert numbers(await digest(session, day=DAY + timedelta(days=4))) == [1]


async def test_refused_digest_has_told_nobody(session: AsyncSession, pack: Pack) -> None:
    await pack.add(CardRow(number=1))
    await digest(session)
    await mark_refused(session, key(), "smtp_550")
    await pack.add(CardRow(number=2))
    assert numbers(await digest(session)) == [1, 2]  # the same day, put right
    await mark_refused(session, key(), "smtp_550")
    assert numbers(await digest(session, day=DAY + timedelta(days=1))) == [1, 2]


async def test_digest_that_was_sent_stays_sent(session: AsyncSession, pack: Pack) -> None:
    await pack.add(CardRow(number=1))
    await digest(session)
    await mark_sent(session, key(), "first", T0)
    await mark_refused(session, key(), "smtp_550")
    await mark_sent(session, key(), "second", T0)
    row = (await session.execute(text("SELECT status, reference, problem FROM card_digests"))).one()
    assert tuple(row) == ("sent", "first", "")


async def test_one_officer_knows_nothing_of_what_another_was_told(
    session: AsyncSession, pack: Pack
) -> None:
    await pack.add(CardRow(number=1, backup="ja-o2"))
    await digest(session)
    await mark_sent(session, key(), "reference", T0)
    assert numbers(await digest(session, "ja-o2")) == [1]


async def test_thousands_of_cards_make_one_digest_of_bearable_length(
    session: AsyncSession, pack: Pack
) -> None:
    cards = [CardRow(number=n, rung=Rung.RED if n % 10 == 0 else Rung.YELLOW) for n in range(3_000)]
    await pack.add(*cards)
    await session.execute(text("ANALYZE"))  # as it is where there are so many
    first = await digest(session)
    assert first is not None
    assert first.new == {Rung.RED: 300, Rung.YELLOW: 2_700}
    assert len(first.lines) == MOST_LINES
    assert {card.rung for card in first.lines} == {Rung.RED}
    await mark_sent(session, key(), "reference", T0)
    await pack.add(CardRow(number=3_000))
    second = await digest(session, day=DAY + timedelta(days=1))
    assert second is not None
    assert (numbers(second), second.older.total()) == ([3_000], 3_000)
    assert len(second.older_lines) == MOST_OLDER


async def test_holders_whom_no_roster_knows_are_found(session: AsyncSession, pack: Pack) -> None:
    await pack.add(
        CardRow(number=1, holder="gone", backup="ja-o2"),
        CardRow(number=2, backup="left"),
        CardRow(number=3, holder="old", rung=Rung.BLUE),
        CardRow(number=4, holder="cleared", cleared=True),
    )
    assert await unknown_holders(session, {"ja-o1", "ja-o2"}) == ("gone", "left")
