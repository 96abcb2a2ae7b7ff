"""Sends the requests of a case to other authorities and the courier.

Each is asked once per event (idempotency key ``case_no:seq``) and answers at once with a receipt
only. The facts (superior's decision, archive arrived, parcel delivered) come later, by a callback
to ``callback_url``.
"""

from collections.abc import Awaitable, Callable, Mapping
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
class ResetPassword:
    """Asks the account system for a new password; ``account`` is ``person`` or ``unit``."""

    case_no: str
    seq: int
    district: str
    account: str


@dataclass(frozen=True, kw_only=True)
class ResetReceipt:
    """The account system's number of the reset."""

    reference: str


@dataclass(frozen=True, kw_only=True)
class DispatchReceipt:
    """The courier's number, by which the applicant follows the parcel."""

    tracking_number: str


@dataclass(frozen=True)
class DepartmentActivities:
    """Needs the superior system at ``url``; ``http`` has its credentials.

    ``number_of``: the number of a party (case, role) as the register has it.
    """

    http: httpx.AsyncClient
    url: str
    callback_url: str
    number_of: Callable[[str, str], Awaitable[str]]

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

    @activity.defn(name="departments.reset_password")
    async def reset_password(self, reset: ResetPassword) -> ResetReceipt:
        """Have a new password sent to the contact that the account system itself has registered.

        Neither the request nor what is read of the answer holds a password or an address: whoever
        wrote the mail cannot say where it goes. A refusal fails as ``PasswordResetRefused``.
        """
        role = "employer" if reset.account == "unit" else "applicant"
        number = await self.number_of(reset.case_no, role)
        if not number:
            raise ApplicationError(
                "the register has no number of that party",
                type="PasswordResetRefused",
                non_retryable=True,
            )
        body = {"account": reset.account, "number": number, "district": reset.district}
        reference = await self._post(
            "password-resets", reset.case_no, reset.seq, body, "reference", "PasswordResetRefused"
        )
        return ResetReceipt(reference=reference)

    async def _ask(
        self, place: str, request: ReportUp | CallArchive | Dispatch, answer: str, refused_as: str
    ) -> str:
        return await self._post(
            place, request.case_no, request.seq, asdict(request), answer, refused_as
        )

    async def _post(  # noqa: PLR0913, PLR0917 - who is asked what, and what is wanted of the answer
        self,
        place: str,
        case_no: str,
        seq: int,
        body: Mapping[str, object],
        answer: str,
        refused_as: str,
    ) -> str:
        key = f"{case_no}:{seq}"
        said = {"case_no": case_no, **body, "callback_url": self.callback_url}
        try:
            return await post_once(
                self.http, f"{self.url}/{place}", key=key, body=said, answer=answer
            )
        except RefusedError as refusal:
            raise ApplicationError(
                f"{place} {key} refused: {refusal.problem}", type=refused_as, non_retryable=True
            ) from None
