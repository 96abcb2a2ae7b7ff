"""Another employer: the one verb whose body says more than its command, how the firm is reached."""

from pydantic import ConfigDict

from api.routes.bodies import Body
from api.routes.numbers import credit_code
from api.routes.people import Contact, Number, party, require_reachable
from api.routes.talent_service.examples import SERVICE_EXAMPLES
from casework.domain.case.facts import Actor
from casework.domain.kinds.cycle.commands import ChangeEmployer
from casework.domain.time.dates import Day
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
            ProblemError: the credit code is wrong, or the liaison cannot be reached.
        """
        code = credit_code(self.employer, "employer")
        if self.party:
            require_reachable(self.party, "party")
        return EmployerChange(
            actor=actor,
            employer=code,
            changed_on=self.changed_on,
            party=party(self.party, code) if self.party else None,
            subject=pseudonyms.of(code),
        )
