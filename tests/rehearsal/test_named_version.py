"""Every case of every kind names one version of the catalogue, also after it begins anew."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from activities.talent_service import NextCycle
from casework.domain.kinds.cycle.state import Cycle, CycleKind
from casework.filing.desk import Desk
from casework.rehearsal import RehearsalRoom
from casework.rehearsal.pure.engine import PureEngine
from casework.rehearsal.registry import Registry
from casework.rehearsal.report import VerdictKind
from casework.rehearsal.scenario import read_file

SCENARIOS = Path(__file__).parents[1] / "scenarios"
OPENED, RENEWED = "0a" * 32, "0b" * 32


class Published(Registry):
    """Its catalogue is a published version."""

    def desk(self, key: str) -> Desk:
        return replace(super().desk(key), digest=OPENED)


class Renewing(PureEngine):
    """Another version is in force when a cycle begins anew."""

    def next_cycle(self, kind: CycleKind, district: str, on: date) -> NextCycle:
        return replace(super().next_cycle(kind, district, on), catalogue=RENEWED)


@pytest.mark.parametrize(
    "name",
    ["transferred", "cycle-g12", "permit-renewed-at-national-day", "request-district-changed",
     "rating-complex", "visits-done"],
)  # fmt: skip
async def test_every_case_names_the_version_of_its_opening(name: str) -> None:
    registry, engines = Published.load(), list[PureEngine]()

    @asynccontextmanager
    async def engine(begins_at: datetime) -> AsyncIterator[PureEngine]:
        engines.append(Renewing(registry, begins_at))
        yield engines[-1]

    room = RehearsalRoom(registry=registry, engine=engine)
    verdict = await room.judge(read_file(SCENARIOS / f"{name}.yaml"))
    assert verdict.kind is VerdictKind.MET
    cases = [case for each in engines for case in each._cases.values()]
    assert cases
    for each in cases:
        case = each.case
        renewed = isinstance(case, Cycle) and case.number > 1
        assert case.catalogue == (RENEWED if renewed else OPENED)
    if name in {"cycle-g12", "permit-renewed-at-national-day"}:
        assert any(isinstance(each.case, Cycle) and each.case.number > 1 for each in cases)
