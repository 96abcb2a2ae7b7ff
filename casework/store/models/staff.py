"""The tables of the people of the offices: their posts, and where they are told of cards."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from casework.store.models.model import Key, Model

_NONE = text("'[]'::jsonb")


class StaffPosts(Model):
    """Every post of all days; nothing is deleted, a post that is over has its last day.

    One that was ended before it began has a last day before its first, and was never held.

    ``id`` is the number of the order that brought it and its place there, ``origin`` that number;
    ``ended_by`` the order that gave the last day. ``version`` is that of the last change.
    """

    __tablename__ = "staff_posts"

    id: Mapped[Key]
    person: Mapped[str] = mapped_column(index=True)
    role: Mapped[str]
    city: Mapped[str]
    district: Mapped[str]
    office: Mapped[str] = mapped_column(server_default="")
    items: Mapped[tuple[str, ...]] = mapped_column(server_default=_NONE)
    bodies: Mapped[tuple[str, ...]] = mapped_column(server_default=_NONE)
    classes: Mapped[tuple[str, ...]] = mapped_column(server_default=_NONE)
    team: Mapped[str] = mapped_column(server_default="")
    share: Mapped[int]
    stands_in_for: Mapped[str] = mapped_column(server_default="")
    skills: Mapped[tuple[str, ...]] = mapped_column(server_default=_NONE)
    rank: Mapped[int]
    since: Mapped[date]
    until: Mapped[date | None]
    origin: Mapped[str] = mapped_column(index=True)
    ended_by: Mapped[str] = mapped_column(server_default="", index=True)
    version: Mapped[int] = mapped_column(BigInteger)


Index("staff_posts_place_idx", StaffPosts.city, StaffPosts.district, StaffPosts.person)


class StaffContacts(Model):
    """How a person is told of cards; ``mail`` and ``sms`` are sealed, as nobody's case.

    When the person has left both are erased; ``erased_at`` and the order ``erased_by`` stay.
    """

    __tablename__ = "staff_contacts"

    person: Mapped[Key]
    alerts: Mapped[str]
    mail: Mapped[str] = mapped_column(server_default="")
    sms: Mapped[str] = mapped_column(server_default="")
    version: Mapped[int] = mapped_column(BigInteger)
    erased_at: Mapped[datetime | None]
    erased_by: Mapped[str] = mapped_column(server_default="")


class DirectoryEntries(Model):
    """A person or a group as a city's directory has it (SCIM), and nothing else of them.

    ``id`` of a person is the code, of a group a digest of its name. ``members``: codes. One that
    the directory has deleted stays, with ``deleted_at``, so that what follows from it is known.
    """

    __tablename__ = "directory_entries"

    directory: Mapped[Key]
    kind: Mapped[Key]
    id: Mapped[Key]
    name: Mapped[str]
    external_id: Mapped[str] = mapped_column(server_default="")
    active: Mapped[bool | None]
    members: Mapped[tuple[str, ...]] = mapped_column(server_default=_NONE)
    version: Mapped[int]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]
