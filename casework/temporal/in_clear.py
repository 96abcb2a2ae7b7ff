"""What Casework leaves unsealed in Temporal, so that who asked can read the answer by any SDK.

Everything is sealed, except what is of a type that can hold nothing about a person: the answers
that are listed here, and refusals. It goes by the type, never by what a value happens to hold.
"""

from collections.abc import Sequence
from datetime import date
from typing import Self

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema
from pydantic_core.core_schema import no_info_after_validator_function
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.converter import (
    DefaultFailureConverter,
    DefaultFailureConverterWithEncodedAttributes,
    PayloadConverter,
)

from casework.messages.cases import Outcome, Receipt
from casework.messages.orders import OrderOutcome
from casework.messages.outreach import Progress
from casework.messages.temporal import RefusalError
from casework.security.keys.codec import leave_open
from casework.security.keys.errors import ErasedError


class Number(str):
    """The number of an outreach or an absence, as its update answers."""

    __slots__ = ()

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        del source
        return no_info_after_validator_function(cls, handler(str))


class LastDay(date):
    """The last day of an absence, as its update and its workflow answer."""

    @classmethod
    def of(cls, day: date) -> Self:
        """The same day."""
        return cls(day.year, day.month, day.day)

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        del source
        return no_info_after_validator_function(cls.of, handler(date))


OPEN: frozenset[type] = frozenset({Receipt, Outcome, OrderOutcome, Progress, Number, LastDay})
"""Numbers of cases, stages, codes, counts and days; no field that anybody writes."""


def marked(values: Sequence[object], payloads: list[Payload]) -> list[Payload]:
    """The payloads of these values, with the mark of what the codec has to leave open."""
    for value, payload in zip(values, payloads, strict=True):
        if type(value) in OPEN:
            leave_open(payload)
    return payloads


class OpenRefusals(DefaultFailureConverterWithEncodedAttributes):
    """Refusals as they are; of every other failure the words and the trace are for the codec.

    That of an erased case, which has no key, stays as it is.
    """

    def to_failure(
        self, exception: BaseException, payload_converter: PayloadConverter, failure: Failure
    ) -> None:
        """See base class."""
        if isinstance(exception, ErasedError):  # it names a case number, and no key is left for it
            DefaultFailureConverter().to_failure(exception, payload_converter, failure)
            return
        if not isinstance(exception, RefusalError):
            super().to_failure(exception, payload_converter, failure)
            return
        # Without cause and trace: they are for us, and may quote.
        failure.message = exception.message
        about = failure.application_failure_info
        about.type, about.non_retryable = exception.type or "", True
        if exception.details:
            about.details.CopyFrom(payload_converter.to_payloads_wrapper(exception.details))
        for payload in about.details.payloads:
            leave_open(payload)
