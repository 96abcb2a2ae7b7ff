"""Where officers are reached: what a roster may say, and that no fault repeats an address."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from casework.policy.catalogue import load_catalogue
from casework.policy.officer_contacts import Alerts, read_contacts
from casework.policy.roster import RosterError, load_roster, read_roster
from casework.policy.service_catalogue import ServiceCatalogue, load_service_catalogue
from casework.policy.service_roster import load_service_roster, read_service_roster
from tests.service_catalogue.conftest import copy, edit

__all__ = ["copy"]

SECRETS = ("qzxletter", "19900420799")


@pytest.mark.parametrize(
    ("fields", "alerts", "address"),
    [
        ({"mail": "a@office.example"}, Alerts.MAIL, "a@office.example"),
        ({"sms": "19900000001"}, Alerts.SMS, "19900000001"),
        ({"mail": "a@office.example", "sms": "19900000001"}, Alerts.MAIL, "a@office.example"),
        (
            {"mail": "a@office.example", "sms": "19900000001", "alerts": "sms"},
            Alerts.SMS,
            "19900000001",
        ),
        ({"mail": "a@office.example", "alerts": "off"}, Alerts.OFF, ""),
        ({"alerts": False}, Alerts.OFF, ""),  # a bare `off` in YAML
    ],
)
def test_an_officer_is_told_by_the_channel_that_is_written(
    fields: dict[str, Any], alerts: Alerts, address: str
) -> None:
    contacts, faults = read_contacts({"o1": fields})
    assert not faults
    assert address or alerts is Alerts.OFF
    assert (contacts["o1"].alerts, contacts["o1"].address) == (alerts, address)
    assert not any(fields.get(name, "nowhere") in repr(contacts) for name in ("mail", "sms"))


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"mail": "qzxletter"}, "contacts.o1.mail"),
        ({"mail": "qzxletter@x.example\nBcc: y@x.example"}, "contacts.o1.mail"),
        ({"sms": 19900420799}, "contacts.o1.sms"),
        ({"sms": "19900420799x"}, "contacts.o1.sms"),
        ({"mail": "qzxletter@x.example", "alerts": "pigeon"}, "contacts.o1.alerts"),
        ({"mail": "qzxletter@x.example", "alerts": "sms"}, "contacts.o1.alerts"),
        ({"mail": "qzxletter@x.example", "fax": "19900420799"}, "contacts.o1.fax"),
        ({}, "contacts.o1"),
        ("qzxletter@x.example", "contacts.o1"),
    ],
)
def test_a_fault_says_where_and_never_what(
    fields: Any, place: str, tmp_path: Path, copy: Path
) -> None:
    contacts, faults = read_contacts({"o1": fields})
    assert not contacts
    assert [str(fault).split(": ")[0] for fault in faults] == [place]
    for error in (_centre(tmp_path, fields), _platforms(copy, fields)):
        assert place in error
        assert not any(secret in error for secret in SECRETS)


def test_a_file_that_cannot_be_read_is_not_repeated(tmp_path: Path) -> None:
    file = tmp_path / "roster.yaml"
    file.write_text("contacts:\n  o1: {mail: qzxletter@x.example\nsuperior: {holder: u}\n")
    with pytest.raises(RosterError, match=r"roster.yaml:\d") as error:
        read_roster(file)
    assert "qzxletter" not in str(error.value)
    file.write_text("contacts: {o1: {mail: qzxletter@x.example}}\n")
    with pytest.raises(RosterError, match="districts") as error:
        read_roster(file)
    assert "qzxletter" not in str(error.value)


def test_everybody_of_the_samples_can_be_told_or_is_switched_off() -> None:
    centres, platforms = load_roster(), load_service_roster()
    staff = {code for code, who in centres.people.items() if who.role != "system"}
    assert set(centres.contacts) == staff
    assert set(platforms.contacts) == set(platforms.people)
    assert {each.alerts for each in centres.contacts.values()} == set(Alerts)
    assert load_catalogue().districts().keys() == centres.districts()


def _centre(folder: Path, fields: Any) -> str:
    posts = {role: {"holder": role} for role in ("officer", "reviewer", "head", "supervisor")}
    content = {"districts": {"1": posts}, "superior": {"holder": "u"}, "contacts": {"o1": fields}}
    file = folder / "roster.yaml"
    file.write_text(yaml.safe_dump(content))
    with pytest.raises(RosterError) as error:
        read_roster(file)
    return str(error.value)


def _platforms(copy: Path, fields: Any) -> str:
    services: ServiceCatalogue = load_service_catalogue()
    edit(copy, "rosters/service.yaml", "contacts:\n", f"contacts:\n  o1: {_flow(fields)}\n")
    with pytest.raises(RosterError) as error:
        read_service_roster(copy, services)
    return str(error.value)


def _flow(content: Any) -> str:
    return yaml.safe_dump(content, default_flow_style=True).removesuffix("...\n").strip()
