"""Texts hold what can be seen: no controls, no line breaks in names, something where it must be."""

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.domain.bounds import (
    Excess,
    ExcessKind,
    excesses,
    has_unseen,
    is_blank,
    require_bounded,
)
from casework.domain.case.commands import Reassign
from casework.domain.case.facts import Actor
from casework.domain.errors import DomainError
from casework.domain.kinds.application.commands import NotAccept, ResumeClock
from casework.domain.kinds.registry import KINDS
from casework.domain.policy import Role
from casework.messages.cases import SENT_AS

ACTOR = Actor(code="ja-s1", role=Role.SUPERVISOR)
GIVEN = Reassign(actor=ACTOR, role=Role.OFFICER, to="ja-o2", reason="A角休假")


@pytest.mark.parametrize(
    ("field", "text", "kind"),
    [
        ("to", "ja-o2\n", ExcessKind.LINES),
        ("to", "ja\to2", ExcessKind.LINES),
        ("to", "ja\u202eo2", ExcessKind.UNSEEN),
        ("reason", "\x07", ExcessKind.UNSEEN),
        ("reason", "休\x00假", ExcessKind.UNSEEN),
        ("reason", "休\u2028假", ExcessKind.UNSEEN),
        ("reason", "休\ud800假", ExcessKind.UNSEEN),
        ("reason", "\u3000 \n", ExcessKind.BLANK),
        ("reason", "\u200b\u200d", ExcessKind.BLANK),
        ("reason", "", ExcessKind.EMPTY),
    ],
)
def test_what_cannot_be_seen_is_refused_with_its_field(
    field: str, text: str, kind: ExcessKind
) -> None:
    command = replace(GIVEN, **{field: text})  # type: ignore[arg-type]  # a text each
    assert list(excesses(command)) == [Excess((field,), kind)]
    with pytest.raises(DomainError) as refused:
        require_bounded(command)
    assert refused.value.field == field
    expected = "FIELD_REQUIRED" if kind in {ExcessKind.BLANK, ExcessKind.EMPTY} else "OUT_OF_BOUNDS"
    assert refused.value.code == expected


@pytest.mark.parametrize(
    "text", ["第一行\n第二行", "𬱖䶮·㛃𠮷", "👩‍👩‍👧", "a\tb\r\nc", "阿布都·肉孜"]
)
def test_what_people_write_is_taken(text: str) -> None:
    assert not list(excesses(replace(GIVEN, reason=text)))


@given(st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1))
def test_letters_are_always_taken(text: str) -> None:
    assert not has_unseen(text)


@given(st.text(st.characters(categories=("Cc", "Zl", "Zp", "Cs")), min_size=1))
def test_controls_are_never_taken_in_a_line(text: str) -> None:
    found = [*excesses(replace(GIVEN, to=text))]
    assert [each.kind for each in found] in (
        [ExcessKind.UNSEEN],
        [ExcessKind.LINES],
        [ExcessKind.BLANK],
        [ExcessKind.LONG],
    )


def test_every_reason_that_must_be_given_says_something() -> None:
    verbs = {each for kind in KINDS.values() for each in kind.verbs.values()}
    blank: Any = {"actor": ACTOR, "reason": "\u3000"}
    assert {NotAccept, ResumeClock} < verbs
    for command in {SENT_AS.get(each, each) for each in verbs}:
        if "reason" in {field.name for field in fields(command)}:
            others = {field.name: None for field in fields(command) if field.name not in blank}
            found = {each.place: each.kind for each in excesses(command(**blank | others))}
            assert found[("reason",)] is ExcessKind.BLANK, command
    assert is_blank("")
