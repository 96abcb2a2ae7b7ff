"""Every query of rules and dashboards names metrics that worker and API really show."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

import httpx
import yaml
from prometheus_client.parser import text_string_to_metric_families
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.common import RetryPolicy
from temporalio.exceptions import FailureError
from temporalio.service import RPCError
from temporalio.worker import Worker

from casework.local.devstack import free_port
from casework.settings import LOOPBACK
from casework.temporal import connect, measuring
from tests.deploy.test_files import DEPLOY, RULES, named
from tests.e2e.town_hall import TownHall

ONCE = RetryPolicy(maximum_attempts=1)
SOON = timedelta(seconds=10)
WITHIN_SECONDS = 60

QUEUE = "stumbling"


@activity.defn(name="stumbling.act")
async def act() -> None:
    raise RuntimeError("on purpose")


@workflow.defn(name="Stumbling", sandboxed=False)
class Stumbling:
    """Fails in each of the ways that have a metric: its activities, then its task."""

    @workflow.run
    async def run(self) -> None:
        for execute in (workflow.execute_activity, workflow.execute_local_activity):
            try:
                await execute(act, start_to_close_timeout=SOON, retry_policy=ONCE)
            except FailureError:
                continue
        raise RuntimeError("a bug")


@workflow.defn(name="Walking", sandboxed=False)
class Walking:
    """Comes to its end."""

    @workflow.run
    async def run(self) -> None:
        return


def queries() -> Iterator[tuple[str, str]]:
    """Where each query stands, and what it says."""
    for group in RULES["groups"]:
        for rule in group["rules"]:
            yield rule.get("alert") or rule["record"], rule["expr"]
    for file in sorted((DEPLOY / "grafana/dashboards").glob("*.json")):
        for panel in json.loads(file.read_text())["panels"]:
            for target in panel["targets"]:
                yield f"{file.stem}: {panel['title']}", target["expr"].replace("$district", "x")
    adapter = yaml.safe_load((DEPLOY / "prometheus/adapter.yml").read_text())
    for rule in adapter["externalRules"]:
        yield rule["seriesQuery"], rule["metricsQuery"]


def shown(page: str) -> set[str]:
    """The names of all series of a page, and of families that have none just now."""
    found = set()
    for family in text_string_to_metric_families(page):
        found |= {family.name} | {sample.name for sample in family.samples}
    return found


async def test_every_query_names_what_worker_and_api_show(hall: TownHall) -> None:
    """The stack's own pages, and that of a worker whose workflows end, and fail in every way.

    The stack's worker may have been started anew a moment ago, and has ended none yet.
    """
    await hall.see_through("metrics")
    address = f"{LOOPBACK}:{free_port()}"
    client = await connect(hall.settings, runtime=measuring(address))
    async with httpx.AsyncClient(trust_env=False) as http:
        pages = [
            await _page(http, f"{LOOPBACK}:{hall.settings.api_probe_port}"),
            await _page(http, hall.settings.worker_metrics_address),
            await _of_a_worker_that_stumbles(client, http, address),
        ]
    recorded = {rule["record"] for group in RULES["groups"] for rule in group["rules"]
                if "record" in rule}  # fmt: skip
    known = set().union(*map(shown, pages)) | recorded
    wrong = {where: named(query) - known for where, query in queries() if named(query) - known}
    assert not wrong
    ours = {name for page in pages for name in shown(page) if name.startswith("casework_")}
    assert len(ours) > 20


async def test_no_page_names_a_case_or_a_person(hall: TownHall) -> None:
    case_no = await hall.see_through("metrics-private")
    async with httpx.AsyncClient(trust_env=False) as http:
        pages = [
            await _page(http, f"{LOOPBACK}:{hall.settings.api_probe_port}"),
            await _page(http, hall.settings.worker_metrics_address),
        ]
    for page in pages:
        for told in (case_no, "张三", "metrics-private", "ja-o1", "sh-u1"):
            assert told not in page


async def _page(http: httpx.AsyncClient, address: str) -> str:
    answer = await http.get(f"http://{address}/metrics")
    assert answer.is_success
    return answer.text


async def _of_a_worker_that_stumbles(client: Client, http: httpx.AsyncClient, address: str) -> str:
    worker = Worker(client, task_queue=QUEUE, workflows=[Stumbling, Walking], activities=[act])
    async with worker, asyncio.timeout(WITHIN_SECONDS):
        with suppress(RPCError):
            await client.get_workflow_handle("nobody").describe()
        await client.execute_workflow(Walking.run, id=f"{QUEUE}-not", task_queue=QUEUE)
        handle = await client.start_workflow(Stumbling.run, id=QUEUE, task_queue=QUEUE)
        page = ""
        while "temporal_workflow_task_execution_failed" not in page:
            await asyncio.sleep(0.2)
            page = await _page(http, address)
        await handle.terminate()
    return page
