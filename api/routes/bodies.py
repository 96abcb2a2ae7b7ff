"""The body of each verb, made from its command."""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, get_type_hints

from pydantic import create_model

from api.routes.examples import EXAMPLES
from api.routes.talent_service.examples import SERVICE_EXAMPLES
from casework.domain.bounds import Kind
from casework.domain.case.commands import APPLICATION_VERBS, Command
from casework.domain.case.facts import Actor
from casework.filing.body import Body

KEY = r"^[A-Za-z0-9._~-]{1,100}$"


class VerbBody(Body):
    """The body of a verb."""

    left_to_the_case = frozenset({Kind.BLANK})


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
        if member.name != "actor"
    }
    model = create_model(
        f"{command.__name__}Body",
        __base__=VerbBody,
        __doc__=command.__doc__ if command.__doc__ != Command.__doc__ else command.label,
        **members,
    )
    model.model_config["json_schema_extra"] = {"examples": [(EXAMPLES | SERVICE_EXAMPLES)[command]]}
    model.model_rebuild(force=True)
    return model


def command_of(
    verb: str, body: Body, actor: Actor, verbs: Mapping[str, type[Command]] = APPLICATION_VERBS
) -> Command:
    """The command that a body stands for, given by this actor."""
    given = {name: getattr(body, name) for name in type(body).model_fields}
    return verbs[verb](actor=actor, **given)
