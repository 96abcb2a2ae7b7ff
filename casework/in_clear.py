"""What Casework leaves unsealed in Temporal, so that who asked can read the answer by any SDK.

Everything is sealed, except what is of a type that can hold nothing about a person: the answers
that are listed here, and refusals. It goes by the type, never by what a value happens to hold.
"""

from collections.abc import Sequence
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import (
    CompositePayloadConverter,
    DefaultFailureConverter,
    DefaultFailureConverterWithEncodedAttributes,
    PayloadConverter,
)

from casework.absences import AbsenceNumber, LastDay
from casework.keys.codec import leave_open
from casework.keys.errors import ErasedError
from casework.messages import Outcome, Receipt
from casework.orders import OrderOutcome
from casework.outreach import OutreachNumber, Progress
from casework.refusal import RefusalError

OPEN: frozenset[type] = frozenset(
    {Receipt, Outcome, OrderOutcome, Progress, OutreachNumber, AbsenceNumber, LastDay}
)
"""Numbers of cases, stages, codes, counts and days; no field that anybody writes."""

_JSON = PydanticPayloadConverter()


class JsonConverter(CompositePayloadConverter):
    """Pydantic's JSON converter, one for the whole process, which marks what is `OPEN`.

    The sandbox makes a converter for each workflow; a fresh one would build the schema of every
    message anew for every case, which costs more than all else a case does.
    """

    def __init__(self) -> None:
        super().__init__(*_JSON.converters.values())

    def to_payloads(self, values: Sequence[Any]) -> list[Payload]:
        """See base class."""
        payloads = super().to_payloads(values)
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
        # Without cause and trace: they belong to us, and may quote.
        failure.message = exception.message
        about = failure.application_failure_info
        about.type, about.non_retryable = exception.type or "", True
        if exception.details:
            about.details.CopyFrom(payload_converter.to_payloads_wrapper(exception.details))
        for payload in about.details.payloads:
            leave_open(payload)
