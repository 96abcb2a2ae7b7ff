"""A ticket of the hotline 12345 as a workflow: what the hotline hears, and what it returns."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import httpx
import pytest

from casework.domain.case.facts import Actor
from casework.domain.kinds.registry import CaseKind, workflow_id
from casework.domain.kinds.ticket.commands import (
    AnswerTicket,
    HotlineReturned,
    ReturnTicket,
    RevisitCaller,
    SignTicket,
)
from casework.domain.kinds.ticket.commands import ContactCaller as Contact
from casework.domain.kinds.ticket.opening import StartTicket
from casework.domain.kinds.ticket.state import Resolution, Ticket, TicketSource
from casework.domain.policy import Role
from casework.domain.time.calendar import local_date
from casework.messages.cases import Outcome, Receipt, number_of
from casework.messages.temporal import TASK_QUEUE
from casework.policy.calendars import load_calendar
from casework.policy.service_catalogue import load_service_catalogue
from casework.rehearsal.world import Office
from casework.store.register.cases import state
from tests.domain.ticket import CALLER, JINGAN, POSTS
from tests.town.visitor import Visitor
from tests.workflows.conftest import Bench, Handle

OFFICER = Actor(code="ja-o1", role=Role.OFFICER, district=JINGAN)
HOTLINE = Actor(code="hotline", role=Role.SYSTEM)
REFERENCE = "W-2026-0001"


@dataclass(frozen=True)
class Hotline:
    """A ticket that the hotline has dispatched, and what the hotline hears of it."""

    bench: Bench
    handle: Handle
    case_no: str
    visitor: Visitor

    async def do(self, verb: str, command: object) -> None:
        await self.handle.execute_update(verb, command, result_type=Receipt)

    async def heard(self) -> list[str]:
        told = []
        for entry in await self.visitor.outbox("ticket-reports"):
            message = await self.visitor.message("ticket-reports", entry["key"])
            said = json.loads(message["text"])
            assert (said["case_no"], said["reference"]) == (self.case_no, REFERENCE)
            told.append(said["fields"]["outcome"])
        return told

    async def now(self) -> Ticket:
        async with self.bench.sessions() as session:
            found = await state(session, self.case_no)
        assert isinstance(found, Ticket)
        return found


@pytest.fixture
async def hotline(bench: Bench, office: Office) -> AsyncIterator[Hotline]:
    now = await bench.environment.get_current_time()
    policy = load_service_catalogue().of_kind(CaseKind.TICKET, JINGAN, local_date(now))
    start = StartTicket(
        case_no=number_of(CaseKind.TICKET, JINGAN, "hotline-12345", REFERENCE),
        district=JINGAN,
        source="hotline-12345",
        reference=REFERENCE,
        content="",
        item=policy,
        calendar=load_calendar(),
        office="静安区人才服务中心",
        channel=TicketSource.HOTLINE_12345.value,
        posts=POSTS,
        applicant=CALLER,
        came_by=TicketSource.HOTLINE_12345,
        subject_matter="积分申请提交两周未有回音",
        by_date=True,
        submitted_by=HOTLINE,
    )
    handle: Handle = await bench.environment.client.start_workflow(
        "HotlineTicket",
        start,
        id=workflow_id(CaseKind.TICKET, start.case_no),
        task_queue=TASK_QUEUE,
        result_type=Outcome,
    )
    async with httpx.AsyncClient(trust_env=False) as http:
        town = office.parts.hotline.url
        assert town is not None
        yield Hotline(bench, handle, start.case_no, Visitor(http, town))


async def test_reports_wait_for_the_hotline_in_their_order_and_a_return_reopens(
    hotline: Hotline,
) -> None:
    answer = AnswerTicket(actor=OFFICER, resolution=Resolution.RESOLVED, answer="已可自行打印")
    await hotline.do("sign_ticket", SignTicket(actor=OFFICER))
    await hotline.do("contact_caller", Contact(actor=OFFICER, reached=True))
    # It is away for hours, and one receipt is lost: nobody waits for it.
    await hotline.visitor.plan_fault("/ticket-reports", 503, times=12)
    await hotline.visitor.plan_fault("/ticket-reports", 503, after_effect=True)
    await hotline.do("answer_ticket", answer)
    said = RevisitCaller(actor=OFFICER, resolved=True, satisfied=True)
    await hotline.do("revisit_caller", said)
    assert not (await hotline.now()).is_open
    assert await hotline.heard() == []

    await hotline.bench.environment.sleep(timedelta(days=1))
    await hotline.bench.rest(hotline.handle)
    assert await hotline.heard() == ["answered", "revisited"]

    returned = HotlineReturned(actor=HOTLINE, reason="诉求人来电称仍无法打印")
    await hotline.handle.signal("hotline_returned", returned)
    await hotline.bench.rest(hotline.handle)
    assert (await hotline.now()).round == 2
    await hotline.do("answer_ticket", answer)
    await hotline.do("revisit_caller", said)
    await hotline.bench.rest(hotline.handle)
    assert await hotline.heard() == ["answered", "revisited"] * 2


async def test_a_report_that_is_refused_for_good_is_an_officers_task(hotline: Hotline) -> None:
    await hotline.visitor.plan_fault("/ticket-reports", 404)
    back = ReturnTicket(actor=OFFICER, to="区住房保障部门", reason="不属于本单位职责")
    await hotline.do("return_ticket", back)
    await hotline.bench.rest(hotline.handle)
    (task,) = (await hotline.now()).open_tasks
    assert task.about == "report_ticket:TicketReportRefused"
    assert task.holder == "ja-o1"
