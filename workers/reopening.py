"""Starts the cases of the register again after Temporal has lost them.

The state is folded from a case's events, whose chain is verified first; no row of the projection
is believed. A start that carries the state is what a run that continues another gets, too; it is
signed by a key of its own (``REOPENS``). Needs the register, its key ring, and an empty namespace.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args, get_type_hints

from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from activities.notices import SendNotice
from casework.domain.case.events import AddressCorrected, Event
from casework.domain.case.facts import CLOCKWORK
from casework.domain.case.in_force import InForce
from casework.domain.case.kind import KNOWN
from casework.domain.case.letters import Effect, EffectKind, effects_of
from casework.domain.case.mending import rests_until
from casework.domain.case.opening import (
    Party,
    Reopened,
    Route,
    StartCase,
    UnsentLetter,
    ways,
)
from casework.domain.case.procedure import evolve
from casework.domain.case.state import Case
from casework.domain.kinds.registry import KINDS, CaseKind, workflow_id
from casework.domain.policy import Recipient
from casework.domain.time.calendar import WorkingCalendar, local_date
from casework.messages.cases import InForceQuestion
from casework.messages.temporal import TASK_QUEUE, order_of_work
from casework.policy.sharing import SharingPolicy
from casework.security.audit.chains import examine
from casework.security.keys.errors import ErasedError
from casework.security.proof.speaking import REOPENS
from casework.store.audit import cases_of
from casework.store.engine import Sessions
from casework.store.models import Notices, Openings, Parties, ServiceItems
from casework.store.register.cases import stored_events
from casework.store.register.in_force import read_in_force
from casework.store.sealing.sealing import opener
from casework.trial.case import start_of

MARK = "reopened"
"""The memo of a run that was started so, and of those that continue it."""
_AT_ONCE = 500
_NO_CALENDAR = -1  # the version of none: the answer brings one
_CALLED = {"employer_code": "employer", "rated_item": "item", "rated_item_name": "item_name"}
"""What a start calls otherwise than the first event."""
_QUEUED = "queued"


class StillRunningError(Exception):
    """The namespace holds cases that were not started from the register: nothing is lost."""


@dataclass(kw_only=True)
class Reopening:
    """What was started again, and what was not: number → why, in English.

    ``unsure``: by number what may not have gone out and is not sent again.
    """

    looked_at: int = 0
    cases: list[str] = field(default_factory=list)
    running: int = 0
    letters: int = 0
    left: dict[str, str] = field(default_factory=dict)
    unsure: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class _Past:
    """What the register has of a case: its events, the state after each, and its opening."""

    events: Sequence[Event]
    states: Sequence[Case]
    opening: Openings
    parties: Mapping[str, Party]
    notices: Sequence[Notices]

    @property
    def case(self) -> Case:
        return self.states[-1]


async def reopen(  # noqa: PLR0913 - where, what, by what rules
    client: Client,
    sessions: Sessions,
    *,
    sharing: SharingPolicy,
    spread: timedelta,
    now: datetime | None = None,
    only: str = "",
    write: bool = True,
) -> Reopening:
    """Start each case that is not over, unless it runs; may be broken off, and run again.

    ``client`` signs as ``REOPENS``. ``spread``: the time before the start of business in which
    cases wake. ``now``: by default the time of this machine. Without ``write`` nothing is started.

    Raises:
        StillRunningError: the namespace holds cases that run, and were not started so.
        RPCError: Temporal does not answer.
    """
    done = Reopening()
    await _require_lost(client)
    at = now or datetime.now(UTC)  # noqa: TID251 - an operator's command happens now
    async for case_no in _numbers(sessions, only):
        done.looked_at += 1
        try:
            async with sessions() as session:
                past = await _past(session, case_no)
                if past is None or _is_over(past.case, at + past.opening.rehearsal):
                    continue
                start = await _start(session, past, sharing, spread, at)
        except ErasedError:
            done.left[case_no] = "its person has been erased"
            continue
        except BrokenChainError as error:
            done.left[case_no] = f"its events are not as they were written: {error}"
            continue
        await _begin(client, start, done, write=write)
        if unsure := _unsure(past, start.calendar):
            done.unsure[case_no] = unsure
    return done


class BrokenChainError(Exception):
    """The events of a case do not follow from each other; the message says of which kind."""


async def _require_lost(client: Client) -> None:
    types = ", ".join(f"'{each}'" for each in sorted({kind.workflow for kind in KNOWN.values()}))
    query = f"ExecutionStatus = 'Running' AND WorkflowType IN ({types})"
    async for each in client.list_workflows(query):
        if MARK not in await each.memo():
            raise StillRunningError(each.id)


async def _numbers(sessions: Sessions, only: str) -> AsyncIterator[str]:
    last = ""
    while True:
        query = select(Openings.case_no).where(Openings.case_no > last)
        if only:
            query = query.where(Openings.case_no == only)
        async with sessions() as session:
            page = (await session.scalars(query.order_by(Openings.case_no).limit(_AT_ONCE))).all()
        for number in page:
            yield number
        if len(page) < _AT_ONCE:
            return
        last = page[-1]


async def _past(session: AsyncSession, case_no: str) -> _Past | None:
    async for stored in cases_of(session, [case_no]):
        for finding in examine(stored):
            raise BrokenChainError(finding.kind)
    events = await stored_events(session, case_no)
    if not events:
        return None
    states: list[Case] = []
    for event in events:
        states.append(evolve(states[-1] if states else None, event))
    own = await opener(session, case_no)
    query = select(*Parties.__table__.columns).where(Parties.case_no == case_no)
    parties = {
        row["role"]: Party(**{k: v for k, v in row.items() if k not in {"case_no", "role"}})
        for each in (await session.execute(query)).mappings()
        if (row := own.row("parties", each))
    }
    told = select(Notices).where(Notices.case_no == case_no).order_by(Notices.seq, Notices.key)
    return _Past(
        events=events,
        states=states,
        opening=await session.get_one(Openings, case_no),
        parties=parties,
        notices=(await session.scalars(told)).all(),
    )


def _is_over(case: Case, now: datetime) -> bool:
    rests = rests_until(case)
    return case.is_done and (rests is None or now >= rests)


# --- the start -----------------------------------------------------------------------------


async def _start(
    session: AsyncSession, past: _Past, sharing: SharingPolicy, spread: timedelta, at: datetime
) -> StartCase:
    case, opening, first = past.case, past.opening, past.events[0]
    message = start_of(CaseKind(opening.kind))
    stored = select(ServiceItems.body).where(ServiceItems.digest == case.policy)
    item = TypeAdapter(get_type_hints(message)["item"]).validate_python(
        await session.scalar(stored)
    )
    known = await _in_force(session, case)
    calendar = known.calendar or WorkingCalendar(())
    parties = _told(past)
    recipients = getattr(item, "recipients", (Recipient.APPLICANT, Recipient.EMPLOYER))
    first_way: dict[str, Route] = {}
    for route in ways({who: parties[who] for who in recipients if who in parties}):
        first_way.setdefault(route.recipient, route)
    common = {
        "case_no": case.case_no,
        "district": opening.district,
        "source": opening.source,
        "reference": opening.reference,
        "content": opening.content,
        "subject": opening.subject,
        "employer_subject": opening.employer_subject,
        "item": item,
        "calendar": calendar,
        "office": case.office,
        "channel": case.channel,
        "posts": dict(case.posts),
        "routes": tuple(first_way.values()),
        "reachable": tuple(ways(parties)),
        "rehearsal": opening.rehearsal,
        "submitted_by": replace(first.actor, district=first.actor.district or opening.district),
        "resumed": case,
        "in_force": replace(known, calendar=None),
        "catalogue": case.catalogue,
        "by_date": case.by_date,
        "spread": spread,
        "share_out": True,
        "sharing": sharing.rules(case.district, case.item, local_date(at + opening.rehearsal)),
        "reopened": Reopened(by=REOPENS, letters=_unsent(past, calendar)),
    }
    return message(**common | own_fields(message, first.body, common))


async def _in_force(session: AsyncSession, case: Case) -> InForce:
    question = InForceQuestion(
        case_no=case.case_no,
        district=case.district,
        office=case.office,
        item=case.item,
        received_on=local_date(case.reckoned_from),
        calendar_version=_NO_CALENDAR,
        needed_until=case.reckoned_until,
    )
    return await read_in_force(session, question)


def _told(past: _Past) -> Mapping[str, Party]:
    """The parties, each with the way that they were told by last: the register keeps no other."""
    chosen = {
        each.recipient: each.channel for each in past.notices if each.key.count(":") == _PLAIN
    }
    for event in past.events:
        if isinstance(event.body, AddressCorrected) and event.body.ways:
            chosen[event.body.party] = event.body.ways[0]
    return {who: replace(party, told_by=chosen.get(who, "")) for who, party in past.parties.items()}


_PLAIN = 3  # colons of the key of a letter that is not sent again


def own_fields(message: type[StartCase], said: object, common: Mapping[str, Any]) -> dict[str, Any]:
    """What only the start of this kind has: once the case has begun, nothing reads it any more."""
    hints = get_type_hints(message)
    found = {}
    for each in fields(message):
        if each.name in common:
            continue
        value = _value(hints[each.name], each.name, said)
        if value is not MISSING:
            found[each.name] = value
    return found


def _value(hint: Any, name: str, said: object) -> Any:  # noqa: ANN401 - of whatever type
    heard = getattr(said, _CALLED.get(name, name), MISSING)
    if heard is not MISSING:
        return heard
    kind = next((each for each in (hint, *get_args(hint)) if is_dataclass(each)), None)
    if kind is None or type(None) in get_args(hint):
        return MISSING
    hints = get_type_hints(kind)
    inner = {each.name: _value(hints[each.name], each.name, said) for each in fields(kind)}
    return kind(**{k: v for k, v in inner.items() if v is not MISSING})  # type: ignore[operator]


# --- what is left to do outside ------------------------------------------------------------


def _effects(past: _Past, calendar: WorkingCalendar) -> list[tuple[Event, Effect]]:
    return [
        (event, effect)
        for event, state in zip(past.events, past.states, strict=True)
        for effect in effects_of(event, state, calendar)
    ]


def _unsent(past: _Past, calendar: WorkingCalendar) -> dict[str, UnsentLetter]:
    """The letters that are still queued; each has the key that it had, so none goes twice."""
    queued = {each.key for each in past.notices if each.status == _QUEUED}
    return {
        f"{effect.seq}:{effect.again}": UnsentLetter(
            seq=effect.seq,
            at=event.at,
            by_time=event.actor == CLOCKWORK,
            template=effect.template,
            to=tuple(Route(recipient=who, channel=channel) for who, channel in effect.to),
            recipients=effect.recipients,
            again=effect.again,
            fields=dict(effect.fields),
        )
        for event, effect in _effects(past, calendar)
        if effect.kind is EffectKind.NOTICE and _is_of(effect, past, queued)
    }


def _is_of(effect: Effect, past: _Past, queued: set[str]) -> bool:
    return any(
        SendNotice(
            case_no=past.case.case_no,
            seq=effect.seq,
            template=effect.template,
            recipient=each.recipient,
            channel=each.channel,
            again=effect.again,
        ).key
        in queued
        for each in past.notices
        if each.seq == effect.seq
    )


def _unsure(past: _Past, calendar: WorkingCalendar) -> list[str]:
    """What was asked of others since the present stage began: whether they heard, nobody knows."""
    return [
        f"{effect.kind} of event {event.seq}"
        for event, effect in _effects(past, calendar)
        if effect.kind is not EffectKind.NOTICE and event.at >= past.case.stage_since
    ]


# --- Temporal ------------------------------------------------------------------------------


async def _begin(client: Client, start: StartCase, done: Reopening, *, write: bool) -> None:
    kind = CaseKind(start.kind)
    if write:
        try:
            await client.start_workflow(
                KINDS[kind].workflow,
                start,
                id=workflow_id(kind, start.case_no),
                task_queue=TASK_QUEUE,
                id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
                static_summary=f"{start.item.name}　{start.office}",
                priority=order_of_work(start.kind),
                memo={MARK: True},
            )
        except WorkflowAlreadyStartedError:
            done.running += 1
            return
    done.cases.append(start.case_no)
    done.letters += len(start.reopened.letters if start.reopened else ())
