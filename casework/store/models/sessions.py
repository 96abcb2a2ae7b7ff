"""The table of browser sessions that were ended before their time."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from casework.store.models.model import Key, Model


class EndedSessions(Model):
    """A session that counts no more, kept until it would have ended anyway.

    ``id`` is drawn at login and stands for nobody.
    """

    __tablename__ = "ended_sessions"

    id: Mapped[Key]
    until: Mapped[datetime]


Index("ended_sessions_until_idx", EndedSessions.until)
