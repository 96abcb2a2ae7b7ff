"""Erasure of a person (个人信息保护法第四十七条): the secrets of their cases are deleted.

What was sealed for the cases, in the register, in Temporal and in every copy of either, cannot be
read by anybody from then on. That there were cases, their steps and dates, and who decided, stays:
so does the row of each secret, as the record of the erasure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import (
    CompoundSelect,
    Select,
    Subquery,
    delete,
    exists,
    func,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.errors import DomainError
from casework.domain.kinds.registry import CaseKind, workflow_id
from casework.store.engine import vault_of
from casework.store.models import (
    Appointments,
    Armings,
    Cases,
    CaseSecrets,
    CreditRecords,
    Events,
    Letters,
    Materials,
    Notices,
    Openings,
    Opinions,
    Parties,
    Ratings,
    Requests,
    Uploads,
)

_REASON = "case_secrets.erased_reason"
_BASIS = "case_secrets.erased_basis"


@dataclass(frozen=True, kw_only=True)
class Erasure:
    """Which cases were erased, when, by whom, why and on what basis in law.

    ``files``: what lies in the content store for none but erased cases, by sha256. ``workflows``:
    the ids of the cases' workflows; one that still runs has nothing left to do, and can never be
    replayed.
    """

    cases: tuple[str, ...]
    at: datetime
    by: str
    reason: str
    basis: str
    files: tuple[str, ...] = ()
    workflows: tuple[str, ...] = ()


async def erase(  # noqa: PLR0913 - what the record must tell
    session: AsyncSession, case_no: str, *, by: str, reason: str, basis: str, at: datetime
) -> Erasure:
    """Erase the person of a case, in all their cases; done again, it tells what was done first.

    Cases that came since are erased too.

    Raises:
        DomainError: ``CASE_NOT_FOUND``; ``OPEN_CASES`` while anything of the person is under way;
            ``NOT_SEALED`` where something was written before there were secrets.
    """
    cases = await _cases_of_person(session, case_no)
    await _require_all_over(session, cases, at)
    return await _erased(session, cases, case_no, by=by, reason=reason, basis=basis, at=at)


async def _erased(  # noqa: PLR0913 - as `erase`
    session: AsyncSession,
    cases: tuple[str, ...],
    case_no: str,
    *,
    by: str,
    reason: str,
    basis: str,
    at: datetime,
) -> Erasure:
    """Erase these cases; ``case_no`` is the one whose record is told."""
    await _require_sealed(session, cases)
    cipher = await vault_of(session).cipher("")
    record = {
        "erased_at": at,
        "erased_by": by,
        "erased_reason": cipher.seal_text(reason, _REASON),
        "erased_basis": cipher.seal_text(basis, _BASIS),
    }
    deleting = insert(CaseSecrets).values([{"scope": each, **record} for each in cases])
    await session.execute(
        deleting.on_conflict_do_update(
            index_elements=[CaseSecrets.scope],
            set_={"secret": None, **record},
            where=CaseSecrets.erased_at.is_(None),
        )
    )
    files = await _files_of_nobody_else(session, cases)
    await session.execute(delete(Uploads).where(Uploads.sha256.in_(files)))
    for each in cases:
        vault_of(session).forget(each)
    first = await session.get_one(CaseSecrets, case_no, populate_existing=True)
    return Erasure(
        cases=cases,
        at=first.erased_at or at,
        by=first.erased_by,
        reason=cipher.open_text(first.erased_reason, _REASON),
        basis=cipher.open_text(first.erased_basis, _BASIS),
        files=files,
        workflows=await _workflows(session, cases),
    )


KEPT_LONG_ENOUGH = "来访登记信息保存期满"
RETENTION_BASIS = "个人信息保护法第十九条：保存期限为实现处理目的所必要的最短时间"
MOST_AT_ONCE = 100


async def erase_visitors(session: AsyncSession, on: date, *, at: datetime) -> int:
    """Erase the appointments whose data need not be kept on ``on``, and no other case of anybody.

    Return how many, at most ``MOST_AT_ONCE``. One that is under way stays until it is over.
    """
    still = (
        exists().where(Armings.case_no == Appointments.case_no, Armings.wakes_at > at),
        exists().where(Notices.case_no == Appointments.case_no, Notices.status == "queued"),
        exists().where(
            CaseSecrets.scope == Appointments.case_no, CaseSecrets.erased_at.is_not(None)
        ),
    )
    query = (
        select(Appointments.case_no)
        .join(Cases, Cases.case_no == Appointments.case_no)
        .where(Appointments.keep_until < on, Cases.closed_at.is_not(None))
        .where(*(~each for each in still))
        .order_by(Appointments.case_no)
        .limit(MOST_AT_ONCE)
    )
    cases = tuple(await session.scalars(query))
    if cases:
        await _erased(
            session,
            cases,
            cases[0],
            by="clock",
            reason=KEPT_LONG_ENOUGH,
            basis=RETENTION_BASIS,
            at=at,
        )
    return len(cases)


async def erased(session: AsyncSession, case_no: str) -> bool:
    """Whether a case was erased."""
    found = exists().where(CaseSecrets.scope == case_no, CaseSecrets.erased_at.is_not(None))
    return bool(await session.scalar(select(found)))


async def counted(session: AsyncSession) -> tuple[int, int]:
    """How many cases have a secret, and how many were erased."""
    erased_ones = func.count(CaseSecrets.erased_at)
    every, gone = (await session.execute(select(func.count(CaseSecrets.scope), erased_ones))).one()
    return every - gone, gone


async def _cases_of_person(session: AsyncSession, case_no: str) -> tuple[str, ...]:
    """Every case of the person a case is about, by its number."""
    root = await _root(session, case_no)
    found = (
        await session.execute(
            select(Openings.kind, Openings.subject).where(Openings.case_no == root)
        )
    ).one_or_none()
    if found is None or found.kind == CaseKind.VISITS:
        raise DomainError("CASE_NOT_FOUND", "没有此办件，或此件不涉及个人")
    own = select(Openings.case_no).where(
        or_(
            Openings.case_no == root,
            (Openings.subject == found.subject) & (Openings.subject != ""),
        )
    )
    asked = select(Requests.case_no).where(Requests.talent.in_(own))
    rated = select(Ratings.case_no).where(or_(Ratings.rated.in_(own), Ratings.rated.in_(asked)))
    return await _column(session, own.union(asked, rated))


async def _workflows(session: AsyncSession, cases: Sequence[str]) -> tuple[str, ...]:
    query = select(Openings.kind, Openings.case_no).where(Openings.case_no.in_(cases))
    found = (await session.execute(query.order_by(Openings.case_no))).all()
    return tuple(workflow_id(row.kind, row.case_no) for row in found)


async def _root(session: AsyncSession, case_no: str) -> str:
    """The case by which the person is known: of a rating what was rated, of a request its talent's.

    A request may name no talent; then it is its own.
    """
    rated = await session.scalar(select(Ratings.rated).where(Ratings.case_no == case_no))
    talent = await session.scalar(
        select(Requests.talent).where(Requests.case_no == (rated or case_no))
    )
    return talent or rated or case_no


async def _require_all_over(session: AsyncSession, cases: Sequence[str], at: datetime) -> None:
    still = (
        (exists().where(Cases.case_no.in_(cases), Cases.closed_at.is_(None)), "有未办结的件"),
        (exists().where(Armings.case_no.in_(cases), Armings.wakes_at > at), "有可以撤销更正的件"),
        (exists().where(Cases.case_no.in_(cases), Cases.open_debts > 0), "有未补齐的容缺材料"),
        (
            exists().where(CreditRecords.case_no.in_(cases), CreditRecords.repaired_at.is_(None)),
            "有未修复的失信记录",
        ),
        (exists().where(Notices.case_no.in_(cases), Notices.status == "queued"), "有未发出的通知"),
    )
    for found, why in still:
        if await session.scalar(select(found)):
            raise DomainError("OPEN_CASES", f"此人{why}，须先了结再删除个人信息")


async def _require_sealed(session: AsyncSession, cases: Sequence[str]) -> None:
    plain = (
        exists().where(
            Parties.case_no.in_(cases),
            Parties.name != "",
            Parties.name.not_like("sealed:%"),
        ),
        exists().where(Events.case_no.in_(cases), ~Events.body.has_key("sealed")),
    )
    for found in plain:
        if await session.scalar(select(found)):
            raise DomainError(
                "NOT_SEALED",
                "此人有加密启用之前登记的内容，请管理员先运行 casework register seal",
            )


async def _files_of_nobody_else(session: AsyncSession, cases: Sequence[str]) -> tuple[str, ...]:
    own, others = _files("own"), _files("others")
    is_erased = exists().where(
        CaseSecrets.scope == others.c.case_no, CaseSecrets.erased_at.is_not(None)
    )
    elsewhere = exists().where(others.c.sha256 == own.c.sha256, ~is_erased)
    found = select(own.c.sha256).where(own.c.case_no.in_(cases), own.c.sha256 != "", ~elsewhere)
    return await _column(session, found.distinct())


def _files(name: str) -> Subquery:
    """Which files lie in which case: its materials, what came with opinions, and its letters."""
    attached = func.jsonb_array_elements_text(Opinions.files)
    return union_all(
        select(Materials.case_no.label("case_no"), Materials.sha256.label("sha256")),
        select(Opinions.case_no, attached.collate("C")),
        select(Letters.case_no, Letters.sha256),
        select(Letters.case_no, Letters.sealed_sha256),
    ).subquery(name)


async def _column(
    session: AsyncSession, query: Select[str] | CompoundSelect[str]
) -> tuple[str, ...]:
    return tuple(sorted(await session.scalars(query)))
