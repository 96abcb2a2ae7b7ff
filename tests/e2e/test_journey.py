"""The main job over HTTP, on a stack started as a newcomer starts it."""

import asyncio
import json
from pathlib import Path

import httpx

from casework.domain.policy import Role
from tests.docs.pages import README, ROOT, RUNBOOK, blocks
from tests.e2e.shell import shell
from tests.e2e.town_hall import JINGAN, TownHall, happened, typed
from tests.examples import at_night, is_night

AT_NIGHT = ("casework letters ", "casework cases ", "casework talent ")
"""Which blocks of the README only `make nightly` types, by their first command."""


def test_up_ends_with_the_cases_and_where_to_look(hall: TownHall) -> None:
    assert "310112-" in hall.welcome
    assert "/docs" in hall.welcome
    assert "/namespaces/default/workflows?query=" in hall.welcome
    assert "casework do pre-review" in hall.welcome


async def test_application_goes_from_submission_to_archive(hall: TownHall) -> None:
    case_no = await hall.see_through("journey")
    async with hall.counter("ja-o1", Role.OFFICER) as http:
        timeline = (await http.get(f"/applications/{case_no}/timeline")).json()
        view = (await http.get(f"/applications/{case_no}")).json()
        explained = (await http.get(f"/applications/{case_no}/explanation")).json()
    events = timeline["items"] if isinstance(timeline, dict) else timeline
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert happened(events) == [
        "submitted",
        "pre_review_passed",
        "accepted",
        "review_passed",
        "reported_up",
        "approved",
        "result_delivered",
        "archived",
    ]
    assert "张三" not in json.dumps(view, ensure_ascii=False)
    assert "310101199003071230" not in json.dumps([view, events], ensure_ascii=False)
    assert "第 20 个工作日" in json.dumps(explained, ensure_ascii=False)
    words = ["register", "rebuild", case_no, "--check"]
    checked = await asyncio.to_thread(typed, hall.settings, *words)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert checked.stdout.startswith("1 cases, 0 differ"), checked.stdout


async def test_intake_officer_cannot_review(hall: TownHall) -> None:
    case_no = await hall.submit("four-eyes")
    await hall.act(case_no, 0)
    await hall.act(case_no, 1)
    async with hall.counter("ja-o1", Role.REVIEWER) as http:
        answer = await http.post(f"/applications/{case_no}/review", json={})
    assert answer.status_code == 403
    assert answer.json()["code"] == "FOUR_EYES"


async def test_same_submission_from_twenty_clients_is_one_case(hall: TownHall) -> None:
    async with hall.counter("backend", Role.SYSTEM, "") as http:
        await hall.upload(http)
        body = hall.application("twenty")
        answers = await asyncio.gather(*(http.post("/applications", json=body) for _ in range(20)))
        body["claims"]["self_score"] = 140
        other = await http.post("/applications", json=body)
    assert {answer.status_code for answer in answers} <= {200, 201}
    assert len({answer.json()["case_no"] for answer in answers}) == 1
    assert other.status_code == 409
    assert other.json()["code"] == "CONTENT_DIFFERS"


@at_night
async def test_case_is_worked_by_the_command_line_alone(hall: TownHall) -> None:
    """In `make test` the README types the same commands."""
    case_no = await hall.submit("by-cli")
    for words in (
        ["do", "pre-review", case_no, "--outcome", "passed"],
        ["do", "accept", case_no],
        ["do", "review", case_no],
        ["do", "report-up", case_no],
    ):
        done = await asyncio.to_thread(typed, hall.settings, *words)
        assert done.returncode == 0, done.stdout + done.stderr
    await hall.until(case_no, "decided")  # the fake superior answers by itself
    words = ["do", "deliver", case_no, "--method", "self_print"]
    assert (await asyncio.to_thread(typed, hall.settings, *words)).returncode == 0
    shown = await asyncio.to_thread(typed, hall.settings, "show", case_no, "--json")
    assert "archived" in shown.stdout
    explained = await asyncio.to_thread(typed, hall.settings, "explain", case_no)
    assert "起算日，不计入" in explained.stdout
    tasks = await asyncio.to_thread(typed, hall.settings, "tasks", "--district", JINGAN)
    assert tasks.returncode == 0
    assert case_no not in tasks.stdout


@at_night
async def test_register_rebuilt_from_its_events_is_the_same(hall: TownHall) -> None:
    """Of all that others have done there; in `make test` of the case that goes to the archive."""
    checked = await asyncio.to_thread(typed, hall.settings, "register", "rebuild", "--check")
    assert checked.returncode == 0, checked.stdout + checked.stderr


async def test_the_readme_as_a_newcomer_types_it(hall: TownHall, tmp_path: Path) -> None:
    """In `make test` without letters, lists and talents: a case, a login, and an order.

    That each command and its options exist is tested in tests/docs; what it does, in tests/cli.
    """
    found = list(blocks(README))
    if not is_night():
        left = [each for each in found if each.commands[0].line.startswith(AT_NIGHT)]
        assert len(left) == len(AT_NIGHT)
        found = [block for block in found if block not in left]
    async with asyncio.TaskGroup() as browsers:

        def choose(line: str) -> None:
            """Whoever types `casework login` opens the address and is an officer of Minhang."""
            if line.startswith("open "):
                browsers.create_task(_choose(line.removeprefix("open "), "mh-o1"))

        async with shell(hall.settings, ROOT, tmp_path, choose) as typing:
            assert await typing.type_all(found) > (30 if is_night() else 15)


async def _choose(address: str, person: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as browser:
        assert person in (await browser.get(address)).text
        assert (await browser.post(address, data={"person": person})).is_success


async def test_the_runbook_as_an_operator_types_it(hall: TownHall, tmp_path: Path) -> None:
    """In `make test` only those of Temporal, which no other test types.

    What `casework` does there is tested in tests/cli and tests/store; that each command and its
    options exist, in tests/docs.
    """
    found = list(blocks(RUNBOOK))
    if not is_night():
        found = [block for block in found if block.commands[0].line.startswith("temporal ")]
    async with shell(hall.settings, tmp_path, tmp_path) as typing:
        assert await typing.type_all(found) > (15 if is_night() else 5)


@at_night
def test_up_again_submits_nothing_twice(hall: TownHall) -> None:
    """By day tests/stack starts a killed stack again, and twenty clients submit one case."""
    before = json.loads(typed(hall.settings, "cases", "--json").stdout)
    assert typed(hall.settings, "down").returncode == 0
    again = typed(hall.settings, "up", "--detach")
    assert again.returncode == 0, again.stdout + again.stderr
    after = json.loads(typed(hall.settings, "cases", "--json").stdout)
    assert after == before
