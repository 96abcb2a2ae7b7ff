"""Letters as documents: their text, read from the PDF, and what cannot be shown."""

import hashlib
import io
import re
import subprocess
import sys
import unicodedata
from dataclasses import replace
from itertools import product
from typing import Any, Final

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from casework.domain.policy import DeliveryMethod, Mark
from casework.letters.document import (
    RATED_BY,
    Document,
    DocumentError,
    render_pdf,
    undrawn,
    way_on,
)
from casework.letters.templates import TEMPLATES
from casework.letters.texts import paragraphs
from tests.activities.letter_texts import (
    CHECK,
    ELSEWHERE,
    GOLDEN,
    composed,
    districts,
    document,
    golden,
)
from tests.activities.test_notice_texts import kind_of, sample
from tests.examples import at_night, examples


def text_of(pdf: bytes) -> str:
    """What a reader finds, without the breaks of lines."""
    pages = PdfReader(io.BytesIO(pdf)).pages
    return "".join("".join(page.extract_text().split()) for page in pages).replace("\u200b", "")


def squeezed(text: str) -> str:
    return "".join(text.split())


def all_of(letter: Document) -> str:
    """What the letter says, as `text_of` reads it."""
    return squeezed("".join(composed(letter)).replace("\u200b", ""))


def body_of(pdf: bytes, letter: Document) -> str:
    """What a reader finds, without the foot of each page."""
    return re.sub(squeezed(re.escape(letter.number)) + "第\\d+页，共\\d+页", "", text_of(pdf))


def test_every_letter_says_the_same_in_every_district_as_before() -> None:
    assert GOLDEN.read_text(encoding="utf-8").splitlines() == [*golden()], (
        "letters say something else; if that is meant, write"
        " `.venv/bin/python -m tests.activities.letter_texts > tests/activities/letters.txt`"
        " and read the difference"
    )


@at_night
@pytest.mark.timeout(900)
def test_every_letter_of_every_district_is_shown_as_it_is_composed() -> None:
    """By day each is composed, and shown once, with hostile words."""
    for district, template in product((ELSEWHERE, *districts()), TEMPLATES):
        letter = document(template, district)
        assert body_of(render_pdf(letter), letter) == all_of(letter)


def test_a_letter_reads_like_this() -> None:
    assert text_of(render_pdf(document("accepted", decision_due_basis=Mark.PROPOSAL.value))) == (
        "某区人才服务中心受理通知书310112〔2026〕受理7号王小明：办件编号310112-88FF-8418-WG9Q"
        "办理事项居转户您的申请已于2026年9月24日受理。办理期限至2026年9月24日"
        "（经办机构工作安排，非法定期限）。因样例，此期限暂停计算，恢复计算后另行告知截止日。样例"
        "办理规定参照《中华人民共和国行政许可法》第三十二条第二款，出具注明日期的书面凭证。"
        "咨询救济对办理情况有疑问的，可以向经办机构咨询；认为办理不当的，可以拨打"
        "12345政务服务便民热线反映。经办机构某区人才服务中心"
        "地址水清路388号闵行区人才服务中心受理部（备注：积分办理）"
        "某区人才服务中心2026年9月17日（电子印章处）"
        "扫码或者访问下列地址，可以核验本文书是否由本机构出具、是否仍然有效："
        f"{CHECK}310112〔2026〕受理7号第1页，共1页"
    )


def test_a_letter_to_others_says_whose_case_it_is() -> None:
    letter = replace(document("cycle_notice"), addressee="某某公司", concerns="王小明")
    assert body_of(render_pdf(letter), letter) == all_of(letter)
    assert "所涉人员王小明" in all_of(letter)
    assert "所涉人员" not in text_of(render_pdf(document("cycle_notice")))


@pytest.mark.parametrize("method", DeliveryMethod)
def test_who_need_not_come_is_told_to_bring_nothing(method: DeliveryMethod) -> None:
    text = text_of(render_pdf(document("result_ready", method=method.value)))
    assert ("办理时请携带" in text) == (method is DeliveryMethod.WINDOW)


@pytest.mark.parametrize("entries", range(1, 30, 4))
def test_the_seal_stands_on_no_page_without_text(entries: int) -> None:
    faults = "\n".join(["劳动合同缺少单位公章，请补盖后重新扫描上传，并附情况说明"] * entries)
    pages = PdfReader(io.BytesIO(render_pdf(document("one_time_notice", faults=faults)))).pages
    last = "".join(pages[-1].extract_text().split())
    assert last.index("咨询救济") < last.index("（电子印章处）") < last.index("扫码或者访问")


def test_the_longest_name_of_an_office_leaves_room_for_its_address() -> None:
    office = "渝中区高层次人才“一站式”服务平台及人力资源社会保障综合服务中心（七星岗办事处）" * 2
    letter = document("accepted", office=office)
    pdf = render_pdf(letter)
    assert len(PdfReader(io.BytesIO(pdf)).pages) == 1
    assert body_of(pdf, letter) == all_of(letter)


@pytest.mark.parametrize("template", ["accepted", "refused"])
def test_a_letter_leads_its_reader_on(template: str) -> None:
    site, code = "https://casework.example", "0123-4567-89AB-CDEF-GHJK-MNPQ"
    letter = document(template, basis="law", decision_due_basis="law")
    follow = way_on(site, letter.case_no, template, code)
    assert follow == (
        f"{site}/my/rate/{code}" if template in RATED_BY else f"{site}/my/cases/{letter.case_no}"
    )
    text = text_of(render_pdf(replace(letter, follow=follow)))
    assert squeezed(follow) in text
    assert ("评价这次服务" in text) == (template in RATED_BY)
    assert letter.addressee not in follow
    # A letter of before has no such code: its reader still comes to the case.
    assert way_on(site, letter.case_no, template, None) == f"{site}/my/cases/{letter.case_no}"


def hashes(*templates: str) -> list[str]:
    """Of each of these letters, written anew."""
    return [hashlib.sha256(render_pdf(document(each))).hexdigest() for each in templates]


def elsewhere(*templates: str) -> list[str]:
    """The same, by another process."""
    code = (
        "import sys; from tests.activities.test_documents import hashes;"
        "print(*hashes(*sys.argv[1:]))"
    )
    told = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", code, *templates], capture_output=True, check=True, text=True
    )
    return told.stdout.split()


def test_the_same_letter_has_the_same_bytes_in_another_process() -> None:
    assert hashes("refused") == hashes("refused") == elsewhere("refused")


@at_night
def test_every_letter_has_the_same_bytes_in_another_process() -> None:
    """By day one of them."""
    assert hashes(*TEMPLATES) == hashes(*TEMPLATES) == elsewhere(*TEMPLATES)


def test_the_file_is_made_for_keeping() -> None:
    with pikepdf.open(io.BytesIO(render_pdf(document()))) as pdf, pdf.open_metadata() as told:
        assert (told["pdfaid:part"], told["pdfaid:conformance"]) == ("2", "B")
        assert told["dc:title"] == "不予办理决定告知书"
        fonts = [font for page in pdf.pages for font in page.resources.Font.as_dict().values()]
        assert fonts
        assert all("+NotoSansCJK" in str(font.BaseFont) for font in fonts)


HOSTILE: Final = (
    '#import "@preview/x:1.0.0": *',
    "*粗* _斜_ `码` $x^2$ <标> @引 // 注 /* */ \\ ~ -- --- ... '引' \"引\"",
    '#{panic()} #eval("1") [方] = 标题 - 列 + 项 / 词: 义',
    "{item} {case_no?} %s ${HOME} <script>alert(1)</script>",
    "欧阳娜娜·阿卜杜拉 㛃𠮷䶮喆镕堃",
    "一" * 2000,
    "x" * 2000,
    "https://example.com/" + "a-b" * 600,
)
SHORT: Final = 5
"""So many of them fill no page of their own."""


NAMELESS = (
    "王\x00明",
    "甲\u202e乙\u2066丙",
    "a\x85b\x1b[0m",
    "مرحبا",
    "A\u0301\u0300 \ufeff",
    "😀",
)
"""What is left out, or what no font of ours has."""


def hostile_fields(template: str, text: str) -> dict[str, str]:
    """The fields of a letter that take words, each with a text that means harm."""
    return {name: text for name in sample(template) if kind_of(name) in {"text", "list"}}


@pytest.mark.parametrize("text", [*HOSTILE, *NAMELESS])
def test_every_word_of_every_field_of_every_letter_is_literal(text: str) -> None:
    for template in TEMPLATES:
        for name in hostile_fields(template, text):
            title, body = paragraphs(template, sample(template) | {name: text})
            plain, _ = paragraphs(template, sample(template))
            assert title == plain
            told = squeezed("".join(body))
            shown = all(squeezed(entry) in told for entry in text.splitlines())
            assert shown or name in {"item", "case_no", "office"}


@given(st.sampled_from(sorted(TEMPLATES)), st.text(min_size=1), st.data())
@examples(60)
def test_no_word_of_any_field_writes_a_line_of_its_own(
    template: str, text: str, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(hostile_fields(template, ""))))
    entries = [each for each in text.splitlines() if each.strip()]
    if not entries:
        return
    _, plain = paragraphs(template, sample(template) | {name: "样例"})
    _, body = paragraphs(template, sample(template) | {name: text})
    assert len(body) - len(plain) in {0, len(entries) - 1}


@pytest.mark.parametrize(("place", "template"), [*enumerate(sorted(TEMPLATES))])
def test_every_letter_shows_hostile_words_as_they_are(place: int, template: str) -> None:
    shown_as_written(template, HOSTILE[place % SHORT])


@at_night
@pytest.mark.timeout(1800)
def test_every_letter_shows_all_hostile_words_or_is_refused() -> None:
    """By day each letter is shown with one of them."""
    for template, text in product(TEMPLATES, (*HOSTILE, *NAMELESS)):
        shown_as_written(template, text)


def shown_as_written(template: str, text: str) -> None:
    """All words of a letter are these: it is refused for its characters, or shows them."""
    letter = replace(document(template, **hostile_fields(template, text)), addressee=text[:200])
    try:
        pdf = render_pdf(letter)
    except DocumentError as error:
        assert error.problem == "glyph_missing"
        assert undrawn(text)
        return
    assert not undrawn(text)
    assert _seen(body_of(pdf, letter)) == squeezed(_seen(all_of(letter)))


def _seen(text: str) -> str:
    return "".join(each for each in text if unicodedata.category(each) not in {"Cc", "Cf"})


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


@pytest.mark.parametrize(
    ("name", "lacking"),
    [("e\u0301", ""), ("Lu\u0308ping", ""), ("e\u0301\u0300王", "\u0300"), ("王\u0302", "\u0302")],
)
def test_an_accent_is_drawn_on_its_own_letter_or_not_at_all(name: str, lacking: str) -> None:
    assert undrawn(name) == lacking
    letter = replace(document(), addressee=name)
    if lacking:
        with pytest.raises(DocumentError, match=r"^glyph_missing$"):
            render_pdf(letter)
    else:
        shown = unicodedata.normalize("NFC", text_of(render_pdf(letter)))
        assert unicodedata.normalize("NFC", name) in shown


@pytest.mark.parametrize("name", ["number", "title", "addressee", "case_no", "item"])
@pytest.mark.parametrize("empty", ["", " \u3000", "\u200b"])
def test_an_empty_field_is_a_failure(name: str, empty: str) -> None:
    changed: dict[str, Any] = {name: empty}
    with pytest.raises(DocumentError, match=r"^field_empty$"):
        render_pdf(replace(document(), **changed))
    with pytest.raises(DocumentError, match=r"^field_empty$"):
        render_pdf(replace(document(), body=("好", empty)))


@examples(25)
@given(st.text(alphabet=st.characters(max_codepoint=0x2FFF), min_size=1, max_size=60))
def test_any_name_is_shown_or_refused(name: str) -> None:
    try:
        shown = text_of(render_pdf(replace(document(), addressee=f"王{name}")))
    except DocumentError as error:
        assert error.problem == "glyph_missing"
    else:
        assert "王" in shown
