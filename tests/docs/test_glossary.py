"""The glossary and the code use the same words."""

import re
from enum import Enum
from typing import Any, get_args

import pytest
import yaml

from casework.domain import policy, talent
from casework.domain.case import events
from casework.domain.case import state as any_case
from casework.domain.case.kind import event_types
from casework.domain.kinds.application import commands, decision_limit, shown
from casework.domain.kinds.application import state as application
from casework.domain.kinds.application.policy_change import Keep
from casework.domain.kinds.cycle import state as cycle
from casework.domain.kinds.cycle import state as cycle_policy
from casework.domain.kinds.rating import state as rating
from casework.domain.kinds.registry import KINDS, CaseKind
from casework.domain.kinds.request import state as request
from casework.domain.kinds.round import state as round_of_visits
from casework.domain.time import clock
from casework.domain.time.calendar import DayKind
from casework.letters.templates import (
    CYCLE_TEMPLATES,
    RATING_TEMPLATES,
    REQUEST_TEMPLATES,
    TEMPLATES,
)
from casework.messages.orders import Carried
from casework.security.audit.findings import Tampering
from casework.words import FILED_BY
from tests.docs.pages import GLOSSARY, ROOT, rows

_MANY_LINES = re.MULTILINE | re.DOTALL


def table(text: str, heading: str) -> dict[str, str]:
    """The rows of the table whose header begins with this word: value → 中文."""
    block = re.search(rf"^\| {re.escape(heading)} \| 中文 \|.*?(?=\n\n|\Z)", text, _MANY_LINES)
    assert block, heading
    return rows(block[0])


OF_A_KIND = {
    "request": CaseKind.REQUEST,
    "cycle": CaseKind.TALENT_CYCLE,
    "rating": CaseKind.RATING,
    "round": CaseKind.VISITS,
    "ticket": CaseKind.TICKET,
    "mail": CaseKind.INCOMING_MAIL,
    "parcel": CaseKind.PARCEL,
    "booking": CaseKind.APPOINTMENT,
    "walk": CaseKind.WALKTHROUGH,
    "complaint": CaseKind.WAGE,
}
"""The word of a kind of case in the headings; both kinds of cycle share one table."""

EVENTS = {word: {event.kind for event in KINDS[kind].events} for word, kind in OF_A_KIND.items()}
NOTICES = {"request": REQUEST_TEMPLATES, "cycle": CYCLE_TEMPLATES, "rating": RATING_TEMPLATES}
NOTICES["ticket"] = dict(KINDS[CaseKind.TICKET].texts)
NOTICES["mail"] = dict(KINDS[CaseKind.INCOMING_MAIL].texts)
NOTICES["parcel"] = dict(KINDS[CaseKind.PARCEL].texts)
NOTICES["booking"] = dict(KINDS[CaseKind.APPOINTMENT].texts)
NOTICES["complaint"] = dict(KINDS[CaseKind.WAGE].texts)
SHARED = {
    verb: command.label
    for verb, command in KINDS[CaseKind.VISITS].verbs.items()
    if all(verb in KINDS[kind].verbs for kind in OF_A_KIND.values())
}


def stages(kind: CaseKind) -> dict[str, str]:
    return {stage.value: stage.label for stage in KINDS[kind].stages}


def verbs(kind: CaseKind) -> dict[str, str]:
    """The labels of a kind's own verbs."""
    own = KINDS[kind].verbs.items()
    return {verb: command.label for verb, command in own if verb not in SHARED}


def titles_of(kinds: set[str]) -> dict[str, str]:
    return {kind: title for kind, title in events.TITLES.items() if kind in kinds}


def source(file: str) -> dict[str, Any]:
    """A file of the catalogue of talent service."""
    content: dict[str, Any] = yaml.safe_load((ROOT / "catalogue/service" / file).read_text())
    return content


def policies() -> dict[str, str]:
    cycles = source("cycles.yaml")
    files = [cycles["talent"], cycles["permit"], source("ratings.yaml"), source("visits.yaml")]
    files += [
        source("tickets.yaml"),
        source("mails.yaml"),
        source("parcels.yaml"),
        source("appointments.yaml"),
    ]
    files += [source("walkthroughs.yaml")]
    files.append(source("wages.yaml"))
    return {file["code"]: file["name"] for file in files}


LABELLED: dict[str, dict[str, str]] = {
    "kind of case": {kind.value: kind.label for kind in CaseKind},
    "stage": stages(CaseKind.APPLICATION),
    "verb": verbs(CaseKind.APPLICATION),
    "event": titles_of(set(events.TITLES).difference(*EVENTS.values())),
    "template": {
        template: title
        for template, (title, _) in TEMPLATES.items()
        if not any(template in own for own in NOTICES.values())
    },
    **{f"stage of a {word}": stages(kind) for word, kind in OF_A_KIND.items()},
    **{f"verb of a {word}": verbs(kind) for word, kind in OF_A_KIND.items()},
    **{f"event of a {word}": titles_of(kinds) for word, kinds in EVENTS.items()},
    **{
        f"notice of a {word}": {template: title for template, (title, _) in own.items()}
        for word, own in NOTICES.items()
    },
    "verb of every kind": SHARED,
    "channel": FILED_BY,
    "role": {role.value: role.label for role in policy.Role},
    "kind": {kind.value: kind.label for kind in any_case.TaskKind},
    "clock": {
        kind: word for kind, word in clock.NAMES.items() if kind not in set(policy.LimitName)
    },
    "level": {level.value: level.label for level in talent.Level},
    "way of filing": {mode.value: mode.label for mode in request.Mode},
    "grade": {str(grade.value): grade.label for grade in rating.Grade},
    "settlement": {each.value: each.label for each in rating.Settlement},
    "means of a visit": {means.value: means.label for means in round_of_visits.Means},
    "service": {
        code: service["name"] for code, service in source("services.yaml")["services"].items()
    },
    "policy": policies(),
    "why a limit stays": {each.value: each.label for each in Keep},
    "outcome of a move": {each.value: each.label for each in Carried},
    "line status": {status.value: word for status, word in shown.LINE_LABELS.items()},
    "rung": events.RUNGS,
    "finding": {kind.value: kind.label for kind in Tampering},
    "check": {kind.value: kind.label for kind in policy.CheckKind},
    "§45 stop": {stop.value: word for stop, word in decision_limit.STOP_LABELS.items()},
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
    "green status": application.GreenStatus,
    "unit": policy.Unit,
    "limit": policy.LimitName,
    "kind of day": DayKind,
    "form of a material": policy.MaterialForm,
    "pre-review outcome": commands.PreReviewOutcome,
    "decision": commands.Decision,
    "who decides": policy.Decider,
    "delivery": policy.DeliveryMethod,
    "mark": policy.Mark,
    "class of a talent": talent.TalentClass,
    "credential": talent.CredentialKind,
    "standing": talent.StandingStatus,
    "kind of cycle": cycle.CycleKind,
    "verdict": cycle.Verdict,
    "reading of the window": cycle_policy.EvaluationWindow,
}


@pytest.mark.parametrize("heading", LABELLED)
def test_the_glossary_has_the_words_that_clerks_see(heading: str) -> None:
    assert table(GLOSSARY, heading) == LABELLED[heading]


@pytest.mark.parametrize("heading", VALUES)
def test_the_glossary_has_every_value(heading: str) -> None:
    assert set(table(GLOSSARY, heading)) == {member.value for member in VALUES[heading]}


def test_both_kinds_of_cycle_have_the_same_verbs_and_stages() -> None:
    talents, permits = KINDS[CaseKind.TALENT_CYCLE], KINDS[CaseKind.PERMIT_CYCLE]
    assert (talents.verbs, talents.stages) == (permits.verbs, permits.stages)


def test_every_event_has_a_title() -> None:
    known = {body.__dataclass_fields__["kind"].default for body in get_args(event_types())}
    assert known == set(events.TITLES)


def test_the_glossary_names_the_clocks_as_the_code_does() -> None:
    words = table(GLOSSARY, "limit")
    named = {kind: word for kind, word in clock.NAMES.items() if kind in words}
    assert {kind: words[kind] for kind in named} == named
