"""The kinds of cases, put together: importing this module makes them known to the foundation.

``casework.domain`` imports it, so that whoever imports any rule has all kinds.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum

from casework.domain.case.kind import KNOWN, Kind, kind_of_case, register
from casework.domain.case.state import Case, Stage, TaskKind
from casework.domain.kinds.application.kind import APPLICATION
from casework.domain.kinds.appointment.kind import APPOINTMENT
from casework.domain.kinds.cycle.kind import PERMIT_CYCLE, TALENT_CYCLE
from casework.domain.kinds.incoming_mail.kind import INCOMING_MAIL
from casework.domain.kinds.parcel.kind import PARCEL
from casework.domain.kinds.rating.kind import RATING
from casework.domain.kinds.request.kind import REQUEST
from casework.domain.kinds.round.kind import ROUND
from casework.domain.kinds.ticket.kind import TICKET
from casework.domain.kinds.wage.kind import WAGE
from casework.domain.kinds.walkthrough.kind import WALKTHROUGH


class CaseKind(StrEnum):
    """What a case is; stored for ever. The words of the kinds that this house has."""

    APPLICATION = APPLICATION.name
    REQUEST = REQUEST.name
    TALENT_CYCLE = TALENT_CYCLE.name
    PERMIT_CYCLE = PERMIT_CYCLE.name
    RATING = RATING.name
    VISITS = ROUND.name
    TICKET = TICKET.name
    INCOMING_MAIL = INCOMING_MAIL.name
    APPOINTMENT = APPOINTMENT.name
    WALKTHROUGH = WALKTHROUGH.name
    WAGE = WAGE.name
    PARCEL = PARCEL.name

    @classmethod
    def _missing_(cls, value: object) -> "CaseKind | None":
        # A kind that only a test has registered has no word here, and is read as its name.
        if not isinstance(value, str) or value not in KNOWN:
            return None
        word = str.__new__(cls, value)
        word._name_, word._value_ = value.upper(), value
        return word

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return KINDS[self].label


ALL = (
    APPLICATION,
    REQUEST,
    TALENT_CYCLE,
    PERMIT_CYCLE,
    RATING,
    ROUND,
    TICKET,
    INCOMING_MAIL,
    APPOINTMENT,
    WALKTHROUGH,
    WAGE,
    PARCEL,
)
for _kind in ALL:
    register(_kind)


class _Kinds(Mapping[CaseKind, Kind]):
    """The kinds that are registered, whenever it is asked."""

    def __getitem__(self, kind: CaseKind) -> Kind:
        return KNOWN[kind]

    def __iter__(self) -> Iterator[CaseKind]:
        return (CaseKind(name) for name in KNOWN)

    def __len__(self) -> int:
        return len(KNOWN)


KINDS: Mapping[CaseKind, Kind] = _Kinds()


def case_kind(case: Case) -> CaseKind:
    """Of which kind a case is."""
    return CaseKind(kind_of_case(case).name)


def stage_label(stage: str) -> str:
    """The word a clerk uses for the stage of a case of any kind."""
    return next(each.label for each in _stages() if each.value == stage)


def _stages() -> tuple[Stage, ...]:
    return tuple(stage for kind in KNOWN.values() for stage in kind.stages)


def task_clocks() -> tuple[tuple[TaskKind, str], ...]:
    """Task and clock: whose due date it shows, in whatever kind of case."""
    shown = ((t.kind, clock) for kind in KNOWN.values() for t in kind.tasks for clock in t.clocks)
    return tuple(dict.fromkeys(shown))


def workflow_id(kind: str, case_no: str) -> str:
    """The id of a case's workflow.

    ``app.<district>.<no>``, ``req.<district>.<no>``, ``round.<district>.<no>``,
    ``cycle.talent.<no>``, ``cycle.permit.<no>``, ``ticket.rating.<no>``,
    ``ticket.hotline.<no>``, ``mail.<district>.<no>``, ``appointment.<district>.<no>``,
    ``walkthrough.<district>.<no>``, ``wage.<district>.<no>``,
    ``parcel.<district>.<no>``.
    """
    prefix = KNOWN[kind].prefix
    district = "" if "." in prefix else f"{case_no.split('-', 1)[0]}."
    return f"{prefix}.{district}{case_no}"
