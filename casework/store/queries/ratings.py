"""Ratings (好差评): one, that of a case, and how many of each grade."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.kinds.rating.shown import RatingRow
from casework.domain.kinds.rating.state import Grade
from casework.store.models import Cases, Clocks, Courses, Ratings
from casework.store.queries.case import CaseView
from casework.store.queries.of_one_kind import opened, summaries, view_of
from casework.store.queries.search import CaseSummary

_SETTLE = "rate_settle"


@dataclass(frozen=True, kw_only=True)
class RatingSummary(CaseSummary, RatingRow):
    """A rating as a list shows it."""


@dataclass(frozen=True, kw_only=True)
class RatingView(CaseView, RatingRow):
    """A rating as its page shows it; masked."""


@dataclass(frozen=True, kw_only=True)
class RatingsSummary:
    """Ratings of a time: ``grades`` counts each of the five, those that were struck left out.

    Of the poor ones: ``settled`` are put right or explained, ``settled_in_time`` not later than
    the last day of the limit, the longer one where the case was hard.
    """

    grades: dict[Grade, int]
    struck: int
    poor: int
    settled: int
    settled_in_time: int


async def rating_view(session: AsyncSession, case_no: str) -> RatingView | None:
    """A rating as it stands; None if there is no such rating."""
    return await view_of(session, RatingView, Ratings, RatingRow, case_no)


async def rating_of(session: AsyncSession, rated: str) -> RatingSummary | None:
    """The rating of a case, by that case's number; None if it has not been rated."""
    query = summaries(Ratings, RatingRow).where(Ratings.rated == rated)
    found = await opened(session, RatingSummary, Ratings, query)
    return found[0] if found else None


async def ratings_summary(
    session: AsyncSession, district: str, received_from: datetime, received_before: datetime
) -> RatingsSummary:
    """The ratings of a district (all, if empty) in a time; its end does not belong to it."""
    limit = (
        select((func.max(Courses.ended_on) <= func.max(Courses.due_on)).label("kept"))
        .select_from(Clocks)
        .join(Courses, Courses.id == Clocks.course)
        .where(Clocks.case_no == Ratings.case_no, Clocks.kind == _SETTLE)
        .scalar_subquery()
    )
    counts, poor = ~Ratings.struck, Ratings.grade <= Grade.DISSATISFIED
    settled = and_(counts, poor, Ratings.settlement != "")
    query = (
        select(
            *(
                func.count().filter(counts, Ratings.grade == grade).label(f"grade_{grade}")
                for grade in Grade
            ),
            func.count().filter(Ratings.struck).label("struck"),
            func.count().filter(counts, poor).label("poor"),
            func.count().filter(settled).label("settled"),
            func.count().filter(settled, limit).label("settled_in_time"),
        )
        .select_from(Ratings)
        .join(Cases, Cases.case_no == Ratings.case_no)
        .where(Cases.received_at >= received_from, Cases.received_at < received_before)
    )
    if district:
        query = query.where(Cases.district == district)
    row = dict((await session.execute(query)).mappings().one())
    grades = {grade: row.pop(f"grade_{grade}") for grade in Grade}
    return RatingsSummary(grades=grades, **row)
