"""What is expected against what is seen: the differences, each with its place."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from casework.domain.case.state import Case
from casework.domain.kinds.application.state import Application, Contact
from casework.domain.kinds.cycle.state import Cycle
from casework.domain.kinds.request.state import Request
from casework.domain.kinds.round.state import Round
from casework.domain.time.calendar import local_date
from casework.rehearsal.report import Difference
from casework.rehearsal.seen import Seen
from casework.rehearsal.step import Expected, ExpectedCard, ExpectedClock, ExpectedNotice

_NOTHING = "无"


def differences(
    expected: Expected, seen: Seen, where: str, outreaches: Mapping[str, str]
) -> Iterator[Difference]:
    """Each thing expected that is not seen; ``where`` names the step.

    ``outreaches``: their ids by what the scenario calls that which they are about.
    """
    pairs = (
        *_plain(expected, seen),
        *_clocks(expected, seen),
        *_lists(expected, seen),
        *_served(expected, seen.state),
        *_contacts(expected, seen.state, outreaches),
    )
    for field, wanted, found in pairs:
        if wanted != found:
            yield Difference(where=f"{where} {field}", expected=_text(wanted), seen=_text(found))


Pair = tuple[str, object, object]


def _plain(expected: Expected, seen: Seen) -> Iterator[Pair]:
    view, state = seen.view, seen.state
    found = {
        "stage": view.stage,
        "card": view.card,
        "holder": view.holder,
        "team": next((task.team for task in view.tasks if task.team and not task.holder), ""),
        "accepted_on": view.accepted_on,
        "deemed_accepted": getattr(state, "deemed_accepted", None),
        "decision": getattr(state, "decision", None),
        "decided_on": view.decided_on,
        "entitled_on": getattr(state, "entitled_on", None),
        "delivery": getattr(state, "delivery", None),
        "green": view.green,
        "credit_records": seen.credit_records,
    }
    for field, value in found.items():
        wanted = getattr(expected, field)
        if wanted is not None:
            yield field, wanted, value
    if expected.roused is not None:
        told = seen.roused if isinstance(expected.roused, bool) else len(seen.told)
        yield "roused", expected.roused, told


def _clocks(expected: Expected, seen: Seen) -> Iterator[Pair]:
    for clock, wanted in expected.clocks.items():
        row = seen.clocks.get(clock)
        if row is None:
            yield f"clocks.{clock}", "有此期限", None
            continue
        found = ExpectedClock(
            due_on=row.due_on,
            paused=seen.stands_still(row),
            fires_on=row.fires_on,
            ended_on=row.ended_on,
            running=row.ended_on is None,
            provisional=row.provisional,
        )
        for field in wanted.model_fields_set:
            yield f"clocks.{clock}.{field}", getattr(wanted, field), getattr(found, field)


def _lists(expected: Expected, seen: Seen) -> Iterator[Pair]:
    lines = seen.lines
    for material, status in expected.debts.items():
        line = lines.get(material)
        yield f"debts.{material}", status, line and line.status
    outcomes = {
        record.check: record.outcome
        for record in (seen.state.checks if isinstance(seen.state, Application) else ())
    }
    for check, outcome in expected.checks.items():
        yield f"checks.{check}", outcome, outcomes.get(check)
    if expected.tasks is not None:
        kinds = [task.kind for task in seen.view.tasks]
        yield "tasks", sorted(expected.tasks), sorted(kinds)
    if expected.cards is not None:
        yield "cards", *_cards(expected.cards, seen)
    if expected.notices is not None:
        yield "notices", *_notices(expected.notices, seen)
    happened = {event.body.kind for event in seen.events}
    for kind in expected.events_include:
        yield f"events_include.{kind}", True, kind in happened
    for kind in expected.never:
        yield f"never.{kind}", False, kind in happened


def _served(expected: Expected, state: Case) -> Iterator[Pair]:
    """What only the kinds of talent service have; nothing of it is found in another kind."""
    found = {
        "cycle": _cycle(state) if isinstance(state, Cycle) else {},
        "request": _request(state) if isinstance(state, Request) else {},
    }
    for part, values in found.items():
        wanted = getattr(expected, part)
        for field in sorted(wanted.model_fields_set):
            yield f"{part}.{field}", getattr(wanted, field), values.get(field)
    if expected.visits is not None:
        yield "visits", expected.visits, len(state.visits) if isinstance(state, Round) else None


def _contacts(expected: Expected, state: Case, outreaches: Mapping[str, str]) -> Iterator[Pair]:
    for name, wanted in expected.contacts.items():
        found = contact(name, state, outreaches)
        yield f"contacts.{name}", wanted, found and found.state


def _cycle(state: Cycle) -> dict[str, object]:
    return {
        "number": state.number,
        "starts_on": state.starts_on,
        "ends_on": state.ends_on,
        "status": state.standing.status,
        "on_hold": state.on_hold,
        "employer": state.employer,
        "letter": state.letter,
        "opinion": _opinion(state),
        "evidence": len(state.evidence),
        "checks": len(state.checks),
        "served_until": state.served_until,
        "credential_void_on": state.credential.void_on if state.credential else None,
        "points": state.points,
        "renewed_on": state.renewed_on,
        "renewal_opens_on": state.renewal_opens_on,
        "confirmed_on": state.confirmed_on,
    }


def _opinion(state: Cycle) -> str:
    if state.opinion is None:
        return "none"
    return "early" if state.opinion.early else "late" if state.opinion.late else "in_time"


def _request(state: Request) -> dict[str, object]:
    return {
        "level": state.level,
        "body": state.body.id if state.body else None,
        "letter": state.standing.letter,
        "result": state.result,
        "transferred_to": state.transferred_to,
    }


def _cards(expected: tuple[ExpectedCard, ...], seen: Seen) -> tuple[list[str], list[str]]:
    """Both lists as text, each card with those of its dates that its fellow names.

    Where each that is wanted is to be open, only those that are open are found.
    """
    wanted = [
        f"{c.clock}:{c.card}{_on(c.due, '到期于')}{_on(c.given_on)}"
        f"{_on(c.cleared_on, '销于')}{_open(is_open=c.open)}"
        for c in expected
    ]
    found = []
    are_open = bool(expected) and all(card.open for card in expected)
    cards = [card for card in seen.cards if card.cleared_at is None or not are_open]
    for place, card in enumerate(cards):
        named = expected[place] if place < len(expected) else None
        given_on = None if named and not named.given_on else local_date(card.given_at)
        cleared_on = local_date(card.cleared_at) if card.cleared_at else None
        if named is None or not named.cleared_on:
            cleared_on = None
        due_on = card.due_on if named and named.due else None
        is_open = card.cleared_at is None if named and named.open is not None else None
        found.append(
            f"{card.clock}:{card.rung}{_on(due_on, '到期于')}{_on(given_on)}"
            f"{_on(cleared_on, '销于')}{_open(is_open=is_open)}"
        )
    return wanted, found


def _open(*, is_open: bool | None) -> str:
    return "" if is_open is None else " 未销" if is_open else " 已销"


def _notices(expected: tuple[ExpectedNotice, ...], seen: Seen) -> tuple[list[str], list[str]]:
    """As ``_cards``; a notice that was not sent is shown as such, so it is never as expected."""
    wanted = [f"{notice.template}{_to(notice.to)}{_on(notice.dated)}" for notice in expected]
    found = []
    for place, notice in enumerate(seen.notices):
        named = expected[place] if place < len(expected) else None
        on = None if named and not named.dated else seen.dated(notice)
        to = notice.recipient if named is None or named.to else None
        unsent = "" if notice.status == "sent" else f"（{notice.status} {notice.problem}）"
        found.append(f"{notice.template}{_to(to)}{_on(on)}{unsent}")
    return wanted, found


def _to(recipient: str | None) -> str:
    return f" →{recipient}" if recipient else ""


def _on(day: date | None, word: str = "") -> str:
    return f" {word}{day}" if day else ""


def _text(value: object) -> str:
    match value:
        case None | "" | []:
            return _NOTHING
        case bool():
            return "是" if value else "否"
        case list():
            return "、".join(_each(value))
        case _:
            return str(value)


def _each(values: Iterable[object]) -> list[str]:
    return [str(value) for value in values]


def contact(name: str, state: Case, outreaches: Mapping[str, str]) -> Contact | None:
    """How far the person has been told; None if the case is not on the list.

    ``outreaches``: the ids by what the scenario calls the measure or suspension that they are
    about; any other ``name`` is an id.
    """
    wanted = outreaches.get(name, name)
    contacts: tuple[Contact, ...] = getattr(state, "contacts", ())
    return next((each for each in contacts if each.outreach == wanted), None)
