"""What becomes of mails of seven districts: cases, one notice, or a person decides."""

import pytest

from casework.domain.mail import MailVerdict, Nature
from casework.incoming.message import read_mail
from casework.incoming.reading import Reading, Sender, firms_named
from casework.policy.mail import load_mail_policy
from tests.incoming.mails import DAY, jpeg, judged, mail, packed, png, raw

MH, BS, JA, HK, XH, HP, PD = (
    "310112", "310113", "310106", "310109", "310104", "310101", "310115",
)  # fmt: skip
NUMBER = "310101199003071230"
TWO = "某某公司—张三(新办)+李四(续办)—共2人"
BOTH = {"张三.zip": packed(), "李四.zip": packed()}


def people(reading: Reading) -> list[tuple[str, str]]:
    return [(each.named.name, each.named.item) for each in reading.packages]


def codes(reading: Reading) -> list[str]:
    return [each.code for each in reading.faults] + [each.code for each in reading.doubts]


@pytest.mark.parametrize(
    "subject",
    [
        TWO,
        "回复：转发：" + TWO,
        "Re: Fwd: " + TWO,
        "某某公司——張三(新辦)+李四(續辦)——共2人",
        "某某公司 - 张三（新办）＋李四（续办） - 共两人",
        "某某公司－张三(新办)＋李四(续办)－共２人",
        "某某公司--张三【新办】+李四【续办】--共二人",
    ],
)
def test_two_people_of_minhang_however_written(subject: str) -> None:
    reading = judged(MH, mail(subject, BOTH))
    assert reading.verdict is MailVerdict.CASES, reading
    assert [item for _, item in people(reading)] == ["PTS_NEW", "PTS_REN"]
    assert [each.online_only for each in reading.packages] == [False, True]
    assert reading.packages[0].named.name in {"张三", "張三"}  # as it was written, never converted


@pytest.mark.parametrize(
    ("subject", "files", "expected"),
    [
        ("某某公司—张三(新办)+李四(续办)—共3人", BOTH, ["COUNT_DIFFERS"]),
        ("某某公司—张三(新办)+李四(续办)—共几人", BOTH, ["COUNT_UNREADABLE"]),
        ("某某公司—张三(新办)+李四(续办)", BOTH, ["COUNT_MISSING"]),
        ("某某公司—张三+李四(续办)—共2人", BOTH, ["BUSINESS_MISSING"]),
        ("某某公司—张三(落户)+李四(续办)—共2人", BOTH, ["BUSINESS_UNKNOWN"]),
        (
            TWO,
            {"张三和李四.zip": packed()},
            ["ONE_PACKAGE_FOR_MANY", "PACKAGE_MISSING", "PACKAGE_MISSING"],
        ),
        (TWO, {"张三.zip": packed(), "材料.zip": packed()}, ["PACKAGE_NAME", "PACKAGE_MISSING"]),
        (TWO, {"张三.zip": packed()}, ["PACKAGE_MISSING"]),
        (TWO, {**BOTH, "王五.zip": packed()}, ["PACKAGE_NAME"]),
        (TWO, {**BOTH, "说明.jpg": jpeg()}, ["NOT_PACKED"]),
        (TWO, {**BOTH, "李四.zip": packed({"证.jpg": png()})}, ["NOT_JPEG"]),
        (TWO, {**BOTH, "李四.zip": packed({"证.jpg": jpeg()[:-20]})}, ["FILE_DAMAGED"]),
        (TWO, {**BOTH, "李四.zip": packed({})}, ["PACKAGE_EMPTY"]),
        (TWO, {**BOTH, "李四.zip": packed()[:-30]}, ["PACKAGE_DAMAGED"]),
        (
            TWO,
            {**BOTH, "李四.zip": packed({"a/1.jpg": jpeg(), "b/2.jpg": jpeg()})},
            ["PACKAGE_FOLDERS"],
        ),
    ],
)
def test_one_notice_names_all_faults(
    subject: str, files: dict[str, bytes], expected: list[str]
) -> None:
    reading = judged(MH, mail(subject, files))
    assert reading.verdict is MailVerdict.NOTICE
    assert codes(reading) == expected


def test_several_faults_are_told_together() -> None:
    reading = judged(MH, mail(TWO.replace("2", "3"), {"材料.zip": packed({"证.png": png()})}))
    assert codes(reading) == [
        "COUNT_DIFFERS",
        "PACKAGE_NAME",
        "PACKAGE_MISSING",
        "PACKAGE_MISSING",
    ]
    assert reading.faults[0].detail == "人数为3，列出2人"


@pytest.mark.parametrize("name", ["张三.zip", "张三(新办).zip", "1.张三材料.ZIP", "張三.zip"])
def test_a_package_named_after_the_person_with_a_word_more(name: str) -> None:
    reading = judged(MH, mail("某某公司—张三(新办)—共1人", {name: packed()}))
    assert reading.verdict is MailVerdict.CASES, reading


@pytest.mark.parametrize("name", ["张三丰.zip", "小张三.zip", "张.zip", "张四.zip"])
def test_a_package_of_another_name_is_nobodys(name: str) -> None:
    reading = judged(MH, mail("某某公司—张三(新办)—共1人", {name: packed()}))
    assert codes(reading) == ["PACKAGE_NAME", "PACKAGE_MISSING"]


def test_a_folder_around_all_and_what_a_mac_adds_are_let_pass() -> None:
    files = {"张三/1.jpg": jpeg(), "__MACOSX/张三/._1.jpg": b"x", "张三/.DS_Store": b"x"}
    reading = judged(MH, mail("某某公司—张三(新办)—共1人", {"张三.zip": packed(files)}))
    assert reading.verdict is MailVerdict.CASES, reading
    assert [file.name for file in reading.packages[0].files] == ["1.jpg"]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"张三.zip": packed(), "张三.ZIP": packed()}, "TWO_PACKAGES"),
        ({"张三.rar": b"Rar!\x1a\x07\x00"}, "OTHER_ARCHIVE"),
        ({"张三.7z": b"7z\xbc\xaf\x27\x1c"}, "OTHER_ARCHIVE"),
        ({"winmail.dat": bytes.fromhex("789f3e22") + b"x", "张三.zip": packed()}, "WINMAIL"),
    ],
)
def test_what_a_machine_cannot_open_goes_to_a_person(
    files: dict[str, bytes], expected: str
) -> None:
    reading = judged(MH, mail("某某公司—张三(新办)—共1人", files))
    assert reading.verdict is MailVerdict.TRIAGE
    assert expected in codes(reading)


def test_two_of_one_name_go_to_a_person() -> None:
    reading = judged(MH, mail("某某公司—张三(新办)+张三(续办)—共2人", {"张三.zip": packed()}))
    assert (reading.verdict, "SAME_NAME" in codes(reading)) == (MailVerdict.TRIAGE, True)


def test_a_mail_of_another_mailbox_is_taken_there() -> None:
    told = mail("某某公司—张三(教育背景核实)—共1人", {"张三.zip": packed()})
    reading = judged(MH, told)
    assert (reading.verdict, reading.mailbox) == (MailVerdict.CASES, "education")
    assert reading.remarks == ("REROUTED",)
    assert judged(MH, told, mailbox="education").remarks == ()
    account = judged(MH, mail("某某公司—单位注册", {"执照.pdf": b"%PDF"}), mailbox="account")
    assert account.mailbox == "account"


@pytest.mark.parametrize(
    ("district", "subject"),
    [
        (BS, f"【某某公司】+【张三】+【{NUMBER}】+【积分新办】"),
        (HP, f"某某公司+张三+{NUMBER}+积分新办"),
        (HP, f"[A+B公司]+[张三]+[{NUMBER}]+[积分新办]"),
        (HK, f"【积分新办】+【某某公司】+【张三】+【{NUMBER}】"),
    ],
)
def test_subjects_with_the_number(district: str, subject: str) -> None:
    reading = judged(district, mail(subject, {"身份证.jpg": jpeg()}))
    assert reading.verdict is MailVerdict.CASES, reading
    assert reading.packages[0].named.number == NUMBER
    assert NUMBER not in repr(reading)
    assert "张三" not in repr(reading)


def test_the_order_of_another_district_goes_to_a_person() -> None:
    told = mail(f"【积分新办】+【某某公司】+【张三】+【{NUMBER}】", {"身份证.jpg": jpeg()})
    reading = judged(BS, told)
    assert (reading.verdict, codes(reading)) == (MailVerdict.TRIAGE, ["OTHER_ORDER"])


def test_a_wrong_number_is_a_fault_that_does_not_repeat_it() -> None:
    told = mail("【某公司】+【张三】+【310101199003071231】+【积分新办】", {"1.jpg": jpeg()})
    reading = judged(BS, told)
    assert (reading.verdict, codes(reading)) == (MailVerdict.NOTICE, ["CITIZEN_ID_CHECK_DIGIT"])
    assert "3101011990" not in reading.faults[0].detail


def test_baoshan_and_hongkou_ask_for_a_contact() -> None:
    subject = f"【某某公司】+【张三】+【{NUMBER}】+【积分新办】"
    reading = judged(BS, mail(subject, {"身份证.jpg": jpeg()}, text="请查收"))
    assert codes(reading) == ["CONTACT_MISSING"]


@pytest.mark.parametrize(
    ("subject", "item"),
    [
        ("申请个人密码重置", "PTS_PWD_P"),
        ("重置个人账号密码", "PTS_PWD_P"),
        ("申請單位帳號密碼重置", "PTS_PWD_U"),
        ("单位密码重置", "PTS_PWD_U"),
        ("某某公司单位注册材料", "PTS_UREG"),
        ("增加同住人", "PTS_DEP"),
    ],
)
def test_business_without_a_grammar_is_proposed_by_its_words(subject: str, item: str) -> None:
    """G8: no grammar of the subject is needed; the files are proposed for what it asks."""
    for district in (BS, HK, HP):
        reading = judged(district, mail(subject, {"扫描件.jpg": jpeg()}))
        assert (reading.verdict, codes(reading)) == (MailVerdict.TRIAGE, ["BY_CONTENT"])
        (package,) = reading.packages
        assert (package.named.item, len(package.files)) == (item, 1)


FIRM = Sender(unit="平安人寿", short_names=("平安人寿",))


@pytest.mark.parametrize(
    "name",
    ["20200210+积分新办+平安人寿+张三.jpg", "积分新办平安人寿张三.jpg",
     "20200210积分新办平安人寿张三.JPG", "20200210＋積分新辦＋平安人壽＋張三.jpg"],
)  # fmt: skip
def test_files_of_jingan_say_whose_they_are(name: str) -> None:
    reading = judged(JA, mail("请查收", {name: jpeg()}), sender=FIRM)
    assert reading.verdict is MailVerdict.CASES, reading
    assert [item for _, item in people(reading)] == ["PTS_NEW"]


def test_firm_and_person_that_nothing_parts_go_to_a_person() -> None:
    reading = judged(JA, mail("请查收", {"20200210积分新办某某公司张三.jpg": jpeg()}))
    assert codes(reading) == ["FIRM_AND_NAME"]


@pytest.mark.parametrize(
    ("sender", "expected"),
    [
        (Sender(), ["SENDER_NOT_REGISTERED"]),
        (Sender(others=("平安人寿",)), ["SECOND_MAILBOX"]),
        (Sender(unit="其他公司", short_names=("其他",)), ["UNIT_DIFFERS"]),
    ],
)
def test_jingan_takes_mails_from_the_firms_one_mailbox(sender: Sender, expected: list[str]) -> None:
    told = mail("请查收", {"20200210+积分新办+平安人寿+张三.jpg": jpeg()})
    assert codes(judged(JA, told, sender=sender)) == expected


def test_what_comes_from_another_mailbox_is_refused_even_if_a_person_would_decide() -> None:
    """The gate is not a doubt: an officer need not part firm and person of what is not taken."""
    told = mail("请查收", {"20200210积分新办平安人寿张三.jpg": jpeg()})
    reading = judged(JA, told, sender=Sender(others=("平安人寿",)))
    assert reading.verdict is MailVerdict.NOTICE
    assert "FIRM_AND_NAME" in codes(reading), "what is doubtful is said to the officer all the same"
    asking = mail("单位注册材料", {"营业执照.jpg": jpeg()})
    assert judged(JA, asking, sender=Sender()).verdict is MailVerdict.TRIAGE


def test_the_firms_that_a_mail_names_are_found_before_it_is_judged() -> None:
    policy = load_mail_policy()
    for district, told, firms in (
        (JA, mail("请查收", {"20200210+积分新办+平安人寿+张三.jpg": jpeg()}), ("平安人寿",)),
        (JA, mail("请查收", {"20200210积分新办平安人寿张三.jpg": jpeg()}), ("平安人寿张三",)),
        (MH, mail(TWO, BOTH), ("某某公司",)),
        (MH, mail("你好"), ()),
    ):
        intake = policy.intake(district, DAY)
        assert intake is not None
        assert firms_named(told, intake, DAY) == firms


def test_names_that_differ_by_a_slip_go_to_a_person() -> None:
    files = {
        "20200210+积分新办+平安人寿+王小明.jpg": jpeg(),
        "20200210+积分新办+平安人寿+王晓明.jpg": jpeg(),
    }
    assert "NAMES_ALIKE" in codes(judged(JA, mail("请查收", files), sender=FIRM))


def test_education_of_jingan_takes_a_word_file_besides() -> None:
    told = mail("请查收", {"20200210+平安人寿+张三.jpg": jpeg()})
    reading = judged(JA, told, mailbox="education", sender=FIRM)
    assert codes(reading) == ["WORD_MISSING"]
    assert reading.mailbox == "education"


@pytest.mark.parametrize(
    ("subject", "headers", "expected"),
    [
        ("自动回复：" + TWO, {}, Nature.AUTOMATIC),
        ("Out of Office: hello", {}, Nature.AUTOMATIC),
        (TWO, {"Auto-Submitted": "auto-replied"}, Nature.AUTOMATIC),
        (TWO, {"X-Spam-Flag": "YES"}, Nature.SPAM),
        (TWO, {"Precedence": "bulk"}, Nature.BULK),
        (TWO, {"List-Id": "<l.example>"}, Nature.BULK),
        (TWO, {"Return-Path": "<>"}, Nature.BOUNCE),
    ],
)
def test_what_nobody_wrote_is_not_answered(
    subject: str, headers: dict[str, str], expected: Nature
) -> None:
    reading = judged(MH, mail(subject, BOTH, headers=headers))
    assert (reading.verdict, reading.nature) == (MailVerdict.SILENT, expected)


def test_a_mail_of_ours_that_comes_back_is_not_answered() -> None:
    own = read_mail(raw(TWO), own_domain="example.com")
    assert judged(MH, own).verdict is MailVerdict.SILENT


def test_a_forwarded_mail_is_proposed_as_it_was_written() -> None:
    from email import message_from_bytes  # noqa: PLC0415
    from email.message import EmailMessage  # noqa: PLC0415

    outer = EmailMessage()
    outer["Subject"], outer["From"] = "转发", "boss@example.com"
    outer.set_content("见附件")
    outer.add_attachment(message_from_bytes(raw(TWO, BOTH)))
    reading = judged(MH, read_mail(outer.as_bytes()))
    assert (reading.verdict, codes(reading)) == (MailVerdict.TRIAGE, ["FORWARDED"])
    assert len(people(reading)) == 2
