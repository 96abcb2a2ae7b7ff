"""What may be owed, who consents to it, and when it is promised (容缺受理, domain.md §C.3)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from casework.domain.case.procedure import decide
from casework.domain.errors import DomainError
from casework.domain.kinds.application.commands import ConsentDeferral, OfferDeferral, Promise
from casework.domain.policy import DeferralMode, Role
from casework.domain.time.calendar import local_date
from tests.domain.desk import Desk, actor, open_desk

OWED = "sealed_copies"


@pytest.fixture
def desk() -> Desk:
    return open_desk("PTS_NEW", have=())


def offer(desk: Desk, mode: DeferralMode = DeferralMode.HOLD_RESULT) -> None:
    desk.do(OfferDeferral, Role.OFFICER, materials=(OWED,), mode=mode, reason="封控")


def test_a_main_material_is_never_deferred(desk: Desk) -> None:
    materials = (replace(m, main=True) if m.code == OWED else m for m in desk.item.materials)
    desk.item = replace(desk.item, materials=tuple(materials))
    with pytest.raises(DomainError) as refused:
        offer(desk)
    assert (refused.value.code, refused.value.field) == ("NOT_DEFERRABLE", "materials")


def test_who_offers_does_not_consent_in_another_role_either(desk: Desk) -> None:
    offer(desk, DeferralMode.RESULT_FIRST)
    own = replace(actor(Role.SUPERIOR), code=actor(Role.OFFICER).code)
    with pytest.raises(DomainError) as refused:
        decide(desk.case, ConsentDeferral(actor=own, granted=True), desk.facts(own))
    assert refused.value.code == "FOUR_EYES"
    desk.do(ConsentDeferral, Role.SUPERIOR, granted=True)


def test_a_promise_is_signed_today_at_the_latest(desk: Desk) -> None:
    offer(desk)
    today = local_date(desk.now)
    with pytest.raises(DomainError) as refused:
        desk.do(Promise, Role.APPLICANT, signed_on=today + timedelta(days=1))
    assert (refused.value.code, refused.value.field) == ("DATE_IN_FUTURE", "signed_on")
    desk.do(Promise, Role.APPLICANT, signed_on=today)
