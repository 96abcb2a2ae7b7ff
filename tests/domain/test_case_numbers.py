"""A wrong case number is explained: which part, and what it should be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.domain.identifiers import CASE_NO, EXAMPLE, CaseNoError, check_case_no, read_case_no
from casework.messages.cases import case_number

WRONG = [
    ("31011-4A2J-5S06-9FJR", ["区划代码应为六位数字，现为 5 位"]),
    ("31O112-4A2J-5S06-9FJR", ["区划代码应为六位数字"]),
    ("310112-4A2J-5S06-9FJ", ["第 3 组应为四位，现为 3 位"]),
    ("310112-4A2J-5S06", ["现有 2 组"]),
    ("3101124A2J5S069FJR", ["现有 0 组"]),
    ("310112-4O2J-5S06-9FJR", ["第 1 组中没有字母 O，请核对是否为 0"]),
    ("310112-4A2J-5SI6-9FJR", ["第 2 组中没有字母 I，请核对是否为 1"]),
    ("310112-4a2j-5S06-9FJR", ["第 1 组的字母应为大写"]),
    ("310112-4A?J-5S06-9FJR", ["第 1 组只能是数字和大写字母"]),
    ("31011-4A2-5S06-9FLR", ["现为 5 位", "第 1 组应为四位", "第 3 组中没有字母 L"]),
    ("", ["区划代码应为六位数字"]),
]


@pytest.mark.parametrize(("number", "said"), WRONG)
def test_each_wrong_part_is_named(number: str, said: list[str]) -> None:
    with pytest.raises(CaseNoError) as refused:
        check_case_no(number)
    assert all(part in str(refused.value) for part in said), str(refused.value)


@given(st.text(max_size=30))
def test_any_text_is_a_number_or_explained_in_words(text: str) -> None:
    try:
        assert CASE_NO.fullmatch(check_case_no(text))
    except CaseNoError as error:
        assert not set("\\[{") & set(str(error))


@given(st.text("0123456789xyz-", min_size=3))
def test_what_was_written_is_not_repeated(text: str) -> None:
    with pytest.raises(CaseNoError) as refused:
        check_case_no(text)
    said = str(refused.value).removesuffix(f"（如 {EXAMPLE}）")
    assert not any(part in said for part in text.split("-") if len(part) > 2)


@given(reference=st.text(max_size=20), place=st.integers(0, 20), other=st.characters())
def test_one_wrong_character_blames_its_own_part(reference: str, place: int, other: str) -> None:
    number = case_number("310106", "portal", reference)
    mistyped = number[:place] + other + number[place + 1 :]
    if CASE_NO.fullmatch(mistyped) or number[place] == "-" or other == "-":
        return
    with pytest.raises(CaseNoError) as refused:
        check_case_no(mistyped)
    part = "区划代码" if place < 6 else f"第 {(place - 7) // 5 + 1} 组"
    assert part in str(refused.value)


@pytest.mark.parametrize(
    "typed",
    ["310112-4a2j-5s06-9fjr", " 310112-4A2J-5S06-9FJR\n", "３１０１１２－４Ａ２Ｊ－5S06-9FJR"],
)
def test_what_a_person_types_is_read(typed: str) -> None:
    assert read_case_no(typed) == EXAMPLE
