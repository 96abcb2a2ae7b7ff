"""The register of units (单位) and their mailboxes. No event of a case follows from it."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from casework.store.models.model import Key, Model


class Units(Model):
    """One registration each; the columns bear the names of `casework.domain.units.Unit`.

    ``mailbox``, ``contact``, ``phone`` and what people write are sealed, as nobody's case.
    ``mailbox_is`` is the pseudonym of the mailbox. ``keys``: the names as mails are compared.
    """

    __tablename__ = "units"

    id: Mapped[Key]
    district: Mapped[str]
    credit_code: Mapped[str]
    name: Mapped[str]
    short_names: Mapped[tuple[str, ...]]
    keys: Mapped[tuple[str, ...]]
    mailbox: Mapped[str]
    mailbox_is: Mapped[str]
    contact: Mapped[str]
    phone: Mapped[str]
    case_no: Mapped[str]
    replaces: Mapped[str]
    reason: Mapped[str]
    content: Mapped[str]
    status: Mapped[str]
    proposed_by: Mapped[str]
    proposed_at: Mapped[datetime]
    decided_by: Mapped[str] = mapped_column(server_default="")
    decided_at: Mapped[datetime | None]
    decision: Mapped[str] = mapped_column(server_default="")
    ended_by: Mapped[str] = mapped_column(server_default="")
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str] = mapped_column(server_default="")


_IN_FORCE = text("status = 'in_force'")
Index("units_newest_idx", Units.district, Units.proposed_at, Units.id)
Index("units_one_idx", Units.district, Units.credit_code, unique=True, postgresql_where=_IN_FORCE)
Index(
    "units_mailbox_idx", Units.district, Units.mailbox_is, unique=True, postgresql_where=_IN_FORCE
)
Index(
    "units_proposed_idx",
    Units.district,
    Units.credit_code,
    unique=True,
    postgresql_where=text("status = 'proposed'"),
)
Index("units_keys_idx", Units.keys, postgresql_using="gin")
