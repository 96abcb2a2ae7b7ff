"""Letters as documents: their text, read from the PDF, and what cannot be shown."""

import hashlib
import io
import subprocess
import sys
from dataclasses import replace
from datetime import date
from typing import Any

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from casework.domain.policy import Mark
from casework.letters.document import Document, DocumentError, render_pdf
from casework.letters.templates import TEMPLATES
from casework.letters.texts import paragraphs
from casework.policy.letters import load_letters
from tests.activities.test_notice_texts import sample

ON = date(2026, 9, 17)
CHECK = "https://casework.example/v1/verify/0123-4567-89AB-CDEF-GHJK-MNPQ"


def document(template: str = "refused", district: str = "310112", **fields: str) -> Document:
    rule = load_letters().rule(district, template, ON)
    told = sample(template, item="居转户", case_no="310112-88FF-8418-WG9Q", **fields)
    title, body = paragraphs(template, told)
    return Document.by_rule(
        rule,
        office="某区人才服务中心",
        number=f"{rule.word}〔2026〕{rule.series}7号",
        title=title,
        addressee="王小明",
        case_no="310112-88FF-8418-WG9Q",
        item="居转户",
        body=body,
        on=ON,
        check=CHECK,
    )


def text_of(pdf: bytes) -> str:
    """What a reader finds, without the breaks of lines."""
    pages = PdfReader(io.BytesIO(pdf)).pages
    return "".join("".join(page.extract_text().split()) for page in pages).replace("\u200b", "")


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("template", sorted(TEMPLATES))
def test_every_letter_says_what_its_text_says(template: str) -> None:
    letter = document(template, basis="law")
    text = text_of(render_pdf(letter))
    rule = load_letters().rule("310112", template, ON)
    said = [letter.title, letter.number, "王小明：", "310112-88FF-8418-WG9Q", "居转户"]
    said += [*letter.body, rule.redress, rule.basis, *rule.bring, "2026年9月17日", CHECK]
    said += ["水清路388号", "某区人才服务中心", "电子印章处", "第1页，共1页"]
    assert [each for each in said if squeezed(each) not in text] == []


def test_a_letter_reads_like_this() -> None:
    assert text_of(render_pdf(document("accepted", decision_due_basis=Mark.PROPOSAL.value))) == (
        "某区人才服务中心受理通知书310112〔2026〕受理7号王小明：申请编号310112-88FF-8418-WG9Q"
        "申请事项居转户您的申请已于2026年9月24日受理。办理期限至2026年9月24日"
        "（经办机构工作安排，非法定期限）。因样例，此期限暂停计算，恢复计算后另行告知截止日。样例"
        "办理规定参照《中华人民共和国行政许可法》第三十二条第二款，出具注明日期的书面凭证。"
        "咨询救济对本文书内容有疑问的，可以向经办机构咨询；认为办理不当的，可以拨打"
        "12345政务服务便民热线反映。经办机构某区人才服务中心"
        "地址水清路388号闵行区人才服务中心受理部（备注：积分办理）"
        "某区人才服务中心2026年9月17日（电子印章处）"
        "扫码或者访问下列地址，可以核验本文书是否由本机构出具、是否仍然有效："
        f"{CHECK}310112〔2026〕受理7号第1页，共1页"
    )


def test_the_same_letter_has_the_same_bytes_in_another_process() -> None:
    here = hashlib.sha256(render_pdf(document())).hexdigest()
    assert hashlib.sha256(render_pdf(document())).hexdigest() == here
    code = (
        "import hashlib; from tests.activities.test_documents import document;"
        "from casework.letters.document import render_pdf;"
        "print(hashlib.sha256(render_pdf(document())).hexdigest())"
    )
    there = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", code], capture_output=True, check=True, text=True
    )
    assert there.stdout.strip() == here


def test_the_file_is_made_for_keeping() -> None:
    with pikepdf.open(io.BytesIO(render_pdf(document()))) as pdf, pdf.open_metadata() as told:
        assert (told["pdfaid:part"], told["pdfaid:conformance"]) == ("2", "B")
        assert told["dc:title"] == "不予办理决定告知书"
        fonts = [font for page in pdf.pages for font in page.resources.Font.as_dict().values()]
        assert fonts
        assert all("+NotoSansCJK" in str(font.BaseFont) for font in fonts)


HOSTILE = (
    '#import "@preview/x:1.0.0": *',
    "*粗* _斜_ `码` $x^2$ <标> @引 // 注 /* */ \\ ~ -- --- ... '引' \"引\"",
    '#{panic()} #eval("1") [方] = 标题 - 列 + 项 / 词: 义',
    "{item} {case_no?} %s ${HOME} <script>alert(1)</script>",
    "欧阳娜娜·阿卜杜拉 㛃𠮷䶮喆镕堃",
    "一" * 2000,
    "x" * 2000,
    "https://example.com/" + "a-b" * 600,
)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_people_write_is_literal(text: str) -> None:
    letter = replace(document(reasons=text), addressee=text[:200])
    shown = text_of(render_pdf(letter))
    assert squeezed(text) in shown.replace(letter.number, "") or _over_pages(text, shown)
    assert squeezed(text[:200]) + "：" in shown


def _over_pages(text: str, shown: str) -> bool:
    """Whether all of a long text is there, with a footer between its pages."""
    return len(text) >= 1000 and shown.count(text[0]) >= 2000 // len(set(text))


@pytest.mark.parametrize("unseen", ["\x00", "\x07", "\u202e", "\u2066", "\u200b", "\ufeff", "\x85"])
def test_what_nobody_sees_is_left_out(unseen: str) -> None:
    plain = replace(document(), addressee="王小明")
    assert render_pdf(replace(plain, addressee=f"王小{unseen}明")) in {
        render_pdf(plain),
        render_pdf(replace(plain, addressee="王小 明")),
    }


@pytest.mark.parametrize("char", ["\U000323b0", "\ue000", "😀", "م", "\ud800"])
def test_a_character_that_the_font_lacks_is_a_failure_and_never_a_blank(char: str) -> None:
    with pytest.raises(DocumentError, match=r"^glyph_missing$"):
        render_pdf(replace(document(), addressee=f"王{char}明"))


@pytest.mark.parametrize("name", ["number", "title", "addressee", "case_no", "item"])
@pytest.mark.parametrize("empty", ["", " \u3000", "\u200b"])
def test_an_empty_field_is_a_failure(name: str, empty: str) -> None:
    changed: dict[str, Any] = {name: empty}
    with pytest.raises(DocumentError, match=r"^field_empty$"):
        render_pdf(replace(document(), **changed))
    with pytest.raises(DocumentError, match=r"^field_empty$"):
        render_pdf(replace(document(), body=("好", empty)))


@given(st.text(alphabet=st.characters(max_codepoint=0x2FFF), min_size=1, max_size=60))
def test_any_name_is_shown_or_refused(name: str) -> None:
    try:
        shown = text_of(render_pdf(replace(document(), addressee=f"王{name}")))
    except DocumentError as error:
        assert error.problem == "glyph_missing"
    else:
        assert "王" in shown
