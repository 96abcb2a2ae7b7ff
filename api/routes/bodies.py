"""The body of each verb, made from its command; and one body that has more than its command."""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, get_type_hints

from pydantic import ConfigDict, create_model

from api.routes.examples import EXAMPLES, SERVICE_EXAMPLES
from casework.domain.bounds import ExcessKind
from casework.domain.case.commands import BESIDE_THE_BODY, Command
from casework.domain.case.facts import Actor
from casework.domain.case.opening import credit_code, require_reachable
from casework.domain.kinds.application.commands import APPLICATION_VERBS
from casework.domain.kinds.cycle.commands import ChangeEmployer
from casework.domain.kinds.registry import KINDS
from casework.domain.time.dates import Day
from casework.filing.bodies import Body, Contact, Number
from casework.messages.cases import EmployerChange
from casework.security.pseudonyms import Pseudonyms


class VerbBody(Body):
    """The body of a verb."""

    left_to_the_case = frozenset({ExcessKind.BLANK})


def body_of(verb: str, verbs: Mapping[str, type[Command]] = APPLICATION_VERBS) -> type[Body]:
    """The body of a verb: the fields of its command without the actor, who is the caller."""
    command = verbs[verb]
    if command not in _BODIES:
        _BODIES[command] = _body(command)
    return _BODIES[command]


_BODIES: dict[type[Command], type[Body]] = {}  # verbs of several kinds have one body


def _body(command: type[Command]) -> type[Body]:
    hints = get_type_hints(command, include_extras=True)
    members: dict[str, Any] = {
        member.name: (
            hints[member.name],
            ... if member.default is MISSING else member.default,
        )
        for member in fields(command)
        if member.name not in BESIDE_THE_BODY
    }
    model = create_model(
        f"{command.__name__}Body",
        __base__=VerbBody,
        __doc__=command.__doc__ if command.__doc__ != Command.__doc__ else command.label,
        **members,
    )
    model.model_config["json_schema_extra"] = {"examples": [_example(command)]}
    model.model_rebuild(force=True)
    return model


def _example(command: type[Command]) -> dict[str, Any]:
    """Return the example of a verb, as its kind has it."""
    of_kinds = (kind.examples for kind in KINDS.values())
    known = (each[command] for each in (EXAMPLES, SERVICE_EXAMPLES, *of_kinds) if command in each)
    return dict(next(known))


def command_of(
    verb: str, body: Body, actor: Actor, verbs: Mapping[str, type[Command]] = APPLICATION_VERBS
) -> Command:
    """Return the command of a body, with this actor."""
    given = {name: getattr(body, name) for name in type(body).model_fields}
    return verbs[verb](actor=actor, **given)


class EmployerChangeBody(Body):
    """The credit code of the new employer, and its liaison, who is notified from now on."""

    model_config = ConfigDict(json_schema_extra={"examples": [SERVICE_EXAMPLES[ChangeEmployer]]})

    employer: Number
    changed_on: Day
    party: Contact | None = None

    def command(self, actor: Actor, pseudonyms: Pseudonyms) -> EmployerChange:
        """What this asks for.

        Raises:
            DomainError: the credit code is wrong, or the liaison cannot be reached.
        """
        code = credit_code(self.employer, "employer")
        liaison = self.party.party(code) if self.party else None
        if liaison:
            require_reachable(liaison, "party")
        return EmployerChange(
            actor=actor,
            employer=code,
            changed_on=self.changed_on,
            party=liaison,
            subject=pseudonyms.of(code),
        )
