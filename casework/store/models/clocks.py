"""The clocks of the cases, and the courses that they run.

Clocks that are alike (same place, limit, start, stops, and still the same to bring about) run one
course, and share its row. An order that moves a hundred thousand clocks rewrites a few hundred
courses, and at the next look every list shows the new dates.
"""

from datetime import date
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from casework.domain.case.projection import AwaitedRow, Stretches
from casework.store.models.model import CaseNo, Key, Model


class Courses(Model):
    """How a clock runs: the fields of ``ClockRow`` that do not say whose it is.

    The ``id`` follows from the columns up to ``ended_on``, and for an ended course from the others
    too (``casework.store.register.courses``): a running course is dated anew, an ended one never
    changes. ``alone`` is the case's number where a suspension bears on that case only, otherwise
    empty.
    """

    __tablename__ = "courses"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    district: Mapped[str]
    office: Mapped[str]
    alone: Mapped[str]
    unit: Mapped[str]
    amount: Mapped[int]
    until: Mapped[date | None]
    rolls: Mapped[bool]
    side: Mapped[str]
    measure: Mapped[str]
    started_on: Mapped[date]
    stops: Mapped[Stretches]
    pending: Mapped[tuple[str, ...]]
    awaited: Mapped[AwaitedRow | None]
    ended_on: Mapped[date | None]
    pauses: Mapped[Stretches]
    due_on: Mapped[date | None]
    fires_on: Mapped[date | None]
    provisional: Mapped[bool]


_RUNNING = Courses.ended_on.is_(None)
Index("courses_running_idx", Courses.district, Courses.office, postgresql_where=_RUNNING)
Index("courses_due_on_idx", Courses.due_on, postgresql_where=_RUNNING)
Index("courses_fires_on_idx", Courses.fires_on, postgresql_where=_RUNNING)


class Clocks(Model):
    """Which course each clock of a case runs, or ran.

    No foreign key: it would make all recorders of a day lock the same few rows.
    """

    __tablename__ = "clocks"

    case_no: Mapped[CaseNo]
    clock: Mapped[Key]
    kind: Mapped[str]
    name: Mapped[str]
    course: Mapped[UUID] = mapped_column(index=True)
