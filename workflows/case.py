"""The workflow of every kind of case: it waits, calls the domain, records, and sends notices.

``casework.domain.case.procedure`` decides what may be done and what follows; nothing is decided
here. The workflow of a kind says how its case begins, what a decision may know, and what the kind
does outside besides sending notices.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import ClassVar, Generic, TypeVar, cast

from pydantic import ValidationError
from temporalio import workflow
from temporalio.common import Priority, RawValue
from temporalio.exceptions import ActivityError, ApplicationError, FailureError, TemporalError

from activities.notices import SEAL_AWAY
from activities.register import RegisterActivities
from casework.domain.authority import refusal_of
from casework.domain.case import letters, mending
from casework.domain.case.commands import Claim, Command, CorrectAddress
from casework.domain.case.events import (
    AddressCorrected,
    Event,
    EventBody,
    LetterNotSent,
    MessageRefused,
    PapersCameLate,
    RelationsNoted,
    TroubleMet,
    TroubleResolved,
)
from casework.domain.case.facts import CLOCKWORK, Actor, Occasion
from casework.domain.case.guards import require_as_seen, require_room
from casework.domain.case.in_force import MAY_BE_OVER
from casework.domain.case.jurisdiction import JurisdictionTransfer
from casework.domain.case.letters import Effect, EffectKind, effects_of
from casework.domain.case.mending import is_arrival
from casework.domain.case.opening import Party, Reopened, Route, Routing, StartCase, rerouted
from casework.domain.case.passing_time import date_decides, next_moment, tick, waking
from casework.domain.case.procedure import come_up_to, consequence, decide, evolve
from casework.domain.case.projection import rows
from casework.domain.case.sharing import ClaimWithBackup, kept_away, work_shared
from casework.domain.case.state import Case, M
from casework.domain.case.supervision import refused
from casework.domain.case.together import given_to
from casework.domain.errors import DomainError
from casework.domain.kinds.registry import KINDS, CaseKind
from casework.domain.policy import Role
from casework.domain.time.calendar import local_date
from casework.domain.time.ladder import letters_from
from casework.messages.cases import (
    Outcome,
    Receipt,
    Submit,
    read_command,
    said_by,
    size_of,
)
from casework.messages.entry import AddressRow, NoticeRow, Opening, OperationRow
from casework.messages.sharing import claim_question, share_question
from casework.messages.temporal import URGENT, RefusalError, order_of_work
from casework.policy.authority import load_authority
from casework.policy.staffing import ask_again
from casework.security.proof.assertion import must_prove_its_signals, must_prove_its_start
from casework.security.proof.checking import prove
from casework.security.unreadable import (
    UNKNOWN_MESSAGE,
    UNREADABLE,
    Unreadable,
    fields_of,
    is_unreadable,
)
from workflows.attributes import Attributes
from workflows.in_force import Known
from workflows.options import in_register, now, until
from workflows.outside import UnreachedError, code_of, notify
from workflows.register import Recorder, Stand
from workflows.soundness import (
    DECIDING,
    INTERNAL,
    PASSING_TIME,
    SHARING,
    TAKING_NOTE,
    BrokenRuleError,
    Soundness,
    failure,
    report,
)
from workflows.verbs import BegunByOne, log_refused, short

SEAL = "seal"
"""What is said to be in trouble while the city's seal does not answer."""
OF_A_LETTER = frozenset({EffectKind.NOTICE, EffectKind.DISPATCH, EffectKind.CALL_ARCHIVE})
"""Effects that are a letter, or lead to one."""

AGAIN_AFTER = timedelta(days=1)
"""When a failed step of time is tried again, if nothing happens before."""

REFUSALS_A_DAY = 100
"""The most events a day for messages refused with one code."""
LONGEST_REASON = 300

T = TypeVar("T")


class UnreadError(Exception):
    """A message does not have the fields of its verb; ``fields``: the wrong ones."""

    def __init__(self, fields: tuple[str, ...]) -> None:
        super().__init__("unread")
        self.fields = fields


class CaseWorkflow(BegunByOne, Generic[M]):
    """One case, from its start to its end.

    Ends when it is closed, nothing is owed by or to anyone, and the closing cannot be taken back.
    """

    verbs: ClassVar[Mapping[str, type[Command]]]
    look_first: ClassVar[tuple[type[Command], ...]] = (Command,)
    """Commands that depend on what is in force today: absent officers, suspended clocks."""
    hands_on: ClassVar[tuple[type[Command], ...]] = ()
    """Commands that open a task, whose holder depends on who is absent, in cases by date."""
    look_for: ClassVar[tuple[type[Command], ...]] = ()
    """Facts before which a case by date reads what is in force, too."""

    def __init__(self, start: StartCase) -> None:
        self._start = start
        self._shares_first = start.share_out and start.resumed is None
        self._sharing = False
        self._begun = not must_prove_its_start() and not self._shares_first
        self._facts_taken = 0
        self._facts_done = 0  # of those, in the order in which they came
        self._unreadable = 0
        self._looks = 0
        self._in_turn = asyncio.Lock()
        self._looking = False
        self._looks_told = 0
        self._told_again = False  # while it was looking
        self._strangers = 0  # unknown signals being handled
        self._strangers_alone = 0
        self._case: M | None = self._resumed()
        self._next: datetime | None = None  # the legal instant
        self._wakes: datetime | None = None  # the hour at which it looks
        self._under_way: set[asyncio.Task[None]] = set()
        self._letters: dict[asyncio.Task[None], int] = {}  # those under way, by their event
        self._attributes = Attributes(goes_on=start.resumed is not None and not start.reopened)
        self._known = Known(start)
        self._recorder = Recorder(
            self._stand, self._look, written=self._case, opening=_opening(start)
        )
        self._soundness = Soundness()
        self._acted_at = 0  # the last event of this run that somebody brought about, not time
        self._unopened: ApplicationError | None = None  # why there is no case
        self._opened: Receipt | None = None  # in the run that has opened it
        if self._case is None:
            self._open()
        elif self._arms_when_resumed():
            self._try(self._arm, PASSING_TIME)

    # --- what a kind of case says --------------------------------------------------------

    def _resumed(self) -> M | None:
        """The state with which the run begins, after continue-as-new."""
        return cast("M | None", self._start.resumed)

    def _facts(self, actor: Actor) -> Occasion:
        """Return the facts that a decision may use."""
        facts = KINDS[CaseKind(self._start.kind)].facts
        return facts(
            at=self._now(), actor=actor, item=self._start.item, calendar=self._known.calendar
        )

    async def _fulfil(self, effect: Effect, event: Event) -> None:
        """Carry out an effect of an event; raise ActivityError if it is refused for good.

        Of a letter that does not reach everybody, UnreachedError.
        """
        del event
        await notify(effect, self.case, self._routing(effect), self._priority())

    def _begins_anew(self) -> bool:
        """Whether the case must continue in a new run now."""
        return workflow.info().is_continue_as_new_suggested()

    def _brought(self) -> EventBody | None:
        """Return the event that a newly noted measure causes at once; called again, None."""
        return None

    def _arms_when_resumed(self) -> bool:
        """Whether a run after the first sets its timer at its beginning."""
        return True

    def _open(self) -> None:
        """Begin the case, or keep the reason why it cannot begin; the run then fails with it."""
        restore = self._kept()
        try:
            self._apply(self._start.first_event(self._now()), submitter(self._start))
            rows(self.case, self._known.calendar)
        except DomainError as error:
            self._unopened = RefusalError.of(error)
        except TemporalError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller is told, and no more
            report(error)
            self._unopened = failure()
        if self._unopened is not None:
            restore()
            return
        self._take_note()

    # --- its life ------------------------------------------------------------------------

    async def _see_through(self) -> Outcome:
        """See the case through; a request to cancel it is recorded as refused.

        A case ends only by the procedure (for example withdrawal), never by a button of Temporal.
        """
        if self._unopened is not None or not self._shares_first:
            self._begin()
        life = asyncio.create_task(self._live())
        while True:
            try:
                return await asyncio.shield(life)
            except FailureError:
                # The register refuses the case for good: answer the caller first, then end.
                await workflow.wait_condition(workflow.all_handlers_finished)
                raise
            except asyncio.CancelledError:
                self._refuse("cancel", "CANCEL_NOT_ALLOWED", "办件不能取消，请按程序撤回")
                self._keep(asyncio.create_task(self._settle()))

    def _begin(self) -> None:
        """Release showing and recording, once the start is proved; raise if it was refused."""
        if self._unopened is not None:
            workflow.set_current_details(f"未立件：{self._unopened.message}")
            raise self._unopened
        self._begun = True

    async def _live(self) -> Outcome:
        """Let time pass until the case is done; everything else is done by message handlers."""
        if self._shares_first:  # before anybody sees it with another holder
            if self.case.is_open:
                await self._share(tuple(self.case.posts))
            self._begin()
        await self._settle()
        await self._once_opened()
        if self._start.reopened is not None:
            await self._come_back(self._start.reopened)
        while not self._is_over():
            await self._until_next_moment()
            await self._let_time_pass()
            await self._settle()
            if self._may_begin_anew():
                workflow.continue_as_new(self._resume())
        await self._finish_what_is_under_way()
        return Outcome(case_no=self.case.case_no, stage=self.case.stage, seq=self.case.seq)

    async def _come_back(self, reopened: Reopened) -> None:
        """Send what had not gone when Temporal was lost, and do what has fallen due since."""
        for letter in reopened.letters.values():
            effect = Effect(
                kind=EffectKind.NOTICE,
                seq=letter.seq,
                template=letter.template,
                to=tuple((way.recipient, way.channel) for way in letter.to),
                recipients=letter.recipients,
                again=letter.again,
                fields=letter.fields,
            )
            unsent = LetterNotSent(letter=letter.seq, clocks=(), template=letter.template)
            event = Event(seq=letter.seq, at=letter.at, actor=CLOCKWORK, body=unsent)
            self._launch(effect, event, by_time=letter.by_time)
        await self._look_as_told()

    async def _once_opened(self) -> None:
        """Do what this kind does as soon as the case is in the register."""

    def _is_over(self) -> bool:
        """Whether the case is done, and can no longer be taken back."""
        rests_until = mending.rests_until(self.case)
        return self.case.is_done and (rests_until is None or self._now() >= rests_until)

    @property
    def case(self) -> M:
        """The state of the case."""
        if self._case is None:
            raise RuntimeError("the case has not begun")
        return self._case

    # --- messages ------------------------------------------------------------------------

    @workflow.query(name="basis", description="续办依据（试办用）")
    def basis(self) -> StartCase:
        """Return the start message of a run that would go on now, by which an act can be tried."""
        if self._case is None or not self._begun:
            raise RefusalError("CASE_NOT_FOUND", "没有此办件编号，请核对")
        return self._resume()

    @property
    def current_details(self) -> str | None:
        """What the Web UI shows of the case; None: what was said last still holds."""
        return self._attributes.details

    @workflow.update(name="submit", description="提交申请（重复提交得到同一办件）")
    async def submit(self, submission: Submit) -> Receipt:
        """Answer when the submission is in the register; the same content gets the same answer."""
        del submission
        await self._settle()
        return self._opened or self._receipt()

    @submit.validator
    def _can_submit(self, submission: Submit) -> None:
        if self._unopened is not None:
            raise self._unopened
        if submission.content != self._start.content:
            raise RefusalError("CONTENT_DIFFERS", "同一外部编号已用于内容不同的申请")

    def check(self, command: Command) -> None:
        """Refuse a command that may not be applied, with a reason; costs no history."""
        if self._unopened is not None:
            raise self._unopened
        case = self._case_by_now()
        if (refused := self._refusal_of(command, case)) is not None:
            raise RefusalError.of(refused)
        try:
            decide(case, command, self._facts(command.actor))
        except DomainError as error:
            if not self._may_be_over(command, error):
                raise RefusalError.of(error) from error
        except TemporalError:
            raise
        except Exception as error:  # noqa: BLE001 - let in, so that the trouble becomes an event
            report(error)

    def _may_be_over(self, command: Command, refused: DomainError) -> bool:
        """Whether a refusal may be outdated: by a fact that came before, or what is in force."""
        del command
        if self._facts_done < self._facts_taken:
            return True
        return self._known.version is not None and refused.code in MAY_BE_OVER

    def _case_by_now(self) -> M:
        """Return the case with what is due by now, or unchanged if a rule failed."""
        if self._next is None or self._next > self._now():
            return self.case
        try:
            case = letters.without_unsent(self.case, self._unsent())
            return come_up_to(case, self._facts(CLOCKWORK))
        except TemporalError:
            raise
        except Exception as error:  # noqa: BLE001 - the handler meets it again, and notes it
            report(error)
            return self.case

    def _refusal_of(self, command: Command, case: M) -> DomainError | None:
        """Return why this actor may not do that; only called on arrival, never on replay."""
        start = self._start
        refused = refusal_of(
            load_authority(local_date(self._now())),
            command,
            case,
            subject=start.subject,
            employer=start.employer_subject,
            opened_by=submitter(start).code,
            source=start.source,
        )
        if refused is not None and refused.code == "OFFICER_UNKNOWN":
            ask_again()
        return refused or self._not_now(command, case)

    def _not_now(self, command: Command, case: M) -> DomainError | None:
        """Return why it is not taken, whoever says it: others have acted, or the case is full."""
        try:
            require_as_seen(command, self.case.seq)
            require_room(command, size_of(case))
        except DomainError as refused:
            return refused
        return None

    def _decided(self, command: Command, facts: Occasion) -> tuple[EventBody, ...]:
        """Decide, unless somebody has acted since: then of two who saw the same only one has.

        What time brings about, or is noted of what is in force, before a command is none of that.
        """
        if command.seen is not None and self._acted_at > command.seen:
            require_as_seen(command, self._acted_at)
        return decide(self.case, command, facts)

    async def handle(self, command: Command) -> Receipt:
        """Apply a command; return when its events are in the register."""
        await self._come_up_to(command)
        if isinstance(command, Claim):
            command = await self._as_claimed(command)
        bodies = self._do(command, self._facts(command.actor))
        answer = self._answer(command, bodies)
        await self._settle()
        return answer

    def _answer(self, command: Command, bodies: tuple[EventBody, ...]) -> Receipt:
        """Return the receipt, ``refused`` if material came too late and was only recorded."""
        receipt = self._receipt()
        if not any(isinstance(body, PapersCameLate) for body in bodies) or is_arrival(
            command, self.case
        ):
            return receipt
        return replace(receipt, refused="CASE_CLOSED", reason=came_too_late(self.case))

    async def _come_up_to(self, command: Command) -> None:
        """Apply what came and what was due before the command."""
        await self._take_what_came()
        await self._let_time_pass()
        if isinstance(command, self.look_first) or (
            self.case.by_date and isinstance(command, self.hands_on)
        ):
            await self._look()
            if self.case.by_date:  # what was just read may have made something due in the past
                await self._let_time_pass()

    async def _take_what_came(self) -> None:
        """Wait for the facts that came before: who states one is proved by an activity."""
        came = self._facts_taken
        if self._facts_done < came and workflow.patched(f"after-facts-{came}"):
            await workflow.wait_condition(lambda: self._facts_done >= came)

    def _do(self, command: Command, facts: Occasion) -> tuple[EventBody, ...]:
        try:
            bodies = self._attempt(lambda: self._done(command, facts), DECIDING, may_refuse=True)
        except DomainError as error:
            raise RefusalError.of(error) from error
        except BrokenRuleError:
            self._keep(asyncio.create_task(self._settle()))
            raise failure() from None
        if bodies:
            self._note_answer(command, self._answer(command, bodies))
        return bodies

    def _note_answer(self, command: Command, answer: Receipt) -> None:
        """Write the answer into the register, because only this run knows the update's id."""
        update = workflow.current_update_info()
        if update is not None:
            self._recorder.answered(
                OperationRow(
                    id=update.id,
                    verb=update.name,
                    content=said_by(command),
                    seq=answer.seq,
                    stage=answer.stage,
                    at=answer.at,
                    refused=answer.refused,
                    why=answer.reason,
                )
            )

    def _done(self, command: Command, facts: Occasion) -> tuple[EventBody, ...]:
        if self.case.by_date and (to := given_to(command, self.case)):
            self._known.require_there(to)  # what is in force has just been read
        bodies = self._decided(command, facts)
        self._adopt(command, bodies)
        for body in bodies:
            self._apply(body, command.actor, self._new_employer(command))
        return bodies

    def _adopt(self, command: Command, bodies: tuple[EventBody, ...]) -> None:
        """Take over data of a command that are not in its events."""
        if bodies and isinstance(command, JurisdictionTransfer):
            self._start = replace(self._start, sharing=dict(command.sharing))
        if isinstance(command, CorrectAddress):
            for body in bodies:
                if isinstance(body, AddressCorrected):
                    self._start = rerouted(self._start, body.party, body.ways)
            row = AddressRow(role=command.party, email=command.email, phone=command.phone)
            self._recorder.readdressed(row)

    def _new_employer(self, command: Command) -> Party | None:
        """Return the new employer's address, if the command has one."""
        del command
        return None

    async def take(self, verb: str, *payload: object) -> None:
        """Apply a fact; if it cannot be decrypted, parsed, proved or applied, record a refusal."""
        if self._case is None:
            return
        if is_unreadable(payload):
            await self._note_unreadable(verb)
            return
        self._facts_taken += 1
        number, whole = self._facts_taken, payload[0] if len(payload) == 1 else list(payload)
        # With one id for all, the result for the first fact would hold for the whole run.
        if must_prove_its_signals() or workflow.patched(f"proved-{number}"):
            async with self._in_turn:  # in the order in which they came, however long each takes
                await self._take(verb, whole, number, proved=True)
        else:
            await self._take(verb, whole, number, proved=False)

    async def _note_unreadable(self, message: str) -> None:
        """Record a message that could not be decrypted, or is not JSON."""
        self._unreadable += 1
        if refused(self.case, UNREADABLE, local_date(self._now())) >= REFUSALS_A_DAY:
            log_refused(message, UNREADABLE)
            return
        # An older run ignored such a signal, and must do so on replay.
        if workflow.patched(f"unreadable-{self._unreadable}"):
            await self._let_time_pass()
            self._refuse(message, UNREADABLE, Unreadable().reason)
            await self._settle()

    def _read(self, verb: str, payload: object, number: int) -> Command:
        """Parse the command; if it could not be parsed at first, later releases do not try again.

        Raises:
            UnreadError: it is not one.
        """
        mark = f"unread-{number}"
        if workflow.unsafe.is_replaying() and workflow.patched(mark):
            raise UnreadError(())
        try:
            return read_command(verb, payload, self.verbs)
        except ValidationError as error:
            workflow.patched(mark)
            raise UnreadError(fields_of(error)) from None

    async def _take(self, verb: str, payload: object, number: int, *, proved: bool) -> None:
        await self._let_time_pass()
        try:
            command = self._read(verb, payload, number)
            if proved:
                # On replay the answer is that of the first time, so there is nothing to check.
                again = workflow.unsafe.is_replaying()
                await prove(verb, command, None if again else self._refusal_of(command, self.case))
                await self._let_time_pass()
            if self.case.by_date and isinstance(command, (*self.hands_on, *self.look_for)):
                await self._look()
                await self._let_time_pass()
            await self._ask_before(command)
            facts = self._facts(command.actor)
            self._attempt(lambda: self._taken(command, facts), DECIDING, may_refuse=True)
        except UnreadError as error:
            self._refuse(verb, UNREADABLE, Unreadable(fields=error.fields).reason)
        except DomainError as error:
            self._refuse(verb, error.code, error.message)
        except BrokenRuleError:
            self._refuse(verb, INTERNAL, "系统内部错误，本次消息未生效，已转人工处理")
        finally:
            self._facts_done += 1
        await self._settle()

    async def _ask_before(self, fact: Command) -> None:
        """Ask for what the decision on a fact has to know."""

    def _taken(self, command: Command, facts: Occasion) -> None:
        for body in self._decided(command, facts):
            self._apply(body, command.actor)

    @workflow.signal(
        name="look_again", description="复查现行规定（暂停、临时措施、工作日历、缺岗）"
    )
    async def look_again(self, *ignored: object) -> None:
        """Read what is in force, because an order has made something due before the timer.

        However many of these signals arrive meanwhile, the case reads only once more.
        """
        if self._case is None:
            return
        if is_unreadable(ignored):
            await self._note_unreadable("look_again")
            return
        # One id for each look: a burst adds one marker, and a burst that an older release
        # did not combine does not decide for later ones.
        if self._looking and workflow.patched(f"looks-together-{self._looks_told}"):
            self._told_again = True
            return
        self._looking = True
        self._looks_told += 1
        try:
            await self._look_as_told()
            while self._told_again:
                self._told_again = False
                await self._look_as_told()
        finally:
            self._looking = False

    async def _look_as_told(self) -> None:
        for body in self._known.begin_to_look(self.case):
            self._apply(body, CLOCKWORK)
        await self._look()
        await self._let_time_pass()
        await self._settle()

    @workflow.signal(dynamic=True)
    async def unknown_signal(self, name: str, payload: Sequence[RawValue]) -> None:
        """Record an unknown signal, so that no message is lost unseen.

        Of a burst, one is recorded at a time, so that a workflow task has only one to do.
        """
        del payload
        if self._case is None:
            return
        in_turn = self._strangers > 0 and workflow.patched(
            f"strangers-in-turn-{self._strangers_alone}"
        )
        self._strangers += 1
        try:
            if in_turn:
                async with self._in_turn:
                    await self._refuse_stranger(name)
            else:
                self._strangers_alone += 1
                await self._refuse_stranger(name)
        finally:
            self._strangers -= 1

    async def _refuse_stranger(self, name: str) -> None:
        self._refuse(short(name), UNKNOWN_MESSAGE, "没有此消息")
        await self._settle()

    def _refuse(self, message: str, code: str, reason: str) -> None:
        """Record a refusal, up to a number of each code a day; later ones are only logged."""
        log_refused(message, code)
        reason = reason[:LONGEST_REASON]
        on = local_date(self._now())
        so_far = refused(self.case, code, on)
        if so_far >= REFUSALS_A_DAY and workflow.patched(f"refusals-bounded-{code}-{on}"):
            return
        if so_far == REFUSALS_A_DAY - 1:
            reason = f"{reason}（今日此类消息不再逐条登记）"
        body = MessageRefused(message=message, code=code, reason=reason)
        self._apply(body, Actor(code="unknown", role=Role.SYSTEM))

    def _receipt(self) -> Receipt:
        case = self.case
        return Receipt(case_no=case.case_no, seq=case.seq, stage=case.stage, at=self._now())

    # --- sharing out ---------------------------------------------------------------------

    async def _share(self, roles: tuple[Role, ...]) -> None:
        """Have the register choose who has these roles, and take note of it.

        What has happened to a role meanwhile stands: somebody else has been named.
        """
        first, unclaimed = self._shares_first and not self._begun, bool(self.case.lapsed)
        question = share_question(
            self.case,
            self._start,
            self._known.calendar,
            local_date(self._now()),
            roles,
            unclaimed=unclaimed,
        )
        answer = await workflow.execute_local_activity_method(
            RegisterActivities.share_out, question, **in_register("分办")
        )
        if self.case.district != question.district or not self.case.is_open:
            return
        choices = {
            role: choice
            for role, choice in answer.choices.items()
            if first or role in self.case.to_share
        }
        body = work_shared(self.case, choices, answer.apart)
        if body is not None:
            self._try(lambda: self._apply(body, CLOCKWORK), SHARING)
            self._let_keep_away(roles)
            self._note_who_is_absent()

    def _let_keep_away(self, shared: tuple[Role, ...]) -> None:
        """Take what they have from who declared a relation while somebody was being chosen."""
        noted = kept_away(self.case, shared)
        if noted is not None and workflow.patched(f"kept-away-{self.case.seq}"):
            self._try(lambda: self._apply(noted, CLOCKWORK), SHARING)

    def _note_who_is_absent(self) -> None:
        """Of those to whom it was given: a post that is held by rank is theirs all the same."""
        noted = self._known.absences(self.case)
        if noted and workflow.patched(f"absent-when-shared-{self.case.seq}"):
            for body in noted:
                self._apply(body, CLOCKWORK)

    async def _share_anew(self) -> None:
        """Find somebody for what has lost its holder, before anybody sees it without one."""
        if self._sharing:
            await workflow.wait_condition(lambda: not self._sharing)
            return
        self._sharing = True
        try:
            while self.case.to_share and self.case.is_open:
                before = self.case.seq
                await self._share(self.case.to_share)
                if self.case.seq == before:  # the supervisor has it, until something happens
                    return
        finally:
            self._sharing = False

    async def _as_claimed(self, command: Claim) -> Claim:
        """Return the claim with its B角, if the register finds it right; else it is refused."""
        task = next((each for each in self.case.open_tasks if each.id == command.task), None)
        if task is None or not task.is_unclaimed:
            return command  # decided as it is: refused
        today = local_date(self._now())
        answer = await workflow.execute_local_activity_method(
            RegisterActivities.may_claim,
            claim_question(self.case, self._start, task, command.actor.code, today),
            **in_register("核对认领"),
        )
        if answer.refused:
            raise RefusalError(answer.refused, answer.reason)
        return ClaimWithBackup(**vars(command), backup=answer.backup)

    # --- what happens --------------------------------------------------------------------

    def _apply(
        self,
        body: EventBody,
        actor: Actor,
        employer: Party | None = None,
        *,
        came_at: datetime | None = None,
    ) -> None:
        """Apply an event; ``came_at``: the legal instant of what time brought about."""
        before = self._case
        seq = before.seq + 1 if before else 1
        event = Event(seq=seq, at=came_at or self._now(), actor=actor, body=body)
        self._case = evolve(before, event)
        if actor != CLOCKWORK:
            self._acted_at = seq
        if seq == 1:
            self._opened = self._receipt()
        effects = effects_of(event, self.case, self._known.calendar)
        self._recorder.record(event, self.case, self._notice_rows(effects), employer)
        for effect in effects:
            self._launch(effect, event, by_time=came_at is not None)
        self._arm()
        if before is not None and not before.is_open and self.case.is_open:
            self._take_note()  # it has not taken note of anything while it was closed
        further = consequence(self.case, self._known.calendar)
        if further is not None:
            self._apply(further, CLOCKWORK, came_at=came_at)

    def _arm(self) -> None:
        if not self.case.is_open:
            self._next = self._wakes = mending.rests_until(self.case)
            return
        start = self._start
        self._next = next_moment(self.case, start.item, self._known.calendar)
        self._wakes = self._next and waking(
            self.case, self._next, start.item.office_opens, start.spread
        )

    async def _let_time_pass(self) -> None:
        """Apply what has fallen due, after reading what is in force; the timer may be early."""
        self._go_by_dates()
        if self._next is None or self._now() < self._next:
            return
        if not self.case.is_open:
            self._next = self._wakes = None  # nothing falls due any more; only people can act now
            return
        await self._look()
        while self._try(self._come_to_pass, PASSING_TIME):
            pass

    def _come_to_pass(self) -> bool:
        """Apply the next thing that is due; False if nothing is."""
        held = letters.overtaken(self.case, self._unsent(), self._facts(CLOCKWORK))
        if held is not None:
            self._apply(held, CLOCKWORK)
            return True
        came = tick(self.case, self._facts(CLOCKWORK))
        if came is None:
            return False
        self._apply(came.body, CLOCKWORK, came_at=came.at if self.case.by_date else None)
        return True

    def _unsent(self) -> frozenset[int]:
        """The events whose letters are still to be sent."""
        return frozenset(self._letters.values())

    def _go_by_dates(self) -> None:
        """Make a case that does not go by dates yet do so, when it next does anything."""
        if self.case.by_date or not self.case.is_open:
            return
        self._looks += 1  # one id for all would make the first result hold for the whole run
        if workflow.patched(f"by-date-{self._looks}"):
            self._apply(date_decides(self.case, self._known.calendar), CLOCKWORK)
            self._take_note()  # of the measures that reach it from now on

    async def _look(self) -> None:
        await self._known.look(self.case, self._now())
        self._take_note()

    def _take_note(self) -> None:
        self._try(self._noted, TAKING_NOTE)

    def _noted(self) -> None:
        for body in self._known.take(self.case):
            self._apply(self._as_noted(body), CLOCKWORK)
        if self.case.by_date and (brought := self._brought()) is not None:
            self._apply(brought, CLOCKWORK)

    def _as_noted(self, body: EventBody) -> EventBody:
        """Return an event as it was noted by the release under which it happened."""
        if not isinstance(body, RelationsNoted) or not body.lapsed:
            return body
        # Before, what colleagues had asked went on to somebody else: such cases replay unchanged.
        is_new = workflow.patched(f"asked-keep-away-{self.case.seq}")
        return body if is_new else replace(body, lapsed=())

    # --- what breaks ---------------------------------------------------------------------

    def _attempt(self, deed: Callable[[], T], effect: str, *, may_refuse: bool = False) -> T:
        """Do all of a deed, or nothing of it.

        Raises:
            DomainError: it was refused, if it may be.
            BrokenRuleError: a rule failed; an officer has been given a task, once.
        """
        before, restore = self.case, self._kept()

        def whole() -> T:
            result = deed()
            if self.case is not before:  # what cannot be written into the register has not happened
                rows(self.case, self._known.calendar, before)
            return result

        try:
            return self._soundness.attempt(whole, may_refuse=may_refuse)
        except DomainError:
            restore()
            raise
        except BrokenRuleError:
            restore()
            self._give_trouble(effect)
            raise

    def _try(self, deed: Callable[[], T], effect: str) -> T | None:
        """Attempt a deed that must not stop the case; return None if a rule failed.

        It is tried again when something happens to the case, or tomorrow at the latest.
        """
        try:
            return self._attempt(deed, effect)
        except BrokenRuleError:
            self._next = self._wakes = self._now() + AGAIN_AFTER
            return None

    def _give_trouble(self, effect: str) -> None:
        trouble = TroubleMet(effect=effect, code=INTERNAL)
        about = f"{effect}:{INTERNAL}"
        if any(task.about == about for task in self.case.open_tasks):
            return
        restore = self._kept()
        try:
            self._soundness.attempt(lambda: self._apply(trouble, CLOCKWORK), may_refuse=False)
        except BrokenRuleError:
            restore()  # not even that can be recorded now; the log has it

    def _kept(self) -> Callable[[], None]:
        """Return a function that restores the present state; nothing may await in between."""
        case, moments, start = self._case, (self._next, self._wakes), self._start
        in_force, under_way = self._known.in_force, frozenset(self._under_way)
        acted_at = self._acted_at
        take_back = self._recorder.kept()

        def restore() -> None:
            self._case, (self._next, self._wakes), self._start = case, moments, start
            self._known.in_force, self._acted_at = in_force, acted_at
            take_back()
            for task in self._under_way - under_way:
                task.cancel()  # it has not begun

        return restore

    def _stand(self) -> Stand:
        return Stand(
            calendar=self._known.calendar,
            version=self._known.version,
            wakes_at=self._wakes,
            then=self._ahead(),
        )

    def _ahead(self) -> M | None:
        if self._next is None or not self.case.by_date:
            return None
        try:
            return come_up_to(self.case, replace(self._facts(CLOCKWORK), at=self._next))
        except TemporalError:
            raise
        except Exception as error:  # noqa: BLE001 - only foretold: noted when it comes
            report(error)
            return None

    async def _until_next_moment(self) -> None:
        """Sleep until something is due.

        The timer may fire early, never late: only an earlier moment moves it, not a later one.
        """
        armed = self._wakes
        with suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: self._is_time_to_look(armed),
                timeout=until(armed, self._start.rehearsal) if armed else None,
                timeout_summary=f"等到 {armed:%Y-%m-%d %H:%M}" if armed else None,
            )

    def _is_time_to_look(self, armed: datetime | None) -> bool:
        if self._is_over() or self._may_begin_anew():
            return True
        return self._wakes is not None and (armed is None or self._wakes < armed)

    def _may_begin_anew(self) -> bool:
        # Not while a letter is being sent: time goes on meanwhile, and the case checks again.
        return self._begins_anew() and not self._under_way and workflow.all_handlers_finished()

    async def _settle(self) -> None:
        """Show what has changed, and return once all of it is in the register."""
        if not self._begun:
            await workflow.wait_condition(lambda: self._begun)
        if self._known.is_of_elsewhere(self.case):
            await self._look()
        if self.case.to_share and self.case.is_open:
            await self._share_anew()
        self._attributes.show(self.case, self._known.calendar, local_date(self._now()))
        await self._recorder.settle()

    # --- the outside world ---------------------------------------------------------------

    def _launch(self, effect: Effect, event: Event, *, by_time: bool) -> None:
        letter = effect.kind is EffectKind.NOTICE
        waits_from = event.at if by_time and letter and self.case.by_date else None
        task = asyncio.create_task(self._carry_out(effect, event, waits_from))
        self._letters[task] = effect.seq
        task.add_done_callback(lambda done: self._letters.pop(done, None))
        self._keep(task)

    def _keep(self, task: asyncio.Task[None]) -> None:
        """Wait for it before the case ends."""
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _carry_out(
        self, effect: Effect, event: Event, waits_from: datetime | None = None
    ) -> None:
        await self._settle()
        if waits_from is not None:
            await self._until_business_starts(waits_from)
        try:
            await self._sealed_and_sent(effect, event)
        except UnreachedError as error:
            if error.partly:
                self._note_sent(effect, error.unreached)
            self._meet_trouble(effect, error.code, error.unreached, partly=error.partly)
            await self._settle()
        except ActivityError as error:
            self._meet_trouble(effect, code_of(error))
            await self._settle()
        else:
            if self._note_sent(effect):
                await self._settle()

    async def _sealed_and_sent(self, effect: Effect, event: Event) -> None:
        """Carry out an effect; while the city's seal is unavailable, an officer has a task."""
        about = ""
        while True:
            try:
                await self._fulfil(effect, event)
            except ActivityError as error:
                if code_of(error) != SEAL_AWAY:
                    raise
                about = f"{SEAL}:{SEAL_AWAY}"
                if not any(task.about == about for task in self.case.open_tasks):
                    self._apply(TroubleMet(effect=SEAL, code=SEAL_AWAY), CLOCKWORK)
                    await self._settle()
            else:
                break
        waited = next(
            (task for task in self.case.open_tasks if about and task.about == about), None
        )
        if waited is not None:
            body = TroubleResolved(task=waited.id, reason="电子印章已恢复，文书已发出")
            self._apply(body, CLOCKWORK)
            await self._settle()

    def _note_sent(self, effect: Effect, unreached: tuple[str, ...] = ()) -> bool:
        """Let what runs from the letter begin; whether there was anything to note."""
        body = letters.sent(
            self.case,
            effect,
            local_date(self._now()),
            tuple(who for who in effect.recipients if who not in unreached),
            again=bool(effect.again),
        )
        if body is not None:
            self._apply(body, CLOCKWORK)
        return body is not None

    def _meet_trouble(
        self, effect: Effect, code: str, unreached: tuple[str, ...] = (), *, partly: bool = False
    ) -> None:
        """Give an officer a task; hold what runs from a letter that nobody has got."""
        # Before, a letter was given up with the task: such cases must replay unchanged.
        mark = f"letter-not-sent-{effect.seq}-{effect.again}"
        noted = effect.kind in OF_A_LETTER and workflow.patched(mark)
        for body in letters.failed(self.case, effect, code, unreached, partly=partly, noted=noted):
            self._apply(body, CLOCKWORK)

    async def _until_business_starts(self, at: datetime) -> None:
        """Wait until the next start of business, for a letter that follows from time alone."""
        start = self._start
        moment = letters_from(at, start.item.office_opens, self._known.calendar)
        wait = until(moment, start.rehearsal)
        if wait:
            await workflow.sleep(wait, summary=f"{moment:%Y-%m-%d %H:%M} 发出通知")

    async def _finish_what_is_under_way(self) -> None:
        await workflow.wait_condition(
            lambda: not self._under_way and workflow.all_handlers_finished()
        )
        await self._settle()

    def _notice_rows(self, effects: tuple[Effect, ...]) -> tuple[NoticeRow, ...]:
        templates = {EffectKind.NOTICE: "", EffectKind.DISPATCH: "dispatched"}
        return tuple(
            NoticeRow(
                seq=effect.seq,
                template=effect.template or templates[effect.kind],
                recipient=route.recipient,
                channel=route.channel,
            )
            for effect in effects
            if effect.kind in templates and not effect.again
            for route in self._routes(effect)
        )

    def _routes(self, effect: Effect) -> tuple[Route, ...]:
        if effect.recipients:
            return tuple(r for r in self._start.routes if r.recipient in effect.recipients)
        if not effect.to:
            return self._start.routes
        return tuple(r for r in self._start.reachable if (r.recipient, r.channel) in effect.to)

    def _routing(self, effect: Effect) -> Routing:
        return Routing(routes=self._routes(effect), reachable=self._start.reachable)

    def _priority(self) -> Priority:
        """The green channel changes the order of work, nothing else."""
        return URGENT if self.case.is_green else order_of_work(self._start.kind)

    def _now(self) -> datetime:
        return now(self._start.rehearsal)

    def _resume(self) -> StartCase:
        """Return the start message of the next run."""
        return replace(
            self._start,
            resumed=self.case,
            applicant=None,
            employer=None,
            agent=None,
            reopened=None,
            calendar=self._known.calendar,
            in_force=self._known.in_force,
        )


def came_too_late(case: Case) -> str:
    """Return the reason for somebody who tried to supplement a closed case."""
    return f"本件已办结（{case.stage.label}），不能再办理；材料已登记，由经办人员处理"


def submitter(start: StartCase) -> Actor:
    """Return the actor who opened the case: a person, or the source system."""
    return start.submitted_by or Actor(code=start.source, role=Role.SYSTEM, district=start.district)


def _opening(start: StartCase) -> Opening:
    return Opening(
        source=start.source,
        reference=start.reference,
        content=start.content,
        subject=start.subject,
        item=start.item,
        rehearsal=start.rehearsal,
        applicant=start.applicant,
        employer=start.employer,
        agent=start.agent,
        started_by_run=workflow.info().first_execution_run_id,
        kind=start.kind,
        opened_by=submitter(start).code,
        employer_subject=start.employer_subject,
        concerns=start.concerns,
    )
