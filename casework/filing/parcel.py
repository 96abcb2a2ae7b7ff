"""From a parcel that an officer has matched to what is asked of a case: as of a person of a mail.

Paper has no file, so that no digest stands with it; all else goes the way of mails.
"""

from datetime import datetime

from casework.domain.authority.matrix import POST
from casework.domain.case.facts import Actor
from casework.domain.kinds.application.commands import POST_ROOM
from casework.domain.kinds.incoming_mail.state import MailFile, MailPerson
from casework.domain.kinds.parcel.state import Parcel
from casework.domain.policy import Channel, Role
from casework.domain.time.calendar import local_date, opening
from casework.filing.mail import Way


def way_of(parcel: Parcel) -> Way:
    """In whose name the papers go to a case, and on which day they came."""
    return Way(
        opener=Actor(code=POST, role=Role.SYSTEM),
        papers=Actor(code=POST_ROOM, role=Role.SYSTEM),
        channel=Channel.POST,
        arrived_on=parcel.arrived_on,
    )


def person_of(parcel: Parcel) -> MailPerson:
    """For whom the parcel asks, by its last match; each match has its own number."""
    matched = parcel.matched
    return MailPerson(
        number=parcel.tries,
        name=matched.name,
        item=matched.item,
        unit=matched.unit,
        credit_code=matched.credit_code,
        id_number=matched.id_number,
        email=matched.email,
        phone=matched.phone,
        into=matched.into,
        files=tuple(
            MailFile(number=number, name=code, sha256="", material=code)
            for number, code in enumerate(dict.fromkeys(matched.materials), start=1)
        ),
    )


def came_at(parcel: Parcel) -> datetime:
    """When the parcel came: its registration, or the start of business on an earlier day."""
    if parcel.arrived_on >= local_date(parcel.received_at):
        return parcel.received_at
    return opening(parcel.arrived_on, "09:00")
