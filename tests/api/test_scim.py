"""A city's directory keeps the staff by SCIM: asked by a real client, checked against the RFCs."""

import asyncio
import hashlib
import itertools
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import Field
from scim2_client import BaseSyncSCIMClient
from scim2_client.engines.asgi import ASGISCIMClient
from scim2_models import (
    Mutability,
    PatchOp,
    Required,
    SCIMException,
    ScimProvider,
    SearchRequest,
    User,
)
from scim2_tester import Status, check_server
from temporalio.client import Client

from api.app import create_app
from api.routes.scim import CONFIG, PROVIDER, DirectoryGroup, DirectoryUser
from casework.domain.time.calendar import local_date
from casework.policy.staffing import of_files, staff
from casework.security.keys.vault import PLAIN
from casework.settings import Settings
from casework.store.engine import Sessions
from casework.store.register.staff import following_staff, read_staff, staff_watch
from tests.api.conftest import caller
from tests.api.live import Backend, Headers, Switch
from tests.api.test_problems import assert_problem
from tests.publishing.trees import PACKAGED
from tests.store.kept import kept_engine
from workers.starting import bring_in_staff

BASE = "http://casework/scim/v2"
PLACE = "310106"
OFFICER, REVIEWER = f"officer@{PLACE}", f"reviewer@{PLACE}"
TOKEN, CITY_TOKEN = "a-token-of-the-directory", "a-token-of-the-city"
NOW = datetime.now(UTC)
_codes = map("scim-{}".format, itertools.count(1))


@pytest.fixture(autouse=True)
async def _staffed(sessions: Sessions) -> AsyncIterator[None]:
    await bring_in_staff(sessions, of_files(), NOW)
    async with following_staff(staff_watch(sessions)):
        yield


def bearer_of(token: str = TOKEN) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@dataclass
class Kept:
    """An API to which directories may write."""

    app: FastAPI
    backend: Backend
    scim: ASGISCIMClient
    sessions: Sessions

    async def raw(self, method: str, path: str, **said: Any) -> httpx.Response:
        headers = bearer_of() | said.pop("headers", {})
        return await self.backend.http.request(method, f"/scim/v2{path}", headers=headers, **said)

    async def user(self, **said: Any) -> Any:
        return await self.scim.create(DirectoryUser(user_name=next(_codes), **said))

    async def group(self, name: str, *members: Any) -> Any:
        """The group of that name with these members, made or changed."""
        asked: SearchRequest[Any] = SearchRequest(filter=f'displayName eq "{name}"')
        found: Any = await self.scim.query(DirectoryGroup, query_parameters=asked)
        theirs = [{"value": each.id} for each in members]
        if not found.resources:
            return await self.scim.create(DirectoryGroup(display_name=name, members=theirs))
        return await self.patch(found.resources[0], "add", "members", theirs)

    async def patch(self, resource: Any, op: str, path: str, value: Any = None) -> Any:
        said = {"op": op, "path": path} | ({} if value is None else {"value": value})
        of_person = isinstance(resource, DirectoryUser)
        operations: Any = PatchOp[DirectoryUser] if of_person else PatchOp[DirectoryGroup]
        operations = operations(operations=[said])
        return await self.scim.modify(type(resource), resource.id, operations)

    async def proposed(self) -> list[dict[str, Any]]:
        listed = await self.backend.get("ja-s1", "/v1/orders", status="proposed", size=200)
        return [
            each for each in listed.json()["items"] if each["proposed_by"] == "scim.directory-ja"
        ]

    async def approve(self) -> None:
        """A second person approves what is proposed, if anything is."""
        for order in await self.proposed():
            answer = await self.backend.post("sh-u1", f"/v1/orders/{order['no']}/approve")
            assert answer.status_code == 200, answer.text

    async def roster(self) -> set[tuple[str, str]]:
        """Who holds which post today, of the people of the directory."""
        today = local_date(datetime.now(UTC))
        async with self.sessions() as session:
            day = (await read_staff(session)).on(today)
        theirs = [post for post in day.posts if post.person.startswith("scim-")]
        return {(post.person, f"{post.role.value}@{post.place}") for post in theirs}


def _catalogue_with(policy: str, folder: Path) -> Path:
    for name, content in {**PACKAGED.files, f"sharing/{PLACE}.yaml": policy.encode()}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
async def kept(  # noqa: PLR0917 - fixtures
    settings: Settings,
    temporal: Client,
    register_url: str,
    switch: Switch,
    bearer: Headers,
    sessions: Sessions,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> AsyncIterator[Kept]:
    """``param``: what the office's own catalogue says of sharing out in the district."""
    said = {"scim_file": tmp_path / "directories.yaml", "api_public_url": "http://casework"}
    if policy := getattr(request, "param", ""):
        said["catalogue"] = str(_catalogue_with(policy, tmp_path / "catalogue"))
    file = tmp_path / "directories.yaml"
    digests = [hashlib.sha256(token.encode()).hexdigest() for token in (TOKEN, CITY_TOKEN)]
    file.write_text(
        "directories:\n"
        f'  directory-ja: {{place: "{PLACE}", token_sha256: "{digests[0]}"}}\n'
        f'  directory-sh: {{place: "310000", token_sha256: "{digests[1]}"}}\n'
    )

    async def connected() -> Client:
        return temporal

    app = create_app(
        settings.model_copy(update=said),
        connect_temporal=connected,
        open_register=lambda: kept_engine(register_url),
        vault=PLAIN,
    )
    async with app.router.lifespan_context(app), caller(app) as http:
        scim = ASGISCIMClient(app, base_url=BASE, headers=bearer_of(), provider=PROVIDER)
        yield Kept(app, Backend(http, bearer), scim, sessions)


async def test_a_directory_has_someone_begin_change_and_leave(kept: Kept) -> None:
    person = await kept.user(external_id="x-1")
    assert await kept.proposed() == []  # a person without a group holds no post
    await kept.group(OFFICER, person)
    reviewers = await kept.group(REVIEWER, person)
    [order] = await kept.proposed()  # one proposal, however many calls there were
    assert {(p["person"], p["role"]) for p in order["body"]["posts"]} == {
        (person.user_name, "officer"), (person.user_name, "reviewer"),
    }  # fmt: skip
    assert await kept.roster() == set()  # nothing holds before another person approves
    await kept.approve()
    assert await kept.roster() == {(person.user_name, OFFICER), (person.user_name, REVIEWER)}

    await kept.patch(reviewers, "remove", f'members[value eq "{person.id}"]')
    await kept.approve()
    assert await kept.roster() == {(person.user_name, OFFICER)}

    await kept.patch(person, "replace", "active", value=False)
    [order] = await kept.proposed()
    assert [each["person"] for each in order["body"]["leave"]] == [person.user_name]
    await kept.approve()
    assert await kept.roster() == set()


AT_ONCE = """\
items: {}
directory_leavers:
  - {from: 2020-01-01, value: true, reference: 内部设定, mark: proposal}
"""


@pytest.mark.parametrize("kept", [pytest.param(AT_ONCE, id="at-once")], indirect=True)
@pytest.mark.parametrize(
    ("how", "who"), [("PATCH", "ja-o1"), ("PUT", "ja-o2"), ("DELETE", "ja-r1")]
)
async def test_where_the_policy_says_so_who_leaves_does_so_at_once(
    kept: Kept, how: str, who: str
) -> None:
    """What begins or ends besides waits for another person all the same."""
    case_no = await kept.backend.case()
    leaver = await kept.scim.create(DirectoryUser(user_name=who))
    newcomer = await kept.user()
    await kept.group(f"head@{PLACE}", leaver, newcomer)
    assert len(await kept.proposed()) == 1

    operations = [{"op": "Replace", "path": "active", "value": "False"}]  # as Entra ID writes it
    said = {
        "PATCH": {"schemas": [str(PatchOp.__schema__)], "Operations": operations},
        "PUT": {"schemas": [str(User.__schema__)], "userName": who, "active": False},
        "DELETE": None,
    }[how]
    answer = await kept.raw(how, f"/Users/{who}", json=said)
    assert answer.is_success, answer.text

    [still] = await kept.proposed()
    assert [post["person"] for post in still["body"]["posts"]] == [newcomer.user_name]
    assert still["body"]["leave"] == []
    listed = (await kept.backend.get("ja-s1", "/v1/orders", size=200)).json()["items"]
    [gone] = [each for each in listed if each["body"]["leave"]]
    assert (gone["proposed_by"], gone["decided_by"]) == ("scim.directory-ja", "scim.directory-ja")
    while (shut := await kept.backend.get(who, "/v1/tasks")).status_code == 200:
        await asyncio.sleep(0.05)  # the API looks each second
    assert (shut.status_code, shut.json()["code"]) == (403, "NO_POST_TODAY")
    shown = f"/v1/applications/{case_no}"
    while (await kept.backend.get("ja-s1", shown)).json()["holder"] == who:
        await asyncio.sleep(0.05)


async def test_who_has_other_posts_by_hand_keeps_them(kept: Kept) -> None:
    """The directory ends what it has a group for; a post of another role is the office's."""
    await kept.scim.create(DirectoryUser(user_name="ja-r1"))
    await kept.group(f"head@{PLACE}")
    assert await kept.proposed() == []
    group = await kept.group(REVIEWER, (await kept.user()))
    [order] = await kept.proposed()
    assert [each["post"] for each in order["body"]["ends"]] == [
        post.id for post in staff().posts if post.person == "ja-r1"
    ]
    await kept.patch(group, "add", "members", [{"value": "ja-r1"}])
    [order] = await kept.proposed()
    assert order["body"]["ends"] == []
    for each in (await kept.scim.query(DirectoryUser)).resources:  # type: ignore[union-attr]
        await kept.scim.delete(DirectoryUser, each.id)
    await kept.scim.delete(DirectoryGroup, group.id)


async def test_names_and_addresses_are_not_kept(kept: Kept) -> None:
    code = next(_codes)
    body = {
        "schemas": [str(User.__schema__)],
        "userName": code,
        "name": {"familyName": "某", "givenName": "某某"},
        "displayName": "某某某",
        "emails": [{"value": "somebody@example.com", "primary": True}],
    }
    made = await kept.raw("POST", "/Users", json=body)
    assert made.status_code == 201, made.text
    assert made.headers["content-type"] == "application/scim+json"
    assert made.headers["etag"] == made.json()["meta"]["version"] == 'W/"1"'
    assert "某" not in made.text and "example.com" not in made.text  # noqa: PT018
    patch = {
        "schemas": [str(PatchOp.__schema__)],
        "Operations": [
            {"op": "Replace", "path": "name.familyName", "value": "某"},
            {"op": "Replace", "value": {"externalId": "e-1", "title": "某"}},
        ],
    }
    changed = await kept.raw("PATCH", f"/Users/{code}", json=patch)
    assert (changed.status_code, changed.json()["externalId"]) == (200, "e-1"), changed.text
    assert "某" not in changed.text
    for wrong in ("王小明", "110101199003070000", "13800000000", "a b", "x" * 101, ""):
        refused = await kept.raw("POST", "/Users", json=body | {"userName": wrong})
        assert refused.status_code == 400, (wrong, refused.text)
        assert refused.json()["scimType"] == "invalidValue"
        assert wrong == "" or wrong not in refused.text


async def test_it_is_found_by_filter_and_page_and_seen_before_it_is_changed(kept: Kept) -> None:
    people = [await kept.user(external_id=f"ext-{number}") for number in range(5)]
    for asked in (f'userName eq "{people[2].user_name}"', 'externalId eq "ext-2"'):
        found: Any = await kept.scim.query(
            DirectoryUser, query_parameters=SearchRequest(filter=asked)
        )
        assert [each.id for each in found.resources] == [people[2].id]
    paged: list[str] = []
    while True:
        asked_page: SearchRequest[Any] = SearchRequest(
            start_index=len(paged) + 1, count=2, sort_by="userName"
        )
        page: Any = await kept.scim.query(DirectoryUser, query_parameters=asked_page)
        paged += [each.id for each in page.resources or ()]
        if not page.resources:
            break
    assert paged == sorted({each.id for each in people})
    path, schemas = f"/Users/{people[0].id}", [str(User.__schema__)]
    body = {"schemas": schemas, "userName": people[0].user_name, "active": False}
    changed = await kept.raw("PUT", path, json=body, headers={"If-Match": 'W/"1"'})
    assert (changed.status_code, changed.headers["etag"]) == (200, 'W/"2"')
    late = await kept.raw("PUT", path, json=body, headers={"If-Match": 'W/"1"'})
    assert (late.status_code, late.json()["status"]) == (412, "412")
    same = await kept.raw("GET", path, headers={"If-None-Match": 'W/"2"'})
    assert same.status_code == 304
    with pytest.raises(SCIMException):  # the same code again
        await kept.scim.create(DirectoryUser(user_name=people[1].user_name))


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("officer@310104", "OTHER_DISTRICT"),
        ("officer@150102", "OTHER_CITY"),
        ("superior@310000", "OTHER_DISTRICT"),
        ("liaison@310106", "GROUP_UNKNOWN"),
        ("Everyone", "GROUP_UNKNOWN"),
        ("officer@310106/", "GROUP_UNKNOWN"),
    ],
)
async def test_a_directory_is_bound_to_its_place(kept: Kept, name: str, code: str) -> None:
    body = {"schemas": [str(DirectoryGroup.__schema__)], "displayName": name}
    refused = await kept.raw("POST", "/Groups", json=body)
    status = 403 if code == "OTHER_DISTRICT" else 400
    assert (refused.status_code, refused.json()["detail"].split(":")[0]) == (status, code)


async def test_without_a_token_of_its_own_nothing_is_told(
    kept: Kept, backend: Backend, bearer: Headers
) -> None:
    person = await kept.user()
    for headers in ({}, bearer("ja-s1"), bearer_of("another")):
        refused = await kept.backend.http.get("/scim/v2/Users", headers=headers)
        assert (refused.status_code, refused.json()["status"]) == (401, "401")
        assert person.user_name not in refused.text
    others = await kept.raw("GET", f"/Users/{person.id}", headers=bearer_of(CITY_TOKEN))
    assert others.status_code == 404  # each directory knows its own people
    mine = await kept.backend.http.get("/v1/staff", headers=bearer_of())
    assert mine.status_code == 401
    off = await backend.http.get("/scim/v2/Users", headers=bearer_of())  # no file, no directory
    assert (off.status_code, assert_problem(off)["code"]) == (404, "NO_SUCH_ADDRESS")


async def test_nonsense_gets_an_error_of_scim(kept: Kept) -> None:
    for method, path, content, status in (
        ("POST", "/Users", b"{", 400),
        ("POST", "/Users", b"[" * 5000, 422),
        ("POST", "/Users", b"[]", 400),
        ("POST", "/Users", b"{}", 400),
        ("PATCH", "/Users/nobody", b"{}", 400),
        ("PUT", "/Users/nobody", b'{"schemas": [], "userName": "nobody"}', 404),
        ("GET", "/Users?filter=userName%20zz%20%22a%22", b"", 400),
        ("GET", "/Users?filter=(((((", b"", 400),
        ("GET", "/Users?startIndex=x", b"", 400),
        ("GET", "/Users/nobody", b"", 404),
        ("GET", "/Me", b"", 404),
        ("POST", "/Bulk", b"{}", 404),
    ):
        headers = {"Content-Type": "application/scim+json"}
        answer = await kept.raw(method, path, content=content, headers=headers)
        assert answer.status_code == status, (path, answer.text)
        assert answer.json()["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
        assert answer.json()["status"] == str(status)


def patching(*operations: dict[str, Any]) -> bytes:
    said = {"schemas": [str(PatchOp.__schema__)], "Operations": list(operations)}
    return json.dumps(said).encode()


async def test_odd_calls_are_refused_and_the_directory_goes_on(kept: Kept) -> None:
    """Nothing that one call says may keep all later ones from being followed."""
    person = await kept.user()
    group = await kept.group(REVIEWER, person)
    of_user, of_group = f"/Users/{person.id}", f"/Groups/{group.id}"
    members: dict[str, Any] = {"op": "add", "path": "members"}
    active: dict[str, Any] = {"op": "replace", "path": "active"}
    for path, content in (
        (of_user, patching({"op": "remove", "path": "userName"})),
        (of_user, patching(active | {"value": "maybe"})),
        (of_user, patching(active | {"value": [False]})),
        (of_user, patching(*[active | {"value": False}] * 1_001)),
        (of_user, patching({"op": "add", "path": "externalId", "value": "\ud800"})),
        (of_user, patching()),
        (of_user, b"\xff\xfe"),
        (of_group, patching(members | {"value": [{"value": "nobody"}]})),
        (of_group, patching(members | {"value": [{}]})),
        (of_group, patching(members | {"path": "members[" + "not (" * 500})),
        (of_group, patching({"op": "replace", "path": "displayName", "value": OFFICER})),
    ):
        answer = await kept.raw("PATCH", path, content=content)
        assert answer.status_code == 400, (content[:200], answer.text)
    for office in ("\ud800", "\0", "a\nb", " a", "x" * 201):
        body = {
            "schemas": [str(DirectoryGroup.__schema__)],
            "displayName": f"{OFFICER}/{office}",
            "members": [{"value": person.id}],
        }
        answer = await kept.raw("POST", "/Groups", content=json.dumps(body).encode())
        assert answer.status_code == 400, (office, answer.text)
        assert answer.json()["detail"].startswith("GROUP_UNKNOWN")
    [order] = await kept.proposed()
    assert {each["role"] for each in order["body"]["posts"]} == {"reviewer"}
    await kept.patch(group, "remove", "members")
    assert await kept.proposed() == []


class GroupToTry(DirectoryGroup):
    """The checker makes groups up from these."""

    display_name: Annotated[str | None, Required.true, Mutability.immutable] = Field(
        None, examples=[f"officer@{PLACE}/{number}" for number in range(2_000)]
    )


class InThread(BaseSyncSCIMClient):
    """The checker is no coroutine: it asks from a thread, and the loop answers."""

    def __init__(self, http: httpx.AsyncClient, **said: Any) -> None:
        super().__init__(**said)
        self._http, self._loop = http, asyncio.get_running_loop()

    def _stays_under_base_url(self, endpoint: str) -> bool:
        return endpoint.startswith((BASE, "/"))

    def _parse_json(self, response: Any) -> Any:
        return response.json()

    def request(self, method: str, url: str, **said: Any) -> Any:
        path = url if url.startswith("http") else BASE + url
        headers = bearer_of() | (said.pop("headers", None) or {})
        asked = self._http.request(method, path, headers=headers, **said)
        return asyncio.run_coroutine_threadsafe(asked, self._loop).result()


async def test_it_does_what_the_rfcs_want(kept: Kept) -> None:
    provider = ScimProvider([DirectoryUser, GroupToTry], config=CONFIG)
    client = InThread(kept.backend.http, provider=provider)
    results = await asyncio.to_thread(check_server, client)
    wrong = [
        f"{each.title}: {each.reason}"
        for each in results
        if each.status in {Status.ERROR, Status.CRITICAL}
    ]
    assert not wrong, "\n".join(wrong)
    assert len(results) > 30


@pytest.mark.parametrize("order", [0, 1])
async def test_in_any_order_the_same_people_hold_the_same_posts(kept: Kept, order: int) -> None:
    one, other = await kept.user(), await kept.user()
    officers = await kept.group(OFFICER, one, other)
    reviewers = await kept.group(REVIEWER, one)
    await kept.approve()
    steps = [
        kept.patch(officers, "remove", f'members[value eq "{one.id}"]'),
        kept.patch(reviewers, "add", "members", [{"value": other.id}]),
        kept.patch(officers, "add", "members", [{"value": other.id}]),
    ]
    for step in steps if order == 0 else reversed(steps):
        await step
    assert len(await kept.proposed()) == 1
    await kept.approve()
    assert await kept.roster() == {
        (one.user_name, REVIEWER), (other.user_name, REVIEWER), (other.user_name, OFFICER),
    }  # fmt: skip
