"""The form of a case number, ``310112-4A2J-5S06-9FJR``, and what is wrong with one that differs.

A number has no check digit: one that has the right form may still be nobody's. Messages never
repeat what was written, which may be somebody's identity number.
"""

import re
import unicodedata

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
