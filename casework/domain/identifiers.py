"""Numbers of persons, organisations and cases: structure and check digit, no register asked."""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from stdnum.cn import ric, uscc
from stdnum.iso7064 import mod_37_36

from casework.domain.errors import DomainError

PROVINCE = re.compile(r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]")
HK_MO_TW_REGIONS = frozenset({"810000", "820000", "830000"})
CREDIT_CODE = re.compile(r"[0-9A-HJ-NPQRTUW-Y]{18}")
AUTHORITIES = frozenset("123456789ANY")
_TALENT_CODE = re.compile(r"[0-9A-Z]+(-[0-9A-Z]+)*-[0-9A-Z]")
OLD_CENTURY = "19"  # 15-digit numbers were given out until 1999, to people born in that century


class IdentifierError(DomainError, ValueError):
    """The number is wrong: ``code`` is stable, ``message`` says in Chinese what is wrong."""


class CitizenIdKind(StrEnum):
    RESIDENT = "resident"  # 居民身份证
    HK_MO_TW = "hk_mo_tw"  # 港澳台居民居住证
    FOREIGNER = "foreigner"  # 外国人永久居留身份证, from 2023-12-01
    FOREIGNER_OLD = "foreigner_old"  # its form before, valid beside it


@dataclass(frozen=True, kw_only=True)
class CitizenId:
    """A checked number in the one form by which numbers are compared; it stays out of ``repr``."""

    number: str = field(repr=False)
    kind: CitizenIdKind
    born_on: date | None  # None: the old foreign form is not taken apart


def check_citizen_id(text: str, on: date) -> CitizenId:
    """The number of an identity document, valid on ``on``; 15 digits become their 18.

    Raises IdentifierError.
    """
    number = _compact(text)
    if re.fullmatch(r"[A-Z]{3}[0-9]{12}", number):
        return CitizenId(number=number, kind=CitizenIdKind.FOREIGNER_OLD, born_on=None)
    if re.fullmatch(r"[0-9]{15}", number):
        number = _modern(number)
    if len(number) != 18:  # noqa: PLR2004 - the length of the number, said in the message
        raise IdentifierError("CITIZEN_ID_LENGTH", "身份证件号码应为 18 位（旧证 15 位）")
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
        raise IdentifierError("CITIZEN_ID_CHARACTERS", "身份证件号码只能是数字，末位可为 X")
    kind, born_on = _kind(number), _born_on(number, on)
    if ric.calc_check_digit(number) != number[-1]:
        raise IdentifierError("CITIZEN_ID_CHECK_DIGIT", "身份证件号码校验位不符，请核对")
    return CitizenId(number=number, kind=kind, born_on=born_on)


def check_credit_code(text: str) -> str:
    """The unified social credit code (GB 32100-2015) in upper case; raises IdentifierError."""
    code = _compact(text)
    if len(code) != 18:  # noqa: PLR2004 - the length of the code, said in the message
        raise IdentifierError("CREDIT_CODE_LENGTH", "统一社会信用代码应为 18 位")
    if not CREDIT_CODE.fullmatch(code):
        raise IdentifierError(
            "CREDIT_CODE_CHARACTERS", "统一社会信用代码只能是数字和大写字母，不含 I、O、S、V、Z"
        )
    if code[0] not in AUTHORITIES:
        raise IdentifierError("CREDIT_CODE_AUTHORITY", "统一社会信用代码首位登记管理部门代码不符")
    if not code[2:8].isdecimal():
        raise IdentifierError("CREDIT_CODE_REGION", "统一社会信用代码第 3 至 8 位应为行政区划数字")
    if uscc.calc_check_digit(code[:-1]) != code[-1]:
        raise IdentifierError("CREDIT_CODE_CHECK_DIGIT", "统一社会信用代码校验位不符，请核对")
    return code


def mask(text: str) -> str:
    """The first three and the last four characters; nothing of a text too short for that."""
    hidden = len(text) - 7
    return "*" * len(text) if hidden <= 0 else text[:3] + "*" * hidden + text[-4:]


def _compact(text: str) -> str:
    """Upper case, full-width characters made plain, without blanks."""
    return "".join(unicodedata.normalize("NFKC", text).split()).upper()


def _modern(old: str) -> str:
    body = old[:6] + OLD_CENTURY + old[6:]
    return body + ric.calc_check_digit(body + "0")


def _kind(number: str) -> CitizenIdKind:
    if number[0] == "9":
        return CitizenIdKind.FOREIGNER
    if number[:6] in HK_MO_TW_REGIONS:
        return CitizenIdKind.HK_MO_TW
    # The code of the county is not looked up: it was the one in force at issue, not at birth.
    if PROVINCE.match(number):
        return CitizenIdKind.RESIDENT
    raise IdentifierError("CITIZEN_ID_REGION", "身份证件号码前 6 位地址码不存在")


def _born_on(number: str, on: date) -> date:
    try:
        born_on = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise IdentifierError("CITIZEN_ID_BIRTH_DATE", "身份证件号码中的出生日期不存在") from None
    if born_on > on:
        raise IdentifierError("CITIZEN_ID_BIRTH_DATE", "身份证件号码中的出生日期尚未到来")
    return born_on


def talent_code(case_no: str) -> str:
    """The talent code (人才码, DB50/T 1733—2024 §3.2): the same cycle has the same one.

    The standard names no form. Ours is the number of the talent's cycle with a check character (ISO
    7064 MOD 37,36), so that a slip of the pen is noticed before anybody is looked up; it names no
    person. Whether a code is still good only the register knows.

    ``case_no``: digits, capital letters and hyphens. Raises ValueError for anything else.
    """
    characters = case_no.replace("-", "")
    if not re.fullmatch(r"[0-9A-Z]+", characters):
        raise ValueError("a case number has digits, capital letters and hyphens")
    return f"{case_no}-{mod_37_36.calc_check_digit(characters)}"


def check_talent_code(code: str) -> bool:
    """Whether the characters fit together; small letters and spaces around do not matter."""
    written = code.strip().upper()
    return bool(_TALENT_CODE.fullmatch(written)) and mod_37_36.is_valid(written.replace("-", ""))


# --- case numbers --------------------------------------------------------------------------
# The form of a case number, ``310112-4A2J-5S06-9FJR``, and what is wrong with one that differs.
#
# A number has no check digit: one that has the right form may still be nobody's. Messages never
# repeat what was written, which may be somebody's identity number.


CASE_NO = re.compile(r"[0-9]{6}(-[0-9A-HJKMNP-TV-Z]{4}){3}")
EXAMPLE = "310112-4A2J-5S06-9FJR"

_GROUPS = 3
_LENGTH = 4
_MISTAKEN = {"I": "1", "L": "1", "O": "0", "U": "V"}
_OUTSIDE = re.compile("[^0-9A-HJKMNP-TV-Z]")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−﹣", "-"))


class CaseNoError(ValueError):
    """It is no case number; the message says in Chinese which parts are wrong."""


def check_case_no(number: str) -> str:
    """Return the number; raise `CaseNoError`."""
    if CASE_NO.fullmatch(number):
        return number
    district, *groups = number.split("-")
    faults = [] if re.fullmatch("[0-9]{6}", district) else [_district(district)]
    if len(groups) == _GROUPS:
        faults += [
            fault for place, group in enumerate(groups, 1) if (fault := _group(place, group))
        ]
    else:
        faults.append(f"区划代码之后应有三组字符，以“-”相连，现有 {len(groups)} 组")
    raise CaseNoError(f"办件编号有误：{'；'.join(faults)}（如 {EXAMPLE}）")


def read_case_no(text: str) -> str:
    """Return a number as a person may type it: lower case, full width and spaces around it.

    Raises as `check_case_no` does.
    """
    plain = unicodedata.normalize("NFKC", text).translate(_DASHES)
    return check_case_no(plain.strip().upper())


def _district(written: str) -> str:
    if re.fullmatch("[0-9]*", written):
        return f"开头的区划代码应为六位数字，现为 {len(written)} 位"
    return "开头的区划代码应为六位数字"


def _group(place: int, written: str) -> str:
    """What is wrong with one of the three groups; nothing for a good one."""
    if len(written) != _LENGTH:
        return f"第 {place} 组应为四位，现为 {len(written)} 位"
    found = _OUTSIDE.search(written)
    if found is None:
        return ""
    if meant := _MISTAKEN.get(found[0].upper()):
        return f"第 {place} 组中没有字母 {found[0]}，请核对是否为 {meant}"
    if not _OUTSIDE.search(found[0].upper()):
        return f"第 {place} 组的字母应为大写"
    return f"第 {place} 组只能是数字和大写字母（没有 I、L、O、U）"
