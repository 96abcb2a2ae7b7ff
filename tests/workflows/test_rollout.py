"""A new release gets a share of the cases, then all; and none if it would get stuck in one."""

import asyncio
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.worker import Worker
from typer.testing import CliRunner, Result

from bench.cases import STEPS
from casework import __version__
from casework.cli.app import app
from casework.cli.operating import rollout
from tests.examples import at_night
from tests.workflows.conftest import Handle
from tests.workflows.test_growth import Town, answer, town
from workers.main import create_worker, deployment
from workers.rollout import routing

__all__ = ["town"]

OLD = "0.0.1"
REFUSED = 1


@workflow.defn(name="Reports", sandboxed=False)
class Otherwise:
    """What a release did that nobody has any more."""

    @workflow.run
    async def run(self, *ignored: object) -> None:
        del ignored
        await asyncio.sleep(timedelta(days=1).total_seconds())


def of(town: Town, build: str) -> AbstractAsyncContextManager[Worker]:
    config = deployment(build, versioned=True)
    return create_worker(
        town.client, town.rooms.parts, town.trust.verifier, deployment_config=config
    )


async def served_by(handle: Handle) -> str:
    described = await handle.describe()
    versioning = described.raw_description.workflow_execution_info.versioning_info
    return versioning.deployment_version.build_id


async def polled(town: Town, build: str) -> None:
    while build not in (await routing(town.client)).builds:
        await asyncio.sleep(0.1)


@pytest.fixture
def run(town: Town, register_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> object:
    monkeypatch.setenv("CASEWORK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CASEWORK_DATABASE_URL", register_url)
    monkeypatch.setenv("TEMPORAL_ADDRESS", town.client.service_client.config.target_host)
    monkeypatch.setenv("NO_COLOR", "1")

    async def typed(*words: str, release: str = __version__) -> Result:
        monkeypatch.setattr(rollout, "__version__", release)
        return await asyncio.to_thread(CliRunner().invoke, app, ["rollout", *words])

    return typed


@at_night
async def test_a_release_is_rolled_out_and_back(town: Town, run: object) -> None:
    """By day: a release is refused, and let in."""
    assert callable(run)
    assert (await run("start")).exit_code == REFUSED  # none of its workers polls
    async with of(town, OLD):
        await polled(town, OLD)
        first = await run("start", release=OLD)
        assert (first.exit_code, first.stdout.splitlines()[0]) == (0, f"current: {OLD}"), first
        assert (await run("start", release=OLD)).exit_code == REFUSED  # it has all already
        handle = await town.open(1)
        assert await served_by(handle) == OLD
        async with of(town, __version__):
            await polled(town, __version__)
            assert (await run("finish")).exit_code == REFUSED  # it was not begun
            begun = await run("start", "5")
            assert f"rolled out: {__version__}, 5 %" in begun.stdout, begun.output
            whole = await run("ramp", "100")
            assert f"rolled out: {__version__}, 100 %" in whole.stdout, whole.output
            assert await answer(handle, *STEPS[0]) == ""
            assert await served_by(handle) == __version__
            gone = await run("back")
            assert (gone.exit_code, "rolled out" in gone.stdout) == (0, False), gone.output
            assert await answer(handle, *STEPS[1]) == ""
            assert await served_by(handle) == OLD
            assert (await run("back")).exit_code == REFUSED
            assert (await run("start", "5")).exit_code == 0
            done = await run("finish")
            assert done.stdout.splitlines()[:2] == [
                f"current: {__version__}",
                f"have polled: {__version__}, {OLD}",
            ], done.output
            assert (await run("back", "--to", "9.9.9")).exit_code == REFUSED
            assert (await run("back", "--to", OLD)).exit_code == 0
    assert (await routing(town.client)).current == OLD


async def test_a_release_that_does_not_replay_what_runs_gets_nothing(
    town: Town, run: object
) -> None:
    assert callable(run)
    async with of(town, __version__):
        await polled(town, __version__)
        async with Worker(town.client, task_queue="otherwise", workflows=[Otherwise]):
            handle = await town.client.start_workflow(
                "Reports", id="reports-of-old", task_queue="otherwise"
            )
            while (await handle.describe()).history_length < 5:
                await asyncio.sleep(0.1)
        refused = await run("start")
        assert refused.exit_code == REFUSED
        assert "reports-of-old" in refused.output
        assert (await routing(town.client)).current == ""
        await handle.terminate()
        assert (await run("start")).exit_code == 0
