"""The part of an entry's statement that writes clocks and their courses."""

from collections.abc import Iterator

from sqlalchemy import CTE, case, exists, select
from sqlalchemy.dialects.postgresql import distinct_on, insert

from casework.store.models import Clocks, Courses, Suspensions
from casework.store.register.courses import COURSE, DATED, OWN, course_id
from casework.store.register.document import admitted, records, text, word

_CLOCK = Clocks.__table__.c
_COURSE = Courses.__table__.c


def clocks(head: CTE, *, mend: bool) -> Iterator[CTE]:
    """Each clock, and its course if none runs it yet; ``mend``: the course as it should be.

    A course that is there is right: it was dated by the latest order, and the entry is up to date.
    """
    run = _run(head)
    spec = [name for name in run.c.keys() if name in _COURSE]  # noqa: SIM118 - no mapping
    courses = insert(Courses).from_select(
        ["id", *spec],
        # Always in the same order, lest two recorders wait for each other.
        select(run.c.course, *(run.c[name] for name in spec))
        .ext(distinct_on(run.c.course))
        .order_by(run.c.course),
    )
    dates = {name: courses.excluded[name] for name in DATED}
    yield (
        courses.on_conflict_do_update(index_elements=[Courses.id], set_=dates)
        if mend
        else courses.on_conflict_do_nothing()
    ).cte("written_courses")
    columns = ("case_no", *OWN, "course")
    whose = insert(Clocks).from_select(columns, select(*(run.c[name] for name in columns)))
    changed = {name: whose.excluded[name] for name in ("kind", "name", "course")}
    yield whose.on_conflict_do_update(
        index_elements=[Clocks.case_no, Clocks.clock], set_=changed
    ).cte("written_clocks")


def _run(head: CTE) -> CTE:
    """The clocks of the entry with the columns of both tables."""
    rows = records("clocks", (*(_CLOCK[name] for name in OWN), *(_COURSE[name] for name in COURSE)))
    alone = exists().where(Suspensions.key == head.c.case_no)
    course = {
        "district": head.c.district,
        "office": text("case", "office"),
        "alone": case((alone, head.c.case_no), else_=word("")),
        **{name: rows.c[name] for name in COURSE},
    }
    return admitted(
        head,
        rows,
        head.c.case_no,
        *(rows.c[name] for name in OWN),
        course_id(course).label("course"),
        *(column.label(name) for name, column in course.items()),
    ).cte("run")
