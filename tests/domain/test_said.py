"""Two commands say the same if their sender does, whatever was added on the way."""

from dataclasses import dataclass, field, replace
from datetime import date

from casework.domain.case.commands import TransferJurisdiction
from casework.domain.case.facts import Actor
from casework.domain.case.jurisdiction import JurisdictionTransfer
from casework.domain.case.opening import Party
from casework.domain.kinds.application.commands import Accept
from casework.domain.kinds.registry import KINDS
from casework.domain.policy import Role
from casework.messages.cases import SENT_AS, EmployerChange, said_by

ONE = Actor(code="ja-o1", role=Role.OFFICER, district="310106")
ELSEWHERE = Actor(code="ja-o1", role=Role.REVIEWER, district="310104", office="一")


def test_who_says_it_and_what_the_api_adds_does_not_count() -> None:
    said = TransferJurisdiction(actor=ONE, to_district="310104", reason="户籍在该区")
    sent = JurisdictionTransfer(
        actor=ELSEWHERE, to_district="310104", reason="户籍在该区", office="某中心"
    )
    assert said_by(said) == said_by(sent)
    assert said_by(said) != said_by(replace(said, reason="另一理由"))
    assert issubclass(JurisdictionTransfer, TransferJurisdiction)
    assert all(issubclass(sent, said) for said, sent in SENT_AS.items())


def test_whom_to_tell_at_the_new_employer_counts_and_their_pseudonym_does_not() -> None:
    party = Party(name="某公司", phone="13800001234")
    change = EmployerChange(
        actor=ONE,
        employer="91310106MA1FY7XX05",
        changed_on=date(2026, 3, 2),
        party=party,
        subject="a",
    )
    assert said_by(change) == said_by(replace(change, subject="b"))
    assert said_by(change) != said_by(replace(change, party=replace(party, phone="13800001235")))


def test_field_that_a_later_release_adds_changes_nothing() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Later(Accept):
        remark: str = ""
        more: tuple[str, ...] = ()
        others: dict[str, str] = field(default_factory=dict)

    assert said_by(Later(actor=ONE)) == said_by(Accept(actor=ONE))
    assert said_by(Later(actor=ONE, remark="有")) != said_by(Accept(actor=ONE))


def test_no_command_has_anything_of_its_own_that_is_left_out() -> None:
    for kind in KINDS.values():
        for command in kind.verbs.values():
            assert "subject" not in command.__dataclass_fields__, command
