"""From what a scenario gives to the start of a case of talent service, as production makes it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from casework.domain.case.commands import ReceivedMaterial
from casework.domain.case.facts import Actor
from casework.domain.case.opening import StartCase
from casework.domain.errors import DomainError
from casework.domain.kinds.cycle.opening import StartCycle
from casework.domain.kinds.cycle.state import Points
from casework.domain.kinds.rating.opening import RATED_KINDS
from casework.domain.kinds.registry import KINDS, CaseKind
from casework.domain.kinds.request.opening import Served, StartRequest
from casework.domain.kinds.request.policy import ServiceRule
from casework.domain.policy import MaterialForm, Role
from casework.domain.talent import CredentialKind
from casework.domain.time.calendar import local_date
from casework.filing.bodies import (
    Applicant,
    CredentialBody,
    FormBody,
    PermitBody,
    RatingBody,
    RequestBody,
    RoundBody,
    TalentBody,
    TalentEmployer,
    body_of_kind,
    members_of_form,
)
from casework.filing.bodies import Person as FiledPerson
from casework.filing.desk import Desk
from casework.messages.cases import number_of
from casework.messages.visit_rounds import SCHEDULE
from casework.rehearsal.engine import Engine, PlayedCase
from casework.rehearsal.given import (
    AllBut,
    Firm,
    FormGiven,
    PermitGiven,
    Person,
    RatingGiven,
    RequestGiven,
    ServiceGiven,
    TalentGiven,
    VisitsGiven,
    recognised_on,
)
from casework.rehearsal.made_up import MadeUp
from casework.rehearsal.opening import BACKEND, SOURCE, forms_of
from casework.rehearsal.ordered import Surroundings
from casework.rehearsal.people import applicant_of
from casework.rehearsal.registry import Registry

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
            code = opens.policy(district, local_date(given.opened_at)).code
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
            case FormGiven() as form:
                body = form_body(given.kind, form, self.reference)
                in_force = await self.engine.in_force(self._desk.question(body, now))
                start = self._desk.start(body, self._backend, now, in_force)
        return replace(start, rehearsal=self.engine.shift)

    async def _talent(self, given: TalentGiven, now: datetime) -> StartCycle:
        body = talent_body(given, self.reference)
        in_force = await self.engine.in_force(self._desk.question(body, now))
        start = self._desk.talent(body, self._backend, now, in_force)
        if given.window is None:
            return start
        return replace(start, item=replace(start.item, window=given.window))

    async def _permit(self, given: PermitGiven, now: datetime) -> StartCycle:
        body = permit_body(given, self.reference)
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
            materials=_materials(given, rule),
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
        schedule = Actor(code=SCHEDULE, role=Role.SYSTEM)
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


def talent_body(given: TalentGiven, reference: str) -> TalentBody:
    """A recognition as HTTP takes it; raises ValidationError."""
    card = given.credential is CredentialKind.CARD
    return TalentBody(
        district=given.district,
        source=SOURCE,
        reference=reference,
        talent=_person(applicant_of(given)),
        employer=_firm(given.employer),
        letter=given.letter,
        score=given.score,
        recognised_on=recognised_on(given),
        full_time=True,
        credential=CredentialBody(kind=given.credential, code=MADE_UP_CARD if card else None),
    )


def permit_body(given: PermitGiven, reference: str) -> PermitBody:
    """A permit as HTTP takes it; raises ValidationError."""
    return PermitBody(
        district=given.district,
        source=SOURCE,
        reference=reference,
        holder=_person(applicant_of(given)),
        starts_on=given.starts_on,
        expires_on=given.expires_on,
        points_valid=given.points is Points.VALID,
    )


def form_body(kind: CaseKind, given: FormGiven, reference: str) -> FormBody:
    """What opens a case of a kind with ``opens``, as HTTP takes it; raises ValidationError."""
    filed = {name: getattr(given, name) for name in members_of_form(KINDS[kind])}
    opens = KINDS[kind].opens
    if opens is not None and opens.applicant:
        filed["applicant"] = Applicant(**applicant_of(given).model_dump())
    return body_of_kind(kind)(district=given.district, source=SOURCE, reference=reference, **filed)


def forms(start: StartCase) -> dict[str, MaterialForm]:
    """The form in which each material of a request is handed in; other cases have none."""
    return forms_of(start.item.materials) if isinstance(start.item, ServiceRule) else {}


def _talent_of(request: RequestGiven, cases: Mapping[str, PlayedCase]) -> PlayedCase:
    if request.of:
        return cases[request.of]
    return next(case for case in cases.values() if case.kind is CaseKind.TALENT_CYCLE)


def _person(person: Person) -> FiledPerson:
    return FiledPerson(name=person.name, id_number=person.id_number, email=person.email)


def _firm(firm: Firm) -> TalentEmployer:
    return TalentEmployer(name=firm.name, credit_code=firm.credit_code, email=firm.email)


def _materials(given: RequestGiven, rule: ServiceRule) -> tuple[ReceivedMaterial, ...]:
    its_forms = forms_of(rule.materials)
    if isinstance(given.materials, AllBut):
        codes = tuple(code for code in its_forms if code not in given.materials.all_but)
    else:
        codes = given.materials
    return tuple(
        ReceivedMaterial(code=code, form=its_forms.get(code, MaterialForm.ELECTRONIC))
        for code in codes
    )
