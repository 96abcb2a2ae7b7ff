"""The recorder of a workflow: writes events in order, in batches, each batch once."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from temporalio import workflow
from temporalio.exceptions import ApplicationError, FailureError

from activities.register import RegisterActivities
from casework.domain.case.events import Event
from casework.domain.case.opening import Party
from casework.domain.case.state import Case
from casework.domain.policy import Policy
from casework.domain.time.calendar import WorkingCalendar
from casework.messages.entry import (
    AddressRow,
    NoticeRow,
    Opening,
    OperationRow,
    Recorded,
    make_entry,
)
from casework.messages.temporal import RefusalError
from workflows.options import in_register


@dataclass(frozen=True, kw_only=True)
class Stand:
    """The calendar and version with which a case computes dates now, and when it wakes next.

    ``then``: the state after the next moment, None if none is known.
    """

    calendar: WorkingCalendar
    version: int | None
    wakes_at: datetime | None
    then: Case | None = None


@dataclass(frozen=True, kw_only=True)
class _Pending:
    """What is not in the register yet; ``employer`` replaces the former employer."""

    events: tuple[Event, ...] = ()
    notices: tuple[NoticeRow, ...] = ()
    operations: tuple[OperationRow, ...] = ()
    employer: Party | None = None
    addresses: tuple[AddressRow, ...] = ()

    def then(self, later: "_Pending") -> "_Pending":
        """Return this together with what has happened since."""
        return _Pending(
            events=self.events + later.events,
            notices=self.notices + later.notices,
            operations=self.operations + later.operations,
            employer=later.employer or self.employer,
            addresses=_last_of_each(self.addresses + later.addresses),
        )


def _last_of_each(rows: tuple[AddressRow, ...]) -> tuple[AddressRow, ...]:
    return tuple({row.role: row for row in rows}.values())


def _refusal(error: FailureError) -> RefusalError | None:
    """Return the refusal for the caller who opened the case, if the register's is final."""
    cause = error.cause
    if not isinstance(cause, ApplicationError):
        return None
    if cause.type in {"CYCLE_EXISTS", "SLOT_FULL"}:
        return RefusalError(cause.type, cause.message)
    if cause.type == "CaseTaken":
        return RefusalError("CASE_TAKEN", "此办件编号已有办件，且来自另一次启动，请联系管理员")
    return None


class Recorder:
    """Keeps events until they are in the register.

    ``record`` never waits; ``settle`` returns when everything recorded so far is in the register.
    While one batch is being written, the next one is collected. If dates were computed with orders
    that are no longer in force, the register refuses the batch: then the case reads what is in
    force, and writes everything again.
    """

    def __init__(
        self,
        stand: Callable[[], Stand],
        look_again: Callable[[], Awaitable[None]],
        *,
        written: Case | None,
        opening: Opening | None,
    ) -> None:
        self._stand = stand
        self._look_again = look_again
        self._opening = opening
        self._written = written
        self._latest = written
        self._written_at: datetime | None = None  # when the last entry of this run was decided
        self._pending = _Pending()
        self._writing = False
        self._refused: FailureError | None = None
        self.policy: Policy | None = None  # the one that a case may have from now on
        self.employer_subject: str | None = None  # whose case it is from now on, as employer

    def record(
        self,
        event: Event,
        case: Case,
        notices: tuple[NoticeRow, ...],
        employer: Party | None = None,
    ) -> None:
        """Take note of an event, the state after it, and the notices it asks for.

        ``employer`` replaces the former employer; for the register only.
        """
        happened = _Pending(events=(event,), notices=notices, employer=employer)
        self._pending = self._pending.then(happened)
        self._latest = case

    def readdressed(self, row: AddressRow) -> None:
        """Take note of how a party is reached, together with the events recorded next."""
        self._pending = self._pending.then(_Pending(addresses=(row,)))

    def answered(self, operation: OperationRow) -> None:
        """Take note of the answer to the command that led to the events recorded just before."""
        self._pending = self._pending.then(_Pending(operations=(operation,)))

    def kept(self) -> Callable[[], None]:
        """Return a function that drops what is recorded from now on, if nothing is written."""
        before = (self._latest, self._pending, self.policy, self.employer_subject)

        def take_back() -> None:
            self._latest, self._pending, self.policy, self.employer_subject = before

        return take_back

    async def settle(self) -> None:
        """Return when the register has everything recorded up to now.

        Raises:
            FailureError: the register refuses the case for good (its number is taken).
        """
        target = self._latest.seq if self._latest else 0
        while self._seq() < target:
            if self._refused is not None:
                raise self._refused  # raised to everybody who waits; the run ends with it
            if self._writing:
                await workflow.wait_condition(lambda: not self._writing)
            else:
                await self._write()

    def _another_policy(self, latest: Case) -> Policy | None:
        if self.policy is None or self._written is None or latest.policy == self._written.policy:
            return None
        return self.policy if self.policy.digest == latest.policy else None

    def _seq(self) -> int:
        return self._written.seq if self._written else 0

    async def _write(self) -> None:
        latest = self._latest
        if latest is None:
            return
        stand, pending, decided_at = self._stand(), self._pending, workflow.now()
        entry = make_entry(
            pending.events,
            case=latest,
            before=self._written,
            calendar=stand.calendar,
            notices=pending.notices,
            opening=self._opening if self._written is None else None,
            version=stand.version,
            wakes_at=stand.wakes_at,
            then=stand.then,
            employer=pending.employer,
            employer_subject=self.employer_subject,
            policy=self._another_policy(latest),
            operations=pending.operations,
            addresses=pending.addresses,
            decided_at=decided_at,
            follows=self._written_at,
        )
        self._pending = _Pending()
        self._writing = True
        try:
            answer = await workflow.execute_local_activity_method(
                RegisterActivities.record,
                entry,
                **in_register(f"登记 {len(entry.events)} 项"),
            )
            if answer == Recorded.OUTDATED:
                self._pending = pending.then(self._pending)
                await self._look_again()
            else:
                self._written, self._written_at = latest, decided_at
        except FailureError as error:
            self._refused = _refusal(error) or error
            raise self._refused from None
        finally:
            self._writing = False
