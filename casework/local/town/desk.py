"""The fake town's front desk: what comes in, what is to be answered, and when."""

import asyncio
import base64
import json
import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import httpx
from fastapi import HTTPException
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from casework.local.town.ledger import Answer, Behaviour, Delivery, Ledger, is_nobody
from casework.local.town.seal import TownSeal

Outcome = Literal["approved", "returned", "refused", "arrived", "delivered", "password_sent"]
CasePath = Literal["/reports", "/archive-calls", "/parcels", "/password-resets"]


class TextMessage(BaseModel):
    """A text message for the gateway."""

    to: str
    text: str


class SealRequest(BaseModel):
    """A letter to be sealed: its digest, and perhaps the file itself in base64."""

    number: str
    office: str
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    file: str = ""


class CaseRequest(BaseModel):
    """A request about a case; whatever else it holds is kept as it is."""

    model_config = ConfigDict(extra="allow")

    case_no: str
    callback_url: str = ""


class ResetRequest(CaseRequest):
    """Whose password is to be set anew: that of a ``person`` or a ``unit``, by their number."""

    account: Literal["person", "unit"]
    number: str


class BehaviourOrder(BaseModel):
    """How requests to come are answered. ``case_no`` ``*``: any case.

    ``answer_after_seconds`` null holds the answer for a decision by hand; left out, the town's
    usual time applies.
    """

    path: CasePath = "/reports"
    case_no: str = "*"
    outcome: Outcome = "approved"
    reasons: str = ""
    answer_after_seconds: float | None = Field(default=None, ge=0)


class DecisionOrder(BaseModel):
    """The answer to one request, by hand and at once."""

    outcome: Outcome
    reasons: str = ""


class FaultOrder(BaseModel):
    """The next ``times`` requests to ``path`` fail with ``status``.

    ``path`` ``smtp``: letters, with an SMTP status. ``after_effect``: the request is taken and
    only its answer is lost.
    """

    path: str
    status: int = Field(ge=400, le=599)
    times: int = Field(default=1, ge=1)
    after_effect: bool = False


class TicketReport(BaseModel):
    """What became of a ticket; whatever else it holds is kept as it is."""

    model_config = ConfigDict(extra="allow")

    case_no: str
    reference: str


class DispatchOrder(BaseModel):
    """The hotline dispatches a ticket: ``ticket`` is POSTed to ``url`` until it is taken."""

    url: str
    ticket: dict[str, object]


class ReturnOrder(BaseModel):
    """The hotline returns a ticket to be handled again, by a callback to ``url``."""

    url: str
    case_no: str
    reasons: str


class OutboxEntry(BaseModel):
    """A message the town took. ``to`` is masked; ``repeats``: how often it came again."""

    channel: str
    key: str
    to: str
    subject: str
    at: AwareDatetime
    repeats: int


class OutboxMessage(OutboxEntry):
    """The same with its text."""

    text: str


_log = logging.getLogger(__name__)

NEW_PASSWORDS = "new-passwords"
"""The channel by which accounts get their new password; Casework sees nothing of it."""

_LONGEST_WAIT = 60.0  # seconds between two attempts


class Clerk:
    """Sends owed answers to their callback addresses.

    An answer may arrive twice (a crash before it is noted): it carries its reference as
    ``Idempotency-Key``. ``token`` is asked for at each attempt, for the outcome that is told.
    """

    def __init__(
        self,
        ledger: Ledger,
        *,
        token: Callable[[str], str],
        clock: Callable[[], datetime],
        retry_after_seconds: float,
    ) -> None:
        self._ledger = ledger
        self._token = token
        self._clock = clock
        self._retry_after = retry_after_seconds
        self._news = asyncio.Event()

    def look(self) -> None:
        """Say that something new may be due."""
        self._news.set()

    async def run(self) -> None:
        """Answer for ever. What an earlier run tried in vain is tried again at once."""
        self._ledger.hurry(self._clock().timestamp())
        async with httpx.AsyncClient(timeout=10, trust_env=False) as http:
            while True:
                self._news.clear()
                due = self._ledger.owed(self._clock().timestamp())
                await asyncio.gather(*(self._answer(http, answer) for answer in due))
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), self._idle_for())

    def _idle_for(self) -> float | None:
        due = self._ledger.next_due()
        return None if due is None else max(0.0, due - self._clock().timestamp())

    async def _answer(self, http: httpx.AsyncClient, answer: Answer) -> None:
        problem = await self._call_back(http, answer)
        if problem is None:
            self._ledger.answered(answer.reference, self._clock())
            return
        _log.warning("callback_unheard", extra={"reference": answer.reference, "problem": problem})
        wait = min(_LONGEST_WAIT, self._retry_after * 2 ** min(answer.attempts, 10))
        self._ledger.postpone(answer.reference, self._clock().timestamp() + wait)

    async def _call_back(self, http: httpx.AsyncClient, answer: Answer) -> str | None:
        """Return None if the answer was heard, else what went wrong."""
        headers = {"Idempotency-Key": answer.reference}
        if token := self._token(answer.outcome):
            headers["Authorization"] = f"Bearer {token}"
        body = {
            "case_no": answer.case_no,
            "reference": answer.reference,
            "outcome": answer.outcome,
            "reasons": answer.reasons,
        }
        if answer.body:
            body = json.loads(answer.body)
        try:
            reply = await http.post(answer.callback_url, json=body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return type(error).__name__
        return None if reply.is_success else f"http_{reply.status_code}"


_USUAL_OUTCOME: dict[CasePath, str] = {
    "/reports": "approved",
    "/archive-calls": "arrived",
    "/parcels": "delivered",
    "/password-resets": "password_sent",
}
_ANSWERED = frozenset({"/reports", "/password-resets"})
"""The town answers these by itself."""


@dataclass(frozen=True, kw_only=True)
class Desk:
    """``answer_after_seconds``: when a report or a reset is answered, None if only by hand.

    Archive calls and parcels are answered only where a behaviour says so.
    """

    ledger: Ledger
    clerk: Clerk
    clock: Callable[[], datetime]
    answer_after_seconds: float | None
    own_seal: TownSeal

    def take_message(self, key: str, message: TextMessage) -> str:
        delivery = Delivery(
            channel="sms", key=key, recipient=message.to, subject="", text=message.text
        )
        if is_nobody(message.to):
            raise HTTPException(422, "no such number")
        with self._faults("/messages"):
            return self.ledger.take(delivery, self.clock())

    def seal(self, key: str, request: SealRequest) -> dict[str, str]:
        """Seal a letter, always the same way for one key. The seal is a fake, and says so."""
        said = f"FAKE SEAL OF THE FAKE TOWN {key} {request.sha256}"
        with self._faults("/seals"):
            reference = self.ledger.take(
                Delivery(
                    channel="seals", key=key, recipient="seals", subject=request.number, text=said
                ),
                self.clock(),
            )
        if not request.file:
            signature = self.own_seal.signature(bytes.fromhex(request.sha256))
            return {"reference": reference, "signature": base64.b64encode(signature).decode()}
        sealed = self.own_seal.seal(base64.b64decode(request.file), said)
        return {"reference": reference, "file": base64.b64encode(sealed).decode()}

    def take_report(self, key: str, report: TicketReport) -> str:
        """Keep what the hotline is told of a ticket; it owes no answer."""
        delivery = Delivery(
            channel="ticket-reports",
            key=key,
            recipient="hotline",
            subject=report.reference,
            text=report.model_dump_json(),
        )
        with self._faults("/ticket-reports"):
            return self.ledger.take(delivery, self.clock())

    def call_out(self, key: str, order: DispatchOrder | ReturnOrder) -> str:
        """Have the hotline dispatch or return a ticket; the same key does so once."""
        delivery = Delivery(
            channel="hotline",
            key=key,
            recipient=order.url,
            subject="",
            text=order.model_dump_json(),
        )
        reference = self.ledger.take(delivery, self.clock())
        if isinstance(order, DispatchOrder):
            case_no, outcome, reasons = "", "dispatched", ""
            body = json.dumps(order.ticket)
        else:
            case_no, outcome, reasons = order.case_no, "hotline_returned", order.reasons
            body = ""
        answer = Answer(
            reference=reference,
            case_no=case_no,
            callback_url=order.url,
            outcome=outcome,
            reasons=reasons,
            body=body,
        )
        self.ledger.owe(answer, self.clock().timestamp())
        self.clerk.look()
        return reference

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

    def reset_password(self, key: str, request: ResetRequest) -> str:
        """Set a new password and send it to the contact of that account, as the town knows it."""
        contact = f"registered-{request.account}@accounts.example.com"
        new = f"{key} 的新密码是 {secrets.token_urlsafe(9)}"
        letter = Delivery(channel=NEW_PASSWORDS, key=key, recipient=contact, subject="", text=new)
        reference = self.take_request("/password-resets", key, request)
        if not any(each.key == key for each in self.ledger.taken([NEW_PASSWORDS])):
            self.ledger.take(letter, self.clock())
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
            answer_after_seconds=self.answer_after_seconds if path in _ANSWERED else None,
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
