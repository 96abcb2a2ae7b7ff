"""A unit has one mailbox in a district, and a mailbox one unit, in whichever order one asks."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.domain.errors import DomainError
from casework.domain.units import (
    Unit,
    UnitForm,
    UnitStatus,
    checked,
    require_decidable,
    require_free,
    require_in_force,
)

AT = datetime(2022, 4, 18, 1, tzinfo=UTC)
CODES = ("91310106MA1FY7XX05", "N2310106MF1FY7XX0Y")
FORM = UnitForm(
    district="310106", credit_code=CODES[0], name="某某人寿", mailbox="hr@firm.example.com"
)


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"name": " "}, "FIELD_REQUIRED", "name"),
        ({"mailbox": " "}, "FIELD_REQUIRED", "mailbox"),
        ({"mailbox": "某某人寿"}, "ADDRESS_INVALID", "mailbox"),
        ({"phone": "1"}, "ADDRESS_INVALID", "phone"),
        ({"credit_code": CODES[0][:-1] + "6"}, "CREDIT_CODE_CHECK_DIGIT", "credit_code"),
        ({"replaces": "DW-1"}, "FIELD_REQUIRED", "reason"),
    ],
)
def test_what_is_wrong_is_named_by_its_field(
    changed: dict[str, str], code: str, field: str
) -> None:
    with pytest.raises(DomainError) as refused:
        checked(UnitForm(**vars(FORM) | changed))
    assert (refused.value.code, refused.value.field) == (code, field)


def test_a_mailbox_and_a_code_have_one_form() -> None:
    written = replace(FORM, mailbox=" HR@Firm.example.com", credit_code=f" {CODES[0].lower()}")
    assert checked(written) == checked(FORM)


Step = tuple[str, int, int, str]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(("propose", "change", "approve", "reject", "end")),
        st.integers(0, 1),
        st.integers(0, 2),
        st.sampled_from(("a", "b")),
    ),
    max_size=30,
)


@given(STEPS)
def test_never_two_mailboxes_for_a_unit_nor_two_units_for_a_mailbox(steps: list[Step]) -> None:
    """Whatever two officers do with two units and three mailboxes, nobody confirms their own."""
    known: dict[str, Unit] = {}
    for number, (what, unit, mailbox, who) in enumerate(steps):
        try:
            _do(known, number, what, CODES[unit], f"{mailbox}@x.example.com", who)
        except DomainError as refused:
            assert refused.code in {
                "SECOND_MAILBOX",
                "MAILBOX_TAKEN",
                "UNIT_PROPOSED",
                "UNIT_CHANGED",
                "FOUR_EYES",
            }
        valid = [each for each in known.values() if each.status is UnitStatus.IN_FORCE]
        assert len({each.credit_code for each in valid}) == len(valid)
        assert len({each.mailbox for each in valid}) == len(valid)
        assert all(each.decided_by not in {"", each.proposed_by} for each in valid)


def _do(  # noqa: PLR0917 - one step
    known: dict[str, Unit], number: int, what: str, code: str, mailbox: str, who: str
) -> None:
    of_unit = [each for each in known.values() if each.credit_code == code]
    current = next((each for each in of_unit if each.status is UnitStatus.IN_FORCE), None)
    asked = next((each for each in of_unit if each.status is UnitStatus.PROPOSED), None)
    if what in {"propose", "change"}:
        replaces = current.id if current is not None and what == "change" else ""
        said = vars(FORM) | {"credit_code": code, "mailbox": mailbox, "replaces": replaces}
        unit = Unit(**said, id=str(number), proposed_by=who, proposed_at=AT)
        require_free(unit, of_unit, [e for e in known.values() if e.mailbox == mailbox])
        known[unit.id] = unit
    elif what == "end" and current is not None:
        require_in_force(current)
        known[current.id] = replace(current, status=UnitStatus.ENDED)
    elif what in {"approve", "reject"} and asked is not None:
        require_decidable(asked, who)
        if what == "reject":
            known[asked.id] = replace(asked, status=UnitStatus.REJECTED)
            return
        others = [each for each in known.values() if each.id != asked.id]
        require_free(
            asked,
            [each for each in others if each.credit_code == code],
            [each for each in others if each.mailbox == asked.mailbox],
        )
        if asked.replaces:
            known[asked.replaces] = replace(known[asked.replaces], status=UnitStatus.REPLACED)
        known[asked.id] = replace(asked, status=UnitStatus.IN_FORCE, decided_by=who)


@pytest.mark.parametrize("status", [s for s in UnitStatus if s is not UnitStatus.PROPOSED])
def test_what_is_decided_is_decided(status: UnitStatus) -> None:
    unit = Unit(**vars(FORM), id="1", status=status, proposed_by="a", proposed_at=AT)
    with pytest.raises(DomainError, match="不能再复核"):
        require_decidable(unit, "b")
    if status is not UnitStatus.IN_FORCE:
        with pytest.raises(DomainError, match="不能停用"):
            require_in_force(unit)
