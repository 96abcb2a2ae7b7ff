"""The verbs of every kind of case: which there are, who acts, what is sent."""

import json
from typing import Any

import pytest

from api.routes.checks import SYSTEMS_ONLY, verbs_at
from casework.cli.cases.verbs import NOT_SAID
from casework.cli.terms.verb_options import body
from casework.domain.kinds.registry import KINDS, CaseKind
from casework.security.jose import unverified_claims
from tests.cli.conftest import FakeApi, Run
from tests.cli.service import rows

GROUPS = {"cycle": "cycles", "request": "requests", "rating": "ratings", "round": "rounds"}
APPLICATION_VERBS = [(group, verb) for group, path in GROUPS.items() for verb in verbs_at(path)]


def actor(api: FakeApi) -> dict[str, Any]:
    token = api.asked[-1].headers["Authorization"].removeprefix("Bearer ")
    return unverified_claims(token)


@pytest.mark.parametrize(("group", "verb"), APPLICATION_VERBS)
def test_each_verb_of_the_api_has_a_command(run: Run, group: str, verb: str) -> None:
    done = run(group, verb.replace("_", "-"), "--help")

    assert done.exit_code == 0
    assert verbs_at(GROUPS[group])[verb].label[:8] in done.stdout


def test_what_only_workflows_say_is_no_command(run: Run) -> None:
    assert NOT_SAID == SYSTEMS_ONLY
    assert run("request", "note-standing", "--help").exit_code == 2


def test_cycles_of_both_kinds_have_the_same_verbs() -> None:
    assert KINDS[CaseKind.TALENT_CYCLE].verbs == KINDS[CaseKind.PERMIT_CYCLE].verbs


@pytest.mark.parametrize(
    ("arguments", "code", "sent"),
    [
        (["accept"], "cq-sp1", {}),  # holds the task
        (["extend-handling", "--working-days", "5", "--reason", "核实"], "yz-sv1", None),
        (["withdraw"], "talent", {}),  # nobody in a post may
        (["explain-need", "--reason", "不在清单内"], "cq-sp1", {"reason": "不在清单内"}),
        (["feed-back", "--as", "yz-edu1", "--result", "已安排"], "yz-edu1", {"result": "已安排"}),
        (["supplement", "--material", "household_register:paper"], "cq-sp1", None),
    ],
)
def test_the_right_person_of_a_request_acts(
    run: Run, api: FakeApi, arguments: list[str], code: str, sent: dict[str, Any] | None
) -> None:
    verb, *options = arguments
    place = f"/v1/requests/{rows.REQUEST}"
    api.says("GET", place, rows.ASKED)
    api.says("POST", f"{place}/{verb}", rows.DONE | {"case_no": rows.REQUEST})

    done = run("request", verb, rows.REQUEST, *options, to=api)

    assert done.exit_code == 0, done.stderr
    assert actor(api)["sub"] == code
    assert "现处于“已受理”" in done.stdout
    if sent is not None:
        assert json.loads(api.asked[-1].content) == sent


def test_the_task_that_is_named_says_who_acts(run: Run, api: FakeApi) -> None:
    other = rows.TASK | {"task": "handle#1", "kind": "handle", "role": "liaison"}
    place = f"/v1/requests/{rows.REQUEST}"
    api.says("GET", place, rows.ASKED | {"tasks": [rows.TASK, other | {"holder": "yz-edu2"}]})
    api.says("POST", f"{place}/take-up", rows.DONE | {"case_no": rows.REQUEST})

    run("request", "take-up", rows.REQUEST, "--task", "handle#1", to=api)

    assert (actor(api)["sub"], actor(api)["role"]) == ("yz-edu2", "liaison")


@pytest.mark.parametrize(
    ("cycle", "arguments", "code"),
    [
        (rows.CYCLE, ["verify", "--passed"], "yz-sp1"),
        (rows.CYCLE, ["raise-objection", "--reason", "社保已更正"], "talent"),
        (rows.CYCLE, ["decide-objection", "--upheld", "--reason", "属实"], "yz-rv1"),
        (rows.PERMITTED, ["confirm-points", "--reference", "JF-1"], "ja-o1"),
    ],
)
def test_the_posts_of_platform_or_centre_answer_for_a_cycle(
    run: Run, api: FakeApi, cycle: dict[str, Any], arguments: list[str], code: str
) -> None:
    verb, *options = arguments
    place = f"/v1/cycles/{cycle['case_no']}"
    api.says("GET", place, cycle)
    api.says("POST", f"{place}/{verb}", rows.DONE | {"case_no": cycle["case_no"]})

    assert run("cycle", verb, cycle["case_no"], *options, to=api).exit_code == 0
    assert actor(api)["sub"] == code


@pytest.mark.parametrize(
    ("written", "party"),
    [
        ("李联络:hr@example.com", {"name": "李联络", "email": "hr@example.com"}),
        ("李联络::13800001234", {"name": "李联络", "phone": "13800001234"}),
        ('{"name": "李联络", "phone": "1"}', {"name": "李联络", "phone": "1"}),
    ],
)
def test_another_employer_comes_with_its_liaison(
    run: Run, api: FakeApi, written: str, party: dict[str, str]
) -> None:
    place = f"/v1/cycles/{rows.TALENT}"
    api.says("GET", place, rows.CYCLE)
    api.says("POST", f"{place}/change-employer", rows.DONE | {"case_no": rows.TALENT})
    change = ("--employer", "91310112MA1GCXX016", "--changed-on", "2026-09-01")

    done = run("cycle", "change-employer", rows.TALENT, *change, "--party", written, to=api)

    assert done.exit_code == 0, done.stderr
    assert json.loads(api.asked[-1].content) == {
        "employer": "91310112MA1GCXX016",
        "changed_on": "2026-09-01",
        "party": party,
    }


def test_two_liaisons_are_one_too_many(run: Run, api: FakeApi) -> None:
    change = ("--employer", "91310112MA1GCXX016", "--changed-on", "2026-09-01")

    done = run("cycle", "change-employer", rows.TALENT, *change, "--party", "[{}, {}]", to=api)

    assert (done.exit_code, api.asked) == (2, [])
    assert "--party" in done.stderr


def test_visits_are_recorded_by_who_is_to_make_them(run: Run, api: FakeApi) -> None:
    visit = rows.TASK | {"task": "visit#1", "kind": "visit", "holder": "yz-sp1"}
    place = f"/v1/rounds/{rows.ROUND}"
    api.says("GET", place, rows.VISITING | {"tasks": [visit]})
    api.says("POST", f"{place}/record-visit", rows.DONE | {"case_no": rows.ROUND})
    answer = ("--request", rows.REQUEST, "--means", "phone", "--no-reached")

    run("round", "record-visit", rows.ROUND, *answer, to=api)

    assert actor(api)["sub"] == "yz-sp1"
    assert json.loads(api.asked[-1].content) == {
        "request": rows.REQUEST,
        "means": "phone",
        "reached": False,
    }


@pytest.mark.parametrize("kind", CaseKind)
def test_what_is_left_out_is_not_sent(kind: CaseKind) -> None:
    for command in KINDS[kind].verbs.values():
        assert body(command, {"reason": None}) == {}
