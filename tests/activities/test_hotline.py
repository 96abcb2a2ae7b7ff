"""What the hotline 12345 is told of its tickets: once each, or that it will not hear it."""

import json

import httpx
import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.hotline import HotlineActivities, TicketReport, TicketReportReceipt
from casework.local.town import Town
from tests.town.visitor import Visitor

REPORT = TicketReport(
    case_no="310106-88FF-8418-WG9Q",
    seq=5,
    reference="W-2026-0001",
    district="310106",
    fields={"outcome": "answered", "answer": "积分通知书已可自行打印", "closed": "no"},
)
CALLBACK = "http://casework.example/callbacks"


@pytest.fixture
def hotline(town: Town, http: httpx.AsyncClient) -> HotlineActivities:
    return HotlineActivities(http, town.http_url, CALLBACK)


async def told(hotline: HotlineActivities) -> TicketReportReceipt:
    return await ActivityEnvironment().run(hotline.report, REPORT)


async def test_a_report_names_the_hotlines_own_number_and_where_to_answer(
    hotline: HotlineActivities, visitor: Visitor
) -> None:
    assert (await told(hotline)).reference
    message = await visitor.message("ticket-reports", "310106-88FF-8418-WG9Q:5")
    assert message["subject"] == "W-2026-0001"
    assert json.loads(message["text"]) == {
        "case_no": "310106-88FF-8418-WG9Q",
        "seq": 5,
        "reference": "W-2026-0001",
        "district": "310106",
        "fields": REPORT.fields,
        "callback_url": CALLBACK,
    }


async def test_a_lost_answer_and_a_repeat_report_once(
    hotline: HotlineActivities, visitor: Visitor
) -> None:
    await visitor.plan_fault("/ticket-reports", 503, after_effect=True)
    with pytest.raises(httpx.HTTPStatusError):
        await told(hotline)
    assert await told(hotline) == await told(hotline)
    (entry,) = await visitor.outbox("ticket-reports")
    assert entry["repeats"] == 2


async def test_a_refusal_for_good_is_not_retried_and_quotes_nothing(
    hotline: HotlineActivities, visitor: Visitor
) -> None:
    await visitor.plan_fault("/ticket-reports", 404)
    with pytest.raises(ApplicationError, match="http_404") as raised:
        await told(hotline)
    assert (raised.value.type, raised.value.non_retryable) == ("TicketReportRefused", True)
    assert REPORT.fields["answer"] not in str(raised.value)


async def test_where_no_hotline_is_connected_nothing_is_sent(visitor: Visitor) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        unconnected = HotlineActivities(http, None, CALLBACK)
        assert await told(unconnected) == TicketReportReceipt(reference="")
    assert await visitor.outbox("ticket-reports") == []
