"""Where scenarios are rehearsed, one after the other: one register, a fresh server for each."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError
from temporalio.client import Client

from api.problems import ProblemError
from casework.domain.errors import DomainError
from casework.rehearsal.absent import Absences
from casework.rehearsal.case_time import CaseTime
from casework.rehearsal.clean import start_afresh
from casework.rehearsal.database import rehearsal_database
from casework.rehearsal.given import name_of
from casework.rehearsal.ordering import OrderDesk, give_before
from casework.rehearsal.reception import Reception
from casework.rehearsal.registry import Registry
from casework.rehearsal.rehearsal import Rehearsal
from casework.rehearsal.report import RehearsalReport
from casework.rehearsal.runs import histories
from casework.rehearsal.scenario import Scenario, ScenarioError, read_scenario
from casework.rehearsal.timeline import timeline
from casework.rehearsal.world import Office, open_office, time_skipping


async def rehearse(path: Path, *, database_url: str | None = None) -> RehearsalReport:
    """Rehearse the scenario of one file; see ``rehearsal_room``."""
    async with rehearsal_room(database_url) as room:
        return await room.rehearse(path)


async def rehearse_all(
    paths: Sequence[Path],
    *,
    database_url: str | None = None,
    each: Callable[[RehearsalReport], None] = lambda _: None,
) -> list[RehearsalReport]:
    """Rehearse the files in order and tell ``each`` report as it comes; see ``rehearsal_room``.

    A file that cannot be read stops all before the first begins.
    """
    for path in paths:
        read_scenario(path)
    reports = []
    async with rehearsal_room(database_url) as room:
        for path in paths:
            reports.append(await room.rehearse(path))
            each(reports[-1])
    return reports


@dataclass(frozen=True, kw_only=True)
class RehearsalRoom:
    """Made by ``rehearsal_room``."""

    office: Office
    registry: Registry

    async def rehearse(self, path: Path) -> RehearsalReport:
        """Rehearse the scenario of a file.

        Raises:
            ScenarioError: the file cannot be rehearsed as it stands.
        """
        scenario = read_scenario(path)
        try:
            return await self._rehearse(scenario, path.stem)
        except ProblemError as error:
            faults = "；".join(f"{e.field} {e.detail}" for e in error.errors)
            raise ScenarioError(f"{path}: {faults or error.detail}") from error
        except (ScenarioError, DomainError, ValidationError) as error:
            raise ScenarioError(f"{path}: {error}") from error

    async def _rehearse(self, scenario: Scenario, name: str) -> RehearsalReport:
        registry, sessions = self.registry, self.office.sessions
        await start_afresh(sessions, registry.catalogue, registry.calendar)
        async with time_skipping(self.office) as environment:
            begins_at = await environment.get_current_time()
            time = CaseTime(environment=environment, shift=scenario.begins_at - begins_at)
            reception = Reception(
                registry=registry,
                sessions=sessions,
                time=time,
                # The outside parties may remember the same scenario from before.
                reference=f"{name} {begins_at:%Y%m%d%H%M%S%f}",
            )
            cast = registry.cast(scenario.given)
            first = name_of(scenario.given)
            here = reception.place(scenario.given, first)
            orders = OrderDesk(time=time, cast=cast, here=here)
            await give_before(scenario.before, orders)
            rehearsal = Rehearsal(
                time=time,
                first=first,
                cast=cast,
                orders=orders,
                absences=Absences(time=time),
                reception=reception,
                sessions=sessions,
            )
            await rehearsal.begin(scenario.given)
            await rehearsal.play(scenario)
            return await _report(scenario, rehearsal, environment.client)


async def _report(scenario: Scenario, rehearsal: Rehearsal, client: Client) -> RehearsalReport:
    cases = rehearsal.cases
    seen = [(case, await rehearsal.look(name)) for name, case in cases.items()]
    first = cases[rehearsal.first]
    runs = {name: await histories(client, case.handle) for name, case in cases.items()}
    return RehearsalReport(
        name=scenario.name,
        source=scenario.source,
        title=f"{scenario.name}（{first.title}）",
        case_no=first.case_no,
        timeline=timeline(
            next(pair for pair in seen if pair[0] is first),
            [pair for pair in seen if pair[0] is not first],
            rehearsal.orders.given,
        ),
        differences=tuple(rehearsal.differences),
        history=runs[rehearsal.first][0],
        histories=runs,
    )


@asynccontextmanager
async def rehearsal_room(database_url: str | None = None) -> AsyncIterator[RehearsalRoom]:
    """Register, outside parties and policy for any number of rehearsals, one at a time.

    ``database_url``: a migrated register for rehearsals only; each empties it of what earlier ones
    have left. By default a throw-away one. Raises StackError, CatalogueError.
    """
    registry = Registry.load()
    async with AsyncExitStack() as stack:
        if database_url is None:
            database_url = await stack.enter_async_context(rehearsal_database())
        office = await stack.enter_async_context(open_office(database_url))
        yield RehearsalRoom(office=office, registry=registry)
