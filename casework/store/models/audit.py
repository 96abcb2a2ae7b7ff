"""The tables of the audit: the signed digests, and what they tell of each case."""

from datetime import date, datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from casework.store.models.model import Key, Model


class AuditDigests(Model):
    """The digest of each district and day; ``document`` is the text that is signed."""

    __tablename__ = "audit_digests"
    __table_args__ = (UniqueConstraint("district", "day"),)

    district: Mapped[Key]
    number: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date]
    made_at: Mapped[datetime]
    cases: Mapped[int]
    document: Mapped[str]
    hash: Mapped[str]
    key: Mapped[str]
    signature: Mapped[str]


class AuditHeads(Model):
    """What the digests told last of a case; it follows from them, and says what the next tells."""

    __tablename__ = "audit_heads"

    case_no: Mapped[Key]
    seq: Mapped[int]
    hash: Mapped[str]
