"""What the fake town keeps: deliveries, owed answers, presets and planned faults."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """A message or request as it came; ``key`` names it within its channel."""

    channel: str
    key: str
    recipient: str
    subject: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Taken(Delivery):
    """A delivery that was kept. ``repeats``: how often it came again and was dropped."""

    at: str
    repeats: int


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """How requests to ``path`` about a case (``*``: any) are answered; None holds the answer."""

    path: str
    case_no: str
    outcome: str
    reasons: str = ""
    answer_after_seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer the town owes to a callback address."""

    reference: str
    case_no: str
    callback_url: str
    outcome: str
    reasons: str
    attempts: int = 0


@dataclass(frozen=True, kw_only=True)
class Owed(Answer):
    """An answer with its state: ``due`` None is held, ``answered_at`` None is not yet heard."""

    due: float | None
    answered_at: str | None


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A failure to come; ``after_effect``: the request is taken, only its answer is lost."""

    path: str
    status: int
    times: int = 1
    after_effect: bool = False
