"""Whatever a message may say has a bound, and what is beyond it is refused with its field."""

import types
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest

from casework.domain.bounds import AtMost, excesses, require_bounded
from casework.domain.case.commands import Fault, ReceivedMaterial
from casework.domain.case.facts import Actor
from casework.domain.case.in_force import InForce
from casework.domain.case.state import Case
from casework.domain.errors import DomainError
from casework.domain.kinds.application.commands import (
    MaterialsReceived,
    PreReview,
    PreReviewOutcome,
)
from casework.domain.kinds.application.opening import StartApplication
from casework.domain.kinds.appointment.opening import StartAppointment
from casework.domain.kinds.cycle.opening import StartCycle
from casework.domain.kinds.parcel.opening import StartParcel
from casework.domain.kinds.rating.opening import StartRating
from casework.domain.kinds.registry import KINDS
from casework.domain.kinds.request.opening import StartRequest
from casework.domain.kinds.round.opening import StartRound
from casework.domain.kinds.wage.opening import StartWageComplaint
from casework.domain.kinds.walkthrough.opening import StartWalkthrough
from casework.domain.policy import MaterialForm, Policy, Role
from casework.domain.time.calendar import WorkingCalendar
from casework.messages.absences import EndAbsence, RecordAbsence, StartAbsence
from casework.messages.cases import SENT_AS, Submit
from casework.messages.orders import Approval, OrderReceipt, Proposal, Rejection, StartOrder
from casework.messages.outreach import Begin, StartOutreach

OURS = (Policy, WorkingCalendar, InForce, Case, OrderReceipt)
"""Made by the program from the catalogue and from orders, or the state itself."""
HARMLESS = (bool, type(None), date, datetime, timedelta, Ellipsis)
APPLICATION_VERBS = {
    SENT_AS.get(command, command) for kind in KINDS.values() for command in kind.verbs.values()
}
MESSAGES = [
    *sorted(APPLICATION_VERBS, key=lambda each: each.__qualname__),
    *(StartApplication, StartCycle, StartRequest, StartRating, StartRound, StartAppointment),
    StartParcel,
    StartWalkthrough,
    StartWageComplaint,
    Submit,
    *(StartAbsence, RecordAbsence, EndAbsence, StartOutreach, Begin),
    *(StartOrder, Proposal, Approval, Rejection),
]


def unbounded(hint: Any, place: str, bound: AtMost | None = None) -> Iterator[str]:
    """Where in a type a text, list, table or number has no bound."""
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated:
        marks = [mark for mark in args[1:] if isinstance(mark, AtMost)]
        yield from unbounded(args[0], place, marks[0] if marks else None)
    elif origin in {Union, types.UnionType}:
        for each in args:
            yield from unbounded(each, place)
    elif origin in {tuple, dict}:
        yield from () if bound else (place,)
        for each in args:
            yield from unbounded(each, f"{place}[]")
    elif is_dataclass(hint):
        yield from _unbounded_fields(hint, place)
    elif origin is not Literal and hint not in HARMLESS and not issubclass(hint, Enum):
        yield from () if bound and issubclass(hint, str | int) else (place,)


def _unbounded_fields(kind: Any, place: str) -> Iterator[str]:
    if not issubclass(kind, OURS):
        hints = get_type_hints(kind, include_extras=True)
        for entry in fields(kind):
            yield from unbounded(hints[entry.name], f"{place}.{entry.name}")


@pytest.mark.parametrize("message", MESSAGES, ids=lambda each: each.__name__)
def test_every_text_list_and_number_has_a_bound(message: type) -> None:
    assert list(unbounded(message, message.__name__)) == []


def test_a_field_without_bound_is_found() -> None:
    hint = get_type_hints(Actor, include_extras=True)["code"]
    assert list(unbounded(hint, "code")) == []
    assert list(unbounded(str, "code")) == ["code"]
    assert list(unbounded(tuple[str, ...], "codes")) == ["codes", "codes[]"]
    assert list(unbounded(dict[Role, int | None], "n")) == ["n", "n[]"]


OFFICER = Actor(code="ja-o1", role=Role.OFFICER, district="310106")
SCAN = ReceivedMaterial(code="labour_contract", form=MaterialForm.ELECTRONIC, sha256="a" * 64)


@pytest.mark.parametrize(
    ("materials", "field", "right"),
    [
        ((SCAN, SCAN), "materials.1", "重复"),
        (tuple(replace(SCAN, sha256=f"{n:064x}") for n in range(201)), "materials", "至多 200 项"),
        ((replace(SCAN, code="x" * 101),), "materials.0.code", "至多 100 个字符"),
    ],
)
def test_what_is_too_much_is_refused_with_its_field(
    materials: tuple[ReceivedMaterial, ...], field: str, right: str
) -> None:
    with pytest.raises(DomainError, match=right) as refused:
        require_bounded(MaterialsReceived(actor=OFFICER, materials=materials))
    assert (refused.value.code, refused.value.field) == ("OUT_OF_BOUNDS", field)


def test_what_is_at_its_bounds_is_taken() -> None:
    scans = tuple(replace(SCAN, sha256=f"{n:064x}") for n in range(200))
    assert not list(excesses(MaterialsReceived(actor=OFFICER, materials=scans)))
    faults = tuple(Fault(code=f"{n}", about="x" * 100, text="不" * 500) for n in range(50))
    told = PreReview(actor=OFFICER, outcome=PreReviewOutcome.FAULTY, faults=faults)
    assert not list(excesses(told))


def test_what_is_far_too_much_is_told_once() -> None:
    scans = (replace(SCAN, code="x" * 1000),) * 100_000
    assert len(list(excesses(MaterialsReceived(actor=OFFICER, materials=scans)))) == 1
