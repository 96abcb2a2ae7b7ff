"""A worker is ready while it asks for work, and no longer."""

import asyncio
import shutil
import socket
import sysconfig
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from casework.local.devstack import part
from casework.messages.temporal import TASK_QUEUE
from casework.settings import Settings
from casework.temporal import data_converter
from tests.stack.nothing import NothingWorkflow

SHORT_POLLS = ("--dynamic-config-value", 'matching.longPollExpirationInterval="1s"')
BEFORE_ALL = datetime.min.replace(tzinfo=UTC)


async def test_worker_that_no_longer_asks_for_tasks_is_not_ready(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(part, "POLLED_WITHIN", timedelta(seconds=4))
    here = part.worker_polls(settings, host=socket.gethostname())
    elsewhere = part.worker_polls(settings, host="elsewhere.example.com")
    async with await WorkflowEnvironment.start_local(
        data_converter=data_converter,
        dev_server_existing_path=shutil.which("temporal", path=sysconfig.get_path("scripts")),
        dev_server_extra_args=SHORT_POLLS,
    ) as environment:
        client = environment.client
        monkeypatch.setenv("TEMPORAL_ADDRESS", client.service_client.config.target_host)
        async with Worker(
            client,
            task_queue=TASK_QUEUE,
            workflows=[NothingWorkflow],
            workflow_runner=UnsandboxedWorkflowRunner(),
        ):
            while not await here(BEFORE_ALL):
                await asyncio.sleep(0.1)
            assert not await elsewhere(BEFORE_ALL)
            assert not await here(datetime.now(UTC) + timedelta(minutes=1)), "begun after that"
        while await here(BEFORE_ALL):
            await asyncio.sleep(0.1)
