"""What the fake town is asked and told, as JSON."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Outcome = Literal["approved", "returned", "refused", "arrived", "delivered"]
CasePath = Literal["/reports", "/archive-calls", "/parcels"]


class TextMessage(BaseModel):
    """A text message for the gateway."""

    to: str
    text: str


class CaseRequest(BaseModel):
    """A request about a case; whatever else it holds is kept as it is."""

    model_config = ConfigDict(extra="allow")

    case_no: str
    callback_url: str = ""


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
