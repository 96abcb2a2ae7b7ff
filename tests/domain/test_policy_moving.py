"""A running case is moved to newer policy: never to its harm, and only by an approved order."""

from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.domain.case.commands import Command
from casework.domain.case.details import details
from casework.domain.case.events import Event, TimeNoted, title_of
from casework.domain.case.facts import ORDERS
from casework.domain.case.procedure import decide, evolve
from casework.domain.case.projection import rows
from casework.domain.case.state import Case
from casework.domain.errors import DomainError
from casework.domain.kinds.application.commands import (
    Accept,
    ArchiveArrived,
    Extend,
    MovePolicy,
    OfferDeferral,
    PolicyMove,
    PreReview,
    PreReviewOutcome,
    Promise,
    RecordCheck,
    Review,
    StopClock,
    StopKind,
    Supplement,
)
from casework.domain.kinds.application.events import PolicyMoved
from casework.domain.kinds.application.policy_change import Keep, policy_change
from casework.domain.kinds.application.review import required_checks
from casework.domain.kinds.application.state import Application, ApplicationStage
from casework.domain.policy import (
    CheckKind,
    Condition,
    Decider,
    DeferralMode,
    Grace,
    Limit,
    LimitName,
    Mark,
    MaterialForm,
    MaterialRule,
    Precondition,
    Role,
    ServiceItem,
    Unit,
)
from casework.domain.time.calendar import local_date
from casework.domain.time.clock import Stopped, Suspension, due_on, kind_of
from casework.messages.cases import CASE, EVENT_BODY
from tests.domain.desk import ALL_FILES, Desk, at, files, open_desk
from tests.examples import examples

ALL = (*ALL_FILES, "sealed_copies")
WITHOUT_CONTRACT = tuple(code for code in ALL if code != "labour_contract")
WAITS = {"notice", "pre_review", "silence", "decide", "review", "deliver", "contact", "publicity"}
OWES = {"supplement", "paper", "archive", "defer", "rescue", "publicity"}


def newer(desk: Desk, limits: dict[LimitName, int] | None = None, **changed: Any) -> ServiceItem:
    """The desk's policy with other lengths of limits, and whatever else is said."""
    item = desk.item
    lengths = {
        name: replace(limit, amount=(limits or {}).get(name, limit.amount))
        for name, limit in item.limits.items()
    }
    return replace(
        item,
        limits=lengths,
        digest=f"new-{len(limits or {})}-{sorted(changed)}"[:16],
        resolved_on=item.resolved_on + timedelta(days=1),
        **changed,
    )


def said(item: ServiceItem, **changed: Any) -> PolicyMove:
    fields: dict[str, Any] = {
        "actor": ORDERS,
        "order": "ZL-0000-0000-0001",
        "reason": "新办法施行",
        "item": item,
        "proposed_by": "ja-supervisor-a",
        "approved_by": "ja-head-a",
        "approved_as": Role.HEAD,
    }
    return PolicyMove(**(fields | changed))


def move(desk: Desk, item: ServiceItem, **changed: Any) -> None:
    for body in decide(desk.case, said(item, **changed), desk.facts(ORDERS)):
        desk.apply(body, ORDERS)
    desk.item = item


def due(desk: Desk, clock: str) -> date | None:
    found = desk.case.clock(clock)
    assert found is not None
    return due_on(found, desk.calendar)


def refused(desk: Desk, command: Command) -> str:
    with pytest.raises(DomainError) as error:
        decide(desk.case, command, desk.facts(command.actor))
    return error.value.code


def accepted() -> Desk:
    desk = open_desk()
    desk.do(PreReview, Role.OFFICER, outcome=PreReviewOutcome.PASSED)
    desk.do(Accept, Role.OFFICER)
    return desk


def told() -> Desk:
    """The one-time notice has named the labour contract."""
    desk = open_desk(have=WITHOUT_CONTRACT)
    desk.do(PreReview, Role.OFFICER, outcome=PreReviewOutcome.FAULTY)
    return desk


def photo(form: MaterialForm = MaterialForm.ELECTRONIC) -> MaterialRule:
    return MaterialRule(
        code="photo", name="照片", main=True, form=form, reference="新办法", mark=Mark.SOURCE
    )


def last(desk: Desk) -> PolicyMoved:
    body = desk.events[-1].body
    assert isinstance(body, PolicyMoved)
    return body


def test_shorter_limit_counts_from_its_own_start_and_a_longer_one_is_not_taken() -> None:
    desk = accepted()
    decide_before, review_before = due(desk, "decide"), due(desk, "review")
    assert decide_before is not None
    item = newer(desk, {LimitName.DECIDE: 10, LimitName.REVIEW: 60})
    desk.now = at("2026-09-18")
    move(desk, item)
    clock = desk.case.clock("decide")
    assert clock is not None
    assert (clock.amount, clock.started_on) == (10, date(2026, 9, 16))
    assert due(desk, "decide") == desk.calendar.shift(date(2026, 9, 16), 10)
    assert due(desk, "review") == review_before
    assert [(kept.clock, kept.due_on, kept.why) for kept in last(desk).kept] == [
        ("review", review_before, Keep.PROMISED)
    ]
    assert desk.case.policy == item.digest


def test_applicants_limit_may_grow_and_does_not_shrink() -> None:
    desk = told()
    before = due(desk, "supplement")
    move(desk, newer(desk, {LimitName.SUPPLEMENT: 5}))
    assert due(desk, "supplement") == before
    longer = told()
    move(longer, newer(longer, {LimitName.SUPPLEMENT: 40}))
    assert due(longer, "supplement") == longer.calendar.shift(date(2026, 9, 16), 40)


def test_head_consents_to_what_harms_and_nobody_else_can() -> None:
    for role, moved in ((Role.SUPERVISOR, False), (None, False), (Role.HEAD, True)):
        desk = accepted()
        before = due(desk, "decide")
        move(desk, newer(desk, {LimitName.DECIDE: 60}), head_consents=True, approved_as=role)
        assert (due(desk, "decide") != before) is moved, role
        assert last(desk).head_consents is moved


def test_no_date_moves_into_the_past_whoever_consents() -> None:
    desk = accepted()
    before = due(desk, "decide")
    desk.wait_until(at("2026-09-29"))
    move(desk, newer(desk, {LimitName.DECIDE: 2}), head_consents=True)
    assert due(desk, "decide") == before
    assert last(desk).kept[0].why == Keep.PAST


def test_limit_that_is_not_set_any_more_stays() -> None:
    desk = accepted()
    item = newer(desk)
    limits = dict(item.limits)
    del limits[LimitName.DECIDE]
    move(desk, replace(item, limits=limits))
    assert [each.why for each in last(desk).kept] == [Keep.NOT_SET]


def test_extension_in_another_unit_is_never_reread() -> None:
    desk = accepted()
    desk.do(Extend, Role.HEAD, working_days=5, reason="案情复杂")
    before = due(desk, "decide")
    item = newer(desk)
    calendar_days = Limit(
        unit=Unit.CALENDAR_DAYS,
        amount=10,
        reference="新办法",
        mark=Mark.LAW,
        since=date(2026, 1, 1),
    )
    move(desk, replace(item, limits={**item.limits, LimitName.DECIDE: calendar_days}))
    assert due(desk, "decide") == before
    assert last(desk).kept[0].why == Keep.EXTENDED


def test_stops_and_extensions_stay_under_the_new_length() -> None:
    desk = accepted()
    desk.do(Extend, Role.HEAD, working_days=5, reason="案情复杂")
    desk.do(StopClock, Role.OFFICER, stop=StopKind.HEARING, reason="听证")
    before = desk.case.clock("decide")
    assert before is not None
    move(desk, newer(desk, {LimitName.DECIDE: 15}))
    after = desk.case.clock("decide")
    assert after is not None
    assert (after.amount, after.extensions, after.suspensions) == (
        15,
        before.extensions,
        before.suspensions,
    )


def test_newly_asked_material_is_a_fault_only_before_the_one_time_notice() -> None:
    desk = open_desk()
    item = newer(desk, materials=(*desk.item.materials, photo()))
    move(desk, item)
    assert [fault.about for fault in desk.case.faults] == ["photo"]
    after = told()
    move(after, newer(after, materials=(*after.item.materials, photo())))
    assert [fault.about for fault in after.case.noticed] == ["labour_contract"]
    assert after.case.faults == ()
    assert after.case.excused == ("photo",)
    after.do(Supplement, Role.APPLICANT, materials=files("labour_contract"))
    after.do(PreReview, Role.OFFICER, outcome=PreReviewOutcome.PASSED)
    assert after.case.stage is ApplicationStage.READY


def test_paper_that_is_newly_asked_too_late_is_not_awaited() -> None:
    for late in (False, True):
        desk = told() if late else open_desk()
        rules = (*desk.item.materials, photo(MaterialForm.PAPER))
        move(desk, newer(desk, materials=rules, needs_paper=True))
        if late:
            desk.do(Supplement, Role.APPLICANT, materials=files("labour_contract"))
        desk.do(PreReview, Role.OFFICER, outcome=PreReviewOutcome.PASSED)
        assert ("照片" in desk.case.papers) is not late


def test_new_precondition_binds_only_before_the_notice() -> None:
    rule = Precondition(
        code="SCORE_LOW",
        text="积分不足",
        condition=Condition(fact="self_score", op="ge", value=200),
        reference="新办法",
        mark=Mark.SOURCE,
    )
    desk = open_desk()
    move(desk, newer(desk, preconditions=(*desk.item.preconditions, rule)))
    assert [fault.code for fault in desk.case.faults] == ["SCORE_LOW"]
    late = accepted()
    move(late, newer(late, preconditions=(*late.item.preconditions, rule)))
    assert (late.case.faults, late.case.stage) == ((), ApplicationStage.REVIEW)


def test_what_is_no_longer_asked_is_no_fault_and_the_answer_to_the_notice_is_complete() -> None:
    def without(desk: Desk) -> tuple[MaterialRule, ...]:
        return tuple(rule for rule in desk.item.materials if rule.code != "labour_contract")

    desk = open_desk(have=WITHOUT_CONTRACT)
    assert [fault.about for fault in desk.case.faults] == ["labour_contract"]
    move(desk, newer(desk, materials=without(desk)))
    assert desk.case.faults == ()
    waiting = told()
    move(waiting, newer(waiting, materials=without(waiting)))
    assert (waiting.case.stage, waiting.case.noticed) == (ApplicationStage.PRE_REVIEW, ())
    assert waiting.case.clock("supplement") is None
    assert waiting.case.clock("pre_review") is not None


def test_paper_no_longer_asked_ends_the_wait_for_it() -> None:
    desk = open_desk("HJ_RES")
    desk.do(
        PreReview,
        Role.OFFICER,
        outcome=PreReviewOutcome.PASSED,
        corrected=tuple(fault.about for fault in desk.case.faults),
    )
    assert desk.case.stage is ApplicationStage.AWAIT_PAPER
    move(desk, newer(desk, needs_paper=False))
    assert (desk.case.stage, desk.case.papers) == (ApplicationStage.READY, ())
    assert desk.case.clock("paper") is None


def offered(mode: DeferralMode) -> Desk:
    """A case for which it was proposed that a material may be owed."""
    desk = open_desk(have=ALL_FILES)
    owed = next(
        rule
        for rule in desk.item.materials
        if rule.deferral and not rule.main and rule.code not in ALL_FILES
    )
    desk.do(
        OfferDeferral,
        Role.OFFICER,
        materials=(owed.code,),
        mode=mode,
        reason="原件在外地",
    )
    return desk


def test_consent_that_is_pending_is_given_under_the_rules_it_was_asked_by() -> None:
    desk = offered(DeferralMode.RESULT_FIRST)
    assert desk.case.lines[0].status == "offered"
    code = desk.case.lines[0].material
    other = tuple(
        replace(rule, main=True) if rule.code == code else rule for rule in desk.item.materials
    )
    assert refused(desk, said(newer(desk, materials=other))) == "CONSENT_PENDING"
    move(desk, newer(desk, {LimitName.DECIDE: 10}))


def test_debt_for_what_is_no_longer_asked_is_discharged() -> None:
    desk = accepted_with_debt()
    code = desk.case.lines[0].material
    rest = tuple(rule for rule in desk.item.materials if rule.code != code)
    move(desk, newer(desk, materials=rest))
    assert [line.status for line in desk.case.lines] == ["discharged"]
    assert not [c for c in desk.case.running if kind_of(c.id) in {"defer", "rescue"}]


def test_debt_stays_payable_while_the_material_is_asked() -> None:
    desk = accepted_with_debt()
    before = due(desk, f"defer:{desk.case.lines[0].material}")
    move(desk, newer(desk, {LimitName.DEFER: 1, LimitName.RESCUE: 99}))
    assert due(desk, f"defer:{desk.case.lines[0].material}") == before


def accepted_with_debt() -> Desk:
    desk = offered(DeferralMode.HOLD_RESULT)
    desk.do(Promise, Role.APPLICANT, signed_on=local_date(desk.now))
    desk.do(PreReview, Role.OFFICER, outcome=PreReviewOutcome.PASSED)
    desk.do(Accept, Role.OFFICER)
    return desk


def _reviewed(desk: Desk) -> None:
    for rule in required_checks(desk.case, desk.facts(ORDERS)):
        if rule.kind is CheckKind.ARCHIVE:
            desk.do(ArchiveArrived, Role.OFFICER)
        desk.do(RecordCheck, Role.REVIEWER, check=rule.kind, passed=True)
    desk.do(Review, Role.REVIEWER)


def test_what_was_reviewed_is_decided_by_whom_the_review_has_sent_it_to() -> None:
    desk = accepted()
    _reviewed(desk)
    before = desk.item.decider
    other = Decider.DISTRICT if before is Decider.SUPERIOR else Decider.SUPERIOR
    move(desk, newer(desk, decider=other))
    assert desk.case.decider is before
    assert desk.case.stage is ApplicationStage.REVIEWED


def test_check_that_is_newly_required_is_asked_while_the_review_lasts() -> None:
    desk = accepted()
    rule = desk.item.checks[0]
    move(desk, newer(desk, checks=()))
    desk.do(Review, Role.REVIEWER)
    assert desk.case.stage is ApplicationStage.REVIEWED, "no check is required any more"
    again = open_desk()
    again.item = replace(again.item, checks=())
    again.do(PreReview, Role.OFFICER, outcome=PreReviewOutcome.PASSED)
    again.do(Accept, Role.OFFICER)
    move(again, newer(again, checks=(replace(rule, when=()),)))
    with pytest.raises(DomainError) as error:
        again.do(Review, Role.REVIEWER)
    assert error.value.code == "CHECK_OPEN"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"item": None}, "POLICY_BY_ORDER_ONLY"),
        ({"actor": replace(ORDERS, code="backend")}, "POLICY_BY_ORDER_ONLY"),
        ({"actor": replace(ORDERS, role=Role.HEAD)}, "ROLE_NOT_ALLOWED"),
    ],
)
def test_nobody_but_an_order_moves_a_case(changed: dict[str, Any], code: str) -> None:
    desk = open_desk()
    assert refused(desk, replace(said(newer(desk)), **changed)) == code
    plain = MovePolicy(actor=ORDERS, order="ZL-0000-0000-0001", reason="新办法")
    assert refused(desk, plain) == "POLICY_BY_ORDER_ONLY"


def test_policy_of_elsewhere_or_of_before_is_refused() -> None:
    desk = open_desk()
    item = newer(desk)
    other = replace(item, district="310104")
    assert refused(desk, said(other)) == "POLICY_OF_ANOTHER_ITEM"
    older = replace(item, resolved_on=desk.item.resolved_on - timedelta(days=1))
    assert refused(desk, said(older)) == "POLICY_NOT_NEWER"
    assert refused(desk, said(desk.item)) == "POLICY_UNCHANGED"


def test_same_order_again_changes_nothing_and_the_head_may_consent_later() -> None:
    desk = accepted()
    item = newer(desk, {LimitName.DECIDE: 60})
    before = due(desk, "decide")
    move(desk, item)
    assert decide(desk.case, said(item), desk.facts(ORDERS)) == ()
    assert refused(desk, said(item, order="ZL-0000-0000-0002")) == "POLICY_UNCHANGED"
    move(desk, item, order="ZL-0000-0000-0003", head_consents=True)
    assert due(desk, "decide") != before
    assert refused(desk, said(item, order="ZL-4", head_consents=True)) == "POLICY_UNCHANGED"


def test_people_see_from_which_version_to_which() -> None:
    desk = accepted()
    before, item = desk.case.policy, newer(desk)
    move(desk, item)
    shown = details(desk.case, desk.calendar)
    assert f"政策版本：2026-09-16 版（{before}） → 2026-09-17 版（{item.digest}）" in shown
    assert title_of(desk.events[-1]) == "改用新政策：2026-09-16 版 → 2026-09-17 版"
    assert rows(desk.case, desk.calendar, None)["case"][0].policy == item.digest


def test_preview_says_what_the_decision_does() -> None:
    desk = accepted()
    item = newer(desk, {LimitName.DECIDE: 10, LimitName.REVIEW: 60}, channels=("post",))
    change = policy_change(desk.case, desk.item, item, desk.facts(ORDERS))
    move(desk, item)
    assert tuple(each.after for each in change.moved) == last(desk).clocks
    assert [each.kept for each in change.limits if each.kept] == [Keep.PROMISED]
    assert ("channels", "post") in [(v.name, v.after) for v in change.values]


def test_state_of_before_can_still_be_read() -> None:
    desk = open_desk()
    old = CASE.dump_python(desk.case, mode="json")
    for field in ("policy_moves", "excused", "decider"):
        del old[field]
    assert CASE.validate_python(old) == desk.case


# --- random histories --------------------------------------------------------------------

STEPS: tuple[tuple[type[Command], Role, dict[str, Any]], ...] = (
    (PreReview, Role.OFFICER, {"outcome": PreReviewOutcome.PASSED}),
    (PreReview, Role.OFFICER, {"outcome": PreReviewOutcome.PASSED}),
    (PreReview, Role.OFFICER, {"outcome": PreReviewOutcome.FAULTY}),
    (Supplement, Role.APPLICANT, {"materials": files("labour_contract")}),
    (Accept, Role.OFFICER, {}),
    (Accept, Role.OFFICER, {}),
    (Extend, Role.HEAD, {"working_days": 3, "reason": "复杂"}),
    (StopClock, Role.OFFICER, {"stop": StopKind.HEARING, "reason": "听证"}),
    (Review, Role.REVIEWER, {}),
)


def history(dice: Random) -> Desk:
    have = ALL if dice.random() < 0.5 else WITHOUT_CONTRACT
    desk = open_desk(dice.choice(["PTS_NEW", "HJ_RES"]), have=have)
    # A clock that starts late from an earlier day may give in a pause what it owes from before.
    desk.watch = lambda body: None  # type: ignore[method-assign]  # noqa: ARG005 - the Desk's
    for _ in range(dice.randrange(8)):
        command, role, fields = dice.choice(STEPS)
        try:
            desk.do(command, role, **fields)
        except DomainError:
            desk.wait_until(desk.now + timedelta(days=dice.choice([0, 1, 3, 12])))
        if not desk.case.suspensions and dice.random() < 0.15:
            desk.apply(TimeNoted(suspensions=(_stop(dice, desk),), pinned=()))
    desk.wait_until(desk.now)  # what was due before an order comes is over by then
    return desk


def _stop(dice: Random, desk: Desk) -> Suspension:
    first_on = local_date(desk.now)
    lifted_on = first_on + timedelta(days=dice.randrange(30)) if dice.random() < 0.5 else None
    return Suspension(
        id="order-1",
        first_on=first_on,
        lifted_on=lifted_on,
        reason="封控",
        clocks=dice.choice(list(Stopped)),
    )


OPTIONAL = {LimitName.DECIDE_EXTENSION, LimitName.PAPER, LimitName.CONTACT}


def policy(dice: Random, item: ServiceItem, number: int) -> ServiceItem:
    limits = {
        name: replace(
            limit,
            unit=dice.choice([limit.unit, limit.unit, Unit.WORKING_DAYS, Unit.CALENDAR_DAYS]),
            amount=dice.choice([limit.amount, 1, 5, 10, 30, 90]),
            rolls_forward=dice.random() < 0.5,
            grace=dice.choice([None, Grace.START_OF_BUSINESS]),
        )
        for name, limit in item.limits.items()
        if name not in OPTIONAL or dice.random() < 0.7
    }
    keep = [rule for rule in item.materials if dice.random() < 0.8]
    added = [photo(dice.choice(list(MaterialForm)))] if dice.random() < 0.5 else []
    return replace(
        item,
        limits=item.limits | limits if dice.random() < 0.5 else limits,
        materials=(*keep, *(r for r in added if r.code not in {k.code for k in keep})),
        needs_paper=dice.random() < 0.5,
        decider=dice.choice(list(Decider)),
        digest=f"random-{number}",
        resolved_on=item.resolved_on + timedelta(days=number),
    )


def rebuilt(events: list[Event]) -> Application:
    state: Case | None = None
    for event in events:
        body = EVENT_BODY.validate_json(EVENT_BODY.dump_json(event.body))
        state = evolve(state, replace(event, body=body))
    assert isinstance(state, Application)
    return state


@examples(75)
@given(seed=st.integers(0, 2**48))
def test_no_promise_is_broken_whatever_has_happened_and_whatever_is_new(seed: int) -> None:
    dice = Random(seed)
    desk = history(dice)
    if not desk.case.is_open:
        return
    item, consents = policy(dice, desk.item, 1), dice.random() < 0.3
    before = desk.case
    try:
        move(desk, item, head_consents=consents)
    except DomainError as error:
        assert error.code in {"CONSENT_PENDING", "POLICY_UNCHANGED", "LIMIT_NOT_SET"}
        return
    after = desk.case
    promises_are_kept(desk, before, consents=consents)
    nothing_is_undone(before, after)
    assert decide(after, said(item), desk.facts(ORDERS)) == (), "the same order again"
    if not consents:
        assert refused(desk, said(item, order="ZL-9")) == "POLICY_UNCHANGED"
    assert rebuilt(desk.events) == after
    goes_on(desk, {clock.id for clock in before.running})
    assert rebuilt(desk.events) == desk.case


def promises_are_kept(desk: Desk, before: Application, *, consents: bool) -> None:
    today = local_date(desk.now)
    then = {clock.id: clock for clock in before.running}
    for clock in desk.case.running:
        if clock.id not in then:
            continue
        was, now = due_on(then[clock.id], desk.calendar), due_on(clock, desk.calendar)
        assert now in {was, None} or now >= today, "into the past"
        assert clock.grace or not then[clock.id].grace or consents, "what was in time is late"
        if consents or was is None or now is None:
            continue
        assert not (kind_of(clock.id) in WAITS and now > was), clock.id
        assert not (kind_of(clock.id) in OWES and now < was), clock.id


def nothing_is_undone(before: Application, after: Application) -> None:
    told = before.stage is not ApplicationStage.PRE_REVIEW or before.notice_on is not None
    assert not told or {f.code for f in after.faults} <= {f.code for f in before.faults}
    assert {f.about for f in after.noticed} <= {f.about for f in before.noticed}
    assert (after.accepted_on, after.decided_on) == (before.accepted_on, before.decided_on)
    assert after.checks[: len(before.checks)] == before.checks


def goes_on(desk: Desk, clocks: set[str]) -> None:
    """What is due goes on falling due, and nothing of it before the move."""
    moved_at, seq = desk.now, desk.case.seq
    desk.wait_until(moved_at + timedelta(days=40))
    for event in desk.events[seq:]:
        if getattr(event.body, "clock", "") in clocks:
            assert event.at >= moved_at, "before the move"
