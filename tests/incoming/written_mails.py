"""Thirty mails of each district, right and wrong, as firms might write them; all made up.

    python -m tests.incoming.written_mails

writes them as ``.eml`` files into ``tests/incoming/mails/<district>.zip``, and those that
``casework up`` brings into ``examples/mails``, the same bytes each time. ``.eml`` files of one
archive can be tried with ``casework mail try --district <district>``.
What becomes of each is written here by hand, beside the mail.
"""

import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from pathlib import Path

from casework.domain.mail import MailVerdict
from casework.incoming.reading import Sender
from casework.local.post import office_address
from tests.files import PDF
from tests.files import zipped as stored
from tests.incoming.mails import CONTACT, jpeg, png

FOLDER = Path(__file__).parent / "mails"
MINHANG, XUHUI, BAOSHAN, HUANGPU, HONGKOU, JINGAN = (
    *("310112", "310104", "310113", "310101", "310109", "310106"),
)
ZHANG, LI = "310101199003071230", "11010519491231002X"
FIRM = Sender(
    unit="某某人寿保险股份有限公司",
    short_names=("某某人寿保险股份有限公司", "某某人寿"),
    credit_code="91310106MA1FY7XX05",
)
CASES, NOTICE, TRIAGE, SILENT = MailVerdict
_SENT = "Mon, 30 Nov 2026 10:00:00 +0800"
Files = Mapping[str, bytes]


@dataclass(frozen=True, kw_only=True)
class Written:
    """A mail, and what has to become of it: verdict, codes of faults and doubts, persons' items.

    ``sender``: what is known of the unit; None: no unit is registered there.
    """

    name: str
    subject: str
    verdict: MailVerdict
    codes: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    files: Files = field(default_factory=dict)
    text: str = CONTACT
    mailbox: str = "points"
    belongs: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    sender: Sender | None = None
    to: str = ""

    @property
    def eml(self) -> bytes:
        """The mail over the wire."""
        message = EmailMessage()
        message["Subject"] = self.subject
        message["From"] = "hr@firm.example.com"
        message["To"] = self.to or f"{self.mailbox}@office.example.com"
        message["Date"] = _SENT
        message["Message-ID"] = f"<{self.name}@firm.example.com>"
        for header, value in self.headers.items():
            message[header] = value
        message.set_content(self.text)
        for name, content in self.files.items():
            message.add_attachment(
                content, maintype="application", subtype="octet-stream", filename=name
            )
        if message.is_multipart():
            message.set_boundary("=====boundary=====")
        return message.as_bytes()


def zipped(files: Files | None = None) -> bytes:
    """An archive of one picture, or of these files; the same bytes each time."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in ({"身份证.jpg": jpeg()} if files is None else files).items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return file.getvalue()


RAR, SEVEN = b"Rar!\x1a\x07\x00", b"7z\xbc\xaf\x27\x1c"
WORD = stored("[Content_Types].xml", "word/document.xml")
TNEF = bytes.fromhex("789f3e22") + b"x"


# --- a list of persons in the subject, one archive each (G1, G2, G3) ------------------------


def of_persons(*, education: str, account: str) -> Iterator[Written]:
    """闵行, 徐汇; ``education`` and ``account``: the mailbox of such business there."""
    one, two = "某某公司—张三(新办)—共1人", "某某公司—张三(新办)+李四(续办)—共2人"
    both = {"张三.zip": zipped(), "李四.zip": zipped()}
    zhang = {"张三.zip": zipped()}
    pair = ("PTS_NEW", "PTS_REN")
    right: tuple[tuple[str, str, Files, tuple[str, ...]], ...] = (
        ("one", one, zhang, ("PTS_NEW",)),
        ("two", two, both, pair),
        ("traditional", "某某公司——張三(新辦)+李四(續辦)——共2人", both, pair),
        ("hyphens-and-full-width", "某某公司 - 张三（新办）＋李四（续办） - 共两人", both, pair),
        ("replied", "回复：转发：" + two, both, pair),
        ("dash-in-the-firm", "某某-浦江公司—张三(新办)—共1人", zhang, ("PTS_NEW",)),
        ("one-business-for-two", "某某公司—张三、李四(新办)—共2人", both, ("PTS_NEW", "PTS_NEW")),
        ("numeral", "某某公司—张三(新办)—共一人", zhang, ("PTS_NEW",)),
        ("a-word-more", one, {"张三(新办)材料.zip": zipped()}, ("PTS_NEW",)),
        ("a-folder-around", one, {"张三.zip": zipped({"张三/1.jpg": jpeg()})}, ("PTS_NEW",)),
    )
    for name, subject, files, items in right:
        yield Written(name=name, subject=subject, files=files, verdict=CASES, items=items)
    subject = "某某公司—张三(教育背景核实)—共1人"
    yield Written(
        name="education",
        subject=subject,
        files=zhang,
        verdict=CASES,
        items=("PTS_EDU",),
        mailbox=education,
    )
    yield Written(
        name="education-to-points",
        subject=subject,
        files=zhang,
        verdict=CASES,
        items=("PTS_EDU",),
        belongs=education,
    )
    yield Written(
        name="unit-registration",
        subject="某某公司—单位注册",
        files={"执照.jpg": jpeg()},
        verdict=CASES,
        items=("PTS_UREG",),
        mailbox=account,
    )
    wrong: tuple[tuple[str, str, Files, tuple[str, ...], tuple[str, ...]], ...] = (
        ("count", two.replace("2", "3"), both, ("COUNT_DIFFERS",), pair),
        ("count-of-the-template", two.replace("2", "几"), both, ("COUNT_UNREADABLE",), pair),
        ("no-count", "某某公司—张三(新办)+李四(续办)", both, ("COUNT_MISSING",), pair),
        ("no-business", "某某公司—张三—共1人", zhang, ("BUSINESS_MISSING",), ("",)),
        ("other-business", "某某公司—张三(落户)—共1人", zhang, ("BUSINESS_UNKNOWN",), ("",)),
        ("one-missing", two, zhang, ("PACKAGE_MISSING",), pair),
        (
            "one-for-both",
            two,
            {"张三和李四.zip": zipped()},
            ("ONE_PACKAGE_FOR_MANY", "PACKAGE_MISSING", "PACKAGE_MISSING"),
            pair,
        ),
        (
            "named-material",
            one,
            {"材料.zip": zipped()},
            ("PACKAGE_NAME", "PACKAGE_MISSING"),
            ("PTS_NEW",),
        ),
        ("png", one, {"张三.zip": zipped({"证.png": png()})}, ("NOT_JPEG",), ("PTS_NEW",)),
        (
            "png-called-jpg",
            one,
            {"张三.zip": zipped({"证.jpg": png()})},
            ("NOT_JPEG",),
            ("PTS_NEW",),
        ),
        ("not-packed", one, {**zhang, "说明.jpg": jpeg()}, ("NOT_PACKED",), ("PTS_NEW",)),
        ("empty", one, {"张三.zip": zipped({})}, ("PACKAGE_EMPTY",), ("PTS_NEW",)),
        ("cut-off", one, {"张三.zip": zipped()[:-30]}, ("PACKAGE_DAMAGED",), ("PTS_NEW",)),
    )
    for name, subject, files, codes, items in wrong:
        yield Written(
            name=name, subject=subject, files=files, verdict=NOTICE, codes=codes, items=items
        )
    yield Written(
        name="rar",
        subject=one,
        files={"张三.rar": RAR},
        verdict=TRIAGE,
        codes=("PACKAGE_MISSING", "OTHER_ARCHIVE"),
        items=("PTS_NEW",),
    )
    yield Written(name="no-form", subject="材料", verdict=TRIAGE, codes=("UNKNOWN_FORM",))
    yield from _of_nobody(one, zhang)


# --- the number in the subject (G4, G5) -----------------------------------------------------


def of_numbers(*, type_first: bool) -> Iterator[Written]:
    """宝山, 黄浦; 虹口 with ``type_first``."""

    def said(name: str = "张三", number: str = ZHANG, business: str = "积分新办") -> list[str]:
        return [business, "某某公司", name, number] if type_first else [
            *("某某公司", name, number, business),
        ]  # fmt: skip

    def told(*parts: str) -> str:
        return "+".join(f"【{part}】" for part in parts)

    files = {"身份证.jpg": jpeg(), "上海市居住证.jpg": jpeg() + b"\0"}
    plain = told(*said())
    new = ("PTS_NEW",)
    right: tuple[tuple[str, str, Files], ...] = (
        ("one", plain, files),
        ("another", told(*said("李四", LI)), files),
        ("bare", "+".join(said()), files),
        ("square-brackets", plain.replace("【", "[").replace("】", "]"), files),
        ("full-width-plus", plain.replace("+", "＋"), files),
        ("blanks", plain.replace("+", " + "), files),
        ("replied", "回复：" + plain, files),
        ("small-x", told(*said("李四", LI.lower())), files),
        (
            "full-width-number",
            told(*said(number="".join(chr(ord(d) + 65248) for d in ZHANG))),
            files,
        ),
        ("traditional", plain.replace("张", "張").replace("积", "積").replace("办", "辦"), files),
        ("packed", plain, {"张三.zip": zipped()}),
        ("pdf-beside", plain, {**files, "说明.pdf": PDF}),
    )
    for name, subject, these in right:
        yield Written(name=name, subject=subject, files=these, verdict=CASES, items=new)
    wrong: tuple[tuple[str, str, Files, str, tuple[str, ...]], ...] = (
        ("check-digit", told(*said(number="310101199003071231")), files, CONTACT,
         ("CITIZEN_ID_CHECK_DIGIT",)),
        ("short-number", told(*said(number="3101011990030712")), files, CONTACT,
         ("CITIZEN_ID_LENGTH",)),
        ("born-on-no-day", told(*said(number="310101199002301237")), files, CONTACT,
         ("CITIZEN_ID_BIRTH_DATE",)),
        ("no-contact", plain, files, "请查收", ("CONTACT_MISSING",)),
        ("no-files", plain, {}, CONTACT, ("FILES_MISSING",)),
        ("neither", plain, {}, "请查收", ("FILES_MISSING", "CONTACT_MISSING")),
        ("cut-off", plain, {"身份证.jpg": jpeg()[:-20]}, CONTACT, ("FILE_DAMAGED",)),
        ("archive-cut-off", plain, {"张三.zip": zipped()[:-30]}, CONTACT, ("PACKAGE_DAMAGED",)),
    )  # fmt: skip
    for name, subject, these, text, codes in wrong:
        yield Written(
            name=name,
            subject=subject,
            files=these,
            text=text,
            verdict=NOTICE,
            codes=codes,
            items=new,
        )
    yield Written(
        name="other-business",
        subject=told(*said(business="落户")),
        files=files,
        verdict=NOTICE,
        codes=("BUSINESS_UNKNOWN",),
        items=("",),
    )
    parts = said()
    other = told(parts[-1], *parts[:-1]) if not type_first else told(*parts[1:], parts[0])
    yield Written(
        name="order-of-another-district",
        subject=other,
        files=files,
        verdict=TRIAGE,
        codes=("OTHER_ORDER",),
        items=new,
    )
    yield Written(
        name="rar",
        subject=plain,
        files={"张三.rar": RAR},
        verdict=TRIAGE,
        codes=("OTHER_ARCHIVE",),
        items=new,
    )
    for name, subject, item in (
        ("password", "申请重置个人账号密码", "PTS_PWD_P"),
        ("password-of-the-unit", "单位账号密码重置", "PTS_PWD_U"),
        ("unit-registration", "某某公司单位注册材料", "PTS_UREG"),
        ("dependents", "增加同住人", "PTS_DEP"),
    ):
        yield Written(
            name=name,
            subject=subject,
            files={"扫描件.jpg": jpeg()},
            verdict=TRIAGE,
            codes=("BY_CONTENT",),
            items=(item,),
        )
    yield Written(name="no-form", subject="材料", verdict=TRIAGE, codes=("UNKNOWN_FORM",))
    yield from _of_nobody(plain, files)


# --- in the names of files, from the one mailbox of the unit (G6, G7) -----------------------


def of_file_names() -> Iterator[Written]:
    """静安."""
    new = "20220418+积分新办+某某人寿+张三"
    for name, file, item in (
        ("one", f"{new}.jpg", "PTS_NEW"),
        ("change-of-employer", "20220418+单位变更+某某人寿+张三.jpg", "PTS_EMPCHG"),
        ("dependents", "20220418+添加随员+某某人寿+张三.jpg", "PTS_DEP"),
        ("password", "20220418+密码重置+某某人寿+张三.jpg", "PTS_PWD_P"),
        ("without-the-day", "积分新办某某人寿张三.jpg", "PTS_NEW"),
        ("without-the-day-alone", "积分新办+某某人寿+张三.jpg", "PTS_NEW"),
        ("without-signs", "20220418积分新办某某人寿张三.jpg", "PTS_NEW"),
        ("full-width", "20220418＋积分新办＋某某人寿＋张三.jpg", "PTS_NEW"),
        ("traditional", "20220418+積分新辦+某某人壽+張三.jpg", "PTS_NEW"),
        (
            "whole-name-of-the-unit",
            "20220418+积分新办+某某人寿保险股份有限公司+张三.jpg",
            "PTS_NEW",
        ),
        ("capitals", f"{new}.JPG", "PTS_NEW"),
    ):
        yield _from_firm(name, {file: jpeg()}, CASES, items=(item,))
    many = {f"{new}.jpg": jpeg(), f"{new}.png": png()}
    yield _from_firm("two-files-of-one", many, CASES, items=("PTS_NEW",))
    two = {f"{new}.jpg": jpeg(), "20220418+积分新办+某某人寿+王小明.jpg": jpeg()}
    yield _from_firm("two-people", two, CASES, items=("PTS_NEW", "PTS_NEW"))
    yield _from_firm("a-packed-file", {f"{new}.zip": zipped()}, CASES, items=("PTS_NEW",))
    studied = "20220418+某某人寿+张三"
    both = {f"{studied}.jpg": jpeg(), f"{studied}.docx": WORD}
    yield _from_firm("education", both, CASES, items=("PTS_EDU",), mailbox="education")
    yield _from_firm("education-to-points", both, CASES, items=("PTS_EDU",), belongs="education")
    yield _from_firm(
        "points-to-education",
        {f"{new}.jpg": jpeg()},
        CASES,
        items=("PTS_NEW",),
        mailbox="education",
        belongs="points",
    )
    wrong: tuple[tuple[str, Files, tuple[str, ...]], ...] = (
        ("day-that-is-none", {"20220230+积分新办+某某人寿+张三.jpg": jpeg()}, ("DAY_UNREAL",)),
        ("another-file-beside", {f"{new}.jpg": jpeg(), "说明.jpg": jpeg()}, ("FILE_NAME",)),
        ("cut-off", {f"{new}.jpg": jpeg()[:-20]}, ("FILE_DAMAGED",)),
    )
    for name, files, codes in wrong:
        yield _from_firm(name, files, NOTICE, codes=codes, items=("PTS_NEW",))
    yield _from_firm(
        "education-without-word",
        {f"{studied}.jpg": jpeg()},
        NOTICE,
        codes=("WORD_MISSING",),
        items=("PTS_EDU",),
        mailbox="education",
    )
    one = {f"{new}.jpg": jpeg()}
    second = Sender(others=FIRM.short_names)
    for name, files, sender, codes in (
        ("second-mailbox", one, second, ("SECOND_MAILBOX",)),
        ("not-registered", one, Sender(), ("SENDER_NOT_REGISTERED",)),
    ):
        yield _from_firm(name, files, NOTICE, codes=codes, items=("PTS_NEW",), sender=sender)
    yield _from_firm(
        "second-mailbox-unsplit",
        {"20220418积分新办某某人寿张三.jpg": jpeg()},
        NOTICE,
        codes=("SENDER_NOT_REGISTERED", "FIRM_AND_NAME"),
        sender=Sender(),
    )
    doubtful: tuple[tuple[str, Files, tuple[str, ...], tuple[str, ...]], ...] = (
        (
            "other-unit",
            {"20220418+积分新办+其他公司+张三.jpg": jpeg()},
            ("UNIT_DIFFERS",),
            ("PTS_NEW",),
        ),
        ("unsplit", {"20220418积分新办其他公司张三.jpg": jpeg()}, ("FIRM_AND_NAME",), ()),
        (
            "names-alike",
            {f"20220418+积分新办+某某人寿+王{sign}明.jpg": jpeg() for sign in "小晓"},
            ("NAMES_ALIKE",),
            ("PTS_NEW", "PTS_NEW"),
        ),
        ("no-form", {"材料.jpg": jpeg()}, ("UNKNOWN_FORM",), ()),
    )
    for name, files, codes, items in doubtful:
        yield _from_firm(name, files, TRIAGE, codes=codes, items=items)
    yield Written(
        name="asks-to-be-registered",
        subject="单位注册",
        files={"营业执照.jpg": jpeg()},
        verdict=TRIAGE,
        codes=("SENDER_NOT_REGISTERED", "UNKNOWN_FORM"),
        sender=Sender(),
    )
    yield from _of_nobody("请查收", one, machines=("out-of-office",))


def _from_firm(
    name: str,
    files: Files,
    verdict: MailVerdict,
    *,
    codes: tuple[str, ...] = (),
    items: tuple[str, ...] = (),
    mailbox: str = "points",
    belongs: str = "",
    sender: Sender = FIRM,
) -> Written:
    return Written(
        name=name,
        subject="请查收",
        files=files,
        verdict=verdict,
        codes=codes,
        items=items,
        mailbox=mailbox,
        belongs=belongs,
        sender=sender,
    )


def _of_nobody(
    subject: str, files: Files, machines: tuple[str, ...] = ("out-of-office", "spam")
) -> Iterator[Written]:
    """What a machine sent: never answered."""
    headers = {
        "out-of-office": {"Auto-Submitted": "auto-replied"},
        "spam": {"X-Spam-Flag": "YES"},
    }
    for name in machines:
        yield Written(
            name=name, subject=subject, files=files, verdict=SILENT, headers=headers[name]
        )


WRITTEN: Mapping[str, tuple[Written, ...]] = {
    MINHANG: tuple(of_persons(education="education", account="account")),
    XUHUI: tuple(of_persons(education="points", account="points")),
    BAOSHAN: tuple(of_numbers(type_first=False)),
    HUANGPU: tuple(of_numbers(type_first=False)),
    HONGKOU: tuple(of_numbers(type_first=True)),
    JINGAN: tuple(of_file_names()),
}
"""By district. 浦东 takes no cases by mail."""


SAMPLES = (
    (MINHANG, "two"),
    (MINHANG, "education"),
    (MINHANG, "unit-registration"),
    (BAOSHAN, "another"),
    (HONGKOU, "another"),
    (JINGAN, "one"),
    (JINGAN, "education"),
    (MINHANG, "named-material"),
)
"""What ``casework up`` brings: a mail in each grammar, G1 to G7, and one that gets a notice."""
SAMPLE_FOLDER = Path(__file__).parents[2] / "examples" / "mails"


def samples() -> dict[str, Written]:
    """The sample mails by the names of their files, addressed to the local office."""
    found = {
        f"{district}-{each.name}.eml": replace(each, to=office_address(district, each.mailbox))
        for district, name in SAMPLES
        for each in WRITTEN[district]
        if each.name == name
    }
    return {f"{at}-{name}": each for at, (name, each) in enumerate(found.items(), start=1)}


def archive(district: str) -> bytes:
    """The mails of a district as ``.eml`` files."""
    return zipped({f"{each.name}.eml": each.eml for each in WRITTEN[district]})


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for code in WRITTEN:
        (FOLDER / f"{code}.zip").write_bytes(archive(code))
    SAMPLE_FOLDER.mkdir(exist_ok=True)
    for name, mail in samples().items():
        (SAMPLE_FOLDER / name).write_bytes(mail.eml)
