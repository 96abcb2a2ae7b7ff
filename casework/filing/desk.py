"""The desk where cases are opened: it finds the policy, the posts and the calendar of a filing.

The kinds decide what may be opened; only the catalogues and rosters are read here.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TypeVar

from casework.domain.authority import Filed
from casework.domain.case.facts import Actor
from casework.domain.case.in_force import InForce
from casework.domain.case.kind import Opens
from casework.domain.case.opening import (
    Circumstances,
    Identity,
    Party,
    StartCase,
    of_nobody,
    personal_number,
)
from casework.domain.case.state import Post
from casework.domain.kinds.application.opening import (
    StartApplication,
    id_number,
    open_application,
    received,
)
from casework.domain.kinds.cycle import opening as cycles
from casework.domain.kinds.cycle.opening import StartCycle, open_permit_cycle, open_talent_cycle
from casework.domain.kinds.cycle.state import CycleKind, CyclePolicy
from casework.domain.kinds.rating import opening as ratings
from casework.domain.kinds.rating.opening import Rateable, StartRating, open_rating
from casework.domain.kinds.registry import KINDS, CaseKind
from casework.domain.kinds.request import opening as requests
from casework.domain.kinds.request.opening import Served, StartRequest, open_request
from casework.domain.kinds.round import opening as rounds
from casework.domain.kinds.round.opening import StartRound, open_round, require_current
from casework.domain.policy import Policy, Role
from casework.domain.talent import serving_class
from casework.domain.time.calendar import WorkingCalendar, local_date
from casework.filing.bodies import (
    FormBody,
    FormBodyOfCaller,
    FormBodyOfSomebody,
    PermitBody,
    RatingBody,
    RequestBody,
    RoundBody,
    Submission,
    TalentBody,
)
from casework.messages.cases import InForceQuestion
from casework.policy.catalogue import Catalogue
from casework.policy.service_catalogue import ServiceCatalogue
from casework.policy.sharing import SharingPolicy, load_sharing
from casework.policy.staffing import Centres, Platforms
from casework.security.pseudonyms import Pseudonyms

StartingBody = Submission | TalentBody | PermitBody | RoundBody | FormBody
"""The actor of a case that is opened by a schedule."""
AnyBody = StartingBody | RequestBody | RatingBody
P = TypeVar("P", bound=Policy)

_NO_CALENDAR = -1  # no calendar has this version
# A case may wait long for its last file; a year beyond the excerpt could not be counted.
_YEARS_BEFORE, _YEARS_AFTER = 1, 6


@dataclass(frozen=True, kw_only=True)
class ServiceDesk:
    """Where talent service is opened; ``platforms`` holds its posts.

    ``digest`` is that of the catalogue version whose policies are given out here, and whose
    ``sharing`` says who gets the cases.
    """

    services: ServiceCatalogue
    platforms: Platforms
    digest: str = ""
    sharing: SharingPolicy = field(default_factory=load_sharing)

    def ask(  # noqa: PLR0913 - whose, under what, where, of which days
        self,
        identity: Identity,
        policy: Policy,
        since: date,
        today: date,
        years: int,
        *,
        office: str = "",
        item: str = "",
    ) -> InForceQuestion:
        """Return the question about what is in force; ``since`` is the first day of the case.

        ``office``: where it is opened, by default at the platform of the district. ``item``: whose
        measures bear on it, by default those on its policy.
        """
        return InForceQuestion(
            case_no=identity.case_no,
            district=policy.district,
            office=office or self.services.office(policy.district),
            item=item or policy.code,
            received_on=since,
            calendar_version=_NO_CALENDAR,
            needed_until=since.year + years,
            on=today,
        )

    def ask_for_round(self, body: RoundBody, now: datetime) -> InForceQuestion:
        """Return the question about what is in force before a round begins.

        Raises:
            DomainError: no such platform; ``QUARTER_NOT_CURRENT``.
        """
        today = local_date(now)
        require_current(body.quarter, today)
        policy = self.services.visits(body.district, today)
        return self.ask(body.identity, policy, today, today, rounds.YEARS_AHEAD)

    def round(
        self,
        body: RoundBody,
        actor: Actor | None,
        now: datetime,
        in_force: InForce,
        calendar: WorkingCalendar,
    ) -> StartRound:
        """Return the start of a round; raise DomainError for an unknown or unstaffed platform."""
        today = local_date(now)
        at = self._at(
            self.services.visits(body.district, today),
            self.services.office(body.district),
            self.platforms.posts(body.district, on=today),
            calendar,
            in_force,
            actor,
            now,
        )
        return open_round(body.identity, at)

    def _at(  # noqa: PLR0913, PLR0917 - under what, where, by whom, when
        self,
        policy: P,
        office: str,
        posts: dict[Role, Post],
        calendar: WorkingCalendar,
        in_force: InForce,
        actor: Actor | None,
        now: datetime,
    ) -> Circumstances[P]:
        """Return what holds for a case of any kind; all of them are shared out alike."""
        return Circumstances(
            policy=policy,
            office=office,
            posts=posts,
            calendar=calendar,
            in_force=in_force,
            opened_by=actor,
            now=now,
            catalogue=self.digest,
            sharing=self.sharing.rules(policy.district, policy.code, local_date(now)),
            pseudonym=self._pseudonym,
        )

    def _pseudonym(self, number: str) -> str:
        """Nobody's: a round is about no person."""
        return of_nobody(number)


@dataclass(frozen=True, kw_only=True)
class Desk(ServiceDesk):
    """Where a case of any kind is opened; ``centres`` holds the posts of the districts.

    Every method raises DomainError, with the field that is wrong, as the opening of the kind does.
    """

    catalogue: Catalogue
    centres: Centres
    calendar: WorkingCalendar
    pseudonyms: Pseudonyms

    def _pseudonym(self, number: str) -> str:
        return self.pseudonyms.of(number)

    def filed(self, body: AnyBody, now: datetime) -> Filed:
        """Return what is to be opened, and for whom, for the check of authority."""
        identity = body.identity
        filed = Filed(
            kind=CaseKind(identity.kind), district=identity.district, source=identity.source
        )
        match body:
            case Submission():
                on = local_date(received(body.received_at, now))
                number, _ = id_number(body.applicant.id_number, on)
                code = body.employer.credit_code if body.employer else None
                return replace(
                    filed,
                    applicant=self.pseudonyms.of(number),
                    employer=self.pseudonyms.of(code) if code else "",
                    by_agent=body.is_by_agent,
                )
            case TalentBody():
                return replace(filed, letter=serving_class(body.letter))
            case FormBody():
                who = _applicant(body, local_date(now))
                number = who.id_number if who else ""
                return replace(filed, applicant=self.pseudonyms.of(number) if number else "")
            case _:
                return filed

    def question(self, body: AnyBody, now: datetime) -> InForceQuestion:
        """Return the question about what is in force before the case is opened."""
        today = local_date(now)
        match body:
            case Submission():
                return self._ask_for_application(body, now)
            case TalentBody() | PermitBody():
                since = cycles.require_begun(body.form, today)
                its = self._cycle(body, today)
                return self.ask(body.identity, its, since, today, cycles.YEARS_AHEAD)
            case RequestBody():
                rule = self.services.rule(body.service, body.district, today)
                return self.ask(body.identity, rule, today, today, requests.YEARS_AHEAD)
            case RatingBody():
                policy = self.services.ratings(body.identity.district, today)
                return self.ask(body.identity, policy, today, today, ratings.YEARS_AHEAD)
            case RoundBody():
                return self.ask_for_round(body, now)
            case FormBody():
                opens = _opens(body)
                under = self.services.of_kind(body.opens, body.district, today)
                office = self._office(opens, body.district)
                item = opens.measured(body.form, under) if opens.measured is not None else ""
                return self.ask(
                    body.identity, under, today, today, opens.years, office=office, item=item
                )

    def start(
        self, body: StartingBody, actor: Actor, now: datetime, in_force: InForce
    ) -> StartCase:
        """Return the start of a case that needs nothing but what is filed."""
        match body:
            case Submission():
                return self.application(body, actor, now, in_force)
            case TalentBody():
                return self.talent(body, actor, now, in_force)
            case PermitBody():
                return self.permit(body, actor, now, in_force)
            case RoundBody():
                return self.visits(body, actor, now, in_force)
            case FormBody():
                return self._by_form(body, actor, now, in_force)

    def _by_form(self, body: FormBody, actor: Actor, now: datetime, in_force: InForce) -> StartCase:
        opens, today = _opens(body), local_date(now)
        office = self._office(opens, body.district)
        posts = (
            self.platforms.posts(body.district, on=today)
            if opens.at_platform
            else self.centres.posts_for(body.district, on=today, office=office)
        )
        calendar = self.calendar_of(in_force, today, opens.years)
        under = self.services.of_kind(body.opens, body.district, today)
        at = self._at(under, office, posts, calendar, in_force, actor, now)
        start: StartCase = opens.start(body.identity, body.form, _applicant(body, today), at)
        return start

    def _office(self, opens: Opens, district: str) -> str:
        there = self.services if opens.at_platform else self.catalogue
        return there.office(district)

    def application(
        self, body: Submission, actor: Actor, now: datetime, in_force: InForce
    ) -> StartApplication:
        """The start of an application, under the policy of the day of receipt."""
        on = local_date(received(body.received_at, now))
        office = self.catalogue.office(body.district)
        measures = (
            in_force.measures or None
        )  # empty if the register is unavailable: use those of the catalogue
        known = in_force.calendar
        at = self._at(
            self.catalogue.resolve(body.item, body.district, on, measures),
            office,
            self.centres.posts_for(
                body.district, on=local_date(now), item=body.item, office=office
            ),
            known if known and known.years else self._excerpt(on),
            in_force,
            actor,
            now,
        )
        return open_application(body.form, at, self.catalogue.facts())

    def talent(
        self, body: TalentBody, actor: Actor, now: datetime, in_force: InForce
    ) -> StartCycle:
        """The start of a talent's cycle, under the policy of the day of registration."""
        calendar = self.calendar_of(in_force, body.recognised_on, cycles.YEARS_AHEAD)
        at = self._served(self._cycle(body, local_date(now)), actor, now, in_force, calendar)
        return open_talent_cycle(body.form, at)

    def permit(
        self, body: PermitBody, actor: Actor, now: datetime, in_force: InForce
    ) -> StartCycle:
        """The start of a permit's cycle; the centre of the district has its posts."""
        calendar = self.calendar_of(in_force, body.starts_on, cycles.YEARS_AHEAD)
        policy = self._cycle(body, local_date(now))
        office = self.services.office(policy.district)
        posts = self.centres.posts_for(body.district, on=local_date(now), office=office)
        at = self._served(policy, actor, now, in_force, calendar, posts)
        return open_permit_cycle(body.form, at)

    def request(
        self, body: RequestBody, served: Served, actor: Actor, now: datetime, in_force: InForce
    ) -> StartRequest:
        """Return the start of a service request; it is not refused if the cycle is on hold."""
        today = local_date(now)
        rule = self.services.rule(body.service, body.district, today)
        calendar = self.calendar_of(in_force, today, requests.YEARS_AHEAD)
        return open_request(
            body.form,
            self._served(rule, actor, now, in_force, calendar),
            served,
            self.platforms.bodies(body.district, rule, self.services, on=today),
            self.platforms.specialists(body.district, on=today),
        )

    def rating(  # noqa: PLR0913, PLR0917 - what is rated, by whom, when
        self,
        body: RatingBody,
        case: Rateable,
        rater: Party | None,
        actor: Actor,
        now: datetime,
        in_force: InForce,
    ) -> StartRating:
        """Return the start of a rating of ``case``, with the officers who handled that case."""
        ratings.require_rateable(case)
        today = local_date(now)
        posts = (
            self.platforms.posts(case.district, on=today)
            if case.kind == CaseKind.REQUEST
            else self.centres.posts_for(case.district, on=today, office=case.office)
        )
        policy = self.services.ratings(body.identity.district, today)
        calendar = self.calendar_of(in_force, today, ratings.YEARS_AHEAD)
        at = self._at(policy, case.office, posts, calendar, in_force, actor, now)
        return open_rating(body.form, at, case, rater)

    def visits(self, body: RoundBody, actor: Actor, now: datetime, in_force: InForce) -> StartRound:
        """The start of a round, by hand."""
        calendar = self.calendar_of(in_force, local_date(now), rounds.YEARS_AHEAD)
        return self.round(body, actor, now, in_force, calendar)

    def calendar_of(self, in_force: InForce, since: date, years: int) -> WorkingCalendar:
        """Return the calendar of the register, else of the files, from the year before ``since``.

        A case that began long before the first year of the files gets all years of the files.
        """
        if in_force.calendar is not None and in_force.calendar.years:
            return in_force.calendar
        known = [year.year for year in self.calendar.years]
        first = min(max(known[0], since.year - _YEARS_BEFORE), known[-1])
        return self.calendar.excerpt(first, max(first, min(known[-1], since.year + years)))

    def _served(  # noqa: PLR0913, PLR0917 - under what, by whom, when
        self,
        policy: P,
        actor: Actor,
        now: datetime,
        in_force: InForce,
        calendar: WorkingCalendar,
        posts: dict[Role, Post] | None = None,
    ) -> Circumstances[P]:
        """Return what every start at the platform of the policy's district has in common."""
        if posts is None:
            posts = self.platforms.posts(policy.district, on=local_date(now))
        office = self.services.office(policy.district)
        return self._at(policy, office, posts, calendar, in_force, actor, now)

    def _ask_for_application(self, body: Submission, now: datetime) -> InForceQuestion:
        """Return the question about the day of receipt; it always asks for the calendar."""
        on = local_date(received(body.received_at, now))
        self.catalogue.resolve(body.item, body.district, on)
        return InForceQuestion(
            case_no=body.case_no,
            district=body.district,
            office=self.catalogue.office(body.district),
            item=body.item,
            received_on=on,
            calendar_version=_NO_CALENDAR,
            on=local_date(now),
        )

    def _excerpt(self, on: date) -> WorkingCalendar:
        first = min(year.year for year in self.calendar.years)
        return self.calendar.excerpt(max(first, on.year - _YEARS_BEFORE), on.year + _YEARS_AFTER)

    def _cycle(self, body: TalentBody | PermitBody, on: date) -> CyclePolicy:
        kind = CycleKind.TALENT if isinstance(body, TalentBody) else CycleKind.PERMIT
        return self.services.cycle(kind, body.district, on)


def policy_day(body: AnyBody, now: datetime) -> date:
    """The day whose catalogue version a case is opened under: that of receipt, or today."""
    if isinstance(body, Submission):
        return local_date(received(body.received_at, now))
    return local_date(now)


def _opens(body: FormBody) -> Opens:
    opens = KINDS[body.opens].opens
    if opens is None:
        raise LookupError(body.opens)
    return opens


def _applicant(body: FormBody, on: date) -> Party | None:
    """Return the applicant with a normalised number; raise DomainError if it is invalid."""
    if isinstance(body, FormBodyOfCaller):
        return body.caller.party() if body.caller is not None else None
    if not isinstance(body, FormBodyOfSomebody):
        return None
    number = personal_number(body.applicant.id_number, on, "applicant.id_number")
    return body.applicant.party(number)
