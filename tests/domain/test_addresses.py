"""What may be an address of mail: what every mail server can carry, and nothing else."""

import smtplib
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.domain.addresses import (
    LONGEST_MAIL,
    MAIL,
    PHONE,
    mail_fault,
    phone_fault,
    require_address,
)
from casework.domain.case.commands import CorrectAddress
from casework.domain.case.events import AddressCorrected
from casework.domain.case.facts import Actor
from casework.domain.case.letters import DECISIONS
from casework.domain.errors import DomainError
from casework.domain.policy import Role
from casework.outside import dialled
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
        "=?utf-8?q?a?=@example.com",
        "ａ@example.com",
        "a@example。com",
        "a@xn--.com",
        f"{'a' * 65}@example.com",
        f"a@{'b' * 63}.{'c' * 63}.{'d' * 63}.{'e' * 63}.com",
    ],
)
def test_what_no_server_would_carry_is_refused_in_words(address: str) -> None:
    assert mail_fault(address)


SHAPED = st.tuples(ANYTHING | PARTS, PARTS | st.just("example.com")).map("@".join)


@given(address=st.one_of(SHAPED, st.from_regex(MAIL), st.from_regex(MAIL, fullmatch=True)))
def test_whatever_is_taken_goes_into_a_header_and_an_envelope_as_it_is(address: str) -> None:
    if mail_fault(address):
        return
    assert len(address) <= LONGEST_MAIL
    message = EmailMessage(policy=SMTP)
    message["To"] = Address(addr_spec=address)
    unfolded = bytes(message).replace(b"\r\n ", b" ")  # a long one begins a line of its own
    assert unfolded == f"To: {address}\r\n\r\n".encode("ascii")
    assert smtplib.quoteaddr(address) == f"<{address}>"


WRITTEN = st.one_of(
    ANYTHING,
    st.text(st.sampled_from("+0123456789 -\n٣１"), max_size=24),
    st.from_regex(PHONE),
)


@given(number=WRITTEN)
def test_a_number_that_is_taken_can_be_dialled_as_it_is(number: str) -> None:
    if not phone_fault(number):
        plain = dialled(number)
        assert number.isascii()
        assert number.isprintable()
        assert number[-1].isdigit()
        assert plain.removeprefix("+").isdigit()
        assert 4 < len(plain.removeprefix("+")) <= 15
        assert phone_fault(plain) == ""


@pytest.mark.parametrize(
    ("number", "plain"),
    [
        ("+86 138 0000 1234", "+8613800001234"),
        ("021-1234 5678", "02112345678"),
        ("13800001234", "13800001234"),
    ],
)
def test_a_number_is_taken_as_people_write_it(number: str, plain: str) -> None:
    assert phone_fault(number) == ""
    assert dialled(number) == plain


@pytest.mark.parametrize(
    "number",
    [
        "１３８００００１２３４",
        "1-----",
        "1     ",
        "1234",
        "1" * 16,
        "138 0000 1234 ",
        "12345\n",
        "+",
    ],
)
def test_what_nobody_could_dial_is_refused(number: str) -> None:
    assert phone_fault(number)


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
