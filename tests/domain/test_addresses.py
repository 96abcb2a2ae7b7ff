"""What may be an address of mail: what every mail server can carry, and nothing else."""

import smtplib
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.domain.addresses import LONGEST_MAIL, mail_fault, phone_fault, require_address
from casework.domain.case.commands import CorrectAddress
from casework.domain.case.facts import Actor
from casework.domain.errors import DomainError
from casework.domain.kinds.application.addresses import DECISIONS
from casework.domain.kinds.application.events import AddressCorrected
from casework.domain.policy import Role
from tests.domain.desk import open_desk

ANYTHING = st.text(max_size=80)
PARTS = st.text(st.sampled_from("ab.-@+_\"'<> \n\r\0张，é；;,()[]:\\"), max_size=20)


@pytest.mark.parametrize(
    "address",
    [
        "name@example.com",
        "first.last+case=1@mail.example.com.cn",
        f"{'a' * 64}@example.com",
        "o'hara@x-y.example.com",
        "a@1.example.com",
        "a@example.xn--fiqs8s",
    ],
)
def test_an_ordinary_address_is_taken(address: str) -> None:
    assert mail_fault(address) == ""


@pytest.mark.parametrize(
    "address",
    [
        "",
        "name",
        "name@localhost",
        "张三@example.com",
        "name@例子.中国",
        "张三 <name@example.com>",
        "<name@example.com>",
        '"first last"@example.com',
        "name@example.com\n",
        "name@example.com\r\nBcc: all@example.com",
        "a..b@example.com",
        ".a@example.com",
        "a.@example.com",
        "a@-x.example.com",
        "a@x..com",
        "a@[127.0.0.1]",
        "a@example.com,b@example.com",
        f"{'a' * 65}@example.com",
        f"a@{'b' * 63}.{'c' * 63}.{'d' * 63}.{'e' * 63}.com",
    ],
)
def test_what_no_server_would_carry_is_refused_in_words(address: str) -> None:
    assert mail_fault(address)


@given(mailbox=st.one_of(ANYTHING, PARTS), host=st.one_of(PARTS, st.just("example.com")))
def test_whatever_is_taken_goes_into_a_header_and_an_envelope_as_it_is(
    mailbox: str, host: str
) -> None:
    address = f"{mailbox}@{host}"
    if mail_fault(address):
        return
    assert len(address) <= LONGEST_MAIL
    message = EmailMessage(policy=SMTP)
    message["To"] = Address(addr_spec=address)
    assert bytes(message) == f"To: {address}\r\n\r\n".encode("ascii")
    assert smtplib.quoteaddr(address) == f"<{address}>"


@given(number=st.one_of(ANYTHING, st.text(st.sampled_from("+0123456789 -\n٣"), max_size=24)))
def test_a_number_is_one_line_of_digits(number: str) -> None:
    if not phone_fault(number):
        assert number.isascii()
        assert number.isprintable()
        assert 4 < len(number) <= 21


def test_a_refusal_names_the_field_and_never_the_address() -> None:
    for email, phone, field in (("张三@example.com", "", "email"), ("", "12", "phone")):
        with pytest.raises(DomainError) as refused:
            require_address(email, phone, "applicant")
        assert (refused.value.code, refused.value.field) == (
            "ADDRESS_INVALID",
            f"applicant.{field}",
        )
        assert not {email, phone} - {""} & set(refused.value.message.split())
    require_address("", "", "applicant")


def corrected(role: Role, **said: str) -> AddressCorrected:
    words: dict[str, Any] = {"party": "applicant", "reason": "更换", **said}
    command = CorrectAddress(actor=Actor(code="x", role=role), **words)
    desk = open_desk()
    (event,) = DECISIONS[CorrectAddress](command, desk.case, None)
    assert isinstance(event, AddressCorrected)
    assert not {said.get("email", "-"), said.get("phone", "-")} & set(vars(event).values())
    return event


def test_a_correction_tells_the_ways_and_not_the_address() -> None:
    both = {"email": "a@example.com", "phone": "13800001234"}
    assert corrected(Role.OFFICER, **both).ways == ("mail", "sms")
    assert corrected(Role.OFFICER, **both, told_by="sms").ways == ("sms", "mail")
    assert corrected(Role.OFFICER, told_by="desk").ways == ("desk",)
    assert corrected(Role.APPLICANT, party="agent", **both).party == "agent"
    for role, said, code, field in (
        (Role.OFFICER, {"party": "superior"}, "PARTY_UNKNOWN", "party"),
        (Role.OFFICER, {"reason": " "}, "FIELD_REQUIRED", "reason"),
        (Role.OFFICER, {}, "INVALID_REQUEST", "email"),
        (Role.OFFICER, {"email": "张三@example.com"}, "ADDRESS_INVALID", "email"),
        (Role.OFFICER, {"phone": "13800001234", "told_by": "mail"}, "INVALID_REQUEST", "told_by"),
        (Role.EMPLOYER, both, "NOT_YOUR_ADDRESS", "party"),
        (Role.APPLICANT, both | {"party": "employer"}, "NOT_YOUR_ADDRESS", "party"),
    ):
        with pytest.raises(DomainError) as refused:
            corrected(role, **said)
        assert (refused.value.code, refused.value.field) == (code, field)
