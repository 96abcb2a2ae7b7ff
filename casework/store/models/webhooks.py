"""The tables of those who are told: systems by webhook, officers by a calendar of due dates."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from casework.store.models.model import Key, Model

_NONE = text("'[]'::jsonb")


class Webhooks(Model):
    """What a system wants to be told, where, and how far it has been told (``after``).

    ``caught_up_at``: when there was last nothing left to tell. ``failing_since``: the receiver has
    taken nothing since, because of ``problem``. ``ping_asked_at``: a test is still to be sent.
    """

    __tablename__ = "webhooks"

    id: Mapped[Key]
    system: Mapped[str] = mapped_column(index=True)
    url: Mapped[str]
    events: Mapped[tuple[str, ...]] = mapped_column(server_default=_NONE)
    districts: Mapped[tuple[str, ...]] = mapped_column(server_default=_NONE)
    item_codes: Mapped[tuple[str, ...]] = mapped_column(server_default=_NONE)
    status: Mapped[str]
    after: Mapped[str]
    made_at: Mapped[datetime]
    approved_by: Mapped[str] = mapped_column(server_default="")
    caught_up_at: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    problem: Mapped[str] = mapped_column(server_default="")
    ping_asked_at: Mapped[datetime | None]
    ping_sent_at: Mapped[datetime | None]
    ping_problem: Mapped[str] = mapped_column(server_default="")


class RefusedEvents(Model):
    """An event that a receiver does not take, or that waits behind such a one of its case.

    ``again``: somebody has asked that it be sent once more.
    """

    __tablename__ = "refused_events"

    webhook: Mapped[str] = mapped_column(ForeignKey("webhooks.id"), primary_key=True)
    case_no: Mapped[Key]
    seq: Mapped[int] = mapped_column(primary_key=True)
    problem: Mapped[str]
    at: Mapped[datetime]
    again: Mapped[bool] = mapped_column(server_default=text("false"))


Index("refused_events_again_idx", RefusedEvents.webhook, postgresql_where=RefusedEvents.again)


class UndeliveredEvents(Model):
    """A task: to see that a refused event is taken after all, or to set it aside with a reason.

    Kept when it is closed; ``outcome`` is an `UndeliveredOutcome`, empty while it is open.
    """

    __tablename__ = "undelivered_events"

    webhook: Mapped[str] = mapped_column(ForeignKey("webhooks.id"), primary_key=True)
    case_no: Mapped[Key]
    seq: Mapped[int] = mapped_column(primary_key=True)
    problem: Mapped[str]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str] = mapped_column(server_default="")
    outcome: Mapped[str] = mapped_column(server_default="")
    reason: Mapped[str] = mapped_column(server_default="")


Index(
    "undelivered_events_open_idx",
    UndeliveredEvents.opened_at,
    UndeliveredEvents.case_no,
    postgresql_where=UndeliveredEvents.closed_at.is_(None),
)


class DueCalendars(Model):
    """The secret address of an officer's due dates: only the hash of the secret is kept."""

    __tablename__ = "due_calendars"

    officer: Mapped[Key]
    secret_sha256: Mapped[str] = mapped_column(unique=True)
    made_at: Mapped[datetime]
