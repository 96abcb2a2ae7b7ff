"""The table in which all API processes count how often each client has asked."""

from datetime import datetime

from sqlalchemy.orm import Mapped

from casework.store.models.model import Key, Model


class Rates(Model):
    """One window of one client; unlogged, for a count is worth nothing after a crash.

    ``client`` is a hash, so that the table does not say who asked.
    """

    __tablename__ = "rates"
    __table_args__ = {"prefixes": ["UNLOGGED"]}  # noqa: RUF012 - SQLAlchemy's own form

    client: Mapped[Key]
    asked: Mapped[int]
    until: Mapped[datetime]
