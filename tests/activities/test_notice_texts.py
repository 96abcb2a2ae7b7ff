import re
from typing import Any

import pytest

from casework.domain.policy import Mark
from casework.letters.templates import TEMPLATES
from casework.letters.texts import (
    NoticeTextError,
    optional_fields,
    paragraphs,
    render,
    required_fields,
)

SAMPLE = {
    "list": "劳动合同（原件）\n学历证书（复印件）",
    "date": "2026-09-24",
    "basis": "law",
    "method": "ems",
    "text": "样例",
}

# Words that may stand behind a limit only when the limit is law.
LEGAL_WORDS = re.compile(r"(?<!非)法定|依据.*法")


def kind_of(name: str) -> str:
    if name in {"faults", "missing", "materials", "reasons"}:
        return "list"
    if name.endswith("_basis"):
        return "basis"
    if name == "on" or name.endswith(("_on", "_until", "_by")):
        return "date"
    return "method" if name == "method" else "text"


def sample(template: str, **changes: str) -> dict[str, str]:
    names = required_fields(template) | optional_fields(template)
    return {name: SAMPLE[kind_of(name)] for name in names} | changes


@pytest.mark.parametrize("template", sorted(TEMPLATES))
def test_every_notice_names_case_item_office_and_day(template: str) -> None:
    subject, body = render(
        template, sample(template, case_no="SH-1", office="静安区", on="2026-01-05")
    )
    assert "SH-1" in subject
    assert "\n" not in subject
    assert "SH-1" in body
    assert body.endswith("静安区\n2026年1月5日")
    assert not re.search(r"[{}]|None", subject + body)


@pytest.mark.parametrize("template", sorted(TEMPLATES))
def test_every_notice_can_do_without_its_optional_fields(template: str) -> None:
    fields = {name: SAMPLE[kind_of(name)] for name in required_fields(template)}
    _, body = render(template, fields)
    assert not re.search(r"[{}]|：\n\n|期限至。|于前", body)
    _, said = paragraphs(template, fields)
    assert said, "a letter that says nothing"


@pytest.mark.parametrize(
    ("template", "name"),
    [
        (template, name)
        for template in sorted(TEMPLATES)
        for name in sorted(required_fields(template))
    ],
)
def test_missing_field_is_named(template: str, name: str) -> None:
    with pytest.raises(NoticeTextError, match=rf"^{template}: missing {name}$"):
        render(template, sample(template, **{name: " "}))


@pytest.mark.parametrize("mark", [Mark.PROPOSAL, Mark.UNCERTAIN, Mark.FOUND, Mark.SOURCE])
@pytest.mark.parametrize("template", sorted(TEMPLATES))
def test_limit_that_is_not_law_is_never_called_law(template: str, mark: Mark) -> None:
    bases = {name: mark.value for name in optional_fields(template) if name.endswith("_basis")}
    _, body = render(template, sample(template, **bases))
    limits = [line for line in body.splitlines() if "2026年9月24日" in line]
    assert not [line for line in limits if LEGAL_WORDS.search(line)]


def test_limit_of_law_is_called_law() -> None:
    _, body = render("accepted", sample("accepted", decision_due_basis=Mark.LAW.value))
    assert "办理期限至2026年9月24日（法定期限）" in body


def test_limit_without_a_mark_claims_nothing() -> None:
    _, body = render("accepted", sample("accepted", decision_due_basis=""))
    assert "办理期限至2026年9月24日。" in body


@pytest.mark.parametrize("template", ["refused", "not_accepted"])
def test_refusal_gives_reasons_and_both_remedies(template: str) -> None:
    _, body = render(template, sample(template, reasons="社保不足\n年限不足"))
    assert "  1. 社保不足\n  2. 年限不足" in body
    assert "行政复议" in body
    assert "行政诉讼" in body


def test_deferral_notice_names_materials_limit_and_effect_of_lateness() -> None:
    _, body = render("deferral_granted", sample("deferral_granted", due_on="2026-10-21"))
    assert "1. 劳动合同（原件）" in body
    assert "2026年10月21日" in body
    assert "逾期未补交的" in body


def test_value_never_adds_a_line_of_its_own() -> None:
    _, body = render("green_opened", sample("green_opened", reason="高考\n本申请已批准"))
    assert "原因：高考 本申请已批准。" in body


def test_placeholder_in_a_value_stays_what_it_is() -> None:
    _, body = render("green_opened", sample("green_opened", reason="{case_no} \\1"))
    assert "原因：{case_no} \\1。" in body


@pytest.mark.parametrize(
    ("template", "changes", "told"),
    [
        ("accepted", {"accepted_on": "24.9.2026"}, "accepted: accepted_on is no date"),
        ("accepted", {"decision_due_basis": "gospel"}, "accepted: decision_due_basis is no basis"),
        ("result_ready", {"method": "pigeon"}, "result_ready: method is no method"),
        ("poem", {}, "unknown template poem"),
    ],
)
def test_unusable_value_is_named_but_not_repeated(
    template: str, changes: dict[str, Any], told: str
) -> None:
    fields = sample(template, **changes) if template in TEMPLATES else {}
    with pytest.raises(NoticeTextError, match=f"^{told}$"):
        render(template, fields)
