"""How officers are told of cards: the ``contacts`` of a roster file, by officer code.

Addresses are for whoever sends a message and for nobody else: they show in no representation and
in no fault of a file, and cross no Temporal boundary.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from casework.domain.addresses import mail_fault

Place = tuple[str, ...]


class Alerts(StrEnum):
    """By which channel an officer is told."""

    MAIL = "mail"
    SMS = "sms"
    OFF = "off"


@dataclass(frozen=True, kw_only=True)
class OfficerContact:
    """Where one officer is reached; ``alerts`` other than ``off`` has its address."""

    alerts: Alerts
    mail: str = field(default="", repr=False)
    sms: str = field(default="", repr=False)

    @property
    def address(self) -> str:
        """The address of the channel in force; empty when the officer is not told."""
        return {Alerts.MAIL: self.mail, Alerts.SMS: self.sms, Alerts.OFF: ""}[self.alerts]


@dataclass(frozen=True, kw_only=True)
class ContactFault:
    """What is wrong with a contact, and what is right; never the address itself."""

    place: Place
    problem: str
    right: str

    def __str__(self) -> str:
        """One line for an engineer."""
        return f"{'.'.join(self.place)}: {self.problem}; {self.right}"


_PHONE = re.compile(r"\+?[0-9]{5,15}")
_RIGHT = {
    "mail": "write one e-mail address",
    "sms": "write one phone number in quotes, digits only",
}


def read_contacts(written: object) -> tuple[dict[str, OfficerContact], list[ContactFault]]:
    """The contacts of a roster file, and all faults in them.

    ``written``: the value of the field ``contacts``, straight from YAML. Without ``alerts`` an
    officer is told by mail if there is an address, else by SMS. A contact of somebody who holds no
    post is no fault: it waits for them.
    """
    if not isinstance(written, Mapping):
        return {}, [
            _fault((), "no mapping", "write one `code: {mail: …, sms: …, alerts: …}` a line")
        ]
    contacts: dict[str, OfficerContact] = {}
    faults: list[ContactFault] = []
    for code, fields in written.items():
        found = list(_faults(str(code), fields))
        faults += found
        if not found:
            contacts[str(code)] = _contact(fields)
    return contacts, faults


def _contact(fields: Mapping[str, str]) -> OfficerContact:
    by_default = Alerts.MAIL if "mail" in fields else Alerts.SMS
    alerts = Alerts(_word(fields["alerts"])) if "alerts" in fields else by_default
    return OfficerContact(alerts=alerts, mail=fields.get("mail", ""), sms=fields.get("sms", ""))


def _faults(code: str, fields: object) -> Iterator[ContactFault]:
    if not isinstance(fields, Mapping):
        yield _fault((code,), "no mapping", "write {mail: …, sms: …, alerts: …}")
        return
    for name, value in fields.items():
        if problem := _problem(name, value):
            yield _fault((code, str(name)), *problem)
    yield from _unreachable(code, fields)


def _problem(name: object, value: object) -> tuple[str, str] | None:
    match name:
        case "mail" | "sms":
            fits = isinstance(value, str) and (
                not mail_fault(value) if name == "mail" else _PHONE.fullmatch(value)
            )
            return None if fits else ("has the wrong form", _RIGHT[str(name)])
        case "alerts":
            known = _word(value) in set(Alerts)
            return None if known else ("is not known here", f"one of {', '.join(Alerts)}")
        case _:
            return "unknown field", "one of mail, sms, alerts"


def _unreachable(code: str, fields: Mapping[Any, Any]) -> Iterator[ContactFault]:
    alerts = _word(fields.get("alerts", ""))
    if alerts in {Alerts.MAIL, Alerts.SMS} and alerts not in fields:
        yield _fault((code, "alerts"), f"there is no {alerts}", "write it, or `alerts: off`")
    if not alerts and not {"mail", "sms"} & set(fields):
        yield _fault((code,), "no address", "write mail or sms, or `alerts: off`")


def _word(value: object) -> str:
    # YAML 1.1 reads a bare `off` as false.
    return "off" if value is False else str(value)


def _fault(place: Place, problem: str, right: str) -> ContactFault:
    return ContactFault(place=("contacts", *place), problem=problem, right=right)
