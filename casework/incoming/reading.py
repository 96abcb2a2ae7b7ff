"""What becomes of a mail: a case for each person, one notice of all faults, or a person decides.

Nothing is lost and nothing is guessed. A mail whose faults the sender can put right gets *one*
notice that names them all (domain C.2), and opens nothing until then. What a machine cannot decide
is a doubt, and goes to an officer (来件分办) with what was understood so far.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import combinations

from casework.domain.mail import Grammar, MailIntake, MailVerdict, Nature, Place
from casework.incoming.archive import is_other_archive, is_zip, unpack
from casework.incoming.grammar import Fault, Named, Read, Unread, best, read
from casework.incoming.message import Attachment, Mail
from casework.incoming.writing import key_of


@dataclass(frozen=True, kw_only=True)
class Sender:
    """What is known of the address that the mail came from.

    ``unit`` is the registered name of the firm whose mailbox it is, empty if it is nobody's.
    ``others`` are the names of firms that have registered another mailbox, of those that the mail
    names (`firms_named`).
    """

    unit: str = field(default="", repr=False)
    credit_code: str = field(default="", repr=False)
    short_names: tuple[str, ...] = field(default=(), repr=False)
    others: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, kw_only=True)
class Package:
    """The files of one person. ``online_only``: this business is done online, and nowhere else."""

    named: Named
    unit: str = field(repr=False)
    files: tuple[Attachment, ...] = ()
    online_only: bool = False


@dataclass(frozen=True, kw_only=True)
class Doubt:
    """What a person has to decide: a stable code and a sentence for the officer."""

    code: str
    detail: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What was understood. ``mailbox`` is where the mail belongs, whichever one it came to."""

    verdict: MailVerdict
    mailbox: str
    nature: Nature = Nature.WRITTEN
    packages: tuple[Package, ...] = ()
    faults: tuple[Fault, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    remarks: tuple[str, ...] = ()


Kind = Callable[[bytes], str]
"""The media type of a file by its content; raises ValueError saying what is wrong with it."""

JPEG = "image/jpeg"
_WORD_FILES = frozenset(
    {
        "application/msword",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    }
)
_TNEF = bytes.fromhex("789f3e22")
_PHONE = re.compile(r"(?<!\d)(?:1[3-9]\d[- ]?\d{4}[- ]?\d{4}|(?:0\d{2,3}[- ]?)?[2-8]\d{6,7})(?!\d)")
_ADDED = re.compile(
    r"(?:积分|材料|资料|附件|申请|办理|新办|续办|教育背景核实|的|[0-9()（）【】\-—_.+·、]+)*"
)
"""What people add to a name; anything else makes it another name."""
_SHORTEST_ALIKE = 3


def judge(  # noqa: PLR0913 - what is known of a mail, each by itself
    mail: Mail,
    intake: MailIntake,
    *,
    mailbox: str,
    on: date,
    kind: Kind,
    sender: Sender | None = None,
    elsewhere: tuple[Grammar, ...] = (),
) -> Reading:
    """Say what becomes of a mail that came to a mailbox on a day (Asia/Shanghai).

    ``kind`` tells what a file is; ``sender`` is None where no firms are registered. Where each has
    one mailbox, what comes from another one is not taken, whatever else is in doubt about it;
    ``elsewhere`` are the grammars of the other districts, by which a stray mail is known.
    The same arguments give the same reading. Never raises for what a sender wrote.
    """
    if mail.nature is not Nature.WRITTEN:
        return Reading(verdict=MailVerdict.SILENT, mailbox=mailbox, nature=mail.nature)
    found = _Found(mailbox=mailbox)
    if mail.forwarded and not mail.attachments:
        return _forwarded(mail, intake, mailbox, on, kind, elsewhere)
    _unreadable(mail, found)
    if any(key_of(word) in key_of(mail.subject) for word in intake.urgent_words):
        found.doubt(
            "URGENT",
            "发件人要求加急：请先电话联系；加急申请和情况说明并入其在办件，再在该件申请绿色通道",
        )
    short_names = sender.short_names if sender is not None else ()
    said = list(_said(mail, intake, on, short_names))
    _sender(intake, sender, said, found)
    if not said:
        return found.reading(tuple(_not_understood(mail, intake, on, elsewhere, found)))
    if said[0].grammar.mailbox != mailbox:
        found.mailbox = said[0].grammar.mailbox
        found.remarks.append("REROUTED")
    stray = best(read(mail.subject, each, on=on) for each in elsewhere)
    if said[0].faults and isinstance(stray, Read) and not stray.faults:
        found.doubt("OTHER_ORDER", f"主题不是本区的写法，而是“{stray.grammar.template}”")
        said = [stray]
    _forms(said, found)
    _names(said, found)
    packages = tuple(_packages(mail, intake, said, found))
    _files(packages, intake, kind, found)
    if intake.contact_in_mail and not _PHONE.search(mail.text):
        found.fault("CONTACT_MISSING", "邮件正文须留下人事联系人和联系电话")
    return found.reading(packages)


def firms_named(mail: Mail, intake: MailIntake, on: date) -> tuple[str, ...]:
    """The firms that a mail names, as it writes them; of a forwarded one those of the original."""
    inner = mail.forwarded[0] if mail.forwarded and not mail.attachments else mail
    named = (each.unit or each.unsplit for each in _said(inner, intake, on, ()))
    return tuple(dict.fromkeys(each for each in named if each))


@dataclass
class _Found:
    """What has been found so far."""

    mailbox: str
    faults: list[Fault] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    closed: bool = False  # nothing is taken from this sender

    def fault(self, code: str, detail: str) -> None:
        self.faults.append(Fault(code=code, detail=detail))

    def doubt(self, code: str, detail: str) -> None:
        self.doubts.append(Doubt(code=code, detail=detail))

    def reading(self, packages: tuple[Package, ...]) -> Reading:
        verdict = MailVerdict.NOTICE if self.faults else MailVerdict.CASES
        if self.doubts and not self.closed:
            verdict = MailVerdict.TRIAGE
        return Reading(
            verdict=verdict,
            mailbox=self.mailbox,
            packages=packages,
            faults=tuple(dict.fromkeys(self.faults)),
            doubts=tuple(dict.fromkeys(self.doubts)),
            remarks=tuple(dict.fromkeys(self.remarks)),
        )


def _forwarded(  # noqa: PLR0913, PLR0917 - as ``judge``
    mail: Mail,
    intake: MailIntake,
    mailbox: str,
    on: date,
    kind: Kind,
    elsewhere: tuple[Grammar, ...],
) -> Reading:
    """Somebody sent on what another wrote: proposed as that one wrote it, for a person to confirm.

    The sender's firm is not asked: it is not the one who forwarded.
    """
    doubt = Doubt(code="FORWARDED", detail="这是转发的邮件，请确认原发件人后办理")
    if len(mail.forwarded) > 1:
        return Reading(verdict=MailVerdict.TRIAGE, mailbox=mailbox, doubts=(doubt,))
    inner = judge(mail.forwarded[0], intake, mailbox=mailbox, on=on, kind=kind, elsewhere=elsewhere)
    return replace(inner, verdict=MailVerdict.TRIAGE, doubts=(doubt, *inner.doubts))


def _said(mail: Mail, intake: MailIntake, on: date, short_names: tuple[str, ...]) -> Iterator[Read]:
    """What the subject says, else what the names of the files say."""
    of_subject = [each for each in intake.grammars if each.place is Place.SUBJECT]
    subject = best(read(mail.subject, each, on=on) for each in of_subject)
    if isinstance(subject, Read):
        yield subject
        return
    of_files = [each for each in intake.grammars if each.place is Place.FILE_NAME]
    if not of_files:
        return
    for file in mail.attachments:
        line = file.name.rpartition(".")[0] or file.name
        named = best(read(line, each, on=on, short_names=short_names) for each in of_files)
        if isinstance(named, Read):
            yield named


def _sender(intake: MailIntake, sender: Sender | None, said: list[Read], found: _Found) -> None:
    """A firm's one mailbox, where the district has that rule."""
    if sender is None:
        return
    named = {key_of(each.unit) for each in said if each.unit}
    if intake.one_mailbox_a_unit and not sender.unit:
        found.closed = bool(said)  # what follows no form may ask for the registration itself
        if named & {key_of(each) for each in sender.others}:
            found.fault(
                "SECOND_MAILBOX", "该单位已登记另一邮箱，请用登记的邮箱发送；如需更换，请办理变更"
            )
        else:
            found.fault("SENDER_NOT_REGISTERED", "发件邮箱未登记，请先办理单位注册并登记唯一的邮箱")
    known = {key_of(each) for each in (sender.unit, *sender.short_names) if each}
    if sender.unit and named - known:
        found.doubt("UNIT_DIFFERS", "邮件所写单位与发件邮箱登记的单位不一致，请人工确认")


def _not_understood(
    mail: Mail,
    intake: MailIntake,
    on: date,
    elsewhere: tuple[Grammar, ...],
    found: _Found,
) -> Iterator[Package]:
    """No grammar of the district fits: say what is nearest, for a person.

    Where a word of the subject says what is asked, all files are proposed for that.
    """
    stray = best(read(mail.subject, each, on=on) for each in elsewhere)
    key = key_of(mail.subject)
    meant = next((item for word, item in intake.by_words.items() if key_of(word) in key), "")
    if meant:
        found.doubt("BY_CONTENT", f"本区对这类业务没有规定主题写法，建议按 {meant} 办理")
        files = tuple(_unpacked(mail.attachments, found))
        yield _package(Named(name="", item=meant, business=""), "", files, intake)
    elif not intake.grammars:
        found.doubt("NO_GRAMMAR", "本区没有规定邮件主题写法，请人工分办")
    elif isinstance(stray, Read) and not stray.faults:
        found.doubt("OTHER_ORDER", f"主题不是本区的写法，而是“{stray.grammar.template}”")
    else:
        nearest = best(
            read(mail.subject, each, on=on)
            for each in intake.grammars
            if each.place is Place.SUBJECT
        )
        reason = nearest.reason if isinstance(nearest, Unread) else "附件名不符合本区写法"
        found.doubt("UNKNOWN_FORM", reason)


def _unreadable(mail: Mail, found: _Found) -> None:
    for code in mail.unread:
        found.doubt(code, "邮件中有无法读取的部分，请人工查看")
    if any(each.content.startswith(_TNEF) for each in mail.attachments):
        found.doubt("WINMAIL", "附件为 winmail.dat 格式，请人工打开")


def _forms(said: list[Read], found: _Found) -> None:
    """How far what was written is as it was asked."""
    for each in said:
        found.faults += each.faults
        if not each.strict:
            found.remarks.append("NAME_NONCONFORMING")
        if each.unsplit:
            found.doubt("FIRM_AND_NAME", "文件名中的单位与姓名无法分开，请人工确认")


def _names(said: list[Read], found: _Found) -> None:
    """Two persons of one name, or names so alike that one may be a slip."""
    for each in said:
        keys = [person.key for person in each.persons]
        if len(set(keys)) < len(keys):
            found.doubt("SAME_NAME", "邮件中有两名同名人员，请按证件号码末四位区分")
    people = sorted({person.key for each in said for person in each.persons})
    if len(said) > 1 and any(_slip(one, other) for one, other in combinations(people, 2)):
        found.doubt("NAMES_ALIKE", "附件名中的姓名相近，可能是同一人，请人工确认")


def _slip(one: str, other: str) -> bool:
    """Whether one sign put in, left out or changed makes one name of the other."""
    if abs(len(one) - len(other)) > 1 or max(len(one), len(other)) < _SHORTEST_ALIKE:
        return False
    start = next(
        (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
        min(len(one), len(other)),
    )
    rests = {one[start + 1 :], one[start:]}, {other[start + 1 :], other[start:]}
    return bool(rests[0] & rests[1])


def _packages(mail: Mail, intake: MailIntake, said: list[Read], found: _Found) -> Iterator[Package]:
    """The files of each person."""
    first = said[0]
    if first.grammar.place is Place.FILE_NAME:
        yield from _by_file_name(mail, intake, said, found)
    elif intake.archive_per_person and first.persons:
        yield from _by_archive(mail, intake, first, found)
    else:
        files = tuple(_unpacked(mail.attachments, found))
        named = first.persons or (Named(name="", item=first.item, business=first.business),)
        if not mail.attachments:
            found.fault("FILES_MISSING", "邮件没有附件，请附上申请材料")
        for person in named[:1]:
            yield _package(person, first.unit, files, intake)


def _package(
    person: Named, unit: str, files: tuple[Attachment, ...], intake: MailIntake
) -> Package:
    return Package(
        named=person, unit=unit, files=files, online_only=person.item in intake.online_only
    )


def _by_archive(mail: Mail, intake: MailIntake, said: Read, found: _Found) -> Iterator[Package]:
    """One archive a person, named after the person."""
    people = {person.key: person for person in said.persons}
    files: dict[str, tuple[Attachment, ...]] = {}
    for each in mail.attachments:
        if is_other_archive(each.content):
            found.doubt("OTHER_ARCHIVE", "附件不是 ZIP 压缩包，请人工解压或请其重新发送")
        elif not is_zip(each.content):
            found.fault(
                "NOT_PACKED",
                f"“{each.name}”不是压缩包，每人的材料须装入一个以姓名命名的 ZIP 压缩包",
            )
        else:
            owner = _owner(each, list(people.values()), found)
            if owner is not None and owner.key in files:
                found.doubt("TWO_PACKAGES", "同一人有两个压缩包，请人工确认")
            elif owner is not None:
                unpacked = unpack(each.name, each.content)
                found.faults += unpacked.faults
                files[owner.key] = tuple(
                    Attachment(name=file.name, content=file.content) for file in unpacked.files
                )
    for key, person in people.items():
        if key not in files:
            found.fault(
                "PACKAGE_MISSING", f"未收到以“{person.name}”命名的压缩包（每人一个，ZIP 格式）"
            )
        yield _package(person, said.unit, files.get(key, ()), intake)


def _owner(file: Attachment, people: list[Named], found: _Found) -> Named | None:
    """Whose archive it is: named after exactly one person, with nothing that makes another name."""
    base = key_of(file.name.rpartition(".")[0])
    exact = [person for person in people if person.key == base]
    if len(exact) == 1:
        return exact[0]
    inside = [
        person
        for person in people
        if (at := base.find(person.key)) >= 0
        and _ADDED.fullmatch(base[:at])
        and _ADDED.fullmatch(base[at + len(person.key) :])
    ]
    if len(inside) == 1:
        found.remarks.append("NAME_NONCONFORMING")
        return inside[0]
    if sum(person.key in base for person in people) > 1:
        found.fault("ONE_PACKAGE_FOR_MANY", f"“{file.name}”装有多人的材料，须每人一个压缩包")
    else:
        found.fault(
            "PACKAGE_NAME", f"压缩包“{file.name}”须以申请人姓名命名，如“{people[0].name}.zip”"
        )
    return None


def _by_file_name(
    mail: Mail, intake: MailIntake, said: list[Read], found: _Found
) -> Iterator[Package]:
    """Files that each say whose they are; what says nothing is a doubt beside them."""
    of_files = [each for each in intake.grammars if each.place is Place.FILE_NAME]
    readable = len(said)
    if readable < len(mail.attachments):
        templates = "”或“".join(dict.fromkeys(each.template for each in of_files))
        found.fault("FILE_NAME", f"有附件的文件名不符合要求，应写成“{templates}”")
    people: dict[tuple[str, str], tuple[Named, str]] = {}
    for each in said:
        for person in each.persons:
            people.setdefault((person.key, person.item), (person, each.unit))
    firms = {key_of(each.unit) for each in said if each.unit}
    if len(firms) > 1:
        found.doubt("TWO_FIRMS", "附件名中写有不同单位，请人工确认")
    by_key: dict[tuple[str, str], list[Attachment]] = {key: [] for key in people}
    for file in mail.attachments:
        line = key_of(file.name.rpartition(".")[0] or file.name)
        owners = [key for key in people if line.endswith(key[0])]
        if len(owners) == 1:
            by_key[owners[0]].append(file)
    for key, (person, unit) in people.items():
        yield _package(person, unit, tuple(_unpacked(by_key[key], found)), intake)


def _unpacked(files: Iterable[Attachment], found: _Found) -> Iterator[Attachment]:
    """Files as they are, and those of archives, where none is asked for."""
    for each in files:
        if is_other_archive(each.content):
            found.doubt("OTHER_ARCHIVE", "附件不是 ZIP 压缩包，请人工解压或请其重新发送")
        elif is_zip(each.content) and each.name.lower().endswith(".zip"):
            unpacked = unpack(each.name, each.content)
            found.faults += unpacked.faults
            for file in unpacked.files:
                yield Attachment(name=file.name, content=file.content)
        else:
            yield each


def _files(packages: tuple[Package, ...], intake: MailIntake, kind: Kind, found: _Found) -> None:
    """What each file is, by its content."""
    for package in packages:
        kinds = set()
        for file in package.files:
            try:
                told = kind(file.content)
            except ValueError as error:
                found.fault("FILE_DAMAGED", f"“{file.name}”：{error}")
                continue
            kinds.add(told)
            of_person = intake.jpeg_only and package.named.name
            if of_person and told != JPEG and told not in _word_files(package, intake):
                found.fault("NOT_JPEG", f"“{file.name}”不是 JPG 图片，请将原件拍照或扫描为 JPG")
        if package.files and package.named.item in intake.word_for and not kinds & _WORD_FILES:
            found.fault("WORD_MISSING", "教育背景材料须另附一份 Word 文件")


def _word_files(package: Package, intake: MailIntake) -> frozenset[str]:
    return _WORD_FILES if package.named.item in intake.word_for else frozenset()
