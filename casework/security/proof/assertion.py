"""What a proof says: who sends which message to which workflow, and when; and which runs need one.

It is a compact JWS (EdDSA) in a Temporal header; ``docs/contract.md`` shows one, for backends that
make their own.
"""

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from temporalio import workflow

from casework.domain.case.facts import Actor
from casework.domain.case.opening import Reopened, StartCase
from casework.domain.errors import DomainError
from casework.domain.policy import Role
from casework.messages.absences import StartAbsence
from casework.messages.orders import StartOrder
from casework.messages.outreach import OUTREACH, StartOutreach
from casework.messages.webhooks import StartWebhook
from casework.security.jose import EDDSA

HEADER = "casework-proof"
ALGORITHM = EDDSA
LEEWAY = timedelta(seconds=30)
"""How far the clocks of signer and Temporal may differ."""
FACT_LASTS = timedelta(days=7)
"""A signal waits in Temporal while no worker runs, and is not lost for that; nor is its proof."""


@dataclass(frozen=True, kw_only=True)
class Claims:
    """The content of a proof; times are seconds since 1970, ``jti`` is the id of an update."""

    act: Actor
    verb: str
    case: str
    dig: str
    iat: int
    exp: int
    jti: str


CLAIMS = TypeAdapter(Claims)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """``code`` is empty for what is proved, else the code and reason of the refusal."""

    code: str = ""
    reason: str = ""
    jti: str = ""


@dataclass(frozen=True, kw_only=True)
class Question:
    """A proof as it came, and what it would have to prove; ``at`` is the time of Temporal.

    ``lasts``: no older than that; None: as long as a decision may be on its way (a setting).
    ``refusal``: what the rules of today say against it, though it be proved: so it is recorded.
    """

    token: str
    act: Actor
    verb: str
    case: str
    dig: str
    at: datetime
    jti: str = ""  # empty: any
    lasts: timedelta | None = None
    refusal: Answer | None = None


def speaker_of(message: object) -> Actor | None:
    """Who decides by this message; None: it names nobody, and can be proved by nobody."""
    match message:
        case StartCase(reopened=Reopened() as again):
            return again.by
        case StartCase():
            return message.submitted_by or Actor(
                code=message.source, role=Role.SYSTEM, district=message.district
            )
        case StartOrder():
            return message.order.proposed_by
        case StartAbsence():
            return message.recorded_by
        case StartOutreach():
            by = Actor(code=message.started_by or OUTREACH.code, role=Role.SYSTEM)
            return message.by or by
        case StartWebhook():
            return message.by
    actor = getattr(message, "actor", None)
    return actor if isinstance(actor, Actor) else None


def start_verb(workflow_type: str) -> str:
    """The verb of the start of a workflow."""
    return f"start:{workflow_type}"


def canonical(message: object) -> bytes:
    """A message in the one form that is digested, whoever sends it.

    JSON of what differs from the defaults: keys sorted, no blanks, UTF-8 without escapes.
    """
    kind: Any = type(message)
    plain = _adapter(kind).dump_python(message, mode="json", exclude_defaults=True)
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def digest(message: object) -> str:
    """SHA-256 of the canonical message, base64url without padding."""
    return (
        base64.urlsafe_b64encode(hashlib.sha256(canonical(message)).digest()).decode().rstrip("=")
    )


def disproved(code: str) -> DomainError:
    """The refusal of what is not proved; raised or recorded."""
    return DomainError(code, _REASONS[code])


_REASONS = {
    "PROOF_MISSING": "此操作没有凭证，无法证明由谁办理",
    "PROOF_INVALID": "凭证无效：签名不符或签发方未登记",
    "PROOF_STALE": "凭证已过期或时间不符，请重新办理",
    "PROOF_REPLAYED": "凭证已经使用过，不能再次使用",
    "PROOF_OTHER_CASE": "凭证属于另一办件",
    "PROOF_OTHER_COMMAND": "凭证与此操作的内容不符",
    "SIGNER_NOT_ALLOWED": "签发方无权代表此办理人",
}


@cache
def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


USED = "casework-proofs-used"
"""The header by which a run tells the next one of proofs that must not come again."""

DECIDES_NOTHING = frozenset(
    {
        *("VisitRounds", "CalendarWatch", "AuditDigest", "CardDigests", "Relations", "Reports"),
        "Mailbox",
    }
)
"""Begun by schedules or workers; what they do does not depend on who began them."""
_CHILDREN = frozenset({"Outreach", "VisitRound", "CardDigestsOfDistrict"})
"""Begun by workflows of ours, whose own starts were proved or decide nothing."""


def must_prove_its_start() -> bool:
    """Whether this run ends unless its start is proved; the same on replay.

    What began before there were proofs goes on as it is, and so does what continues it.
    """
    info = workflow.info()
    if info.workflow_type in DECIDES_NOTHING or _continues():
        return False
    if info.parent is not None and info.workflow_type in _CHILDREN:
        return False
    return HEADER in info.headers or workflow.patched("start-proved")


def must_prove_its_signals() -> bool:
    """Whether the run began when signals were proved already, so that none of it is older."""
    headers = workflow.info().headers
    return HEADER in headers or USED in headers


def _continues() -> bool:
    # A client can make runs that follow another by a cron schedule or a retry policy. We never do.
    info = workflow.info()
    ours = info.cron_schedule is None and info.retry_policy is None
    return info.continued_run_id is not None and ours
