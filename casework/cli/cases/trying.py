"""What a trial of an act (``--dry-run``) has told, for a clerk to read before it is sent."""

from base64 import b64decode
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from casework.cli.cases.showing import show_tasks, show_timeline
from casework.cli.terms.errors import UnusableError
from casework.cli.terms.screen import day, moment, note, say, show_table
from casework.words import ROLES, SENT_BY, word

Row = Mapping[str, Any]


def show_trial(told: Row) -> None:
    """Print events, stage, due dates before and after, tasks, and letters with their text."""
    before, after = told["before"], told["after"]
    say(f"试办（未登记、未发送）：{told['case_no']}，所见序号 {told['seq']}")
    if told["refused"]:
        say(f"此次操作只会登记，不会办理：{told['reason']} ({told['refused']})")
    say(f"阶段：{before['stage_label']} → {after['stage_label']}")
    show_timeline(told["events"])
    show_table(
        ["期限", "编号", "届满日（现在）", "届满日（办理后）"], _clocks(before, after), title="期限"
    )
    show_tasks(after["tasks"])
    for letter in told["letters"]:
        way = f"{word(ROLES, letter['recipient'])}（{word(SENT_BY, letter['channel'])}）"
        say(f"文书：{way}，{moment(letter['goes_at'])} 起发出")
        if letter["problem"]:
            say(f"此文书无法生成，发出时将转人工处理（{letter['problem']}）")
        else:
            say(f"{letter['subject']}\n\n{letter['text']}")


def write_drafts(told: Row, folder: Path) -> None:
    """Write the document of each letter as ``<case>-<event>-draft.pdf``."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for letter in told["letters"]:
            if letter["draft"]:
                file = folder / f"{told['case_no']}-{letter['seq']}-draft.pdf"
                file.write_bytes(b64decode(letter["draft"]))
                note(f"{file} written")
    except OSError as error:
        raise UnusableError(f"cannot write {error.filename}: {error.strerror}") from None


def _clocks(before: Row, after: Row) -> Iterator[tuple[str, str, str, str]]:
    was = {clock["clock"]: clock for clock in before["clocks"]}
    for clock in after["clocks"]:
        known = was.get(clock["clock"])
        yield clock["name"], clock["clock"], _due(known) if known else "", _due(clock)


def _due(clock: Row) -> str:
    if clock["ended_on"]:
        return f"已于 {clock['ended_on']} 结束"
    return day(clock["due_on"]) or "中止"
