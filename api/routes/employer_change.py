"""Another employer: the one verb whose body says more than its command, how the firm is reached."""

from pydantic import ConfigDict

from api.routes.talent_service.examples import SERVICE_EXAMPLES
from casework.domain.case.facts import Actor
from casework.domain.case.opening import credit_code, require_reachable
from casework.domain.kinds.cycle.commands import ChangeEmployer
from casework.domain.time.dates import Day
from casework.filing.bodies import Contact, Number
from casework.filing.body import Body
from casework.messages.cases import EmployerChange
from casework.security.pseudonyms import Pseudonyms


class EmployerChangeBody(Body):
    """The credit code of the new employer, and its liaison, who is notified from now on."""

    model_config = ConfigDict(json_schema_extra={"examples": [SERVICE_EXAMPLES[ChangeEmployer]]})

    employer: Number
    changed_on: Day
    party: Contact | None = None

    def command(self, actor: Actor, pseudonyms: Pseudonyms) -> EmployerChange:
        """What this asks for.

        Raises:
            DomainError: the credit code is wrong, or the liaison cannot be reached.
        """
        code = credit_code(self.employer, "employer")
        liaison = self.party.party(code) if self.party else None
        if liaison:
            require_reachable(liaison, "party")
        return EmployerChange(
            actor=actor,
            employer=code,
            changed_on=self.changed_on,
            party=liaison,
            subject=pseudonyms.of(code),
        )
