"""The straight path of an application, driven as the API drives it."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from temporalio.client import Client, WithStartWorkflowOperation, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from casework.domain.case.commands import Command, ReceivedMaterial
from casework.domain.case.facts import Actor
from casework.domain.case.in_force import InForce
from casework.domain.case.opening import Party, Route
from casework.domain.kinds.application.commands import (
    Accept,
    Decision,
    Deliver,
    PreReview,
    PreReviewOutcome,
    ReportUp,
    Review,
    SuperiorDecision,
)
from casework.domain.kinds.application.opening import StartApplication
from casework.domain.policy import DeliveryMethod, MaterialForm, Role
from casework.domain.time.calendar import WorkingCalendar, local_date
from casework.messages.cases import Outcome, Receipt, Submit, application_id, case_number
from casework.policy.calendars import load_calendar
from casework.policy.catalogue import Catalogue, load_catalogue
from casework.policy.roster import load_roster

DISTRICT = "310106"
FILES = (
    "identity_document",
    "application_form",
    "residence_permit",
    "labour_contract",
    "sealed_copies",
)
POSTS = load_roster().posts_for(DISTRICT)


def _actor(role: Role) -> Actor:
    return Actor(code=POSTS[role].holder, role=role, district=DISTRICT)


STEPS: tuple[tuple[str, Command], ...] = (
    ("pre_review", PreReview(actor=_actor(Role.OFFICER), outcome=PreReviewOutcome.PASSED)),
    ("accept", Accept(actor=_actor(Role.OFFICER))),
    ("review", Review(actor=_actor(Role.REVIEWER))),
    ("report_up", ReportUp(actor=_actor(Role.OFFICER))),
    (
        "superior_decision",
        SuperiorDecision(actor=_actor(Role.SUPERIOR), outcome=Decision.APPROVED),
    ),
    ("deliver", Deliver(actor=_actor(Role.OFFICER), method=DeliveryMethod.SELF_PRINT)),
)
"""From pre-review to archive; with the submission, seven human actions."""

HUMAN_ACTIONS = 1 + len(STEPS)


@dataclass(frozen=True)
class Office:
    """Opens cases and works on them."""

    client: Client
    task_queue: str
    run: str  # makes the references of this measurement its own
    told: bool = field(default=True, kw_only=True)  # whether the applicant gets letters
    catalogue: Catalogue = field(default_factory=load_catalogue)
    calendar: WorkingCalendar = field(default_factory=load_calendar)

    def opening(self, number: int) -> StartApplication:
        """A points application with all its files."""
        today = local_date(datetime.now(UTC))  # noqa: TID251 - a measurement happens now
        reference = f"{self.run}-{number}"
        return StartApplication(
            case_no=case_number(DISTRICT, "bench", reference),
            district=DISTRICT,
            source="bench",
            reference=reference,
            content="bench",
            subject=f"bench-{reference}",
            item=self.catalogue.resolve("PTS_NEW", DISTRICT, today),
            calendar=self.calendar.excerpt(today.year - 1, today.year + 2),
            office="静安区人才服务中心",
            channel="online",
            claims={
                "application_form_filed": True,
                "self_score": 130,
                "employer_reviewed": True,
                "permit_expires_on": date(today.year + 1, 12, 1).isoformat(),
            },
            posts=POSTS,
            materials=tuple(ReceivedMaterial(code=c, form=MaterialForm.ELECTRONIC) for c in FILES),
            applicant=Party(name="张三", email=f"a{number}@example.org"),
            routes=(Route(recipient="applicant", channel="mail"),) if self.told else (),
            in_force=InForce(calendar_version=0),
            by_date=True,
        )

    async def submit(self, number: int) -> WorkflowHandle[object, Outcome]:
        """Open a case; it is in the register when this returns."""
        start = self.opening(number)
        operation: WithStartWorkflowOperation[object, Outcome] = WithStartWorkflowOperation(
            "Application",
            start,
            id=application_id(start.case_no),
            task_queue=self.task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            result_type=Outcome,
        )
        await self.client.execute_update_with_start_workflow(
            "submit",
            Submit(content=start.content),
            start_workflow_operation=operation,
            result_type=Receipt,
        )
        return await operation.workflow_handle()

    async def see_through(self, number: int) -> WorkflowHandle[object, Outcome]:
        """One case from submission to archive."""
        handle = await self.submit(number)
        for verb, command in STEPS:
            await handle.execute_update(verb, command, result_type=Receipt)
        await handle.result()
        return handle
