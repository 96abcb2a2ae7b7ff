"""The talent code: stable, tells slips, and can be shown."""

import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest

from api.routes.talent_service.cycles import picture
from casework.domain.identifiers import check_talent_code as check
from casework.domain.identifiers import talent_code

CASE_NO = "500103-88FF-8418-WG9Q"


def test_code_is_stable_and_fits_together() -> None:
    assert talent_code(CASE_NO) == talent_code(CASE_NO) == f"{CASE_NO}-2"
    assert check(talent_code(CASE_NO))
    assert check(f" {talent_code(CASE_NO).lower()} ")


def test_every_slip_of_one_character_is_noticed() -> None:
    code = talent_code(CASE_NO)
    for place, right in enumerate(code):
        for wrong in set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") - {right, "-"}:
            if right != "-":
                assert not check(code[:place] + wrong + code[place + 1 :])


def test_neighbours_that_changed_places_are_noticed() -> None:
    code = talent_code(CASE_NO)
    for place, (left, right) in enumerate(pairwise(code)):
        if left != right and "-" not in {left, right}:
            assert not check(code[:place] + right + left + code[place + 2 :])


@pytest.mark.parametrize("code", ["", "-", "2", "人才-1", CASE_NO + "-", "500103--2"])
def test_what_is_no_code_at_all_is_noticed(code: str) -> None:
    assert not check(code)


@pytest.mark.parametrize("case_no", ["", "人才", "500103 88FF", "abc"])
def test_code_is_only_made_of_a_case_number(case_no: str) -> None:
    with pytest.raises(ValueError, match="case number"):
        talent_code(case_no)


def test_picture_is_one_svg_element_titled_with_the_code() -> None:
    code = talent_code(CASE_NO)
    root = ET.fromstring(picture(code))  # noqa: S314 - made here
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.findtext("{http://www.w3.org/2000/svg}title") == code
    assert picture(code) == picture(code) != picture(talent_code("500103-88FF-8418-WG9R"))
