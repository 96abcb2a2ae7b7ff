"""Letters on Temporal: one that waits for the city's seal."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from activities import notices
from bench.cases import STEPS
from bench.cases import Office as Backend
from casework.messages.cases import Receipt
from casework.messages.temporal import TASK_QUEUE
from casework.policy.letters import LetterRule
from casework.rehearsal.world import Office, time_skipping
from casework.store import queries
from casework.store.documents import Documents, Made, SealAwayError
from casework.store.engine import Sessions
from tests.workflows.conftest import Begun, Bench


class AwayAtFirst:
    """Documents whose seal does not answer the first few times."""

    def __init__(self, times: int) -> None:
        self.times = times

    async def make(self, case_no: str, seq: int, *_: Any) -> Made:
        if self.times:
            self.times -= 1
            raise SealAwayError("ConnectError")
        return Made(
            number="静人才〔2026〕受理1号",
            name=f"{case_no}-{seq}.pdf",
            content=b"%PDF-1.7 sealed",
            signature=b"",
            link="https://casework.example",
            check="https://casework.example",
            rule=LetterRule(word="静人才", series="受理", title="受理通知书"),
        )

    async def kept(self, *_: Any) -> None:
        """These letters are in no register."""


async def test_a_letter_waits_for_the_seal_with_one_task_that_closes_by_itself(
    office: Office, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "SEAL_WITHIN", timedelta())
    documents = cast("Documents", AwayAtFirst(2))
    parts = replace(office.parts, notices=replace(office.parts.notices, documents=documents))
    begun = Begun()
    async with time_skipping(replace(office, parts=parts), interceptors=[begun]) as environment:
        backend = Backend(environment.client, TASK_QUEUE, "sealed-later")
        bench = Bench(environment, backend, sessions)
        handle = await backend.submit(1)
        for verb, command in STEPS[:2]:
            await handle.execute_update(verb, command, result_type=Receipt)
        await bench.rest(handle)
        kinds = await bench.kinds(handle)
        async with sessions() as session:
            told = await queries.notices(session, backend.opening(1).case_no)
        await begun.replay(environment.client)
    assert [each for each in kinds if each.startswith("trouble")] == [
        "trouble_met",
        "trouble_resolved",
    ]
    assert [each.status for each in told] == ["sent"]
