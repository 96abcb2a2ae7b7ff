"""A catalogue is published over HTTP, while cases are opened and move on."""

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from temporalio.client import Client

from casework.domain.time.calendar import local_date
from casework.policy.publishing.archive import packed
from casework.policy.publishing.versions import WholeCatalogue, read_whole
from casework.rehearsal.proposed import play_scenarios
from casework.settings import Settings
from casework.store.engine import Sessions
from casework.store.in_force import PublishedCatalogues
from casework.store.materials import MaterialStore
from casework.store.models import Cases
from casework.temporal import data_converter
from tests.api.conftest import api_over
from tests.api.live import TRUST, Backend, Headers, Switch, working
from tests.api.test_problems import assert_problem
from tests.citizens import citizen
from tests.docs.pages import ROOT
from tests.examples import is_night
from tests.insisting import insisted
from tests.publishing.trees import JINGAN, PACKAGED, archive_with, longer_limit
from tests.workflows.ordering import seeded
from workers.starting import publish_first

CASES = 200 if is_night() else 20
ONE_DAY = timedelta(days=1)
ARCHIVES = "/v1/catalogue/archives"
SCENARIO = (ROOT / "tests/scenarios/ems-delivery.yaml").read_bytes()


def today() -> date:
    return local_date(datetime.now(UTC))


@pytest.fixture(autouse=True)
async def _begun(sessions: Sessions, settings: Settings) -> None:
    """The register as the first worker leaves it."""
    await seeded(sessions)
    store = MaterialStore.open(settings.store_url)
    published = PublishedCatalogues(PACKAGED, sessions, store, lambda: datetime.now(UTC))
    await publish_first(sessions, published)


MOVED = """\
name: 在办件改用新政策，告知一次
source: domain.md C.2
given:
  item: PTS_NEW
  district: "310106"
  received_at: 2022-12-28 09:00
  claims: {self_score: 125, application_form_filed: true, employer_reviewed: true, permit_expires_on: "2024-12-31"}
  materials: {all_but: [labour_contract]}
steps:
  - at: 2022-12-29
    do: pre_review
    with: {outcome: faulty}
    expect: {notices: [one_time_notice]}
  - at: 2023-01-03
    order: {kind: move_policy, reason: 新办法施行}
    expect: {notices: [one_time_notice, policy_moved]}
  - at: 2023-01-04
    order: {kind: move_policy, reason: 再次改用}
    expect: {notices: [one_time_notice, policy_moved]}
final: {stage: supplement_due}
""".encode()  # noqa: E501 - a line of YAML


async def send(backend: Backend, content: bytes, by: str = "sh-u1") -> httpx.Response:
    headers = backend.bearer(by) | {"content-type": "application/zip"}
    return await backend.http.post(ARCHIVES, content=content, headers=headers)


def publishing(digest: str, first_on: date) -> dict[str, Any]:
    return {
        "kind": "publish_catalogue",
        "digest": digest,
        "first_on": str(first_on),
        "reason": "新办法施行",
    }


async def proposed(backend: Backend, whole: WholeCatalogue, first_on: date) -> str:
    """The address of the order."""
    kept = await send(backend, whole.archive.content)
    assert (kept.status_code, kept.json()["digest"]) == (201, whole.digest)
    order = await backend.post("sh-u1", "/v1/orders", publishing(whole.digest, first_on))
    assert order.status_code == 201, order.text
    return str(order.headers["location"])


@pytest.fixture
async def other(
    settings: Settings, temporal: Client, register_url: str, bearer: Headers
) -> AsyncIterator[Backend]:
    """A second API."""
    async with api_over(settings, temporal, register_url) as http:
        yield Backend(http, bearer)


async def test_version_published_while_cases_open_and_move(
    backend: Backend, other: Backend, temporal: Client, sessions: Sessions, settings: Settings
) -> None:
    newer = longer_limit(3, today() + 2 * ONE_DAY)
    place = await proposed(backend, newer, today())
    apis, opened, approved = (backend, other), list[tuple[str, str]](), asyncio.Event()
    at_half = asyncio.Event()

    async def open_one(number: int) -> None:
        if number >= CASES // 2:
            await at_half.wait()
        api = apis[number % 2]
        asked = "before" if number < CASES // 2 else "after" if approved.is_set() else "between"
        case_no = await opened_by(api, number)
        if asked == "before" and at_half.is_set():
            asked = "between"
        opened.append((case_no, asked))
        if len(opened) == CASES // 2:
            at_half.set()
        beside = apis[1 - number % 2]
        taken = await insisted(
            lambda: beside.do("ja-o1", case_no, "pre-review", key=f"p-{number}", outcome="passed")
        )
        assert taken.status_code in {200, 202}, taken.text

    async def publish() -> None:
        await at_half.wait()
        answer = await insisted(
            lambda: other.post("sh-u2", f"{place}/approve", key="p-yes"), also=[HTTPStatus.ACCEPTED]
        )
        assert answer.status_code == 200, answer.text
        approved.set()

    async with AsyncExitStack() as second, asyncio.TaskGroup() as group:
        client = await another(temporal)
        await second.enter_async_context(working(client, Switch(sessions), sessions, settings))
        group.create_task(publish())
        for number in range(CASES):
            group.create_task(open_one(number))
        await at_half.wait()
        await second.aclose()  # it is gone while cases are under way
    last = [(await opened_by(api, number), "after") for number, api in enumerate(apis, CASES)]
    async with sessions() as session:
        found = {row.case_no: row.catalogue for row in await session.scalars(select(Cases))}
    of = {"before": {PACKAGED.digest}, "after": {newer.digest}}
    for case_no, asked in (*opened, *last):
        assert found[case_no] in of.get(asked, {PACKAGED.digest, newer.digest}), asked
    assert len(found) == CASES + 2
    assert {held["digest"] for held in [await holds(api) for api in apis]} == {newer.digest}


async def opened_by(api: Backend, number: int) -> str:
    """A case of that number's person, however often the same has to be sent."""
    person = {"name": "张三", "id_number": citizen(f"p-{number}"), "phone": "13800001234"}
    body = await api.submission(applicant=person)
    answer = await insisted(
        lambda: api.post("backend", "/v1/applications", body), also=[HTTPStatus.ACCEPTED]
    )
    assert answer.is_success, answer.text
    return str(answer.json()["case_no"])


async def another(client: Client) -> Client:
    """A connection of its own, as each process has."""
    return await Client.connect(
        client.service_client.config.target_host,
        data_converter=data_converter,
        interceptors=[TRUST.signing],
    )


async def holds(api: Backend) -> dict[str, Any]:
    return dict((await api.get("ja-s1", "/v1/catalogue")).json())


async def test_what_changes_is_told_before_and_listed_after(backend: Backend) -> None:
    case_no = await backend.case()
    newer, first_on = longer_limit(4, today() + 2 * ONE_DAY), today() + ONE_DAY
    assert (await send(backend, newer.archive.content)).status_code == 201
    order = publishing(newer.digest, first_on)
    answer = await backend.post("sh-u1", "/v1/orders/preview", order)
    preview = answer.json()
    assert preview["without_superior"] == []
    (told,) = preview["differences"]
    assert (told["district"], told["code"], told["how"]) == ("310106", "PTS_NEW", "longer")
    assert "延长为4个工作日" in told["text"]
    assert preview["open_cases"] == [
        {"district": "310106", "item": "PTS_NEW", "cases": 1, "examples": [case_no]}
    ]
    place = await proposed(backend, newer, first_on)
    alone = await backend.post("sh-u1", f"{place}/approve")
    assert (alone.status_code, assert_problem(alone)["code"]) == (403, "FOUR_EYES")
    assert (await backend.post("sh-u2", f"{place}/approve")).status_code == 200
    versions = (await backend.get("ja-s1", "/v1/catalogue/versions")).json()["items"]
    assert [(each["number"], each["digest"]) for each in versions] == [
        (2, newer.digest),
        (1, PACKAGED.digest),
    ]
    shown = (await backend.get("sh-u1", f"/v1/applications/{case_no}")).json()
    assert shown["catalogue"] == PACKAGED.digest
    later = await backend.get("ja-o1", "/v1/items/PTS_NEW", district="310106", on=str(first_on))
    assert later.status_code == 200
    exported = await backend.get("ja-s1", f"{ARCHIVES}/{newer.digest}")
    assert exported.content == newer.archive.content


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as whole:
        for name, content in files.items():
            whole.writestr(name, content)
    return buffer.getvalue()


async def test_what_may_not_be_sent_or_proposed(backend: Backend) -> None:
    broken = archive_with({JINGAN: ("value: 2}", "value: two}")}).content
    half = zipped({n: c for n, c in PACKAGED.files.items() if n != "vocabulary.yaml"})
    unwritten = archive_with({"letters/310106.yaml": ("静人才", "静人才\U0001f600")}).content
    for content in (broken, half, unwritten, b"no archive"):
        refused = await send(backend, content)
        assert (refused.status_code, assert_problem(refused)["code"]) == (422, "CATALOGUE_INVALID")
    assert (await send(backend, PACKAGED.archive.content, by="ja-o1")).status_code == 403
    past = longer_limit(4, today() - ONE_DAY)
    assert (await send(backend, past.archive.content)).status_code == 201
    for digest, code in (
        (past.digest, "EDITS_THE_PAST"),
        (PACKAGED.digest, "CATALOGUE_UNCHANGED"),
        ("0" * 64, "CATALOGUE_UNKNOWN"),
        ("nothing", "DIGEST_INVALID"),
    ):
        answer = await backend.post("sh-u1", "/v1/orders", publishing(digest, today() + ONE_DAY))
        assert (answer.status_code, assert_problem(answer)["code"]) == (422, code)
    assert (await backend.get("sh-u1", "/v1/orders")).json()["items"] == []


@pytest.mark.parametrize("met", [True, False])
def test_scenarios_of_a_catalogue_are_played_by_its_own_rules(met: bool) -> None:
    text = SCENARIO if met else SCENARIO.replace(b"steps:", b"steps: no\nothers:", 1)
    archive = packed({**PACKAGED.files, "scenarios/ems.yaml": text})
    unmet = play_scenarios(replace(PACKAGED, archive=archive, digest=archive.digest))
    assert bool(unmet) is not met, unmet


@pytest.mark.parametrize("told", [True, False])
def test_people_are_told_of_a_move_where_the_policy_says_so(told: bool) -> None:
    says = (
        "moves:\n  PTS_NEW:\n    - {from: 2023-01-01, value: true, reference: 示例, mark: source}\n"
    )
    files = {**PACKAGED.files, "scenarios/moved.yaml": MOVED}
    if told:
        jingan = "letters/310106.yaml"
        files[jingan] = files[jingan] + says.encode()
    whole = read_whole(packed(files))
    assert (play_scenarios(whole) == ()) is told
    assert not whole.letters.tells_of_moves("310106", "PTS_NEW", date(2022, 12, 31))
    assert not whole.letters.tells_of_moves("310115", "PTS_NEW", date(2023, 1, 3))


async def test_without_a_player_scenarios_are_refused(backend: Backend) -> None:
    content = packed({**PACKAGED.files, "scenarios/ems.yaml": SCENARIO}).content
    refused = await send(backend, content)
    assert (refused.status_code, assert_problem(refused)["code"]) == (422, "SCENARIOS_NOT_MET")
