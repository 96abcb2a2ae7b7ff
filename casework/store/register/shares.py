"""Sharing out, as the register does it: the choice is made once, by all workers together.

The rules are pure (``casework.domain.sharing``); here are loads, turns and relations, and the locks
that keep two workers from choosing at once among the same people. What was chosen and not recorded
with its case yet counts as load all the same.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    exists,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.errors import DomainError
from casework.domain.policy import Role, city_of
from casework.domain.sharing import (
    NEW_CASE,
    ORDER,
    WEIGHTS,
    Bar,
    Candidate,
    Choice,
    Passed,
    SharingRule,
    Way,
    turns_after,
)
from casework.domain.staff import StaffPost
from casework.messages.sharing import (
    ClaimAnswer,
    ClaimQuestion,
    ShareAnswer,
    ShareQuestion,
    choose,
    claim_answer,
    is_counted,
    posts_there,
    to_choose,
    workplace_of,
)
from casework.store.models import Cases, Openings, Relations, Shares, ShareTurns, StaffPosts, Tasks
from casework.store.register.absences import absent_officers, officers_of
from casework.store.register.cases import running
from casework.store.register.staff import COLUMNS as STAFF
from casework.store.register.staff import as_post, held

STILL_TO_COME = timedelta(days=60)
"""So long a choice counts as load while the task that it is for has not been opened."""
NOT_RECORDED = timedelta(days=1)
"""And so long if its case is not in the register: it may have been refused."""


async def share(session: AsyncSession, question: ShareQuestion) -> ShareAnswer:
    """Choose for each role, within the session's transaction; the same question, the same answer.

    Of two that choose among the same people the second waits, and then knows the first choice.
    """
    counted = [role for role in question.roles if is_counted(question, role)]
    await take_turns(session, [f"case:{question.case_no}"] if counted else [])
    roles = to_choose(question)
    posts = {role: await _posts(session, question, role) for role in roles}
    people = (_people(question, role, posts[role]) for role in counted)
    await take_turns(session, sorted(set(chain.from_iterable(people))))
    apart = await _apart(session, question)
    known = await _known(session, question)
    if known:
        return ShareAnswer(choices=known, apart=tuple(sorted(apart)))
    if counted:
        await _note_opened(session, {each.person for role in counted for each in posts[role]})
    there = await _candidates(session, question, posts, apart)
    choices = choose(question, there, await _before(session, question, counted))
    asked = {role: choices[role] for role in question.roles if role in choices}
    if counted or any(choice.way is not Way.FIXED or choice.passed for choice in asked.values()):
        await _write(session, question, asked)
    for role in counted:
        await _advance(session, question, role, there[role], asked[role])
    return ShareAnswer(choices=asked, apart=tuple(sorted(apart)))


def _people(question: ShareQuestion, role: Role, posts: Iterable[StaffPost]) -> set[str]:
    """The locks of those among whom somebody is chosen; a city's people serve its districts."""
    places = {post.place for post in posts} | {workplace_of(question, role).district}
    return {f"{place}:{role}" for place in places}


# --- what is known -------------------------------------------------------------------------


async def _known(session: AsyncSession, question: ShareQuestion) -> dict[Role, Choice]:
    """What was chosen after this event, or a later one; empty if nothing was."""
    query = select(Shares).where(
        Shares.case_no == question.case_no,
        Shares.role.in_([role.value for role in question.roles]),
        Shares.seq >= question.seq,
    )
    return {Role(row.role): as_choice(row) for row in await session.scalars(query)}


def as_choice(row: Shares) -> Choice:
    """A row as the domain has it."""
    passed = tuple(Passed(person=who, bar=Bar(bar)) for who, bar in row.details["passed"])
    return Choice(
        holder=row.holder,
        backup=row.backup,
        team=row.team,
        claim_within=row.details["claim_within"],
        way=Way(row.way),
        reason=row.reason,
        considered=row.details["considered"],
        passed=passed,
        remark=row.details["remark"],
    )


async def shares_of(
    session: AsyncSession, case_no: str
) -> tuple[tuple[Role, Choice, datetime], ...]:
    """The last choice for each role of a case that was shared out, and when it was made."""
    found = await session.scalars(select(Shares).where(Shares.case_no == case_no))
    rows = sorted(found, key=lambda row: ORDER.index(Role(row.role)))
    return tuple((Role(row.role), as_choice(row), row.at) for row in rows)


async def _write(
    session: AsyncSession, question: ShareQuestion, choices: Mapping[Role, Choice]
) -> None:
    for role, choice in choices.items():
        details = {
            "claim_within": choice.claim_within,
            "considered": choice.considered,
            "passed": [[each.person, each.bar.value] for each in choice.passed],
            "remark": choice.remark,
            "weighs": question.weighs.get(role, NEW_CASE),
        }
        row: dict[str, Any] = {
            "seq": question.seq,
            "district": question.district,
            "item": question.item,
            "employer": question.employer,
            "holder": choice.holder,
            "backup": choice.backup,
            "team": choice.team,
            "way": choice.way.value,
            "reason": choice.reason,
            "details": details,
        }
        written = insert(Shares).values(case_no=question.case_no, role=role.value, **row)
        await session.execute(
            written.on_conflict_do_update(
                index_elements=[Shares.case_no, Shares.role],
                set_=row | {"at": func.now(), "to_come": True},
            )
        )


@dataclass(frozen=True, kw_only=True)
class _Load:
    tasks: int = 0
    weight: int = 0


async def _candidates(
    session: AsyncSession,
    question: ShareQuestion | ClaimQuestion,
    posts: Mapping[Role, Sequence[StaffPost]],
    apart: Mapping[str, Bar],
) -> dict[Role, list[Candidate]]:
    """Everybody who holds a post of these roles on the day, with what speaks against them."""
    people = {post.person for held in posts.values() for post in held}
    absent = set(await absent_officers(session, question.on)) & people
    days = question.weighed_by if isinstance(question, ShareQuestion) else ()
    loads = await loads_of(session, people, days, besides=question.case_no)
    turns = await _turns(session, question, posts)
    return {
        role: [
            Candidate(
                post=post,
                load=loads.get(post.person, _Load()).weight,
                open_tasks=loads.get(post.person, _Load()).tasks,
                turns=turns.get(role, {}).get(post.person),
                bars=frozenset(
                    ({apart[post.person]} if post.person in apart else set())
                    | ({Bar.ABSENT} if post.person in absent else set())
                ),
            )
            for post in held
        ]
        for role, held in posts.items()
    }


async def _posts(
    session: AsyncSession, question: ShareQuestion | ClaimQuestion, role: Role
) -> list[StaffPost]:
    """Who holds a post of the role in the district, else in its whole city.

    While the register has nobody there, those who hold the post of the case.
    """
    city = city_of(question.district)
    query = select(*STAFF).where(
        StaffPosts.role == role.value,
        StaffPosts.city == city,
        StaffPosts.district.in_({"", workplace_of(question, role).district}),
        held(question.on),
    )
    known = [as_post(row) for row in (await session.execute(query)).mappings()]
    return posts_there(question, role, known)


async def loads_of(
    session: AsyncSession,
    people: Collection[str],
    weighed_by: Sequence[date] = (),
    *,
    besides: str = "",
) -> dict[str, _Load]:
    """The open tasks of each, weighed, and the cases whose task for them is still to come.

    ``besides``: the case for which somebody is sought does not count.
    """
    if not people:
        return {}
    loads: dict[str, _Load] = {}
    for query in (
        _open_tasks(people, weighed_by).where(Tasks.case_no != besides),
        _still_to_come(people).where(Shares.case_no != besides),
    ):
        for person, tasks, heavy in await session.execute(query):
            load = loads.get(person, _Load())
            loads[person] = _Load(tasks=load.tasks + tasks, weight=load.weight + heavy)
    return loads


def weight_of(weighed_by: Sequence[date]) -> Any:  # noqa: ANN401 - an expression
    """What a task weighs; ``weighed_by``: the last days on which it weighs as ``WEIGHTS`` says."""
    heavy = [heavy for _, heavy in WEIGHTS]
    steps = [(Tasks.due_on <= day, weight) for day, weight in zip(weighed_by, heavy, strict=False)]
    return case(*steps, else_=NEW_CASE) if steps else func.coalesce(NEW_CASE)


def _open_tasks(people: Collection[str], weighed_by: Sequence[date]) -> Any:  # noqa: ANN401 - a statement
    return (
        select(Tasks.holder, func.count(), func.sum(weight_of(weighed_by)))
        .where(Tasks.holder.in_(sorted(people)), Tasks.closed_at.is_(None))
        .group_by(Tasks.holder)
    )


_OPENED = exists().where(Tasks.case_no == Shares.case_no, Tasks.role == Shares.role)


async def _note_opened(session: AsyncSession, people: Collection[str]) -> None:
    """Look at each choice no more once its task has been opened: an office has very many."""
    long_ago = Shares.at <= func.now() - STILL_TO_COME
    over = (
        select(Shares.case_no, Shares.role)
        .where(Shares.holder.in_(sorted(people)), Shares.to_come, or_(_OPENED, long_ago))
        # Somebody who works in two districts is asked for in two transactions at once.
        .with_for_update(of=Shares, skip_locked=True)
    )
    theirs = tuple_(Shares.case_no, Shares.role).in_(over)
    await session.execute(update(Shares).where(theirs).values(to_come=False))


def _still_to_come(people: Collection[str]) -> Any:  # noqa: ANN401 - a statement
    recorded: ColumnElement[bool] = and_(Cases.case_no.is_not(None), Cases.closed_at.is_(None))
    fresh = and_(Cases.case_no.is_(None), Shares.at > func.now() - NOT_RECORDED)
    # What is not recorded yet weighs as it will be: of very many at once nobody gets too much.
    weighs = func.coalesce(Shares.details["weighs"].as_integer(), NEW_CASE)
    return (
        select(Shares.holder, func.count(), func.sum(weighs))
        .outerjoin(Cases, Cases.case_no == Shares.case_no)
        .where(
            Shares.holder.in_(sorted(people)),
            Shares.to_come,
            Shares.at > func.now() - STILL_TO_COME,
            or_(recorded, fresh),
            ~_OPENED,
        )
        .group_by(Shares.holder)
    )


async def _before(
    session: AsyncSession, question: ShareQuestion, roles: Iterable[Role]
) -> dict[Role, str]:
    """By role, who has the newest case of the same employer."""
    found: dict[Role, str] = {}
    if not question.employer:
        return found
    for role in roles:
        query = (
            select(Shares.holder)
            .where(
                Shares.employer == question.employer,
                Shares.role == role.value,
                Shares.district == question.district,
                Shares.holder != "",
                Shares.case_no != question.case_no,
            )
            .order_by(Shares.at.desc(), Shares.case_no)
        )
        found[role] = await session.scalar(query.limit(1)) or ""
    return found


# --- whose turn it is ----------------------------------------------------------------------


async def _turns(
    session: AsyncSession, question: ShareQuestion | ClaimQuestion, roles: Iterable[Role]
) -> dict[Role, dict[str, int]]:
    wheres = [(workplace_of(question, role).district, role.value) for role in roles]
    query = select(ShareTurns).where(
        ShareTurns.item == question.item,
        tuple_(ShareTurns.district, ShareTurns.role).in_(wheres),
    )
    return {Role(row.role): dict(row.turns) for row in await session.scalars(query)}


async def _advance(
    session: AsyncSession,
    question: ShareQuestion,
    role: Role,
    there: Sequence[Candidate],
    choice: Choice,
) -> None:
    rule = question.rules.get(role, SharingRule())
    if Way.IN_TURN not in {rule.way, rule.otherwise}:
        return
    turns = dict(turns_after(there, choice))
    place = workplace_of(question, role)
    row = {"district": place.district, "item": question.item, "role": role.value}
    written = insert(ShareTurns).values(**row, turns=turns)
    # Who holds no post today keeps the place that they had.
    merged = ShareTurns.turns.op("||")(written.excluded.turns)
    await session.execute(
        written.on_conflict_do_update(
            index_elements=[ShareTurns.district, ShareTurns.item, ShareTurns.role],
            set_={"turns": merged},
        )
    )


async def take_turns(session: AsyncSession, keys: Iterable[str]) -> None:
    """Wait until nobody else chooses among the same people; always in the same order."""
    for key in keys:
        name = func.hashtextextended(f"share:{key}", 0)
        await session.execute(select(func.pg_advisory_xact_lock(name)))


# --- claiming ------------------------------------------------------------------------------


async def may_claim(session: AsyncSession, question: ClaimQuestion) -> ClaimAnswer:
    """Whether a person may claim a task of the team, and who stands by then.

    ``NOT_OF_THIS_TEAM``, ``RELATION_DECLARED``, ``OFFICER_ABSENT``, ``TOO_MANY_OPEN``.
    """
    await take_turns(session, [f"claims:{question.person}"])
    apart = await _apart(session, question)
    posts = {question.role: await _posts(session, question, question.role)}
    there = await _candidates(session, question, posts, apart)
    return claim_answer(question, there[question.role])


# --- who keeps away ------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Relation:
    """An officer keeps away from the cases of a person or firm."""

    id: str
    officer: str
    kind: str
    declared_by: str
    declared_at: datetime
    ended_at: datetime | None = None


async def _apart(session: AsyncSession, question: ShareQuestion | ClaimQuestion) -> dict[str, Bar]:
    """Who must keep away from a case, and why."""
    found = dict.fromkeys(await officers_of(session, question.concerns), Bar.RELATED)
    parties = [each for each in (question.subject, question.employer) if each]
    if not parties:
        return found
    query = select(Relations.officer, Relations.kind).where(
        Relations.subject.in_(parties), Relations.ended_at.is_(None)
    )
    for officer, kind in await session.execute(query.order_by(Relations.kind)):
        found.setdefault(officer, Bar.OWN_CASE if kind == "own" else Bar.RELATED)
    return found


MOST_RELATIONS = 200
"""So many may stand for one officer at once."""


async def declare_relation(session: AsyncSession, relation: Relation, subject: str) -> Relation:
    """Write a declaration; the same again is the same, and one that was ended holds again.

    Its open cases are to be told from now on, until `told` says that they were.

    Raises:
        DomainError: ``TOO_MANY_RELATIONS``.
    """
    await take_turns(session, [f"relations:{relation.officer}"])
    known = await relations_of(session, relation.officer)
    standing = [each for each in known if each.ended_at is None and each.id != relation.id]
    if len(standing) >= MOST_RELATIONS:
        raise DomainError("TOO_MANY_RELATIONS", f"回避申报至多 {MOST_RELATIONS} 项")
    row = asdict(relation) | {"subject": subject, "to_tell_since": func.now()}
    written = insert(Relations).values(row)
    again = {"ended_at": None, "to_tell_since": func.now()}
    await session.execute(written.on_conflict_do_update(index_elements=[Relations.id], set_=again))
    return next(
        each for each in await relations_of(session, relation.officer) if each.id == relation.id
    )


OPENS_WITHIN = timedelta(minutes=2)
"""A case that asked who may have it before the declaration is in the register by then."""


@dataclass(frozen=True, kw_only=True)
class ToTell:
    """A relation of which the open cases of the ``subject`` are to be told."""

    id: str
    subject: str
    since: datetime

    @property
    def about(self) -> str:
        """By what its cases are told (``casework.store.telling``)."""
        return told_of(self.id)


def told_of(relation_id: str) -> str:
    """By what the cases of a relation are told."""
    return f"relation:{relation_id}"


async def to_tell(session: AsyncSession) -> tuple[ToTell, ...]:
    """The relations of which cases have still to be told, the oldest first."""
    query = (
        select(Relations.id, Relations.subject, Relations.to_tell_since.label("since"))
        .where(Relations.to_tell_since.is_not(None))
        .order_by(Relations.to_tell_since, Relations.id)
    )
    return tuple(ToTell(**row) for row in (await session.execute(query)).mappings())


async def told(session: AsyncSession, relation: ToTell) -> None:
    """Its open cases have been told.

    They are told once more if it was declared anew meanwhile, or less than ``OPENS_WITHIN`` ago.
    """
    done = and_(Relations.id == relation.id, Relations.to_tell_since == relation.since)
    long_ago = Relations.to_tell_since < func.now() - OPENS_WITHIN
    await session.execute(update(Relations).where(done, long_ago).values(to_tell_since=None))


async def end_relation(
    session: AsyncSession, relation_id: str, officer: str, at: datetime
) -> Relation | None:
    """The officer's own declaration holds no more; None: there is no such one of theirs."""
    own = and_(Relations.id == relation_id, Relations.officer == officer)
    await session.execute(
        update(Relations).where(own, Relations.ended_at.is_(None)).values(ended_at=at)
    )
    known = await relations_of(session, officer)
    return next((each for each in known if each.id == relation_id), None)


async def relations_of(session: AsyncSession, officer: str) -> tuple[Relation, ...]:
    """All that an officer has declared, those that have ended too, the newest first."""
    columns = [Relations.__table__.c[each.name] for each in fields(Relation)]
    query = select(*columns).where(Relations.officer == officer)
    found = await session.execute(query.order_by(Relations.declared_at.desc(), Relations.id))
    return tuple(Relation(**row) for row in found.mappings())


def open_cases_of(subject: str) -> Select[str, str]:
    """The open cases whose applicant or employer that is, by number."""
    theirs = or_(Openings.subject == subject, Openings.employer_subject == subject)
    return running().where(theirs, Cases.closed_at.is_(None)).order_by(Cases.case_no)
