"""One case in memory: what its workflow does with it, in the same order, without waiting.

``workflows/case.py`` and the workflow of each kind are the model: what is due happens before a
command, what is in force is looked up before some, and whatever follows is in the register before
anybody acts again. Effects are carried out when the case has come to rest, letters that follow
from time alone at the next start of business.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, ClassVar, Protocol, Self, cast, get_type_hints

from activities.talent_service import NextCycle
from casework.domain.authority import Matrix, refusal_of
from casework.domain.bounds import require_bounded
from casework.domain.case import letters, mending
from casework.domain.case.commands import Claim, Command, CorrectAddress
from casework.domain.case.events import (
    AddressCorrected,
    Event,
    EventBody,
    MessageRefused,
    PapersCameLate,
)
from casework.domain.case.facts import CLOCKWORK, Actor, Occasion
from casework.domain.case.guards import require_as_seen, require_room
from casework.domain.case.in_force import MAY_BE_OVER, InForce
from casework.domain.case.jurisdiction import JurisdictionTransfer
from casework.domain.case.letters import Effect, EffectKind, effects_of, notice_of
from casework.domain.case.mending import is_arrival
from casework.domain.case.opening import Party, Route, Routing, StartCase, rerouted
from casework.domain.case.passing_time import date_decides, next_moment, tick, waking
from casework.domain.case.procedure import come_up_to, consequence, decide, evolve
from casework.domain.case.projection import rows
from casework.domain.case.sharing import ClaimWithBackup, kept_away, work_shared
from casework.domain.case.state import Case
from casework.domain.case.together import given_to
from casework.domain.errors import DomainError
from casework.domain.kinds.application.commands import (
    Accept,
    OfferDeferral,
    PolicyMove,
    PreReview,
    RefuseDuplicate,
)
from casework.domain.kinds.application.events import SecondNoticeBlocked
from casework.domain.kinds.application.measures import put_off
from casework.domain.kinds.application.same_person import MAY_HAVE_CHANGED, found, no_such_duplicate
from casework.domain.kinds.application.state import (
    Application,
    ApplicationFacts,
    ApplicationStage,
    OtherCase,
)
from casework.domain.kinds.cycle.commands import RenewPermit
from casework.domain.kinds.cycle.events import DataChecked
from casework.domain.kinds.cycle.state import Cycle, CycleFacts, CycleKind, CyclePolicy, DataCheck
from casework.domain.kinds.incoming_mail.procedure import tried
from casework.domain.kinds.incoming_mail.state import IncomingMail
from casework.domain.kinds.parcel import procedure as parcel
from casework.domain.kinds.parcel.state import Parcel
from casework.domain.kinds.registry import KINDS, CaseKind
from casework.domain.kinds.request.commands import NoteStanding
from casework.domain.kinds.request.state import Request
from casework.domain.kinds.round.events import DrawAsked, SampleDrawn
from casework.domain.kinds.round.state import RoundPolicy
from casework.domain.policy import Role, ServiceItem
from casework.domain.talent import Standing
from casework.domain.time.calendar import WorkingCalendar, add_months, local_date
from casework.domain.time.ladder import letters_from
from casework.letters.texts import NoticeTextError, render
from casework.messages.cases import EmployerChange, InForceQuestion, size_of
from casework.messages.sharing import (
    ClaimAnswer,
    ClaimQuestion,
    ShareAnswer,
    ShareQuestion,
    claim_question,
    share_question,
)
from casework.store.queries import NoticeView
from workflows.application import BESIDE_OTHERS, TOLD_ALREADY, ApplicationWorkflow
from workflows.case import LONGEST_REASON, CaseWorkflow, came_too_late, submitter
from workflows.in_force import Known
from workflows.incoming_mail import IncomingMailWorkflow
from workflows.parcel import ParcelWorkflow
from workflows.service_cycle import MAY_RENEW, ServiceCycleWorkflow, with_employer
from workflows.service_request import CYCLE, ServiceRequestWorkflow
from workflows.ticket import TicketWorkflow
from workflows.visit_round import VisitRoundWorkflow

CASE_CLOSED = "CASE_CLOSED"
"""Also the answer for a case whose workflow has ended, as HTTP gives it."""


class BrokenError(RuntimeError):
    """The engine failed; the message, in whatever language it was met, is for the engineers."""


@dataclass(frozen=True, kw_only=True)
class RefusalError:
    """An attempt that was refused: stable code and Chinese reason."""

    code: str
    reason: str


_CLOSED = RefusalError(code=CASE_CLOSED, reason="本件已办结")
_NOTICES = {EffectKind.NOTICE: "", EffectKind.DISPATCH: "dispatched"}
"""Effects that are a notice, and its template where the effect does not say it."""


class World(Protocol):
    """What a case knows of everything beside itself."""

    @property
    def time(self) -> datetime:
        """The time of the case."""

    def authority(self) -> Matrix:
        """Who may do what."""

    def read(self, question: InForceQuestion) -> InForce:
        """What is in force for a case."""

    def version_for(self, case: Case) -> int:
        """The version of the last order that concerns the case."""

    def share(self, question: ShareQuestion) -> ShareAnswer:
        """Choose who has these roles of a case."""

    def may_claim(self, question: ClaimQuestion) -> ClaimAnswer:
        """Whether a person may claim a task of a team."""

    def is_barred(self, subject: str) -> bool:
        """Whether an unrepaired breach bars the subject from further deferral."""

    def others_of(self, case_no: str) -> tuple[OtherCase, ...]:
        """The other open applications of the same person for the same item."""

    def give_way(self, case_no: str, other: str) -> bool:
        """Note that it is refused for another one, if that is among its others."""

    def standing_of(self, talent: str) -> Standing | None:
        """How a talent stands."""

    def next_cycle(self, kind: CycleKind, district: str, on: date) -> NextCycle:
        """The policy of a cycle that begins on that day, and its version."""


class Outside(Protocol):
    """What a case asks of others, and what they answer."""

    def takes(self, address: str) -> bool:
        """Whether a letter to that address is taken."""

    def check_data(self, person: Party | None) -> tuple[DataCheck, ...]:
        """What other systems say of somebody."""

    def tell_requests(self, standing: Standing) -> None:
        """Tell the talent's requests how the talent stands."""

    def draw(
        self, district: str, days: tuple[date, date], policy: RoundPolicy, seed: str
    ) -> SampleDrawn:
        """Draw a sample of who came in these days."""

    def open_from_mail(
        self, mail: IncomingMail, number: int, sender: str
    ) -> tuple[str, DomainError | None]:
        """Open the case of a person of a mail; its number, or why there is none."""

    def open_from_parcel(self, parcel: Parcel, sender: str) -> tuple[str, DomainError | None]:
        """Bring the papers of a parcel to a case; its number, or why it does not take them."""


@dataclass(frozen=True, kw_only=True)
class LetterToCome:
    """A letter as it will be sent: by which ways, and not before when (``goes_at``).

    ``fields``: what it says. ``problem``: why it cannot be written; an officer then gets a task.
    """

    seq: int
    template: str
    routes: tuple[Route, ...]
    goes_at: datetime
    fields: Mapping[str, str]
    subject: str = ""
    text: str = ""
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class Tried:
    """What a command would lead to, and the case ``before`` and after it.

    ``events`` begin with what is due, or is to be noted, before the command; they end with what
    follows at once. ``refusal``: the attempt would be recorded, and not carried out. What others
    answer, and what follows from that, cannot be known.
    """

    before: Any
    case: Any
    calendars: tuple[WorkingCalendar, WorkingCalendar]
    events: tuple[Event, ...]
    letters: tuple[LetterToCome, ...]
    refusal: RefusalError | None


class _RefusedError(Exception):
    """The outside refuses for good; hopeless: no other way would help."""

    def __init__(self, code: str, *, is_hopeless: bool) -> None:
        super().__init__(code)
        self.is_hopeless = is_hopeless


class _UnreachedError(Exception):
    """A letter reaches some of its recipients by no way; ``partly``: it has reached others."""

    def __init__(self, code: str, unreached: tuple[str, ...], *, partly: bool) -> None:
        super().__init__(code)
        self.unreached, self.partly = unreached, partly


class PureCase:
    """``wakes``: when it looks by itself; ``letters``: what goes out later, and when.

    ``ended``: it is done, and can no longer be taken back.
    """

    model: ClassVar[type[CaseWorkflow[Any]]] = CaseWorkflow

    def __init__(self, start: StartCase, world: World, outside: Outside | None = None) -> None:
        self.start = start
        self.world = world
        self._outside = outside
        self.events: list[Event] = []
        self.states: list[Any] = []
        self.notices: dict[str, NoticeView] = {}
        self.parties = {
            "applicant": start.applicant,
            "employer": start.employer,
            "agent": start.agent,
        }
        self.gives_way_to = ""
        self.wakes: datetime | None = None
        self.letters: list[tuple[datetime, Effect, Event]] = []
        self.ended = False
        self._known = Known(start)
        self._next: datetime | None = None
        self._effects: deque[tuple[Effect, Event, bool]] = deque()
        self._written = 0

    @classmethod
    def resumed(cls, start: StartCase, world: World) -> Self:
        """The case of the start message of a run that goes on; nobody outside answers it."""
        case = cls(start, world)
        case.states.append(start.resumed)
        case._written = case.case.seq
        case._arm()
        return case

    # --- what others do with it ----------------------------------------------------------

    @property
    def case(self) -> Any:  # noqa: ANN401 - the state of its kind
        """The state after the last event."""
        return self.states[-1]

    def open(self) -> None:
        """Begin; raises DomainError if it cannot."""
        self._apply(self.start.first_event(self.world.time), submitter(self.start))
        self._take_note()
        if self.start.share_out and self.case.is_open:
            self._share(tuple(self.case.posts), first=True)
        self._settle()
        self._once_opened()
        self._rest()

    def basis(self) -> StartCase:
        """With what a run would go on: a case ``resumed`` with it does the same as this one."""
        return replace(
            self.start,
            resumed=self.case,
            applicant=None,
            employer=None,
            calendar=self._known.calendar,
            in_force=self._known.in_force,
        )

    def tried(self, command: Command) -> Tried:
        """Return what a command would lead to; neither this case nor anything else changes.

        What the world is asked may have to be taken back; that is for who has made the world.

        Raises:
            DomainError: it would be refused.
        """
        if self.ended:
            raise DomainError(_CLOSED.code, _CLOSED.reason)
        own = copy(self)
        own._stand_alone()  # noqa: SLF001 - its own kind
        return own._try(command)  # noqa: SLF001 - as above

    def _stand_alone(self) -> None:
        """Share nothing that changes with the case of which this is a copy."""
        self.events, self.states = list(self.events), list(self.states)
        self.notices, self.parties = dict(self.notices), dict(self.parties)
        self.letters, self._effects = list(self.letters), deque()
        self._known = copy(self._known)

    def _try(self, command: Command) -> Tried:
        before, calendar, so_far = self.case, self._known.calendar, len(self.events)
        self._check(command)
        refusal = self._handle(command)
        rows(self.case, self._known.calendar, before)  # what cannot be shown cannot be recorded
        return Tried(
            before=before,
            case=self.case,
            calendars=(calendar, self._known.calendar),
            events=tuple(self.events[so_far:]),
            letters=tuple(self._letters_to_come()),
            refusal=refusal,
        )

    def _letters_to_come(self) -> Iterator[LetterToCome]:
        for effect, event, by_time in self._effects:
            if effect.kind is EffectKind.NOTICE:
                yield self._written_out(effect, self._goes_at(effect, event, by_time=by_time))

    def _written_out(self, effect: Effect, goes_at: datetime) -> LetterToCome:
        letter = LetterToCome(
            seq=effect.seq,
            template=effect.template,
            routes=self._routes(effect),
            goes_at=goes_at,
            fields={**effect.fields, "case_no": self.start.case_no},
        )
        try:
            subject, text = self._text(effect)
        except NoticeTextError as error:
            return replace(letter, problem=f"text: {error}")
        return replace(letter, subject=subject, text=text)

    def _text(self, effect: Effect) -> tuple[str, str]:
        return render(effect.template, {**effect.fields, "case_no": self.start.case_no})

    def _goes_at(self, effect: Effect, event: Event, *, by_time: bool) -> datetime:
        """When an effect is carried out: now, or a letter of time at the next start of business."""
        if not (by_time and effect.kind is EffectKind.NOTICE and self.case.by_date):
            return self.world.time
        opens = self.start.item.office_opens
        return letters_from(event.at, opens, self._known.calendar)

    def do(self, verb: str, command: Command) -> RefusalError | None:
        """Apply a command; why it was refused, if it was."""
        del verb  # the command says it
        if self.ended:
            return _CLOSED
        try:
            self._check(command)
            return self._handle(command)
        except DomainError as refused:
            return RefusalError(code=refused.code, reason=refused.message)
        finally:
            self._rest()

    def signal(self, fact: str, command: Command) -> RefusalError | None:
        """Apply a fact; what may not be is recorded as refused."""
        if self.ended:
            return _CLOSED
        self._let_time_pass()
        try:
            if (refused := self._refusal_of(command, self.case)) is not None:
                raise refused
            require_bounded(command)
            if isinstance(command, (*self.model.hands_on, *self.model.look_for)):
                self._look()
                self._let_time_pass()
            self._ask_before(command)
            for body in decide(self.case, command, self.facts(command.actor)):
                self._apply(body, command.actor)
        except DomainError as refused:
            reason = refused.message[:LONGEST_REASON]
            unknown = Actor(code="unknown", role=Role.SYSTEM)
            self._apply(MessageRefused(message=fact, code=refused.code, reason=reason), unknown)
        self._settle()
        self._rest()
        return None

    def _ask_before(self, command: Command) -> None:
        """Ask for what the decision has to know."""

    def look_again(self) -> None:
        """Look up what is in force, as an order or an absence tells it to."""
        self._look()
        self.wake()

    def wake(self) -> None:
        """Let happen what has fallen due."""
        woken_at = self.wakes
        self._let_time_pass()
        self._settle()
        self._rest()
        if not self.ended and woken_at == self.wakes and self._is_due():
            raise BrokenError("a moment came and nothing happened")

    def _is_due(self) -> bool:
        return self.wakes is not None and self.wakes <= self.world.time

    def send_letters(self) -> None:
        """Send those whose time has come."""
        due = [each for each in self.letters if each[0] <= self.world.time]
        for each in due:
            self.letters.remove(each)
            self._carry_out(each[1], each[2])
        self._rest()

    # --- messages ------------------------------------------------------------------------

    def _check(self, command: Command) -> None:
        case = self.case
        if self._next is not None and self._next <= self.world.time:
            case = come_up_to(case, self.facts(CLOCKWORK))
        if (refused := self._refusal_of(command, case)) is not None:
            raise refused
        try:
            decide(case, command, self.facts(command.actor))
        except DomainError as error:
            if not self._may_be_over(command, error):
                raise
        require_bounded(command)

    def _refusal_of(self, command: Command, case: Case) -> DomainError | None:
        start = self.start
        refused = refusal_of(
            self.world.authority(),
            command,
            case,
            subject=start.subject,
            employer=start.employer_subject,
            opened_by=submitter(start).code,
            source=start.source,
        )
        if refused is not None:
            return refused
        try:
            require_as_seen(command, self.case.seq)
            require_room(command, size_of(case))
        except DomainError as now:
            return now
        return None

    def _may_be_over(self, command: Command, refused: DomainError) -> bool:
        del command
        return refused.code in MAY_BE_OVER

    def _handle(self, command: Command) -> RefusalError | None:
        self._come_up_to(command)
        if isinstance(command, Claim):
            command = self._as_claimed(command)
        return self._finish(command)

    def _finish(self, command: Command, facts: Occasion | None = None) -> RefusalError | None:
        bodies = self._done(command, facts or self.facts(command.actor))
        answer = self._answer(command, bodies)
        self._settle()
        return answer

    def _come_up_to(self, command: Command) -> None:
        self._let_time_pass()
        hands_on = self.model.hands_on if self.case.by_date else ()
        if isinstance(command, (*self.model.look_first, *hands_on)):
            self._look()
            self._let_time_pass()

    def _done(self, command: Command, facts: Occasion) -> tuple[EventBody, ...]:
        if self.case.by_date and (to := given_to(command, self.case)):
            self._known.require_there(to)
        bodies = decide(self.case, command, facts)
        self._adopt(command, bodies)
        for body in bodies:
            self._apply(body, command.actor)
        return bodies

    def _adopt(self, command: Command, bodies: tuple[EventBody, ...]) -> None:
        """Take over what a command brings beside its events."""
        if bodies and isinstance(command, JurisdictionTransfer):
            self.start = replace(self.start, sharing=dict(command.sharing))
        if isinstance(command, CorrectAddress):
            self._readdress(command, bodies)

    def _readdress(self, command: CorrectAddress, bodies: tuple[EventBody, ...]) -> None:
        for body in bodies:
            if isinstance(body, AddressCorrected):
                self.start = rerouted(self.start, body.party, body.ways)
        if (known := self.parties.get(command.party)) is not None:
            self.parties[command.party] = replace(known, email=command.email, phone=command.phone)

    def _answer(self, command: Command, bodies: tuple[EventBody, ...]) -> RefusalError | None:
        late = any(isinstance(body, PapersCameLate) for body in bodies)
        if not late or is_arrival(command, self.case):
            return None
        return RefusalError(code="CASE_CLOSED", reason=came_too_late(self.case))

    # --- what happens --------------------------------------------------------------------

    def _apply(self, body: EventBody, actor: Actor, came_at: datetime | None = None) -> None:
        before = self.states[-1] if self.states else None
        seq = before.seq + 1 if before else 1
        event = Event(seq=seq, at=came_at or self.world.time, actor=actor, body=body)
        self.events.append(event)
        self.states.append(evolve(before, event))
        for effect in effects_of(event, self.case, self._known.calendar):
            self._note_letter(effect)
            self._effects.append((effect, event, came_at is not None))
        self._arm()
        if before is not None and not before.is_open and self.case.is_open:
            self._take_note()
        further = consequence(self.case, self._known.calendar)
        if further is not None:
            self._apply(further, CLOCKWORK, came_at)

    def _arm(self) -> None:
        if not self.case.is_open:
            self._next = self.wakes = mending.rests_until(self.case)
            return
        item = self.start.item
        self._next = next_moment(self.case, item, self._known.calendar)
        self.wakes = self._next and waking(
            self.case, self._next, item.office_opens, self.start.spread
        )

    def _let_time_pass(self) -> None:
        self._go_by_dates()
        if self._next is None or self.world.time < self._next:
            return
        if not self.case.is_open:
            self._next = self.wakes = None
            return
        self._look()
        while (came := tick(self.case, self.facts(CLOCKWORK))) is not None:
            self._apply(came.body, CLOCKWORK, came.at if self.case.by_date else None)

    def _go_by_dates(self) -> None:
        if not self.case.by_date and self.case.is_open:
            self._apply(date_decides(self.case, self._known.calendar), CLOCKWORK)
            self._take_note()

    def _look(self) -> None:
        question = self._known.question(self.case, self.world.time)
        if question is not None:
            self._known.learn(self.world.read(question), self.case)
        self._take_note()

    def _take_note(self) -> None:
        for body in self._known.take(self.case):
            self._apply(body, CLOCKWORK)
        if self.case.by_date and (brought := self._brought()) is not None:
            self._apply(brought, CLOCKWORK)

    def _settle(self) -> None:
        """What was reckoned under rules that are no longer in force the register does not take."""
        if self._known.is_of_elsewhere(self.case):
            self._look()
        if self.case.to_share and self.case.is_open:
            self._share(self.case.to_share)
        while self._written < self.case.seq:
            known = self._known.version
            if known is not None and self.world.version_for(self.case) > known:
                self._look()
            else:
                self._written = self.case.seq

    # --- sharing out ---------------------------------------------------------------------

    def _share(self, roles: tuple[Role, ...], *, first: bool = False) -> None:
        """Have somebody chosen for these roles."""
        case, today = self.case, local_date(self.world.time)
        unclaimed = not first and case.lapsed
        question = share_question(
            case, self.start, self._known.calendar, today, roles, unclaimed=unclaimed
        )
        answer = self.world.share(question)
        body = work_shared(case, answer.choices, answer.apart)
        if body is not None:
            self._apply(body, CLOCKWORK)
            if (apart := kept_away(self.case, roles)) is not None:
                self._apply(apart, CLOCKWORK)
            for noted in self._known.absences(self.case):
                self._apply(noted, CLOCKWORK)
            if apart is not None and self.case.to_share:
                self._share(self.case.to_share)

    def _as_claimed(self, command: Claim) -> Claim:
        """The claim with its B角; raises DomainError if the person may not."""
        task = next((each for each in self.case.open_tasks if each.id == command.task), None)
        if task is None or not task.is_unclaimed:
            return command
        today = local_date(self.world.time)
        question = claim_question(self.case, self.start, task, command.actor.code, today)
        answer = self.world.may_claim(question)
        if answer.refused:
            raise DomainError(answer.refused, answer.reason)
        return ClaimWithBackup(**vars(command), backup=answer.backup)

    # --- the outside world ---------------------------------------------------------------

    def _rest(self) -> None:
        """Carry out what is asked of the outside until nothing is left."""
        while self._effects:
            effect, event, by_time = self._effects.popleft()
            moment = self._goes_at(effect, event, by_time=by_time)
            if moment > self.world.time:
                self.letters.append((moment, effect, event))
            else:
                self._carry_out(effect, event)
        if self.letters:
            return
        self._begin_anew()
        rests_until = mending.rests_until(self.case)
        if self.case.is_done and (rests_until is None or self.world.time >= rests_until):
            self.ended = True

    def _carry_out(self, effect: Effect, event: Event) -> None:
        self._settle()
        try:
            self._fulfil(effect, event)
        except _UnreachedError as error:
            if error.partly:
                self._note_sent(effect, error.unreached)
            for body in letters.failed(
                self.case, effect, str(error), error.unreached, partly=error.partly
            ):
                self._apply(body, CLOCKWORK)
            self._settle()
        else:
            self._note_sent(effect)

    def _note_sent(self, effect: Effect, unreached: tuple[str, ...] = ()) -> None:
        on = local_date(self.world.time)
        reached = tuple(who for who in effect.recipients if who not in unreached)
        body = letters.sent(self.case, effect, on, reached, again=bool(effect.again))
        if body is not None:
            self._apply(body, CLOCKWORK)
            self._settle()

    def _fulfil(self, effect: Effect, event: Event) -> None:
        del event
        routing = Routing(routes=self._routes(effect), reachable=self.start.reachable)
        unreached: dict[str, _RefusedError] = {}
        for route in routing.routes:
            last: _RefusedError | None = None
            for way in routing.from_(route):
                try:
                    self._send(effect, way)
                except _RefusedError as error:
                    last = error
                    if error.is_hopeless:
                        raise _UnreachedError(str(error), (), partly=False) from None
                else:
                    last = None
                    break
            if last is not None:
                unreached.setdefault(route.recipient, last)
        if unreached:
            told = {route.recipient for route in routing.routes} - unreached.keys()
            code = str(next(iter(unreached.values())))
            raise _UnreachedError(code, tuple(unreached), partly=bool(told))

    def _note_letter(self, effect: Effect) -> None:
        if effect.kind not in _NOTICES or effect.again:
            return
        for route in self._routes(effect):
            self._queue(effect, route)

    def _queue(self, effect: Effect, route: Route) -> None:
        key = self._key(effect, route)
        self.notices[key] = NoticeView(
            key=key,
            seq=effect.seq,
            template=effect.template or _NOTICES[effect.kind],
            recipient=route.recipient,
            channel=route.channel,
            status="queued",
            reference="",
            problem="",
            queued_at=self.world.time,
            at=None,
        )

    def _send(self, effect: Effect, route: Route) -> None:
        """A letter whose text or address is missing is refused, as in production."""
        key, problem = self._key(effect, route), ""
        person = self.parties.get(route.recipient)
        address = {"mail": "email", "sms": "phone"}.get(route.channel, "name")
        try:
            self._text(effect)
        except NoticeTextError as error:
            problem = f"text: {error}"
        to = getattr(person, address, "")
        if not problem and not to:
            problem = f"{address}_unknown"
        if not problem and not self.outside.takes(to):
            problem = "refused"
        status = "refused" if problem else "sent"
        if key not in self.notices:  # instead of one that was refused, or waited by an old way
            if not effect.again:
                self._forget_old_way(effect, route)
            self._queue(effect, route)
        self.notices[key] = replace(
            self.notices[key], status=status, problem=problem, at=self.world.time
        )
        if problem:
            raise _RefusedError("NoticeRefused", is_hopeless=problem.startswith("text"))

    def _forget_old_way(self, effect: Effect, route: Route) -> None:
        """A letter that has waited goes by the way that was corrected meanwhile."""
        for key, known in self.notices.items():
            old = replace(route, channel=known.channel)
            if known.status == "queued" and key == self._key(effect, old):
                del self.notices[key]
                return

    def _key(self, effect: Effect, route: Route) -> str:
        key = f"{self.start.case_no}:{effect.seq}:{route.recipient}:{route.channel}"
        return f"{key}:{effect.again}" if effect.again else key

    def _routes(self, effect: Effect) -> tuple[Route, ...]:
        start = self.start
        if effect.recipients:
            return tuple(r for r in start.routes if r.recipient in effect.recipients)
        if not effect.to:
            return start.routes
        return tuple(r for r in start.reachable if (r.recipient, r.channel) in effect.to)

    @property
    def outside(self) -> Outside:
        """Who answers what the case asks of others; BrokenError if nobody does."""
        if self._outside is None:
            raise BrokenError("nobody outside answers this case")
        return self._outside

    # --- what a kind of case says --------------------------------------------------------

    def facts(self, actor: Actor) -> Occasion:
        """What a decision may know."""
        known = KINDS[CaseKind(self.start.kind)].facts
        return known(
            at=self.world.time,
            actor=actor,
            item=self.start.item,
            calendar=self._known.calendar,
        )

    def _once_opened(self) -> None:
        """What it does as soon as it is in the register."""

    def _brought(self) -> EventBody | None:
        """What a measure that it has noted brings about at once."""
        return None

    def _begin_anew(self) -> None:
        """Go on as the next run would."""


class PureApplication(PureCase):
    """An application, which looks for others of the same person."""

    model = ApplicationWorkflow

    def _handle(self, command: Command) -> RefusalError | None:
        if isinstance(command, RefuseDuplicate):
            return self._give_way(command)
        barred = isinstance(command, OfferDeferral) and self.world.is_barred(self.start.subject)
        self._come_up_to(command)
        if isinstance(command, Claim):
            command = self._as_claimed(command)
        return self._finish(command, self.facts(command.actor, barred=barred))

    def _give_way(self, command: RefuseDuplicate) -> RefusalError | None:
        self._come_up_to(command)
        decide(self.case, command, self.facts(command.actor))
        if not self.world.give_way(self.start.case_no, command.other):
            self._look_for_others()
            raise no_such_duplicate()
        self.gives_way_to = command.other
        return self._finish(command)

    def _come_up_to(self, command: Command) -> None:
        super()._come_up_to(command)
        if isinstance(command, BESIDE_OTHERS):
            self._look_for_others()
            self._let_time_pass()

    def _once_opened(self) -> None:
        self._look_for_others()

    def _look_for_others(self) -> None:
        for body in found(self.case, self.world.others_of(self.start.case_no)):
            self._apply(body, CLOCKWORK)
        self._settle()

    def _adopt(self, command: Command, bodies: tuple[EventBody, ...]) -> None:
        super()._adopt(command, bodies)
        if bodies and isinstance(command, PolicyMove) and command.item is not None:
            self.start = replace(self.start, item=command.item)

    def _answer(self, command: Command, bodies: tuple[EventBody, ...]) -> RefusalError | None:
        if isinstance(command, PreReview) and isinstance(bodies[0], SecondNoticeBlocked):
            return RefusalError(code="SECOND_NOTICE", reason=TOLD_ALREADY)
        return super()._answer(command, bodies)

    def _may_be_over(self, command: Command, refused: DomainError) -> bool:
        if super()._may_be_over(command, refused) or refused.code in MAY_HAVE_CHANGED:
            return True
        return self.case.stage is ApplicationStage.AWAIT_PAPER and isinstance(command, Accept)

    def _fulfil(self, effect: Effect, event: Event) -> None:
        match effect.kind:
            case EffectKind.NOTICE:
                super()._fulfil(effect, event)
            case EffectKind.DISPATCH:  # the courier takes it at once
                fields = {"tracking_number": f"EMS-{effect.seq}"}
                self._carry_out(notice_of(event, self.case, "dispatched", fields), event)
            case _:
                pass  # the superior and the archive answer when the scenario says so

    def facts(self, actor: Actor, *, barred: bool = False) -> ApplicationFacts:
        return ApplicationFacts(
            at=self.world.time,
            actor=actor,
            item=cast("ServiceItem", self.start.item),
            calendar=self._known.calendar,
            barred=barred,
            measures=self._known.measures,
        )

    def _brought(self) -> EventBody | None:
        case: Application = self.case
        return put_off(case, self.facts(CLOCKWORK))


class PureCycle(PureCase):
    """A talent's cycle, or the year of a permit; each is a run of its own."""

    model = ServiceCycleWorkflow

    def __init__(self, start: StartCase, world: World, outside: Outside | None = None) -> None:
        super().__init__(start, world, outside)
        self._following: NextCycle | None = None
        self._number: int | None = None

    def _come_up_to(self, command: Command) -> None:
        super()._come_up_to(command)
        self._ask_before(command)

    def _ask_before(self, command: Command) -> None:
        if isinstance(command, MAY_RENEW):
            case: Cycle = self.case
            on = case.ends_on
            if isinstance(command, RenewPermit):
                on = max(on, command.renewed_on)
            self._following = self.world.next_cycle(case.kind, case.district, on)

    def _adopt(self, command: Command, bodies: tuple[EventBody, ...]) -> None:
        super()._adopt(command, bodies)
        if not bodies or not isinstance(command, EmployerChange):
            return
        self.start = replace(self.start, employer_subject=command.subject)
        if (party := command.party) is not None:
            self.parties["employer"] = party
            self.start = replace(
                self.start,
                routes=with_employer(self.start.routes, party),
                reachable=with_employer(self.start.reachable, party),
            )

    def _fulfil(self, effect: Effect, event: Event) -> None:
        match effect.kind:
            case EffectKind.DATA_CHECK:
                checks = self.outside.check_data(self.parties["applicant"])
                if self.case.is_open:
                    self._apply(DataChecked(checks=checks), CLOCKWORK)
                    self._settle()
            case EffectKind.TELL_REQUESTS:
                self.outside.tell_requests(self.case.standing)
            case _:
                super()._fulfil(effect, event)

    def _begin_anew(self) -> None:
        if self._number is None:
            self._number = self.case.number
        if self.case.number == self._number:
            return
        if (following := self._following) is not None:
            catalogue = following.catalogue or self.start.catalogue
            self.start = replace(self.start, item=following.policy, catalogue=catalogue)
        calendar, in_force = self._known.calendar, self._known.in_force
        self.start = replace(self.start, calendar=calendar, in_force=in_force, resumed=self.case)
        self._known = Known(self.start)
        self._number, self._following = self.case.number, None
        self._arm()

    def facts(self, actor: Actor) -> CycleFacts:
        return CycleFacts(
            at=self.world.time,
            actor=actor,
            item=cast("CyclePolicy", self.start.item),
            calendar=self._known.calendar,
            following=self._following.policy if self._following else None,
            catalogue=self._following.catalogue if self._following else "",
        )


class PureRequest(PureCase):
    """A request, which asks how its talent stands as soon as it is there."""

    model = ServiceRequestWorkflow

    def _once_opened(self) -> None:
        case: Request = self.case
        standing = self.world.standing_of(case.talent)
        if standing is not None and standing.version > case.standing.version:
            self._done(NoteStanding(actor=CYCLE, standing=standing), self.facts(CYCLE))
            self._settle()


class PureRound(PureCase):
    """A round of visits, which draws its sample."""

    model = VisitRoundWorkflow

    def _fulfil(self, effect: Effect, event: Event) -> None:
        if effect.kind is not EffectKind.DRAW or not isinstance(event.body, DrawAsked):
            super()._fulfil(effect, event)
            return
        until, policy = local_date(event.at), cast("RoundPolicy", self.start.item)
        days = add_months(until, -policy.lookback_months), until
        drawn = self.outside.draw(self.case.district, days, policy, event.body.seed)
        self._apply(drawn, CLOCKWORK)
        self._settle()


class PureMail(PureCase):
    """A mail, which has a case opened for each of its persons."""

    model = IncomingMailWorkflow

    def _fulfil(self, effect: Effect, event: Event) -> None:
        if effect.kind is not EffectKind.OPEN_CASE:
            super()._fulfil(effect, event)
            return
        number = int(effect.fields["number"])
        case: IncomingMail = self.case
        sender = self.parties.get("applicant")
        case_no, refused = self.outside.open_from_mail(case, number, sender.email if sender else "")
        code, reason = (refused.code, refused.message) if refused else ("", "")
        body = tried(self.case, number, case_no, code, reason)
        if body is not None:
            self._apply(body, CLOCKWORK)
            self._settle()


class PureParcel(PureCase):
    """A parcel, whose papers go to the case that it is matched to."""

    model = ParcelWorkflow

    def _fulfil(self, effect: Effect, event: Event) -> None:
        if effect.kind is not EffectKind.OPEN_CASE:
            super()._fulfil(effect, event)
            return
        sender = self.parties.get("applicant")
        case_no, refused = self.outside.open_from_parcel(self.case, sender.email if sender else "")
        code, reason = (refused.code, refused.message) if refused else ("", "")
        body = parcel.tried(self.case, int(effect.fields["number"]), case_no, code, reason)
        if body is not None:
            self._apply(body, CLOCKWORK)
            self._settle()


class PureTicket(PureCase):
    """A ticket, whose reports the hotline takes at once."""

    model = TicketWorkflow

    def _fulfil(self, effect: Effect, event: Event) -> None:
        if effect.kind is not EffectKind.REPORT_TICKET:
            super()._fulfil(effect, event)


KINDS_OF: dict[CaseKind, type[PureCase]] = {
    CaseKind.APPLICATION: PureApplication,
    CaseKind.TALENT_CYCLE: PureCycle,
    CaseKind.PERMIT_CYCLE: PureCycle,
    CaseKind.REQUEST: PureRequest,
    CaseKind.VISITS: PureRound,
    CaseKind.INCOMING_MAIL: PureMail,
    CaseKind.PARCEL: PureParcel,
    CaseKind.TICKET: PureTicket,
}
"""The kinds that do more than every case does."""


def start_of(kind: CaseKind) -> type[StartCase]:
    """The start message of the cases of a kind."""
    own = KINDS_OF.get(kind)
    found = KINDS[kind].message if own is None else get_type_hints(own.model.__init__)["start"]
    return cast("type[StartCase]", found)
