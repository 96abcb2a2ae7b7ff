"""What is shown of a mail: its row in the register, and the details of the Web UI."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from casework.domain.case.events import EventBody
from casework.domain.case.kind import Outcome
from casework.domain.case.rules import RowsOf, said_as
from casework.domain.kinds.incoming_mail import events as ev
from casework.domain.kinds.incoming_mail.state import IncomingMail, MailPerson
from casework.domain.mail import MailVerdict, Nature
from casework.domain.time.calendar import WorkingCalendar


@dataclass(frozen=True, kw_only=True)
class MailRow:
    """One mail. ``findings``: the codes of faults and doubts, a blank between them."""

    mailbox: str
    verdict: str
    nature: str
    subject: str
    text: str
    persons: int
    findings: str
    proposal: str


@dataclass(frozen=True, kw_only=True)
class MailPersonRow:
    """One person of a mail, and what became of it; ``said`` is the proposal in words."""

    number: int
    item: str
    said: str
    online_only: bool
    opened: str
    refused: str


_NUMBER = re.compile(r"(?<![0-9])([0-9]{6})[0-9]{6,8}([0-9]{2}[0-9Xx]{2}|[0-9]{3})(?![0-9Xx])")


def masked(text: str) -> str:
    """The same with the middle of every number of a document left out.

    Whoever may see it in clear opens the original, and that is noted.
    """
    return _NUMBER.sub(r"\1********\2", text)


def _rows(case: IncomingMail) -> tuple[MailRow, ...]:
    found = (*case.faults, *case.doubts)
    row = MailRow(
        mailbox=case.mailbox,
        verdict=case.verdict.value,
        nature=case.nature.value,
        subject=masked(case.subject),
        text=masked(case.text),
        persons=len(case.persons),
        findings=" ".join(dict.fromkeys(each.code for each in found)),
        proposal=masked(proposal(case)),
    )
    return (row,)


def _person_rows(case: IncomingMail) -> tuple[MailPersonRow, ...]:
    tried = {each.number: each for each in case.attempts}
    return tuple(
        MailPersonRow(
            number=person.number,
            item=person.item,
            said=masked(said(person)),
            online_only=person.online_only,
            opened=tried[person.number].case_no if person.number in tried else "",
            refused=tried[person.number].code if person.number in tried else "",
        )
        for person in case.persons
    )


def said(person: MailPerson) -> str:
    """What was understood of a person, for whoever sorts the mail."""
    parts = [
        f"{person.number}. {person.name}",
        person.unit,
        person.id_number or "证件号码未写明",
        f"并入 {person.into}" if person.into else "",
        "只在网上办理" if person.online_only else "",
    ]
    files = [f"  文件 {f.number}：{f.name} → {f.material or '未定材料'}" for f in person.files]
    return "\n".join([" · ".join(part for part in parts if part), *files])


def proposal(case: IncomingMail) -> str:
    """All that the officer has to know to sort a mail, in words."""
    lines = [f"须补正：{each.detail}" for each in case.faults]
    lines += [f"须确认：{each.detail}" for each in case.doubts]
    lines += [f"未能立件（第 {each.number} 人）：{each.reason}" for each in case.refused]
    lines += [f"未归人员的文件 {file.number}：{file.name}" for file in case.files]
    return "\n".join(lines)


ROWS = (
    RowsOf(
        member="mails",
        table="incoming_mails",
        row=MailRow,
        of=_rows,
        sealed=("subject", "text", "proposal"),
        words={
            "mailbox": "邮箱",
            "verdict": "判断",
            "nature": "邮件性质",
            "subject": "邮件主题",
            "text": "邮件正文",
            "persons": "人数",
            "findings": "问题代码",
            "proposal": "须补正和须确认的",
        },
        says={"verdict": said_as(MailVerdict), "nature": said_as(Nature)},
    ),
    RowsOf(
        member="mail_persons",
        table="incoming_mail_persons",
        row=MailPersonRow,
        of=_person_rows,
        sealed=("said",),
        key=("number",),
        words={
            "number": "人员",
            "item": "事项",
            "said": "人员和文件（按邮件的建议）",
            "online_only": "只在网上办理",
            "opened": "所立的办件",
            "refused": "未立件的原因",
        },
    ),
)


def lines(case: IncomingMail, calendar: WorkingCalendar) -> Iterator[str]:
    """What was found, by codes; names and subject stand in the register only."""
    yield f"\n邮箱 {case.mailbox} · {case.verdict.label}"
    for each in dict.fromkeys(each.code for each in (*case.faults, *case.doubts)):
        yield f"- {each}"
    for attempt in case.attempts:
        yield f"- 第 {attempt.number} 人：{attempt.case_no or attempt.code}"


def outcome(body: EventBody) -> Outcome | None:
    """How a mail came out by an event."""
    match body:
        case ev.MailDone():
            return Outcome(label="已立件")
        case ev.MailSentBack():
            return Outcome(label="已退回", reason=body.reason, advice="请更正后重新发送")
        case _:
            return None
