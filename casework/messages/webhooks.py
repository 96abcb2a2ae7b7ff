"""Webhooks: a system is told by HTTP what happens in its cases. The messages of their workflow.

The register has the subscription and how far it has been told; a message only names it.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from casework.domain.bounds import Word
from casework.domain.case.facts import Actor

WORKFLOW = "Webhook"
LOOK = "look"
"""The signal after which a webhook looks at once at what the register says of it."""
PATIENCE = timedelta(days=3)
"""A receiver that takes nothing for so long is told no more until somebody resumes it."""


class WebhookStatus(StrEnum):
    """Stored for ever."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return _LABELS[self]


_LABELS = {
    WebhookStatus.PROPOSED: "待批准",
    WebhookStatus.ACTIVE: "推送中",
    WebhookStatus.PAUSED: "已暂停",
    WebhookStatus.ENDED: "已取消",
}


class UndeliveredOutcome(StrEnum):
    """What became of an event that was refused. Stored for ever."""

    OPEN = ""
    DELIVERED = "delivered"
    SET_ASIDE = "set_aside"
    OUT_OF_SIGHT = "out_of_sight"
    ENDED = "ended"

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return _OUTCOMES[self]


_OUTCOMES = {
    UndeliveredOutcome.OPEN: "待处理",
    UndeliveredOutcome.DELIVERED: "已送达",
    UndeliveredOutcome.SET_ASIDE: "不再推送",
    UndeliveredOutcome.OUT_OF_SIGHT: "该系统不再可查阅此件",
    UndeliveredOutcome.ENDED: "订阅已取消",
}


def webhook_id(number: str) -> str:
    """The workflow id of a webhook."""
    return f"webhook.{number}"


@dataclass(frozen=True, kw_only=True)
class StartWebhook:
    """``by`` has made or approved it."""

    id: Word
    by: Actor


@dataclass(frozen=True, kw_only=True)
class Deliver:
    """Tell the receiver what it does not know yet; idempotent, the register knows how far."""

    webhook: str


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """As what the webhook stands now; ``ended`` too where the register has none of that number."""

    status: WebhookStatus
