"""What happens to the marked people: every verb with a field for free text, and what goes wrong.

A step that a rule refuses is no fault of the test: refusals must not repeat what they refuse.
"""

from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import httpx

from casework.domain.case.facts import Actor
from casework.domain.policy import Role
from casework.domain.time.calendar import local_date
from casework.policy.roster import load_roster
from casework.policy.service_roster import load_service_roster
from tests.e2e.town_hall import FILES, PDF_DIGEST, TownHall
from tests.files import PDF
from tests.security.courses import APPLICATIONS, CYCLES, MAILS, RATINGS, REQUESTS, Course
from tests.security.marks import CHILD, NAME, Marked

PEOPLE = load_roster().people | load_service_roster().people
CENTRE, PLATFORM = "310106", "500103"
OWED = ("labour_contract", "sealed_copies")


@dataclass
class Errands:
    """Runs the courses over HTTP; ``refused`` holds every answer that was none of success."""

    hall: TownHall
    stack: AsyncExitStack
    taken: Counter[str] = field(default_factory=Counter)
    refused: list[httpx.Response] = field(default_factory=list)
    _counters: dict[str, httpx.AsyncClient] = field(default_factory=dict)

    async def application(self, who: Marked, *, far: bool) -> str:
        course = who.place % len(APPLICATIONS)
        here = [code for code in FILES if course != 3 or code not in OWED]
        body = self.hall.application(f"leak-{who.place}") | {
            "materials": [
                {"code": code, "form": "electronic", "sha256": PDF_DIGEST} for code in here
            ],
            "applicant": who.person(),
            "employer": who.firm(),
        }
        case_no = await self._open("applications", body)
        await self._go("applications", case_no, _part(APPLICATIONS[course], far=far), who)
        return case_no

    async def talent(self, who: Marked, *, far: bool) -> str:
        """A talent, what it asks for, and how it rates the answer."""
        body = _of(who) | {
            "talent": who.person(),
            "employer": who.firm(),
            "letter": "C",
            "recognised_on": f"{_today().year}-01-04",
            "full_time": True,
        }
        talent = await self._open("talents", body)
        need = {
            "talent": talent,
            "service": "SVC_SCHOOL",
            "mode": "online",
            "need": who.words("需求"),
        }
        request = await self._open("requests", _of(who) | need)
        course = who.place % len(REQUESTS) if far else 1
        await self._go("requests", request, REQUESTS[course], who)
        comment = {"case_no": request, "grade": 1, "named": True, "comment": who.words("评价")}
        rating = await self._open("ratings", comment)
        await self._go("ratings", rating, _part(RATINGS[0], far=far), who)
        await self._go("cycles", talent, _part(CYCLES[0], far=far), who)
        return talent

    async def mail(self, who: Marked) -> str:
        """A mail that names the person everywhere; it is sorted, sent back or set aside."""
        person = {"number": 1, "name": who.name, "item": "PTS_NEW", "id_number": who.number}
        body = {
            "district": CENTRE,
            "reference": f"leak-{who.place}",
            "mailbox": "points",
            "verdict": "triage",
            "subject": who.words("主题"),
            "text": who.words("正文"),
            "persons": [person | {"unit": who.firm()["name"]}],
            "doubts": [{"code": "UNKNOWN_FORM", "detail": who.words("疑问")}],
            "caller": {"name": who.firm()["name"], "email": who.firm()["email"]},
        }
        case_no = await self._open("mails", body)
        await self._go("mails", case_no, MAILS[who.place % len(MAILS)], who)
        return case_no

    async def upload(self, who: Marked) -> None:
        form = {"file": (who.file, PDF, "application/pdf")}
        http = await self._counter("backend")
        (await http.post("/materials", files=form)).raise_for_status()

    async def nonsense(self, who: Marked, case_no: str) -> None:
        """Marks where none belong: fields, values, addresses, broken JSON."""
        http = await self._counter("ja-o1")
        path = f"/applications/{case_no}/withdraw"
        for body in (
            {who.name: who.number},
            {"reason": [who.words("错")]},
            {"reason": who.words("错"), "who": who.person()},
            [who.name],
            who.number,
        ):
            self._note(await http.post(path, json=body), "nonsense")
        broken = f'{{"reason": "{who.words("断")}'.encode()
        headers = {"Content-Type": "application/json"}
        self._note(await http.post(path, content=broken, headers=headers), "nonsense")
        self._note(await http.get(f"/applications/{who.number}"), "nonsense")
        self._note(await http.get(f"/{who.name}/{CHILD}"), "nonsense")
        asked = {"holder": who.name, "cursor": who.number, NAME: who.phone}
        self._note(await http.get("/applications", params=asked), "nonsense")
        wrong = self.hall.application(f"wrong-{who.place}") | {
            "applicant": who.person() | {"phone": who.name, "email": who.number},
            "claims": {who.name: who.number},
        }
        self._note(
            await (await self._counter("backend")).post("/applications", json=wrong), "nonsense"
        )
        forged = {"Authorization": f"Bearer {who.mail}"}
        self._note(await http.get("/tasks", headers=forged), "nonsense")

    async def _open(self, path: str, body: dict[str, Any]) -> str:
        http = await self._counter("backend")
        answer = await self.hall.insist(http, f"/{path}", body)
        assert "case_no" in answer, (path, answer)
        self.taken[path] += 1
        return str(answer["case_no"])

    async def _go(self, path: str, case_no: str, course: Course, who: Marked) -> None:
        for code, verb, body in course:
            http = await self._counter(code)
            answer = await http.post(f"/{path}/{case_no}/{verb}", json=_filled(body, who))
            self._note(answer, f"{path}/{verb}")

    def _note(self, answer: httpx.Response, what: str) -> None:
        if answer.is_success:
            self.taken[what] += 1
        else:
            self.refused.append(answer)

    async def _counter(self, code: str) -> httpx.AsyncClient:
        if code not in self._counters:
            who: Actor = PEOPLE.get(code) or Actor(code=code, role=Role.SYSTEM)
            opened = self.hall.counter(who.code, who.role, who.district)
            self._counters[code] = await self.stack.enter_async_context(opened)
        return self._counters[code]


def _today() -> date:
    """The day in Shanghai: the API's clock is real."""
    return local_date(datetime.now(UTC))


def _part(course: Course, *, far: bool) -> Course:
    return course if far else course[:2]


def _of(who: Marked) -> dict[str, Any]:
    return {"district": PLATFORM, "source": "talent-platform", "reference": f"leak-{who.place}"}


def _filled(value: Any, who: Marked) -> Any:
    match value:
        case dict():
            return {name: _filled(each, who) for name, each in value.items()}
        case list():
            return [_filled(each, who) for each in value]
        case "@code":
            return f"LEAK-{who.place}"
        case "@party":
            return {"name": who.firm()["name"], "email": who.firm()["email"]}
        case "@today":
            return _today().isoformat()
        case str() if value.startswith("#"):
            return who.words(value[1:])
        case _:
            return value
