"""Mails as firms write them, made up."""

import io
import zipfile
from collections.abc import Mapping
from datetime import date
from email.message import EmailMessage
from functools import cache

from PIL import Image

from casework.incoming.message import Mail, read_mail
from casework.incoming.reading import Reading, Sender, judge
from casework.policy.mail import load_mail_policy
from casework.store.file_type import media_type_of

DAY = date(2026, 11, 30)
CONTACT = "人事联系人：赵女士，021-64000000"


@cache
def jpeg() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), "white").save(file, "JPEG")
    return file.getvalue()


@cache
def png() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), "white").save(file, "PNG")
    return file.getvalue()


def packed(files: Mapping[str, bytes] | None = None) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in (files if files is not None else {"身份证.jpg": jpeg()}).items():
            archive.writestr(name, content)
    return file.getvalue()


def raw(
    subject: str,
    files: Mapping[str, bytes] | None = None,
    *,
    text: str = CONTACT,
    sender: str = "hr@example.com",
    headers: Mapping[str, str] | None = None,
) -> bytes:
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = sender
    message["To"] = "points@example.org"
    message["Message-ID"] = "<1@example.com>"
    for name, value in (headers or {}).items():
        message[name] = value
    message.set_content(text)
    for name, content in (files or {}).items():
        message.add_attachment(
            content, maintype="application", subtype="octet-stream", filename=name
        )
    return message.as_bytes()


def mail(subject: str, files: Mapping[str, bytes] | None = None, **more: object) -> Mail:
    return read_mail(raw(subject, files, **more))  # type: ignore[arg-type]


def judged(
    district: str, told: Mail, *, mailbox: str = "points", sender: Sender | None = None
) -> Reading:
    policy = load_mail_policy()
    intake = policy.intake(district, DAY)
    assert intake is not None
    return judge(
        told,
        intake,
        mailbox=mailbox,
        on=DAY,
        kind=media_type_of,
        sender=sender,
        elsewhere=policy.elsewhere(district, DAY),
    )
