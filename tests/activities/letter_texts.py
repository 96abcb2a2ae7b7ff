"""What every letter says in every district, as one text that is readable in a diff.

Write it with ``python -m tests.activities.letter_texts > tests/activities/letters.txt``.
"""

import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from casework.letters.document import Document
from casework.letters.templates import TEMPLATES
from casework.letters.texts import paragraphs
from casework.policy.letters import LetterRule, load_letters
from casework.policy.service_catalogue.loader import load_service_catalogue
from tests.activities.test_notice_texts import sample

GOLDEN = Path(__file__).with_name("letters.txt")
ON = date(2026, 9, 17)
CHECK = "https://casework.example/v1/verify/0123-4567-89AB-CDEF-GHJK-MNPQ"
ELSEWHERE = "000000"
"""A district of which the catalogue says nothing: it has what all have."""


def districts() -> tuple[str, ...]:
    """All of which the catalogue says anything."""
    policy = load_letters()
    known = {*policy.files, *policy.profiles, *load_service_catalogue().platforms()} - {""}
    return tuple(sorted(known))


def rule_of(template: str, district: str) -> LetterRule:
    return load_letters().rule(district, template, ON)


def document(template: str = "refused", district: str = "310112", **fields: str) -> Document:
    """A letter with made-up contents, in the words of that district."""
    rule = rule_of(template, district)
    given = {"item": "居转户", "case_no": "310112-88FF-8418-WG9Q", "office": "某区人才服务中心"}
    told = sample(template, **given | fields)
    title, body = paragraphs(template, told, title=rule.title, text=rule.text)
    return Document.by_rule(
        rule,
        office=told["office"],
        method=told.get("method", ""),
        number=f"{rule.word}〔2026〕{rule.series}7号",
        title=title,
        addressee="王小明",
        case_no=told["case_no"],
        item=told["item"],
        body=body,
        on=ON,
        check=CHECK,
    )


def composed(letter: Document) -> tuple[str, ...]:
    """All that a letter says, in the order in which it is read, but for the foot of each page."""
    lines = letter.office.lines
    labelled = (
        ("办理规定", letter.basis),
        ("咨询救济", letter.redress),
        ("经办机构", letter.office.name),
        ("地址", lines.address),
        ("办公时间", lines.hours),
        ("电话", lines.phone),
        ("联系人", lines.contact),
    )
    on = letter.on
    return (
        letter.office.name,
        letter.title,
        letter.number,
        f"{letter.addressee}：",
        f"办件编号 {letter.case_no}",
        f"办理事项 {letter.item}",
        *([f"所涉人员 {letter.concerns}"] if letter.concerns else []),
        *letter.body,
        *([f"办理时请携带：{'、'.join(letter.bring)}。"] if letter.bring else []),
        *(f"{name} {value}" for name, value in labelled if value),
        letter.office.name,
        f"{on.year}年{on.month}月{on.day}日",
        "（电子印章处）",
        "扫码或者访问下列地址，可以核验本文书是否由本机构出具、是否仍然有效：",
        letter.check,
    )


def golden() -> Iterator[str]:
    """What all letters say, what each adds, and what each district says otherwise."""
    usual = {template: list(composed(document(template, ELSEWHERE))) for template in TEMPLATES}
    yield from _grouped(usual)
    yield "==== 各事项的题名"
    yield from _titles("")
    for district in districts():
        yield f"==== {district}"
        own = {template: _difference(template, district) for template in TEMPLATES}
        yield from _grouped(own)


def _titles(place: str) -> Iterator[str]:
    """What letters about an item are called, where that is said for it."""
    said = load_letters().files[place].letters
    for template in TEMPLATES:
        for item in said[template].titles if template in said else ():
            title = load_letters().rule(ELSEWHERE, template, ON, item=item).title
            yield f"{template} {item} {title}"


def _grouped(by_template: dict[str, list[str]]) -> Iterator[str]:
    """The lines that every letter has, then of each letter those that only some have."""
    some, *others = by_template.values()
    shared = [line for line in some if all(line in each for each in others)]
    yield "== 各种文书"
    yield from shared
    for template, lines in by_template.items():
        if own := [line for line in lines if line not in shared]:
            yield f"== {template}"
            yield from own


def _difference(template: str, district: str) -> list[str]:
    """The lines that a district adds to a letter, and those that it leaves out."""
    words = {place: rule_of(template, place).word for place in (district, ELSEWHERE)}
    usual, own = (
        [
            line.replace(f"{words[place]}〔", "〔") if line.startswith(words[place]) else line
            for line in composed(document(template, place))
        ]
        for place in (ELSEWHERE, district)
    )
    added = [f"+ {line}" for line in own if line not in usual]
    gone = [f"- {line}" for line in usual if line not in own]
    return [f"+ 机关代字 {words[district]}", *gone, *added]


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in golden())
