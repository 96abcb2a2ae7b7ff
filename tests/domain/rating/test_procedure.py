"""A poor rating: contacted, verified, fixed, explained or appealed, followed up, closed."""

from typing import Any

import pytest

from casework.domain.case.commands import Command
from casework.domain.case.state import Post
from casework.domain.errors import DomainError
from casework.domain.kinds.rating.commands import (
    AppealRating,
    ContactRater,
    DecideRatingAppeal,
    FollowUpRating,
    MarkComplex,
    SettleRating,
    VerifyRating,
)
from casework.domain.kinds.rating.state import Grade, Rating, RatingStage, Settlement
from casework.domain.policy import Role
from tests.domain.rating.given import given_rating
from tests.domain.rating.unfolding import Unfolding

VALID: dict[type[Command], tuple[Role, dict[str, Any]]] = {
    ContactRater: (Role.SPECIALIST, {"reached": True}),
    MarkComplex: (Role.SUPERVISOR, {"reason": "涉及多个部门"}),
    VerifyRating: (Role.SPECIALIST, {"justified": False, "finding": "已按期办结"}),
    SettleRating: (
        Role.SPECIALIST,
        {"settlement": Settlement.EXPLAINED, "reason": "说明办理过程"},
    ),
    AppealRating: (Role.SPECIALIST, {"reason": "恶意差评"}),
    DecideRatingAppeal: (Role.SUPERVISOR, {"upheld": True, "reason": "经查属实"}),
    FollowUpRating: (Role.SPECIALIST, {"satisfied": True}),
}
ALLOWED: dict[RatingStage, set[type[Command]]] = {
    RatingStage.CONTACT: {ContactRater, MarkComplex},
    RatingStage.VERIFY: {MarkComplex, VerifyRating, SettleRating, AppealRating},
    RatingStage.APPEALED: {MarkComplex, DecideRatingAppeal},
    RatingStage.FOLLOW_UP: {FollowUpRating},
}
WAYS: dict[RatingStage, tuple[type[Command], ...]] = {
    RatingStage.CONTACT: (),
    RatingStage.VERIFY: (ContactRater, VerifyRating),
    RatingStage.APPEALED: (ContactRater, VerifyRating, AppealRating),
    RatingStage.FOLLOW_UP: (ContactRater, VerifyRating, SettleRating),
    RatingStage.STRUCK: (ContactRater, VerifyRating, AppealRating, DecideRatingAppeal),
    RatingStage.SETTLED: (ContactRater, VerifyRating, SettleRating, FollowUpRating),
}


def go(rating: Unfolding[Rating], *commands: type[Command], **changed: object) -> None:
    """Each of the commands, filled; ``changed`` are fields of the last one."""
    for number, command in enumerate(commands, 1):
        role, fields = VALID[command]
        rating.do(command, role, **(fields | (changed if number == len(commands) else {})))


def rating_at(stage: RatingStage) -> Unfolding[Rating]:
    rating = given_rating()
    go(rating, *WAYS[stage])
    assert rating.stands_at(stage)
    return rating


def refusal(rating: Unfolding[Rating], command: type[Command], **changed: object) -> str:
    with pytest.raises(DomainError) as refused:
        go(rating, command, **changed)
    assert refused.value.message
    return refused.value.code


@pytest.mark.parametrize("grade", [grade for grade in Grade if not grade.is_poor])
def test_a_good_rating_is_closed_at_once(grade: Grade) -> None:
    case = given_rating(grade).case
    assert case.stage is RatingStage.RATED
    assert case.closed_at == case.received_at
    assert (case.clocks, case.tasks) == ((), ())


@pytest.mark.parametrize("grade", [Grade.DISSATISFIED, Grade.VERY_DISSATISFIED])
def test_a_poor_rating_is_somebodys_work_from_the_first_day(grade: Grade) -> None:
    rating = given_rating(grade)
    assert rating.stands_at(RatingStage.CONTACT)
    assert rating.tasks() == {
        "contact_rater": "yb-specialist-a",
        "settle_rating": "yb-specialist-a",
    }
    assert rating.case.next_task is not None
    assert rating.case.next_task.kind == "contact_rater"


def test_the_work_is_the_officers_where_an_application_was_rated() -> None:
    posts = {Role.OFFICER: Post(holder="yb-officer-a"), Role.SUPERVISOR: Post(holder="yb-s")}
    assert set(given_rating(posts=posts).tasks().values()) == {"yb-officer-a"}


@pytest.mark.parametrize("stage", ALLOWED)
@pytest.mark.parametrize("command", VALID)
def test_each_verb_has_its_stages(stage: RatingStage, command: type[Command]) -> None:
    rating = rating_at(stage)
    if command in ALLOWED[stage]:
        go(rating, command)
    else:
        met = command is ContactRater
        assert refusal(rating, command) == ("ALREADY_CONTACTED" if met else "WRONG_STAGE")


@pytest.mark.parametrize("stage", [RatingStage.STRUCK, RatingStage.SETTLED])
def test_what_is_closed_has_nothing_left(stage: RatingStage) -> None:
    rating = rating_at(stage)
    assert not rating.case.running
    assert rating.case.is_done
    assert rating.case.closed_at == rating.now
    assert refusal(rating, ContactRater) == "CASE_CLOSED"


@pytest.mark.parametrize("satisfied", [True, False])
def test_the_follow_up_closes_it_whatever_the_rater_says(satisfied: bool) -> None:
    rating = rating_at(RatingStage.FOLLOW_UP)
    assert rating.tasks() == {"follow_up_rating": "yb-specialist-a"}
    assert not rating.case.running
    go(rating, FollowUpRating, satisfied=satisfied)
    assert rating.stands_at(RatingStage.SETTLED)
    assert rating.case.satisfied is satisfied


def test_an_appeal_upheld_strikes_the_rating() -> None:
    rating = rating_at(RatingStage.APPEALED)
    go(rating, DecideRatingAppeal, upheld=True)
    assert rating.stands_at(RatingStage.STRUCK)


def test_an_appeal_that_fails_gives_no_more_time() -> None:
    rating = rating_at(RatingStage.APPEALED)
    assert rating.case.holder == "yb-supervisor-a"
    rating.wait_until("2026-10-12")
    assert [rung for _, rung, _ in rating.cards()] == ["blue", "yellow", "red"]
    go(rating, DecideRatingAppeal, upheld=False)
    assert rating.stands_at(RatingStage.VERIFY)
    assert rating.tasks() == {"settle_rating": "yb-specialist-a"}
    go(rating, SettleRating)
    assert rating.stands_at(RatingStage.FOLLOW_UP)


def test_nobody_decides_on_their_own_appeal() -> None:
    rating = rating_at(RatingStage.VERIFY)
    rating.do(AppealRating, Role.SUPERVISOR, reason="恶意差评")
    assert refusal(rating, DecideRatingAppeal) == "FOUR_EYES"
    rating.do(DecideRatingAppeal, Role.SUPERVISOR, "yb-supervisor-b", upheld=True, reason="属实")
    assert rating.stands_at(RatingStage.STRUCK)


@pytest.mark.parametrize("command", [SettleRating, AppealRating])
def test_verification_comes_first(command: type[Command]) -> None:
    rating = given_rating()
    go(rating, ContactRater)
    assert refusal(rating, command) == "NOT_VERIFIED"


def test_what_is_true_is_to_be_put_right() -> None:
    rating = given_rating()
    go(rating, ContactRater, VerifyRating, justified=True)
    assert refusal(rating, SettleRating, settlement=Settlement.EXPLAINED) == "SETTLEMENT_NOT_ENOUGH"
    go(rating, SettleRating, settlement=Settlement.FIXED)
    assert rating.case.settlement is Settlement.FIXED


def test_who_cannot_be_reached_does_not_stop_the_mending() -> None:
    rating = given_rating()
    assert refusal(rating, VerifyRating) == "WRONG_STAGE"
    go(rating, ContactRater, reached=False)
    assert rating.stands_at(RatingStage.CONTACT)
    go(rating, VerifyRating)
    assert rating.stands_at(RatingStage.VERIFY)
    assert rating.case.clock("rate_contact"), "the limit of contact is not met by that"
    assert "contact_rater" in rating.tasks()
    go(rating, SettleRating)
    assert rating.tasks() == {"follow_up_rating": "yb-specialist-a"}


@pytest.mark.parametrize(
    ("stage", "command", "field"),
    [
        (RatingStage.CONTACT, MarkComplex, "reason"),
        (RatingStage.VERIFY, VerifyRating, "finding"),
        (RatingStage.VERIFY, SettleRating, "reason"),
        (RatingStage.VERIFY, AppealRating, "reason"),
        (RatingStage.APPEALED, DecideRatingAppeal, "reason"),
    ],
)
def test_reasons_are_not_blank(stage: RatingStage, command: type[Command], field: str) -> None:
    assert refusal(rating_at(stage), command, **{field: " "}) == "FIELD_REQUIRED"


@pytest.mark.parametrize("stage", WAYS)
def test_the_register_rebuilds_the_same_state(stage: RatingStage) -> None:
    rating = rating_at(stage)
    assert rating.rebuilt() == rating.case
