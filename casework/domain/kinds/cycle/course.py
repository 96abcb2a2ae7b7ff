"""How the state of a cycle follows from its events."""

from dataclasses import replace

from casework.domain.case.events import Event
from casework.domain.case.moves import (
    as_begun,
    close_tasks,
    conclude,
    end_clocks,
    open_task,
    start_clocks,
)
from casework.domain.case.rules import Evolutions
from casework.domain.case.state import TaskKind
from casework.domain.kinds.cycle import events as ev
from casework.domain.kinds.cycle.state import Cycle, CycleStage, Points
from casework.domain.policy import Role
from casework.domain.time.calendar import ONE_DAY, local_date
from casework.domain.time.clock import Clock, kind_of

_OF_A_CYCLE = {TaskKind.VERIFY, TaskKind.REMIND_EMPLOYER, TaskKind.DECIDE_OBJECTION}


def begin(body: ev.CycleBegun, event: Event) -> Cycle:
    """The state of a cycle that has just been registered."""
    case = Cycle(
        **as_begun(event),
        stage=CycleStage.ACTIVE,
        kind=body.cycle,
        starts_on=body.starts_on,
        ends_on=body.ends_on,
        letter=body.letter,
        score=body.score,
        employer=body.employer,
        credential=body.credential,
        points=body.points,
    )
    return start_clocks(case, *body.clocks)


def _enter(case: Cycle, stage: CycleStage, event: Event) -> Cycle:
    return replace(case, stage=stage, stage_since=event.at)


def after_cycle_notified(body: ev.CycleNotified, case: Cycle, event: Event) -> Cycle:
    case = end_clocks(case, event.at, "cycle_notice", "permit_notice")
    case = start_clocks(case, body.opinion, *body.reminders)
    open_already = body.again and case.clock("cycle_window") is None
    return _enter(case, CycleStage.WINDOW if open_already else CycleStage.NOTIFIED, event)


def after_window_opened(body: ev.WindowOpened, case: Cycle, event: Event) -> Cycle:
    if case.opinion is None:  # else the clock's next word is that the opinion takes effect
        case = end_clocks(case, event.at, "cycle_window")
    return _enter(case, CycleStage.WINDOW, event)


def after_employer_reminded(body: ev.EmployerReminded, case: Cycle, event: Event) -> Cycle:
    case = end_clocks(case, event.at, body.clock)
    asked = any(task.kind is TaskKind.REMIND_EMPLOYER for task in case.open_tasks)
    if not body.by_specialist or asked:
        return case
    return open_task(case, TaskKind.REMIND_EMPLOYER, Role.SPECIALIST, event.at, clock="opinion")


def after_evaluation_given(body: ev.EvaluationGiven, case: Cycle, event: Event) -> Cycle:
    case = replace(_unasked(case, event), opinion=body.opinion)
    return _verify(case, body.verify, event) if body.verify is not None else case


def after_evaluation_taken_up(body: ev.EvaluationTakenUp, case: Cycle, event: Event) -> Cycle:
    return _verify(end_clocks(case, event.at, "cycle_window"), body.verify, event)


def _unasked(case: Cycle, event: Event) -> Cycle:
    """Nobody is asked for an opinion any more."""
    case = end_clocks(case, event.at, "opinion", "cycle_reminder")
    return close_tasks(case, {TaskKind.REMIND_EMPLOYER}, event.at, event.actor.code)


def _verify(case: Cycle, clock: Clock, event: Event) -> Cycle:
    case = _enter(start_clocks(case, clock), CycleStage.VERIFYING, event)
    return open_task(case, TaskKind.VERIFY, Role.SPECIALIST, event.at, clock="verify")


def _unverified(case: Cycle, event: Event) -> Cycle:
    case = close_tasks(case, {TaskKind.VERIFY}, event.at, event.actor.code)
    return end_clocks(case, event.at, "verify")


def after_data_checked(body: ev.DataChecked, case: Cycle, event: Event) -> Cycle:
    # An answer that comes after the decision is in the register, and no part of it.
    return replace(case, checks=body.checks) if case.stage is CycleStage.VERIFYING else case


def after_cycle_expired(body: ev.CycleExpired, case: Cycle, event: Event) -> Cycle:
    case = replace(end_clocks(_unasked(case, event), event.at, "cycle_end"), on_hold=True)
    if body.verify is None:
        return case
    return _verify(replace(case, silent=body.silent), body.verify, event)


def after_verification_failed(body: ev.VerificationFailed, case: Cycle, event: Event) -> Cycle:
    case = start_clocks(_unverified(case, event), body.objection)
    return _enter(replace(case, verified_by=event.actor.code), CycleStage.OBJECTION, event)


def after_objection_made(body: ev.ObjectionMade, case: Cycle, event: Event) -> Cycle:
    case = start_clocks(end_clocks(case, event.at, "objection"), body.review)
    case = replace(case, objection=body.reason)
    # For this task, who has verified is as good as absent: somebody else decides.
    others = replace(case, absent=(*case.absent, case.verified_by))
    opened = open_task(
        others, TaskKind.DECIDE_OBJECTION, Role.REVIEWER, event.at, clock="objection_review"
    )
    return replace(opened, absent=case.absent)


def after_cycle_renewed(body: ev.CycleRenewed, case: Cycle, event: Event) -> Cycle:
    case = close_tasks(case, _OF_A_CYCLE, event.at, event.actor.code)
    case = end_clocks(case, event.at, *{kind_of(clock.id) for clock in case.running})
    case = replace(
        case,
        policy=body.policy or case.policy,
        catalogue=body.catalogue or case.catalogue,
        number=body.number,
        previous_end=case.ends_on,
        starts_on=body.starts_on,
        ends_on=body.ends_on,
        opinion=None,
        evidence=(),
        checks=(),
        verified_by="",
        objection="",
        silent=False,
        on_hold=False,
        points=Points.VALID if body.restored and case.points else case.points,
        renewed_on=body.renewed_on,
        renewal_opens_on=body.renewal_opens_on,
        confirmed_on=None,
    )
    return _enter(start_clocks(case, *body.clocks), CycleStage.ACTIVE, event)


def after_cycle_ended(body: ev.CycleEnded, case: Cycle, event: Event) -> Cycle:
    credential = case.credential
    if credential is not None:
        credential = replace(credential, void_on=body.effective_on + ONE_DAY)
    case = replace(
        case,
        served_until=body.effective_on,
        left=body.left,
        on_hold=False,
        credential=credential,
        decided_on=local_date(event.at),
    )
    return conclude(_enter(case, CycleStage.ENDED, event), event.at, event.actor.code)


def after_employer_changed(body: ev.EmployerChanged, case: Cycle, event: Event) -> Cycle:
    evidence = case.evidence if case.opinion is None else (*case.evidence, case.opinion)
    case = replace(case, employer=body.employer, opinion=None, evidence=evidence)
    if not body.renotify:
        return case
    case = end_clocks(_unverified(case, event), event.at, "opinion")
    return replace(case, checks=())  # they were about the employer of before


def after_reclassified(body: ev.Reclassified, case: Cycle, event: Event) -> Cycle:
    return replace(case, letter=body.letter, score=body.score)


def after_credential_issued(body: ev.CredentialIssued, case: Cycle, event: Event) -> Cycle:
    return replace(case, credential=body.credential)


def after_points_suspended(body: ev.PointsSuspended, case: Cycle, event: Event) -> Cycle:
    case = end_clocks(case, event.at, "permit_end")
    points = Points.SUSPENDED if case.points else case.points
    return _enter(replace(case, points=points), CycleStage.LAPSED, event)


def after_renewal_opened(body: ev.RenewalOpened, case: Cycle, event: Event) -> Cycle:
    return end_clocks(case, event.at, "ren_open")


def after_points_confirmed(body: ev.PointsConfirmed, case: Cycle, event: Event) -> Cycle:
    case = end_clocks(case, event.at, "ren_open")
    return replace(case, points=Points.VALID, confirmed_on=local_date(event.at))


EVOLUTIONS: Evolutions = {
    ev.CycleNotified: after_cycle_notified,
    ev.WindowOpened: after_window_opened,
    ev.EmployerReminded: after_employer_reminded,
    ev.EvaluationGiven: after_evaluation_given,
    ev.EvaluationTakenUp: after_evaluation_taken_up,
    ev.DataChecked: after_data_checked,
    ev.CycleExpired: after_cycle_expired,
    ev.VerificationFailed: after_verification_failed,
    ev.ObjectionMade: after_objection_made,
    ev.CycleRenewed: after_cycle_renewed,
    ev.CycleEnded: after_cycle_ended,
    ev.EmployerChanged: after_employer_changed,
    ev.Reclassified: after_reclassified,
    ev.CredentialIssued: after_credential_issued,
    ev.PointsSuspended: after_points_suspended,
    ev.RenewalOpened: after_renewal_opened,
    ev.PointsConfirmed: after_points_confirmed,
}
