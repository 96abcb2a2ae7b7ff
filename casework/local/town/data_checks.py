"""The fake town's databases: what they say of somebody, by a made-up rule or as they are told.

A number that ends in an even digit is confirmed, in an odd one contradicted, in X not known.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import FastAPI, Header, HTTPException
from pydantic import BaseModel

from casework.local.town.ledger import Behaviour, Ledger

PATH = "/data-checks"
_GIVEN = f"{PATH}/given"

DataSource = Literal["social_insurance", "employment", "credit"]
Outcome = Literal["confirmed", "contradicted", "unknown"]
Key = Annotated[str, Header(alias="Idempotency-Key", min_length=1)]


class DataQuestion(BaseModel):
    """What one source is asked of a person and a firm."""

    case_no: str
    source: DataSource
    id_number: str
    employer: str


class DataAnswer(BaseModel):
    """What it says; ``note`` is a code."""

    outcome: Outcome
    note: str = ""


class DataAnswerOrder(DataAnswer):
    """What a source is to say from now on. ``case_no`` ``*``: of any case."""

    source: DataSource
    case_no: str = "*"


@dataclass(frozen=True)
class Databases:
    """All sources; what they were told and what they have said is kept in the ledger."""

    ledger: Ledger

    def tell(self, order: DataAnswerOrder) -> None:
        """Preset the answers to questions that come from now on."""
        self._keep(f"{PATH}/{order.source}", order.case_no, order)

    def ask(self, key: str, question: DataQuestion) -> DataAnswer:
        """Answer; the same key again gets the same answer. Fails as planned.

        Raises:
            HTTPException: a planned fault, before or after the answer was kept.
        """
        fault = self.ledger.next_fault(PATH)
        if fault and not fault.after_effect:
            raise HTTPException(fault.status, "planned fault")
        answer = self._kept(_GIVEN, key) or self._find(question)
        self._keep(_GIVEN, key, answer)
        if fault:
            raise HTTPException(fault.status, "planned fault, taken nevertheless")
        return answer

    def _find(self, question: DataQuestion) -> DataAnswer:
        told = self._kept(f"{PATH}/{question.source}", question.case_no)
        return told or by_rule(question.id_number)

    def _kept(self, path: str, name: str) -> DataAnswer | None:
        kept = self.ledger.behaviour(path, name)
        if kept is None:
            return None
        return DataAnswer.model_validate({"outcome": kept.outcome, "note": kept.reasons})

    def _keep(self, path: str, name: str, answer: DataAnswer) -> None:
        self.ledger.behave(
            Behaviour(path=path, case_no=name, outcome=answer.outcome, reasons=answer.note)
        )


def add_data_checks(app: FastAPI, databases: Databases) -> None:
    """Add the sources' own route, and the lever that tells them what to say."""

    @app.post(PATH)
    async def check(question: DataQuestion, key: Key) -> DataAnswer:
        return databases.ask(key, question)

    @app.post(f"{PATH}/answers", status_code=204)
    async def tell(order: DataAnswerOrder) -> None:
        databases.tell(order)


def by_rule(id_number: str) -> DataAnswer:
    """What a source says of a number of which it was told nothing."""
    last = id_number[-1:]
    if not last.isdecimal():
        return DataAnswer(outcome="unknown", note="no_record")
    if int(last) % 2:
        return DataAnswer(outcome="contradicted", note="employer_differs")
    return DataAnswer(outcome="confirmed")
