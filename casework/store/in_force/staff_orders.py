"""Orders that change the staff: posts begin and end, people leave; and what the files bring.

Rows are dated and never deleted. Nothing an order says holds before the day of its approval, so
that nobody's past is changed; only the first import holds from ever on.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.errors import DomainError
from casework.domain.kinds.registry import stage_label
from casework.domain.policy import Role
from casework.domain.staff import WHOLE, ChangeStaff, EndPost, Leave, StaffPost, serves
from casework.messages.orders import CATALOGUE
from casework.policy.officer_contacts import Alerts
from casework.store.in_force.order_book import Concern, Stamp
from casework.store.models import Cases, Orders, StaffContacts, StaffPosts, Tasks
from casework.store.register.staff import COLUMNS, SCOPE, as_post, as_row, posts_of

ONE_DAY = timedelta(days=1)

# Any number, the same for ever: the key of the advisory lock.
_CHANGING = 20_261_201


async def take_staff_turn(session: AsyncSession) -> None:
    """Wait for changes of staff under way: their versions become visible in their order."""
    await session.execute(select(func.pg_advisory_xact_lock(_CHANGING)))


def concern_of(content: ChangeStaff) -> Concern:
    """No case as such: those of a leaver are told when the last day is over."""
    del content
    return Concern(scope=SCOPE, key=SCOPE)


async def put(session: AsyncSession, content: ChangeStaff, stamp: Stamp) -> None:
    """Write what the order says, from the day of approval on.

    Raises:
        DomainError: ``POST_UNKNOWN``, ``POST_OVER``, ``PERSON_UNKNOWN``, ``POST_TWICE``.
    """
    is_first = stamp.by == CATALOGUE.code and not await session.scalar(
        select(StaffPosts.id).limit(1)
    )
    for post, until in await endings(session, content, stamp.on):
        await session.execute(
            update(StaffPosts)
            .where(StaffPosts.id == post.id)
            .values(until=until, ended_by=stamp.order, version=stamp.version)
        )
    await _require_their_own(session, content, stamp.on)
    await _add(session, content, stamp, is_first=is_first)
    for contact in content.contacts:
        row = asdict(contact) | {"version": stamp.version, "erased_at": None, "erased_by": ""}
        written = insert(StaffContacts).values(row)
        await session.execute(
            written.on_conflict_do_update(index_elements=[StaffContacts.person], set_=row)
        )


async def _require_their_own(session: AsyncSession, content: ChangeStaff, today: date) -> None:
    """Refuse to say where people of another district or city only are told of cards."""
    running: dict[str, list[StaffPost]] = defaultdict(list)
    for post in await posts_of(session, (each.person for each in content.contacts)):
        if post.until is None or post.until >= today:
            running[post.person].append(post)
    for row, contact in enumerate(content.contacts):
        theirs = running[contact.person]
        if theirs and not any(_reached(content, post) for post in theirs):
            raise DomainError(
                "PERSON_UNKNOWN", "没有此人员编号，或者不属本指令的市、区", f"contacts.{row}.person"
            )


async def _add(
    session: AsyncSession, content: ChangeStaff, stamp: Stamp, *, is_first: bool
) -> None:
    known = await posts_of(session, (post.person for post in content.posts))
    rows = []
    for row, asked in enumerate(content.posts):
        since = asked.since if is_first else max(asked.since, stamp.on)
        post = replace(asked, id=f"{stamp.order}.{row + 1}", since=since)
        if post.until is not None and post.until < post.since:
            raise DomainError("POST_OVER", "此岗位在批准之日前已经截止", f"posts.{row}.until")
        if any(post.meets(other) for other in known):
            raise DomainError(
                "POST_TWICE", f"{post.person} 在同一期间已有此岗位", f"posts.{row}.person"
            )
        rows.append(as_row(post) | {"origin": stamp.order, "version": stamp.version})
    if rows:
        await session.execute(insert(StaffPosts), rows)


async def endings(
    session: AsyncSession, content: ChangeStaff, today: date
) -> tuple[tuple[StaffPost, date], ...]:
    """The posts that the order ends, each with its last day: the day before approval at the least.

    Raises:
        DomainError: as ``put`` does.
    """
    found: dict[str, tuple[StaffPost, date]] = {}
    known = await _posts(session, StaffPosts.id.in_([end.post for end in content.ends]))
    for row, end in enumerate(content.ends):
        post = known.get(end.post)
        field = f"ends.{row}.post"
        if post is None or not _reached(content, post):
            raise DomainError("POST_UNKNOWN", "没有此岗位编号，或者不属本指令的市、区", field)
        if post.until is not None and post.until < today:
            raise DomainError("POST_OVER", f"此岗位已于 {post.until} 截止", field)
        found[post.id] = (post, max(end.last_on, today - ONE_DAY))
    people = [leave.person for leave in content.leave]
    theirs: dict[str, list[StaffPost]] = defaultdict(list)
    for post in (await _posts(session, StaffPosts.person.in_(people))).values():
        if _reached(content, post):
            theirs[post.person].append(post)
    for row, leave in enumerate(content.leave):
        if not theirs[leave.person]:
            raise DomainError("PERSON_UNKNOWN", "没有此人员编号", f"leave.{row}.person")
        last_on = max(leave.last_on, today - ONE_DAY)
        for post in theirs[leave.person]:
            if post.until is None or post.until > last_on:
                found[post.id] = (post, last_on)
    return tuple(found.values())


def _reached(content: ChangeStaff, post: StaffPost) -> bool:
    return content.city in {"", post.city} and content.district in {"", post.district}


async def _posts(session: AsyncSession, which: ColumnElement[bool]) -> dict[str, StaffPost]:
    found = await session.execute(select(*COLUMNS).where(which).order_by(StaffPosts.id))
    return {post.id: post for post in map(as_post, found.mappings())}


async def leaving(session: AsyncSession, order_no: str) -> tuple[Leave, ...]:
    """Whose posts an order has ended, with the last of those days, in the order of days."""
    last_on = func.max(StaffPosts.until)
    query = select(StaffPosts.person, last_on).where(StaffPosts.ended_by == order_no)
    found = await session.execute(
        query.group_by(StaffPosts.person).order_by(last_on, StaffPosts.person)
    )
    return tuple(Leave(person=person, last_on=day) for person, day in found if day is not None)


async def forget_contact(session: AsyncSession, leave: Leave, order_no: str) -> bool:
    """Erase where somebody was told of cards whose last day is over; True if it was done now.

    In the table and in every order that brought it. Who holds another post keeps it. The row says
    when it was erased and by which order; every process then reads the staff anew.
    """
    await take_staff_turn(session)
    theirs = await posts_of(session, [leave.person])
    if any(post.until is None or post.until > leave.last_on for post in theirs):
        return False
    known = and_(StaffContacts.person == leave.person, StaffContacts.erased_at.is_(None))
    if await session.scalar(select(StaffContacts.person).where(known)) is None:
        return False
    gone = {"alerts": Alerts.OFF.value, "mail": "", "sms": ""}
    await session.execute(
        update(StaffContacts).where(known).values(**gone, erased_at=func.now(), erased_by=order_no)
    )
    brought = Orders.body["contacts"].contains([{"person": leave.person}])
    for order in await session.scalars(select(Orders).where(brought)):
        contacts = [
            each | {"mail": "", "sms": ""} if each["person"] == leave.person else each
            for each in order.body["contacts"]
        ]
        order.body = order.body | {"contacts": contacts}
    return True


# --- what an order would do ----------------------------------------------------------------
# Which open work those have whose posts end; running cases keep their posts until it is handed on.


@dataclass(frozen=True, kw_only=True)
class HeldWork:
    """How many open tasks somebody holds in a role, at a stage of their cases."""

    person: str
    role: str
    role_label: str
    stage: str
    stage_label: str
    tasks: int


@dataclass(frozen=True, kw_only=True)
class StaffPreview:
    """``begin`` and ``end``: how many posts. ``cases`` with open work of those whose posts end.

    ``handed_on``: the tasks where their holder then holds no post any more; they go to who stands
    in when the last day is over. The others stay until they are reassigned. ``examples`` are
    numbers of cases. ``remarks`` say in Chinese what else is to be known.
    """

    begin: int
    end: int
    cases: int
    tasks: int
    handed_on: int
    work: tuple[HeldWork, ...]
    examples: tuple[str, ...]
    remarks: tuple[str, ...] = ()


_NO = "preview"


async def preview_staff(
    session: AsyncSession, content: ChangeStaff, *, at: datetime, limit: int = 20
) -> StaffPreview:
    """What the order would do at ``at``, with ``limit`` examples; changes nothing.

    The session must be one that may write. Raises ``DomainError`` as ``put`` does.
    """
    stamp = Stamp(order=_NO, by="", at=at, version=0)
    savepoint = await session.begin_nested()
    try:
        await put(session, content, stamp)
        ended = await _posts(session, StaffPosts.ended_by == _NO)
        stay = await _who_stay(session, ended.values())
        said = await _remarks(session, content, stamp.on)
    finally:
        await savepoint.rollback()
    if not ended:
        return StaffPreview(
            begin=len(content.posts),
            end=0,
            cases=0,
            tasks=0,
            handed_on=0,
            work=(),
            examples=(),
            remarks=said,
        )
    theirs = _open_work(ended.values())
    work = await _work(session, theirs)
    numbers = select(Tasks.case_no).where(theirs).distinct().order_by(Tasks.case_no).limit(limit)
    return StaffPreview(
        begin=len(content.posts),
        end=len(ended),
        cases=await session.scalar(select(func.count(Tasks.case_no.distinct())).where(theirs)) or 0,
        tasks=sum(each.tasks for each in work),
        handed_on=await _handed_on(session, theirs, stay),
        work=work,
        examples=tuple(await session.scalars(numbers)),
        remarks=said,
    )


def _open_work(ended: Iterable[StaffPost]) -> ColumnElement[bool]:
    """The open tasks of these people in the roles of these posts, where the posts are."""
    places = sorted({(post.person, post.role.value, post.district) for post in ended})
    of_districts = [place for place in places if place[2]]
    of_cities = [place[:2] for place in places if not place[2]]
    return and_(
        Tasks.closed_at.is_(None),
        or_(
            tuple_(Tasks.holder, Tasks.role, Tasks.district).in_(of_districts),
            tuple_(Tasks.holder, Tasks.role).in_(of_cities),
        ),
    )


async def _work(session: AsyncSession, theirs: ColumnElement[bool]) -> tuple[HeldWork, ...]:
    place = (Tasks.holder, Tasks.role, Cases.stage)
    query = (
        select(*place, func.count())
        .join(Cases, Cases.case_no == Tasks.case_no)
        .where(theirs)
        .group_by(*place)
        .order_by(*place)
    )
    return tuple(
        HeldWork(
            person=person,
            role=role,
            role_label=Role(role).label,
            stage=stage,
            stage_label=stage_label(stage),
            tasks=tasks,
        )
        for person, role, stage, tasks in await session.execute(query)
    )


async def _who_stay(session: AsyncSession, ended: Iterable[StaffPost]) -> list[StaffPost]:
    """Of those whose posts end, the posts that they then still hold, or will."""
    people = {post.person for post in ended}
    last = max((post.until for post in ended if post.until is not None), default=date.max)
    theirs = await posts_of(session, people)
    return [post for post in theirs if post.until is None or post.until > last]


async def _handed_on(
    session: AsyncSession, theirs: ColumnElement[bool], stay: Sequence[StaffPost]
) -> int:
    """How much of this work is where its holder then holds no post any more."""
    place = (Tasks.holder, Tasks.district)
    found = await session.execute(select(*place, func.count()).where(theirs).group_by(*place))
    return sum(
        tasks
        for person, district, tasks in found
        if not any(post.person == person and serves(post, district) for post in stay)
    )


async def _remarks(session: AsyncSession, content: ChangeStaff, today: date) -> tuple[str, ...]:
    """What to say of an order as it stands in the register just now."""
    early = sum(post.since < today for post in content.posts)
    ends = [*(end.last_on for end in content.ends), *(who.last_on for who in content.leave)]
    early += sum(last_on < today - ONE_DAY for last_on in ends)
    said = [f"{early} 处的日期早于批准之日，自批准之日起生效"] if early else []
    people = sorted({post.person for post in content.posts})
    return (*said, *_shares(await posts_of(session, people), today))


def _shares(posts: Sequence[StaffPost], today: date) -> Iterator[str]:
    for person in sorted({post.person for post in posts}):
        theirs = [post for post in posts if post.person == person]
        days = {max(post.since, today) for post in theirs}
        most = max(sum(post.share for post in theirs if post.holds_on(day)) for day in days)
        if most > WHOLE:
            yield f"{person} 的工作时间占比合计 {most}%"


# --- what the roster files bring -----------------------------------------------------------
# The files stay as an import at start: once when the register has no staff, then when they change.


async def from_files(
    session: AsyncSession, digest: str, posts: Collection[StaffPost], today: date
) -> ChangeStaff | None:
    """The change that brings the register to what the files say; None: they are known already.

    Only what an earlier import has brought is compared: what people have ordered is theirs. What
    an import brought and people have ended stays ended.
    """
    if await _last_digest(session) == digest:
        return None
    imports = select(Orders.no).where(Orders.proposed_by == CATALOGUE.code)
    brought = await _posts(session, StaffPosts.origin.in_(imports))
    dropped = await _posts(
        session, and_(StaffPosts.origin.in_(imports), StaffPosts.ended_by.in_(imports))
    )
    known = {_content(post): post for number, post in brought.items() if number not in dropped}
    wanted = {_content(post) for post in posts}
    return ChangeStaff(
        posts=tuple(post for post in posts if _content(post) not in known),
        ends=tuple(
            EndPost(post=post.id, last_on=today - ONE_DAY)
            for content, post in known.items()
            if content not in wanted and (post.until is None or post.until >= today)
        ),
        source=digest,
        reason="随岗位表文件更新",
    )


def _content(post: StaffPost) -> StaffPost:
    """The post without its id and its days."""
    return replace(post, id="", since=date.min, until=None)


async def _last_digest(session: AsyncSession) -> str:
    query = (
        select(Orders.body["source"].astext)
        .where(
            Orders.kind == "change_staff",
            Orders.proposed_by == CATALOGUE.code,
            Orders.version.is_not(None),
        )
        .order_by(Orders.version.desc())
        .limit(1)
    )
    return await session.scalar(query) or ""
