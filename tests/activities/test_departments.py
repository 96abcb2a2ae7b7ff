import json
from dataclasses import replace
from typing import Any, NamedTuple

import httpx
import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.departments import (
    CallArchive,
    DepartmentActivities,
    Dispatch,
    ReportUp,
    ResetPassword,
)
from casework.outside import AnswerError
from tests.activities.conftest import number_of
from tests.town.visitor import Visitor

REPORT = ReportUp(
    case_no="310106-88FF-8418-WG9Q",
    seq=12,
    item="HJ_RES",
    district="310106",
    fields={"score": "120"},
)
CALL = CallArchive(case_no="310106-88FF-8418-WG9Q", seq=12, item="HJ_RES", district="310106")
RESET = ResetPassword(case_no="310106-88FF-8418-WG9Q", seq=12, district="310106", account="unit")
PARCEL = Dispatch(case_no="310106-88FF-8418-WG9Q", seq=12, method="ems")


class Asking(NamedTuple):
    name: str
    request: Any
    path: str
    refused_as: str


ASKED = [
    Asking("report_up", REPORT, "/reports", "ReportRefused"),
    Asking("call_archive", CALL, "/archive-calls", "ArchiveCallRefused"),
    Asking("dispatch", PARCEL, "/parcels", "DispatchRefused"),
    Asking("reset_password", RESET, "/password-resets", "PasswordResetRefused"),
]


async def ask(departments: DepartmentActivities, name: str, request: Any) -> Any:
    return await ActivityEnvironment().run(getattr(departments, name), request)


async def test_report_carries_the_case_and_where_to_answer(
    departments: DepartmentActivities, visitor: Visitor
) -> None:
    receipt = await ask(departments, "report_up", REPORT)
    assert receipt.reference
    message = await visitor.message("reports", "310106-88FF-8418-WG9Q:12")
    assert json.loads(message["text"]) == {
        "case_no": "310106-88FF-8418-WG9Q",
        "seq": 12,
        "item": "HJ_RES",
        "district": "310106",
        "fields": {"score": "120"},
        "callback_url": "http://casework.example/callbacks",
    }


async def test_a_new_password_is_sent_by_the_account_system_and_never_seen_here(
    departments: DepartmentActivities, visitor: Visitor
) -> None:
    """The request names an account and no address; the answer is read for its number alone."""
    receipts = [await ask(departments, "reset_password", RESET) for _ in range(2)]
    assert receipts[0] == receipts[1], "the same event sets one password"
    asked = json.loads((await visitor.message("password-resets", f"{RESET.case_no}:12"))["text"])
    assert asked == {
        "case_no": RESET.case_no,
        "account": "unit",
        "number": "91310106MA1FY7XX05",
        "district": "310106",
        "callback_url": "http://casework.example/callbacks",
    }
    sent = await visitor.message("new-passwords", f"{RESET.case_no}:12")
    password = sent["text"].rpartition(" ")[2]
    assert password
    assert password not in repr(receipts)
    nobodys = replace(RESET, case_no="310112-88FF-8418-WG9Q")
    with pytest.raises(ApplicationError) as refused:
        await ask(departments, "reset_password", nobodys)
    assert (refused.value.type, refused.value.non_retryable) == ("PasswordResetRefused", True)


async def test_parcel_gets_a_tracking_number(departments: DepartmentActivities) -> None:
    receipt = await ask(departments, "dispatch", PARCEL)
    assert receipt.tracking_number.startswith("EMS")


@pytest.mark.parametrize("asking", ASKED, ids=lambda asking: asking.name)
async def test_lost_answer_and_repeat_ask_once(
    asking: Asking, departments: DepartmentActivities, visitor: Visitor
) -> None:
    await visitor.plan_fault(asking.path, 503, after_effect=True)
    with pytest.raises(httpx.HTTPStatusError):
        await ask(departments, asking.name, asking.request)
    first = await ask(departments, asking.name, asking.request)

    assert await ask(departments, asking.name, asking.request) == first
    (entry,) = await visitor.outbox(asking.path.removeprefix("/"))
    assert entry["repeats"] == 2


@pytest.mark.parametrize("asking", ASKED, ids=lambda asking: asking.name)
async def test_permanent_refusal_is_not_retried(
    asking: Asking, departments: DepartmentActivities, visitor: Visitor
) -> None:
    await visitor.plan_fault(asking.path, 400)
    with pytest.raises(ApplicationError, match="http_400") as raised:
        await ask(departments, asking.name, asking.request)
    assert raised.value.type == asking.refused_as
    assert raised.value.non_retryable
    assert await visitor.outbox(asking.path.removeprefix("/")) == []


@pytest.mark.parametrize("answer", [b"<html>", b"[]", b'{"other": 1}', b"null"])
async def test_answer_that_cannot_be_read_is_worth_a_retry(answer: bytes) -> None:
    broken = httpx.MockTransport(lambda _: httpx.Response(202, content=answer))
    async with httpx.AsyncClient(transport=broken) as http:
        departments = DepartmentActivities(
            http, "http://superior.example", "http://x.example", number_of
        )
        with pytest.raises(AnswerError, match=r"no reference|no object"):
            await ask(departments, "report_up", REPORT)
