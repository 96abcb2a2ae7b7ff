"""Asks other systems about a talent's work for a verification (大数据核实).

Each source is asked once per event (idempotency key ``case_no:seq:source``) and answers at once.
The identity number goes to the source only: it is read here and stays out of every message,
result and failure.
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol

import httpx
from temporalio import activity
from temporalio.exceptions import ApplicationError

from casework.domain.kinds.cycle.state import DataCheck
from casework.outside import ANSWER_WITHIN, AnswerError

SOURCES = {
    "social_insurance": "社会保险参保",
    "employment": "劳动合同备案",
    "credit": "公共信用信息",
}
OUTCOMES = frozenset({"confirmed", "contradicted", "unknown"})
NOTES = {
    "employer_differs": "用人单位不一致",
    "not_current": "已停保或合同已终止",
    "no_record": "查无记录",
    "adverse_record": "有不良记录",
}
"""The notes that a source may add; free text could bring personal data into the events."""

NO_NUMBER = "未登记证件号码，未能核实"

# Not a fault of the request: it is the wrong moment, or our credentials, so it is tried again.
_WORTH_A_RETRY = {
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.CONFLICT,
    HTTPStatus.TOO_EARLY,
    HTTPStatus.TOO_MANY_REQUESTS,
}


@dataclass(frozen=True, kw_only=True)
class CheckData:
    """Asks about the subject of a case; ``employer``: credit code; ``sources``: keys of SOURCES."""

    case_no: str
    seq: int
    employer: str
    sources: tuple[str, ...] = tuple(SOURCES)


class Subjects(Protocol):
    """Finds the identity number of a case's subject."""

    async def id_number(self, case_no: str) -> str:
        """Return the number of the case's subject, or nothing if it is not known."""


@dataclass(frozen=True)
class DataCheckActivities:
    """Needs the gateway of the sources at ``url``; ``http`` carries the credentials."""

    http: httpx.AsyncClient
    url: str
    subjects: Subjects

    @activity.defn(name="data_checks.check")
    async def check(self, check: CheckData) -> tuple[DataCheck, ...]:
        """Return the answer of each source, in the order asked; a repeat changes nothing.

        A refusal no retry can mend fails as ``DataCheckRefused``, a source that does not exist as
        ``DataSourceUnknown``. Without an identity number nobody is asked: all is unknown.
        """
        if strange := sorted(set(check.sources) - set(SOURCES)):
            raise ApplicationError(
                f"no data source {', '.join(strange)}",
                type="DataSourceUnknown",
                non_retryable=True,
            )
        number = await self.subjects.id_number(check.case_no)
        if not number:
            return tuple(answer(source, "unknown", NO_NUMBER) for source in check.sources)
        return tuple([await self._ask(check, source, number) for source in check.sources])

    async def _ask(self, check: CheckData, source: str, number: str) -> DataCheck:
        key = f"{check.case_no}:{check.seq}:{source}"
        reply = await self.http.post(
            f"{self.url}/data-checks",
            json={
                "case_no": check.case_no,
                "source": source,
                "id_number": number,
                "employer": check.employer,
            },
            headers={"Idempotency-Key": key},
            timeout=ANSWER_WITHIN.total_seconds(),
        )
        if reply.is_client_error and reply.status_code not in _WORTH_A_RETRY:
            raise ApplicationError(
                f"data-checks {key} refused: http_{reply.status_code}",
                type="DataCheckRefused",
                non_retryable=True,
            )
        reply.raise_for_status()
        return _read(source, reply)


def _read(source: str, reply: httpx.Response) -> DataCheck:
    try:
        content: dict[str, Any] = reply.json()
        outcome, note = content["outcome"], content.get("note", "")
    except (ValueError, LookupError, TypeError, AttributeError):
        # The body may repeat what we sent, so it must not be in the failure.
        raise AnswerError("no outcome in the answer") from None
    if outcome not in OUTCOMES:
        raise AnswerError("an outcome that is not known")
    return answer(source, outcome, NOTES.get(note, ""))


def answer(source: str, outcome: str, note: str) -> DataCheck:
    """Return the answer of a source in the form for the case."""
    return DataCheck(source=source, name=SOURCES[source], outcome=outcome, note=note)
