"""What somebody may see of the register, as conditions; and what authority has to know of a case.

The decision is ``casework.domain.authority``'s: here it is put to the tables, so that every list,
search and count is narrowed by the same rule by which a single case is shown or not.
"""

from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Label,
    Select,
    SQLColumnExpression,
    and_,
    delete,
    exists,
    false,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.authority import Concern, Glimpse, Sight
from casework.domain.kinds.registry import KINDS, CaseKind
from casework.domain.policy import digits_of
from casework.domain.talent import TalentClass, serving_class
from casework.store.models import Cases, EndedSessions, Openings, Tasks, model_of

_CLASSED = {
    kind: model_of(rows.table).__table__.c
    for kind, each in KINDS.items()
    if each.knows_classes
    for rows in each.rows
    if any(field.name == "letter" for field in fields(rows.row))
}
"""The kinds that know a class of talent, and the table that tells it."""


def within(sight: Sight, row: type[Cases | Tasks] = Cases) -> ColumnElement[bool]:
    """The condition that a case, joined with its opening, is seen.

    ``row``: what is walked along, whose district it is; a task of which an office may be asked is
    joined with its case, too (`asks_for_office`).
    """
    alike: dict[Glimpse, list[CaseKind]] = {}
    for kind, glimpse in sight.glimpses.items():
        alike.setdefault(glimpse, []).append(CaseKind(kind))
    seen = [_seen(sight, glimpse, kinds, row) for glimpse, kinds in alike.items()]
    return or_(*seen) if seen else false()


def asks_for_office(sight: Sight) -> bool:
    """Whether it ends at an office, which stands with the case alone."""
    return any(glimpse.office for glimpse in sight.glimpses.values())


def seen_by(sight: Sight | None) -> list[ColumnElement[bool]]:
    """The same as conditions; none for who sees all, and for a program that asks for itself."""
    return [] if sight is None or sight.is_whole else [within(sight)]


def seen_cases(sight: Sight) -> Select[Any]:
    """The numbers of the cases that are seen, for tables that know no more of a case."""
    query = select(Cases.case_no).join(Openings, Openings.case_no == Cases.case_no)
    return query.where(within(sight))


def in_cities(place: SQLColumnExpression[str], cities: Iterable[str]) -> ColumnElement[bool]:
    """That a place lies in one of these cities: a district, an office, a case number, a city."""
    there = (place.startswith(digits_of(city), autoescape=True) for city in sorted(cities))
    return or_(false(), *there)


def _seen(
    sight: Sight, glimpse: Glimpse, kinds: list[CaseKind], row: type[Cases | Tasks]
) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = []
    if len(kinds) < len(KINDS):
        conditions.append(Openings.kind.in_([kind.value for kind in kinds]))
    if glimpse.own:
        conditions.append(_own(sight))
    if glimpse.district:
        conditions.append(row.district == glimpse.district)
    if glimpse.districts:
        conditions.append(row.district.in_(sorted(glimpse.districts)))
    if glimpse.cities is not None:
        conditions.append(in_cities(row.district, glimpse.cities))
    if glimpse.sources is not None:
        filed = Openings.source.in_(sorted(glimpse.sources))
        conditions.append(or_(filed, Openings.opened_by == sight.code))
    if glimpse.office:
        conditions.append(Cases.office == glimpse.office)
    if glimpse.classes:
        conditions += [_of_class(kind, glimpse.classes, row) for kind in kinds if kind in _CLASSED]
    return and_(true(), *conditions)


def _own(sight: Sight) -> ColumnElement[bool]:
    """Whose case it is: by pseudonym, or by who opened it."""
    opened = Openings.opened_by == sight.code
    if not sight.subject:
        return opened
    return or_(
        Openings.subject == sight.subject, Openings.employer_subject == sight.subject, opened
    )


def _of_class(
    kind: CaseKind, classes: frozenset[TalentClass], row: type[Cases | Tasks]
) -> ColumnElement[bool]:
    """That a case of this kind is of a talent served by one of the classes; others pass."""
    classed = _CLASSED[kind]
    letters = {each.value for each in classes}
    if serving_class(None) in classes:
        letters.add("")  # recognised by score, without a letter
    served = (
        exists()
        .where(classed.case_no == row.case_no, classed.letter.in_(sorted(letters)))
        .correlate(row)  # lists of talents and of requests have these tables themselves
    )
    return or_(Openings.kind != kind.value, served)


async def outline(session: AsyncSession, case_no: str) -> Concern | None:
    """What a case says of itself to somebody who wants no verb of it; None if there is none.

    It knows nothing of four eyes.
    """
    query = (
        select(
            Openings.kind,
            Cases.district,
            Cases.office,
            Cases.assigned,
            _asked(),
            Openings.subject,
            Openings.employer_subject,
            Openings.opened_by,
            Openings.source,
            *(classed.letter.label(kind.value) for kind, classed in _CLASSED.items()),
        )
        .join(Openings, Openings.case_no == Cases.case_no)
        .where(Cases.case_no == case_no)
    )
    for classed in _CLASSED.values():
        query = query.outerjoin(classed.letter.table, classed.case_no == Cases.case_no)
    row = (await session.execute(query)).one_or_none()
    if row is None:
        return None
    letter = row._mapping[row.kind] if row.kind in _CLASSED else None  # noqa: SLF001 - it is public
    return Concern(
        kind=row.kind,
        district=row.district,
        office=row.office,
        letter=None if letter is None else serving_class(TalentClass(letter) if letter else None),
        subjects=frozenset(filter(None, (row.subject, row.employer_subject))),
        opened_by=row.opened_by,
        assigned=frozenset(row.assigned.split()),
        asked=frozenset(row.asked or ()),
        source=row.source,
    )


def _asked() -> Label[Any]:
    """Of whom a colleague wants an answer, of a case in a query of cases."""
    holders = select(func.array_agg(Tasks.holder)).where(
        Tasks.case_no == Cases.case_no, Tasks.closed_at.is_(None), Tasks.asked_by != ""
    )
    return holders.correlate(Cases).scalar_subquery().label("asked")


async def end_session(
    session: AsyncSession, number: str, *, until: datetime, now: datetime
) -> None:
    """End a session that would have lasted ``until``; ending it again changes nothing."""
    await session.execute(delete(EndedSessions).where(EndedSessions.until < now))
    ended = insert(EndedSessions).values(id=number, until=until)
    await session.execute(ended.on_conflict_do_nothing())


async def has_ended(session: AsyncSession, number: str) -> bool:
    """Whether the session was ended."""
    return bool(await session.scalar(select(exists().where(EndedSessions.id == number))))
