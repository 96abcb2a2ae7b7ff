"""Alerts fire by their cause on the real stack, in a real Prometheus, and clear when it is gone."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from sqlalchemy import text
from temporalio.worker import Worker

from casework import __version__
from casework.domain.policy import Role
from casework.local.devstack import free_port
from casework.settings import LOOPBACK
from casework.store.engine import create_engine
from casework.temporal import connect, measuring
from tests.deploy.test_files import RULES
from tests.deploy.test_queries import QUEUE, Stumbling, act
from tests.e2e.town_hall import PATIENCE, TownHall
from tests.examples import at_night
from tests.insisting import insisted

EVERY = "1s"
WINDOW = "30s"
"""Of what is counted over minutes, so that an alert clears while we look; thresholds stay."""
needs_prometheus = pytest.mark.skipif(
    shutil.which("prometheus") is None, reason="not here: Debian's prometheus (`make tools`)"
)
NOT_PROVOKED = {
    "CaseworkRecordingFails": "the register is away for less than six attempts in a window",
    "CaseworkTasksWait": "takes more cases than two cores start",
    "CaseworkNoFreeSlots": "takes workflows that hold each slot",
    "CaseworkProofsRefused": "tests/security provoke the warning, and read the counter",
    "CaseworkMessagesRefused": "tests/security provoke the warning, and read the counter",
    "CaseworkMaterialDamaged": "tests/store provoke the warning",
    "CaseworkLettersWait": "half an hour",
    "CaseworkLettersRefused": "compares with an hour before",
    "CaseworkDigestsRefused": "needs a week's digests",
    "CaseworkDigestLate": "26 hours",
    "CaseworkTroubleWaits": "needs a party that refuses for good",
    "CaseworkOverdue": "a limit that runs out is days away",
    "CaseworkOrderStuck": "an hour",
    "CaseworkCalendarMissing": "hangs on the month: promtool tries both",
    "CaseworkWebhooksWait": "an hour",
    "CaseworkFeedHeld": "ten minutes",
    "CaseworkKeyOld": "400 days",
}
"""What promtool alone proves (tests/deploy/test_files.py), and why."""


def quickened() -> dict[str, Any]:
    """The rules as they are, but that nothing has to last, and windows are short."""
    for group in (rules := yaml.safe_load(yaml.safe_dump(RULES)))["groups"]:
        for rule in group["rules"]:
            rule.pop("for", None)
            rule["expr"] = re.sub(r"\[\d+[mh]\]", f"[{WINDOW}]", rule["expr"])
    return dict(rules)


class Watching:
    """A Prometheus that watches the stack; ``more``: a file of further pages that it watches."""

    def __init__(self, address: str, more: Path) -> None:
        self._address = address
        self.more = more

    def also(self, *addresses: str) -> None:
        """Watch these pages as well, within a second."""
        self.more.write_text(yaml.safe_dump([{"targets": list(addresses)}]))

    async def firing(self, alert: str) -> bool:
        """Whether it fires now."""
        async with httpx.AsyncClient(trust_env=False) as http:
            found = await http.get(f"http://{self._address}/api/v1/alerts")
        return any(
            each["labels"]["alertname"] == alert and each["state"] == "firing"
            for each in found.json()["data"]["alerts"]
        )

    async def until(self, alert: str, *, fires: bool) -> None:
        """Wait until it does, or does no more."""
        async with asyncio.timeout(PATIENCE.total_seconds()):
            while await self.firing(alert) is not fires:
                await asyncio.sleep(0.5)


@pytest.fixture
async def watching(hall: TownHall, tmp_path: Path) -> AsyncIterator[Watching]:
    address = f"{LOOPBACK}:{free_port()}"
    pages = [f"{LOOPBACK}:{hall.settings.api_probe_port}", hall.settings.worker_metrics_address]
    more = tmp_path / "more.yml"
    (tmp_path / "rules.yml").write_text(yaml.safe_dump(quickened()))
    settings = {
        "global": {"scrape_interval": EVERY, "scrape_timeout": EVERY, "evaluation_interval": EVERY},
        "rule_files": ["rules.yml"],
        "scrape_configs": [
            {"job_name": "casework", "static_configs": [{"targets": pages}]},
            {
                "job_name": "more",
                "file_sd_configs": [{"files": [str(more)], "refresh_interval": EVERY}],
            },
        ],
    }
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(settings))
    program = await asyncio.create_subprocess_exec(
        "prometheus",
        f"--config.file={tmp_path / 'prometheus.yml'}",
        f"--storage.tsdb.path={tmp_path / 'data'}",
        f"--web.listen-address={address}",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        found = Watching(address, more)
        async with httpx.AsyncClient(trust_env=False) as http:
            await insisted(lambda: http.get(f"http://{address}/-/ready"), within=PATIENCE)
        yield found
    finally:
        program.kill()
        await program.wait()


@asynccontextmanager
async def _away(hall: TownHall, part: str) -> AsyncIterator[None]:
    async with hall.frozen(part):
        yield


@asynccontextmanager
async def _asked_in_vain(hall: TownHall) -> AsyncIterator[None]:
    """The register is away, and somebody reads."""

    async def asking() -> None:
        async with hall.counter("ja-o1", Role.OFFICER) as http:
            while True:
                with suppress(httpx.TransportError):
                    await http.get("/tasks")
                await asyncio.sleep(0.1)

    async with hall.frozen("postgres"):
        task = asyncio.create_task(asking())
        try:
            yield
        finally:
            task.cancel()


@asynccontextmanager
async def _behind(hall: TownHall) -> AsyncIterator[None]:
    """The register is of a release before."""
    engine = create_engine(hall.settings.database)
    put = text("UPDATE alembic_version SET version_num = :number")
    try:
        async with engine.begin() as connection:
            (head,) = await connection.scalars(text("SELECT version_num FROM alembic_version"))
            await connection.execute(put, {"number": "20261122"})
        try:
            yield
        finally:
            async with engine.begin() as connection:
                await connection.execute(put, {"number": head})
    finally:
        await engine.dispose()


@asynccontextmanager
async def _stumbling(hall: TownHall, address: str) -> AsyncIterator[None]:
    """A worker whose workflow fails at each task."""
    client = await connect(hall.settings, runtime=measuring(address))
    async with Worker(client, task_queue=QUEUE, workflows=[Stumbling], activities=[act]):
        handles = [
            await client.start_workflow("Stumbling", id=f"alert-{n}", task_queue=QUEUE)
            for n in range(8)
        ]
        try:
            yield
        finally:
            for handle in handles:
                await handle.terminate()


@asynccontextmanager
async def _two_releases(address: str) -> AsyncIterator[None]:
    """A page of a worker of another release."""
    measured = measuring(address)
    build = measured.metric_meter.create_gauge("casework_build", "The release that runs")
    build.set(1, {"version": f"{__version__}+other"})
    yield


Cause = Callable[[TownHall, str], AbstractAsyncContextManager[None]]
CAUSES: dict[str, Cause] = {
    "CaseworkNoWorker": lambda hall, _: _away(hall, "worker"),
    "CaseworkNoApi": lambda hall, _: _away(hall, "api"),
    "CaseworkRegisterAway": lambda hall, _: _away(hall, "postgres"),
    "CaseworkRequestsFail": lambda hall, _: _asked_in_vain(hall),
    "CaseworkMigrationsBehind": lambda hall, _: _behind(hall),
    "CaseworkWorkflowTasksFail": _stumbling,
    "CaseworkVersionsDiffer": lambda _, address: _two_releases(address),
}


def test_every_alert_is_provoked_or_has_a_reason() -> None:
    alerts = {r["alert"] for g in RULES["groups"] for r in g["rules"] if "alert" in r}
    assert alerts == CAUSES.keys() | NOT_PROVOKED.keys()
    assert not CAUSES.keys() & NOT_PROVOKED.keys()


@at_night
@needs_prometheus
@pytest.mark.parametrize("alert", CAUSES)
async def test_an_alert_fires_by_its_cause_and_clears(
    hall: TownHall, watching: Watching, alert: str
) -> None:
    """By day promtool tries every rule on made-up series."""
    address = f"{LOOPBACK}:{free_port()}"
    await watching.until(alert, fires=False)
    watching.also(address)
    async with CAUSES[alert](hall, address):
        await watching.until(alert, fires=True)
    watching.also()
    await watching.until(alert, fires=False)
