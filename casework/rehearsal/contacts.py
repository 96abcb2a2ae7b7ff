"""What a scenario calls an outreach, and which one it is in the register."""

from collections.abc import Mapping

from casework.domain.case.state import Case
from casework.domain.kinds.application.state import Contact


def contact(name: str, state: Case, outreaches: Mapping[str, str]) -> Contact | None:
    """How far the person has been told; None if the case is not on the list.

    ``outreaches``: the ids by what the scenario calls the measure or suspension that they are
    about; any other ``name`` is an id.
    """
    wanted = outreaches.get(name, name)
    contacts: tuple[Contact, ...] = getattr(state, "contacts", ())
    return next((each for each in contacts if each.outreach == wanted), None)
