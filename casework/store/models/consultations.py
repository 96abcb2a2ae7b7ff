"""The log of consultations. No event of a case follows from it, and nothing in it is personal."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from casework.store.models.model import Key, Model


class Consultations(Model):
    """One line each; the columns bear the names of `casework.domain.consultations.Consultation`."""

    __tablename__ = "consultations"

    district: Mapped[Key]
    source: Mapped[Key]
    reference: Mapped[Key]
    content: Mapped[str]
    channel: Mapped[str]
    topic: Mapped[str]
    needs: Mapped[tuple[str, ...]]
    answered: Mapped[bool]
    ticket: Mapped[str] = mapped_column(server_default="")
    agent: Mapped[str] = mapped_column(server_default="")
    asked_at: Mapped[datetime]
    logged_at: Mapped[datetime]
    logged_by: Mapped[str]


Index(
    "consultations_newest_idx",
    Consultations.district,
    Consultations.asked_at,
    Consultations.source,
    Consultations.reference,
)
