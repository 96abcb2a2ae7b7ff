"""What the register, the rater and a supervisor are shown of a rating."""

import pytest

from casework.domain.kinds.rating.commands import (
    AppealRating,
    ContactRater,
    DecideRatingAppeal,
    FollowUpRating,
    MarkComplex,
    SettleRating,
    VerifyRating,
)
from casework.domain.kinds.rating.letters import RECIPIENTS
from casework.domain.kinds.rating.shown import lines, rating_row
from casework.domain.kinds.rating.state import Grade, Rating, Settlement
from casework.domain.policy import Role
from casework.letters.templates import RATING_TEMPLATES, TEMPLATES
from casework.letters.texts import render
from tests.domain.rating.given import given_rating
from tests.domain.rating.unfolding import Unfolding

FRAME = {"item": "子女入学", "case_no": "1", "office": "渝北区人才服务中心", "on": "2026-09-24"}


def settled() -> Unfolding[Rating]:
    rating = given_rating(day="2026-09-24")
    rating.do(MarkComplex, Role.SUPERVISOR, reason="涉及多个部门")
    rating.do(ContactRater, Role.SPECIALIST, reached=True)
    rating.do(VerifyRating, Role.SPECIALIST, justified=True, finding="确有延误")
    rating.do(SettleRating, Role.SPECIALIST, settlement=Settlement.FIXED, reason="已补办")
    rating.do(FollowUpRating, Role.SPECIALIST, satisfied=False)
    return rating


def test_the_rater_is_told_of_receipt_and_settlement(monkeypatch: pytest.MonkeyPatch) -> None:
    for template, text in RATING_TEMPLATES.items():
        monkeypatch.setitem(TEMPLATES, template, text)
    notices = settled().notices
    assert [template for template, _ in notices] == ["rating_received", "rating_settled"]
    received, done = (render(template, fields | FRAME)[1] for template, fields in notices)
    assert "不满意" in received
    assert "工作人员将在2026年9月28日前与您联系（经办机构工作安排，非法定期限）" in received
    assert "（已整改）" in done
    assert "已补办" in done
    assert set(RECIPIENTS) == set(RATING_TEMPLATES)


def test_a_good_rating_is_not_answered() -> None:
    assert given_rating(Grade.SATISFIED).notices == []


def test_the_row_of_a_fresh_rating() -> None:
    row = rating_row(given_rating().case)
    assert (row.grade, row.named, row.comment) == (2, True, "等得太久")
    assert (row.contacted_at, row.justified, row.settlement) == (None, None, "")
    assert not row.complex
    assert not row.struck


def test_the_row_of_a_settled_rating() -> None:
    rating = settled()
    row = rating_row(rating.case)
    assert (row.complex, row.justified, row.settlement) == (True, True, "fixed")
    assert (row.contacted_at, row.satisfied) == (rating.now, False)


def test_a_struck_rating_does_not_count() -> None:
    rating = given_rating()
    rating.do(ContactRater, Role.SPECIALIST, reached=True)
    rating.do(VerifyRating, Role.SPECIALIST, justified=False, finding="已按期办结")
    rating.do(AppealRating, Role.SPECIALIST, reason="恶意差评")
    rating.do(DecideRatingAppeal, Role.SUPERVISOR, upheld=True, reason="经查属实")
    assert rating_row(rating.case).struck


def test_a_supervisor_reads_how_far_it_is() -> None:
    given = given_rating()
    fresh = "\n".join(lines(given.case, given.calendar))
    assert "★★☆☆☆ 不满意（实名）" in fresh
    assert "尚未联系" in fresh
    text = "\n".join(lines(settled().case, given.calendar))
    for shown in ("已认定为复杂事项", "2026-09-24 10:00", "属实", "已整改", "回访：不满意"):
        assert shown in text
    assert "等得太久" not in text
