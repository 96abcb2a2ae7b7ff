"""The text of a digest of cards (督办提醒), as mail and as text message.

It names cases by number and item, and never a person.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import quote

from casework.domain.kinds.registry import KINDS, CaseKind, workflow_id
from casework.domain.time.ladder import Rung

SMS_LINES = 3
"""So many cards a text message lists; for the others there is the number."""

_COLOURS = {Rung.RED: "红牌", Rung.YELLOW: "黄牌"}
_RULES = """\
黄牌在期限结束、延长、中止或者升级后自动销牌；红牌由监督员写明理由后销牌。
本提醒每个工作日上班时至多发送一次，有新牌才发送。不需要的，请系统管理员在岗位表中关闭。"""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One card: of which case and clock, for which due date; None: none is known now."""

    case_no: str
    kind: str
    item_name: str
    clock_name: str
    rung: str
    due_on: date | None


@dataclass(frozen=True, kw_only=True)
class Content:
    """What a digest says: new cards by colour, of which ``lines`` are listed; those of before.

    ``new`` and ``older`` count all, listed or not.
    """

    day: date
    new: Mapping[Rung, int]
    older: Mapping[Rung, int]
    lines: tuple[Line, ...]
    older_lines: tuple[Line, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Links:
    """Where a case is shown; an empty address is left out."""

    ui_url: str = ""
    namespace: str = "default"
    api_url: str = ""

    def to(self, line: Line) -> tuple[str, ...]:
        """The addresses of a case: the Web UI of Temporal, then the API."""
        workflow = quote(workflow_id(line.kind, line.case_no), safe="")
        path = KINDS[CaseKind(line.kind)].path
        ui = f"{self.ui_url}/namespaces/{self.namespace}/workflows/{workflow}"
        api = f"{self.api_url}/v1/{path}/{line.case_no}"
        return (*([ui] if self.ui_url else []), *([api] if self.api_url else []))


@dataclass(frozen=True, kw_only=True)
class Message:
    """A digest as it is sent."""

    subject: str
    text: str = field(repr=False)


def as_mail(content: Content, links: Links) -> Message:
    """The digest as a letter, with links to each case that it lists."""
    return Message(subject=_headline(content), text="\n".join(_mail(content, links)) + "\n")


def as_sms(content: Content, links: Links) -> Message:
    """The digest as a text message: the first cards, each with one link."""
    listed = content.lines[:SMS_LINES]
    pieces = [" ".join((_short(line), *links.to(line)[:1])) for line in listed]
    more = sum(content.new.values()) - len(listed)
    rest = f"；等，另有{more}张" if more > 0 else ""
    older = f"此前的牌尚有{_counted(content.older)}未销。" if any(content.older.values()) else ""
    text = f"{_headline(content)}。{'；'.join(pieces)}{rest}。{older}"
    return Message(subject=_headline(content), text=text)


def _headline(content: Content) -> str:
    return f"督办提醒（{_date(content.day)}）：新增{_counted(content.new)}"


def _mail(content: Content, links: Links) -> Iterator[str]:
    yield f"您经办或者督办的办件新增{_counted(content.new)}："
    yield ""
    for number, line in enumerate(content.lines, 1):
        yield f"{number}. {_long(line)}"
        yield from (f"   {address}" for address in links.to(line))
    if (more := sum(content.new.values()) - len(content.lines)) > 0:
        yield f"其余{more}张从略，请在办件列表中查看。"
    if any(content.older.values()):
        yield ""
        yield f"此前已提醒、尚未销牌的有{_counted(content.older)}："
        yield from (f"- {_long(line)}" for line in content.older_lines)
        if (more := sum(content.older.values()) - len(content.older_lines)) > 0:
            yield f"其余{more}张从略。"
    yield ""
    yield _RULES


def _long(line: Line) -> str:
    return f"【{_colour(line)}】{line.case_no}　{line.item_name}　{line.clock_name}　{_due(line)}"


def _short(line: Line) -> str:
    return f"{_colour(line)}{line.case_no}（{line.clock_name}，{_due(line)}）"


def _colour(line: Line) -> str:
    return _COLOURS[Rung(line.rung)]


def _due(line: Line) -> str:
    return f"届满日{_date(line.due_on)}" if line.due_on else "届满日待定"


def _counted(cards: Mapping[Rung, int]) -> str:
    return "、".join(f"{name}{cards[rung]}张" for rung, name in _COLOURS.items() if cards.get(rung))


def _date(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
