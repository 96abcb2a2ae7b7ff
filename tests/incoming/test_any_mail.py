"""Whatever a grammar can write is read back; what is changed a little is never another person."""

import random
import zipfile
from dataclasses import replace
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.domain.mail import Field, Grammar, MailVerdict, tokens
from casework.filing.mail import key_of_mail
from casework.incoming.grammar import Read, read
from casework.incoming.message import read_mail
from casework.incoming.writing import key_of, written
from casework.policy.mail import load_mail_policy
from tests.citizens import citizen
from tests.examples import examples
from tests.incoming.mails import DAY, jpeg, judged, mail, packed, raw

NAMES = st.text(
    st.sampled_from("张王李赵欧阳孙周吴郑喆镕堃䶮𠮷明华建国·"), min_size=2, max_size=6
).filter(lambda name: not name.startswith("·") and not name.endswith("·"))
FIRMS = st.text(st.sampled_from("上海某公司科技有限（）()A-B·甲乙"), min_size=2, max_size=20)
POLICY = load_mail_policy()
GRAMMARS = [
    (district, grammar)
    for district in sorted(POLICY.files)
    for intake in [POLICY.intake(district, DAY)]
    if intake is not None
    for grammar in intake.grammars
]
WRITTEN_OTHERWISE = str.maketrans(
    {"—": "-", "+": "＋", "(": "（", ")": "）", "【": "[", "】": "]", "新": "新", "办": "辦"}
)


@st.composite
def lines(draw: st.DrawFn, grammar: Grammar) -> tuple[str, list[tuple[str, str]], str]:
    """A line that the grammar allows, the people in it with their items, and the firm."""
    firm = draw(FIRMS).strip("-—+·")
    if "+" in grammar.template:
        firm = firm.replace("-", "")
    firm = firm or "某公司"
    words = list(grammar.business)
    people = draw(st.lists(NAMES, min_size=1, max_size=4, unique_by=key_of))
    business = [draw(st.sampled_from(words)) for _ in people]
    number = draw(st.sampled_from([citizen(str(seed)) for seed in range(5)]))
    fields = {
        Field.UNIT: firm,
        Field.SHORT_NAME: firm,
        Field.PERSONS: "+".join(f"{n}({b})" for n, b in zip(people, business, strict=True)),
        Field.COUNT: str(len(people)),
        Field.NAME: people[0],
        Field.NUMBER: number,
        Field.BUSINESS: business[0],
        Field.DAY: "20261130",
    }
    line = "".join(fields[p] if isinstance(p, Field) else p for p in tokens(grammar.template))
    if Field.PERSONS in tokens(grammar.template):
        told = [(n, grammar.business[b]) for n, b in zip(people, business, strict=True)]
    elif Field.NAME in tokens(grammar.template):
        told = [(people[0], grammar.business[business[0]])]
    else:
        told = []
    return line, told, firm


@pytest.mark.parametrize(("district", "grammar"), GRAMMARS)
@examples(8)
@given(data=st.data(), otherwise=st.booleans())
def test_what_a_grammar_writes_is_read_back(
    district: str, grammar: Grammar, data: st.DataObject, otherwise: bool
) -> None:
    line, people, firm = data.draw(lines(grammar))
    reading = read(line.translate(WRITTEN_OTHERWISE) if otherwise else line, grammar, on=DAY)
    assert isinstance(reading, Read), reading
    assert reading.faults == ()
    assert reading.strict
    assert [(p.key, p.item) for p in reading.persons] == [(key_of(n), i) for n, i in people]
    assert key_of(reading.unit) == key_of(firm)


MINHANG = next(g for d, g in GRAMMARS if d == "310112" and g.name == "G1")
BAOSHAN = next(g for d, g in GRAMMARS if d == "310113" and g.name == "G4")


def bent(line: str, dice: random.Random) -> str:
    """One sign left out, doubled, changed or moved."""
    at = dice.randrange(len(line))
    other = dice.choice("张李新续办—+()共人2 、x")
    return dice.choice(
        [
            line[:at] + line[at + 1 :],
            line[:at] + line[at] + line[at:],
            line[:at] + other + line[at + 1 :],
            line[:at] + other + line[at:],
        ]
    )


@examples(60)
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_a_slip_in_a_subject_is_never_another_person(data: st.DataObject, seed: int) -> None:
    line, people, _ = data.draw(lines(MINHANG))
    files = {f"{name}.zip": packed() for name, _ in people}
    reading = judged("310112", mail(bent(line, random.Random(seed)), files))
    if reading.verdict is MailVerdict.CASES:
        meant = {(key_of(name), item) for name, item in people}
        got = {(each.named.key, each.named.item) for each in reading.packages}
        same = {(key, item) for key, item in got if key in {name for name, _ in meant}}
        assert same == got
        assert {key for key, _ in got} == {key for key, _ in meant}


@examples(30)
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_a_slip_in_a_number_is_never_another_number(data: st.DataObject, seed: int) -> None:
    line, _, _ = data.draw(lines(BAOSHAN))
    number = next(part for part in line.split("【") if part[:17].isdigit())[:18]
    dice = random.Random(seed)
    at = line.index(number) + dice.randrange(18)
    changed = dice.choice([sign for sign in "0123456789" if sign != line[at]])
    told = mail(line[:at] + changed + line[at + 1 :], {"1.jpg": jpeg()})
    reading = judged("310113", told)
    assert reading.verdict is MailVerdict.NOTICE
    assert all(each.named.number in {"", number} for each in reading.packages)


WHOLE = raw("某某公司—张三(新办)+李四(续办)—共2人", {"张三.zip": packed(), "李四.zip": packed()})


@examples(60, night=20_000)
@given(seed=st.integers(0, 2**48))
def test_no_mutated_mail_breaks_the_reader(seed: int) -> None:
    dice = random.Random(seed)
    content = bytearray(WHOLE)
    for _ in range(dice.randrange(1, 12)):
        at = dice.randrange(len(content))
        match dice.randrange(4):
            case 0:
                content[at] = dice.randrange(256)
            case 1:
                del content[at : at + dice.randrange(1, 200)]
            case 2:
                content[at:at] = bytes(dice.randrange(256) for _ in range(dice.randrange(20)))
            case _:
                content[at:at] = content[at : at + dice.randrange(300)]
    reading = judged("310112", read_mail(bytes(content)))
    assert all(key_of(each.named.name) for each in reading.packages if each.named.name)


ODD = st.binary(max_size=12) | st.sampled_from(
    [
        b"a\0b",
        b"\xff",
        b"=?utf-8?b?=?=",
        b"utf-8''%00",
        b'"',
        b"[x",
        b"<@,;:>",
        b"\x85\x1e",
        b"idna",
    ]
)


@examples(120, night=20_000)
@given(odd=st.tuples(ODD, ODD, ODD), inner=st.sampled_from([b"text/plain", b"message/rfc822"]))
def test_no_header_breaks_the_reader(odd: tuple[bytes, bytes, bytes], inner: bytes) -> None:
    one, two, three = (each.replace(b"\r", b"").replace(b"\n", b"") for each in odd)
    content = b"".join(
        (
            b"From: " + one + b"\r\nTo: " + two + b"\r\nSubject: " + three + b"\r\n",
            b"Message-ID: " + two + b"\r\nDate: " + three + b"\r\nMIME-Version: 1.0\r\n",
            b"Content-Type: multipart/mixed; boundary=b; charset=" + one + b"\r\n\r\n--b\r\n",
            b"Content-Type: " + inner + b"; charset=" + one + b"; name*0*=" + two + b"\r\n",
            b"Content-Disposition: attachment; filename=" + three + b"\r\n",
            b"Content-Transfer-Encoding: " + two + b"\r\n\r\n\xd6\xd0\r\n--b--\r\n",
        )
    )
    told = read_mail(content)
    judged("310112", told)
    key_of_mail("310112/points", content)


@examples(40, night=5_000)
@given(seed=st.integers(0, 2**48))
def test_no_mutated_archive_breaks_the_reader(seed: int) -> None:
    dice = random.Random(seed)
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("张三/1.jpg", jpeg())
        archive.writestr("..\\..\\2.jpg", jpeg())
    content = bytearray(buffer.getvalue())
    for _ in range(dice.randrange(1, 6)):
        content[dice.randrange(len(content))] = dice.randrange(256)
    told = mail("某某公司—张三(新办)—共1人", {"张三.zip": bytes(content)})
    reading = judged("310112", told)
    for package in reading.packages:
        assert all("/" not in file.name and "\\" not in file.name for file in package.files)


@given(text=st.text(max_size=60))
@examples(60)
def test_every_sign_of_a_writing_knows_its_place(text: str) -> None:
    writing = written(text)
    assert len(writing.key) == len(writing.at)
    assert list(writing.at) == sorted(writing.at)
    assert key_of(writing.key) == writing.key.casefold() or "—" in writing.key


def test_a_grammar_is_read_as_data() -> None:
    own = replace(MINHANG, template="<姓名>@<单位>", business={"新办": "PTS_NEW"})
    reading = read("张三@某公司", own, on=DAY)
    assert isinstance(reading, Read)
    assert (reading.unit, reading.persons[0].name) == ("某公司", "张三")
