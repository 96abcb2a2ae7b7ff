"""What a verification asks of other systems, and what may come of it."""

from dataclasses import dataclass, replace

import httpx
import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.data_checks import NO_NUMBER, CheckData, DataCheckActivities
from casework.domain.kinds.cycle.state import DataCheck
from casework.local.town import Town
from casework.outside import AnswerError
from casework.store.engine import Sessions
from casework.store.register.parties import RegisterSubjects
from casework.store.register.recording import record
from tests.store.entries import APPLICANT, writer
from tests.town.visitor import Visitor

CHECK = CheckData(case_no="500103-88FF-8418-WG9Q", seq=7, employer="91310106MA1FY7XX05")
CONFIRMED, CONTRADICTED = "310101199003071230", "810000199003071237"


@dataclass(frozen=True)
class Number:
    """Everybody has the same number, or none."""

    number: str

    async def id_number(self, case_no: str) -> str:  # noqa: ARG002 - one case
        return self.number


@pytest.fixture
def checks(town: Town, http: httpx.AsyncClient) -> DataCheckActivities:
    return DataCheckActivities(http, town.http_url, Number(CONFIRMED))


async def run(checks: DataCheckActivities, check: CheckData = CHECK) -> tuple[DataCheck, ...]:
    return await ActivityEnvironment().run(checks.check, check)


async def test_every_source_is_asked_and_named(checks: DataCheckActivities) -> None:
    assert await run(checks) == (
        DataCheck(source="social_insurance", name="社会保险参保", outcome="confirmed"),
        DataCheck(source="employment", name="劳动合同备案", outcome="confirmed"),
        DataCheck(source="credit", name="公共信用信息", outcome="confirmed"),
    )


async def test_only_the_sources_asked_for_answer_and_a_note_is_chinese(
    checks: DataCheckActivities,
) -> None:
    other = replace(checks, subjects=Number(CONTRADICTED))
    assert await run(other, replace(CHECK, sources=("credit",))) == (
        DataCheck(
            source="credit", name="公共信用信息", outcome="contradicted", note="用人单位不一致"
        ),
    )


async def test_repeat_after_a_lost_answer_gets_the_first_answer(
    checks: DataCheckActivities, visitor: Visitor
) -> None:
    check = replace(CHECK, sources=("credit",))
    await visitor.plan_fault("/data-checks", 503, after_effect=True)
    with pytest.raises(httpx.HTTPStatusError):
        await run(checks, check)
    await visitor.post("/data-checks/answers", {"source": "credit", "outcome": "unknown"})
    assert [answer.outcome for answer in await run(checks, check)] == ["confirmed"]
    later = await run(checks, replace(check, seq=8))
    assert [answer.outcome for answer in later] == ["unknown"]


@pytest.mark.parametrize("status", [400, 404, 422])
async def test_refusal_is_not_retried_and_tells_no_number(
    checks: DataCheckActivities, visitor: Visitor, status: int
) -> None:
    await visitor.plan_fault("/data-checks", status)
    with pytest.raises(ApplicationError, match=f"http_{status}") as raised:
        await run(checks)
    assert (raised.value.type, raised.value.non_retryable) == ("DataCheckRefused", True)
    assert CONFIRMED not in str(raised.value)


@pytest.mark.parametrize("status", [401, 408, 429, 500, 503])
async def test_what_waiting_may_mend_is_retried(
    checks: DataCheckActivities, visitor: Visitor, status: int
) -> None:
    await visitor.plan_fault("/data-checks", status)
    with pytest.raises(httpx.HTTPStatusError) as raised:
        await run(checks)
    assert CONFIRMED not in str(raised.value)


async def test_unknown_source_is_an_error_of_ours(checks: DataCheckActivities) -> None:
    with pytest.raises(ApplicationError, match="tax") as raised:
        await run(checks, replace(CHECK, sources=("credit", "tax")))
    assert (raised.value.type, raised.value.non_retryable) == ("DataSourceUnknown", True)


async def test_without_a_number_nobody_is_asked() -> None:
    def unasked(_: httpx.Request) -> httpx.Response:
        pytest.fail("somebody was asked")

    async with httpx.AsyncClient(transport=httpx.MockTransport(unasked)) as http:
        answers = await run(DataCheckActivities(http, "http://x.example", Number("")))
    assert {(answer.outcome, answer.note) for answer in answers} == {("unknown", NO_NUMBER)}


@pytest.mark.parametrize(
    "answer", [b"<html>", b"[]", b'{"other": 1}', b"null", b'{"outcome": "maybe"}']
)
async def test_answer_that_cannot_be_read_is_worth_a_retry(answer: bytes) -> None:
    broken = httpx.MockTransport(lambda _: httpx.Response(200, content=answer))
    async with httpx.AsyncClient(transport=broken) as http:
        checks = DataCheckActivities(http, "http://x.example", Number(CONFIRMED))
        with pytest.raises(AnswerError):
            await run(checks)


async def test_free_text_of_a_source_stays_out_of_the_events() -> None:
    talkative = httpx.MockTransport(
        lambda _: httpx.Response(200, json={"outcome": "unknown", "note": "查无王小明"})
    )
    async with httpx.AsyncClient(transport=talkative) as http:
        checks = DataCheckActivities(http, "http://x.example", Number(CONFIRMED))
        assert {answer.note for answer in await run(checks)} == {""}


async def test_number_is_the_one_in_the_register(sessions: Sessions) -> None:
    case = writer()
    async with sessions.begin() as session:
        await record(session, case.entry())
    subjects = RegisterSubjects(sessions)
    assert await subjects.id_number(case.case_no) == APPLICANT.id_number
    assert await subjects.id_number("500103-NONE") == ""
