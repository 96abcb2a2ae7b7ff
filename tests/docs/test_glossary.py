"""The glossary and the code use the same words."""

import re
from enum import Enum
from typing import get_args

import pytest
import yaml

from casework.domain import (
    case,
    commands,
    details,
    limits,
    matter,
    narrative,
    policy,
    review,
    supervision,
)
from casework.domain.calendar import DayKind
from casework.domain.commands import VERBS
from casework.domain.events import EventBody
from casework.notices.templates import TEMPLATES
from tests.docs.pages import GLOSSARY, ROOT, rows

_MANY_LINES = re.MULTILINE | re.DOTALL


def table(text: str, heading: str) -> dict[str, str]:
    """The rows of the table whose header begins with this word: value → 中文."""
    block = re.search(rf"^\| {re.escape(heading)} \| 中文 \|.*?(?=\n\n|\Z)", text, _MANY_LINES)
    assert block, heading
    return rows(block[0])


def events() -> set[str]:
    return {body.__dataclass_fields__["kind"].default for body in get_args(EventBody)}


LABELLED: dict[str, dict[str, str]] = {
    "stage": {stage.value: stage.label for stage in case.Stage},
    "kind": {kind.value: kind.label for kind in matter.TaskKind},
    "verb": {verb: command.label for verb, command in VERBS.items()},
    "event": narrative.TITLES,
    "template": {template: title for template, (title, _) in TEMPLATES.items()},
    "line status": {status.value: word for status, word in details.LINE_LABELS.items()},
    "rung": narrative.RUNGS,
    "check": {kind.value: word for kind, word in review.CHECK_LABELS.items()},
    "§45 stop": {stop.value: word for stop, word in supervision.STOP_LABELS.items()},
    "effect": {
        file.stem: yaml.safe_load(file.read_text())["name"]
        for file in (ROOT / "catalogue/measures").glob("*.yaml")
    },
    "code": {
        file.stem: yaml.safe_load(file.read_text())["name"]
        for file in (ROOT / "catalogue/items").glob("*.yaml")
    },
}
VALUES: dict[str, type[Enum]] = {
    "mode": policy.DeferralMode,
    "breach outcome": commands.BreachOutcome,
    "green status": case.GreenStatus,
    "unit": policy.Unit,
    "limit": policy.LimitName,
    "kind of day": DayKind,
    "role": policy.Role,
    "form of a material": policy.MaterialForm,
    "pre-review outcome": commands.PreReviewOutcome,
    "decision": commands.Decision,
    "who decides": policy.Decider,
    "delivery": policy.DeliveryMethod,
    "mark": policy.Mark,
}


@pytest.mark.parametrize("heading", LABELLED)
def test_the_glossary_has_the_words_that_clerks_see(heading: str) -> None:
    assert table(GLOSSARY, heading) == LABELLED[heading]


@pytest.mark.parametrize("heading", VALUES)
def test_the_glossary_has_every_value(heading: str) -> None:
    assert set(table(GLOSSARY, heading)) == {member.value for member in VALUES[heading]}


def test_every_event_has_a_title() -> None:
    assert events() == set(narrative.TITLES)


def test_the_glossary_names_the_clocks_as_the_code_does() -> None:
    words = table(GLOSSARY, "limit")
    named = {kind: word for kind, word in limits.NAMES.items() if kind in words}
    assert {kind: words[kind] for kind in named} == named
