"""The same decision over HTTP and by direct Temporal updates, cell by cell of the documents.

``make test`` asks a quarter of it one way, and another quarter in the next run: of the people in a
cell half over HTTP, for the next verb the other half. ``make nightly`` asks everything both ways;
``test_table.py`` asks the rules for every cell in every run.
"""

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import TypeAdapter
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from api.routes.checks import SYSTEMS_ONLY
from casework.domain.kinds.registry import KINDS, CaseKind, workflow_id
from casework.domain.policy import Role
from casework.local.issuer.tokens import LocalIssuer
from casework.security.pseudonyms import Pseudonyms
from casework.settings import Settings
from tests.api.live import Backend
from tests.api.platform import Platform
from tests.authority.every_kind import (
    NUMBER,
    OTHER_NUMBER,
    OUTSIDE,
    Person,
    Standing,
    blank,
    command,
    known_by,
    standing,
    superior_of,
)
from tests.authority.test_table import CELLS, expected, expected_of_system
from tests.examples import is_night

BY_AUTHORITY = frozenset(
    {
        "ROLE_NOT_ALLOWED",
        "NOT_YOUR_CASE",
        "OTHER_DISTRICT",
        "OTHER_OFFICE",
        "OTHER_CLASS",
        "NOT_ASSIGNED",
        "FOUR_EYES",
        "SYSTEM_UNKNOWN",
        "SYSTEM_NOT_BOUND",
        "OTHER_SOURCE",
    }
)
AT_ONCE = 8
"""A workflow has no more than ten updates under way."""
ENDING = frozenset({"withdraw", "serve_visitor"})
"""No body keeps these from ending the case: of them only refusals are asked for."""


@dataclass(frozen=True, kw_only=True)
class Asker:
    """Asks both ways; the answer is the code of a refusal by authority, or nothing."""

    backend: Backend
    client: Client
    issuer: LocalIssuer
    pseudonyms: Pseudonyms

    async def over_http(self, case: Standing, verb: str, person: Person) -> str:
        now = datetime.now(UTC)
        token = self.issuer.mint(person.actor, ttl=timedelta(hours=1), at=now, number=person.number)
        path = f"/v1/{KINDS[case.kind].path}/{case.case_no}/{verb.replace('_', '-')}"
        answer = await self.backend.http.post(
            path,
            json=blank(KINDS[case.kind].verbs[verb]),
            headers={"Authorization": f"Bearer {token}"},
        )
        assert answer.status_code < 500, answer.text
        code = str(answer.json().get("code", ""))
        if code == "CASE_NOT_FOUND":
            assert person.actor.role in OUTSIDE
            return "NOT_YOUR_CASE"
        return code if code in BY_AUTHORITY else ""

    async def directly(self, case: Standing, verb: str, person: Person) -> str:
        subject = self.pseudonyms.of(person.number) if person.number else ""
        message = command(verb, case.kind, known_by(person, subject))
        typed = KINDS[case.kind].verbs[verb]
        handle = self.client.get_workflow_handle(workflow_id(case.kind, case.case_no))
        try:
            await handle.execute_update(verb, _typed(typed, message))
        except WorkflowUpdateFailedError as error:
            cause = error.cause
            assert isinstance(cause, ApplicationError), cause
            return cause.type or "" if cause.type in BY_AUTHORITY else ""
        return ""


def _typed(kind: type, message: dict[str, object]) -> object:
    return TypeAdapter(kind).validate_python(message)


def questions(case: Standing) -> Iterator[tuple[str, Person, str]]:
    """Every verb, everybody, and the code that the documents promise.

    A role without any part in a verb is asked once: nothing else could change the answer.
    """
    for verb in KINDS[case.kind].verbs:
        for role in Role:
            word = CELLS[case.kind, verb, role]
            for person in list(case.people(role))[: 1 if word == "—" else None]:
                code = (
                    expected_of_system(
                        person.actor.code, case.kind, verb, case.source, case.district
                    )
                    if role is Role.SYSTEM
                    else expected(
                        word,
                        is_own=person.is_mine,
                        is_assigned=person.is_mine,
                        is_here=person.is_here,
                    )
                )
                if not code and verb == "resolve_trouble" and role not in case.posts:
                    code = "ROLE_NOT_ALLOWED"  # by the procedure: it is for those with a post
                if code or verb not in ENDING:
                    yield verb, person, code


@pytest.mark.parametrize("kind", CaseKind)
async def test_http_and_temporal_answer_as_the_documents_say(
    kind: CaseKind,
    platform: Platform,
    temporal: Client,
    issuer: LocalIssuer,
    settings: Settings,
) -> None:
    case = await standing(kind, platform)
    pseudonyms = Pseudonyms.open(settings)
    asker = Asker(backend=platform.backend, client=temporal, issuer=issuer, pseudonyms=pseudonyms)
    assert pseudonyms.of(NUMBER) != pseudonyms.of(OTHER_NUMBER)
    turns = asyncio.Semaphore(AT_ONCE)

    verbs = [*KINDS[kind].verbs]

    async def differing(number: int, verb: str, person: Person, code: str) -> list[str]:
        over_http = (number + verbs.index(verb)) % 2 == 0 and verb not in SYSTEMS_ONLY
        seen = {}
        async with turns:
            if is_night() or not over_http:
                seen["Temporal"] = await asker.directly(case, verb, person)
            if (is_night() and verb not in SYSTEMS_ONLY) or over_http:
                seen["HTTP"] = await asker.over_http(case, verb, person)
        return [
            f"{way}: {verb} by {person}: {answer or 'allowed'}, not {code or 'allowed'}"
            for way, answer in seen.items()
            if answer != code
        ]

    asked = list(questions(case))
    numbers = range(len(asked))
    tried = numbers if is_night() else sorted(random.sample(numbers, len(asked) // 8))
    found = await asyncio.gather(*(differing(number, *asked[number]) for number in tried))
    assert not [line for lines in found for line in lines]
    assert {code for _, _, code in asked} >= {"", "ROLE_NOT_ALLOWED", "OTHER_DISTRICT"}
    reader = "ja-s1" if kind is CaseKind.APPOINTMENT else superior_of(case.district)
    shown = await platform.backend.get(reader, f"/v1/cases/{case.case_no}")
    assert shown.json()["closed_at"] is None
