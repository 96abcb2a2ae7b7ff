"""How every process of Casework speaks to Temporal: connection, converter, search attributes."""

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Self

import structlog
from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema
from pydantic_core.core_schema import no_info_after_validator_function
from temporalio import workflow
from temporalio.api.common.v1 import Payload, WorkflowExecution
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.failure.v1 import Failure
from temporalio.api.operatorservice.v1 import (
    AddSearchAttributesRequest,
    ListSearchAttributesRequest,
)
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.api.workflowservice.v1 import SignalWorkflowExecutionRequest
from temporalio.client import Client, Interceptor
from temporalio.common import RawValue, SearchAttributeIndexedValueType, SearchAttributeKey
from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import (
    CompositePayloadConverter,
    DataConverter,
    DefaultFailureConverter,
    DefaultFailureConverterWithEncodedAttributes,
    PayloadConverter,
    SerializationContext,
    WorkflowSerializationContext,
)
from temporalio.envconfig import ClientConfig, ClientConnectConfig
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import (
    HandleQueryInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)
from temporalio.worker import Interceptor as WorkerInterceptor

from casework.messages.cases import Outcome, Receipt
from casework.messages.orders import OrderOutcome
from casework.messages.outreach import Progress
from casework.messages.temporal import RefusalError
from casework.security.keys.codec import SealingCodec, leave_open
from casework.security.keys.errors import AlteredError, ErasedError, NotOurKeyError
from casework.security.keys.vault import PLAIN, Vault
from casework.security.proof.signing import proof_of_signal
from casework.security.unreadable import Unreadable, closed, is_erased, unsaid
from casework.settings import LOOPBACK, Settings, SettingsError

# --- what stays open -----------------------------------------------------------------------
# What Casework leaves unsealed in Temporal, so that who asked can read the answer by any SDK.
#
# Everything is sealed, except what is of a type that can hold nothing about a person: the answers
# that are listed here, and refusals. It goes by the type, never by what a value happens to hold.


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


# --- connection and converter --------------------------------------------------------------
# The cluster is chosen by the standard ``TEMPORAL_*`` variables or a ``temporal.toml`` profile
# (`temporalio.envconfig`); when neither names an address, it is the local stack's server.


DEFAULT_NAMESPACE = "default"

_JSON = PydanticPayloadConverter()
_READ_BY_TYPE = b"json/plain"

log = structlog.get_logger("temporal")


class SharedPayloadConverter(CompositePayloadConverter):
    """Pydantic's JSON converter, one for the whole process.

    The sandbox makes a converter for each workflow; a fresh one would build the schema of every
    message anew for every case, which costs more than all else a case does.
    """

    def __init__(self) -> None:
        super().__init__(*_JSON.converters.values())

    def to_payloads(self, values: Sequence[Any]) -> list[Payload]:
        """Write each value; what may be left open is marked so."""
        return marked(values, super().to_payloads(values))

    def with_context(self, context: SerializationContext) -> Self:
        """Return what reads what a workflow is sent; of what its activities answer, as before."""
        if not isinstance(context, WorkflowSerializationContext):
            return self
        return OutsideConverter(context.workflow_id)  # type: ignore[return-value]  # as good as one


class OutsideConverter(SharedPayloadConverter):
    """Reads what others have sent to one workflow: starts, updates, signals, queries.

    What has a type and cannot be read as that is refused as an ApplicationError: it ends a start,
    and rejects an update. What has none (a signal's) becomes an `Unreadable`, for the handler; so
    does what was erased, of which only the workflow knows whether it is told for the first time.
    """

    def __init__(self, workflow_id: str = "") -> None:
        super().__init__()
        self._workflow_id = workflow_id

    def from_payloads(
        self, payloads: Sequence[Payload], type_hints: list[type] | None = None
    ) -> list[Any]:
        """Read each payload; raise ApplicationError for one that is not of its type."""
        hints: Sequence[Any] = type_hints or [None] * len(payloads)
        return [self._read(payload, hint) for payload, hint in zip(payloads, hints, strict=True)]

    def _read(self, payload: Payload, hint: Any) -> Any:  # noqa: ANN401 - whatever is expected
        typed = hint not in {None, Any, object, RawValue}
        try:
            if typed and payload.metadata.get("encoding") != _READ_BY_TYPE:
                raise ValueError(_READ_BY_TYPE)  # noqa: TRY301 - the others do not look at the type
            (value,) = super().from_payloads([payload], [hint])
        except Exception as error:  # noqa: BLE001 - whatever it was that others sent
            unreadable = Unreadable(erased=True) if is_erased(payload) else Unreadable.of(error)
            if not typed or unreadable.erased:
                return unreadable
            log.warning("message_unreadable", case=self._workflow_id, type=_name_of(hint))
            raise unreadable.refusal() from None
        return value


class OpeningConverter(DataConverter):
    """Opens on a worker what others have sent, and never raises for what they alone can send.

    For a workflow's task the SDK opens every payload at once, by the methods with an
    underscore; one that cannot be opened becomes `closed()`. What our own part in it is to blame
    for, a register that does not answer or a key that has not reached us, is raised: the task is
    tried again. Everybody else (clients, activities) calls ``encode`` and ``decode``, which raise
    for both.
    """

    async def encode(self, values: Sequence[Any]) -> list[Payload]:
        """Write and seal.

        Raises:
            KeysError: nothing can be sealed, now or ever.
        """
        written = self.payload_converter.to_payloads(values)
        return await self.payload_codec.encode(written) if self.payload_codec else written

    async def decode(
        self, payloads: Sequence[Payload], type_hints: list[type] | None = None
    ) -> list[Any]:
        """Open and read.

        Raises:
            KeysError: a payload cannot be opened, now or ever.
        """
        opened = await self.payload_codec.decode(payloads) if self.payload_codec else payloads
        return _STRICT.from_payloads(opened, type_hints)

    async def _decode_reference_payload_sequence(
        self, payloads: Sequence[Payload]
    ) -> list[Payload]:
        return list(payloads)  # we keep nothing outside: a reference is nothing that we can read

    async def _external_retrieve_payload_sequence(
        self, payloads: Sequence[Payload]
    ) -> list[Payload]:
        return list(payloads)

    async def _decode_payload_sequence(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [await self._opened(payload) for payload in payloads]

    async def _opened(self, payload: Payload) -> Payload:
        if self.payload_codec is None:
            return payload
        try:
            (opened,) = await self.payload_codec.decode([payload])
        except ErasedError:
            return closed(erased=True)
        except (AlteredError, NotOurKeyError):
            return closed()
        return opened

    async def _encode_payload_sequence(self, payloads: Sequence[Payload]) -> list[Payload]:
        if self.payload_codec is None:
            return list(payloads)
        try:
            return await self.payload_codec.encode(payloads)
        except ErasedError:  # whoever still speaks for an erased case has to end, but says nothing
            return [unsaid() for _ in payloads]


_STRICT = DataConverter(payload_converter_class=SharedPayloadConverter).payload_converter


def _name_of(kind: Any) -> str:  # noqa: ANN401 - whatever is expected
    return getattr(kind, "__name__", "")


# In plain text: for rehearsals, replays of histories that were never sealed, and most tests.
data_converter = OpeningConverter(payload_converter_class=SharedPayloadConverter)


def sealed_converter(vault: Vault, *, sealing: bool = True) -> DataConverter:
    """The converter of every process of production: payloads and failures sealed by case.

    Answers and refusals are not (``casework.temporal``): who asked has no key.
    Without ``sealing`` nothing more is sealed, and what was before can still be read.
    """
    return OpeningConverter(
        payload_converter_class=SharedPayloadConverter,
        payload_codec=SealingCodec(vault, sealing=sealing),
        failure_converter_class=OpenRefusals if sealing else DefaultFailureConverter,
    )


# --- what the Web UI shows of a workflow ----------------------------------------------------


class Showing(WorkerInterceptor):
    """Lets a workflow make its current details when somebody asks for them.

    It has them as the property ``current_details``, None as long as those hold that it has set.
    Making them at each step took 7 % of a replay.
    """

    def workflow_interceptor_class(
        self,
        input: WorkflowInterceptorClassInput,  # noqa: A002 - the SDK's name
    ) -> type[WorkflowInboundInterceptor]:
        """See base class."""
        del input
        return _Shown


class _Shown(WorkflowInboundInterceptor):
    async def handle_query(self, input: HandleQueryInput) -> Any:  # noqa: A002, ANN401 - the SDK's
        answer = await super().handle_query(input)
        if isinstance(answer, WorkflowMetadata):
            details = getattr(workflow.instance(), "current_details", None)
            if details is not None:
                answer.current_details = details
        return answer


# In plain text for ever, so never anything about a person (design.md, decision 9).
CaseStage = SearchAttributeKey.for_keyword("CaseStage")
CaseItem = SearchAttributeKey.for_keyword("CaseItem")
District = SearchAttributeKey.for_keyword("District")
Channel = SearchAttributeKey.for_keyword("Channel")
Card = SearchAttributeKey.for_keyword("Card")
Holder = SearchAttributeKey.for_keyword("Holder")
Team = SearchAttributeKey.for_keyword("Team")
PolicyVersion = SearchAttributeKey.for_keyword("PolicyVersion")
GreenChannel = SearchAttributeKey.for_bool("GreenChannel")
OpenDebts = SearchAttributeKey.for_int("OpenDebts")
DueOn = SearchAttributeKey.for_datetime("DueOn")

SEARCH_ATTRIBUTES: tuple[SearchAttributeKey[Any], ...] = (
    CaseStage,
    CaseItem,
    District,
    Channel,
    Card,
    Holder,
    Team,
    PolicyVersion,
    GreenChannel,
    OpenDebts,
    DueOn,
)

_WIRE_TYPES = {
    SearchAttributeIndexedValueType.KEYWORD: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    SearchAttributeIndexedValueType.BOOL: IndexedValueType.INDEXED_VALUE_TYPE_BOOL,
    SearchAttributeIndexedValueType.INT: IndexedValueType.INDEXED_VALUE_TYPE_INT,
    SearchAttributeIndexedValueType.DATETIME: IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
}


def configured() -> ClientConnectConfig:
    """Return what ``TEMPORAL_*`` and the profile say; no ``target_host``: the local stack."""
    return ClientConfig.load_client_connect_config()


def namespace() -> str:
    """Return the namespace in force."""
    return configured().get("namespace") or DEFAULT_NAMESPACE


def target(settings: Settings) -> str:
    """Return ``host:port`` of the cluster in force."""
    return configured().get("target_host") or f"{LOOPBACK}:{settings.temporal_port}"


def measuring(address: str) -> Runtime:
    """A runtime of the SDK that shows its metrics, and ours, to Prometheus at ``host:port``.

    Raises:
        SettingsError: nothing can listen there.
    """
    page = PrometheusConfig(
        bind_address=address,
        counters_total_suffix=True,
        unit_suffix=True,
        durations_as_seconds=True,
    )
    try:
        return Runtime(telemetry=TelemetryConfig(metrics=page))
    except ValueError as error:
        raise SettingsError(f"CASEWORK_WORKER_METRICS_ADDRESS: {error}") from None


async def connect(
    settings: Settings,
    *,
    vault: Vault = PLAIN,
    signing: Interceptor | None = None,
    runtime: Runtime | None = None,
) -> Client:
    """Connect to the cluster in force; raise `RuntimeError` when it does not answer.

    Without a vault, as for a look at a queue, the client can neither seal payloads nor open them.
    ``runtime`` as of `measuring`; without one nothing is measured.
    """
    config = configured()
    config["target_host"] = target(settings)
    converter: DataConverter = data_converter
    if vault is not PLAIN:
        converter = sealed_converter(vault, sealing=settings.encrypt_payloads)
    return await Client.connect(
        **config,
        data_converter=converter,
        interceptors=[signing] if signing else [],
        runtime=runtime,
    )


async def register_search_attributes(
    client: Client, usable_within: timedelta = timedelta(seconds=60)
) -> None:
    """Register what is missing of `SEARCH_ATTRIBUTES`; return once the server takes them all.

    Idempotent. Must come before the first start: a start with an unknown attribute fails. Raise
    `TimeoutError` when the server has not learnt them within the time given.
    """
    listed = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace)
    )
    missing = {
        key.name: _WIRE_TYPES[key.indexed_value_type]
        for key in SEARCH_ATTRIBUTES
        if key.name not in listed.custom_attributes
    }
    if missing:
        await client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(namespace=client.namespace, search_attributes=missing)
        )
    async with asyncio.timeout(usable_within.total_seconds()):
        while not await _usable(client):  # noqa: ASYNC110 - the server announces nothing
            await asyncio.sleep(0.2)


async def signal_once(
    client: Client,
    workflow_id: str,
    signal: str,
    *payload: object,
    request_id: str,
    within: timedelta = timedelta(seconds=10),
) -> None:
    """Send a signal; the same ``request_id`` again is the same signal, and reaches the run once.

    Signed by the client's key, if what it says speaks in somebody's name.

    Raises:
        RPCError: ``NOT_FOUND`` where no such workflow runs; any other: not known to be taken.
    """
    request = SignalWorkflowExecutionRequest(
        namespace=client.namespace,
        workflow_execution=WorkflowExecution(workflow_id=workflow_id),
        signal_name=signal,
        identity=client.identity,
        request_id=request_id,
    )
    if payload:
        converter = converter_for(client, workflow_id)
        request.input.payloads.extend(await converter.encode(payload))
    for name, proof in (await proof_of_signal(client, signal, workflow_id, payload)).items():
        request.header.fields[name].CopyFrom(proof)
    await client.workflow_service.signal_workflow_execution(request, retry=True, timeout=within)


def converter_for(client: Client, workflow_id: str) -> DataConverter:
    """The client's converter for what belongs to one workflow."""
    return client.data_converter.with_context(
        WorkflowSerializationContext(namespace=client.namespace, workflow_id=workflow_id)
    )


async def _usable(client: Client) -> bool:
    # A cluster caches the names; a query naming all of them is refused until it has caught up.
    query = " AND ".join(f"{key.name} IS NULL" for key in SEARCH_ATTRIBUTES)
    try:
        await client.count_workflows(query)
    except RPCError as error:
        if error.status is RPCStatusCode.INVALID_ARGUMENT:
            return False
        raise
    return True
