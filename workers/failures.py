"""Failures of activities: they name what must be repaired, and contain no data of an entry."""

from typing import Any

from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from casework.security.keys.errors import KeysAwayError
from casework.store.faults import FROM_THE_REGISTER, fault_of, words_for


class Failing(Interceptor):
    """Replaces the error of an activity that fails because of the register by one of our own.

    The activity is tried again like any other. The type is ``REGISTER_<fault>`` if the register
    cannot serve now, and ``REGISTER_REFUSED`` if a statement was refused. PostgreSQL's own message
    is left out, because it may quote the data.
    """

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - the SDK's name
        """Wrap every activity, local or not."""
        return _Worded(next)


class _Worded(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002, ANN401 - the SDK's
        try:
            return await super().execute_activity(input)
        except KeysAwayError as error:
            raise _failure(error.__cause__ or error) from None
        except FROM_THE_REGISTER as error:
            raise _failure(error) from None


def _failure(error: BaseException) -> ApplicationError:
    fault = fault_of(error)
    said = f"is {fault.replace('_', ' ')}" if fault else "refused a statement"
    return ApplicationError(
        f"the register {said} ({words_for(error)})",
        type=f"REGISTER_{fault.upper() if fault else 'REFUSED'}",
    )
