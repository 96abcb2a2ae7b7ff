"""The tables of sharing out: who got which case and why, whose turn it is, who keeps away."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from casework.store.models.model import Key, Model


class Shares(Model):
    """The last choice for each role of a case; the ones before stand in its events.

    No foreign key: it is made before the case is in the register. ``seq`` is the event after which
    it was made, ``employer`` a pseudonym; ``details`` has what else a ``Choice`` says. ``to_come``:
    as far as anybody has looked, the role has had no task in the case yet.
    """

    __tablename__ = "shares"

    case_no: Mapped[Key]
    role: Mapped[Key]
    seq: Mapped[int]
    district: Mapped[str]
    item: Mapped[str]
    employer: Mapped[str]
    holder: Mapped[str]
    backup: Mapped[str]
    team: Mapped[str]
    way: Mapped[str]
    reason: Mapped[str]
    details: Mapped[dict[str, Any]]
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    to_come: Mapped[bool] = mapped_column(server_default=text("true"))


Index("shares_of_holder_idx", Shares.holder, Shares.at)
Index("shares_to_come_idx", Shares.holder, Shares.at, postgresql_where=Shares.to_come)
Index(
    "shares_of_employer_idx",
    Shares.employer,
    Shares.role,
    Shares.at,
    postgresql_where=Shares.employer != "",
)


class ShareTurns(Model):
    """How many cases each has got in turn: code → number."""

    __tablename__ = "share_turns"

    district: Mapped[Key]
    item: Mapped[Key]
    role: Mapped[Key]
    turns: Mapped[dict[str, Any]]


class Relations(Model):
    """An officer keeps away from the cases of a person or firm (回避); ``subject`` is a pseudonym.

    ``kind``: the person is the officer (``own``), or somebody close (``related``).
    ``to_tell_since``: open cases have still to be told, by the clock of the database.
    """

    __tablename__ = "relations"

    id: Mapped[Key]
    officer: Mapped[str] = mapped_column(index=True)
    subject: Mapped[str]
    kind: Mapped[str]
    declared_by: Mapped[str]
    declared_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    to_tell_since: Mapped[datetime | None]


Index("relations_of_subject_idx", Relations.subject, postgresql_where=Relations.ended_at.is_(None))
Index(
    "relations_to_tell_idx",
    Relations.to_tell_since,
    postgresql_where=Relations.to_tell_since.is_not(None),
)
