"""The tables of the audit trail, of the keys, and of sessions that were ended."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Identity, Index, LargeBinary, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from casework.store.models.model import CaseNo, Key, Model


class Accesses(Model):
    """Who looked at personal data in clear, when and why; the database refuses to change it.

    ``district`` is the actor's, ``case_no`` is empty where a search found nobody. ``reason`` is
    sealed under no case: it stays readable when the case has been erased.
    """

    __tablename__ = "accesses"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    role: Mapped[str]
    district: Mapped[str]
    what: Mapped[str]
    case_no: Mapped[str]
    reason: Mapped[str]


Index("accesses_case_no_idx", Accesses.case_no)
Index("accesses_actor_idx", Accesses.actor, Accesses.at)


class AuditDigests(Model):
    """The digest of each district and day; ``document`` is the text that is signed."""

    __tablename__ = "audit_digests"
    __table_args__ = (UniqueConstraint("district", "day"),)

    district: Mapped[Key]
    number: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date]
    made_at: Mapped[datetime]
    cases: Mapped[int]
    document: Mapped[str]
    hash: Mapped[str]
    key: Mapped[str]
    signature: Mapped[str]


class AuditHeads(Model):
    """What the digests told last of a case; it follows from them, and says what the next tells."""

    __tablename__ = "audit_heads"

    case_no: Mapped[Key]
    seq: Mapped[int]
    hash: Mapped[str]


class AuditLetters(Model):
    """What the digests told last of a letter, as `AuditHeads`."""

    __tablename__ = "audit_letters"

    number: Mapped[Key]
    sha256: Mapped[str]
    sealed: Mapped[str]
    revoked: Mapped[str]


class Restorations(Model):
    """Events that were written again from Temporal's histories after the register had lost them.

    They say the same as before and have other hashes, since they were sealed anew. ``at``: the
    register's time. A digest from before that tells of the lost hashes is no sign of tampering.
    """

    __tablename__ = "restorations"

    case_no: Mapped[CaseNo]
    first_seq: Mapped[int] = mapped_column(primary_key=True)
    last_seq: Mapped[int]
    at: Mapped[datetime] = mapped_column(server_default=func.now())


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


class EndedSessions(Model):
    """A session that counts no more, kept until it would have ended anyway.

    ``id`` is drawn at login and stands for nobody.
    """

    __tablename__ = "ended_sessions"

    id: Mapped[Key]
    until: Mapped[datetime]


Index("ended_sessions_until_idx", EndedSessions.until)


class Rates(Model):
    """One window of one client; unlogged, for a count is worth nothing after a crash.

    ``client`` is a hash, so that the table does not say who asked.
    """

    __tablename__ = "rates"
    __table_args__ = {"prefixes": ["UNLOGGED"]}  # noqa: RUF012 - SQLAlchemy's own form

    client: Mapped[Key]
    asked: Mapped[int]
    until: Mapped[datetime]
