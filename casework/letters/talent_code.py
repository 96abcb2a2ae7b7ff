"""The talent code (人才码, DB50/T 1733—2024 §3.2): characters and their two-dimensional picture.

The standard names no form. Ours is the number of the talent's cycle with a check character (ISO
7064 MOD 37,36), so that a slip of the pen is noticed before anybody is looked up. Whether a code
is still good only the register knows.
"""

import re
from io import BytesIO

from stdnum.iso7064 import mod_37_36

_WRITTEN = re.compile(r"[0-9A-Z]+(-[0-9A-Z]+)*-[0-9A-Z]")
_MODULE = 4  # pixels a module


def talent_code(case_no: str) -> str:
    """The code of a talent: the same cycle always has the same one, and it names no person.

    ``case_no``: digits, capital letters and hyphens. Raises ValueError for anything else.
    """
    characters = case_no.replace("-", "")
    if not re.fullmatch(r"[0-9A-Z]+", characters):
        raise ValueError("a case number has digits, capital letters and hyphens")
    return f"{case_no}-{mod_37_36.calc_check_digit(characters)}"


def check(code: str) -> bool:
    """Whether the characters fit together; small letters and spaces around do not matter."""
    written = code.strip().upper()
    return bool(_WRITTEN.fullmatch(written)) and mod_37_36.is_valid(written.replace("-", ""))


def picture(code: str) -> str:
    """The code as a QR code: one SVG element, to be shown by itself or within a page."""
    import segno  # noqa: PLC0415 - most who know a code never draw it

    svg = BytesIO()
    segno.make_qr(code, error="m").save(
        svg, kind="svg", scale=_MODULE, xmldecl=False, nl=False, title=code
    )
    return svg.getvalue().decode()
