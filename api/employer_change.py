"""Another employer: the one verb whose body says more than its command, how the firm is reached."""

from pydantic import ConfigDict

from api.bodies import Body
from api.numbers import credit_code
from api.people import Contact, Number, party, require_reachable
from api.service_examples import SERVICE_EXAMPLES
from casework.domain.cycle.commands import ChangeEmployer
from casework.domain.dates import Day
from casework.domain.facts import Actor
from casework.messages import EmployerChange
from casework.pseudonyms import Pseudonyms


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
