"""Reports to the hotline 12345 what became of the tickets that it has dispatched.

Each report goes once per event (idempotency key ``case_no:seq``) and is answered with a receipt.
The hotline answers later, by a callback to ``callback_url``: ``hotline_returned``.
"""

from dataclasses import asdict, dataclass, field

import httpx
from temporalio import activity
from temporalio.exceptions import ApplicationError

from casework.outside import RefusedError, post_once


@dataclass(frozen=True, kw_only=True)
class TicketReport:
    """Tells the hotline of event ``seq``; ``reference`` is its own number of the ticket.

    ``fields``: ``outcome`` and what belongs to it, see `casework.domain.kinds.ticket.hotline`.
    """

    case_no: str
    seq: int
    reference: str
    district: str
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class TicketReportReceipt:
    """The hotline's number of the report; empty where no hotline is connected."""

    reference: str


@dataclass(frozen=True)
class HotlineActivities:
    """Needs the hotline at ``url``; ``http`` has its credentials. No ``url``: none is connected."""

    http: httpx.AsyncClient
    url: str | None
    callback_url: str

    @activity.defn(name="hotline.report")
    async def report(self, report: TicketReport) -> TicketReportReceipt:
        """Report once; a refusal no retry can mend fails as ``TicketReportRefused``.

        Nothing is sent if no hotline is connected: officers then tell it in its own system.
        """
        if not self.url:
            return TicketReportReceipt(reference="")
        key = f"{report.case_no}:{report.seq}"
        try:
            reference = await post_once(
                self.http,
                f"{self.url.rstrip('/')}/ticket-reports",
                key=key,
                body={**asdict(report), "callback_url": self.callback_url},
                answer="reference",
            )
        except RefusedError as refusal:
            raise ApplicationError(
                f"ticket-reports {key} refused: {refusal.problem}",
                type="TicketReportRefused",
                non_retryable=True,
            ) from None
        return TicketReportReceipt(reference=reference)
