"""What the Web UI says of an outreach, in Chinese."""

from casework.domain.time.calendar import ZONE
from casework.messages.outreach import About, Progress, Standing, StartOutreach

COUNTS = {
    "listed": "列入",
    "reached": "告知到",
    "settled": "落实好",
    "filed": "备案登记",
    "escalated": "三次未通，已转短信和单位",
    "closed": "已了结",
    "shared": "由同一人他件告知的办件",
}
"""The counts of ``Progress`` in the words of those who call."""


def details(start: StartOutreach, standing: Standing | None) -> str:
    """What is told, why, and how far; as of the last round, None: before the first."""
    lines = [
        f"### 主动告知　{start.id}",
        f"事由：{About(start.kind).label} {start.about}",
        "",
        f"> {start.text}",
        "",
    ]
    if standing is None:
        return "\n".join([*lines, "正在编制名单"])
    return "\n".join([*lines, *_table(standing.progress), "", _next(standing)])


def _table(progress: Progress) -> list[str]:
    rows = [f"| {label} | {getattr(progress, name)} |" for name, label in COUNTS.items()]
    return ["| 状态 | 人数 |", "|---|---|", *rows]


def _next(standing: Standing) -> str:
    if standing.is_over:
        return "已结束：事由已终止，最后一轮名单已办"
    return f"下一轮名单：{standing.next_at.astimezone(ZONE):%Y-%m-%d %H:%M}"
