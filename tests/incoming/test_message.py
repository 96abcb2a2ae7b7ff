"""A mail is read as it was meant, in whatever encoding it came."""

import base64
import zipfile
from io import BytesIO

import pytest

from casework.incoming.archive import unpack
from casework.incoming.message import read_mail

SUBJECT = "某某公司—朱镕喆(新办)—共1人"


def word(text: str, charset: str, codec: str = "") -> str:
    return f"=?{charset}?B?{base64.b64encode(text.encode(codec or charset)).decode()}?="


@pytest.mark.parametrize(
    ("charset", "codec"),
    [("utf-8", ""), ("gb18030", ""), ("GBK", ""), ("gb2312", "gbk"), ("x-gbk", "gbk")],
)
def test_a_subject_in_each_encoding(charset: str, codec: str) -> None:
    raw = f"Subject: {word(SUBJECT, charset, codec)}\r\n\r\n".encode()
    assert read_mail(raw).subject == SUBJECT


@pytest.mark.parametrize("codec", ["utf-8", "gb18030"])
def test_a_subject_of_eight_bits(codec: str) -> None:
    assert read_mail(b"Subject: " + SUBJECT.encode(codec) + b"\r\n\r\n").subject == SUBJECT


def test_a_sign_split_between_two_words() -> None:
    raw = SUBJECT.encode()
    pieces = [f"=?utf-8?B?{base64.b64encode(raw[:4]).decode()}?=",
              f"=?utf-8?B?{base64.b64encode(raw[4:]).decode()}?="]  # fmt: skip
    header = "\r\n ".join(pieces)
    assert read_mail(f"Subject: {header}\r\n\r\n".encode()).subject == SUBJECT


@pytest.mark.parametrize(
    "disposition",
    [
        'filename="=?utf-8?B?5byg5LiJLnppcA==?="',
        "filename*=utf-8''%E5%BC%A0%E4%B8%89.zip",
        "filename*0*=utf-8''%E5%BC%A0%E4;\r\n filename*1*=%B8%89.zip",
        "filename*=gb18030''%D5%C5%C8%FD.zip",
        'filename="C:\\\\folder\\\\张三.zip"',
        'filename="../../张三.zip"',
    ],
)
def test_the_name_of_a_file(disposition: str) -> None:
    raw = (
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
        f"Content-Disposition: attachment; {disposition}\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\neA==\r\n--b--\r\n"
    ).encode()
    (file,) = read_mail(raw).attachments
    assert (file.name, file.content) == ("张三.zip", b"x")


@pytest.mark.parametrize("codec", ["utf-8", "gbk"])
def test_names_within_an_archive(codec: str) -> None:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("身份证.jpg", b"x")
    content = buffer.getvalue()
    if codec != "utf-8":
        # As an old program writes it: no mark of UTF-8, and the bytes of GBK.
        content = _renamed("身份证.jpg".encode(codec))
    assert [file.name for file in unpack("a.zip", content).files] == ["身份证.jpg"]


def _renamed(name: bytes) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a" * len(name), b"x")
    return buffer.getvalue().replace(b"a" * len(name), name)


def test_an_archive_that_grows_is_read_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("casework.incoming.archive.MOST_BYTES", 2 << 20)
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            archive.writestr(f"{number}.jpg", b"\0" * (1 << 20))
    (fault,) = unpack("a.zip", buffer.getvalue()).faults
    assert fault.code == "PACKAGE_TOO_LARGE"


def test_a_locked_archive_is_told() -> None:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("1.jpg", b"x")
    content = bytearray(buffer.getvalue())
    for start in (content.index(b"PK\x03\x04") + 6, content.index(b"PK\x01\x02") + 8):
        content[start] |= 1
    (fault,) = unpack("a.zip", bytes(content)).faults
    assert fault.code == "PACKAGE_LOCKED"
