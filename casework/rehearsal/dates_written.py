"""Days and times as people write them, and what is wrong with those that do not exist."""

import re
from calendar import monthrange
from collections.abc import Iterator

_MOMENT = re.compile(
    r"\s*(?P<y>\d{4})[-/.年](?P<m>\d{1,2})[-/.月](?P<d>\d{1,2})日?"
    r"(?:(?:[Tt]|\s+)(?P<h>\d{1,2})[:：](?P<min>\d{1,2})(?:[:：](?P<s>\d{1,2})(?:\.\d*)?)?)?"
    r"(?P<zone>\s*(?:[Zz]|[-+]\d{1,2}(?::?\d{2})?))?\s*"
)
_FORM = "的写法不对"
_MONTHS, _HOURS, _SIXTY = 12, 24, 60


def wrong_moment(text: str) -> tuple[str, str] | None:
    """What is wrong with a day or a moment, and what is right; None if it is no such text.

    Text that reads like a day without being written as one counts as wrong, too.
    """
    found = _MOMENT.fullmatch(text)
    if found is None:
        return None
    year, month, day = int(found["y"]), int(found["m"]), int(found["d"])
    if year == 0:
        return "没有 0000 年", "0001 至 9999 年"
    if not 1 <= month <= _MONTHS:
        return f"{text.strip()} 不存在：没有 {month} 月", "01 至 12 月"
    last = monthrange(year, month)[1]
    if not 1 <= day <= last:
        right = f"{year:04}-{month:02}-01 至 {year:04}-{month:02}-{last}"
        return f"{text.strip()} 不存在：{year} 年 {month} 月没有 {day} 日", right
    if found["h"] is not None and (wrong := _wrong_time(found)):
        return wrong
    return f"“{text.strip()}”{_FORM}", "".join(_rewritten(found))


def wrong_day(text: str) -> tuple[str, str] | None:
    """As ``wrong_moment``, where only a day belongs, and without quotes."""
    wrong, found = wrong_moment(text), _MOMENT.fullmatch(text)
    if wrong is None or found is None or not wrong[0].endswith(_FORM):
        return wrong
    return wrong[0], f"不加引号、不带时间的 {next(_rewritten(found))}"


def _wrong_time(found: re.Match[str]) -> tuple[str, str] | None:
    hour, minute, second = int(found["h"]), int(found["min"]), int(found["s"] or 0)
    written = f"{found['h']}:{found['min']}"
    if hour == _HOURS and minute == second == 0:
        return f"没有 {written} 这个时间", "次日的 00:00"
    if hour >= _HOURS or minute >= _SIXTY or second >= _SIXTY:
        return f"没有 {written}{_seconds(found)} 这个时间", "00:00 至 23:59"
    return None


def _seconds(found: re.Match[str]) -> str:
    return f":{found['s']}" if found["s"] else ""


def _rewritten(found: re.Match[str]) -> Iterator[str]:
    yield f"{found['y']}-{int(found['m']):02}-{int(found['d']):02}"
    if found["h"] is not None:
        yield f" {int(found['h']):02}:{int(found['min']):02}"
