"""A case that outgrows its history goes on in a new run, with the same state."""

import shutil
import sysconfig

from temporalio.testing import WorkflowEnvironment

from bench.cases import STEPS, Office
from casework.messages.cases import Receipt
from casework.messages.temporal import TASK_QUEUE
from casework.rehearsal.world import open_office
from casework.security.proof.parts import Trust
from casework.store import queries
from casework.store.engine import Sessions
from casework.store.register.cases import operation
from casework.temporal import data_converter, register_search_attributes
from workers.main import create_worker

EARLY = ("--dynamic-config-value", "limit.historyCount.suggestContinueAsNew=30")


async def test_case_continues_as_new_and_loses_nothing(
    register_url: str, sessions: Sessions
) -> None:
    trust = Trust.new()
    server = shutil.which("temporal", path=sysconfig.get_path("scripts"))
    async with (
        open_office(register_url) as office,
        await WorkflowEnvironment.start_local(
            data_converter=data_converter,
            interceptors=[trust.signing],
            dev_server_existing_path=server,
            dev_server_extra_args=EARLY,
        ) as environment,
    ):
        client = environment.client
        await register_search_attributes(client)
        async with create_worker(client, office.parts, trust.verifier):
            backend = Office(client, TASK_QUEUE, "long-life")
            first = await backend.submit(1)
            answers = {}
            for verb, command in STEPS:
                handle = client.get_workflow_handle(first.id)
                answers[f"ja-o1:{verb}"] = await handle.execute_update(
                    verb, command, id=f"ja-o1:{verb}", result_type=Receipt
                )
            await first.result()
            runs = [run async for run in client.list_workflows(f'WorkflowId="{first.id}"')]
            case_no = backend.opening(1).case_no
            async with sessions() as session:
                kinds = [event.kind for event in await queries.timeline(session, case_no)]
                kept = {each: await operation(session, case_no, each) for each in answers}
    assert len(runs) > 1, "the history was never long enough"
    assert {each: found and found.receipt for each, found in kept.items()} == answers
    assert kinds == [
        "submitted",
        "pre_review_passed",
        "accepted",
        "review_passed",
        "reported_up",
        "approved",
        "result_delivered",
        "archived",
    ]
