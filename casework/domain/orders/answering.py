"""Which district answers for an order: who may propose and approve it follows from that."""

from casework.domain.errors import DomainError
from casework.domain.orders.orders import (
    ComputeCalendar,
    Content,
    EndMeasure,
    ImportCalendar,
    MoveToPolicy,
    OpenSuspension,
    Reach,
    Scope,
    StartMeasure,
)


def district_of(reach: Reach) -> str:
    """The district in which the cases are; empty for a city: the superior answers for it."""
    match reach.scope:
        case Scope.CITY:
            return ""
        case Scope.DISTRICT:
            return reach.key
        case Scope.OFFICE:
            return reach.key.partition("/")[0]
        case Scope.CASE:
            return reach.key.partition("-")[0]


def district_of_measure(measure: str) -> str:
    """The district in the id of a measure, ``<EFFECT>.<district>.<since>``.

    Raises:
        DomainError: ``MEASURE_UNKNOWN``, it is no such id.
    """
    _, dot, rest = measure.partition(".")
    district, second_dot, _ = rest.partition(".")
    if not (dot and second_dot and district):
        raise DomainError("MEASURE_UNKNOWN", "没有此临时措施", "measure")
    return district


def stated_district(content: Content) -> str | None:
    """The district as the order itself says it; None where that is the suspension's."""
    match content:
        case OpenSuspension():
            return district_of(content.reach)
        case StartMeasure() | ImportCalendar() | MoveToPolicy():
            return content.district
        case EndMeasure():
            return district_of_measure(content.measure)
        case ComputeCalendar():
            return ""
        case _:
            return None
