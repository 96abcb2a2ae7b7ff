"""A workflow that tries what no workflow may do, and says what was refused."""

import random
import time
import uuid
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

from temporalio import workflow
from temporalio.worker.workflow_sandbox import RestrictedWorkflowAccessError

DEEDS: dict[str, Callable[[], object]] = {
    "date.today": lambda: date.today(),  # noqa: DTZ011, PLW0108 - what is tried
    "datetime.now": lambda: datetime.now(),  # noqa: DTZ005, PLW0108 - what is tried
    "open": lambda: open(__file__).close(),  # noqa: PTH123 - what is tried
    "Path.read_text": lambda: Path(__file__).read_text(encoding="utf-8"),
    "random.random": lambda: random.random(),  # noqa: PLW0108 - what is tried
    "time.time": lambda: time.time(),  # noqa: PLW0108 - what is tried
    "uuid.uuid4": lambda: uuid.uuid4(),  # noqa: PLW0108 - what is tried
}


def refused() -> list[str]:
    """The deeds that are refused here."""
    return [name for name in DEEDS if _is_refused(name)]


@workflow.defn(name="Forbidden")
class ForbiddenWorkflow:
    """Tries everything."""

    @workflow.run
    async def run(self) -> list[str]:
        """Return what was refused."""
        return refused()


def _is_refused(name: str) -> bool:
    try:
        DEEDS[name]()
    except RestrictedWorkflowAccessError:
        return True
    return False
