"""Cases of unmistakable people: nothing that is kept or shown holds anything about them."""

import asyncio
import json
import sqlite3
from collections.abc import Sequence
from contextlib import AsyncExitStack, closing
from dataclasses import fields, is_dataclass

import httpx

from casework.messages.cases import Outcome, Receipt
from casework.messages.orders import OrderOutcome
from casework.messages.outreach import Progress
from casework.temporal import OPEN, LastDay, Number
from tests.e2e.town_hall import PATIENCE, TownHall
from tests.examples import is_night
from tests.security.errands import Errands
from tests.security.marks import MARKS, Marked
from tests.security.searching import Find, in_bytes
from tests.security.traces import TOWN, Page, in_dump, in_files, in_pages, left_open, web_ui

APPLICATIONS, TALENTS = (40, 20) if is_night() else (6, 6)
"""Each talent has a cycle, a request and a rating: 24 cases, at night 100."""
FAR = 6
"""So many of each go their course to its end, enough for every course; the others two steps."""
AT_ONCE = 4
FAULTS = (
    ("smtp", 550, 2),  # nobody there: a task for an officer
    ("smtp", 451, 3),
    ("/messages", 400, 1),
    ("/messages", 503, 3),
    ("/reports", 503, 3),
    ("/reports", 422, 2),
)
_CASE = "number of a case, derived from district, source and reference"
_STAGE = "one of our own words"
_COUNT = "a count, a number in order, or a version"
_CODE = "one of our own codes"
_REASON = "our own words: what a rule may say is thrown at hostile text in tests/domain"
OPEN_BECAUSE = {
    Receipt: {
        "case_no": _CASE,
        "seq": _COUNT,
        "stage": _STAGE,
        "at": "an instant",
        "refused": _CODE,
        "reason": _REASON,
    },
    Outcome: {"case_no": _CASE, "stage": _STAGE, "seq": _COUNT},
    OrderOutcome: {
        "no": "number of an order, derived from the key of a request",
        "status": _STAGE,
        "version": _COUNT,
        "moved": _COUNT,
        "roused": _COUNT,
        "refusal": _CODE,
        "reason": f"only beside a refusal; {_REASON}",
        "about": "number of a suspension or measure",
        "decided_by": "code of an officer, which the search attribute Holder shows too",
        "cases": _COUNT,
        "done": _COUNT,
    },
    Progress: dict.fromkeys(
        ("listed", "reached", "settled", "filed", "escalated", "closed", "shared"), _COUNT
    ),
    Number: {},  # of an outreach or an absence
    LastDay: {},  # of an absence
}
"""What travels open, by type, and why each field of it may: a new field needs a new look."""
WRITTEN = {
    "applications/not-accept",
    "applications/pre-review",
    "applications/superior-decision",
    "applications/request-green",
    "applications/consent-green",
    "applications/close-green",
    "applications/stop-clock",
    "applications/resume-clock",
    "applications/extend",
    "applications/reassign",
    "applications/refuse",
    "applications/offer-deferral",
    "applications/check-material",
    "applications/review",
    "mails/sort-mail",
    "mails/send-back-mail",
    "mails/reroute-mail",
    "mails/set-mail-aside",
    "requests/give-notice",
    "requests/assign-body",
    "requests/extend-handling",
    "requests/feed-back",
    "requests/explain-need",
    "requests/transfer-need",
    "ratings/contact-rater",
    "ratings/mark-complex",
    "ratings/verify-rating",
    "ratings/settle-rating",
    "cycles/reclassify",
    "cycles/issue-credential",
    "cycles/change-employer",
    "cycles/record-left",
}
"""What must have been done at least once, or the test proves little."""


def test_each_field_that_travels_open_has_its_reason() -> None:
    assert OPEN_BECAUSE.keys() == OPEN
    for answer, why in OPEN_BECAUSE.items():
        known = {field.name for field in fields(answer)} if is_dataclass(answer) else set()
        assert why.keys() == known, answer


async def test_nothing_about_a_person_is_left_in_plain_text(hall: TownHall) -> None:
    before = len(await hall.outbox())
    await _trouble_ahead(hall)
    async with AsyncExitStack() as stack:
        errands = Errands(hall, stack)
        case_no = await _run(errands)
    assert WRITTEN - errands.taken.keys() == set()
    await _letters_are_out(hall, before)

    pages = await web_ui(hall.settings)
    everywhere = await _everywhere(hall, pages, [*MARKS, case_no])
    known = {find for find in everywhere if find.mark == case_no}
    _known_to_stand_there(known)

    found = {*everywhere - known, *_in_refusals(errands)}
    told = "\n".join(f"{find.mark} {find.form:25} {find.where}" for find in sorted(found))
    assert not found, told
    _only_answers_are_open(pages)


def _only_answers_are_open(pages: Sequence[Page]) -> None:
    """Who asked has no key, and reads the answer: it is there, and nothing else is."""
    answers = left_open(pages)
    assert len(answers) > APPLICATIONS
    shapes = [why.keys() for why in OPEN_BECAUSE.values() if why]
    for answer in answers:
        if isinstance(answer, dict):
            assert answer.keys() in shapes, answer
        else:  # a field to put right, a number or a day
            assert isinstance(answer, str)
            assert answer.isascii()


async def _everywhere(hall: TownHall, pages: Sequence[Page], marks: Sequence[str]) -> set[Find]:
    files = await asyncio.to_thread(in_files, hall.settings, marks)
    shown = await asyncio.to_thread(in_pages, pages, marks)
    return files | await in_dump(hall.settings, marks) | shown


def _known_to_stand_there(known: set[Find]) -> None:
    """What is no secret is found: the search looks where something is."""
    places = {find.where.rpartition("/")[2] for find in known}
    assert places >= {"api.log", "the dump", "workflows", "history"}
    assert places & {"temporal.db", "temporal.db-wal"}


async def _run(errands: Errands) -> str:
    """Everybody's errands; return the number of one of the cases."""
    gate = asyncio.Semaphore(AT_ONCE)
    cases: list[str] = []

    async def one(place: int) -> None:
        async with gate:
            who = Marked(place)
            if place < APPLICATIONS:
                case_no = await errands.application(who, far=place < FAR)
                await errands.mail(who)
            else:
                case_no = await errands.talent(who, far=place < APPLICATIONS + FAR)
            cases.append(case_no)
            if place % 10 == 0:
                await errands.nonsense(who, case_no)

    await errands.upload(Marked(0))
    async with asyncio.TaskGroup() as tasks:
        for place in range(APPLICATIONS + TALENTS):
            tasks.create_task(one(place))
    return cases[0]


async def _trouble_ahead(hall: TownHall) -> None:
    """The town refuses some of what it is sent, for good or for now."""
    address = f"http://127.0.0.1:{hall.settings.town_port}"
    async with httpx.AsyncClient(base_url=address, trust_env=False) as http:
        for path, status, times in FAULTS:
            order = {"path": path, "status": status, "times": times}
            (await http.post("/faults", json=order)).raise_for_status()


async def _letters_are_out(hall: TownHall, before: int) -> None:
    """Mail and text messages have reached the town: what was marked has been there to be found.

    All that was to go wrong has gone wrong, and what others will send is taken.
    """
    async with asyncio.timeout(PATIENCE.total_seconds()):
        while len(await hall.outbox()) < before + APPLICATIONS + TALENTS or _ahead(hall):
            await asyncio.sleep(0.3)


def _ahead(hall: TownHall) -> int:
    """How much trouble the town has not made yet."""
    with closing(sqlite3.connect(f"file:{hall.settings.home / TOWN}?mode=ro", uri=True)) as kept:
        (times,) = kept.execute("SELECT sum(times) FROM faults").fetchone()
    return int(times)


def _in_refusals(errands: Errands) -> set[Find]:
    assert errands.refused
    return {
        find
        for answer in errands.refused
        for find in in_bytes(_said(answer), MARKS, f"the answer {answer.status_code}")
    }


def _said(answer: httpx.Response) -> bytes:
    """The problem without what names the caller's own words: address, and names of fields."""
    problem = answer.json()
    del problem["instance"]
    for error in problem["errors"]:
        problem["detail"] = problem["detail"].replace(error.pop("field")[:40], "")
    return json.dumps(problem, ensure_ascii=False).encode()
