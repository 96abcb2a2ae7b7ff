"""The digests of cards: what was told to whom, and which cards each announced."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from casework.store.models.model import Key, Model


class CardDigests(Model):
    """One digest for each officer and day; ``key`` is sent to at most once.

    ``status`` is queued, sent, refused, or void (nothing was left of it before it went out).
    ``district`` is the officer's own. ``red`` and ``yellow`` count the cards announced, ``older``
    those still open from before.
    """

    __tablename__ = "card_digests"

    key: Mapped[Key]
    officer: Mapped[str]
    district: Mapped[str]
    day: Mapped[date]
    channel: Mapped[str]
    status: Mapped[str]
    red: Mapped[int]
    yellow: Mapped[int]
    older: Mapped[int]
    queued_at: Mapped[datetime] = mapped_column(server_default=func.now())
    sent_at: Mapped[datetime | None]
    reference: Mapped[str] = mapped_column(server_default="")
    problem: Mapped[str] = mapped_column(server_default="")


# Read backwards: lists are newest first.
Index("card_digests_day_idx", CardDigests.day, CardDigests.district, CardDigests.officer)
Index("card_digests_of_district_idx", CardDigests.district, CardDigests.day, CardDigests.officer)
Index("card_digests_of_officer_idx", CardDigests.officer, CardDigests.day, CardDigests.district)


class CardDigestLines(Model):
    """A card that a digest announced; one given anew has another ``given_at``."""

    __tablename__ = "card_digest_lines"

    key: Mapped[str] = mapped_column(ForeignKey("card_digests.key"), primary_key=True)
    case_no: Mapped[Key]
    clock: Mapped[Key]
    rung: Mapped[Key]
    given_at: Mapped[datetime] = mapped_column(primary_key=True)


Index(
    "card_digest_lines_of_card_idx",
    CardDigestLines.case_no,
    CardDigestLines.clock,
    CardDigestLines.rung,
)
