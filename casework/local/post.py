"""Mails on one machine: the mailboxes of the local office, and the relay that brings what is sent.

Whoever sends a mail from here speaks SMTP with the fake town, as with the server of any provider;
what is addressed to the office, the town hands on by LMTP.
"""

import json
import smtplib
from dataclasses import dataclass
from datetime import date

from casework.policy.mail import load_mail_policy
from casework.settings import LOOPBACK

OFFICE = "casework.localhost"
"""The part of an address behind the @; outside this machine it means nothing."""


def office_address(district: str, purpose: str) -> str:
    """The address of a district's mailbox in the local stack."""
    return f"{purpose}-{district}@{OFFICE}"


def office_mailboxes(on: date) -> str:
    """The mailboxes of every district that takes mails, as ``CASEWORK_MAILBOXES_FILE`` has them."""
    policy = load_mail_policy()
    intakes = (policy.intake(district, on) for district in sorted(policy.files))
    return json.dumps(
        [
            {
                "name": f"m{intake.district}-{purpose}",
                "district": intake.district,
                "purpose": purpose,
                "address": office_address(intake.district, purpose),
            }
            for intake in intakes
            if intake is not None
            for purpose in intake.mailboxes
        ],
        indent=1,
    )


def is_for_the_office(address: str) -> bool:
    """Whether the town hands a mail on to the office."""
    return address.lower().endswith(f"@{OFFICE}")


@dataclass(frozen=True, kw_only=True)
class Relay:
    """Hands mails on to the office's LMTP server."""

    host: str = LOOPBACK
    port: int

    def hand_on(self, sender: str, to: str, raw: bytes) -> str:
        """What the office says to a mail; 4xx while it does not answer. It blocks."""
        try:
            with smtplib.LMTP(self.host, self.port) as office:
                office.sendmail(sender, [to], raw)
        except smtplib.SMTPRecipientsRefused as refused:
            return _said(*next(iter(refused.recipients.values())))
        except smtplib.SMTPResponseException as refused:
            return _said(refused.smtp_code, refused.smtp_error)
        except (OSError, smtplib.SMTPException):
            return "451 4.3.0 the office does not answer"
        return "250 2.0.0 kept"


def _said(code: int, words: bytes | str) -> str:
    text = words.decode("ascii", "replace") if isinstance(words, bytes) else words
    return f"{code} {text}"


def send(raw: bytes, *, sender: str, to: str, port: int) -> None:
    """Send a mail as a mail program does; the office has it when this returns.

    Raises:
        OSError: nobody took it. ``smtplib.SMTPException``, one of them, has what the server said.
    """
    with smtplib.SMTP(LOOPBACK, port) as town:
        town.sendmail(sender, [to], b"\r\n".join(raw.splitlines()) + b"\r\n")
