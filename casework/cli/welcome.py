"""What ``casework up`` shows once all is ready: the sample cases, where to look, what to try."""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from rich.progress import track

import casework
from casework.cli.applications import submit_file
from casework.cli.errors import CommandError
from casework.cli.over_http import connected
from casework.cli.reading import case_table
from casework.cli.screen import console, say
from casework.devstack.composition import brings_temporal
from casework.domain.case import Stage
from casework.messages import application_id
from casework.temporal import namespace, target

if TYPE_CHECKING:
    import httpx

    from casework.cli.client import Client
    from casework.settings import Settings

EXAMPLES = Path(casework.__file__).parent.parent / "examples"  # in a checkout; an image has none

MOST_SHOWN = 30

_OPEN = 'WorkflowType="Application" AND ExecutionStatus="Running"'


async def welcome(settings: "Settings", transport: "httpx.BaseTransport | None" = None) -> None:
    """Submit the sample applications (again: nothing happens), then print the way on."""
    await asyncio.to_thread(_welcome, settings, transport)


def _welcome(settings: "Settings", transport: "httpx.BaseTransport | None") -> None:
    with connected(api=settings.api_local_url, transport=transport) as client:
        samples = _submit(client, sorted(EXAMPLES.glob("*.yaml")))
        cases = list(islice(client.items("/v1/applications"), MOST_SHOWN))
    case_table(cases, title="办件")
    shown = _one_to_try(samples, {case["case_no"]: case for case in cases})
    _places(settings, shown)
    _next_commands(shown)


def _one_to_try(samples: list[str], cases: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the first sample that still waits for its pre-review, else any case, else nothing."""
    known = [cases[number] for number in samples if number in cases]
    waiting = (case for case in known if case["stage"] == Stage.PRE_REVIEW)
    return next(chain(waiting, known, cases.values()), {})


def _submit(client: "Client", files: list[Path]) -> list[str]:
    numbers, screen = [], console()
    say(f"submitting {len(files)} sample applications")
    for file in track(files, "", console=screen, transient=True, disable=not screen.is_terminal):
        try:
            answer = submit_file(client, file)
            if answer.status_code == HTTPStatus.ACCEPTED:
                answer = client.follow(answer)
            numbers.append(str(answer.json()["case_no"]))
        except CommandError as error:
            # A sample that somebody changed must not keep the stack from standing.
            say(f"{file.name} was not taken: {error}")
    return numbers


def _places(settings: "Settings", case: Mapping[str, Any]) -> None:
    say(f"API docs     {settings.api_local_url}/docs")
    if not brings_temporal():
        say(f"Web UI       that of the cluster at {target(settings)}")
        return
    workflows = f"{settings.ui_url}/namespaces/{quote(namespace(), safe='')}/workflows"
    say(f"open cases   {workflows}?{urlencode({'query': _OPEN}, quote_via=quote)}")
    if case:
        say(f"one of them  {workflows}/{quote(application_id(case['case_no']), safe='')}")


def _next_commands(case: Mapping[str, Any]) -> None:
    if not case:
        return
    number = case["case_no"]
    waits = case["stage"] == Stage.PRE_REVIEW
    say("\ntry")
    say("  casework tasks")
    say(
        f"  casework do pre-review {number} --outcome passed"
        if waits
        else f"  casework show {number}"
    )
    say(f"  casework explain {number}")
