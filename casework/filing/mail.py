"""From a mail that was read to what is opened: its own case, and those of the persons it names.

The machine proposes; what the door of an application asks and a mail does not say, an officer adds
(docs/adr/0052). Nothing here reads a clock, a file or the register.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from email import policy
from email.parser import BytesHeaderParser
from typing import Any

from pydantic import ValidationError

from casework.domain.authority.matrix import MAIL, MAIL_PAPERS
from casework.domain.bounds import has_unseen, is_blank
from casework.domain.case.commands import Command, ReceivedMaterial
from casework.domain.case.facts import Actor
from casework.domain.errors import DomainError
from casework.domain.kinds.application.commands import MaterialsReceived, Supplement
from casework.domain.kinds.application.state import ApplicationStage
from casework.domain.kinds.incoming_mail.opening import MailForm
from casework.domain.kinds.incoming_mail.state import Finding, MailFile, MailPerson
from casework.domain.kinds.registry import CaseKind
from casework.domain.mail import MailVerdict
from casework.domain.policy import Channel, MaterialForm, Role
from casework.filing.bodies import Applicant, Contact, Employer, FormBody, Submission, body_of_kind
from casework.incoming.message import Attachment, Mail, header
from casework.incoming.reading import Package, Reading, Sender
from casework.incoming.writing import key_of

BY_MAIL = Actor(code=MAIL, role=Role.SYSTEM)
"""In whose name mails are opened, and the cases that come by them."""
PAPERS = Actor(code=MAIL_PAPERS, role=Role.SYSTEM)
"""In whose name the files of a mail go to a running case."""


@dataclass(frozen=True, kw_only=True)
class Way:
    """By which way papers come to a case, and in whose name.

    ``opener`` opens a case, ``papers`` brings them to a running one. ``arrived_on``: the day on
    which paper came; None: it comes when it is told.
    """

    opener: Actor = BY_MAIL
    papers: Actor = PAPERS
    channel: Channel = Channel.EMAIL
    arrived_on: date | None = None


MAILED = Way()


MOST_PERSONS, MOST_FILES, MOST_FINDINGS = 50, 200, 50
_SHORTEST_NAME = 2
_RUNS_ON = "该人同一事项已有在办件，请确认材料是否并入该件"


def key_of_mail(mailbox: str, raw: bytes) -> str:
    """By what a mail is known again, however often it is delivered to that mailbox.

    Mailbox, Message-ID, who wrote what when, and the body; not what servers write on the way. So a
    second delivery is the same mail, and two letters under one Message-ID are two.
    """
    plain = raw.replace(b"\r\n", b"\n")
    head, _, body = plain.partition(b"\n\n")
    headers = BytesHeaderParser(policy=policy.compat32).parsebytes(head + b"\n\n")
    said = [header(headers, name) for name in ("Message-ID", "From", "Date", "Subject")]
    digest = hashlib.sha256(body.rstrip(b"\n"))
    for each in (mailbox, *said):
        digest.update(hashlib.sha256(each.encode("utf-8", "surrogatepass")).digest())
    return digest.hexdigest()


# --- what is proposed ----------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Taken:
    """The files that are kept of a mail, by whose they are; number 0: nobody's yet."""

    persons: tuple[tuple[Package, tuple[Attachment, ...]], ...] = ()
    others: tuple[Attachment, ...] = field(default=(), repr=False)

    def files(self) -> Iterator[Attachment]:
        """All of them, in the order of their numbers."""
        for _, files in self.persons:
            yield from files
        yield from self.others


def to_keep(mail: Mail, reading: Reading) -> Taken:
    """Which files are kept beside the mail itself; none of a mail that nobody need look at."""
    if reading.verdict is MailVerdict.SILENT:
        return Taken()
    persons = tuple((each, each.files[:MOST_FILES]) for each in reading.packages[:MOST_PERSONS])
    whole = bool(persons) and all(files for _, files in persons)
    inner = mail.forwarded[0] if mail.forwarded and not mail.attachments else mail
    return Taken(persons=persons, others=() if whole else inner.attachments[:MOST_FILES])


def proposed(  # noqa: PLR0913 - a mail, and what is known about it
    mail: Mail,
    reading: Reading,
    taken: Taken,
    kept: Sequence[str],
    names: Callable[[str], Mapping[str, str] | None],
    *,
    sender: Sender | None = None,
) -> MailForm:
    """What is filed of a mail, without its original.

    ``kept``: the sha256 of each file of ``taken``, empty for one of a kind that is not taken.
    ``names``: item → material code → name; None: the item is not offered. ``sender``: what is known
    of the unit whose mailbox it came from; its credit code is that of its own people.
    """
    numbered = iter(enumerate(kept, start=1))
    doubts = [Finding(code=each.code, detail=shown(each.detail)) for each in reading.doubts]
    persons: list[MailPerson] = []
    for number, (package, files) in enumerate(taken.persons, start=1):
        known = names(package.named.item)
        own = tuple(_files(files, numbered, known or {}))
        person = MailPerson(
            number=number,
            name=line(package.named.name),
            item=package.named.item,
            unit=line(package.unit),
            credit_code=_code_of(package.unit, sender),
            id_number=line(package.named.number, 100),
            files=own,
            online_only=package.online_only,
        )
        persons.append(person)
        doubts += _doubts(person, files, offered=known is not None)
    others = tuple(_files(taken.others, numbered, {}))
    if len(reading.packages) > MOST_PERSONS or any(
        len(each.files) > MOST_FILES for each in reading.packages
    ):
        doubts.append(Finding(code="TOO_MUCH", detail="人员或者文件过多，请按原件人工处理"))
    verdict = reading.verdict
    if verdict is MailVerdict.CASES and doubts:
        verdict = MailVerdict.TRIAGE
    return MailForm(
        mailbox=reading.mailbox,
        verdict=verdict,
        nature=reading.nature,
        subject=line(mail.subject),
        text=lines(mail.text),
        persons=tuple(persons),
        files=others,
        faults=_few(Finding(code=each.code, detail=shown(each.detail)) for each in reading.faults),
        doubts=_few(doubts),
        remarks=tuple(reading.remarks),
    )


def _code_of(unit: str, sender: Sender | None) -> str:
    own = (sender.unit, *sender.short_names) if sender is not None else ()
    return sender.credit_code if sender and key_of(unit) in {key_of(each) for each in own} else ""


def unreadable(mailbox: str, code: str, detail: str) -> MailForm:
    """What is filed of a mail that was kept and could not be read: somebody looks at it."""
    doubts = (Finding(code=code, detail=detail),)
    return MailForm(mailbox=mailbox, verdict=MailVerdict.TRIAGE, doubts=doubts)


def _files(
    files: Iterable[Attachment], numbered: Iterator[tuple[int, str]], names: Mapping[str, str]
) -> Iterator[MailFile]:
    for file, (number, sha256) in zip(files, numbered, strict=False):
        if sha256:
            yield MailFile(
                number=number,
                name=line(file.name) or f"文件{number}",
                sha256=sha256,
                material=material_of(file.name, names),
            )


def material_of(name: str, names: Mapping[str, str]) -> str:
    """The code of the one material that a file is named after; empty: it does not say so."""
    base = key_of(name.rpartition(".")[0] or name)
    keys = {code: key_of(called) for code, called in names.items()}
    exact = [code for code, key in keys.items() if key == base]
    inside = [code for code, key in keys.items() if len(key) >= _SHORTEST_NAME and key in base]
    longest = max((len(keys[code]) for code in inside), default=0)
    found = exact or [code for code in inside if len(keys[code]) == longest]
    return found[0] if len(found) == 1 else ""


def _doubts(
    person: MailPerson, files: tuple[Attachment, ...], *, offered: bool
) -> Iterator[Finding]:
    who = person.name or f"第 {person.number} 人"
    if person.online_only:
        return
    if not offered:
        yield Finding(code="ITEM_NOT_OFFERED", detail=f"“{who}”的业务不在事项目录中，请人工处理")
        return
    if not person.name:
        yield Finding(code="NAME_MISSING", detail="邮件没有写明申请人姓名，请补填")
    if not person.id_number:
        yield Finding(
            code="NUMBER_MISSING", detail=shown(f"邮件没有写明“{who}”的证件号码，请按材料补填")
        )
    if len(person.files) < len(files):
        yield Finding(code="FILE_KIND", detail=shown(f"“{who}”有不接收的文件类型，见邮件原件"))
    if any(not file.material for file in person.files):
        yield Finding(
            code="FILE_UNCLEAR", detail=shown(f"“{who}”有文件名看不出是什么材料，请人工确认")
        )


def _few(found: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(dict.fromkeys(found))[:MOST_FINDINGS]


def line(text: str, most: int = 200) -> str:
    """What somebody wrote, as it may stand in a line of a message."""
    seen = "".join(sign if not has_unseen(sign) else " " for sign in text)
    plain = " ".join(seen.split())[:most].strip()
    return "" if is_blank(plain) else plain


def lines(text: str, most: int = 2000) -> str:
    """The same of several lines."""
    kept = [line(each, most) for each in text.splitlines()[:most]]
    plain = re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()[:most].strip()
    return "" if is_blank(plain) else plain


def shown(detail: str) -> str:
    """A sentence about something that somebody wrote."""
    return line(detail, 500) or "内容无法显示，见邮件原件"


# --- what is opened ------------------------------------------------------------------------


def mail_body(  # noqa: PLR0913 - one mail
    form: MailForm, *, district: str, key: str, raw: str, address: str, unit: str = ""
) -> FormBody:
    """The body that opens the case of a mail; ``raw`` is the sha256 of its original.

    An address to which no letter can go is left out: then somebody sorts the mail.
    """
    caller = _sender(address, line(unit))
    members: dict[str, Any] = vars(replace(form, raw=raw)) | {"caller": caller}
    body = body_of_kind(CaseKind.INCOMING_MAIL)
    return body(district=district, source=MAIL, reference=key, **members)


def _sender(address: str, unit: str) -> Contact | None:
    try:
        return Contact(name=unit or "来件人", email=address)
    except ValidationError:
        return None


def submission_of(  # noqa: PLR0913 - a person, and where they come from
    person: MailPerson,
    *,
    district: str,
    mail_no: str,
    received_at: datetime,
    sender: str,
    way: Way = MAILED,
) -> Submission:
    """The application of a person of a mail, as HTTP would take it; the same again is the same.

    Notices go to the address that is given for the person, else to that of the sender.

    Raises:
        DomainError: ``INVALID_REQUEST``, a field is none.
    """
    email = person.email or sender or None
    try:
        return Submission(
            district=district,
            source=way.opener.code,
            reference=f"{mail_no}-{person.number}",
            item=person.item,
            channel=way.channel,
            received_at=received_at,
            materials=materials_of(person),
            applicant=Applicant(
                name=person.name,
                id_number=person.id_number,
                email=email,
                phone=person.phone or None,
            ),
            employer=Employer(
                name=person.unit, credit_code=person.credit_code or None, email=sender or None
            )
            if person.unit
            else None,
        )
    except ValidationError as error:
        field_of = ".".join(str(each) for each in error.errors()[0]["loc"])
        raise DomainError("INVALID_REQUEST", "所填内容不符合要求，请核对", field_of) from None


def materials_of(person: MailPerson) -> tuple[ReceivedMaterial, ...]:
    """The files that count as a material, each once."""
    return tuple(
        dict.fromkeys(
            ReceivedMaterial(
                code=each.material,
                form=MaterialForm.ELECTRONIC if each.sha256 else MaterialForm.PAPER,
                sha256=each.sha256,
            )
            for each in person.files
            if each.material
        )
    )


def brought(
    person: MailPerson, stage: ApplicationStage, *, owes: bool, way: Way = MAILED
) -> tuple[str, Command]:
    """By which verb the files of a person go to the running case; ``owes``: it still owes files.

    Raises:
        DomainError: ``RUNNING_CASE``, it waits for nothing, and an officer has to say what is
            meant; ``FIELD_REQUIRED``, there is no file that counts.
    """
    materials = materials_of(person)
    if not materials:
        raise DomainError("FIELD_REQUIRED", "没有可以并入的材料，请为文件选择材料名称", "files")
    if stage is ApplicationStage.SUPPLEMENT_DUE:
        return "supplement", Supplement(
            actor=way.papers, materials=materials, arrived_on=way.arrived_on
        )
    if owes or person.into:
        return "materials_received", MaterialsReceived(
            actor=way.papers, materials=materials, arrived_on=way.arrived_on
        )
    raise DomainError("RUNNING_CASE", _RUNS_ON)
