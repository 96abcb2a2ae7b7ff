"""The table of jurisdiction transfers."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from casework.store.models.model import CaseNo, Model


class Transfers(Model):
    """Which district handed which case to which other one; follows from the events, as ``cases``.

    ``seq`` is that of the event; ``reason`` is sealed.
    """

    __tablename__ = "transfers"

    case_no: Mapped[CaseNo]
    seq: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    role: Mapped[str]
    from_district: Mapped[str]
    from_office: Mapped[str]
    to_district: Mapped[str]
    to_office: Mapped[str]
    reason: Mapped[str]


Index("transfers_newest_idx", Transfers.at, Transfers.case_no, Transfers.seq)
