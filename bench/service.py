"""Talents and their service requests, opened and worked on as the API does it."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from temporalio.client import Client, WithStartWorkflowOperation, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from casework.domain.authority.matrix import GIVEN_SOURCES
from casework.domain.case.facts import Actor
from casework.domain.case.in_force import InForce
from casework.domain.case.opening import Party, Route, StartCase
from casework.domain.kinds.cycle.opening import StartCycle
from casework.domain.kinds.cycle.state import CycleKind, Points
from casework.domain.kinds.rating.opening import StartRating
from casework.domain.kinds.rating.state import Grade
from casework.domain.kinds.registry import KINDS, CaseKind, workflow_id
from casework.domain.kinds.request.opening import StartRequest
from casework.domain.kinds.request.state import Mode
from casework.domain.kinds.round.opening import StartRound
from casework.domain.policy import Role
from casework.domain.talent import Credential, CredentialKind, Level, Standing, TalentClass
from casework.domain.time.calendar import ZONE, WorkingCalendar, local_date
from casework.messages.cases import Outcome, Receipt, Submit, number_of
from casework.messages.temporal import order_of_work
from casework.policy.calendars import load_calendar
from casework.policy.roster import Roster, load_roster
from casework.policy.service_catalogue import ServiceCatalogue, load_service_catalogue
from casework.policy.service_roster import ServiceRoster, load_service_roster

DISTRICT = "500103"
PERMITS = "310106"
SOURCE = "bench"
EMPLOYER = "91310106MA1FY7XX05"
ROUTES = (
    Route(recipient="applicant", channel="mail"),
    Route(recipient="employer", channel="mail"),
)
TALENT = Party(name="张三", id_number="310101199003071230", email="zhangsan@mail.example.com")
FIRM = f"pseudonym of {EMPLOYER}"
LIAISON = Party(name="某某公司", id_number=EMPLOYER, email="hr@mail.example.com")

Handle = WorkflowHandle[object, Outcome]


@dataclass(frozen=True, kw_only=True)
class Platform:
    """Opens cases of talent service; ``run`` makes its references its own."""

    client: Client
    task_queue: str
    run: str
    district: str = DISTRICT
    rehearsal: timedelta = timedelta()
    services: ServiceCatalogue = field(default_factory=load_service_catalogue)
    roster: ServiceRoster = field(default_factory=load_service_roster)
    centres: Roster = field(default_factory=load_roster)
    calendar: WorkingCalendar = field(default_factory=load_calendar)

    def talent(
        self, name: str, starts_on: date, letter: TalentClass | None = TalentClass.B
    ) -> StartCycle:
        """A talent recognised on that day."""
        code = f"T-{self.run}-{name}"
        return StartCycle(
            by_date=True,
            **self._common(CaseKind.TALENT_CYCLE, name, starts_on),
            item=self.services.cycle(CycleKind.TALENT, self.district, starts_on),
            posts=self.roster.posts(self.district),
            starts_on=starts_on,
            letter=letter,
            employer_code=EMPLOYER,
            employer_subject=FIRM,
            credential=Credential(kind=CredentialKind.CODE, code=code, issued_on=starts_on),
        )

    def permit(self, name: str, starts_on: date, ends_on: date) -> StartCycle:
        """A residence permit with valid points."""
        return StartCycle(
            by_date=True,
            **self._common(CaseKind.PERMIT_CYCLE, name, starts_on) | {"district": PERMITS},
            item=self.services.cycle(CycleKind.PERMIT, PERMITS, starts_on),
            posts=self.centres.posts_for(PERMITS),
            starts_on=starts_on,
            ends_on=ends_on,
            points=Points.VALID,
        )

    def request(self, name: str, on: date, standing: Standing) -> StartRequest:
        """A request for a place at school, filed online with its materials."""
        rule = self.services.rule("SVC_SCHOOL", self.district, on)
        return StartRequest(
            by_date=True,
            **self._common(CaseKind.REQUEST, name, on),
            item=rule,
            posts=self.roster.posts(self.district),
            mode=Mode.ONLINE,
            need="子女入学",
            standing=standing,
            bodies=self.roster.bodies(self.district, rule, self.services),
            specialists=self.roster.specialists(self.district),
        )

    def rating(self, name: str, on: date, rated: str, grade: Grade) -> StartRating:
        """A named rating of a request."""
        return StartRating(
            by_date=True,
            **self._common(CaseKind.RATING, name, on),
            item=self.services.ratings(self.district, on),
            posts=self.roster.posts(self.district),
            rated=rated,
            rated_item="SVC_SCHOOL",
            rated_item_name="子女入学",
            grade=grade,
            named=True,
        )

    def round(self, quarter: str, on: date) -> StartRound:
        """The round of a quarter."""
        return StartRound(
            by_date=True,
            **self._common(CaseKind.VISITS, quarter, on),
            item=self.services.visits(self.district, on),
            posts=self.roster.posts(self.district),
            quarter=quarter,
        )

    def _common(self, kind: CaseKind, name: str, on: date) -> dict[str, Any]:
        reference = f"{self.run}-{name}"
        district = PERMITS if kind is CaseKind.PERMIT_CYCLE else self.district
        source = GIVEN_SOURCES.get(kind, SOURCE)
        return {
            "case_no": number_of(kind, district, source, reference),
            "district": district,
            "source": source,
            # Rounds are begun by Casework itself.
            "submitted_by": None
            if kind is CaseKind.VISITS
            else Actor(code=SOURCE, role=Role.SYSTEM),
            "reference": reference,
            "content": "bench",
            "calendar": self.calendar.excerpt(on.year - 1, min(on.year + 9, 2060)),
            "office": self.services.office(district),
            "channel": "online",
            "applicant": TALENT,
            "employer": LIAISON,
            "routes": ROUTES,
            "reachable": ROUTES,
            "received_at": datetime(on.year, on.month, on.day, 10, tzinfo=ZONE),
            "rehearsal": self.rehearsal,
            "spread": timedelta(),  # all wake at the start of business
            "in_force": InForce(calendar_version=0),
        }

    async def open(self, start: StartCase) -> Handle:
        """Open the case; it is in the register when this returns. The handle is of any run."""
        number = workflow_id(start.kind, start.case_no)
        operation: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
            KINDS[CaseKind(start.kind)].workflow,
            start,
            id=number,
            task_queue=self.task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            priority=order_of_work(start.kind),
        )
        await self.client.execute_update_with_start_workflow(
            "submit",
            Submit(content=start.content),
            start_workflow_operation=operation,
            result_type=Receipt,
        )
        return self.client.get_workflow_handle(number, result_type=Outcome)

    def actor(self, role: Role, level: Level = Level.DISTRICT) -> Actor:
        """The A角 of a role on the platform."""
        if role is Role.SPECIALIST:
            holder = self.roster.specialists(self.district)[level].holder
        else:
            holder = self.roster.posts(self.district)[role].holder
        return self.roster.people[holder]


def now() -> date:
    """A measurement happens now."""
    return local_date(datetime.now(UTC))  # noqa: TID251 - a measurement happens now
