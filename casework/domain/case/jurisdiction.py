"""Jurisdiction transfer (管辖移送): a case goes to another district, and nothing else changes.

Number, stage, materials and limits stay: the law gives no pause for it [uncertain]. What has
stopped a limit in the district before stays counted; from then on what is in force in the new one
does. Only the superior transfers, and only what is not decided yet [proposal].
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from casework.domain.bounds import Few, Phrase, Table
from casework.domain.case.commands import TransferJurisdiction
from casework.domain.case.events import Event, EventBody, JurisdictionTransferred
from casework.domain.case.facts import Occasion
from casework.domain.case.guards import require_text
from casework.domain.case.kind import kind_of_case
from casework.domain.case.moves import change_clock, end_claims
from casework.domain.case.rules import Decisions, Evolutions
from casework.domain.case.state import Body, Case, M, Post, Transfer
from casework.domain.errors import DomainError
from casework.domain.policy import Role
from casework.domain.sharing import SharingRule, Way
from casework.domain.talent import Level
from casework.domain.time.calendar import local_date
from casework.domain.time.clock import Clock, Suspension

_NOBODY = Post(holder="")


def transfer_jurisdiction(
    command: TransferJurisdiction, case: Case, facts: Occasion
) -> tuple[EventBody, ...]:
    require_text(command.reason, "reason", "移送理由")
    if command.to_district == case.district:
        raise DomainError("SAME_DISTRICT", "本件已由该区办理", "to_district")
    if case.decided_on is not None:
        raise DomainError("TRANSFER_TOO_LATE", "本件已作出决定，不再移送其他区")
    if not isinstance(command, JurisdictionTransfer) or Role.SUPERVISOR not in command.posts:
        raise DomainError("NO_POSTS", "岗位表中没有该区的岗位", "to_district")
    return (
        JurisdictionTransferred(
            from_district=case.district,
            from_office=case.office,
            to_district=command.to_district,
            to_office=command.office,
            reason=command.reason,
            posts=command.posts,
            bodies=command.bodies,
            specialists=command.specialists,
            share_out=any(rule.way is not Way.FIXED for rule in command.sharing.values()),
        ),
    )


def after_jurisdiction_transferred(body: JurisdictionTransferred, case: Case, event: Event) -> Case:
    manned = _manned(_counted_until(case, local_date(event.at)), body)
    moved = replace(
        manned,
        district=body.to_district,
        office=body.to_office,
        suspensions=(),
        absent=(),
        apart=(),
        to_share=_to_share(body, case, manned) if body.share_out else (),
        lapsed=False,
        transfers=(*case.transfers, _entry(body, event)),
    )
    return _handed_on(moved, case.posts, event.at)


def _to_share(body: JurisdictionTransferred, case: Case, manned: Case) -> tuple[Role, ...]:
    """The roles for which the receiving district chooses somebody; a post that stays is kept."""
    if kind_of_case(case).manned is None:
        return tuple(body.posts)
    return tuple(role for role, post in manned.posts.items() if case.posts.get(role) != post)


def _entry(body: JurisdictionTransferred, event: Event) -> Transfer:
    return Transfer(
        seq=event.seq,
        at=event.at,
        actor=event.actor.code,
        role=event.actor.role,
        from_district=body.from_district,
        from_office=body.from_office,
        to_district=body.to_district,
        to_office=body.to_office,
        reason=body.reason,
    )


def _manned(case: Case, body: JurisdictionTransferred) -> Case:
    """The case with the posts of the district that receives it."""
    manned = kind_of_case(case).manned
    return manned(case, body) if manned is not None else replace(case, posts=body.posts)


def _handed_on(case: Case, before: dict[Role, Post], at: datetime) -> Case:
    """Each open task goes to who holds its post now; a role without a post to the supervisor."""
    tasks = []
    for task in case.tasks:
        then = before.get(task.role) or before.get(Role.SUPERVISOR, _NOBODY)
        now = case.posts.get(task.role) or case.posts.get(Role.SUPERVISOR, _NOBODY)
        if task.closed_at is not None or task.asked_by or (now == then and not task.passed):
            tasks.append(task)
        else:
            given = replace(task, holder=now.holder, backup=now.backup, held_since=at)
            tasks.append(replace(given, taken_up_at=None, team="", claim=""))
    return end_claims(replace(case, tasks=tuple(tasks)), at)


def _counted_until(case: M, on: date) -> M:
    """The limits with what stopped them in the district before, up to the day of the transfer."""
    imposed = {stop.id for stop in case.suspensions}
    for clock in case.running:
        case = change_clock(case, replace(clock, suspensions=tuple(_stops(clock, imposed, on))))
    return case


def _stops(clock: Clock, imposed: set[str], on: date) -> Iterator[Suspension]:
    for stop in clock.suspensions:
        if stop.id not in imposed:
            yield stop  # its own, or that of a measure that stays applied
        elif stop.first_on <= on:
            until = min(stop.lifted_on or on, on)
            yield replace(stop, id="", clocks=None, channels=(), lifted_on=until)


@dataclass(frozen=True, kw_only=True)
class JurisdictionTransfer(TransferJurisdiction):
    """With who receives the case: by the rosters, never by the choice of whoever transfers it.

    ``bodies`` and ``specialists``: of a service request only, as when one is filed. ``sharing``:
    how the district that receives it shares out its work.
    """

    office: Phrase = ""
    posts: Table[Role, Post] = field(default_factory=dict)
    bodies: Few[Body] = ()
    specialists: Table[Level, Post] = field(default_factory=dict)
    sharing: Table[Role, SharingRule] = field(default_factory=dict)


DECISIONS: Decisions = {
    TransferJurisdiction: transfer_jurisdiction,
}
EVOLUTIONS: Evolutions = {
    JurisdictionTransferred: after_jurisdiction_transferred,
}
