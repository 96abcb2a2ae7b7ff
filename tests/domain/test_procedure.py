"""Any order of commands and days: the procedure refuses or decides, and never breaks."""

import random
from contextlib import suppress
from dataclasses import fields
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from casework.domain.case.commands import BESIDE_THE_BODY, Command
from casework.domain.case.events import Event
from casework.domain.case.procedure import decide, evolve
from casework.domain.case.projection import rows
from casework.domain.errors import DomainError
from casework.domain.kinds.application.commands import (
    APPLICATION_VERBS,
    ConsentDeferral,
    OfferDeferral,
    Promise,
)
from casework.domain.kinds.application.same_person import found
from casework.domain.kinds.application.state import Application, ApplicationStage, OtherCase
from casework.domain.policy import DeferralMode, Role
from casework.domain.time.calendar import local_date
from casework.letters.texts import render
from casework.messages.cases import CASE, EVENT_BODY, read_command
from tests.domain.desk import JINGAN, Desk, open_desk
from tests.examples import examples

ITEMS = ("PTS_NEW", "PTS_REN", "HJ_RES", "HJ_TAL", "HJ_OVS", "OTP_B")
HAVE = (
    "identity_document",
    "application_form",
    "residence_permit",
    "labour_contract",
    "eligibility_proof",
    "overseas_certification",
)
CODES = (*HAVE, "sealed_copies", "paper_package", "personnel_file", "nonsense")
OTHERS = ("310104-TEST-0000-0001", "310112-TEST-0000-0001")
VALUES: dict[str, list[Any]] = {
    "reason": ["", "有理由", "有理由"],
    "right_authority": ["", "市人社局"],
    "to_district": ["310104", JINGAN],
    "faults": [[], [{"code": "BLURRED", "about": "labour_contract", "text": "不清"}]],
    "corrected": [[], ["sealed_copies"]],
    "statements": [[], ["self_score"]],
    "check": ["education", "archive", "outside"],
    "passed": [True, True, False],
    "opinion": [""],
    "reference": ["ref"],
    "method": ["self_print", "ems", "ems", "window"],
    "material": list(CODES),
    "in_order": [True, True, False],
    "mode": ["hold_result", "result_first"],
    "granted": [True, True, False],
    "signed_on": ["2026-09-16"],
    "by_agent": [False, True],
    "authorised": [True, False],
    "reason_code": ["school"],
    "external_on": [None, "2026-10-20", "2026-12-01"],
    "cause": ["", "封控"],
    "evidence": [[], ["加急申请", "情况说明"]],
    "working_days": [0, 10, 11],
    "stop": ["hearing", "appraisal"],
    "card": ["decide:red", "notice:red", "notice:second:red", "deliver:red"],
    "role": ["officer", "reviewer"],
    "to": ["ja-officer-b", "ja-reviewer-b"],
    "task": ["resolve_trouble#1", "pre_review#1", "review#1", "give_opinion#1"],
    "text": ["", "已电话联系"],
    "question": ["", "是否属实"],
    "party": ["applicant", "employer", "agent", "nobody"],
    "email": ["", "a@example.com"],
    "phone": ["", "13800001234"],
    "told_on": [None, None, None],
    "told_by": ["", "mail", "sms", "desk", "pigeon"],
    "district": [""],
    "body": [""],
    "files": [[]],
    "outreach": ["measure-1", "measure-1", "measure-2"],
    "about": ["窗口交件不限时"],
    "through": ["", "", "310106-TEST-0000-0002"],
    "reached": [True, False, False],
    "note": [""],
    "reached_at": [None, "2026-09-17T10:00:00+08:00"],
    "settled_at": [None],
    "filed_at": [None, "2026-09-18T10:00:00+08:00"],
    "closed": [False, False, True],
    "other": list(OTHERS),
    "order": ["ZL-0000-0000-0001"],
    "arrived_on": [None, "2026-09-16", "2026-10-20"],
    "delivered_on": [None, "2026-09-16", "2026-10-20"],
    "seq": [3, 5, 7, 9, 11],
    "field": ["signed_on", "delivered_on", "left_on"],
    "value": ["2026-09-16", "2026-10-21"],
}
OUTCOMES = {
    "pre_review": ["passed", "faulty"],
    "superior_decision": ["approved", "returned", "refused"],
    "decide_breach": ["return", "revoke", "accept_late"],
}
ENDINGS = {"withdraw", "refuse", "not_accept", "refuse_duplicate"}
NEXT: dict[ApplicationStage, tuple[str, Role, dict[str, object]]] = {
    ApplicationStage.PRE_REVIEW: ("pre_review", Role.OFFICER, {"outcome": "passed"}),
    ApplicationStage.AWAIT_PAPER: (
        "materials_received",
        Role.OFFICER,
        {"materials": [{"code": "paper_package", "form": "paper"}]},
    ),
    ApplicationStage.READY: ("accept", Role.OFFICER, {}),
    ApplicationStage.REVIEW: ("review", Role.REVIEWER, {}),
    ApplicationStage.REVIEWED: ("report_up", Role.OFFICER, {}),
    ApplicationStage.REPORTED_UP: ("superior_decision", Role.SUPERIOR, {"outcome": "approved"}),
    ApplicationStage.DECIDED: ("deliver", Role.OFFICER, {"method": "window"}),
}
"""The straight way on from a stage, so that walks get far."""


def onward(desk: Desk) -> Command | None:
    step = NEXT.get(desk.case.stage)
    if step is None:
        return None
    verb, role, payload = step
    who = {"code": f"ja-{role}-a", "role": role, "district": JINGAN}
    return read_command(verb, {"actor": who} | payload)


def any_command(dice: random.Random) -> Command:
    """Any verb, mostly by a role that may use it, with fields that are at least readable."""
    verb = dice.choice(
        sorted(APPLICATION_VERBS if dice.random() < 0.02 else APPLICATION_VERBS.keys() - ENDINGS)
    )
    command = APPLICATION_VERBS[verb]
    role = dice.choice(sorted(command.roles) if dice.random() < 0.95 else list(Role))
    code = f"ja-{role}-{dice.choice('aaab')}"
    payload: dict[str, Any] = {"actor": {"code": code, "role": role, "district": JINGAN}}
    for name in (entry.name for entry in fields(command)):
        if name == "materials":
            codes = dice.sample(CODES, dice.choice([1, 1, 2]))
            plain = verb == "offer_deferral"
            payload[name] = codes if plain else [{"code": c, "form": "paper"} for c in codes]
        elif name == "outcome":
            payload[name] = dice.choice(OUTCOMES[verb])
        elif name not in BESIDE_THE_BODY:
            payload[name] = dice.choice(VALUES[name])
    return read_command(verb, payload)


def owe(desk: Desk, dice: random.Random) -> None:
    """Begin with a debt: offered, consented and promised, where the item lets it."""
    reason, mode = "封控", dice.choice(list(DeferralMode))
    for code in ("sealed_copies", "labour_contract", "paper_package", "personnel_file"):
        with suppress(DomainError):
            desk.do(OfferDeferral, Role.OFFICER, materials=(code,), mode=mode, reason=reason)
    with suppress(DomainError):
        desk.do(ConsentDeferral, Role.SUPERIOR, granted=True)
    with suppress(DomainError):
        desk.do(Promise, Role.APPLICANT, signed_on=local_date(desk.now))


def meet_others(desk: Desk, dice: random.Random) -> None:
    """What another look at the register finds: none, one or both of the other cases."""
    numbers = dice.sample(OTHERS, dice.choice([0, 1, 1, 2]))
    others = (
        OtherCase(case_no=no, district=no[:6], stage=ApplicationStage.READY) for no in numbers
    )
    for body in found(desk.case, tuple(others)):
        desk.apply(body)


def walk(desk: Desk, dice: random.Random, steps: int) -> None:
    for _ in range(steps):
        desk.wait_until(desk.now + timedelta(days=dice.choice([0, 0, 0, 0, 0, 1, 6, 15])))
        if dice.random() < 0.1:
            meet_others(desk, dice)
        straight = onward(desk) if dice.random() < 0.15 else None
        for command in [straight] if straight else [any_command(dice) for _ in range(8)]:
            try:
                bodies = decide(desk.case, command, desk.facts(command.actor))
            except DomainError as error:
                assert error.code.isupper()
                assert error.message
                continue
            assert bodies or command.actor.role is Role.SYSTEM
            for body in bodies:
                desk.apply(body, command.actor)
            break


@examples(40)
@given(seed=st.integers(0, 2**32))
def test_any_walk_keeps_the_case_sound(seed: int) -> None:
    dice = random.Random(seed)
    have = dice.choice([HAVE, (*HAVE, "sealed_copies"), ()])
    desk = open_desk(dice.choice(ITEMS), have=have, claims={"permit_renewed_on": "2026-09-01"})
    if dice.random() < 0.5:
        owe(desk, dice)
    walk(desk, dice, steps=45)
    case = desk.case
    assert CASE.validate_json(CASE.dump_json(case)) == case
    assert rebuilt(desk) == case
    assert len(case.rungs) == len(set(case.rungs)), "a rung was given twice"
    if case.stage is ApplicationStage.ARCHIVED:
        assert not case.open_debts
    if case.stage.is_final:
        assert not case.running
        assert not case.open_debts
        assert case.closed_at
    for effect in desk.effects:
        if effect.template:
            render(effect.template, effect.fields | {"case_no": case.case_no})
    assert rows(case, desk.calendar)["case"][0].last_seq == case.seq


def rebuilt(desk: Desk) -> object:
    """The state as the register would rebuild it: from the events' JSON alone."""
    case: Application | None = None
    for event in desk.events:
        body = EVENT_BODY.validate_json(EVENT_BODY.dump_json(event.body))
        case = evolve(case, Event(seq=event.seq, at=event.at, actor=event.actor, body=body))
    return case
