"""Officers, as bodies name them: by their codes in the rosters."""

from typing import Annotated

from pydantic import Field

from api.edge.problems import invalid
from api.parts import Parts
from casework.domain.case.commands import STAFF
from casework.domain.case.facts import Actor
from casework.domain.policy import Role
from casework.domain.time.calendar import local_date
from casework.store.register.absences import absent_officers

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


async def ensure_there(code: str, here: Parts) -> None:
    """Refuse to give work to an officer who is absent today.

    Raises:
        ProblemError: ``OFFICER_ABSENT``, at ``to``.
    """
    async with here.register.reading() as session:
        absent = await absent_officers(session, local_date(here.now()))
    if code in absent:
        raise invalid("to", "接办人员今日缺岗", "OFFICER_ABSENT")
