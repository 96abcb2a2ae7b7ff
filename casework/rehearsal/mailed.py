"""A mail that a scenario gives, read as one that really came."""

import hashlib
import io
import zipfile
from collections.abc import Mapping
from email.message import EmailMessage
from functools import cache

from PIL import Image

from casework.domain.errors import DomainError
from casework.domain.kinds.incoming_mail.opening import MailForm
from casework.domain.time.calendar import local_date
from casework.domain.units import mailbox_key
from casework.filing.bodies import FormBody
from casework.filing.mail import key_of_mail, mail_body, proposed, to_keep
from casework.incoming.message import read_mail
from casework.incoming.reading import Sender, judge
from casework.rehearsal.given import MailGiven
from casework.rehearsal.registry import Registry
from casework.store.file_type import ALLOWED, FaultyContentError, media_type_of


def raw_mail(given: MailGiven, reference: str) -> bytes:
    """The mail as it would come over the wire; the contents of its files are made up."""
    message = EmailMessage()
    message["Subject"] = given.subject
    message["From"] = given.sender
    message["To"] = f"{given.mailbox}@office.example.com"
    message["Message-ID"] = f"<{hashlib.sha256(reference.encode()).hexdigest()}@example.com>"
    for name, value in given.headers.items():
        message[name] = value
    message.set_content(given.text)
    for name, inside in given.files.items():
        content = _packed(inside) if inside else content_of(name)
        message.add_attachment(
            content, maintype="application", subtype="octet-stream", filename=name
        )
    return message.as_bytes()


def _packed(names: tuple[str, ...]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), content_of(name))
    return file.getvalue()


@cache
def content_of(name: str) -> bytes:
    """A small file of the kind that its name says, another for each name."""
    kind = {"jpg": "JPEG", "jpeg": "JPEG", "png": "PNG"}.get(name.rpartition(".")[2].lower())
    if kind is None:
        return name.encode()
    file = io.BytesIO()
    shade = hashlib.sha256(name.encode()).digest()
    Image.new("RGB", (8, 8), (shade[0], shade[1], shade[2])).save(file, kind)
    return file.getvalue()


def mailed(given: MailGiven, reference: str, registry: Registry) -> FormBody:
    """The body that opens the case of a mail, as the mailroom makes it; raises DomainError."""
    on = local_date(given.received_at)
    raw = raw_mail(given, reference)
    intake = registry.mail.intake(given.district, on)
    if intake is None or given.mailbox not in intake.mailboxes:
        raise DomainError("NO_MAILBOX", "该区没有此用途的收件邮箱", "mailbox")
    mail = read_mail(raw)
    sender = _sender(given, mail.sender)
    reading = judge(
        mail,
        intake,
        mailbox=given.mailbox,
        on=on,
        kind=media_type_of,
        sender=sender,
        elsewhere=registry.mail.elsewhere(given.district, on),
    )
    taken = to_keep(mail, reading)

    def names(item: str) -> Mapping[str, str] | None:
        try:
            return registry.catalogue.resolve(item, given.district, on).material_names
        except DomainError:
            return None

    form: MailForm = proposed(
        mail,
        reading,
        taken,
        [_digest(each.content) for each in taken.files()],
        names,
        sender=sender,
    )
    key = key_of_mail(f"{given.district}/{given.mailbox}", raw)
    unit = sender.unit if sender is not None else ""
    return mail_body(form, district=given.district, key=key, raw="", address=mail.sender, unit=unit)


def _sender(given: MailGiven, address: str) -> Sender | None:
    """What the register would know of the address, had it these units."""
    if not given.units:
        return None
    for unit in given.units:
        if mailbox_key(unit.mailbox) == mailbox_key(address):
            names = (unit.name, *unit.short_names)
            return Sender(unit=unit.name, short_names=names, credit_code=unit.credit_code)
    return Sender(others=tuple(name for u in given.units for name in (u.name, *u.short_names)))


def _digest(content: bytes) -> str:
    try:
        known = media_type_of(content) in ALLOWED
    except FaultyContentError:
        return ""
    return hashlib.sha256(content).hexdigest() if known else ""
