"""The fake town's front desk: takes what comes in and notes what is to be answered, and when."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from fastapi import HTTPException

from casework.local.town.clerk import Clerk
from casework.local.town.ledger import Ledger
from casework.local.town.orders import (
    BehaviourOrder,
    CasePath,
    CaseRequest,
    DecisionOrder,
    TextMessage,
)
from casework.local.town.records import Answer, Behaviour, Delivery

_USUAL_OUTCOME: dict[CasePath, str] = {
    "/reports": "approved",
    "/archive-calls": "arrived",
    "/parcels": "delivered",
}


@dataclass(frozen=True, kw_only=True)
class Desk:
    """``answer_after_seconds``: when the superior answers a report, None if only by hand.

    Archive calls and parcels are answered only where a behaviour says so.
    """

    ledger: Ledger
    clerk: Clerk
    clock: Callable[[], datetime]
    answer_after_seconds: float | None

    def take_message(self, key: str, message: TextMessage) -> str:
        delivery = Delivery(
            channel="sms", key=key, recipient=message.to, subject="", text=message.text
        )
        with self._faults("/messages"):
            return self.ledger.take(delivery, self.clock())

    def take_request(self, path: CasePath, key: str, request: CaseRequest) -> str:
        """Keep the request and owe its answer; a repeat owes nothing new."""
        delivery = Delivery(
            channel=path.removeprefix("/"),
            key=key,
            recipient=path.removeprefix("/"),
            subject=request.case_no,
            text=request.model_dump_json(),
        )
        with self._faults(path):
            reference = self.ledger.take(delivery, self.clock())
            self._owe(path, reference, request)
            return reference

    def behave(self, order: BehaviourOrder) -> None:
        wait = order.answer_after_seconds
        if "answer_after_seconds" not in order.model_fields_set:
            wait = self.answer_after_seconds
        behaviour = Behaviour(
            path=order.path,
            case_no=order.case_no,
            outcome=order.outcome,
            reasons=order.reasons,
            answer_after_seconds=wait,
        )
        self.ledger.behave(behaviour)

    def decide(self, reference: str, order: DecisionOrder) -> None:
        """Answer one request now.

        Raises:
            HTTPException: 404, there is no unanswered request of that reference.
        """
        now = self.clock().timestamp()
        if not self.ledger.decide(reference, order.outcome, order.reasons, now):
            raise HTTPException(404, "no unanswered request of that reference")
        self.clerk.look()

    def _owe(self, path: CasePath, reference: str, request: CaseRequest) -> None:
        if not request.callback_url:
            return
        preset = self.ledger.behaviour(path, request.case_no) or Behaviour(
            path=path,
            case_no=request.case_no,
            outcome=_USUAL_OUTCOME[path],
            answer_after_seconds=self.answer_after_seconds if path == "/reports" else None,
        )
        wait = preset.answer_after_seconds
        due = None if wait is None else self.clock().timestamp() + wait
        answer = Answer(
            reference=reference,
            case_no=request.case_no,
            callback_url=request.callback_url,
            outcome=preset.outcome,
            reasons=preset.reasons,
        )
        self.ledger.owe(answer, due)
        self.clerk.look()

    @contextmanager
    def _faults(self, path: str) -> Iterator[None]:
        """Fail as planned, before or after the effect."""
        fault = self.ledger.next_fault(path)
        if fault and not fault.after_effect:
            raise HTTPException(fault.status, "planned fault")
        yield
        if fault:
            raise HTTPException(fault.status, "planned fault, taken nevertheless")
