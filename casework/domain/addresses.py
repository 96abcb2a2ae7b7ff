"""Where a letter can go: addresses of mail that any mail server takes, and telephone numbers."""

import re

from casework.domain.errors import DomainError

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
MAIL = rf"^{_ATOM}(\.{_ATOM})*@({_LABEL}\.)+[A-Za-z]([A-Za-z0-9-]{{0,61}}[A-Za-z0-9])?$"
"""``Dot-string @ Domain`` of RFC 5321 with a top-level domain, in ASCII.

An address beyond ASCII needs SMTPUTF8 of every server on its way, one in quotation marks is refused
by many, and a name before it is no address.
"""
LONGEST_MAIL = 254
_LONGEST_MAILBOX = 64
PHONE = r"^\+?[0-9]([ -]?[0-9]){4,14}$"
"""At most the fifteen digits of E.164, in groups as people write them."""
_ENCODED = "=?"  # how a header begins a word in another alphabet: no mailbox is called so


def mail_fault(address: str) -> str:
    """What is wrong with an address of mail, in Chinese; empty if nothing."""
    if not address.isascii():
        return "电子邮箱只能用英文字母、数字和符号，中文邮箱无法送达，请换一个"
    if re.fullmatch(MAIL, address) is None or address.endswith("\n") or _ENCODED in address:
        return "须是电子邮箱，如 name@example.com：不带姓名、引号、空格和换行"
    if len(address) > LONGEST_MAIL or address.index("@") > _LONGEST_MAILBOX:
        return f"电子邮箱过长：@ 之前至多 {_LONGEST_MAILBOX} 个字符，全长至多 {LONGEST_MAIL} 个"
    return ""


def phone_fault(number: str) -> str:
    """What is wrong with a telephone number, in Chinese; empty if nothing."""
    if re.fullmatch(PHONE, number) is None or number.endswith("\n"):
        return "须是电话号码：5 至 15 位数字，可以 + 开头，可以用空格或 - 分组"
    return ""


def require_address(email: str, phone: str, field: str) -> None:
    """Refuse an address that is given and cannot be reached; ``field`` is that of the party.

    Raises:
        DomainError: ``ADDRESS_INVALID``. It does not repeat the address.
    """
    for name, given, fault_of in (("email", email, mail_fault), ("phone", phone, phone_fault)):
        if given and (fault := fault_of(given)):
            raise DomainError("ADDRESS_INVALID", fault, f"{field}.{name}".lstrip("."))
