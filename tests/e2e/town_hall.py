"""What tests do with a running stack: submit, act, look, and pull the plug."""

import asyncio
import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import psutil
from temporalio.client import Client

from casework.domain.case.facts import Actor
from casework.domain.policy import Role
from casework.domain.time.calendar import local_date
from casework.local.devstack import free_port
from casework.local.devstack.layout import Layout
from casework.local.devstack.processes import read_record
from casework.local.issuer.tokens import LocalIssuer
from casework.security.proof.parts import open_signing
from casework.settings import LOOPBACK, Settings
from casework.store.engine import create_engine
from casework.store.sealing.ring_vault import RingVault
from casework.temporal import connect
from tests.citizens import citizen
from tests.files import PDF
from tests.insisting import insisted

JINGAN = "310106"
FILES = (
    "identity_document",
    "application_form",
    "residence_permit",
    "labour_contract",
    "sealed_copies",
)
PDF_DIGEST = hashlib.sha256(PDF).hexdigest()
STEPS: tuple[tuple[str, str, Role, dict[str, Any]], ...] = (
    ("pre-review", "ja-o1", Role.OFFICER, {"outcome": "passed"}),
    ("accept", "ja-o1", Role.OFFICER, {}),
    ("review", "ja-r1", Role.REVIEWER, {}),
    ("report-up", "ja-o1", Role.OFFICER, {}),
    ("superior-decision", "sh-u1", Role.SUPERIOR, {"outcome": "approved"}),
    ("deliver", "ja-o1", Role.OFFICER, {"method": "self_print"}),
)
"""The straight path; the fake superior may decide before we do."""

VERBS = tuple(verb for verb, *_ in STEPS)

_CERTIFICATES = httpx.create_ssl_context()
"""Read once; a client that makes its own needs longer for that than for what it asks."""

PATIENCE = timedelta(seconds=300)
"""For what comes by itself, on a machine that has other things to do."""


def stack_settings(home: Path) -> Settings:
    """A stack on ports of its own."""
    return Settings(
        home=home,
        api_port=free_port(),
        api_probe_port=free_port(),
        temporal_port=free_port(),
        ui_port=free_port(),
        town_port=free_port(),
        town_smtp_port=free_port(),
        lmtp_port=free_port(),
        issuer_port=free_port(),
        worker_metrics_address=f"{LOOPBACK}:{free_port()}",
        # While a part is away a request waits for several limits, one after the other.
        request_within_seconds=100,
        # So slow that whoever is killed while it tells is killed in the middle.
        rouse_per_second=20,
    )


def typed(settings: Settings, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command of ours on a stack to its end."""
    return subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-m", "casework", *words],
        env=settings.child_environment() | {"COLUMNS": "200"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE.total_seconds(),
        check=False,
    )


@contextmanager
def beside(settings: Settings, part: str, **changed: object) -> Iterator[subprocess.Popen[bytes]]:
    """One more process of a part of the stack; killed in the end, if it has not been."""
    own = settings.model_copy(update=changed)
    with subprocess.Popen(  # noqa: S603 - ourselves
        [sys.executable, "-m", "casework", part],
        env=own.child_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGKILL)


async def answers(url: str) -> None:
    """Wait until an API answers there, whatever it says."""
    async with httpx.AsyncClient(trust_env=False) as http:
        await insisted(lambda: http.get(f"{url}/v1/verify/x"), within=PATIENCE)


def happened(events: list[dict[str, Any]]) -> list[str]:
    """The kinds of the events, but for what another test's order has had a case note."""
    return [str(event["kind"]) for event in events if event["kind"] != "time_noted"]


@dataclass(frozen=True, kw_only=True)
class TownHall:
    """A running stack."""

    settings: Settings
    welcome: str

    @asynccontextmanager
    async def counter(
        self, code: str, role: Role, district: str = JINGAN
    ) -> AsyncIterator[httpx.AsyncClient]:
        """HTTP as one officer."""
        actor = Actor(code=code, role=role, district=district)
        now = datetime.now(UTC)
        token = LocalIssuer.open(self.settings).mint(actor, ttl=timedelta(hours=1), at=now)
        async with httpx.AsyncClient(
            base_url=f"{self.settings.api_local_url}/v1",
            headers={"Authorization": f"Bearer {token}"},
            timeout=PATIENCE.total_seconds(),
            trust_env=False,
            verify=_CERTIFICATES,
        ) as http:
            yield http

    @asynccontextmanager
    async def temporal(self) -> AsyncIterator[Client]:
        """A client that seals, opens and signs as the parts of this stack do."""
        now = datetime.now(UTC)
        vault = RingVault.open(self.settings, lambda: create_engine(self.settings.database), at=now)
        async with aclosing(vault):
            yield await connect(
                self.settings, vault=vault, signing=open_signing(self.settings, "api")
            )

    def application(self, reference: str, **changes: Any) -> dict[str, Any]:
        """A points application with all its files."""
        year = local_date(datetime.now(UTC)).year + 1
        return {
            "district": JINGAN,
            "item": "PTS_NEW",
            "source": "points-portal",
            "reference": reference,
            "channel": "online",
            "claims": {
                "application_form_filed": True,
                "self_score": 130,
                "employer_reviewed": True,
                "permit_expires_on": f"{year}-12-01",
            },
            "materials": [
                {"code": code, "form": "electronic", "sha256": PDF_DIGEST} for code in FILES
            ],
            "applicant": {
                "name": "张三",
                "id_number": citizen(reference),
                "email": f"{reference}@mail.example.com",
            },
        } | changes

    async def submit(self, reference: str, **changes: Any) -> str:
        """Open a case, however long it takes; return its number."""
        async with self.counter("backend", Role.SYSTEM, "") as http:
            await self.upload(http)
            answer = await self.insist(
                http, "/applications", self.application(reference, **changes)
            )
            assert "case_no" in answer, answer
            return str(answer["case_no"])

    async def upload(self, http: httpx.AsyncClient) -> None:
        """Put the one sample file into the store, however long it takes."""
        kept = await insisted(lambda: http.post("/materials", content=PDF), within=PATIENCE)
        assert kept.is_success, kept.text

    async def act(self, case_no: str, step: int, key: str = "") -> dict[str, Any]:
        """Take a step of the straight path, however long it takes."""
        verb, code, role, fields = STEPS[step]
        async with self.counter(code, role) as http:
            path = f"/applications/{case_no}/{verb}"
            return await self.insist(http, path, fields, key=key or f"{case_no}-{verb}")

    async def _bring(self, case_no: str, papers: int) -> None:
        async with self.counter("backend", Role.SYSTEM, "") as http:
            path = f"/applications/{case_no}/materials-received"
            for number in range(papers):
                body = {"materials": [{"code": "labour_contract", "form": "paper"}]}
                answer = await self.insist(http, path, body, key=f"{case_no}-paper-{number}")
                assert "seq" in answer, answer

    async def insist(
        self, http: httpx.AsyncClient, path: str, body: dict[str, Any], key: str = ""
    ) -> dict[str, Any]:
        """Send again under the same key until there is an answer, as a good client does."""
        headers = {"Idempotency-Key": key} if key else {}

        async def ask() -> httpx.Response:
            answer = await http.post(path, json=body, headers=headers)
            if answer.status_code == HTTPStatus.ACCEPTED:
                return await self.follow(http, answer.headers["Location"])
            return answer

        return dict((await insisted(ask, within=PATIENCE)).json())

    async def follow(self, http: httpx.AsyncClient, location: str) -> httpx.Response:
        while True:
            answer = await http.get(f"{self.settings.api_local_url}{location}")
            if answer.status_code != HTTPStatus.ACCEPTED:
                return answer
            await asyncio.sleep(0.3)

    async def until(self, case_no: str, stage: str) -> dict[str, Any]:
        """Wait until the register shows the stage."""
        async with self.counter("ja-o1", Role.OFFICER) as http:
            async with asyncio.timeout(PATIENCE.total_seconds()):
                while True:
                    answer: dict[str, Any] = await self.look(http, f"/applications/{case_no}")
                    if answer.get("stage") == stage:
                        return answer
                    await asyncio.sleep(0.2)

    async def look(self, http: httpx.AsyncClient, path: str) -> Any:
        try:
            answer = await http.get(path)
        except httpx.TransportError:
            return {}
        return answer.json() if answer.is_success else {}

    async def see_through(self, reference: str, *, papers: int = 0) -> str:
        """One case from submission to archive, whatever happens meanwhile.

        So many ``papers`` come while it is under review, one after the other.
        """
        case_no = await self.submit(reference)
        for step in range(len(STEPS)):
            await self.act(case_no, step)
            if VERBS[step] == "accept":
                await self._bring(case_no, papers)
        await self.until(case_no, "archived")
        return case_no

    async def outbox(self, *channels: str) -> list[dict[str, Any]]:
        """What the town has taken: notices, or what came by these channels."""
        async with httpx.AsyncClient(trust_env=False) as http:
            address = f"http://127.0.0.1:{self.settings.town_port}/outbox"
            answer = await http.get(address, params={"channel": channels})
            return list(answer.json())

    def part(self, name: str) -> psutil.Process:
        """The process of a part as it runs now."""
        record = read_record(Layout(self.settings.home).run, name)
        assert record is not None, name
        return psutil.Process(record.pid)

    async def kill(self, name: str) -> None:
        """kill -9, and wait until the supervisor has a new one."""
        old = self.part(name)
        for process in [old, *old.children(recursive=True)]:
            os.kill(process.pid, signal.SIGKILL)
        async with asyncio.timeout(PATIENCE.total_seconds()):
            while self._pid(name) in (None, old.pid):
                await asyncio.sleep(0.1)

    def _pid(self, name: str) -> int | None:
        record = read_record(Layout(self.settings.home).run, name)
        return record.pid if record else None

    @asynccontextmanager
    async def frozen(self, name: str) -> AsyncIterator[None]:
        """Hold a part still, as if its machine had gone; it goes on afterwards."""
        process = self.part(name)
        family = [process, *process.children(recursive=True)]
        for member in family:
            member.suspend()
        try:
            yield
        finally:
            for member in family:
                if member.is_running():
                    member.resume()
