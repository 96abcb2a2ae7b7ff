"""The kinds of cases as addresses name them."""

from collections.abc import Mapping

from api.edge.problems import AwayError
from api.parts import Parts
from api.routes.checks import no_case
from casework.domain.case.commands import Command
from casework.domain.kinds.registry import KINDS, CaseKind, workflow_id
from casework.store.queries import kind_of

SYSTEMS_ONLY = frozenset({"note_standing"})
"""Verbs that come from a workflow, never from a caller."""


def verbs_at(path: str) -> Mapping[str, type[Command]]:
    """The verbs under ``/v1/<path>/<case no>/``, by their names in Temporal."""
    kind = kinds_at(path)[0]
    return {verb: each for verb, each in KINDS[kind].verbs.items() if verb not in SYSTEMS_ONLY}


def kinds_at(path: str) -> tuple[CaseKind, ...]:
    """The kinds whose cases are addressed so."""
    return tuple(kind for kind, each in KINDS.items() if each.path == path)


async def kind_at(path: str, case_no: str, here: Parts) -> CaseKind:
    """Which of the kinds at an address a case is: by the register, else by Temporal.

    Raises:
        ProblemError: 404, no case of such a kind.
        AwayError: neither knows, and one of them does not answer.
    """
    kinds = kinds_at(path)
    if len(kinds) == 1:
        return kinds[0]
    away: AwayError | None = None
    try:
        async with here.register.reading() as session:
            found = await kind_of(session, case_no)
        if found in kinds:
            return CaseKind(found)
    except AwayError as error:
        away = error
    for kind in kinds:  # just opened, and not in the register yet
        if await here.engine.knows(workflow_id(kind, case_no)):
            return kind
    raise away or no_case()
