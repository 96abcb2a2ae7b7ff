"""People who do not exist, each with a number that could be one."""

import hashlib

from stdnum.cn import ric


def citizen(reference: str) -> str:
    """A made-up number of a person, another one for each reference."""
    chosen = int.from_bytes(hashlib.sha256(reference.encode()).digest()[:8])
    year, day, place = chosen % 40, chosen // 40 % 28, chosen // 1120 % 1000
    body = f"310101{1960 + year}03{1 + day:02}{place:03}"
    return body + ric.calc_check_digit(body + "0")
