"""What ``casework up`` shows once all is ready: the sample cases, where to look, what to try."""

import asyncio
import shlex
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from rich.progress import track

import casework
from casework.cli.calling.filing import APPLICATIONS, send_file
from casework.cli.calling.identity import BACKEND, mint, officer
from casework.cli.calling.over_http import connected
from casework.cli.cases.reading import case_table
from casework.cli.operating import samples
from casework.cli.talent_service.permits import PERMITS
from casework.cli.talent_service.requests import REQUESTS
from casework.cli.talent_service.talents import TALENTS
from casework.cli.terms.errors import CommandError
from casework.cli.terms.screen import console, say
from casework.domain.kinds.application.state import ApplicationStage
from casework.domain.policy import Role
from casework.domain.time.calendar import ZONE
from casework.local.devstack.composition import brings_mail, brings_temporal
from casework.local.post import office_address, send
from casework.messages.cases import application_id
from casework.policy.calendars import load_calendar
from casework.policy.roster import load_roster
from casework.settings import LOOPBACK
from casework.temporal import namespace, target

if TYPE_CHECKING:
    import httpx

    from casework.cli.calling.client import Client
    from casework.settings import Settings

EXAMPLES = Path(casework.__file__).parent.parent / "examples"  # in a checkout; an image has none
SERVICE = {
    EXAMPLES / "service" / "talent.yaml": TALENTS,
    EXAMPLES / "service" / "request.yaml": REQUESTS,  # of that talent
    EXAMPLES / "service" / "permit.yaml": PERMITS,
}
"""The samples of talent service, in the order in which they can be opened, and where to."""

MOST_SHOWN = 30

_OPEN = 'WorkflowType="Application" AND ExecutionStatus="Running"'
_OPEN_SERVICE = 'WorkflowType IN ("ServiceCycle", "ServiceRequest") AND ExecutionStatus="Running"'


async def welcome(settings: "Settings", transport: "httpx.BaseTransport | None" = None) -> None:
    """Submit the sample applications (again: nothing happens), then print the way on."""
    await asyncio.to_thread(_welcome, settings, transport)


def _welcome(settings: "Settings", transport: "httpx.BaseTransport | None") -> None:
    with connected(api=settings.api_local_url, act_as=BACKEND, transport=transport) as client:
        opened = _submit(client, dict.fromkeys(sorted(EXAMPLES.glob("*.yaml")), APPLICATIONS))
        served = _submit(client, {file: to for file, to in SERVICE.items() if file.exists()})
        found = client.items("/v1/applications")
        cases = list(islice(found, MOST_SHOWN))
        more = next(found, None) is not None
        _desk_life(settings, client)
    case_table(cases, title="办件")
    if more:
        say("还有更多办件：casework cases --all")
    shown = _one_to_try(opened, {case["case_no"]: case for case in cases})
    _places(settings, shown)
    _next_commands(shown, served)
    if brings_mail(settings):
        _how_to_mail(settings)


def _one_to_try(samples: list[str], cases: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the first sample that still waits for its pre-review, else any case, else nothing."""
    known = [cases[number] for number in samples if number in cases]
    waiting = (case for case in known if case["stage"] == ApplicationStage.PRE_REVIEW)
    return next(chain(waiting, known, cases.values()), {})


def _submit(client: "Client", files: Mapping[Path, str]) -> list[str]:
    numbers, screen = [], console()
    say(f"submitting {len(files)} samples")
    for file in track(files, "", console=screen, transient=True, disable=not screen.is_terminal):
        try:
            answer = send_file(client, file, to=files[file])
            if answer.status_code == HTTPStatus.ACCEPTED:
                answer = client.follow(answer)
            numbers.append(str(answer.json()["case_no"]))
        except CommandError as error:
            # A sample that somebody changed must not keep the stack from standing.
            say(f"{file.name} was not taken: {error}")
    return numbers


def _desk_life(settings: "Settings", client: "Client") -> None:
    def speaker(code: str) -> "Client":
        return client.speaking_as(mint(officer(code), settings))

    now = datetime.now(ZONE)  # noqa: TID251 - a composition root
    samples.bring(client, now, load_calendar(), speaker)
    for each in samples.mails(EXAMPLES / "mails") if brings_mail(settings) else ():
        try:
            send(each.raw, sender=each.sender, to=each.to, port=settings.town_smtp_port)
        except OSError as error:
            say(f"a mail to {each.to} was not taken: {error}")


def _how_to_mail(settings: "Settings") -> None:
    port, to = settings.town_smtp_port, office_address(samples.MINHANG, "points")
    say("\nsend a mail (again the same: nothing happens)")
    say(f"  with a mail program: server {LOOPBACK}, port {port}, no login, no TLS, to {to}")
    say(f"  the other mailboxes are in {settings.home / 'mailboxes.json'}")
    say(f"  {mail_command(port, to)}")


def mail_command(port: int, to: str) -> str:
    """The line of shell that sends a mail without its archive, which gets a one-time notice."""
    mail = r"Subject: 某某公司—张三(新办)—共1人\r\n\r\n人事联系人：赵女士，021-64000000\r\n"
    return (
        f"printf {shlex.quote(mail)} | curl smtp://{LOOPBACK}:{port}"
        f" --mail-from hr@firm.example.com --mail-rcpt {to} --upload-file -"
    )


def _places(settings: "Settings", case: Mapping[str, Any]) -> None:
    officer = case.get("holder") or "any of the people there"
    people = f"{officer}{_others(settings, case)}"
    say(f"desk 工作台   {settings.api_local_url}/desk  (log in as {people})")
    say(f"API docs     {settings.api_local_url}/docs")
    say(f"my 我的办件   {settings.api_local_url}/my  (log in as applicant, talent or employer)")
    if not brings_temporal():
        say(f"Web UI       that of the cluster at {target(settings)}")
        return
    workflows = f"{settings.ui_url}/namespaces/{quote(namespace(), safe='')}/workflows"
    say(f"open cases   {workflows}?{urlencode({'query': _OPEN}, quote_via=quote)}")
    if case:
        say(f"one of them  {workflows}/{quote(application_id(case['case_no']), safe='')}")
    say(f"in service   {workflows}?{urlencode({'query': _OPEN_SERVICE}, quote_via=quote)}")


def _others(settings: "Settings", case: Mapping[str, Any]) -> str:
    """Who goes on with the case, and who watches, by the roster of the stack; nobody unknown."""
    roster = load_roster(settings.roster_file)
    known = case and case["district"] in roster.districts()
    posts = roster.posts_for(case["district"]) if known else {}
    does = {Role.REVIEWER: "reviews", Role.SUPERVISOR: "has the board"}
    return "".join(f"; {posts[role].holder} {what}" for role, what in does.items() if role in posts)


def _next_commands(case: Mapping[str, Any], served: list[str]) -> None:
    if not case:
        return
    number = case["case_no"]
    waits = case["stage"] == ApplicationStage.PRE_REVIEW
    say("\ntry")
    say("  casework tasks")
    say(
        f"  casework do pre-review {number} --outcome passed"
        if waits
        else f"  casework show {number}"
    )
    say(f"  casework explain {number}")
    if len(served) == len(SERVICE):
        talent, request, _ = served
        say(f"  casework talent show {talent}")
        say(f"  casework request show {request}")
