"""The table of looks at personal data."""

from datetime import datetime

from sqlalchemy import BigInteger, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from casework.store.models.model import Model


class Accesses(Model):
    """Who looked at personal data in clear, when and why; the database refuses to change it.

    ``district`` is the actor's, ``case_no`` is empty where a search found nobody. ``reason`` is
    sealed under no case: it stays readable when the case has been erased.
    """

    __tablename__ = "accesses"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    role: Mapped[str]
    district: Mapped[str]
    what: Mapped[str]
    case_no: Mapped[str]
    reason: Mapped[str]


Index("accesses_case_no_idx", Accesses.case_no)
Index("accesses_actor_idx", Accesses.actor, Accesses.at)
