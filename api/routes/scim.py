"""The staff as a city's directory keeps it: SCIM 2.0 (RFC 7643, 7644), users and groups.

A user is a person, by code only; a group is a post (``casework.domain.directory``). What a
directory writes is kept as it says it, and proposed as one change of staff, which another person
approves. Each call takes the open proposal back and makes a new one, if there is more to change.
Names and addresses that a directory sends are not kept.
"""

import json
from collections.abc import Awaitable, Callable, Collection, Coroutine
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import Field, ValidationError
from scim2_models import (
    AuthenticationScheme,
    Bulk,
    CaseExact,
    ChangePassword,
    ComplexAttribute,
    Context,
    Error,
    ETag,
    Filter,
    InvalidSyntaxException,
    InvalidValueException,
    ListResponse,
    Meta,
    Mutability,
    NotFoundException,
    Patch,
    PatchOp,
    PreconditionFailedException,
    Reference,
    Required,
    Resource,
    ResourceType,
    Schema,
    SCIMException,
    ScimPolicy,
    ScimProvider,
    SearchRequest,
    ServiceProviderConfig,
    Sort,
    Uniqueness,
    UniquenessException,
    User,
)
from scim2_models.urn import URN
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.caller import Credentials, unauthenticated
from api.edge.conditional import has
from api.edge.problems import AwayError, ProblemError, of_refusal
from api.edge.rates import Rates, too_many
from api.edge.well_formed import well_formed
from api.parts import Here, Parts
from api.parts.link import NoRunError
from api.routes.checks import update_id
from api.routes.proposing import PROPOSED, require_known_posts
from casework.domain.directory import (
    Directory,
    change_by,
    group_post,
    require_code,
    same_change,
    split_leavers,
)
from casework.domain.errors import DomainError
from casework.domain.orders import Order
from casework.domain.staff import ChangeStaff
from casework.domain.time.calendar import local_date
from casework.messages.orders import (
    CONTENT,
    Rejection,
    StartOrder,
    content_key,
    order_number,
)
from casework.store.directory import (
    Entry,
    EntryKind,
    entries,
    forget_member,
    id_of,
    open_orders,
    orders_so_far,
    posts_of_people,
    state_of,
    take_directory_turn,
    write_entry,
)
from casework.store.in_force.order_book import OrderView

PATH = "/scim/v2"
MEDIA_TYPE = "application/scim+json"
MOST_RESULTS = 200
"""Entries of one page."""
MOST_MEMBERS = 2_000
MOST_OPERATIONS = 1_000
"""Of one PATCH."""
LONGEST_EXTERNAL_ID = 200
_TAKEN_BACK = "目录服务又有变动，由新的提议代替"

# A directory sends names and addresses too, and says of a removal what is removed.
_POLICY = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
)
_EXAMPLES = ["officer@310106", "reviewer@310106", "supervisor@310106", "officer@310106/窗口一"]


class DirectoryUser(Resource[Any]):
    """A person, by code."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:User")

    user_name: Annotated[
        str | None, Required.true, Mutability.immutable, Uniqueness.server, CaseExact.true
    ] = None
    """The person's code, as the office has it; never a name or a number of theirs."""

    active: bool | None = None
    """Whether the person works here; one who does not leaves all posts."""


class Member(ComplexAttribute):
    """Who holds a post, by code."""

    value: Annotated[str | None, Mutability.immutable, CaseExact.true] = None
    """The person's code."""

    ref: Annotated[Reference[User] | None, Mutability.immutable] = Field(  # type: ignore[type-arg]
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    """Where the person is."""

    type: Annotated[str | None, Mutability.immutable] = Field(None, examples=["User"])
    """User."""


class DirectoryGroup(Resource[Any]):
    """A post: its members hold it."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:Group")

    display_name: Annotated[
        str | None, Required.true, Mutability.immutable, Uniqueness.server, CaseExact.true
    ] = Field(None, examples=_EXAMPLES)
    """The post: role@place, or role@place/office, where the place is a city or a district."""

    members: list[Member] | None = None
    """Who holds it."""


AnyEntry = DirectoryUser | DirectoryGroup
E_ = TypeVar("E_", DirectoryUser, DirectoryGroup)

CONFIG = ServiceProviderConfig(
    patch=Patch(supported=True),
    bulk=Bulk(supported=False, max_operations=0, max_payload_size=0),
    filter=Filter(supported=True, max_results=MOST_RESULTS),
    change_password=ChangePassword(supported=False),
    sort=Sort(supported=True),
    etag=ETag(supported=True),
    authentication_schemes=[
        AuthenticationScheme(
            type=AuthenticationScheme.Type.oauthbearertoken,
            name="Bearer token",
            description="The token of the directory, named in CASEWORK_SCIM_FILE",
            primary=True,
        )
    ],
)
PROVIDER = ScimProvider(models=[DirectoryUser, DirectoryGroup], config=CONFIG, policy=_POLICY)
_MODELS: dict[EntryKind, type[AnyEntry]] = {
    EntryKind.PERSON: DirectoryUser,
    EntryKind.GROUP: DirectoryGroup,
}
_SEARCHES: dict[frozenset[EntryKind], tuple[Any, Any]] = {
    frozenset({EntryKind.PERSON}): (SearchRequest[DirectoryUser], ListResponse[DirectoryUser]),
    frozenset({EntryKind.GROUP}): (SearchRequest[DirectoryGroup], ListResponse[DirectoryGroup]),
    frozenset(EntryKind): (
        SearchRequest[DirectoryUser | DirectoryGroup],
        ListResponse[DirectoryUser | DirectoryGroup],
    ),
}
_PATCHES: dict[EntryKind, Any] = {
    EntryKind.PERSON: PatchOp[DirectoryUser],
    EntryKind.GROUP: PatchOp[DirectoryGroup],
}
_ENDPOINTS = {EntryKind.PERSON: "Users", EntryKind.GROUP: "Groups"}
_KNOWN = {"ServiceProviderConfig", "ResourceTypes", "Schemas", *_ENDPOINTS.values()}
_NAMES = {EntryKind.PERSON: "User", EntryKind.GROUP: "Group"}


# --- answers -------------------------------------------------------------------------------


def problem_body(problem: ProblemError, request: Request) -> Response:
    """A refusal as SCIM has it; ``detail`` begins with our own stable code."""
    del request
    return _error(problem.status, f"{problem.code}: {problem.detail}", headers=problem.headers)


def _error(
    status: int,
    detail: str,
    scim_type: str | None = None,
    headers: Any = None,  # noqa: ANN401
) -> Response:
    body = Error(status=status, scim_type=scim_type or None, detail=detail).model_dump()
    return JSONResponse(body, status, dict(headers or {}), MEDIA_TYPE)


class ScimRoute(APIRoute):
    """A route whose refusals are SCIM's own."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Answer, and translate what is raised."""
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                return await handle(request)
            except SCIMException as error:
                return _error(error.status, error.detail, error.scim_type)
            except ValidationError as error:
                first = Error.from_validation_errors(error)[0]
                return _error(first.status or 400, first.detail or "", first.scim_type)
            except DomainError as error:
                status = of_refusal(error).status
                wrong = status in {HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.CONFLICT}
                detail = f"{error.code}: {error.message}"
                if wrong:
                    return _error(HTTPStatus.BAD_REQUEST, detail, "invalidValue")
                return _error(status, detail)
            except ProblemError as error:
                return problem_body(error, request)

        return handled


async def directory(request: Request, credentials: Credentials, here: Here) -> Directory:
    """The directory that calls, by its token.

    Raises:
        ProblemError: 401, 429.
    """
    found = here.directories.of(credentials.credentials) if credentials else None
    if found is None:
        raise unauthenticated("请提供目录服务的令牌（Bearer …）", ', error="invalid_token"')
    rates: Rates = request.app.state.rates
    if seconds := await rates.wait(f"directory {found.code}"):
        raise too_many(seconds)
    return found


Calling = Annotated[Directory, Depends(directory)]
router = APIRouter(
    prefix=PATH,
    route_class=ScimRoute,
    dependencies=[Depends(well_formed)],
    include_in_schema=False,
)


def _answer(
    body: dict[str, Any], status: HTTPStatus = HTTPStatus.OK, headers: dict[str, str] | None = None
) -> Response:
    return JSONResponse(body, status, headers, MEDIA_TYPE)


# --- what the service is -------------------------------------------------------------------


@router.get("/ServiceProviderConfig")
async def service_provider_config(calling: Calling, request: Request) -> Response:
    """What of SCIM there is."""
    del calling
    found = CONFIG.model_copy(update={"meta": _meta_of(request, "ServiceProviderConfig")})
    return _answer(found.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE))


@router.get("/ResourceTypes")
async def resource_types(calling: Calling, request: Request) -> Response:
    """Users and groups."""
    del calling
    found = [_with_meta(request, each, "ResourceTypes") for each in PROVIDER.resource_types]
    return _listing(ListResponse[ResourceType], found, request)


@router.get("/ResourceTypes/{id_}")
async def resource_type(id_: str, calling: Calling, request: Request) -> Response:
    """One of them."""
    del calling
    return _one_of(PROVIDER.resource_types, id_, request, "ResourceTypes")


@router.get("/Schemas")
async def schemas(calling: Calling, request: Request) -> Response:
    """What is kept of a user and of a group."""
    del calling
    found = [_with_meta(request, each, "Schemas") for each in PROVIDER.schemas]
    return _listing(ListResponse[Schema], found, request)


@router.get("/Schemas/{id_}")
async def schema(id_: str, calling: Calling, request: Request) -> Response:
    """One of them."""
    del calling
    return _one_of(PROVIDER.schemas, id_, request, "Schemas")


def _one_of(known: Any, id_: str, request: Request, endpoint: str) -> Response:  # noqa: ANN401
    for each in known:
        if each.id == id_:
            found = _with_meta(request, each, endpoint)
            return _answer(found.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE))
    raise NotFoundException(detail=f"{endpoint}: unknown")


def _listing(model: Any, found: list[Any], request: Request) -> Response:  # noqa: ANN401
    if "filter" in request.query_params:  # RFC 7644 §4
        return _error(HTTPStatus.FORBIDDEN, "this endpoint takes no filter")
    body = model(
        total_results=len(found), start_index=1, items_per_page=len(found), resources=found
    )
    return _answer(body.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE))


def _with_meta(request: Request, each: Any, endpoint: str) -> Any:  # noqa: ANN401
    meta = Meta(
        resource_type=type(each).__name__, location=f"{_base(request)}/{endpoint}/{each.id}"
    )
    return each.model_copy(update={"meta": meta})


def _meta_of(request: Request, name: str) -> Meta:
    return Meta(resource_type=name, location=f"{_base(request)}/{name}")


def _base(request: Request) -> str:
    here: Parts = request.app.state.parts
    return here.settings.api_public_url.rstrip("/") + PATH


# --- an entry and its resource -------------------------------------------------------------


def _resource(entry: Entry, request: Request) -> AnyEntry:
    endpoint, name = _ENDPOINTS[entry.kind], _NAMES[entry.kind]
    meta = Meta(
        resource_type=name,
        created=entry.created_at,
        last_modified=entry.changed_at,
        location=f"{_base(request)}/{endpoint}/{entry.id}",
        version=_tag(entry),
    )
    known = {"id": entry.id, "external_id": entry.external_id or None, "meta": meta}
    if entry.kind is EntryKind.PERSON:
        return DirectoryUser(user_name=entry.name, active=entry.active, **known)
    members = [
        Member(value=code, type="User", ref=f"{_base(request)}/Users/{code}")
        for code in entry.members
    ]
    return DirectoryGroup(display_name=entry.name, members=members or None, **known)


def _tag(entry: Entry) -> str:
    return f'W/"{entry.version}"'


def _shown(entry: Entry, request: Request, status: HTTPStatus = HTTPStatus.OK) -> Response:
    context = Context.RESOURCE_QUERY_RESPONSE
    found = _resource(entry, request)
    asks, _ = _SEARCHES[frozenset({entry.kind})]
    asked = asks.model_validate(
        dict(request.query_params), scim_ctx=Context.SEARCH_REQUEST, scim_policy=_POLICY
    )
    body = found.model_dump(scim_ctx=context, response_parameters=asked)
    headers = {"ETag": _tag(entry)}
    if status is HTTPStatus.CREATED and found.meta is not None:
        headers["Location"] = str(found.meta.location)
    return _answer(body, status, headers)


async def _body(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError):
        raise InvalidSyntaxException(detail="the body is no JSON") from None
    if not isinstance(body, dict):
        raise InvalidSyntaxException(detail="the body is no object")
    return body


def _said(resource: AnyEntry, before: Entry) -> Entry:
    """The entry as a resource has it; raises DomainError, SCIMException."""
    external = resource.external_id or ""
    if len(external) > LONGEST_EXTERNAL_ID or not external.isprintable():
        raise InvalidValueException(detail=f"externalId: at most {LONGEST_EXTERNAL_ID} characters")
    if isinstance(resource, DirectoryUser):
        return replace(before, external_id=external, active=resource.active)
    members = {member.value or "" for member in resource.members or ()}
    if len(members) > MOST_MEMBERS:
        raise InvalidValueException(detail=f"members: at most {MOST_MEMBERS}")
    return replace(before, external_id=external, members=tuple(sorted(members)))


# --- reading -------------------------------------------------------------------------------


async def _list(
    kinds: Collection[EntryKind],
    said: dict[str, Any],
    calling: Directory,
    request: Request,
    here: Parts,
) -> Response:
    """Filtered, sorted and paged as RFC 7644 §3.4.2 has it."""
    asks, answers = _SEARCHES[frozenset(kinds)]
    asked = asks.model_validate(said, scim_ctx=Context.SEARCH_REQUEST, scim_policy=_POLICY)
    async with here.register.reading() as session:
        known = await entries(session, calling)
    there = [each for each in known if each.kind in kinds and not each.deleted_at]
    found = [_resource(entry, request) for entry in there]
    with _POLICY:
        if asked.filter is not None:
            found = [each for each in found if asked.filter.match(each)]
        found = asked.sort(found)
    start = asked.start_index_0 or 0
    count = MOST_RESULTS if asked.count is None else min(asked.count, MOST_RESULTS)
    page = found[start : start + count]
    body = answers(
        total_results=len(found), start_index=start + 1, items_per_page=len(page), resources=page
    )
    return _answer(
        body.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=asked)
    )


async def _one(session: AsyncSession, kind: EntryKind, id_: str, calling: Directory) -> Entry:
    found = {each.id: each for each in await entries(session, calling, kind)}.get(id_)
    if found is None or found.deleted_at is not None:
        raise NotFoundException(detail=f"{_ENDPOINTS[kind]}: unknown")
    return found


# --- writing -------------------------------------------------------------------------------

Change = Callable[[AsyncSession], Awaitable[Entry]]


async def _write(change: Change, calling: Directory, here: Parts) -> Entry:
    """Write a change, and propose what follows; a repeat changes nothing and proposes it too."""
    async with here.register.writing() as session:
        await take_directory_turn(session, calling)
        entry = await change(session)
    await _propose(calling, here)
    return entry


def _checked_tag(request: Request, entry: Entry) -> None:
    wanted = request.headers.get("if-match", "*").strip()
    tags = {each.strip().removeprefix("W/") for each in wanted.split(",")}
    if "*" not in tags and _tag(entry).removeprefix("W/") not in tags:
        raise PreconditionFailedException(detail="it was changed meanwhile")


async def _store(
    session: AsyncSession, calling: Directory, before: Entry | None, after: Entry, here: Parts
) -> Entry:
    """Write an entry if it says anything new, as its next version."""
    if before is not None and before.says(after):
        return before
    if after.kind is EntryKind.GROUP:
        people = await entries(session, calling, EntryKind.PERSON)
        known = {each.name for each in people if each.deleted_at is None}
        if set(after.members) - known:
            raise InvalidValueException(detail="members: unknown user")
    version = before.version + 1 if before else 1
    written = replace(after, version=version, changed_at=here.now())
    await write_entry(session, calling, written)
    return written


async def _create(kind: EntryKind, calling: Directory, request: Request, here: Parts) -> Response:
    model = _MODELS[kind]
    sent = model.model_validate(
        await _body(request), scim_ctx=Context.RESOURCE_CREATION_REQUEST, scim_policy=_POLICY
    )
    name = _checked_name(sent, calling, here)
    now = here.now()
    fresh = Entry(kind=kind, id=id_of(kind, name), name=name, created_at=now, changed_at=now)

    async def change(session: AsyncSession) -> Entry:
        alike = {each.name.casefold(): each for each in await entries(session, calling, kind)}
        known = alike.get(name.casefold())
        if known is not None and known.deleted_at is None:
            raise UniquenessException(detail=f"{_NAMES[kind]}: it is there already")
        if known is not None and known.name != name:  # deleted, and written in another way now
            raise UniquenessException(detail=f"{_NAMES[kind]}: its code was written otherwise")
        return await _store(session, calling, known, _said(sent, fresh), here)

    return _shown(await _write(change, calling, here), request, HTTPStatus.CREATED)


def _checked_name(sent: AnyEntry, calling: Directory, here: Parts) -> str:
    """The name by which it is known for good; raises DomainError."""
    if isinstance(sent, DirectoryUser):
        require_code(sent.user_name or "")
        return sent.user_name or ""
    name = sent.display_name or ""
    post = group_post(name, calling).post("code", local_date(here.now()))
    require_known_posts(ChangeStaff(city=post.city, posts=(post,), reason=name), here)
    return name


async def _replace(
    kind: EntryKind, id_: str, calling: Directory, request: Request, here: Parts
) -> Response:
    model = _MODELS[kind]
    sent: Any = model.model_validate(
        await _body(request), scim_ctx=Context.RESOURCE_REPLACEMENT_REQUEST, scim_policy=_POLICY
    )

    async def change(session: AsyncSession) -> Entry:
        before = await _one(session, kind, id_, calling)
        _checked_tag(request, before)
        with _POLICY:
            sent.replace(_resource(before, request))
        return await _store(session, calling, before, _said(sent, before), here)

    return _shown(await _write(change, calling, here), request)


async def _patch(
    kind: EntryKind, id_: str, calling: Directory, request: Request, here: Parts
) -> Response:
    body = await _body(request)
    if any(isinstance(said, list) and len(said) > MOST_OPERATIONS for said in body.values()):
        raise InvalidValueException(detail=f"Operations: at most {MOST_OPERATIONS}")
    operations: Any = _PATCHES[kind].model_validate(
        body, scim_ctx=Context.RESOURCE_PATCH_REQUEST, scim_policy=_POLICY
    )

    async def change(session: AsyncSession) -> Entry:
        before = await _one(session, kind, id_, calling)
        _checked_tag(request, before)
        patched = _resource(before, request)
        operations.patch(patched, _POLICY)
        return await _store(session, calling, before, _said(patched, before), here)

    return _shown(await _write(change, calling, here), request)


async def _delete(
    kind: EntryKind, id_: str, calling: Directory, request: Request, here: Parts
) -> Response:
    async def change(session: AsyncSession) -> Entry:
        before = await _one(session, kind, id_, calling)
        _checked_tag(request, before)
        now = here.now()
        if kind is EntryKind.PERSON:
            await forget_member(session, calling, before.name, now)
        after = replace(before, members=(), external_id="", active=False, deleted_at=now)
        return await _store(session, calling, before, after, here)

    await _write(change, calling, here)
    return Response(status_code=HTTPStatus.NO_CONTENT)


def _serve(kind: EntryKind) -> None:
    """The routes of users, or of groups."""
    every, one = f"/{_ENDPOINTS[kind]}", f"/{_ENDPOINTS[kind]}/{{id_}}"

    async def list_(calling: Calling, request: Request, here: Here) -> Response:
        return await _list([kind], dict(request.query_params), calling, request, here)

    async def search(calling: Calling, request: Request, here: Here) -> Response:
        return await _list([kind], await _body(request), calling, request, here)

    async def create(calling: Calling, request: Request, here: Here) -> Response:
        return await _create(kind, calling, request, here)

    async def get(id_: str, calling: Calling, request: Request, here: Here) -> Response:
        async with here.register.reading() as session:
            found = await _one(session, kind, id_, calling)
        if has(request.headers.getlist("if-none-match"), _tag(found)):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={"ETag": _tag(found)})
        return _shown(found, request)

    async def replace_(id_: str, calling: Calling, request: Request, here: Here) -> Response:
        return await _replace(kind, id_, calling, request, here)

    async def patch(id_: str, calling: Calling, request: Request, here: Here) -> Response:
        return await _patch(kind, id_, calling, request, here)

    async def delete(id_: str, calling: Calling, request: Request, here: Here) -> Response:
        return await _delete(kind, id_, calling, request, here)

    for path, method, endpoint in (
        (every, "GET", list_),
        (every, "POST", create),
        (f"{every}/.search", "POST", search),
        (one, "GET", get),
        (one, "PUT", replace_),
        (one, "PATCH", patch),
        (one, "DELETE", delete),
    ):
        router.add_api_route(path, endpoint, methods=[method], name=f"{method} {path}")


for _kind in EntryKind:
    _serve(_kind)


@router.post("/.search")
async def search_all(calling: Calling, request: Request, here: Here) -> Response:
    """Users and groups together."""
    return await _list(list(EntryKind), await _body(request), calling, request, here)


@router.api_route("/{rest:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
async def lost(rest: str, calling: Calling) -> Response:
    """Whatever else; also /Me and /Bulk, which there are not."""
    del calling
    if rest.partition("/")[0] in _KNOWN:
        return _error(HTTPStatus.METHOD_NOT_ALLOWED, "not by this method")
    return _error(HTTPStatus.NOT_FOUND, "no such endpoint")


# --- what follows for the staff ------------------------------------------------------------


async def _propose(calling: Directory, here: Parts) -> None:
    """Have exactly that proposed which the directory says and the staff does not.

    Whoever leaves does so at once, if the office's policy says so; the rest waits for approval.

    Raises:
        AwayError: Temporal or the register is; the same call again proposes it.
    """
    today = local_date(here.now())
    async with here.register.writing() as session:
        await take_directory_turn(session, calling)
        state = state_of(await entries(session, calling), calling)
        posts = await posts_of_people(session, state)
        change = change_by(state, calling, posts, today)
        pending = await open_orders(session, calling)
        number = await orders_so_far(session, calling)
        at_once = here.published.today.sharing.leavers_at_once(calling.place, today)
        wanted = [change] if change else []
        if change and at_once:
            wanted = [each for each in split_leavers(change, posts, today) if each]
        kept = [order for order in pending if any(same_change(_of(order), w) for w in wanted)]
        for order in pending:
            if order not in kept:
                await _take_back(order, calling, here)
        for each in wanted:
            if any(same_change(_of(order), each) for order in kept):
                continue
            alone = at_once and not (each.posts or each.ends)
            await _begin(each, number, calling, here, approved=alone)


def _of(order: OrderView) -> ChangeStaff:
    content = CONTENT.validate_python(order.body)
    if not isinstance(content, ChangeStaff):
        raise TypeError(order.kind)
    return content


async def _take_back(order: OrderView, calling: Directory, here: Parts) -> None:
    decision = Rejection(actor=calling.actor, reason=_TAKEN_BACK)
    key = update_id(calling.actor, f"{order.no}.back")
    try:
        answered = await here.engine.decide(order.no, decision, update_id=key, known=None)
    except (DomainError, NoRunError):  # somebody decides just now: what follows is seen then
        raise AwayError("temporal") from None
    if answered is None:
        raise AwayError("temporal")


async def _begin(
    content: ChangeStaff, number: int, calling: Directory, here: Parts, *, approved: bool
) -> None:
    key = f"{number}.{content_key(content, local_date(here.now()))}"
    actor = calling.actor
    order = Order(no=order_number(actor.code, key), content=content, proposed_by=actor)
    start = StartOrder(
        order=order, district=calling.district, cities=(calling.city,), approved=approved
    )
    begun = await here.engine.propose(start, update_id(actor, PROPOSED))
    if begun.answer is None:
        raise AwayError("temporal")
