"""The desk: an officer's day, and its pages over a register of very many cases.

``python -m bench.desk`` does both. ``python -m bench.desk day`` lets four people do sixty cases
each, in about four minutes; ``day 5``: five cases each. ``python -m bench.desk pages 200000`` asks
for the pages alone, over another number of cases. People look at each page as long as people do,
divided by ``HASTE``: four work like so many times four.
"""

import asyncio
import logging
import re
import statistics
import sys
import time
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape
from http import HTTPStatus
from typing import Any, NoReturn

import httpx
import structlog
from rich.console import Console

from api.app import create_app
from bench.cases import POSTS, Office
from bench.load import FIRST, LOADED, fill
from bench.stack import Stack, files, part, running_stack
from casework.domain.case.facts import Actor
from casework.domain.policy import Role
from casework.domain.time.calendar import local_date
from casework.local.devstack import free_port, postgres
from casework.local.issuer.tokens import LocalIssuer
from casework.messages.temporal import TASK_QUEUE
from casework.security.keys.vault import PLAIN
from casework.settings import Settings
from casework.store.engine import create_engine, migrate

CASES = 1_000_000
EACH = 60
HASTE = 60
LOOKS = 200
"""How often each page and each answer of the API is asked for."""
THINKING = {"list": 5.0, "case": 45.0, "form": 15.0, "check": 15.0, "done": 2.0}
"""Seconds that somebody looks at a page before the next click. [proposal]"""
_AT_ONCE = 8
_READY_SECONDS = 240
_UNHURRIED = {"rate_per_minute": 10**6, "burst": 10**6}
"""Four people work like many, from one address."""
_HIDDEN = re.compile(r'<input type="hidden" name="(csrf|key|seen)" value="([^"]*)">')
_CARRIED = re.compile(
    r'<textarea class="carried" name="([^"]+)" hidden>\n(.*?)</textarea>', re.DOTALL
)


@dataclass(frozen=True, kw_only=True)
class Day:
    """Milliseconds while four people work: of any page, of an act, and of each sort of page.

    ``day_cases`` were decided in ``day_seconds``; ``day_conflicts``: how often somebody was told
    that something had happened meanwhile. An officer takes in ``day_each`` cases.
    """

    day_cases: int
    day_each: int
    day_seconds: float
    day_conflicts: int
    day_p50_ms: float
    day_p99_ms: float
    day_list_p50_ms: float
    day_list_p99_ms: float
    day_case_p50_ms: float
    day_case_p99_ms: float
    day_form_p50_ms: float
    day_form_p99_ms: float
    day_check_p50_ms: float
    day_check_p99_ms: float
    day_send_p50_ms: float
    day_send_p99_ms: float


@dataclass(frozen=True, kw_only=True)
class Pages:
    """Milliseconds, one look after another; ``…_api``: the request that has the same in it."""

    desk_cases: int
    desk_list_p50_ms: float
    desk_list_p99_ms: float
    desk_list_api_p50_ms: float
    desk_list_api_p99_ms: float
    desk_case_p50_ms: float
    desk_case_p99_ms: float
    desk_case_api_p50_ms: float
    desk_case_api_p99_ms: float


@dataclass(frozen=True, kw_only=True)
class Desk(Day, Pages):
    """Both."""


async def measure(run: str, cases: int = CASES, each: int = EACH) -> Desk:
    """Both, one after the other, on stacks of their own."""
    day = await measure_day(run, each)
    return Desk(**asdict(day), **asdict(await measure_pages(cases)))


async def measure_day(run: str, each: int = EACH) -> Day:
    """Four people's day: an officer and three others."""
    day = await _day(run, each)
    every = [ms for page in day.taken.values() for ms in page]
    told: dict[str, float] = {"day_p50_ms": statistics.median(every), "day_p99_ms": _p99(every)}
    for page in ("list", "case", "form", "check", "send"):
        told[f"day_{page}_p50_ms"] = statistics.median(day.taken[page])
        told[f"day_{page}_p99_ms"] = _p99(day.taken[page])
    return Day(
        day_cases=day.decided,
        day_each=each,
        day_seconds=day.seconds,
        day_conflicts=day.conflicts,
        **told,
    )


async def measure_pages(cases: int = CASES) -> Pages:
    """The work list and a case over a register of so many."""
    return Pages(desk_cases=cases, **await _looked_at(cases))


def _p99(taken: Sequence[float]) -> float:
    return sorted(taken)[min(len(taken) - 1, int(len(taken) * 0.99))]


# --- an officer's day ----------------------------------------------------------------------


@dataclass
class _Day:
    taken: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    decided: int = 0
    conflicts: int = 0
    seconds: float = 0


async def _day(run: str, each: int) -> _Day:
    """Two officers take in and accept, two reviewers decide; each ``each`` cases."""
    day = _Day()
    async with running_stack() as stack, _served(stack) as settings:
        office = Office(client=stack.client, task_queue=TASK_QUEUE, run=run)
        numbers = [office.opening(number).case_no for number in range(2 * each)]
        for few in range(0, 2 * each, _AT_ONCE):
            await asyncio.gather(*map(office.submit, range(few, min(few + _AT_ONCE, 2 * each))))
        began = time.perf_counter()
        accepted: asyncio.Queue[str] = asyncio.Queue()
        officer, reviewer = POSTS[Role.OFFICER], POSTS[Role.REVIEWER]
        async with AsyncExitStack() as people, asyncio.TaskGroup() as group:
            for code, own in ((officer.holder, numbers[:each]), (officer.backup, numbers[each:])):
                person = await people.enter_async_context(
                    _person(settings, code, Role.OFFICER, day)
                )
                group.create_task(_takes_in(person, own, accepted))
            for code in (reviewer.holder, reviewer.backup):
                person = await people.enter_async_context(
                    _person(settings, code, Role.REVIEWER, day)
                )
                group.create_task(_decides(person, each, accepted, day))
        day.seconds = time.perf_counter() - began
    return day


async def _takes_in(person: "_Person", numbers: list[str], accepted: asyncio.Queue[str]) -> None:
    for case_no in numbers:
        await person.looks("list", "/desk/tasks")
        await person.does(case_no, "pre-review", {"outcome": "passed"})
        await person.does(case_no, "accept", {})
        await accepted.put(case_no)


async def _decides(person: "_Person", each: int, accepted: asyncio.Queue[str], day: _Day) -> None:
    for _ in range(each):
        await person.looks("list", "/desk/tasks")
        await person.does(await accepted.get(), "review", {"opinion": "材料齐全，符合规定。"})
        day.decided += 1


@asynccontextmanager
async def _served(stack: Stack) -> AsyncIterator[Settings]:
    """Issuer, worker and API beside the stack, each a process; the API answers."""
    given = stack.settings.model_dump(include=stack.settings.model_fields_set)
    ports = {"api_port": free_port(), "issuer_port": free_port()}
    settings = Settings.model_validate(given | _UNHURRIED | ports)
    environment = settings.child_environment() | {"TEMPORAL_ADDRESS": stack.target}
    with (
        part("casework", "issuer", environment=environment),
        part("casework", "worker", environment=environment),
        part("casework", "api", environment=environment),
    ):
        async with httpx.AsyncClient(base_url=settings.api_local_url) as http:
            await _until(http, "/ready")
        yield settings


@dataclass(frozen=True)
class _Person:
    """Somebody in front of the desk, who looks and thinks."""

    http: httpx.AsyncClient
    day: _Day

    async def looks(self, page: str, path: str) -> httpx.Response:
        """Open a page, and think about it."""
        answer = await self._timed(page, "GET", path)
        answer.raise_for_status()
        await asyncio.sleep(THINKING.get(page, 0) / HASTE)
        return answer

    async def does(self, case_no: str, verb: str, typed: Mapping[str, str]) -> None:
        """Carry an act through: case, form, check, send, receipt."""
        way = f"/desk/cases/{case_no}/do/{verb}"
        await self.looks("case", f"/desk/cases/{case_no}")
        page = await self.looks("form", way)
        while True:
            if typed and 'button name="step" value="send"' not in page.text:
                sent = dict(_held(page)) | dict(typed) | {"step": "check"}
                page = await self._timed("check", "POST", way, data=sent)
                page.raise_for_status()
                await asyncio.sleep(THINKING["check"] / HASTE)
            answer = await self._timed(
                "send", "POST", way, data=dict(_held(page)) | {"step": "send"}
            )
            if answer.status_code == HTTPStatus.SEE_OTHER:
                await self.looks("done", answer.headers["location"])
                return
            if answer.status_code != HTTPStatus.PRECONDITION_FAILED:
                answer.raise_for_status()
            self.day.conflicts += 1
            page = answer

    async def _timed(
        self, page: str, method: str, path: str, data: Mapping[str, str] | None = None
    ) -> httpx.Response:
        began = time.perf_counter()
        answer = await self.http.request(method, path, data=data)
        self.day.taken[page].append(1_000 * (time.perf_counter() - began))
        return answer


def _held(page: httpx.Response) -> Iterator[tuple[str, str]]:
    """What a form carries on."""
    for name, value in (*_HIDDEN.findall(page.text), *_CARRIED.findall(page.text)):
        yield name, unescape(value)


@asynccontextmanager
async def _person(
    settings: Settings, code: str, role: Role, day: _Day, district: str = "310106"
) -> AsyncIterator[_Person]:
    headers = _bearer(settings, Actor(code=code, role=role, district=district))
    async with httpx.AsyncClient(
        base_url=settings.api_local_url, headers=headers, timeout=30
    ) as http:
        yield _Person(http, day)


def _bearer(settings: Settings, actor: Actor) -> dict[str, str]:
    now = datetime.now(UTC)  # noqa: TID251 - a measurement happens now
    token = LocalIssuer.open(settings).mint(actor, ttl=timedelta(hours=8), at=now)
    return {"Authorization": f"Bearer {token}"}


# --- a register of very many cases ---------------------------------------------------------


async def _looked_at(cases: int) -> dict[str, float]:
    """The work list and a case, as page and as JSON, in one process over a register alone."""
    today = local_date(datetime.now(UTC))  # noqa: TID251 - a measurement happens now
    with files() as folder:
        async with postgres(folder / "pg") as url:
            await migrate(url)
            await fill(url, 1, cases, today)
            own = {"home": folder, "database_url": url, "issuer_port": free_port()}
            settings = Settings.model_validate(own | _UNHURRIED)
            with part("casework", "issuer", environment=settings.child_environment()):
                return await _timed(settings, url)


async def _timed(settings: Settings, url: str) -> dict[str, float]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    app = create_app(
        settings,
        connect_temporal=_no_temporal,
        open_register=lambda: create_engine(url),
        vault=PLAIN,
    )
    who = _bearer(settings, Actor(code=LOADED, role=Role.OFFICER, district=FIRST))
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://desk", headers=who) as http,
    ):
        first = await _until(http, "/v1/tasks")
        listed = first.json()["items"]
        places = [each["case_no"] for each in listed]
        found: dict[str, float] = {}
        for name, page, asked in (
            ("list", ["/desk/tasks"], ["/v1/tasks?total=true&count_to=1000"]),
            (
                "case",
                [f"/desk/cases/{no}" for no in places],
                [f"/v1/cases/{no}/whole" for no in places],
            ),
        ):
            for kind, paths in ((name, page), (f"{name}_api", asked)):
                taken = [await _one(http, paths[n % len(paths)]) for n in range(LOOKS)]
                found[f"desk_{kind}_p50_ms"] = statistics.median(taken)
                found[f"desk_{kind}_p99_ms"] = _p99(taken)
        return found


async def _until(http: httpx.AsyncClient, path: str) -> httpx.Response:
    """What is at a path once it can be had: processes start, the issuer's keys are fetched."""
    for _ in range(_READY_SECONDS * 5):
        with suppress(httpx.TransportError):
            answer = await http.get(path)
            if answer.status_code == HTTPStatus.OK:
                return answer
        await asyncio.sleep(0.2)
    raise RuntimeError(f"{path} is not to be had")


async def _one(http: httpx.AsyncClient, path: str) -> float:
    began = time.perf_counter()
    answer = await http.get(path)
    taken = 1_000 * (time.perf_counter() - began)
    answer.raise_for_status()
    return taken


async def _no_temporal() -> NoReturn:
    raise RuntimeError("only the register is read")


def main() -> None:
    """Measure and print it."""
    what, *numbers = sys.argv[1:] or ["both"]
    run = uuid.uuid4().hex[:8]  # noqa: TID251 - one name for this measurement
    given = [int(each) for each in numbers]
    ways: dict[str, Callable[[], Coroutine[Any, Any, Desk | Day | Pages]]] = {
        "both": lambda: measure(run, *given),
        "day": lambda: measure_day(run, *given),
        "pages": lambda: measure_pages(*given),
    }
    if what not in ways:
        raise SystemExit(f"one of {', '.join(ways)}, not {what}")
    found = asyncio.run(ways[what]())
    for name, value in asdict(found).items():
        Console().print(f"{name} {value:,.1f}")


if __name__ == "__main__":
    main()
