"""Messages between backends, API, workflow and activities; and how ids are made.

Commands (the verbs) are in ``casework.domain.case.commands``, and are sent as they are. Fields
are only ever added, with a default. ``docs/contract.md`` shows the JSON.
"""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from dataclasses import Field as DataclassField
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Discriminator, TypeAdapter
from pydantic_core import to_json, to_jsonable_python

from casework.domain.bounds import Phrase, Word
from casework.domain.case.commands import (
    BESIDE_THE_BODY,
    AskOpinion,
    Command,
    OpinionAsked,
    OrderedReassign,
    Reassign,
    TransferJurisdiction,
)
from casework.domain.case.jurisdiction import JurisdictionTransfer
from casework.domain.case.kind import event_types
from casework.domain.case.opening import Party
from casework.domain.case.state import Case
from casework.domain.kinds.application.commands import APPLICATION_VERBS, MovePolicy, PolicyMove
from casework.domain.kinds.application.state import Application, OtherCase
from casework.domain.kinds.cycle.commands import ChangeEmployer
from casework.domain.kinds.registry import KINDS, CaseKind, workflow_id

_EVENTS: Any = Annotated[event_types(), Discriminator("kind")]
EVENT_BODY: TypeAdapter[Any] = TypeAdapter(
    _EVENTS,
    config=ConfigDict(hide_input_in_errors=True),  # the error may name a person
)
"""Reads and writes the body of an event as JSON, by its ``kind``."""

CASE: TypeAdapter[Application] = TypeAdapter(Application)


def size_of(case: Case) -> int:
    """Return how many bytes a state has as JSON in a message."""
    return len(to_json(case))


def case_number(district: str, source: str, reference: str) -> str:
    """The number of a case: the same request sent twice gives the same case.

    It is computed from district, source system and external reference, and reveals nothing about
    the person. Form: ``<district>-XXXX-XXXX-XXXX`` with letters that do not look like digits.
    """
    text = f"{district}\x1f{source}\x1f{reference}"
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    letters = "".join(alphabet[(number >> shift) & 31] for shift in range(0, 60, 5))
    return f"{district}-{letters[:4]}-{letters[4:8]}-{letters[8:]}"


def number_of(kind: CaseKind, district: str, source: str, reference: str) -> str:
    """The number of a case of any kind; one reference may stand for a case of each kind."""
    if kind is CaseKind.APPLICATION:
        return case_number(district, source, reference)
    return case_number(district, f"{kind}\x1e{source}", reference)


def application_id(case_no: str) -> str:
    """The workflow id of an application: ``app.<district>.<case no>``."""
    return workflow_id(CaseKind.APPLICATION, case_no)


@dataclass(frozen=True, kw_only=True)
class EmployerChange(ChangeEmployer):
    """``party`` is the new employer's liaison with an address: for the register, not for an event.

    ``subject`` is the pseudonym of the new employer's credit code; the case is its own from now on.
    """

    party: Party | None = None
    subject: Phrase = ""


SENT_AS: dict[type[Command], type[Command]] = {
    TransferJurisdiction: JurisdictionTransfer,
    MovePolicy: PolicyMove,
    AskOpinion: OpinionAsked,
    Reassign: OrderedReassign,
}
"""Verbs whose update has more fields than the caller's body: the API adds them, or an order."""


@dataclass(frozen=True, kw_only=True)
class Submit:
    """The update that starts a case; it answers when the case is in the register."""

    content: Word


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """The answer to a verb: it is in the register up to event ``seq``.

    ``refused`` is set where the attempt itself was recorded but not carried out (a second notice).
    """

    case_no: str
    seq: int
    stage: str
    at: datetime
    refused: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a case ended."""

    case_no: str
    stage: str
    seq: int


@dataclass(frozen=True, kw_only=True)
class InForceQuestion:
    """What is in force for a case.

    ``calendar_version`` is that of the calendar it has, ``calendar_until`` its last year: if it is
    too short for the dates in force, or for ``needed_until``, the answer has a longer one.
    ``on``: the day for which the absent officers are returned; None: they are not needed.
    """

    case_no: str
    district: str
    office: str
    item: str
    received_on: date
    calendar_version: int
    calendar_until: int = 9999
    needed_until: int = 0
    on: date | None = None


@dataclass(frozen=True, kw_only=True)
class StandingQuestion:
    """Asks for the standing of a talent; ``talent`` is the case number of the cycle."""

    talent: str


@dataclass(frozen=True, kw_only=True)
class CreditQuestion:
    """Whether an unrepaired breach bars this applicant from further deferral."""

    subject: str


@dataclass(frozen=True, kw_only=True)
class SamePersonQuestion:
    """Which other applications of this case's person are open for these items."""

    case_no: str
    items: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class SamePersonAnswer:
    """Number, district and stage of each, the oldest first."""

    others: tuple[OtherCase, ...] = ()


@dataclass(frozen=True, kw_only=True)
class GiveWay:
    """The case is refused as a duplicate of ``other``; an empty ``other`` takes that back."""

    case_no: str
    other: str
    items: tuple[str, ...] = ()


_COMMANDS: dict[type[Command], TypeAdapter[Command]] = {
    command: TypeAdapter(command) for kind in KINDS.values() for command in kind.verbs.values()
}


def read_command(
    verb: str,
    payload: Any,  # noqa: ANN401 - whatever came over the wire
    verbs: Mapping[str, type[Command]] = APPLICATION_VERBS,
) -> Command:
    """Return the command in a raw payload; raise pydantic.ValidationError if it is not one."""
    return _COMMANDS[verbs[verb]].validate_python(payload)


_NOT_SAID = BESIDE_THE_BODY | {"subject", "backup"}
"""Fields of a command that its sender does not choose, or that are a condition, not the act."""


def said_by(command: Command) -> str:
    """Return the digest of what the caller sent, without what the API added (``SENT_AS``).

    The actor and fields with their default value are left out, so that a field that is added
    later changes no digest.
    """
    spoken = next((each for each, sent in SENT_AS.items() if isinstance(command, sent)), None)
    names = {field.name for field in fields(spoken or command)} - _NOT_SAID
    text = json.dumps(_plain(command, names), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any, names: Collection[str] | None = None) -> Any:  # noqa: ANN401 - any JSON
    if is_dataclass(value):
        return {
            field.name: _plain(told)
            for field in fields(value)
            if (names is None or field.name in names)
            and (told := getattr(value, field.name)) != _default(field)
        }
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return to_jsonable_python(value)


def _default(field: DataclassField[Any]) -> Any:  # noqa: ANN401 - of whatever type
    return field.default if field.default_factory is MISSING else field.default_factory()
