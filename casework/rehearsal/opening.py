"""From an application that a scenario gives to its start, made by the code that opens real ones."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from casework.domain.case.commands import ReceivedMaterial
from casework.domain.case.facts import Actor
from casework.domain.kinds.application import checklist
from casework.domain.kinds.application.opening import StartApplication
from casework.domain.policy import MaterialForm, MaterialRule, ServiceItem
from casework.domain.time.calendar import WorkingCalendar, local_date
from casework.filing.bodies import Applicant, Submission
from casework.filing.desk import Desk
from casework.messages.cases import InForceQuestion
from casework.rehearsal.engine import Engine
from casework.rehearsal.given import AllBut, Given
from casework.rehearsal.people import applicant_of
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
        return replace(start, posts={**start.posts, **self.given.posts}, rehearsal=engine.shift)


def submitted_by(given: Given) -> Applicant:
    """Who applies; raises ValidationError if nobody could be told so."""
    return Applicant(**applicant_of(given).model_dump())


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
        applicant=submitted_by(given),
    )
    backend = registry.roster.people[BACKEND]
    desk = registry.desk(key or reference)
    return Arrival(given=given, submission=submission, desk=desk, backend=backend)


def _materials(
    given: Given, item: ServiceItem, calendar: WorkingCalendar
) -> tuple[ReceivedMaterial, ...]:
    codes: tuple[str, ...]
    if isinstance(given.materials, AllBut):
        on = local_date(given.received_at)
        needed = checklist.missing(
            item, given.claims, given.materials.all_but, on, calendar, forms=checklist.AT_HAND
        )
        codes = tuple(rule.code for rule in needed)
    else:
        codes = given.materials
    forms = forms_of(item.materials)
    return tuple(
        ReceivedMaterial(code=code, form=forms.get(code, MaterialForm.ELECTRONIC)) for code in codes
    )


def forms_of(materials: Iterable[MaterialRule]) -> dict[str, MaterialForm]:
    """The form in which each material of a checklist is handed in."""
    return {rule.code: rule.form for rule in materials}
