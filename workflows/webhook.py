"""The Webhook workflow: tells a system what happens in its cases, for as long as it wants that."""

import asyncio
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError

from activities.webhooks import WebhookActivities
from casework.messages.webhooks import LOOK, WORKFLOW, Deliver, StartWebhook, WebhookStatus
from workflows.options import told_on
from workflows.verbs import BegunByOne


@workflow.defn(name=WORKFLOW)
class WebhookWorkflow(BegunByOne):
    """Ends with the webhook. What is wanted and how far it was told stands in the register."""

    @workflow.init
    def __init__(self, start: StartWebhook) -> None:
        self._start = start
        self._looks = 0

    @workflow.run
    async def run(self, start: StartWebhook) -> None:
        """Tell on; while the webhook is paused, wait until somebody wants it to look."""
        while True:
            seen = self._looks
            status = await self._deliver()
            if status is WebhookStatus.ENDED:
                return
            if status is not WebhookStatus.ACTIVE:
                await self._looked_after(seen)
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(start)

    @workflow.signal(name=LOOK, description="登记有变，立即查看")
    async def look(self, payload: Any = None, *rest: Any) -> None:  # noqa: ANN401 - whatever comes
        """Try at once, whether it waits for the receiver or for somebody."""
        del payload, rest
        self._looks += 1

    async def _deliver(self) -> WebhookStatus:
        """Have the receiver told; a signal ends the wait for one that takes nothing."""
        telling = workflow.start_activity_method(
            WebhookActivities.deliver, Deliver(webhook=self._start.id), **told_on("推送办件变化")
        )
        waking = asyncio.create_task(self._looked_after(self._looks))
        await workflow.wait([telling, waking], return_when=asyncio.FIRST_COMPLETED)
        waking.cancel()
        woken = not telling.done()
        if woken:
            telling.cancel()
        try:
            delivered = await telling
        except ActivityError:
            if not woken:
                raise
            return WebhookStatus.ACTIVE  # however it ended: it is not tried again by itself
        workflow.set_current_details(f"状态：{delivered.status.label}")
        return delivered.status

    async def _looked_after(self, seen: int) -> None:
        await workflow.wait_condition(lambda: self._looks > seen)
