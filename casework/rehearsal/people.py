"""Made-up people whom a scenario calls by a name: the same name is the same person."""

import hashlib
from datetime import date, timedelta

from stdnum.cn import ric

from casework.rehearsal.given import FormGiven, Given, PermitGiven, Person, TalentGiven

_FIRST_BIRTHDAY = date(1960, 1, 1)
_BIRTHDAYS = 14_000  # the last is of 1998
_NUMBERS = 999
_REGION = "310101"


def applicant_of(given: Given | TalentGiven | PermitGiven | FormGiven) -> Person:
    """Whom the case is about."""
    if given.person:
        return person_called(given.person)
    match given:
        case Given() | FormGiven():
            return given.applicant
        case TalentGiven():
            return given.talent
        case PermitGiven():
            return given.holder


def person_called(name: str) -> Person:
    """Return a made-up person: the number is valid, the address leads nowhere."""
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8])
    day, number = divmod(seed % (_BIRTHDAYS * _NUMBERS), _NUMBERS)
    born_on = _FIRST_BIRTHDAY + timedelta(days=day)
    digits = f"{_REGION}{born_on:%Y%m%d}{number + 1:03}"
    return Person(
        name=f"申请人{name}",
        id_number=digits + ric.calc_check_digit(digits + "0"),
        email=f"person-{seed % 16**6:06x}@mail.example.com",
    )
