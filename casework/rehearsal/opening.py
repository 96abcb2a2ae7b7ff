"""From what a scenario gives to the start of its case, made by the code that opens real ones."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from casework.domain.authority.matrix import POST
from casework.domain.case.commands import ReceivedMaterial
from casework.domain.case.events import Event, EventBody
from casework.domain.case.facts import Actor
from casework.domain.case.opening import Party, StartCase
from casework.domain.case.procedure import decide, evolve
from casework.domain.errors import DomainError
from casework.domain.kinds.application import checklist
from casework.domain.kinds.application.opening import StartApplication
from casework.domain.kinds.cycle.opening import StartCycle
from casework.domain.kinds.cycle.state import Points
from casework.domain.kinds.rating.opening import RATED_KINDS
from casework.domain.kinds.registry import KINDS, CaseKind
from casework.domain.kinds.request.commands import AcceptRequest, FeedBack
from casework.domain.kinds.request.opening import Served, StartRequest
from casework.domain.kinds.request.state import Mode, Request, RequestFacts, ServiceRule
from casework.domain.policy import MaterialForm, MaterialRule, Role, ServiceItem, city_of
from casework.domain.staff import StaffPost
from casework.domain.talent import CredentialKind, Standing, StandingStatus
from casework.domain.time.calendar import WorkingCalendar, local_date
from casework.filing.bodies import (
    Contact,
    CredentialBody,
    Employer,
    FormBody,
    PermitBody,
    RatingBody,
    RequestBody,
    RoundBody,
    Submission,
    TalentBody,
    body_of_kind,
    members_of_form,
)
from casework.filing.desk import Desk
from casework.filing.mail import BY_MAIL
from casework.messages.cases import InForceQuestion, number_of
from casework.messages.entry import Opening
from casework.messages.schedules import VISIT_ROUNDS
from casework.rehearsal.engine import Declared, Engine, Finished, PlayedCase
from casework.rehearsal.given import (
    AllBut,
    Firm,
    FormGiven,
    Given,
    MailGiven,
    PermitGiven,
    RatingGiven,
    RequestGiven,
    ServiceGiven,
    Shared,
    TalentGiven,
    VisitsGiven,
    applicant_of,
    recognised_on,
)
from casework.rehearsal.mailed import mailed
from casework.rehearsal.ordered import Surroundings
from casework.rehearsal.ordering import surroundings
from casework.rehearsal.registry import Registry

SOURCE = "rehearsal"
BACKEND = "backend"
"""The system of the roster that submits rehearsed applications."""


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """An application that is about to arrive at the office."""

    given: Given
    submission: Submission
    desk: Desk
    backend: Actor

    def question(self) -> InForceQuestion:
        """What has to be known before the case is opened; it says where the case stands.

        Raises:
            DomainError: what the submission itself would be refused for.
        """
        return self.desk.question(self.submission, self.given.begins_at)

    async def start(self, engine: Engine) -> StartApplication:
        """The start of the case, under what the register says is in force.

        Raises:
            DomainError: as for ``question``, and ``CHANNEL_CLOSED``.
        """
        in_force = await engine.in_force(self.question())
        start = self.desk.application(self.submission, self.backend, self.given.begins_at, in_force)
        start = replace(start, posts={**start.posts, **self.given.posts}, rehearsal=engine.shift)
        return await _shared(start, self.given, engine)


S = TypeVar("S", bound=StartCase)


async def _shared(start: S, given: Shared, engine: Engine) -> S:
    """The start with the office's way of sharing out; the engine knows who holds posts."""
    declared = tuple(
        Declared(officer=officer, subject=start.subject, at=at)
        for officer, at in sorted(given.related.items())
    )
    await engine.staff(tuple(_held(given, start.item.district)), declared)
    return replace(start, sharing={**start.sharing, **given.sharing})


def _held(given: Shared, here: str) -> Iterator[StaffPost]:
    """The posts that are given."""
    for each in given.staff:
        district = each.district or here
        city = city_of(district)
        yield StaffPost(
            id=f"{each.person}-{each.role}-{each.since}",
            person=each.person,
            role=each.role,
            city=city,
            district="" if district == city else district,
            items=each.items,
            bodies=each.bodies,
            team=each.team,
            share=each.share,
            stands_in_for=each.stands_in_for,
            skills=each.skills,
            rank=each.rank,
            since=each.since,
            until=each.until,
        )


def arrival(given: Given, registry: Registry, reference: str, key: str = "") -> Arrival:
    """What is submitted, and to whom; the reference must be new in the register.

    ``key``: that of the rehearsal, by which the same person is known in all its cases.

    Raises:
        DomainError: the item or the district is unknown, or not handled on that day.
    """
    on = local_date(given.received_at)
    item = registry.catalogue.resolve(given.item, given.district, on)
    submission = Submission(
        district=given.district,
        item=given.item,
        source=SOURCE,
        reference=reference,
        channel=given.channel,
        received_at=given.received_at,
        claims=given.claims,
        materials=_materials(given, item, registry.calendar),
        applicant=applicant_of(given),
        employer=_firm(given.employer),
    )
    backend = registry.roster.people[BACKEND]
    desk = registry.desk(key or reference)
    return Arrival(given=given, submission=submission, desk=desk, backend=backend)


def _firm(given: Firm | None) -> Employer | None:
    return Employer.model_validate(given.model_dump()) if given else None


def _materials(
    given: Given, item: ServiceItem, calendar: WorkingCalendar
) -> tuple[ReceivedMaterial, ...]:
    if not isinstance(given.materials, AllBut):
        return _in_their_forms(given.materials, item.materials)
    on = local_date(given.received_at)
    needed = checklist.missing(
        item, given.claims, given.materials.all_but, on, calendar, forms=checklist.AT_HAND
    )
    return _in_their_forms((rule.code for rule in needed), item.materials)


def _in_their_forms(
    codes: Iterable[str], rules: Iterable[MaterialRule]
) -> tuple[ReceivedMaterial, ...]:
    forms = forms_of(rules)
    return tuple(
        ReceivedMaterial(code=code, form=forms.get(code, MaterialForm.ELECTRONIC)) for code in codes
    )


def forms_of(materials: Iterable[MaterialRule]) -> dict[str, MaterialForm]:
    """The form in which each material of a checklist is handed in."""
    return {rule.code: rule.form for rule in materials}


_RATER = Party(name="张三", email="zhangsan@mail.example.com")


@dataclass(frozen=True, kw_only=True)
class MadeUp:
    """Completes requests at one moment; each is of another talent, recognised by score."""

    registry: Registry
    reference: str
    shift: timedelta
    at: datetime

    def finish(self, district: str, service: str, number: int) -> tuple[Finished, ...]:
        """So many completed requests for a service."""
        rule = self.registry.services.rule(service, district, self.at.date())
        return tuple(self._one(rule, f"{self.reference} {place}") for place in range(number))

    def _one(self, rule: ServiceRule, reference: str) -> Finished:
        events = tuple(self._events(rule, reference))
        case: Request | None = None
        for event in events:
            case = evolve(case, event)
        if case is None:
            raise RuntimeError("a request without events")
        opening = Opening(
            source=SOURCE,
            reference=reference,
            content="",
            subject="",
            item=rule,
            rehearsal=self.shift,
            applicant=_RATER,
            employer=None,
            started_by_run="",
            kind=CaseKind.REQUEST,
        )
        return opening, case, events

    def _events(self, rule: ServiceRule, reference: str) -> Iterator[Event]:
        backend = Actor(code=SOURCE, role=Role.SYSTEM)
        first = self._filed(rule, reference)
        event = Event(seq=1, at=self.at, actor=backend, body=first)
        case: Request = evolve(None, event)
        yield event
        bodies: tuple[EventBody, ...]
        for role, make in ((Role.SPECIALIST, _accept), (Role.LIAISON, _feed_back)):
            actor = Actor(code=case.posts[role].holder, role=role)
            facts = RequestFacts(
                at=self.at, actor=actor, item=rule, calendar=self.registry.calendar
            )
            bodies = decide(case, make(actor), facts)
            for body in bodies:
                event = Event(seq=case.seq + 1, at=self.at, actor=actor, body=body)
                case = evolve(case, event)
                yield event

    def _filed(self, rule: ServiceRule, reference: str) -> EventBody:
        platforms, district = self.registry.platforms, rule.district
        talent = number_of(CaseKind.TALENT_CYCLE, district, SOURCE, reference)
        start = StartRequest(
            case_no=number_of(CaseKind.REQUEST, district, SOURCE, reference),
            district=district,
            source=SOURCE,
            reference=reference,
            content="",
            item=rule,
            calendar=self.registry.calendar,
            office=self.registry.services.office(district),
            channel="online",
            mode=Mode.ONLINE,
            standing=Standing(talent=talent, status=StandingStatus.ACTIVE, letter=None),
            bodies=platforms.bodies(district, rule, self.registry.services),
            specialists=platforms.specialists(district),
            posts=platforms.posts(district),
        )
        return start.first_event(self.at)


def _accept(actor: Actor) -> AcceptRequest:
    return AcceptRequest(actor=actor)


def _feed_back(actor: Actor) -> FeedBack:
    return FeedBack(actor=actor, result="已办理")


MADE_UP_CARD = "RC-0001"


@dataclass(frozen=True, kw_only=True)
class ServiceArrival:
    """A case of talent service that is about to be opened; ``reference`` is its own.

    ``key``: that of the rehearsal, by which the same person is known in all its cases.
    """

    registry: Registry
    engine: Engine
    reference: str
    key: str

    def place(self, given: ServiceGiven) -> Surroundings:
        """Where the case will stand, for the orders of the scenario."""
        content, district = given.content, given.district
        code = "PTS_CYC" if given.permit else "TAL_CYC"
        match content:
            case RequestGiven(service=service) | RatingGiven(service=service):
                code = service
            case VisitsGiven():
                code = "TAL_FUP"
        office = self.registry.services.office
        if (opens := KINDS[given.kind].opens) is not None:
            on = local_date(given.opened_at)
            code = self.registry.services.of_kind(given.kind, district, on).code
            office = office if opens.at_platform else self.registry.catalogue.office
        return Surroundings(
            case_no=number_of(given.kind, district, SOURCE, self.reference),
            district=district,
            office=office(district),
            item=code,
            named={},
        )

    async def start(
        self, given: ServiceGiven, cases: Mapping[str, PlayedCase], now: datetime
    ) -> StartCase:
        """The start of the case, under what the register says is in force.

        Raises:
            DomainError: what production would refuse it for.
        """
        match given.content:
            case TalentGiven() as talent:
                start: StartCase = await self._talent(talent, now)
            case PermitGiven() as permit:
                start = await self._permit(permit, now)
            case RequestGiven() as request:
                start = await self._request(request, _talent_of(request, cases), now)
            case RatingGiven() as rating:
                start = await self._rating(rating, await self._rated(rating, cases, now), now)
            case VisitsGiven() as visits:
                start = await self._visits(visits, now)
            case MailGiven() as mail:
                mail_body = mailed(mail, self.reference, self.registry)
                in_force = await self.engine.in_force(self._desk.question(mail_body, now))
                start = self._desk.start(mail_body, BY_MAIL, now, in_force)
            case FormGiven() as form:
                body = form_body(given.kind, form, self.reference)
                in_force = await self.engine.in_force(self._desk.question(body, now))
                by = self._backend
                if given.kind is CaseKind.PARCEL:
                    by = Actor(code=POST, role=Role.SYSTEM)
                start = self._desk.start(body, by, now, in_force)
        start = replace(start, rehearsal=self.engine.shift)
        return await _shared(start, given, self.engine)

    async def _talent(self, given: TalentGiven, now: datetime) -> StartCycle:
        body = _talent_body(given, self.reference)
        in_force = await self.engine.in_force(self._desk.question(body, now))
        start = self._desk.talent(body, self._backend, now, in_force)
        if given.window is None:
            return start
        return replace(start, item=replace(start.item, window=given.window))

    async def _permit(self, given: PermitGiven, now: datetime) -> StartCycle:
        body = _permit_body(given, self.reference)
        in_force = await self.engine.in_force(self._desk.question(body, now))
        return self._desk.permit(body, self._backend, now, in_force)

    async def _request(
        self, given: RequestGiven, talent: PlayedCase, now: datetime
    ) -> StartRequest:
        district = talent.case_no.partition("-")[0]
        rule = self.registry.services.rule(given.service, district, now.date())
        body = RequestBody(
            district=district,
            source=SOURCE,
            reference=self.reference,
            service=given.service,
            talent=talent.case_no,
            mode=given.mode,
            need=given.need,
            materials=_requested_materials(given, rule),
            filed_by=given.filed_by,
        )
        stands = await self.engine.standing(talent.case_no)
        if stands is None:
            raise LookupError(f"talent {talent.case_no} is not in the register")
        served = Served(
            standing=stands,
            talent=await self.engine.party(talent.case_no, "applicant"),
            employer=await self.engine.party(talent.case_no, "employer"),
        )
        in_force = await self.engine.in_force(self._desk.question(body, now))
        return self._desk.request(body, served, self._backend, now, in_force)

    async def _rated(
        self, given: RatingGiven, cases: Mapping[str, PlayedCase], now: datetime
    ) -> str:
        """The number of the rated case: one of the scenario's, or one that is made up."""
        if given.district is not None:
            (made,) = await self._made_up(given.district, given.service, 1, now)
            return made
        rateable_cases = [name for name in cases if cases[name].kind in RATED_KINDS]
        return cases[given.of or rateable_cases[-1]].case_no

    async def _rating(self, given: RatingGiven, rated: str, now: datetime) -> StartCase:
        body = RatingBody(
            case_no=rated, grade=given.grade, named=given.named, comment=given.comment
        )
        case = await self.engine.rateable(rated)
        applicant = await self.engine.party(rated, "applicant")
        if case is None:
            raise DomainError("CASE_NOT_FOUND", "没有此办件")
        in_force = await self.engine.in_force(self._desk.question(body, now))
        return self._desk.rating(body, case, applicant, self._backend, now, in_force)

    async def _visits(self, given: VisitsGiven, now: datetime) -> StartCase:
        await self._made_up(given.district, given.service, given.visitors, now)
        body = RoundBody(district=given.district, quarter=given.quarter)
        in_force = await self.engine.in_force(self._desk.question(body, now))
        schedule = Actor(code=VISIT_ROUNDS.name, role=Role.SYSTEM)
        return self._desk.visits(body, schedule, now, in_force)

    async def _made_up(
        self, district: str, service: str, number: int, at: datetime
    ) -> tuple[str, ...]:
        shift = self.engine.shift
        office = MadeUp(registry=self.registry, reference=self.reference, shift=shift, at=at)
        finished = office.finish(district, service, number)
        await self.engine.add_finished(finished)
        return tuple(case.case_no for _, case, _ in finished)

    @property
    def _desk(self) -> Desk:
        return self.registry.desk(self.key)

    @property
    def _backend(self) -> Actor:
        return self.registry.roster.people[BACKEND]


def _talent_body(given: TalentGiven, reference: str) -> TalentBody:
    """A recognition as HTTP takes it."""
    card = given.credential is CredentialKind.CARD
    return TalentBody(
        district=given.district,
        source=SOURCE,
        reference=reference,
        talent=applicant_of(given),
        employer=given.employer,
        letter=given.letter,
        score=given.score,
        recognised_on=recognised_on(given),
        full_time=True,
        credential=CredentialBody(kind=given.credential, code=MADE_UP_CARD if card else None),
    )


def _permit_body(given: PermitGiven, reference: str) -> PermitBody:
    """A permit as HTTP takes it."""
    return PermitBody(
        district=given.district,
        source=SOURCE,
        reference=reference,
        holder=applicant_of(given),
        starts_on=given.starts_on,
        expires_on=given.expires_on,
        points_valid=given.points is Points.VALID,
    )


def form_body(kind: CaseKind, given: FormGiven, reference: str) -> FormBody:
    """What opens a case of a kind with ``opens``, as HTTP takes it; raises ValidationError."""
    filed = {name: getattr(given, name) for name in members_of_form(KINDS[kind])}
    opens = KINDS[kind].opens
    if opens is not None and opens.applicant:
        filed["applicant"] = applicant_of(given)
    if opens is not None and opens.caller and not given.anonymous:
        caller = applicant_of(given)
        filed["caller"] = Contact(name=caller.name, email=caller.email, phone=caller.phone)
    if kind is CaseKind.PARCEL:  # known by the number of its courier, and here by a made-up one
        reference = f"R{hashlib.sha256(reference.encode()).hexdigest()[:16].upper()}"
        return body_of_kind(kind)(
            district=given.district, source=POST, reference=reference, **filed
        )
    return body_of_kind(kind)(district=given.district, source=SOURCE, reference=reference, **filed)


def forms(start: StartCase) -> dict[str, MaterialForm]:
    """The form in which each material of a request is handed in; other cases have none."""
    return forms_of(start.item.materials) if isinstance(start.item, ServiceRule) else {}


def _talent_of(request: RequestGiven, cases: Mapping[str, PlayedCase]) -> PlayedCase:
    if request.of:
        return cases[request.of]
    return next(case for case in cases.values() if case.kind is CaseKind.TALENT_CYCLE)


def _requested_materials(given: RequestGiven, rule: ServiceRule) -> tuple[ReceivedMaterial, ...]:
    if not isinstance(given.materials, AllBut):
        return _in_their_forms(given.materials, rule.materials)
    left_out = given.materials.all_but
    codes = (each.code for each in rule.materials if each.code not in left_out)
    return _in_their_forms(codes, rule.materials)


@dataclass(frozen=True, kw_only=True)
class Reception:
    """``reference`` is new in the register; each case adds its name to it.

    ``several``: the scenario has named its cases.
    """

    registry: Registry
    engine: Engine
    reference: str
    several: bool = False

    def place(self, given: Given | ServiceGiven, name: str) -> Surroundings:
        """Where the case of that name will stand; raises what opening it would be refused for."""
        if isinstance(given, Given):
            return surroundings(self._arrival(given, name).question())
        return self._service(name).place(given)

    async def open(
        self, given: Given | ServiceGiven, name: str, cases: Mapping[str, PlayedCase]
    ) -> PlayedCase:
        """Open a case now, called ``name``; ``cases`` are those that there are.

        Raises:
            DomainError: what production would refuse it for.
        """
        if isinstance(given, Given):
            start, its_forms = await self._application(given, name)
        else:
            now = await self.engine.now()
            start = await self._service(name).start(given, cases, now)
            its_forms = forms(start)
        await self.engine.submit(start)
        return PlayedCase.of(start, name, its_forms)

    async def _application(
        self, given: Given, name: str
    ) -> tuple[StartCase, dict[str, MaterialForm]]:
        start = await self._arrival(given, name).start(self.engine)
        if given.credit_barred:
            await self.engine.bar_from_deferral(start)
        return start, forms_of(start.item.materials)

    def _arrival(self, given: Given, name: str) -> Arrival:
        reference = f"{self.reference} {name}" if self.several else self.reference
        return arrival(given, self.registry, reference, key=self.reference)

    def _service(self, name: str) -> ServiceArrival:
        return ServiceArrival(
            registry=self.registry,
            engine=self.engine,
            reference=f"{self.reference} {name}",
            key=self.reference,
        )
