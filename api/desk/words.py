"""How pages write days, instants, counts and codes, and how they read the days people write."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import partial
from typing import Any

from api.routes.headings import heading
from casework import words
from casework.domain.case.state import TaskKind
from casework.domain.policy import Role
from casework.domain.time.calendar import ZONE

CARDS = {"blue": "蓝牌", "yellow": "黄牌", "red": "红牌"}
_WRITTEN = re.compile(
    r"\s*(?P<y>\d{4})\s*(?:[-/.年]\s*)?(?P<m>\d{1,2})\s*(?:[-/.月]\s*)?(?P<d>\d{1,2})\s*日?\s*"
)


def day(value: date | str | None) -> str:
    """A day with its weekday: 2026年9月17日（周四）; nothing for none."""
    if not value:
        return ""
    on = value if isinstance(value, date) else date.fromisoformat(value[:10])
    return f"{on.year}年{on.month}月{on.day}日（周{'一二三四五六日'[on.weekday()]}）"


def short_day(value: date | str | None) -> str:
    """A day in a table: 2026-09-17; nothing for none."""
    return "" if not value else str(value)[:10]


def moment(value: datetime | str | None) -> str:
    """An instant in Shanghai, to the minute: 2026-09-17 09:30; nothing for none."""
    if not value:
        return ""
    at = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M")


def days_left(count: int | None) -> str:
    """The working days that are left: 今天到期, 还有 3 个工作日, 已超 2 个工作日."""
    if count is None:
        return ""
    if count == 0:
        return "今天到期"
    return f"还有 {count} 个工作日" if count > 0 else f"已超 {-count} 个工作日"


def card(value: str | None) -> str:
    """The word for a card; nothing for none."""
    return CARDS.get(value or "", "")


def task(value: Mapping[str, Any]) -> str:
    """A task: what it is, about what, and who has it."""
    about = f"：{value['about']}" if value["about"] else ""
    return f"{TaskKind(value['kind']).label}{about}（{value['holder'] or value['team'] or '无人'}）"


def short(label: str) -> str:
    """The words of a verb without what is explained in brackets."""
    return label.partition("（")[0]


def role(value: str) -> str:
    """The word for a role; a role unknown here as it is."""
    return Role(value).label if value in set(Role) else value


def written_day(text: str) -> str:
    """The ISO form of a day as people write it; what is no day comes back as it was.

    2026-9-7, 2026/9/7, 2026.9.7, 20260907 and 2026年9月7日 are the same day. The API says what is
    wrong with the others.
    """
    found = _WRITTEN.fullmatch(text)
    if found is None or (text.strip().isdigit() and len(text.strip()) != len("20260907")):
        return text.strip()
    try:
        return date(int(found["y"]), int(found["m"]), int(found["d"])).isoformat()
    except ValueError:
        return text.strip()


def of_filter(name: str) -> str:
    """The word for a filter of a list; its name where there is none."""
    try:
        return heading(name)
    except KeyError:
        return name


FILTERS: dict[str, Any] = {
    "day": day,
    "short_day": short_day,
    "moment": moment,
    "days_left": days_left,
    "card": card,
    "role": role,
    "short": short,
    "task": task,
    "heading": of_filter,
    "party": partial(words.word, words.ROLES),
    "way": partial(words.word, words.SENT_BY),
    "filed_by": partial(words.word, words.FILED_BY),
    "material_form": partial(words.word, words.FORMS),
    "notice_status": partial(words.word, words.NOTICE_STATUS),
}
"""What templates may use, by name."""
