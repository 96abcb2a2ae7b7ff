"""Officers, as bodies name them: by their codes in the rosters."""

from typing import Annotated

from pydantic import Field

from api.parts import Parts
from api.problems import invalid
from casework.domain.commands import STAFF
from casework.domain.facts import Actor
from casework.domain.policy import Role

_OFFICERS = STAFF | {Role.SPECIALIST, Role.LIAISON}

OfficerCode = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


def officer_of(code: str, here: Parts, field: str) -> Actor:
    """The officer with that code.

    Raises:
        ProblemError: ``OFFICER_UNKNOWN``, the rosters do not know the code; at ``field``.
    """
    people = here.desk.centres.people | here.desk.platforms.people
    if code not in people or people[code].role not in _OFFICERS:
        raise invalid(field, "岗位表中没有此人员编号", "OFFICER_UNKNOWN")
    return people[code]
