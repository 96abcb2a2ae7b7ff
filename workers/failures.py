"""What a failed activity says: enough to see what is to be mended, and nothing of an entry."""

from typing import Any

from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from casework.security.keys.errors import KeysAwayError
from casework.store.faults import FROM_THE_REGISTER, fault_of, words_for


class Failing(Interceptor):
    """Lets an activity that the register keeps from its work fail in words of ours.

    The failure is repeated like any other. Its type is ``REGISTER_<fault>`` where the register
    cannot serve now, and ``REGISTER_REFUSED`` where a statement was refused: PostgreSQL's own
    message may quote what was to be written.
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
