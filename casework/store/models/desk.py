"""The tables of what people keep at the desk. No event of a case follows from them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, false
from sqlalchemy.orm import Mapped, mapped_column

from casework.store.models.model import CaseNo, Key, Model


class Looks(Model):
    """When somebody of the staff looked at a case last: one row for each, whatever they do.

    A visit ``began_at`` and was ``seen_at`` last, up to event ``seq``; ``before_seq`` and
    ``before_at`` are those of the visit before. ``doing``: the verb whose form is open, or empty.
    ``over``: they have logged out since.
    """

    __tablename__ = "looks"

    case_no: Mapped[CaseNo]
    person: Mapped[Key]
    began_at: Mapped[datetime]
    seen_at: Mapped[datetime] = mapped_column(index=True)
    seq: Mapped[int]
    before_seq: Mapped[int | None]
    before_at: Mapped[datetime | None]
    doing: Mapped[str]
    over: Mapped[bool] = mapped_column(server_default=false())


Index("looks_person_idx", Looks.person, Looks.seen_at)


class SavedViews(Model):
    """A list as somebody wants it again; ``name`` is sealed, as nobody's case.

    The ``id`` follows from person, list and name. ``usual``: the list opens with it.
    """

    __tablename__ = "saved_views"

    id: Mapped[Key]
    person: Mapped[str] = mapped_column(index=True)
    list: Mapped[str]
    name: Mapped[str]
    asked: Mapped[dict[str, Any]]
    usual: Mapped[bool]
    saved_at: Mapped[datetime]


class Phrases(Model):
    """A text that is proposed for a reason; ``text`` is sealed, as nobody's case.

    ``owner`` is a person's code, or ``district/`` and the code of an office's district. An empty
    ``verb``: for every act. It is proposed from ``since`` up to ``until``, both included.
    """

    __tablename__ = "phrases"

    id: Mapped[Key]
    owner: Mapped[str]
    verb: Mapped[str]
    text: Mapped[str]
    since: Mapped[date]
    until: Mapped[date | None]
    by: Mapped[str]
    at: Mapped[datetime]


Index("phrases_owner_idx", Phrases.owner, Phrases.verb)
