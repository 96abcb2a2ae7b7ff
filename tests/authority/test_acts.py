"""What a page offers to do: whatever a case takes is offered, and what is not says why."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import ClassVar

import pytest

from casework.domain.authority import acts_of, concern_of
from casework.domain.case.commands import Command
from casework.domain.case.kind import kind_of_case
from casework.domain.case.state import Case
from casework.policy.authority import load_authority
from casework.rehearsal import RehearsalRoom
from casework.rehearsal.engine import PlayedCase
from casework.rehearsal.pure.engine import PureEngine
from casework.rehearsal.registry import Registry
from casework.trial.case import RefusalError
from tests.examples import is_night
from tests.rehearsal.shapes import SCENARIOS

SHARE = 1 if is_night() else 7


class Offering(PureEngine):
    """Looks before each act at what the case offers."""

    taken: ClassVar[int] = 0

    async def do(self, case: PlayedCase, verb: str, command: Command) -> RefusalError | None:
        before: Case = self._cases[case.case_no].case
        refused = await super().do(case, verb, command)
        if refused is None and verb not in kind_of_case(before).unsaid:
            kind = kind_of_case(before)
            offered = acts_of(
                load_authority(),
                command.actor,
                concern_of(before),
                kind,
                stage=before.stage,
                is_open=before.is_open,
                tasks=[(task.id, task.kind) for task in before.open_tasks],
            )
            codes = {act.verb: act.refused.code if act.refused else "" for act in offered}
            not_now = {"CASE_CLOSED", "WRONG_STAGE", "TASK_NOT_OPEN"}
            late = kind.late is not None and isinstance(command, kind.late.brings)
            assert codes.get(verb) not in not_now or late, (verb, before.stage)
            type(self).taken += 1
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
    assert Offering.taken > 50
