"""What a live API is tested with: a worker on real servers, and a backend that submits."""

import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.client import Client
from temporalio.worker import Worker

from activities.absences import AbsenceActivities
from activities.calendar import CalendarActivities
from activities.cards import CardActivities
from activities.data_checks import DataCheckActivities
from activities.departments import DepartmentActivities
from activities.hotline import HotlineActivities
from activities.mailboxes import MailboxActivities
from activities.mails import MailActivities
from activities.notices import NoticeActivities
from activities.orders import OrderActivities
from activities.outreach import OutreachActivities
from activities.policy_moves import PolicyMoveActivities
from activities.publishing import PublishingActivities
from activities.rebalancing import RebalancingActivities
from activities.register import RegisterActivities
from activities.reports import ReportActivities
from activities.security import AuditActivities
from activities.talent_service import PolicyActivities, RequestActivities, VisitActivities
from activities.webhooks import WebhookActivities
from casework.filing.desk import ServiceDesk
from casework.letters.card_digest import Links
from casework.mailboxes import Mailboxes
from casework.outside import EventSender, MailSender, Receivers, SmsSender, webhook_client
from casework.policy.card_recipients import Recipients
from casework.policy.publishing.versions import catalogue_of
from casework.policy.roster import load_roster
from casework.policy.service_roster import load_service_roster
from casework.policy.staffing import LiveStaff
from casework.security.audit.digests import DigestKey
from casework.security.proof.parts import Trust
from casework.security.webhook_keys import WebhookKeys
from casework.settings import Settings
from casework.store.engine import Sessions
from casework.store.in_force import PublishedCatalogues
from casework.store.materials import MaterialStore
from casework.store.register.parties import RegisterNoticeBook, RegisterSubjects
from tests.files import PDF
from tests.insisting import insisted
from workers.main import Parts, create_worker, mailroom_of, today

ANSWERED = {"reference": "R-1", "tracking_number": "E-1", "outcome": "confirmed", "note": ""}
"""What every outside system answers, each taking from it what it wants."""
MATERIALS = (
    "identity_document",
    "application_form",
    "residence_permit",
    "labour_contract",
    "sealed_copies",
)
Headers = Callable[[str], dict[str, str]]
TRUST = Trust.new()
"""The API and the tests sign by it, and the worker believes it."""
_numbers = itertools.count(1)


class Switch:
    """The register as the worker reaches it; ``away`` keeps every transaction from beginning."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self.away = False

    def begin(self) -> Any:
        if self.away:
            raise ConnectionRefusedError("the register is away")
        return self._sessions.begin()

    def __call__(self) -> AsyncSession:
        return self._sessions()


@asynccontextmanager
async def working(
    client: Client, register: Switch, sessions: Sessions, settings: Settings
) -> AsyncIterator[Worker]:
    """Run a worker; the outside parties take everything and answer nothing."""
    everywhere = httpx.MockTransport(lambda _: httpx.Response(200, json=ANSWERED))
    async with httpx.AsyncClient(transport=everywhere) as http, webhook_client() as receivers:
        mail = MailSender(host="127.0.0.1", port=9, sender="casework@example.com")
        materials = MaterialStore.open(settings.store_url)
        published = PublishedCatalogues(
            catalogue_of(None), sessions, materials, lambda: datetime.now(UTC)
        )
        sms = SmsSender(http=http, url="http://town", signature="某中心")
        room = mailroom_of(settings, sessions, materials, published, LiveStaff(today))
        parts = Parts(
            sessions=sessions,
            register=RegisterActivities(register),  # type: ignore[arg-type]  # all it uses of them
            notices=NoticeActivities(
                book=RegisterNoticeBook(sessions),
                mail=mail,
                sms=sms,
            ),
            departments=DepartmentActivities(
                http=http,
                url="http://town",
                callback_url="",
                number_of=RegisterNoticeBook(sessions).number,
            ),
            hotline=HotlineActivities(http=http, url="http://town", callback_url=""),
            orders=OrderActivities(register),  # type: ignore[arg-type]  # as above
            outreach=OutreachActivities(sessions),
            calendar=CalendarActivities(sessions, mail, "operator@example.com"),
            audit=AuditActivities(sessions, DigestKey.new(), Path("nowhere")),
            reports=ReportActivities(sessions),
            data_checks=DataCheckActivities(
                http=http, url="http://town", subjects=RegisterSubjects(sessions)
            ),
            requests=RequestActivities(sessions),
            visits=VisitActivities(
                sessions,
                lambda day: ServiceDesk(
                    services=published.on(day).services, platforms=load_service_roster()
                ),
            ),
            absences=AbsenceActivities(register, per_second=100),  # type: ignore[arg-type]  # as above
            policies=PolicyActivities(published.on),
            cards=CardActivities(
                sessions=sessions,
                recipients=Recipients(
                    centres=load_roster(),
                    platforms=load_service_roster(),
                    services=lambda day: published.on(day).services,
                ),
                mail=mail,
                sms=sms,
                links=Links(),
                operator="operator@example.com",
            ),
            policy_moves=PolicyMoveActivities(sessions, published.on),
            rebalancing=RebalancingActivities(sessions, published.on),
            publishing=PublishingActivities(sessions, published),
            webhooks=WebhookActivities(
                sessions=sessions,
                sender=EventSender(http=receivers, receivers=Receivers.of(settings)),
                open_keys=lambda: WebhookKeys.open(settings),
                now=lambda: datetime.now(UTC),
                source="http://casework",
                looks_every=timedelta(seconds=0.05),
            ),
            mails=MailActivities(room),
            mailboxes=MailboxActivities(room, Mailboxes(), settings.mail_max_bytes),
        )
        # That workflows may run in the sandbox is for tests/workflows to show.
        async with create_worker(client, parts, TRUST.verifier, sandboxed=False) as worker:
            yield worker


@dataclass(frozen=True)
class Backend:
    """Calls the API for whoever is named."""

    http: httpx.AsyncClient
    bearer: Headers

    async def post(
        self, by: str, path: str, body: Any = None, *, key: str | None = None
    ) -> httpx.Response:
        headers = self.bearer(by) | ({"Idempotency-Key": key} if key else {})
        return await self.http.post(path, json={} if body is None else body, headers=headers)

    async def get(self, by: str, path: str, **asked: Any) -> httpx.Response:
        return await self.http.get(path, params=asked, headers=self.bearer(by))

    async def do(
        self, by: str, case_no: str, verb: str, *, key: str | None = None, **body: Any
    ) -> httpx.Response:
        return await self.post(by, f"/v1/applications/{case_no}/{verb}", body, key=key)

    async def submission(self, **changed: Any) -> dict[str, Any]:
        """A complete application under a reference of its own, its files uploaded."""
        headers = self.bearer("backend")
        stored = await insisted(
            lambda: self.http.post("/v1/materials", content=PDF, headers=headers)
        )
        assert stored.is_success, stored.text
        sha256 = stored.json()["sha256"]
        return {
            "district": "310106",
            "item": "PTS_NEW",
            "source": "points-portal",
            "reference": f"T-{next(_numbers):06}",
            "channel": "online",
            "claims": {
                "self_score": 125,
                "application_form_filed": True,
                "employer_reviewed": True,
                "permit_expires_on": "2099-06-30",
            },
            "materials": [
                {"code": code, "form": "electronic", "sha256": sha256} for code in MATERIALS
            ],
            "applicant": {
                "name": "张三",
                "id_number": "310101199003071230",
                "phone": "13800001234",
            },
            "employer": {"name": "某某公司", "credit_code": "91310106MA1FY7XX05"},
        } | changed

    async def case(self, **changed: Any) -> str:
        """A new case, in the pre-review."""
        answer = await self.post("backend", "/v1/applications", await self.submission(**changed))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["case_no"])

    async def titles(self, case_no: str) -> list[str]:
        answer = await self.get("sh-u1", f"/v1/applications/{case_no}/timeline")
        return [event["kind"] for event in answer.json()["items"]]
