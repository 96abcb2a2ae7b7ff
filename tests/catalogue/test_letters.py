"""What letters say beside their text is policy: dated, by district and kind, and firm where law."""

from datetime import date
from pathlib import Path

import pytest

from casework.letters.templates import TEMPLATES
from casework.letters.wording import check_texts
from casework.policy.letters import (
    LetterPolicy,
    check_letters,
    letter_differences,
    load_letters,
    read_letters,
)

DAY = date(2026, 11, 2)
DISTRICT = """\
word:
  - {from: 2026-01-01, value: 闵人才, reference: 示例, mark: proposal}
phone:
  - {from: 2026-01-01, value: 021-00000000, reference: 示例, mark: source}
letters:
  accepted:
    title:
      - {from: 2026-06-01, value: 受理告知单, reference: 示例, mark: proposal}
    text:
      - {from: 2026-06-01, value: "已于{accepted_on:date}受理。", reference: 示例, mark: proposal}
    basis:
      - {from: 2026-06-01, value: null, reference: 示例, mark: source}
"""


def test_every_kind_of_letter_has_a_word_of_its_own_in_its_number() -> None:
    policy = load_letters()
    words = {each: policy.rule("310112", each, DAY).series for each in TEMPLATES}
    known = {name: word for name, word in words.items() if name in policy.files[""].letters}
    assert "函" not in known.values()
    assert set(policy.files[""].letters) - {"*"} <= set(TEMPLATES)
    assert words["accepted"] == words["deemed_accepted"] == "受理"


def test_what_is_only_proposed_is_never_printed_of_an_office() -> None:
    office = load_letters().rule("310112", "accepted", DAY).office
    assert office.address.startswith("水清路388号")
    assert office.hours == office.phone == office.contact == ""


def test_a_district_has_its_own_words_from_a_day_on(copy: Path) -> None:
    (copy / "letters" / "310112.yaml").write_text(DISTRICT, encoding="utf-8")
    assert [*check_letters(copy), *check_texts(copy)] == []
    policy = read_letters(copy)
    rule = policy.rule("310112", "accepted", DAY)
    assert (rule.word, rule.title, rule.basis) == ("闵人才", "受理告知单", "")
    assert rule.office.phone == "021-00000000"
    before = policy.rule("310112", "accepted", date(2026, 5, 31))
    assert (before.title, before.word) == ("", "闵人才")
    assert before.basis.startswith("参照《中华人民共和国行政许可法》")
    assert policy.rule("310104", "accepted", DAY).word == "310104"
    assert list(letter_differences(load_letters(), policy)) == [
        ("310112", "机关代字", "由无改为“闵人才”（2026-01-01 起）"),
        ("310112", "电话", "由无改为“021-00000000”（2026-01-01 起）"),
        ("310112", "accepted", "改变"),
    ]


def test_a_district_may_print_the_code_of_who_deals_with_the_case(copy: Path) -> None:
    said = (
        "contact:\n"
        "  - {from: 2026-01-01, value: 受理窗口, reference: 示例, mark: source}\n"
        "contact_officer:\n"
        '  - {from: 2026-06-01, value: "经办人员 {officer}", reference: 示例, mark: proposal}\n'
    )
    (copy / "letters" / "310112.yaml").write_text(said, encoding="utf-8")
    assert check_letters(copy) == []
    rule = read_letters(copy).rule("310112", "accepted", DAY)
    assert rule.lines("mh-o7").contact == "经办人员 mh-o7"
    assert rule.lines("").contact == "受理窗口"
    before = read_letters(copy).rule("310112", "accepted", date(2026, 5, 31))
    assert before.lines("mh-o7").contact == "受理窗口"
    elsewhere = read_letters(copy).rule("310106", "accepted", DAY)
    assert elsewhere.lines("mh-o7").contact == ""


@pytest.mark.parametrize("value", ["经办人员", "经办人员 {name}", "{officer}{officer}", "{officer"])
def test_a_contact_that_is_no_officer_is_refused(value: str, copy: Path) -> None:
    entry = f'  - {{from: 2026-06-01, value: "{value}", reference: 示例, mark: proposal}}\n'
    (copy / "letters" / "310112.yaml").write_text(f"contact_officer:\n{entry}", encoding="utf-8")
    (fault,) = check_letters(copy)
    assert (fault.line, fault.problem) == (2, "names no officer")


def test_a_catalogue_of_before_there_were_letters_still_numbers_them() -> None:
    rule = LetterPolicy().rule("310112", "accepted", DAY)
    assert (rule.word, rule.series, rule.redress) == ("310112", "函", "")


SERIES = "  - {from: 2020-01-01, value: 受理1, reference: y, mark: source}"
REPLACES = """\
    replaces:
      - {from: 2026-06-01, value: [acepted], reference: 示例, mark: proposal}
    basis:"""
EARLIER = "  - {from: 2025-01-01, value: x, reference: y, mark: source}"


@pytest.mark.parametrize(
    ("wrong", "right", "problem"),
    [
        ("value: null, reference: 示例, mark: source", "value: 依, reference: 例, mark: found",
         "found is no law"),
        ("闵人才", "静人才", "310106 has this word"),
        ("source}\nletters", f"source}}\n{EARLIER}\nletters", "out of order"),
        ("  accepted:\n", f"  accepted:\n    series:\n    {SERIES}\n", "ends with a digit"),
        ("{accepted_on:date}", "{accepted:date}", "accepted is no field of accepted"),
        ("{accepted_on:date}", "{accepted_on:day}", "day is no kind of field"),
        ("{accepted_on:date}", "{accepted_on", "a brace that belongs to no field"),
        ("受理告知单", '"\\u200b"', "a title of which nothing is seen"),
        ("受理告知单", '"{item}受理"', "a title with a field"),
        ("已于{accepted_on:date}受理。", "已受理。", "accepted_on is left out"),
        ("受理。", "受理，至{decision_due_on:date}止。",
         "decision_due_on may be empty and has no ?"),
        ("{accepted_on:date}", "{accepted_on:method}", "accepted_on is no method"),
        ("受理告知单", "受理告知单😀", "no glyph for 😀"),
        ("021-00000000", "021م", "no glyph for م"),
        ("受理。", "受理。\\n{accepted_on:date?}م", "no glyph for م"),
        ("    basis:", REPLACES, "unknown letter acepted"),
        ("  accepted:", "  accept:", "unknown letter accept"),
        ("  accepted:", '  "*":', "one text for every letter"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found_with_its_line(
    copy: Path, wrong: str, right: str, problem: str
) -> None:
    assert wrong in DISTRICT
    text = DISTRICT.replace(wrong, right, 1)
    (copy / "letters" / "310112.yaml").write_text(text, encoding="utf-8")
    found = [*check_letters(copy), *check_texts(copy)]
    assert problem in {each.problem for each in found}
    assert {each.file for each in found} == {"letters/310112.yaml"}


def test_a_result_is_called_after_what_it_gives_from_a_day_on(copy: Path) -> None:
    own = DISTRICT.replace("  accepted:", "  result_ready:").split("    text:")[0]
    own += (
        "    titles:\n      PTS_REN:\n"
        "        - {from: 2026-09-01, value: 积分确认单, reference: 示例, mark: proposal}\n"
    )
    (copy / "letters" / "310112.yaml").write_text(own, encoding="utf-8")
    assert [*check_letters(copy), *check_texts(copy)] == []
    (copy / "letters" / "310104.yaml").write_text(
        "letters:\n" + own.partition("letters:\n")[2].replace("PTS_REN", "PTS_RENEW"),
        encoding="utf-8",
    )
    (unknown,) = check_texts(copy)
    assert (unknown.problem, unknown.line) == ("unknown item PTS_RENEW", 6)
    (copy / "letters" / "310104.yaml").unlink()
    policy = read_letters(copy)

    def title(item: str, district: str = "310112", on: date = DAY) -> str:
        return policy.rule(district, "result_ready", on, item=item).title

    assert title("PTS_REN") == "积分确认单"
    assert title("PTS_NEW") == title("PTS_REN", on=date(2026, 7, 1)) == "受理告知单"
    assert title("PTS_NEW", "310104") == "积分通知书出具通知"
    assert title("SVC_SCHOOL", "310104") == ""
