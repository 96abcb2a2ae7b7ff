"""Made-up numbers only. Vectors of the domain, and what must be told apart when it is wrong."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.domain.errors import DomainError
from casework.domain.identifiers import (
    CitizenIdKind,
    IdentifierError,
    check_citizen_id,
    check_credit_code,
    mask,
)

ON = date(2026, 11, 22)
RESIDENT = "310101199003071230"
CREDIT_CODE = "91310106MA1FY7XX05"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def with_check_digit(body: str) -> str:
    total = sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True))
    return body + "10X98765432"[total % 11]


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (RESIDENT, CitizenIdKind.RESIDENT),
        ("810000199003071237", CitizenIdKind.HK_MO_TW),
        ("820000199003071239", CitizenIdKind.HK_MO_TW),
        ("830000199003071230", CitizenIdKind.HK_MO_TW),
        (with_check_digit("93101119900307123"), CitizenIdKind.FOREIGNER),
        # Born before the code of the county came into force: given out at issue, not at birth.
        (with_check_digit("31022719700101123"), CitizenIdKind.RESIDENT),
    ],
)
def test_a_valid_number_has_its_kind_and_birth_date(number: str, kind: CitizenIdKind) -> None:
    checked = check_citizen_id(number, ON)
    assert (checked.number, checked.kind) == (number, kind)
    assert checked.born_on == date(int(number[6:10]), int(number[10:12]), int(number[12:14]))


def test_fifteen_digits_become_their_eighteen() -> None:
    assert check_citizen_id("310101900307123", ON).number == RESIDENT


def test_the_old_foreign_form_stays_as_it_is() -> None:
    checked = check_citizen_id("xyz310090030700", ON)
    assert (checked.number, checked.kind) == ("XYZ310090030700", CitizenIdKind.FOREIGNER_OLD)
    assert checked.born_on is None


def test_writing_is_made_uniform() -> None:
    number = next(
        with_check_digit(f"3101011990030712{n}")
        for n in range(10)
        if with_check_digit(f"3101011990030712{n}").endswith("X")
    )
    for written in (number.lower(), f" {number[:6]} {number[6:]} ", number.replace("X", "Ｘ")):
        assert check_citizen_id(written, ON).number == number


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("", "CITIZEN_ID_LENGTH"),
        (RESIDENT[:17], "CITIZEN_ID_LENGTH"),
        ("31010119900307123A", "CITIZEN_ID_CHARACTERS"),
        ("3101011990030712X0", "CITIZEN_ID_CHARACTERS"),
        ("٣10101199003071230", "CITIZEN_ID_CHARACTERS"),
        (with_check_digit("16010119900307123"), "CITIZEN_ID_REGION"),
        (with_check_digit("71010119900307123"), "CITIZEN_ID_REGION"),
        (with_check_digit("81010119900307123"), "CITIZEN_ID_REGION"),
        (with_check_digit("31010119900230123"), "CITIZEN_ID_BIRTH_DATE"),
        (with_check_digit("31010120261123123"), "CITIZEN_ID_BIRTH_DATE"),
        ("310101900230123", "CITIZEN_ID_BIRTH_DATE"),
        ("310101199003071231", "CITIZEN_ID_CHECK_DIGIT"),
        ("31010119900307123X", "CITIZEN_ID_CHECK_DIGIT"),
    ],
)
def test_a_wrong_number_is_refused_with_its_code_and_not_repeated(number: str, code: str) -> None:
    with pytest.raises(IdentifierError) as caught:
        check_citizen_id(number, ON)
    assert caught.value.code == code
    assert isinstance(caught.value, DomainError)
    assert not number or number not in caught.value.message


def test_one_is_born_on_the_day_itself_at_the_latest() -> None:
    newborn = with_check_digit("31010120261122123")
    assert check_citizen_id(newborn, ON).born_on == ON


def test_a_checked_number_stays_out_of_its_repr() -> None:
    assert RESIDENT not in repr(check_citizen_id(RESIDENT, ON))


@settings(max_examples=200, deadline=None)
@given(place=st.integers(0, 17), digit=st.sampled_from("0123456789"))
def test_one_wrong_digit_is_always_found(place: int, digit: str) -> None:
    wrong = RESIDENT[:place] + digit + RESIDENT[place + 1 :]
    if wrong != RESIDENT:
        with pytest.raises(IdentifierError):
            check_citizen_id(wrong, ON)


@pytest.mark.parametrize("code", [CREDIT_CODE, "N2310106MF1FY7XX0Y", CREDIT_CODE.lower()])
def test_a_valid_credit_code_comes_back_in_upper_case(code: str) -> None:
    assert check_credit_code(code) == code.upper()


@pytest.mark.parametrize(
    ("written", "code"),
    [
        (CREDIT_CODE[:17], "CREDIT_CODE_LENGTH"),
        ("91310106MA1FY7XXO5", "CREDIT_CODE_CHARACTERS"),
        ("91310106MA1FY7X-05", "CREDIT_CODE_CHARACTERS"),
        ("B1310106MA1FY7XX05", "CREDIT_CODE_AUTHORITY"),
        ("9131010AMA1FY7XX05", "CREDIT_CODE_REGION"),
        ("91310106MA1FY7XX06", "CREDIT_CODE_CHECK_DIGIT"),
        ("91310106MA1FY7YX05", "CREDIT_CODE_CHECK_DIGIT"),
    ],
)
def test_a_wrong_credit_code_is_refused_with_its_code(written: str, code: str) -> None:
    with pytest.raises(IdentifierError) as caught:
        check_credit_code(written)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("text", "masked"),
    [(RESIDENT, "310***********1230"), ("12345678", "123*5678"), ("1234567", "*******"), ("", "")],
)
def test_a_mask_shows_three_and_four(text: str, masked: str) -> None:
    assert mask(text) == masked
