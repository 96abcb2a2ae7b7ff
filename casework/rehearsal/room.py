"""Where scenarios are rehearsed, one after the other, each on an engine of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from pydantic import ValidationError
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import FailureError
from temporalio.service import RPCError

from casework.domain.errors import DomainError
from casework.local.devstack import StackError, postgres
from casework.policy.catalogue import CatalogueError
from casework.rehearsal.engine import SILENT, Engine, StoppedError
from casework.rehearsal.faults import Fault, ScenarioError
from casework.rehearsal.opening import Reception
from casework.rehearsal.ordering import OrderDesk, give_before
from casework.rehearsal.pure.engine import pure_engine
from casework.rehearsal.registry import Registry
from casework.rehearsal.rehearsal import Rehearsal
from casework.rehearsal.report import RehearsalReport, Verdict, timeline
from casework.rehearsal.scenario import ReadScenario, Scenario, read_file
from casework.rehearsal.temporal_engine import temporal_engine
from casework.rehearsal.world import open_office
from casework.store.engine import migrate
from casework.trial.case import BrokenError

PLAYED_WITHIN = timedelta(minutes=10)
"""Wall-clock time after which a scenario is given up: its engine no longer moves."""

_LONGEST_NAME = 30  # a reference is short, file names may be long


async def rehearse(path: Path, *, database_url: str | None = None) -> RehearsalReport:
    """Rehearse the scenario of one file; see ``rehearsal_room``."""
    async with rehearsal_room(database_url) as room:
        return await room.rehearse(path)


async def rehearse_all(
    paths: Sequence[Path],
    *,
    database_url: str | None = None,
    quick: bool = False,
    each: Callable[[Verdict], None] = lambda _: None,
) -> list[Verdict]:
    """Rehearse the files in order and tell ``each`` verdict as it comes; see ``rehearsal_room``.

    ``quick``: on the rules alone, see ``pure_room``. A file that cannot be read or played stops no
    other. Raises CatalogueError, before any.
    """
    files = [_read(path) for path in paths]
    verdicts: list[Verdict] = []

    def tell(verdict: Verdict) -> None:
        verdicts.append(verdict)
        each(verdict)

    playable = any(isinstance(file, ReadScenario) for file in files)
    try:
        async with AsyncExitStack() as stack:
            room = pure_room() if playable and quick else None
            if playable and not quick:
                room = await stack.enter_async_context(rehearsal_room(database_url))
            for file in files:
                if isinstance(file, Verdict):
                    tell(file)
                elif room is not None:
                    tell(await room.judge(file))
    except CatalogueError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever failed, each file has its verdict
        for file in files[len(verdicts) :]:
            tell(_unplayed(file, error) if isinstance(file, ReadScenario) else file)
    return verdicts


@asynccontextmanager
async def rehearsal_database() -> AsyncIterator[str]:
    """Run a throw-away PostgreSQL with an empty, migrated register and yield its URL."""
    async with postgres() as url:
        await migrate(url)
        yield url


def _read(path: Path) -> ReadScenario | Verdict:
    try:
        return read_file(path)
    except ScenarioError as error:
        return Verdict(path=path, faults=error.faults)


def _unplayed(file: ReadScenario, error: Exception) -> Verdict:
    return Verdict(path=file.path, faults=(_engine_fault(file.path, error),))


def _stopped_by(error: BaseException | None) -> StoppedError | None:
    """What ended the play, whatever failed when the engine was put away after it."""
    while error is not None and not isinstance(error, StoppedError):
        error = error.__context__
    return error


@dataclass(frozen=True, kw_only=True)
class RehearsalRoom:
    """Made by ``rehearsal_room`` or ``pure_room``; ``engine`` is given the time it begins at."""

    registry: Registry
    engine: Callable[[datetime], AbstractAsyncContextManager[Engine]]

    async def rehearse(self, path: Path) -> RehearsalReport:
        """Rehearse the scenario of a file.

        Raises:
            ScenarioError: the file cannot be rehearsed as it stands; StoppedError: the engine.
        """
        return await self._play(read_file(path))

    async def judge(self, file: ReadScenario) -> Verdict:
        """Rehearse a scenario and give its verdict, whatever happens to it or to the engine."""
        try:
            async with asyncio.timeout(PLAYED_WITHIN.total_seconds()):
                return Verdict(path=file.path, report=await self._play(file))
        except ScenarioError as error:
            return Verdict(path=file.path, faults=error.faults)
        except Exception as error:  # noqa: BLE001 - one that breaks must not stop the others
            stopped = _stopped_by(error)
            if stopped is None:
                return _unplayed(file, error)
            fault = file.fault(stopped.place, _broken_off_by(stopped.__cause__ or stopped))
            return Verdict(path=file.path, faults=(fault,))

    async def _play(self, file: ReadScenario) -> RehearsalReport:
        first = ("given",) if file.scenario.given else ("cases", file.scenario.first, "given")
        try:
            return await self._rehearse(file.scenario, file.path.stem)
        except ScenarioError as error:
            raise ScenarioError.of([file.fault(error.place, str(error))]) from error
        except DomainError as error:
            place = (*first, *error.field.split(".")) if error.field else first
            raise ScenarioError.of([file.fault(place, error.message)]) from error
        except ValidationError as error:
            fields = "、".join(".".join(map(str, each["loc"])) for each in error.errors())
            raise ScenarioError.of([file.fault(first, f"不能收件：{fields}")]) from error

    async def _rehearse(self, scenario: Scenario, name: str) -> RehearsalReport:
        async with self.engine(scenario.begins_at) as engine:
            reception = Reception(
                registry=self.registry,
                engine=engine,
                reference=f"{name[:_LONGEST_NAME]}{engine.reference}",
                several=scenario.has_several,
            )
            first, givens = scenario.first, scenario.givens
            cast = self.registry.cast(givens[first])
            places = {name: reception.place(given, name) for name, given in givens.items()}
            orders = OrderDesk(engine=engine, cast=cast, here=places[first], places=places)
            await give_before(scenario.before, orders)
            rehearsal = Rehearsal(
                engine=engine, first=first, cast=cast, orders=orders, reception=reception
            )
            await rehearsal.begin(scenario)
            await rehearsal.play(scenario)
            return await _report(scenario, rehearsal)


async def _report(scenario: Scenario, rehearsal: Rehearsal) -> RehearsalReport:
    cases = rehearsal.cases
    seen = [(case, await rehearsal.look(name)) for name, case in cases.items()]
    first = cases[rehearsal.first]
    runs = {name: await rehearsal.engine.histories(case) for name, case in cases.items()}
    return RehearsalReport(
        name=scenario.name,
        source=scenario.source,
        title=f"{scenario.name}（{first.title}）",
        case_no=first.case_no,
        timeline=timeline(
            next(pair for pair in seen if pair[0] is first),
            [pair for pair in seen if pair[0] is not first],
            rehearsal.orders.given,
            by_name=scenario.has_several,
        ),
        differences=tuple(rehearsal.differences),
        history=next(iter(runs[rehearsal.first]), ""),
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
        yield RehearsalRoom(registry=registry, engine=partial(temporal_engine, office, registry))


def pure_room() -> RehearsalRoom:
    """A room without server and register: the rules alone, in milliseconds (``pure``).

    Raises CatalogueError.
    """
    registry = Registry.load()
    return RehearsalRoom(registry=registry, engine=partial(pure_engine, registry))


_LONGEST = 200


def _engine_fault(path: Path, error: BaseException) -> Fault:
    """The fault of a file that could not be played through no fault of its own."""
    return Fault(file=str(path), line=0, field="", what=_broken_off_by(error), right="")


def _broken_off_by(error: BaseException) -> str:
    """What stopped a rehearsal, in words."""
    return f"推演中断，{_said(error)}"


def _said(error: BaseException) -> str:
    match error:
        case StackError():
            return f"推演环境不能启动：{_short(error)}"
        case _ if isinstance(error, SILENT):
            return "推演引擎没有在时限内回应，请再试一次"
        case RPCError():
            return f"跳时服务器没有回应（{error.status.name}），请再试一次"
        case BrokenError():
            return f"工作流出错：{_short(error)}"
        case WorkflowUpdateFailedError() | FailureError():
            return f"工作流出错：{_short(error.__cause__ or error)}"
        case _:
            return f"程序出错（{type(error).__name__}）：{_short(error)}"


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())[:_LONGEST]
