"""What is reported of tickets, by its definitions, over any period."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from casework.domain.kinds.ticket.counts import (
    Figure,
    Line,
    Period,
    Revisit,
    Scope,
    TicketFacts,
    figures,
)
from casework.domain.kinds.ticket.state import TicketSource, TicketStage
from tests.examples import examples

FIRST, LAST = date(2022, 4, 1), date(2022, 5, 31)
ON = date(2022, 6, 10)
DAYS = st.dates(FIRST, LAST)
PERIOD = Period(first_on=FIRST, last_on=LAST, on=ON)


def ticket(number: int = 1, **facts: Any) -> TicketFacts:
    known: dict[str, Any] = {
        "case_no": f"310106-TICK-0000-{number:04}",
        "district": "310106",
        "came_by": TicketSource.HOTLINE_12345.value,
        "stage": TicketStage.CLOSED.value,
        "received_on": date(2022, 4, 18),
        "answered": True,
        "contact_due_on": date(2022, 4, 19),
        "contact_ended_on": date(2022, 4, 19),
    }
    return TicketFacts(**{**known, **facts})


def of(
    line: Line, *tickets: TicketFacts, period: Period = PERIOD, scope: Scope = Scope.ALL
) -> tuple[int, int]:
    found = figure(figures(tickets, period), line, scope)
    return len(found.part), len(found.whole)


def figure(counted: tuple[Figure, ...], line: Line, scope: Scope) -> Figure:
    return next(each for each in counted if (each.line, each.scope) == (line, scope))


def test_the_line_of_jingan_is_seven_of_seven() -> None:
    """source 000: 收到12345诉求7件，已全部答复诉求人。"""
    seven = [ticket(number) for number in range(7)]
    elsewhere = ticket(8, came_by=TicketSource.OPINION_BOX.value, answered=False)
    sent_back = ticket(9, stage=TicketStage.RETURNED.value, answered=False)
    joined = ticket(10, stage=TicketStage.JOINED.value, answered=False)
    known = (*seven, elsewhere, sent_back, joined)
    assert of(Line.ANSWERED, *known, scope=Scope.HOTLINE) == (7, 7)
    assert of(Line.ANSWERED, *known) == (7, 8)
    assert of(Line.RETURNED, *known) == of(Line.JOINED, *known) == (1, 10)


def test_a_response_counts_when_it_is_given_or_when_it_was_due() -> None:
    late = ticket(contact_ended_on=date(2022, 5, 5))
    never = ticket(contact_ended_on=None)
    assert of(Line.RESPONDED, ticket(), late, never) == (1, 3)
    april = replace(PERIOD, last_on=date(2022, 4, 30))
    may = replace(PERIOD, first_on=date(2022, 5, 1))
    assert of(Line.RESPONDED, late, period=april) == (0, 1), "it was due in April"
    assert of(Line.RESPONDED, late, period=may) == (0, 0)
    # What may still be in time is no failure; what is in time counts at once.
    due_later: dict[str, Any] = {"contact_due_on": ON, "received_on": date(2022, 6, 9)}
    june = Period(first_on=date(2022, 6, 1), last_on=date(2022, 6, 30), on=ON)
    assert of(Line.RESPONDED, ticket(**due_later, contact_ended_on=None), period=june) == (0, 0)
    assert of(Line.RESPONDED, ticket(**due_later, contact_ended_on=ON), period=june) == (1, 1)
    nobody = ticket(contact_due_on=None, contact_ended_on=None)
    assert of(Line.RESPONDED, nobody, ticket(stage=TicketStage.RETURNED.value)) == (0, 0)


def test_each_revisit_counts_in_the_period_in_which_it_was() -> None:
    asked = ticket(
        revisits=(
            Revisit(on=date(2022, 4, 29), resolved=False, satisfied=False),
            Revisit(on=date(2022, 5, 6), resolved=True, satisfied=False),
        )
    )
    assert of(Line.SOLVED, asked) == (1, 2)
    assert of(Line.SATISFIED, asked) == (0, 2)
    assert of(Line.SOLVED, asked, period=replace(PERIOD, last_on=date(2022, 4, 30))) == (0, 1)


def test_nothing_has_no_percentage() -> None:
    assert {each.percent for each in figures((), PERIOD)} == {None}
    whole = figure(
        figures([ticket(1), ticket(2, answered=False)], PERIOD), Line.ANSWERED, Scope.ALL
    )
    assert whole.percent == 50.0


REVISITS = st.builds(Revisit, on=DAYS, resolved=st.booleans(), satisfied=st.booleans())
TICKETS = st.lists(
    st.builds(
        ticket,
        st.integers(0, 9999),
        came_by=st.sampled_from([each.value for each in TicketSource]),
        stage=st.sampled_from([each.value for each in TicketStage]),
        received_on=DAYS,
        answered=st.booleans(),
        contact_due_on=st.none() | DAYS,
        contact_ended_on=st.none() | DAYS,
        revisits=st.lists(REVISITS, max_size=3).map(tuple),
    ),
    max_size=8,
    unique_by=lambda each: each.case_no,
)


@given(TICKETS, DAYS)
@examples(30, night=2000)
def test_two_halves_of_a_period_count_what_the_whole_counts(
    tickets: list[TicketFacts], middle: date
) -> None:
    before = figures(tickets, replace(PERIOD, last_on=middle))
    after = figures(tickets, replace(PERIOD, first_on=middle + timedelta(days=1)))
    for whole, first, second in zip(figures(tickets, PERIOD), before, after, strict=True):
        assert Counter(whole.part) == Counter(first.part) + Counter(second.part)
        assert Counter(whole.whole) == Counter(first.whole) + Counter(second.whole)
        assert not Counter(whole.part) - Counter(whole.whole)


@given(TICKETS)
@examples(30, night=2000)
def test_the_hotlines_are_among_all(tickets: list[TicketFacts]) -> None:
    counted = figures(tickets, PERIOD)
    hotline = {each.case_no for each in tickets if each.came_by == TicketSource.HOTLINE_12345}
    for line in Line:
        every = figure(counted, line, Scope.ALL).whole
        wanted = tuple(number for number in every if number in hotline)
        assert figure(counted, line, Scope.HOTLINE).whole == wanted
