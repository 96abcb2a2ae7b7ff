"""The IncomingMail workflow: a mail that brings cases, until each person has one."""

from temporalio import workflow

from activities.mails import MailActivities, OpenFromMail
from casework.domain.case.events import Event
from casework.domain.case.facts import CLOCKWORK
from casework.domain.case.letters import Effect, EffectKind
from casework.domain.kinds.incoming_mail.commands import MAIL_VERBS
from casework.domain.kinds.incoming_mail.opening import StartIncomingMail
from casework.domain.kinds.incoming_mail.procedure import original_of, tried
from casework.domain.kinds.incoming_mail.state import IncomingMail
from casework.domain.kinds.registry import KINDS, CaseKind
from casework.messages.cases import Outcome
from casework.messages.temporal import ORDINARY
from workflows.case import CaseWorkflow
from workflows.options import outside
from workflows.verbs import with_verbs


@workflow.defn(name="IncomingMail")
@with_verbs(KINDS[CaseKind.INCOMING_MAIL])
class IncomingMailWorkflow(CaseWorkflow[IncomingMail]):
    """One mail."""

    verbs = MAIL_VERBS
    _start: StartIncomingMail

    @workflow.init
    def __init__(self, start: StartIncomingMail) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: StartIncomingMail) -> Outcome:
        """See the mail through."""
        del start
        return await self._see_through()

    async def _fulfil(self, effect: Effect, event: Event) -> None:
        if effect.kind is not EffectKind.OPEN_CASE:
            await super()._fulfil(effect, event)
            return
        number = int(effect.fields["number"])
        opened = await workflow.execute_activity_method(
            MailActivities.open,
            self._asked(number, effect.fields["mailbox"]),
            **outside("由来件立件", ORDINARY),
        )
        body = tried(self.case, number, opened.case_no, opened.code, opened.reason)
        if body is not None:
            self._apply(body, CLOCKWORK)
            await self._settle()

    def _asked(self, number: int, mailbox: str) -> OpenFromMail:
        case = self.case
        person = next((each for each in case.persons if each.number == number), None)
        return OpenFromMail(
            mail_no=case.case_no,
            district=case.district,
            received_at=case.received_at,
            person=person,
            to_district=case.to_district,
            mailbox=mailbox,
            raw=original_of(case),
            rehearsal=self._start.rehearsal,
        )
