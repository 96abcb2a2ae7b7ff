"""The tables of telling people one to one, and of card digests."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from casework.store.models.model import CaseNo, Key, Model


class Outreaches(Model):
    """What people are to be told, and because of which measure or suspension (``about``).

    ``last_round_at`` is the last time that the list was made; ``ended_at``: none will follow.
    """

    __tablename__ = "outreaches"

    id: Mapped[Key]
    kind: Mapped[str]
    about: Mapped[str] = mapped_column(index=True)
    text: Mapped[str]
    started_by: Mapped[str] = mapped_column(server_default="")
    started_at: Mapped[datetime]
    last_round_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class ContactRequests(Model):
    """The list of an outreach: one row a case, the case on which the person is told in ``through``.

    ``at``: when the case was asked, with ``outcome`` ``asked`` or ``gone``; NULL: still to be.
    """

    __tablename__ = "contact_requests"

    outreach: Mapped[str] = mapped_column(ForeignKey("outreaches.id"), primary_key=True)
    case_no: Mapped[CaseNo]
    subject: Mapped[str]
    through: Mapped[str]
    outcome: Mapped[str] = mapped_column(server_default="")
    at: Mapped[datetime | None]


Index(
    "contact_requests_waiting_idx",
    ContactRequests.outreach,
    ContactRequests.case_no,
    postgresql_where=ContactRequests.at.is_(None),
)
Index("contact_requests_subject_idx", ContactRequests.subject)


class Contacts(Model):
    """How far each person has been told; follows from the events, as ``cases`` does."""

    __tablename__ = "contacts"

    case_no: Mapped[CaseNo]
    outreach: Mapped[Key]
    district: Mapped[str]
    about: Mapped[str]
    state: Mapped[str]
    through: Mapped[str]
    attempts: Mapped[int]
    last_attempt_on: Mapped[date | None]
    listed_at: Mapped[datetime]
    reached_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    filed_at: Mapped[datetime | None]
    escalated_at: Mapped[datetime | None]


Index("contacts_of_outreach_idx", Contacts.outreach, Contacts.case_no)


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
