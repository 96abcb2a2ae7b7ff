"""The Parcel workflow: papers that came by post, until a case has them or they went back."""

from temporalio import workflow

from activities.mails import MailActivities, OpenFromMail
from casework.domain.case.events import Event
from casework.domain.case.facts import CLOCKWORK
from casework.domain.case.letters import Effect, EffectKind
from casework.domain.kinds.parcel.commands import PARCEL_VERBS
from casework.domain.kinds.parcel.opening import StartParcel
from casework.domain.kinds.parcel.procedure import tried
from casework.domain.kinds.parcel.state import Parcel
from casework.domain.kinds.registry import KINDS, CaseKind
from casework.filing.parcel import came_at, person_of, way_of
from casework.messages.cases import Outcome
from casework.messages.temporal import ORDINARY
from workflows.case import CaseWorkflow
from workflows.options import outside
from workflows.verbs import with_verbs


@workflow.defn(name="Parcel")
@with_verbs(KINDS[CaseKind.PARCEL])
class ParcelWorkflow(CaseWorkflow[Parcel]):
    """One parcel."""

    verbs = PARCEL_VERBS
    _start: StartParcel

    @workflow.init
    def __init__(self, start: StartParcel) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: StartParcel) -> Outcome:
        """See the parcel through."""
        del start
        return await self._see_through()

    async def _fulfil(self, effect: Effect, event: Event) -> None:
        if effect.kind is not EffectKind.OPEN_CASE:
            await super()._fulfil(effect, event)
            return
        case = self.case
        asked = OpenFromMail(
            mail_no=case.case_no,
            district=case.district,
            received_at=came_at(case),
            person=person_of(case),
            way=way_of(case),
            rehearsal=self._start.rehearsal,
        )
        opened = await workflow.execute_activity_method(
            MailActivities.open, asked, **outside("来件材料归件", ORDINARY)
        )
        number = int(effect.fields["number"])
        body = tried(self.case, number, opened.case_no, opened.code, opened.reason)
        if body is not None:
            self._apply(body, CLOCKWORK)
            await self._settle()
