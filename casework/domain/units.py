"""Units (单位) and their one registered mailbox in a district (source 001, 静安; domain.md B.2).

A registration is one row, which a second person confirms (ADR 0059). Whatever of a unit changes is
a new row that takes the place of the one before; no row is changed or deleted.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from casework.domain.addresses import mail_fault, phone_fault
from casework.domain.bounds import Essay, Few, Phrase, Text, Word
from casework.domain.errors import DomainError
from casework.domain.identifiers import check_credit_code


class UnitStatus(StrEnum):
    """What a registration has come to; the values are stored for ever."""

    PROPOSED = "proposed"
    IN_FORCE = "in_force"
    REJECTED = "rejected"
    REPLACED = "replaced"  # by a later one of the same unit
    ENDED = "ended"

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return _LABELS[self]


_LABELS = {
    UnitStatus.PROPOSED: "待复核",
    UnitStatus.IN_FORCE: "已登记",
    UnitStatus.REJECTED: "未通过",
    UnitStatus.REPLACED: "已变更",
    UnitStatus.ENDED: "已停用",
}


@dataclass(frozen=True, kw_only=True)
class UnitForm:
    """What is registered. ``replaces``: the registration that it changes; empty: the first one.

    ``short_names``: how the unit calls itself in the names of files. ``case_no``: the case in which
    it asked, if there is one.
    """

    district: Word
    credit_code: Word
    name: Phrase
    short_names: Few[Phrase] = ()
    mailbox: Essay = field(repr=False)
    contact: Phrase = field(default="", repr=False)
    phone: Word = field(default="", repr=False)
    case_no: Word = ""
    replaces: Word = ""
    reason: Text = ""


@dataclass(frozen=True, kw_only=True)
class Unit(UnitForm):
    """One registration; ``decided_by`` confirmed or rejected it, ``ended_by`` ended it."""

    id: Word
    status: UnitStatus = UnitStatus.PROPOSED
    proposed_by: Word
    proposed_at: datetime
    decided_by: Word = ""
    decided_at: datetime | None = None
    decision: Text = ""
    ended_by: Word = ""
    ended_at: datetime | None = None
    end_reason: Text = ""


def mailbox_key(address: str) -> str:
    """The one form by which mailboxes are compared; firms write capitals as they like."""
    return unicodedata.normalize("NFKC", address).strip().casefold()


def checked(form: UnitForm) -> dict[str, str]:
    """The members that have one form, in that form.

    Raises:
        DomainError: ``FIELD_REQUIRED``, ``ADDRESS_INVALID``, those of a credit code.
    """
    for name, said in (("name", "请填写单位名称"), ("mailbox", "请填写单位的固定邮箱")):
        if not getattr(form, name).strip():
            raise DomainError("FIELD_REQUIRED", said, name)
    if fault := mail_fault(mailbox_key(form.mailbox)):
        raise DomainError("ADDRESS_INVALID", fault, "mailbox")
    if form.phone and (fault := phone_fault(form.phone)):
        raise DomainError("ADDRESS_INVALID", fault, "phone")
    if form.replaces and not form.reason.strip():
        raise DomainError("FIELD_REQUIRED", "请填写变更的理由和依据", "reason")
    try:
        code = check_credit_code(form.credit_code)
    except DomainError as error:
        raise DomainError(error.code, error.message, "credit_code") from None
    return {
        "credit_code": code,
        "name": " ".join(form.name.split()),
        "mailbox": mailbox_key(form.mailbox),
    }


def require_free(form: UnitForm, of_unit: Iterable[Unit], of_mailbox: Iterable[Unit]) -> None:
    """Refuse what would give a unit two mailboxes, or a mailbox two units, in one district.

    ``of_unit``: the registrations of the same unit, ``of_mailbox`` those of the same mailbox, both
    of the district; the one that is asked for is not among them.

    Raises:
        DomainError: ``SECOND_MAILBOX``, ``MAILBOX_TAKEN``, ``UNIT_PROPOSED``, ``UNIT_CHANGED``.
    """
    known = tuple(of_unit)
    current = next((each for each in known if each.status is UnitStatus.IN_FORCE), None)
    if any(each.status is UnitStatus.PROPOSED for each in known):
        raise DomainError("UNIT_PROPOSED", "该单位已有一份登记待复核，请先复核")
    if current is not None and not form.replaces:
        raise DomainError(
            "SECOND_MAILBOX",
            "该单位在本区已登记固定邮箱，每个单位只能有一个；如需更换，请办理变更",
        )
    if form.replaces and (current is None or current.id != form.replaces):
        raise DomainError("UNIT_CHANGED", "所变更的登记已不是现行的登记，请重新查阅后办理")
    if any(
        each.status is UnitStatus.IN_FORCE and each.credit_code != form.credit_code
        for each in of_mailbox
    ):
        raise DomainError("MAILBOX_TAKEN", "该邮箱已是本区另一单位登记的邮箱，一个邮箱只归一个单位")


def require_decidable(unit: Unit, person: str) -> None:
    """Refuse a decision about what is decided, or by the one who asked for it.

    Raises:
        DomainError: ``UNIT_DECIDED``, ``FOUR_EYES``.
    """
    if unit.status is not UnitStatus.PROPOSED:
        raise DomainError("UNIT_DECIDED", f"该登记{unit.status.label}，不能再复核")
    if unit.proposed_by == person:
        raise DomainError("FOUR_EYES", "登记或变更须由另一人复核，本人不能复核自己提出的")


def require_in_force(unit: Unit) -> None:
    """Refuse to end what is not in force: DomainError ``UNIT_NOT_IN_FORCE``."""
    if unit.status is not UnitStatus.IN_FORCE:
        raise DomainError("UNIT_NOT_IN_FORCE", f"该登记{unit.status.label}，不能停用")
