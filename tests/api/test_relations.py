"""Whoever is close to an applicant has no part in the case, whenever that becomes known."""

from datetime import timedelta
from typing import Any

from sqlalchemy import text
from temporalio.client import Client

from api.app import create_app
from casework.messages.absences import TellRelations
from casework.messages.schedules import RELATIONS
from casework.messages.temporal import TASK_QUEUE
from casework.security.keys.vault import PLAIN
from casework.settings import Settings
from casework.store.engine import Sessions
from tests.api.conftest import caller, no_temporal
from tests.api.live import Backend, Headers
from tests.citizens import citizen
from tests.store.kept import kept_engine


async def opened(backend: Backend, who: str) -> str:
    person = {"name": "张三", "id_number": citizen(who), "phone": "13800001234"}
    return await backend.case(applicant=person)


async def declared(backend: Backend, officer: str, who: str) -> dict[str, Any]:
    body = {"number": citizen(who), "party": "person", "kind": "related"}
    answer = await backend.http.post("/v1/relations", json=body, headers=backend.bearer(officer))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def get(backend: Backend, path: str, officer: str = "ja-s1") -> dict[str, Any]:
    answer = await backend.http.get(path, headers=backend.bearer(officer))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_case_of_a_relation_goes_to_somebody_else_and_says_why(backend: Backend) -> None:
    known = await declared(backend, "ja-o1", "kin")
    assert citizen("kin") not in str(known)
    assert await declared(backend, "ja-o1", "kin") == known
    case_no = await opened(backend, "kin")
    case = await get(backend, f"/v1/cases/{case_no}")
    assert case["holder"] == "ja-o2"
    assert "ja-o1" not in {case["holder"], *(task["backup"] for task in case["tasks"])}
    (officer,) = [each for each in case["shares"] if each["role"] == "officer"]
    assert officer["way_label"] == "岗位指定"
    assert officer["passed"] == [{"person": "ja-o1", "why": "related", "why_label": "回避"}]
    shares = await get(backend, f"/v1/cases/{case_no}/shares")
    assert officer in shares["items"]


async def test_a_relation_declared_late_takes_the_case_away_and_is_ones_own(
    backend: Backend,
) -> None:
    case_no = await opened(backend, "late")
    assert (await get(backend, f"/v1/cases/{case_no}"))["holder"] == "ja-o1"
    known = await declared(backend, "ja-o1", "late")
    # A verb is answered after the signal that came before it.
    refused = await backend.do("ja-o1", case_no, "pre-review", outcome="passed")
    assert refused.json()["code"] in {"RELATION_DECLARED", "NOT_ASSIGNED"}
    assert (await get(backend, f"/v1/cases/{case_no}"))["holder"] == "ja-o2"
    mine = await get(backend, "/v1/relations", "ja-o1")
    assert [each["id"] for each in mine["items"]] == [known["id"]]
    (row,) = mine["items"]
    assert (row["cases"], row["told"]) == (1, 1)
    assert (await get(backend, "/v1/relations", "ja-o2"))["items"] == []
    path = f"/v1/relations/{known['id']}/end"
    other = await backend.http.post(path, headers=backend.bearer("ja-o2"))
    assert other.json()["code"] == "RELATION_NOT_FOUND"
    ended = await backend.http.post(path, headers=backend.bearer("ja-o1"))
    assert ended.json()["ended_at"] is not None


async def waiting(sessions: Sessions) -> int:
    async with sessions() as session:
        found = await session.scalar(text("SELECT count(to_tell_since) FROM relations"))
    return int(found or 0)


async def test_a_relation_declared_while_temporal_is_away_takes_the_case_away_afterwards(  # noqa: PLR0917 - two servers, and an API beside the other
    backend: Backend,
    temporal: Client,
    settings: Settings,
    register_url: str,
    sessions: Sessions,
    bearer: Headers,
) -> None:
    case_no = await opened(backend, "away")
    cut_off = create_app(
        settings,
        connect_temporal=no_temporal,
        open_register=lambda: kept_engine(register_url),
        vault=PLAIN,
    )
    async with cut_off.router.lifespan_context(cut_off), caller(cut_off) as http:
        known = await declared(Backend(http, bearer), "ja-o1", "away")
    assert (await get(backend, f"/v1/cases/{case_no}"))["holder"] == "ja-o1"

    async def as_scheduled(run: int) -> int:
        told: int = await temporal.execute_workflow(
            RELATIONS.workflow,
            TellRelations(),
            id=f"{RELATIONS.name}-{known['id']}-{run}",
            task_queue=TASK_QUEUE,
            result_type=int,
        )
        return told

    assert await as_scheduled(1) == 1
    refused = await backend.do("ja-o1", case_no, "pre-review", outcome="passed")
    assert refused.json()["code"] in {"RELATION_DECLARED", "NOT_ASSIGNED"}
    assert (await get(backend, f"/v1/cases/{case_no}"))["holder"] == "ja-o2"
    # Told again until every case that asked before the declaration is in the register.
    assert await waiting(sessions) == 1
    async with sessions.begin() as session:
        later = "UPDATE relations SET to_tell_since = to_tell_since - INTERVAL '3 minutes'"
        await session.execute(text(later))
    assert [await as_scheduled(run) for run in (2, 3)] == [1, 0]
    assert await waiting(sessions) == 0


async def test_the_schedule_looks_every_five_minutes(temporal: Client) -> None:
    await RELATIONS.keep(temporal)
    schedule = temporal.get_schedule_handle(RELATIONS.name)
    first, second, *_ = (await schedule.describe()).info.next_action_times
    await schedule.delete()
    assert second - first == timedelta(minutes=5)
