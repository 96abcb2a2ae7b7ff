"""Cards are cleared one by one, each with a reason (domain.md §C.7)."""

import pytest

from casework.domain.case.commands import ClearCard
from casework.domain.case.events import CardCleared
from casework.domain.case.moves import give_card
from casework.domain.errors import DomainError
from casework.domain.policy import Role
from casework.domain.time.ladder import Rung
from tests.domain.desk import Desk, open_desk


@pytest.fixture
def carded() -> Desk:
    desk = open_desk("PTS_NEW")
    desk.case = give_card(desk.case, "notice", Rung.YELLOW, desk.now)
    return desk


@pytest.mark.parametrize("reason", ["", " ", "\u3000"])
def test_a_card_is_cleared_with_a_reason(carded: Desk, reason: str) -> None:
    (card,) = carded.case.cards
    with pytest.raises(DomainError) as refused:
        carded.do(ClearCard, Role.SUPERVISOR, card=card.id, reason=reason)
    assert (refused.value.code, refused.value.field) == ("FIELD_REQUIRED", "reason")
    carded.do(ClearCard, Role.SUPERVISOR, card=card.id, reason="已督办")
    assert isinstance(carded.events[-1].body, CardCleared)
    assert carded.case.cards[0].cleared_at == carded.now


def test_no_card_is_cleared_twice(carded: Desk) -> None:
    (card,) = carded.case.cards
    carded.do(ClearCard, Role.SUPERVISOR, card=card.id, reason="已督办")
    with pytest.raises(DomainError) as refused:
        carded.do(ClearCard, Role.SUPERVISOR, card=card.id, reason="再销一次")
    assert refused.value.code == "CARD_NOT_OPEN"
