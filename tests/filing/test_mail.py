"""What is proposed of a mail: always within the bounds of a message, never a guess."""

from collections.abc import Mapping
from dataclasses import asdict
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from casework.domain.bounds import excesses
from casework.domain.errors import DomainError
from casework.domain.kinds.application.state import ApplicationStage
from casework.domain.kinds.incoming_mail.opening import MailForm
from casework.domain.kinds.incoming_mail.state import MailFile, MailPerson
from casework.domain.mail import MailVerdict
from casework.filing.mail import (
    brought,
    key_of_mail,
    mail_body,
    material_of,
    materials_of,
    proposed,
    submission_of,
    to_keep,
)
from casework.incoming.message import read_mail
from tests.domain.desk import at
from tests.examples import examples
from tests.incoming.mails import jpeg, judged, packed, raw

NAMES = {"identity_document": "身份证", "residence_permit": "上海市居住证", "diploma": "学历证书",
         "diploma_certification": "书面学历认证报告"}  # fmt: skip
BAOSHAN = "【某某公司】+【张三】+【310101199003071230】+【积分新办】"
PERSON = MailPerson(number=1, name="张三", item="PTS_NEW", id_number="310101199003071230")


def names(item: str) -> Mapping[str, str] | None:
    return NAMES if item == "PTS_NEW" else None


def form(mail_: bytes, district: str = "310113") -> MailForm:
    mail = read_mail(mail_)
    reading = judged(district, mail)
    taken = to_keep(mail, reading)
    return proposed(mail, reading, taken, ["a" * 64 for _ in taken.files()], names)


def codes(mail_: bytes, district: str = "310113") -> list[str]:
    return [each.code for each in form(mail_, district).doubts]


@pytest.mark.parametrize(
    ("name", "material"),
    [
        ("身份证.jpg", "identity_document"),
        ("1.身份证正面.JPG", "identity_document"),
        ("上海市居住證.jpg", "residence_permit"),
        ("居住证.jpg", ""),  # not the name of the material, and near to it is a guess
        ("IMG_1234.jpg", ""),
        ("身份证和学历证书.jpg", "diploma"),
        ("身份证上海市居住证学历证书书面学历认证报告.jpg", "diploma_certification"),
    ],
)
def test_a_file_counts_as_the_material_it_is_named_after(name: str, material: str) -> None:
    assert material_of(name, NAMES) == material


@pytest.mark.parametrize(
    ("subject", "files", "district", "expected", "verdict"),
    [
        (BAOSHAN, {"身份证.jpg": jpeg()}, "310113", [], MailVerdict.CASES),
        (BAOSHAN, {"照片.jpg": jpeg()}, "310113", ["FILE_UNCLEAR"], MailVerdict.TRIAGE),
        (
            "某某公司—张三(新办)—共1人",
            {"张三.zip": packed({"身份证.jpg": jpeg()})},
            "310112",
            ["NUMBER_MISSING"],
            MailVerdict.TRIAGE,
        ),
        (
            "某某公司—李四(续办)—共1人",
            {"李四.zip": packed({"身份证.jpg": jpeg()})},
            "310112",
            [],
            MailVerdict.CASES,
        ),
        (
            "某某公司—单位注册",
            {"执照.jpg": jpeg()},
            "310112",
            ["ITEM_NOT_OFFERED"],
            MailVerdict.TRIAGE,
        ),
        ("某某公司—张三(新办)—共2人", {}, "310112", ["NUMBER_MISSING"], MailVerdict.NOTICE),
    ],
)
def test_what_a_mail_does_not_say_an_officer_adds(
    subject: str, files: dict[str, bytes], district: str, expected: list[str], verdict: MailVerdict
) -> None:
    found = form(raw(subject, files), district)
    assert ([each.code for each in found.doubts], found.verdict) == (expected, verdict)


def test_files_that_belong_to_nobody_are_kept_beside_the_persons() -> None:
    files = {"张三.zip": packed({"身份证.jpg": jpeg()}), "材料.zip": packed()}
    found = form(raw("某某公司—张三(新办)+李四(新办)—共2人", files), "310112")
    assert [len(each.files) for each in found.persons] == [1, 0]
    assert [each.number for each in found.files] == [2, 3]


@examples(40, night=2_000)
@given(seed=st.integers(0, 2**32))
def test_whatever_a_mail_says_its_case_can_be_begun(seed: int) -> None:
    dice = Random(seed)
    odd = ["\x00", "\u202e", "a\r\nb", "张" * 900, "", " ", "\ud800", "<b>|\n", "𠮷"]
    subject = "".join(dice.choice([*BAOSHAN, *odd]) for _ in range(dice.randrange(60)))
    subject = dice.choice([BAOSHAN, "某某公司—张三(新办)—共1人", subject])
    files = {f"{dice.choice(odd)}{number}.jpg": jpeg() for number in range(dice.randrange(4))}
    whole = raw("x", {f"{n}.jpg": c for n, c in enumerate(files.values())}, text=dice.choice("ab"))
    name = subject.encode("utf-8", "surrogatepass").replace(b"\r", b"").replace(b"\n", b" ")
    bent = bytearray(whole.replace(b"Subject: x", b"Subject: " + name))
    for _ in range(dice.choice([0, 0, 3, 30])):
        bent[dice.randrange(len(bent))] = dice.randrange(256)
    found = form(bytes(bent), dice.choice(["310112", "310113", "310106"]))
    assert list(excesses(found)) == []
    body = mail_body(found, district="310113", key="k", raw="", address=dice.choice(odd))
    assert asdict(body.form)["verdict"] == found.verdict


@examples(60)
@given(
    trace=st.lists(st.sampled_from(["Received: from a", "X-Spam-Flag: NO", "Delivered-To: x"])),
    ends=st.sampled_from([b"", b"\n", b"\n\n"]),
    crlf=st.booleans(),
)
def test_a_mail_is_known_again_whatever_servers_write_on_the_way(
    trace: list[str], ends: bytes, crlf: bool
) -> None:
    plain = raw(BAOSHAN, {"身份证.jpg": jpeg()})
    way = "".join(f"{each}\n" for each in trace).encode() + plain + ends
    way = way.replace(b"\n", b"\r\n") if crlf else way
    assert key_of_mail("a", way) == key_of_mail("a", plain)
    assert key_of_mail("b", way) != key_of_mail("a", plain)
    for header in (b"Subject", b"From", b"Message-ID"):
        assert key_of_mail("a", plain.replace(header + b": ", header + b": x")) != key_of_mail(
            "a", plain
        )


def test_an_application_of_a_mail_tells_the_sender_unless_there_is_somebody_else() -> None:
    def told(**more: str) -> str | None:
        person = MailPerson(**{**vars(PERSON), **more})
        made = submission_of(
            person, district="310113", mail_no="M", received_at=at("2026-09-21"), sender="hr@a.cn"
        )
        assert made.reference == "M-1"
        return made.applicant.email

    assert told() == "hr@a.cn"
    assert told(email="zhang@a.cn") == "zhang@a.cn"
    for wrong in ({"phone": "x"}, {"id_number": ""}):
        with pytest.raises(DomainError) as refused:
            told(**wrong)
        assert refused.value.code == "INVALID_REQUEST"


@pytest.mark.parametrize(
    ("stage", "owes", "into", "verb"),
    [
        (ApplicationStage.SUPPLEMENT_DUE, False, "", "supplement"),
        (ApplicationStage.REVIEW, True, "", "materials_received"),
        (ApplicationStage.REVIEW, False, "310113-X", "materials_received"),
        (ApplicationStage.REVIEW, False, "", "RUNNING_CASE"),
    ],
)
def test_how_files_come_to_a_running_case(
    stage: ApplicationStage, owes: bool, into: str, verb: str
) -> None:
    file = MailFile(number=1, name="x", sha256="a" * 64, material="diploma")
    person = MailPerson(**{**vars(PERSON), "files": (file, file), "into": into})
    assert len(materials_of(person)) == 1
    try:
        assert brought(person, stage, owes=owes)[0] == verb
    except DomainError as refused:
        assert refused.code == verb
    with pytest.raises(DomainError) as without:
        brought(PERSON, stage, owes=owes)
    assert without.value.code == "FIELD_REQUIRED"


def test_a_sender_without_an_address_is_left_out() -> None:
    found = form(raw("某某公司—张三(新办)—共2人", {}), "310112")
    body = mail_body(found, district="310112", key="k", raw="", address="not an address")
    assert getattr(body, "caller", "") is None
    with pytest.raises(ValidationError):
        mail_body(found, district="31", key="k", raw="", address="")
