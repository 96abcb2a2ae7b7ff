"""Sends the requests of a case to other authorities and the courier.

Each is asked once per event (idempotency key ``case_no:seq``) and answers at once with a receipt
only. The facts (superior's decision, archive arrived, parcel delivered) come later, by a callback
to ``callback_url``.
"""

from dataclasses import asdict, dataclass, field

import httpx
from temporalio import activity
from temporalio.exceptions import ApplicationError

from casework.outside import RefusedError, post_once


@dataclass(frozen=True, kw_only=True)
class ReportUp:
    """Reports the case up to the superior (上报) for decision."""

    case_no: str
    seq: int
    item: str
    district: str
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ReportReceipt:
    """The superior's number of the report."""

    reference: str


@dataclass(frozen=True, kw_only=True)
class CallArchive:
    """A transfer letter (调档函) to the holder of the personnel file."""

    case_no: str
    seq: int
    item: str
    district: str
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ArchiveReceipt:
    """The number of the transfer letter."""

    reference: str


@dataclass(frozen=True, kw_only=True)
class Dispatch:
    """Sends the result by courier; ``method`` is a ``DeliveryMethod``."""

    case_no: str
    seq: int
    method: str
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class DispatchReceipt:
    """The courier's number, by which the applicant follows the parcel."""

    tracking_number: str


@dataclass(frozen=True)
class DepartmentActivities:
    """Needs the superior system at ``url``; ``http`` has its credentials."""

    http: httpx.AsyncClient
    url: str
    callback_url: str

    @activity.defn(name="departments.report_up")
    async def report_up(self, report: ReportUp) -> ReportReceipt:
        """Report the case once; a refusal no retry can mend fails as ``ReportRefused``."""
        reference = await self._ask("reports", report, "reference", "ReportRefused")
        return ReportReceipt(reference=reference)

    @activity.defn(name="departments.call_archive")
    async def call_archive(self, call: CallArchive) -> ArchiveReceipt:
        """Send the letter once; a refusal no retry can mend fails as ``ArchiveCallRefused``."""
        reference = await self._ask("archive-calls", call, "reference", "ArchiveCallRefused")
        return ArchiveReceipt(reference=reference)

    @activity.defn(name="departments.dispatch")
    async def dispatch(self, parcel: Dispatch) -> DispatchReceipt:
        """Hand the result over once; a refusal no retry can mend fails as ``DispatchRefused``."""
        number = await self._ask("parcels", parcel, "tracking_number", "DispatchRefused")
        return DispatchReceipt(tracking_number=number)

    async def _ask(
        self, place: str, request: ReportUp | CallArchive | Dispatch, answer: str, refused_as: str
    ) -> str:
        key = f"{request.case_no}:{request.seq}"
        try:
            return await post_once(
                self.http,
                f"{self.url}/{place}",
                key=key,
                body={**asdict(request), "callback_url": self.callback_url},
                answer=answer,
            )
        except RefusedError as refusal:
            raise ApplicationError(
                f"{place} {key} refused: {refusal.problem}", type=refused_as, non_retryable=True
            ) from None
