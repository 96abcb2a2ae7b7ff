"""Seen before sent (试办): what an act would lead to, with nothing recorded, signed or sent.

The case says with what it would go on; the command is decided on a copy of it, by the rules and
in the order of its workflow, and the register is asked in a transaction that is taken back.
"""

import asyncio
from base64 import b64encode
from dataclasses import replace
from datetime import date, datetime
from itertools import chain
from typing import Any

from pydantic.dataclasses import dataclass

from api.access.guard import may, permit
from api.parts import Parts
from api.routes.letters import may_know
from api.routes.same_person import told_clock, told_events, told_tasks
from casework.domain.authority import Action, Concern
from casework.domain.case.commands import Command
from casework.domain.case.events import Event, title_of
from casework.domain.case.facts import Actor
from casework.domain.case.kind import kind_of_case
from casework.domain.case.letters import dealt_with_by
from casework.domain.case.projection import ClockRow, TaskRow, rows
from casework.domain.case.state import Case
from casework.domain.errors import DomainError
from casework.domain.kinds.registry import CaseKind, workflow_id
from casework.domain.time.calendar import WorkingCalendar
from casework.letters.document import Document, DocumentError, render_pdf
from casework.letters.texts import NoticeTextError, paragraphs, render
from casework.messages.cases import EVENT_BODY
from casework.policy.letters import LetterRule
from casework.store.queries import EventView
from casework.trial.case import LetterToCome, Tried
from casework.trial.register import try_in


@dataclass(frozen=True, kw_only=True)
class StandTried:
    """A case before or after an act that is tried: its stage, its clocks, its open tasks."""

    seq: int
    stage: str
    stage_label: str
    clocks: tuple[ClockRow, ...]
    tasks: tuple[TaskRow, ...]


@dataclass(frozen=True, kw_only=True)
class LetterTried:
    """A letter as it would be sent to ``recipient`` by ``channel``, not before ``goes_at``.

    The letter itself begins with the recipient's name. ``problem``: why it could not be written.
    ``draft``: its document as PDF (base64), if drafts were asked for; it is marked as one (样稿),
    and names nobody.
    """

    seq: int
    template: str
    recipient: str
    channel: str
    goes_at: datetime
    subject: str
    text: str
    problem: str
    draft: str = ""


@dataclass(frozen=True, kw_only=True)
class TriedAnswer:
    """What an act would lead to: nothing has been recorded, signed or sent.

    ``seq``: the last event of the case when it was tried; send it as ``If-Match`` with the act.
    ``events`` begin with what is due before the act. ``refused`` and ``reason``: the attempt itself
    would be recorded, and not carried out. What the caller may not read is left out.
    """

    dry_run: bool = True
    case_no: str
    seq: int
    refused: str
    reason: str
    before: StandTried
    after: StandTried
    events: tuple[EventView, ...]
    letters: tuple[LetterTried, ...] = ()


async def tried(
    command: Command, case_no: str, kind: CaseKind, here: Parts, *, drafts: bool
) -> TriedAnswer:
    """Return what a command would lead to, as far as its actor may read it.

    ``drafts``: with the documents of its letters.

    Raises:
        NoRunError: the case has ended. AwayError: Temporal or the register does not answer.
        DomainError, ProblemError: the act would be refused so.
    """
    actor = command.actor
    concern = await _readable(case_no, actor, here)
    basis = await here.engine.basis(workflow_id(kind, case_no), kind)
    now = here.now()
    async with here.register.trying() as session:
        found = await try_in(
            session,
            basis,
            command,
            now=now,
            catalogue=here.published.on,
        )
    answer = _answer(found, actor, concern, now)
    shown = {each.seq for each in answer.events}
    letters = [
        await asyncio.to_thread(_letters, letter, found.case, here, drafts=drafts)
        for letter in found.letters
        if letter.seq in shown and may_know(actor, [route.recipient for route in letter.routes])
    ]
    return replace(answer, letters=tuple(chain.from_iterable(letters)))


async def _readable(case_no: str, actor: Actor, here: Parts) -> Concern | None:
    """Return the concern of a case; None if the actor may act, and not read it."""
    try:
        async with here.register.reading() as session:
            return await permit(session, actor, Action.READ, case_no)
    except DomainError:
        return None


def _answer(found: Tried, actor: Actor, concern: Concern | None, now: datetime) -> TriedAnswer:
    before, after = found.calendars
    notes = concern is not None and may(actor, Action.READ_NOTES, concern)
    readable = concern is not None
    events = tuple(_event(each, now) for each in found.events) if readable else ()
    return TriedAnswer(
        case_no=found.before.case_no,
        seq=found.before.seq,
        refused=found.refusal.code if found.refusal else "",
        reason=found.refusal.reason if found.refusal else "",
        before=_stand(found.before, before, actor, readable=readable),
        after=_stand(found.case, after, actor, readable=readable),
        events=told_events(events, actor, notes=notes),
    )


def _stand(case: Case, calendar: WorkingCalendar, actor: Actor, *, readable: bool) -> StandTried:
    all_rows: dict[str, Any] = dict(rows(case, calendar))
    tasks = tuple(each for each in all_rows["tasks"] if each.closed_at is None)
    clocks = tuple(each for each in all_rows["clocks"] if told_clock(each.clock, actor))
    return StandTried(
        seq=case.seq,
        stage=case.stage,
        stage_label=case.stage.label,
        clocks=clocks if readable else (),
        tasks=told_tasks(tasks, actor) if readable else (),
    )


def _event(event: Event, now: datetime) -> EventView:
    body = event.body
    return EventView(
        seq=event.seq,
        kind=body.kind,
        title=title_of(event),
        at=event.at,
        actor=event.actor.code,
        role=event.actor.role,
        reason=getattr(body, "reason", ""),
        body=EVENT_BODY.dump_python(body, mode="json"),
        recorded_at=now,
    )


# --- letters -------------------------------------------------------------------------------


_NO_NUMBER = "样稿，未编号"
_SALUTATION = {"applicant": "申请人", "employer": "用人单位", "agent": "代办人"}
"""Whom a draft addresses: names are for those who may see them, and noted."""


def _letters(
    letter: LetterToCome, case: Case, here: Parts, *, drafts: bool
) -> tuple[LetterTried, ...]:
    """The letter to each of its recipients, in the words of the district that would send it."""
    on = date.fromisoformat(letter.fields["on"])
    rule = here.published.on(on).letters.rule(case.district, letter.template, on, item=case.item)
    subject, text, problem, draft = letter.subject, letter.text, letter.problem, ""
    if not problem:
        try:
            own = {"title": rule.title, "text": rule.text}
            subject, text = render(letter.template, letter.fields, **own)
            draft = _draft(letter, case, rule, on) if drafts else ""
        except NoticeTextError as error:
            problem = f"text: {error}"
        except DocumentError as error:
            problem = f"document: {error.problem}"
    return tuple(
        LetterTried(
            seq=letter.seq,
            template=letter.template,
            recipient=route.recipient,
            channel=route.channel,
            goes_at=letter.goes_at,
            subject=subject,
            text=text,
            problem=problem,
            draft=draft,
        )
        for route in letter.routes
    )


def _salutation(role: str, case: Case) -> str:
    opens = kind_of_case(case).opens
    if role == "applicant" and opens is not None and opens.caller:
        return "诉求人"
    return _SALUTATION.get(role, role)


def _draft(letter: LetterToCome, case: Case, rule: LetterRule, on: date) -> str:
    fields = letter.fields
    title, body = paragraphs(letter.template, fields, title=rule.title, text=rule.text)
    told = dict.fromkeys(route.recipient for route in letter.routes)
    document = Document.by_rule(
        rule,
        office=fields["office"],
        officer=dealt_with_by(case),
        method=fields.get("method", ""),
        number=_NO_NUMBER,
        title=title,
        addressee="、".join(_salutation(role, case) for role in told),
        case_no=fields["case_no"],
        item=fields["item"],
        body=body,
        on=on,
        draft=True,
    )
    return b64encode(render_pdf(document)).decode()
