"""The fake town's databases: a made-up rule, what tests tell them, and the same key twice."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from casework.local.town import TownSettings, running_town
from tests.town.visitor import Visitor

QUESTION = {
    "case_no": "500103-88FF-8418-WG9Q",
    "source": "employment",
    "id_number": "310101199003071230",
    "employer": "91310106MA1FY7XX05",
}


@pytest.fixture
async def visitor(tmp_path: Path) -> AsyncIterator[Visitor]:
    async with (
        running_town(TownSettings(folder=tmp_path)) as town,
        httpx.AsyncClient(trust_env=False) as http,
    ):
        yield Visitor(http, town.http_url)


async def ask(visitor: Visitor, key: str = "1", **other: str) -> Any:
    return (await visitor.post("/data-checks", QUESTION | other, key)).json()


@pytest.mark.parametrize(
    ("id_number", "outcome", "note"),
    [
        ("310101199003071230", "confirmed", ""),
        ("810000199003071237", "contradicted", "employer_differs"),
        ("11010519491231002X", "unknown", "no_record"),
    ],
)
async def test_number_decides(visitor: Visitor, id_number: str, outcome: str, note: str) -> None:
    answer = await ask(visitor, id_number=id_number)
    assert answer == {"outcome": outcome, "note": note}


async def test_source_says_what_it_was_told(visitor: Visitor) -> None:
    told = {"outcome": "contradicted", "note": "not_current"}
    lever = "/data-checks/answers"
    await visitor.post(lever, {"source": "employment", "case_no": QUESTION["case_no"], **told})
    await visitor.post(lever, {"source": "credit", "outcome": "unknown"})

    assert await ask(visitor) == told
    assert (await ask(visitor, "2", source="credit", case_no="x"))["outcome"] == "unknown"
    assert (await ask(visitor, "3", case_no="x"))["outcome"] == "confirmed"


async def test_same_key_gets_the_same_answer_whatever_is_told_later(visitor: Visitor) -> None:
    first = await ask(visitor)
    await visitor.post("/data-checks/answers", {"source": "employment", "outcome": "unknown"})
    assert await ask(visitor) == first
    assert (await ask(visitor, "another key"))["outcome"] == "unknown"


async def test_planned_fault_loses_the_answer_only(visitor: Visitor) -> None:
    await visitor.plan_fault("/data-checks", 503, after_effect=True)
    with pytest.raises(httpx.HTTPStatusError, match="503"):
        await ask(visitor)
    await visitor.post("/data-checks/answers", {"source": "employment", "outcome": "unknown"})
    assert (await ask(visitor))["outcome"] == "confirmed"


@pytest.mark.parametrize("wrong", [{"source": "tax"}, {"id_number": None}])
async def test_question_that_is_none_is_refused(visitor: Visitor, wrong: dict[str, Any]) -> None:
    reply = await visitor.http.post(
        f"{visitor.url}/data-checks", json=QUESTION | wrong, headers={"Idempotency-Key": "1"}
    )
    assert reply.status_code == 422
    assert (await visitor.http.post(f"{visitor.url}/data-checks", json=QUESTION)).status_code == 422
