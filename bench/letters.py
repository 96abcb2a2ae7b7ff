"""Letters: how many documents a second, and what a letter adds to a case.

``python -m bench.letters 12`` measures with so many cases a round.
"""

import asyncio
import sys
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

from rich.console import Console
from sqlalchemy import select
from temporalio.client import WorkflowHandle
from temporalio.worker import Worker

from bench.cases import Office
from bench.floor import CASES_A_ROUND, ROUNDS, rate_of, share_of, size_of
from bench.stack import Stack, running_stack
from casework.messages.cases import Outcome
from casework.store.documents import Documents
from casework.store.models import Notices
from workers.main import WORKFLOWS, build_parts
from workers.sandbox import sandbox

_FIELDS = {
    "accepted": {"accepted_on": "2026-09-17"},
    "result_ready": {"method": "self_print"},
}
"""The letters of the straight path, and what they say beside what every letter says."""
_EVERY = {"item": "居住证积分新办", "office": "静安区人才服务中心", "on": "2026-09-17"}


@dataclass(frozen=True, kw_only=True)
class LetterCosts:
    """Rates are for ratios only. ``…_ratio``: cases a second, as a share of the other sort.

    ``letters_per_s``: numbered, rendered, noted and kept, but not sent, twelve at once.
    """

    letters_per_s: float
    letter_case_ratio: float
    letter_document_ratio: float
    events_per_letter: float


async def measure(run: str, cases: int = CASES_A_ROUND) -> LetterCosts:
    """Alternate rounds of cases with letters, with letters without document, and without any.

    The first round is dropped (warm-up); medians.
    """
    async with running_stack() as stack, _queues(stack) as documents:
        sorts = {
            "documents": _office(stack, "bench-letters", run, told=True),
            "texts": _office(stack, "bench-texts", run, told=True),
            "none": _office(stack, "bench-texts", run, told=False),
        }
        rates: dict[str, list[float]] = {name: [] for name in sorts}
        for number in range(ROUNDS + 1):
            for place, (name, one) in enumerate(sorts.items()):
                first = (number * len(sorts) + place) * cases
                rates[name].append(await rate_of(one, first, cases))
        events = {name: (await size_of(stack.client, await sorts[name](10**7 + at)))[0]
                  for at, name in enumerate(("texts", "none"))}  # fmt: skip
        measured = {name: each[1:] for name, each in rates.items()}
        return LetterCosts(
            letters_per_s=await _made(stack, documents),
            letter_case_ratio=share_of(measured["documents"], measured["none"]),
            letter_document_ratio=share_of(measured["documents"], measured["texts"]),
            events_per_letter=(events["texts"] - events["none"]) / len(_FIELDS),
        )


@asynccontextmanager
async def _queues(stack: Stack) -> AsyncIterator[Documents]:
    """A worker that makes documents, and one that sends the text alone."""
    async with build_parts(stack.settings) as parts:
        bare = replace(parts, notices=replace(parts.notices, documents=None))
        documents = parts.notices.documents
        if documents is None:
            raise RuntimeError("a worker without documents")

        def worker(queue: str, activities: list[Any]) -> Worker:
            return Worker(
                stack.client,
                task_queue=queue,
                workflows=WORKFLOWS,
                activities=activities,
                workflow_runner=sandbox(),
            )

        async with (
            worker("bench-letters", [*parts.activities]),
            worker("bench-texts", [*bare.activities]),
        ):
            yield documents


def _office(
    stack: Stack, queue: str, run: str, *, told: bool
) -> Callable[[int], Awaitable[WorkflowHandle[Any, Outcome]]]:
    office = Office(stack.client, queue, run, told=told)

    async def one(number: int) -> WorkflowHandle[Any, Outcome]:
        return await office.see_through(number)

    return one


async def _made(stack: Stack, documents: Documents) -> float:
    """Documents a second, of letters that were sent without one."""
    known = select(Notices.case_no, Notices.seq, Notices.template).order_by(Notices.key)
    async with stack.register() as opened, opened() as session:
        found = [row for row in await session.execute(known) if row.template in _FIELDS]

    async def make(number: int) -> object:
        row = found[number]
        fields = _EVERY | _FIELDS[row.template]
        return await documents.make(row.case_no, row.seq, row.template, fields)

    half = len(found) // 2
    await rate_of(make, 0, min(half, 24))  # warm-up: fonts are read once
    return await rate_of(make, half, len(found) - half)


if __name__ == "__main__":
    told = asyncio.run(
        measure(uuid.uuid4().hex[:8], int(sys.argv[1]) if len(sys.argv) > 1 else CASES_A_ROUND)  # noqa: TID251 - one name for this measurement
    )
    Console().print(asdict(told))
