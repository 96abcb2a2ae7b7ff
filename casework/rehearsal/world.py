"""Everything a rehearsed case lives in, built from the parts of production."""

import shutil
import sysconfig
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path

from temporalio import workflow
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client, Interceptor
from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter
from temporalio.testing import WorkflowEnvironment

from casework import temporal
from casework.local.devstack import StackError
from casework.local.town import TownSettings, running_town
from casework.security.proof.parts import Trust
from casework.settings import Settings
from casework.store.engine import Sessions, create_engine, sessions
from workers.main import Parts, build_parts, create_worker

_SERVER = "temporal-test-server"
_CACHED = 10


@dataclass(frozen=True, kw_only=True)
class Office:
    """The register, and the activities that reach the outside; takes no notice of time."""

    parts: Parts
    sessions: Sessions


@asynccontextmanager
async def open_office(database_url: str) -> AsyncIterator[Office]:
    """The activities of production over the register of ``database_url`` and a fake town."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="casework-")))
        # The superior, the archive and the courier answer when the scenario says so.
        town_settings = TownSettings(folder=folder, answer_after_seconds=None)
        town = await stack.enter_async_context(running_town(town_settings))
        settings = Settings(
            home=folder,
            database_url=database_url,
            sms_url=town.http_url,
            superior_url=town.http_url,
            hotline_url=town.http_url,
            smtp_host=town.smtp_host,
            smtp_port=town.smtp_port,
        )
        parts = await stack.enter_async_context(build_parts(settings))
        # Nobody reads the letters of a rehearsal: their documents would only take time.
        parts = replace(parts, notices=replace(parts.notices, documents=None))
        engine = create_engine(database_url, pool_size=1)
        stack.push_async_callback(engine.dispose)
        yield Office(parts=parts, sessions=sessions(engine))


@asynccontextmanager
async def time_skipping(
    office: Office, *, interceptors: Sequence[Interceptor] = ()
) -> AsyncIterator[WorkflowEnvironment]:
    """A server whose time can be moved, with a worker of that office.

    ``interceptors``: further ones of its client. Its time is everybody's: one case at a time.
    Raises StackError if it is not installed.
    """

    async def now() -> datetime:
        return await environment.get_current_time()

    trust = Trust.new(now)
    environment = await WorkflowEnvironment.start_time_skipping(
        identity="rehearsal",
        interceptors=[trust.signing, *interceptors],
        data_converter=temporal.data_converter,
        runtime=_quiet_runtime(),
        test_server_existing_path=_program(),
    )
    async with environment:
        await _register_search_attributes(environment.client)
        # A mistake in the procedure ends the rehearsal at once instead of blocking it.
        faults = [workflow.NondeterminismError]
        async with create_worker(
            environment.client,
            office.parts,
            trust.verifier,
            workflow_failure_exception_types=faults,
            max_cached_workflows=_CACHED,
        ):
            yield environment


@cache
def _quiet_runtime() -> Runtime:
    # The worker warns of what this server lacks; nobody needs that beside a timeline.
    errors_only = TelemetryFilter(core_level="ERROR", other_level="ERROR")
    return Runtime(telemetry=TelemetryConfig(logging=LoggingConfig(filter=errors_only)))


async def _register_search_attributes(client: Client) -> None:
    # This server knows them at once, and cannot list or count: the ordinary way would fail.
    wanted = {
        key.name: IndexedValueType.ValueType(key.indexed_value_type)
        for key in temporal.SEARCH_ATTRIBUTES
    }
    await client.operator_service.add_search_attributes(
        AddSearchAttributesRequest(namespace=client.namespace, search_attributes=wanted)
    )


def _program() -> str:
    scripts = sysconfig.get_path("scripts")
    program = shutil.which(_SERVER, path=scripts) or shutil.which(_SERVER)
    if program is None:
        raise StackError(f"the time-skipping server ({_SERVER}) is not installed: run `make env`")
    return program
