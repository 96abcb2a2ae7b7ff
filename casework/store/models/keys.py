"""The table of secrets: what was sealed for a case is lost with its row's ``secret``."""

from datetime import datetime

from sqlalchemy import Index, LargeBinary, func
from sqlalchemy.orm import Mapped, mapped_column

from casework.store.models.model import Key, Model


class CaseSecrets(Model):
    """A case's secret, or the record of its erasure: a row without a secret stays for ever.

    ``scope`` is a case number; it may come before the case is in the register.
    """

    __tablename__ = "case_secrets"

    scope: Mapped[Key]
    secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
    erased_at: Mapped[datetime | None]
    erased_by: Mapped[str] = mapped_column(server_default="")
    erased_reason: Mapped[str] = mapped_column(server_default="")
    erased_basis: Mapped[str] = mapped_column(server_default="")


class MasterKeys(Model):
    """The ids of the master keys by which processes have sealed: never a key itself."""

    __tablename__ = "master_keys"

    id: Mapped[Key]
    seen_at: Mapped[datetime] = mapped_column(server_default=func.now())


Index(
    "case_secrets_erased_idx",
    CaseSecrets.erased_at,
    postgresql_where=CaseSecrets.erased_at.is_not(None),
)
