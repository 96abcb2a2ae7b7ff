"""Every verb's options follow from its command, and what they say is what the API takes."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from casework.cli.app import app
from casework.cli.terms.verb_options import FILE, body, parameters
from casework.domain.case.commands import BESIDE_THE_BODY
from casework.domain.case.facts import Actor
from casework.domain.kinds.application.commands import (
    APPLICATION_VERBS,
    MaterialsReceived,
    OfferDeferral,
    PreReview,
    Promise,
)
from casework.domain.policy import Role
from casework.messages.cases import read_command
from tests.cli.conftest import Run

NO = "310106-0000-0000-0000"
FAULT_A = '{"code": "A", "about": "diploma", "text": "不清晰：第 2 页"}'
FAULT_B = '{"code": "B", "about": "degree", "text": "缺页"}'
ACTOR = TypeAdapter(Actor).dump_python(Actor(code="ja-o1", role=Role.OFFICER, district="310106"))


@pytest.mark.parametrize("verb", APPLICATION_VERBS)
def test_each_verb_has_a_command_with_help_for_clerks(run: Run, verb: str) -> None:
    done = run("do", verb.replace("_", "-"), "--help")

    assert done.exit_code == 0
    assert APPLICATION_VERBS[verb].label[:8] in done.stdout
    for parameter in parameters(APPLICATION_VERBS[verb]):
        assert f"--{parameter.name.replace('_', '-')}"[:20] in done.stdout


def test_the_actor_is_no_option() -> None:
    assert all(
        each.name not in BESIDE_THE_BODY
        for command in APPLICATION_VERBS.values()
        for each in parameters(command)
    )


def test_what_is_not_given_is_not_sent() -> None:
    assert body(PreReview, {"outcome": "passed", "faults": None, "corrected": []}) == {
        "outcome": "passed"
    }


@pytest.mark.parametrize(
    "texts",
    [
        ["A:diploma:不清晰：第 2 页", "B:degree:缺页"],
        [f"[{FAULT_A}, {FAULT_B}]"],
        ["A:diploma:不清晰：第 2 页", FAULT_B],
    ],
)
def test_faults_may_be_written_apart_or_as_json(texts: list[str]) -> None:
    sent = body(PreReview, {"outcome": "faulty", "faults": texts})

    command = read_command("pre_review", {**sent, "actor": ACTOR})
    assert isinstance(command, PreReview)
    assert [(fault.code, fault.about) for fault in command.faults] == [
        ("A", "diploma"),
        ("B", "degree"),
    ]


def test_a_colon_in_the_last_part_stays() -> None:
    sent = body(PreReview, {"outcome": "faulty", "faults": ["A:diploma:page: 2"]})

    assert sent["faults"] == [{"code": "A", "about": "diploma", "text": "page: 2"}]


def test_materials_are_codes_papers_or_files() -> None:
    texts = ["paper_package:paper", "diploma=scans/diploma.pdf"]

    assert body(MaterialsReceived, {"materials": texts})["materials"] == [
        {"code": "paper_package", "form": "paper"},
        {"code": "diploma", "form": "electronic", FILE: Path("scans/diploma.pdf")},
    ]
    assert body(OfferDeferral, {"materials": ["a", "b"]})["materials"] == ["a", "b"]


def test_dates_and_flags_become_json() -> None:
    assert body(Promise, {"signed_on": "2026-09-17", "by_agent": True, "authorised": None}) == {
        "signed_on": "2026-09-17",
        "by_agent": True,
    }


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["promise", NO, "--signed-on", "2026-02-30"], "2026-02-30"),
        (["pre-review", NO, "--outcome", "maybe"], "passed"),
        (["pre-review", NO], "--outcome"),
        (["pre-review", NO, "--outcome", "faulty", "--fault", "A"], "code:about:text"),
        (["pre-review", NO, "--outcome", "faulty", "--faults", "[{"], "not JSON"),
        (["deliver", NO, "--method", "pigeon"], "self_print"),
    ],
)
def test_wrong_options_are_told_before_anything_is_sent(
    run: Run, api: Any, arguments: list[str], told: str
) -> None:
    done = run("do", *arguments, to=api)

    assert done.exit_code == 2
    assert told in done.stderr
    assert api.asked == []


def test_every_command_explains_itself(run: Run) -> None:
    done = run("--help")

    names = [
        each.name or getattr(each.callback, "__name__", "")
        for each in app.registered_commands
        if not each.hidden
    ]
    names += [group.name or "" for group in app.registered_groups if not group.hidden]
    assert len(names) > 30
    for name in names:
        assert name in done.stdout
        assert run(name, "--help").exit_code == 0
