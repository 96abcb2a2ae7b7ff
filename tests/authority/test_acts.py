"""What a page offers to do: whatever a case takes is offered, and what is not says why."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import pytest

from casework.domain.authority import acts_of, concern_of
from casework.domain.case.commands import Command
from casework.domain.case.kind import kind_of_case
from casework.domain.case.procedure import come_up_to
from casework.policy.authority import load_authority
from casework.rehearsal import RehearsalRoom
from casework.rehearsal.engine import PlayedCase
from casework.rehearsal.pure.engine import PureEngine
from casework.rehearsal.registry import Registry
from casework.trial.case import RefusalError
from tests.examples import is_night
from tests.rehearsal.shapes import SCENARIOS

SHARE = 1 if is_night() else 7
OF_AUTHORITY = frozenset({"NOT_ASSIGNED", "NOT_YOUR_CASE", "OTHER_DISTRICT", "ROLE_NOT_ALLOWED"})
"""A scenario says what the authority of an office may not allow: its people are not bound to it."""
OF_THE_STATE = frozenset(
    {
        *("WRONG_STAGE", "CASE_CLOSED", "NOT_STOPPED", "ALREADY_STOPPED", "NOTHING_OFFERED"),
        *("NOTHING_CONSENTED", "NOTHING_REQUESTED", "GREEN_NOT_OPEN", "NOT_PROPOSED"),
        *("ALREADY_PROPOSED", "NOTHING_TO_TAKE_BACK", "CLOCK_NOT_RUNNING", "ALREADY_EXTENDED"),
        *("NO_BREACH", "ALREADY_CALLED", "ARCHIVE_HERE", "DECIDED_HERE", "DECIDED_ABOVE"),
        *("RESULT_HELD", "NO_OBJECTION", "ALREADY_DECIDED"),
        *("PROCESSING_STOPPED", "CARD_NOT_OPEN"),
    }
)


TRIED: Counter[str] = Counter()


class Offering(PureEngine):
    """Looks before each act at what the case offers, and compares it with what becomes of it."""

    async def do(self, case: PlayedCase, verb: str, command: Command) -> RefusalError | None:
        played = self._cases[case.case_no]
        kind = kind_of_case(played.case)
        facts = played.facts(command.actor)
        before = come_up_to(played.case, facts)
        refused = await super().do(case, verb, command)
        if verb in kind.unsaid:
            return refused
        offered = acts_of(
            load_authority(), concern_of(before), before, facts, tuple(before.open_tasks)
        )
        acts = {}
        for act in offered:
            acts[act.verb] = act.refused
            assert act.roles
            assert act.refused is None or act.refused.message
        greyed = acts.get(verb)
        late = kind.late is not None and isinstance(command, kind.late.brings)
        about = (case.case_no, verb, before.stage, command.actor, refused, greyed)
        if refused is None:
            assert greyed is None or greyed.code in OF_AUTHORITY or late, about
        elif (
            refused.code in OF_THE_STATE and not late
        ):  # papers that come late are noted all the same
            assert greyed is not None, about
        TRIED[refused.code if refused else "taken"] += 1
        return refused


@pytest.fixture(scope="module")
def room() -> RehearsalRoom:
    registry = Registry.load()

    @asynccontextmanager
    async def opened(begins_at: datetime) -> AsyncIterator[PureEngine]:
        yield Offering(registry, begins_at)

    return RehearsalRoom(registry=registry, engine=opened)


async def test_whatever_a_case_takes_is_offered(room: RehearsalRoom) -> None:
    for path in SCENARIOS[::SHARE]:
        assert (await room.rehearse(path)).met
    assert TRIED["taken"] > 50
    assert TRIED.keys() & OF_THE_STATE
