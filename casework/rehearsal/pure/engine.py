"""Time in a rehearsal without a server, and what one case has to do with another."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta

from activities.data_checks import NOTES, SOURCES, answer
from activities.talent_service import NextCycle
from casework.domain.authority import Matrix, ordering_refusal
from casework.domain.case.commands import Command
from casework.domain.case.facts import CLOCKWORK, ORDERS, Actor
from casework.domain.case.in_force import InForce, imposed
from casework.domain.case.opening import Party, StartCase
from casework.domain.case.passing_time import fires_on
from casework.domain.case.procedure import come_up_to
from casework.domain.case.projection import rows
from casework.domain.case.state import Case
from casework.domain.errors import DomainError
from casework.domain.kinds.application.commands import PolicyMove
from casework.domain.kinds.application.events import DebtBreached
from casework.domain.kinds.application.opening import StartApplication
from casework.domain.kinds.application.state import Application, OtherCase
from casework.domain.kinds.appointment.commands import MoveAppointment
from casework.domain.kinds.appointment.opening import StartAppointment
from casework.domain.kinds.appointment.slots import AppointmentPolicy, Session, closed_by
from casework.domain.kinds.appointment.state import Appointment, AppointmentStage
from casework.domain.kinds.cycle.opening import NOT_ACTIVE, StartCycle
from casework.domain.kinds.cycle.state import Cycle, CycleKind, DataCheck
from casework.domain.kinds.incoming_mail.state import IncomingMail, MailPerson
from casework.domain.kinds.parcel.state import Parcel
from casework.domain.kinds.rating.opening import Rateable, StartRating
from casework.domain.kinds.rating.state import Rating
from casework.domain.kinds.registry import CaseKind
from casework.domain.kinds.request.commands import NoteStanding
from casework.domain.kinds.request.state import Request, RequestStage
from casework.domain.kinds.round.events import SampleDrawn
from casework.domain.kinds.round.procedure import sample
from casework.domain.kinds.round.state import RoundPolicy
from casework.domain.orders import MoveToPolicy, Order, check_approval, check_policy_day, keys_of
from casework.domain.policy import city_of
from casework.domain.staff import StaffPost
from casework.domain.talent import Level, Standing
from casework.domain.time.calendar import WorkingCalendar, local_date, opening
from casework.domain.time.ladder import MIDNIGHT
from casework.filing.mail import MAILED, Way, brought, submission_of
from casework.filing.parcel import came_at, person_of, way_of
from casework.local.town.data_checks import by_rule
from casework.local.town.ledger import is_nobody
from casework.messages.absences import StartAbsence
from casework.messages.cases import InForceQuestion
from casework.messages.entry import Opening
from casework.messages.sharing import ClaimAnswer, ClaimQuestion, ShareAnswer, ShareQuestion
from casework.policy.authority import load_authority
from casework.rehearsal.engine import Declared, Finished, PlayedCase
from casework.rehearsal.pure.in_force import Rules, Run
from casework.rehearsal.pure.outreach import Outreach
from casework.rehearsal.pure.sharing import Sharing, officers_of
from casework.rehearsal.registry import Registry
from casework.rehearsal.seen import Seen
from casework.store.in_force.order_book import Stamp
from casework.store.queries.case import CaseView
from casework.store.register.in_force import catalogue_measures
from casework.trial.case import KINDS_OF, BrokenError, PureApplication, PureCase, RefusalError
from workflows.service_request import CYCLE

_NO_CALENDAR = -1
ACT = timedelta(milliseconds=1)
"""So long takes whatever somebody does: what follows is later, in the story as well."""
Due = tuple[datetime, Callable[[], None]]


class PureEngine:
    """Made by ``pure_engine``; ``time`` is that of the cases."""

    shift = timedelta()
    reference = ""

    def __init__(self, registry: Registry, begins_at: datetime) -> None:
        self.time = begins_at
        self._registry = registry
        self._rules = Rules.of(registry.calendar, catalogue_measures(registry.catalogue))
        self._cases: dict[str, PureCase] = {}
        self._applications: dict[str, PureApplication] = {}
        self._finished: dict[str, tuple[Opening, Case]] = {}
        self._absent: list[StartAbsence] = []  # known, and its first day still to come
        self._outreaches: list[Outreach] = []
        self._told: dict[str, frozenset[str]] = {}
        self._barred: set[str] = set()
        self._sharing = Sharing()
        self._late: list[Declared] = []  # relations still to be declared

    # --- time ----------------------------------------------------------------------------

    async def now(self) -> datetime:
        """The time of the cases."""
        return self.time

    async def pass_until(self, moment: datetime) -> None:
        """Let everything happen at its time, and go on to that moment."""
        while due := min(self._due(), key=lambda due: due[0], default=None):
            at, happen = due
            if at > moment:
                break
            self.time = max(self.time, at)
            happen()
        self.time = max(self.time, moment)

    async def come_to_rest(self) -> None:
        """Let happen what is due now."""
        await self.pass_until(self.time)

    async def cause_of(self, error: Exception) -> Exception:
        """The error: nothing runs that could tell more."""
        return error

    def _due(self) -> Iterator[Due]:
        for case in self._cases.values():
            if case.wakes is not None and not case.ended:
                yield case.wakes, case.wake
            for at, *_ in case.letters:
                yield at, case.send_letters
        for absence in self._absent:
            yield opening(absence.first_on, MIDNIGHT), self._tell_of_absence
        for outreach in self._outreaches:
            if outreach.next_at is not None:
                yield outreach.next_at, self._make_rounds
        for declared in self._late:
            yield declared.at, self._tell_of_relations

    async def staff(self, posts: Sequence[StaffPost], declared: Sequence[Declared]) -> None:
        """Bring in who holds posts, and who declares which relation when."""
        self._sharing.posts += [post for post in posts if post not in self._sharing.posts]
        self._sharing.declared += declared
        self._late += [each for each in declared if each.at > self.time]

    def _tell_of_relations(self) -> None:
        for declared in [each for each in self._late if each.at <= self.time]:
            self._late.remove(declared)
            for _, case in sorted(self._cases.items()):
                if declared.subject in {case.start.subject, case.start.employer_subject}:
                    self._look_again(case)

    def _make_rounds(self) -> None:
        for outreach in self._outreaches:
            if outreach.next_at is not None and outreach.next_at <= self.time:
                outreach.make_round(self.time)

    # --- cases ---------------------------------------------------------------------------

    async def submit(self, start: StartCase) -> None:
        """Open the case."""
        self.time += ACT
        self._require_alone(start)
        if isinstance(start, StartAppointment) and start.form.day is not None:
            self._require_place(start, start.form.day, start.session)
        case = self._cases[start.case_no] = KINDS_OF.get(CaseKind(start.kind), PureCase)(
            start, self, self
        )
        if isinstance(case, PureApplication):
            self._applications[start.case_no] = case
        case.open()

    def _require_alone(self, start: StartCase) -> None:
        """What the register takes once only: a person's cycle in a city, the rating of a case."""
        for case in self._cases.values():
            state = case.case
            if isinstance(state, Rating) and isinstance(start, StartRating):
                if state.rated == start.rated:
                    raise BrokenError("CASE_TAKEN: 此办件已有评价")
            elif isinstance(state, Cycle) and isinstance(start, StartCycle):
                same_city = city_of(state.district) == city_of(start.district)
                same = (case.start.kind, case.start.subject) == (start.kind, start.subject)
                over = state.closed_at is not None or state.stage in NOT_ACTIVE
                if same_city and same and not over:
                    raise BrokenError(f"CYCLE_EXISTS: 此人在本市已有服务周期 {state.case_no}")

    def _require_place(self, start: StartCase, day: date, session: Session | None) -> None:
        """What the register sees to: that a slot has a place for one more."""
        if session is None:
            return
        others = [
            state.case_no
            for state in (case.case for case in self._cases.values())
            if isinstance(state, Appointment) and state.takes_place
            if (state.district, state.office) == (start.district, start.office)
            if (state.day, state.at) == (day, session.at) and session.takes(state.business)
        ]
        if len({*others} - {start.case_no}) >= session.places:
            raise DomainError("SLOT_FULL", f"{day} {session.at} 的时段已约满，请另选时段")

    async def do(self, case: PlayedCase, verb: str, command: Command) -> RefusalError | None:
        """Apply the command."""
        self.time += ACT
        played = self._cases[case.case_no]
        policy = played.start.item
        if isinstance(command, MoveAppointment) and isinstance(policy, AppointmentPolicy):
            wanted = policy.session(command.day, command.at, played.case.business)
            try:
                self._require_place(played.start, command.day, wanted)
            except DomainError as full:
                return RefusalError(code=full.code, reason=full.message)
        return played.do(verb, command)

    async def signal(self, case: PlayedCase, fact: str, command: Command) -> RefusalError | None:
        """Apply the fact."""
        self.time += ACT
        return self._cases[case.case_no].signal(fact, command)

    async def catch_up(self, case: PlayedCase) -> None:
        """Have the case look again, unless it has ended."""
        self._look_again(self._cases[case.case_no])

    async def histories(self, case: PlayedCase) -> tuple[str, ...]:
        """None: no workflow has run."""
        del case
        return ()

    async def look(self, case_no: str, order_no: str) -> Seen:
        """The rows that the register would have, dated by what is in force now."""
        played = self._cases[case_no]
        state = self.as_in_force(played)
        shown = rows(state, self._rules.calendar(state.district))
        start = played.start
        view = CaseView(
            **vars(shown["case"][0]),
            source=start.source,
            reference=start.reference,
            kind=start.kind,
            parties=(),
            debts=shown.get("lines", ()),
            materials=shown["materials"],
            tasks=tuple(task for task in shown["tasks"] if task.closed_at is None),
            cards=tuple(sorted(shown["cards"], key=lambda c: (c.clock, c.rung, c.given_at))),
            notices=tuple(sorted(played.notices.values(), key=lambda n: (n.seq, n.key))),
        )
        return Seen(
            on=local_date(self.time),
            view=view,
            clocks={row.clock: row for row in shown["clocks"]},
            events=tuple(played.events),
            states=tuple(played.states),
            credit_records=_breaches(played),
            told=self._told.get(order_no, frozenset()),
            shift=self.shift,
        )

    def as_in_force(self, case: PureCase) -> Case:
        """The case as an order has dated it, noted by it or not."""
        state: Case = case.case
        return imposed(state, self._rules.read(self._question(state)))

    def _question(self, state: Case) -> InForceQuestion:
        return InForceQuestion(
            case_no=state.case_no,
            district=state.district,
            office=state.office,
            item=state.item,
            received_on=local_date(state.reckoned_from),
            calendar_version=_NO_CALENDAR,
        )

    def _look_again(self, case: PureCase) -> bool:
        """Tell a case to look; False if it has ended."""
        if not case.ended:
            case.look_again()
            return True
        return False

    # --- what is decided for many --------------------------------------------------------

    async def order(
        self, order: Order, district: str, approver: Actor, cities: tuple[str, ...] = ()
    ) -> str:
        """Bring the order into force, and tell the cases that are armed too late."""
        self.time += ACT
        check_approval(order, approver, district)
        refused = ordering_refusal(load_authority(), approver, cities, order.proposed_by)
        if refused is not None:
            raise refused
        if isinstance(order.content, MoveToPolicy):
            self._move(order, order.content, approver)
            return order.no
        stamp = Stamp(
            order=order.no, by=approver.code, at=self.time, version=self._rules.version + 1
        )
        states = [case.case for case in self._cases.values()]
        running = [
            Run(district=state.district, started_on=clock.started_on)
            for state in states
            for clock in state.running
        ]
        numbers = {*self._cases, *self._finished}
        about = self._rules.apply(order.content, stamp, cases=numbers, running=running)
        self._tell_people(order, about)
        self._rouse(order.no)
        return about or order.no

    def _rouse(self, order_no: str) -> None:
        """Tell each case, once, that would wake on a later day than one of its clocks fires."""
        told: set[str] = set()
        while late := sorted(no for no in self._cases if no not in told and self._is_late(no)):
            told.update(no for no in late if self._look_again(self._cases[no]))
            told.update(late)
        self._told[order_no] = frozenset(told)

    def _is_late(self, case_no: str) -> bool:
        case = self._cases[case_no]
        if case.case.closed_at is not None or case.ended:
            return False
        state = self.as_in_force(case)
        if isinstance(state, Appointment) and state.stage is AppointmentStage.BOOKED:
            known = self._rules.read(self._question(state))
            if closed_by(state.day, known.suspensions) is not None:
                return True
        calendar = self._rules.calendar(state.district)
        days = (fires_on(clock, state, calendar) for clock in state.running)
        first = min((day for day in days if day is not None), default=None)
        return first is not None and (case.wakes is None or first < local_date(case.wakes))

    def _move(self, order: Order, content: MoveToPolicy, approver: Actor) -> None:
        """Tell each case of the order to go on under the policy that holds on its day."""
        on = check_policy_day(content, local_date(self.time))
        measures = [row.measure for row in self._rules.measures_of(content.district, content.item)]
        item = self._registry.catalogue.resolve(
            content.item, content.district, on, tuple(measures) or None
        )
        command = PolicyMove(
            actor=ORDERS,
            order=order.no,
            reason=content.reason,
            item=item,
            proposed_by=order.proposed_by.code,
            approved_by=approver.code,
            approved_as=approver.role,
            head_consents=content.head_consents,
            tell=self._registry.letters.tells_of_moves(content.district, content.item, on),
        )
        for case_no, case in sorted(self._applications.items()):
            state = case.case
            there = (state.district, state.item) == (content.district, content.item)
            named = not content.cases or case_no in content.cases
            at_stage = content.stage is None or state.stage is content.stage
            same = state.policy == item.digest and not content.head_consents
            if there and named and at_stage and not same and state.closed_at is None:
                case.do("move_policy", command)

    def _tell_people(self, order: Order, about: str) -> None:
        text = getattr(order.content, "outreach", "")
        if not text:
            return
        begun = Outreach(
            id=order.no,
            about=about,
            text=text,
            rules=self._rules,
            cases=self._applications,
            as_in_force=self.as_in_force,
            others=self._outreaches,
            next_at=self.time,
        )
        self._outreaches.append(begun)

    async def absence(self, start: StartAbsence) -> None:
        """Record the absence; on its first day the cases are told."""
        self._rules.absences.append(start)
        self._absent.append(start)

    def _tell_of_absence(self) -> None:
        for absence in [each for each in self._absent if self._has_begun(each)]:
            self._absent.remove(absence)
            for _, case in sorted(self._cases.items()):
                if any(task.holder == absence.officer for task in case.case.open_tasks):
                    self._look_again(case)

    def _has_begun(self, absence: StartAbsence) -> bool:
        return opening(absence.first_on, MIDNIGHT) <= self.time

    # --- what cases ask ------------------------------------------------------------------

    def authority(self) -> Matrix:
        """The table in force, with the staff of today."""
        return load_authority()

    def read(self, question: InForceQuestion) -> InForce:
        """What is in force for a case."""
        return self._with_relations(self._read(question), question.case_no)

    def _read(self, question: InForceQuestion) -> InForce:
        """Whoever has left counts as absent, as in the register."""
        known = self._rules.read(question)
        if question.on is None:
            return known
        left = self._sharing.departed(question.district, question.on)
        return replace(known, absent=tuple(sorted({*known.absent, *left})))

    def _with_relations(self, known: InForce, case_no: str) -> InForce:
        start = self._cases[case_no].start if case_no in self._cases else None
        if start is None:
            return known
        parties = (start.subject, start.employer_subject)
        apart = {*self._sharing.apart(parties, self.time)}
        apart |= officers_of(self._all(), start.concerns)
        return replace(known, apart=tuple(sorted(apart)))

    def share(self, question: ShareQuestion) -> ShareAnswer:
        """Choose who has these roles of a case."""
        absent = self._rules.absent(question.on)
        return self._sharing.share(question, self._all(), absent, self.time)

    def may_claim(self, question: ClaimQuestion) -> ClaimAnswer:
        """Whether a person may claim a task of a team."""
        absent = self._rules.absent(question.on)
        return self._sharing.may_claim(question, self._all(), absent, self.time)

    def _all(self) -> list[tuple[Case, WorkingCalendar]]:
        states = [case.case for case in self._cases.values() if case.states]
        return [(state, self._rules.calendar(state.district)) for state in states]

    def version_for(self, case: Case) -> int:
        """The version of the last order that concerns the case."""
        return self._rules.version_of(keys_of(case.district, case.office, case.case_no))

    def is_barred(self, subject: str) -> bool:
        """Whether an unrepaired breach, in whatever case, bars the subject."""
        own = (case for case in self._cases.values() if case.start.subject == subject)
        return subject in self._barred or any(_breaches(case) for case in own)

    def others_of(self, case_no: str) -> tuple[OtherCase, ...]:
        """The other open applications of the same person and item, the oldest first."""
        own = self._applications[case_no]
        found = [
            case.case
            for number, case in self._applications.items()
            if number != case_no
            and case.start.subject == own.start.subject
            and case.start.subject
            and not case.gives_way_to
            and case.case.item == own.case.item
            and case.case.closed_at is None
        ]
        return tuple(
            OtherCase(case_no=case.case_no, district=case.district, stage=case.stage)
            for case in sorted(found, key=lambda case: (case.received_at, case.case_no))
        )

    def give_way(self, case_no: str, other: str) -> bool:
        """Whether the other one is still among its others."""
        return other in {each.case_no for each in self.others_of(case_no)}

    def standing_of(self, talent: str) -> Standing | None:
        """How a talent stands by the date."""
        cycle = self._cases.get(talent)
        if cycle is None or not isinstance(cycle.case, Cycle):
            return None
        if cycle.case.kind is not CycleKind.TALENT:
            return None
        state: Cycle = cycle.case
        then = come_up_to(state, cycle.facts(CLOCKWORK))
        return replace(state.standing, status=then.standing.status)

    def next_cycle(self, kind: CycleKind, district: str, on: date) -> NextCycle:
        """The policy of the catalogue, which is no published version."""
        return NextCycle(policy=self._registry.services.cycle(kind, district, on), catalogue="")

    def takes(self, address: str) -> bool:
        """Whether the fake town takes a letter to that address."""
        return not is_nobody(address)

    def check_data(self, person: Party | None) -> tuple[DataCheck, ...]:
        """What the sources of the fake town say."""
        said = by_rule(person.id_number if person else "")
        note = NOTES.get(said.note, "")
        return tuple(answer(source, said.outcome, note) for source in SOURCES)

    def tell_requests(self, standing: Standing) -> None:
        """Tell the requests of the talent that are open, or were closed with the cycle."""
        command = NoteStanding(actor=CYCLE, standing=standing)
        for _, case in sorted(self._cases.items()):
            state = case.case
            if not isinstance(state, Request) or state.talent != standing.talent:
                continue
            if state.closed_at is None or state.stage is RequestStage.CLOSED:
                case.signal("note_standing", command)

    def draw(
        self, district: str, days: tuple[date, date], policy: RoundPolicy, seed: str
    ) -> SampleDrawn:
        """Draw from the requests that the platform coordinates, but for withdrawn ones."""
        cases = [case.case for case in self._cases.values()]
        cases += [case for _, case in self._finished.values()]
        came = sorted(
            (case.case_no, case.talent)
            for case in cases
            if isinstance(case, Request)
            and _is_coordinated_by(district, case)
            and case.stage is not RequestStage.WITHDRAWN
            and days[0] <= local_date(case.received_at) <= days[1]
        )
        return SampleDrawn(population=len(came), visits=sample(seed, came, policy))

    def open_from_mail(
        self, mail: IncomingMail, number: int, sender: str
    ) -> tuple[str, DomainError | None]:
        """Open the case as the worker does; a mail for another district is opened nowhere."""
        person = next((each for each in mail.persons if each.number == number), None)
        if person is None:
            return "", DomainError("NO_MAILBOX", "演练中没有其他区的邮箱", "district")
        try:
            return self._open_for(mail, person, sender, mail.received_at, MAILED), None
        except DomainError as refused:
            return "", refused

    def open_from_parcel(self, parcel: Parcel, sender: str) -> tuple[str, DomainError | None]:
        """Bring the papers to the case as the worker does."""
        person, came, way = person_of(parcel), came_at(parcel), way_of(parcel)
        try:
            return self._open_for(parcel, person, sender, came, way), None
        except DomainError as refused:
            return "", refused

    def _open_for(
        self,
        mail: IncomingMail | Parcel,
        person: MailPerson,
        sender: str,
        received_at: datetime,
        way: Way,
    ) -> str:
        if person.into:
            return self._into(mail, person, person.into, way)
        desk = self._registry.desk(self.reference)
        submission = submission_of(
            person,
            district=mail.district,
            mail_no=mail.case_no,
            received_at=received_at,
            sender=sender,
            way=way,
        )
        in_force = self._read(desk.question(submission, self.time))
        start = desk.application(submission, way.opener, self.time, in_force)
        if (running := self._running(start)) is not None:
            return self._into(mail, person, running, way)
        case = self._cases[start.case_no] = PureApplication(start, self, self)
        self._applications[start.case_no] = case
        case.open()
        return start.case_no

    def _running(self, start: StartApplication) -> str | None:
        for case_no, case in sorted(self._applications.items()):
            state = case.case
            same = (state.item, state.district) == (start.item.code, start.district)
            if same and case.start.subject == start.subject and state.closed_at is None:
                return case_no
        return None

    def _into(self, mail: IncomingMail | Parcel, person: MailPerson, case_no: str, way: Way) -> str:
        running = self._applications.get(case_no)
        if running is None or running.case.district != mail.district:
            raise DomainError("CASE_NOT_FOUND", "本区没有此办件编号，请核对", "into")
        state: Application = running.case
        verb, command = brought(person, state.stage, owes=bool(state.open_debts), way=way)
        if (refused := running.do(verb, command)) is not None:
            raise DomainError(refused.code, refused.reason)
        return case_no

    # --- what openings ask ---------------------------------------------------------------

    async def in_force(self, question: InForceQuestion) -> InForce:
        """What is in force for a case."""
        return self._read(question)

    async def standing(self, talent: str) -> Standing | None:
        """How a talent stands."""
        return self.standing_of(talent)

    async def party(self, case_no: str, role: str) -> Party | None:
        """As the case was told, or last has it."""
        if case_no in self._cases:
            return self._cases[case_no].parties.get(role)
        told = self._finished.get(case_no)
        return told[0].applicant if told and role == "applicant" else None

    async def rateable(self, case_no: str) -> Rateable | None:
        """A case of this rehearsal, or one finished before."""
        if case_no in self._cases:
            kind, state = self._cases[case_no].start.kind, self._cases[case_no].case
        elif case_no in self._finished:
            kind, state = self._finished[case_no][0].kind, self._finished[case_no][1]
        else:
            return None
        return Rateable(
            case_no=case_no,
            kind=kind,
            district=state.district,
            item=state.item,
            item_name=state.item_name,
            office=state.office,
            channel=state.channel,
            stage=state.stage,
            decided_on=state.decided_on,
            closed_at=state.closed_at,
        )

    async def bar_from_deferral(self, start: StartApplication) -> None:
        """Remember the breach."""
        self._barred.add(start.subject)

    async def add_finished(self, cases: Sequence[Finished]) -> None:
        """Remember them."""
        self._finished |= {case.case_no: (opened, case) for opened, case, _ in cases}


@asynccontextmanager
async def pure_engine(registry: Registry, begins_at: datetime) -> AsyncIterator[PureEngine]:
    """An engine on which nothing has happened yet."""
    yield PureEngine(registry, begins_at)


def _breaches(case: PureCase) -> int:
    return sum(isinstance(event.body, DebtBreached) for event in case.events)


def _is_coordinated_by(district: str, case: Request) -> bool:
    if city_of(district) != district:
        return case.district == district and case.level is Level.DISTRICT
    return city_of(case.district) == district and case.level is Level.MUNICIPAL
