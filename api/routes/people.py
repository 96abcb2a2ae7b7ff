"""Persons and firms as bodies name them, as the register keeps them, and how they are told."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Protocol

from pydantic import StringConstraints

from api.edge.problems import invalid
from api.routes.bodies import Body, ShortText
from casework.messages.cases import Party, Route

Email = Annotated[
    str, StringConstraints(pattern=r"^[^@\s<>,;]{1,64}@[^@\s<>,;]+\.[^@\s<>,;]+$", max_length=254)
]
Phone = Annotated[str, StringConstraints(pattern=r"^\+?[0-9][0-9 -]{4,19}$")]
Number = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]


class Contact(Body):
    """Somebody who can be told something."""

    name: ShortText
    email: Email | None = None
    phone: Phone | None = None


class Person(Contact):
    """A person. Kept in the register only; notices go by e-mail, else by SMS."""

    id_number: Number


class Firm(Contact):
    """A firm, by its liaison."""

    credit_code: Number | None = None


class _Named(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def email(self) -> str | None: ...
    @property
    def phone(self) -> str | None: ...


def party(who: _Named, number: str = "") -> Party:
    """What the register keeps; ``number`` in the form by which it is compared."""
    return Party(name=who.name, id_number=number, email=who.email or "", phone=who.phone or "")


def require_reachable(who: _Named, field: str) -> None:
    """Refuse somebody who is to be told, and cannot be."""
    if not (who.email or who.phone):
        raise invalid(f"{field}.email", "请至少提供电子邮箱或手机号码之一，用于送达通知")


def routes(parties: Mapping[str, Party | None]) -> tuple[Route, ...]:
    """How notices go to each recipient: by e-mail, else by SMS."""
    first: dict[str, Route] = {}
    for route in _ways(parties):
        first.setdefault(route.recipient, route)
    return tuple(first.values())


def reachable(parties: Mapping[str, Party | None]) -> tuple[Route, ...]:
    """Every way by which each recipient can be told."""
    return tuple(_ways(parties))


def _ways(parties: Mapping[str, Party | None]) -> Iterator[Route]:
    for recipient, who in parties.items():
        if who and who.email:
            yield Route(recipient=recipient, channel="mail")
        if who and who.phone:
            yield Route(recipient=recipient, channel="sms")
