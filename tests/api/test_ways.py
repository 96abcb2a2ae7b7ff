"""The ways of docs/architecture.md, gone: all that it names is on them, and they stay short."""

import asyncio
from datetime import UTC, datetime

from casework.domain.time.calendar import local_date
from casework.store.engine import Sessions
from tests.api.live import Backend
from tests.api.test_orders import CLOSURE, approved, proposed
from tests.citizens import citizen
from tests.ways import Walk, described
from tests.workflows.ordering import seeded


async def opened(backend: Backend, who: str, *, lacking: int = 0) -> str:
    person = {"name": "张三", "id_number": citizen(who), "phone": "13800001234"}
    materials = (await backend.submission())["materials"]
    return await backend.case(applicant=person, materials=materials[lacking:])


async def test_a_submission(walk: Walk, backend: Backend) -> None:
    await opened(backend, "before")  # what is built once for all cases is built
    with walk.on():
        await opened(backend, "then")
    assert described("A submission") <= walk.files
    assert len(walk.files) <= 126, sorted(walk.files)


async def test_accept(walk: Walk, backend: Backend) -> None:
    for who in ("before", "then"):
        case_no = await opened(backend, who)
        await backend.do("ja-o1", case_no, "pre-review", outcome="passed")
        if who == "before":
            await backend.do("ja-o1", case_no, "accept")
    with walk.on():
        answer = await backend.do("ja-o1", case_no, "accept")
    assert answer.status_code == 200, answer.text
    assert described("`accept`") <= walk.files
    assert len(walk.files) <= 108, sorted(walk.files)


async def test_a_suspension_to_a_rearmed_clock(
    walk: Walk, backend: Backend, sessions: Sessions
) -> None:
    await seeded(sessions)
    case_no = await opened(backend, "then", lacking=2)
    today = local_date(datetime.now(UTC)).isoformat()
    closing = await proposed(backend, CLOSURE | {"first_on": today})
    await approved(backend, closing)
    assert (
        await backend.do("ja-o1", case_no, "pre-review", outcome="faulty")
    ).is_success  # it looks, and disarms
    lift = {"kind": "lift_suspension", "suspension": closing, "lifted_on": today}
    with walk.on():
        await approved(backend, await proposed(backend, lift | {"reason": "解封"}))
        while (await backend.titles(case_no)).count("time_noted") < 2:
            await asyncio.sleep(0.05)
    assert described("A suspension to a re-armed clock") <= walk.files
    assert len(walk.files) <= 125, sorted(walk.files)
