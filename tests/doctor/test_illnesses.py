"""Each illness that is prepared is named, and nothing else is."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.doctor import illnesses
from casework.doctor.illnesses import (
    CODES,
    NAMED,
    Engine,
    Register,
    ScheduleSeen,
    Seen,
    Severity,
    diagnose,
)
from tests.docs.pages import ROOT
from tests.examples import examples

NOW = datetime(2026, 11, 30, 4, tzinfo=UTC)
CASE, WORKFLOW = "310106-AAAA-BBBB-CCCC", "app.310106.310106-AAAA-BBBB-CCCC"
LONG_AGO = NOW - timedelta(days=500)

REGISTER = Register(
    server_at=NOW,
    open_cases={CASE: WORKFLOW},
    digested_at=NOW - timedelta(hours=11),
    first_event_at=LONG_AGO,
    years=frozenset({2026}),
    keys=frozenset({"k1"}),
    orders_proposed={"ZL-1": NOW - timedelta(hours=1)},
    orders_under_way={"ZL-2": NOW - timedelta(minutes=1)},
    letters_waiting=1,
    letter_waits_since=NOW - timedelta(minutes=1),
)
ENGINE = Engine(
    running={WORKFLOW: LONG_AGO, "app.310106.new": NOW},
    builds={"0.5.0": 2},
    workflow_pollers=2,
    activity_pollers=2,
    schedules={"card-digests": ScheduleSeen()},
)
HEALTHY = Seen(
    at=NOW,
    release="0.5.0",
    register=REGISTER,
    engine=ENGINE,
    keys=frozenset({"k1", "k2"}),
    key_made_at=NOW - timedelta(days=1),
    ahead=(),
)

OF_THE_REGISTER: Mapping[str, Mapping[str, Any]] = {
    "migrations_behind": {"behind": 2},
    "register_newer": {"is_newer": True},
    "register_read_only": {"read_only": True},
    "clocks_differ": {"server_at": NOW - timedelta(minutes=1)},
    "key_missing": {"keys": frozenset({"k1", "k9"})},
    "letters_waiting": {"letter_waits_since": NOW - timedelta(hours=1)},
    "letters_refused": {"letters_refused": 1},
    "digests_refused": {"digests_refused": 1},
    "digest_late": {"digested_at": NOW - timedelta(hours=27)},
    "order_stuck": {"orders_under_way": {"ZL-2": NOW - timedelta(hours=2)}},
    "order_waiting": {"orders_proposed": {"ZL-1": NOW - timedelta(days=4)}},
    "calendar_missing": {"years": frozenset({2025})},
    "cases_in_trouble": {"in_trouble": (CASE,)},
    "armed_late": {"armed_late": (CASE,), "armed_late_count": 1, "orders_under_way": {}},
    "overslept": {"overslept": (CASE,), "overslept_count": 1},
    "materials_away": {"materials_away": True},
    "city_without_superior": {"unled_cities": ("440300",)},
    "webhooks_wait": {"ailing_webhooks": ("wh-1",)},
    "feed_held_up": {"feed_held": timedelta(minutes=11)},
    "catalogue_lost": {"unheld_catalogues": ("ab12",)},
    "workflow_missing": {"open_cases": {CASE: WORKFLOW, "310106-X": "app.310106.310106-X"}},
}
OF_TEMPORAL: Mapping[str, Mapping[str, Any]] = {
    "workflows_stuck": {"stuck": (WORKFLOW,)},
    "no_worker": {"workflow_pollers": 0, "activity_pollers": 0},
    "no_activity_worker": {"activity_pollers": 0},
    "versions_differ": {"builds": {"0.5.0": 1, "0.4.0": 1}},
    "backlog": {"backlog_waits": timedelta(minutes=5)},
    "schedule_missing": {"schedules": {"card-digests": ScheduleSeen(exists=False)}},
    "schedule_paused": {"schedules": {"card-digests": ScheduleSeen(paused=True)}},
    "attributes_missing": {"attributes_missing": ("Card",)},
    "case_missing": {"running": {WORKFLOW: LONG_AGO, "app.310106.other": LONG_AGO}},
}
ELSEWHERE: Mapping[str, Mapping[str, Any]] = {
    "register_away": {"register": None},
    "temporal_away": {"engine": None},
    "issuer_away": {"issuer_answers": False},
    "key_old": {"key_made_at": LONG_AGO},
    "register_ahead": {"ahead": (CASE,)},
}


def ill(code: str) -> Seen:
    """The healthy one with that illness."""
    if code in OF_THE_REGISTER:
        return replace(HEALTHY, register=replace(REGISTER, **OF_THE_REGISTER[code]))
    if code in OF_TEMPORAL:
        return replace(HEALTHY, engine=replace(ENGINE, **OF_TEMPORAL[code]))
    return replace(HEALTHY, **ELSEWHERE[code])


def codes(seen: Seen) -> list[str]:
    return [each.code for each in diagnose(seen)]


def test_who_is_healthy_has_nothing() -> None:
    assert codes(HEALTHY) == []


@pytest.mark.parametrize("code", sorted(CODES))
def test_an_illness_is_named_and_no_other(code: str) -> None:
    (found,) = diagnose(ill(code))
    assert found.code == code
    assert found.said
    assert found.advice


@given(st.sets(st.sampled_from(sorted(OF_THE_REGISTER))), st.sets(st.sampled_from([*OF_TEMPORAL])))
@examples(30)
def test_many_illnesses_at_once_are_all_named_the_worst_first(
    here: set[str], there: set[str]
) -> None:
    of_register = {k: v for code in sorted(here) for k, v in OF_THE_REGISTER[code].items()}
    of_engine = {k: v for code in sorted(there) for k, v in OF_TEMPORAL[code].items()}
    seen = replace(
        HEALTHY,
        register=replace(REGISTER, **of_register),
        engine=replace(ENGINE, **of_engine),
    )
    # Of two that are told by one fact, one hides the other.
    hidden = {"no_activity_worker"} if "no_worker" in there else set()
    hidden |= {"schedule_paused", "schedule_missing", "armed_late", "order_stuck"}
    hidden |= {"no_worker"} if "no_activity_worker" in there else set()
    found = codes(seen)
    assert (here | there) - hidden <= set(found)
    assert len(found) == len(set(found))
    severities = [each.severity for each in diagnose(seen)]
    assert severities == sorted(severities, key=[Severity.ILL, Severity.WATCH].index)


def test_next_years_calendar_is_missed_from_december_on() -> None:
    december = datetime(2026, 12, 1, 4, tzinfo=UTC)
    register = replace(
        REGISTER,
        server_at=december,
        digested_at=december,
        orders_under_way={},
        letter_waits_since=None,
    )
    engine = replace(ENGINE, running={WORKFLOW: LONG_AGO})
    later = replace(HEALTHY, at=december, register=register, engine=engine)
    (found,) = diagnose(later)
    assert (found.code, found.about) == ("calendar_missing", ("2027",))


def test_what_an_order_is_about_to_signal_is_no_illness() -> None:
    ordered = replace(REGISTER, armed_late=(CASE,), armed_late_count=1)
    assert codes(replace(HEALTHY, register=ordered)) == []


def test_of_very_many_a_few_are_named_and_all_counted() -> None:
    stuck = tuple(f"app.310106.{n}" for n in range(100))
    (found,) = diagnose(replace(HEALTHY, engine=replace(ENGINE, stuck=stuck)))
    assert len(found.about) == NAMED
    assert "100" in found.said


def test_a_register_without_events_needs_no_digest() -> None:
    empty = replace(REGISTER, digested_at=None, first_event_at=None)
    assert codes(replace(HEALTHY, register=empty)) == []


def test_everything_that_can_be_found_leads_to_a_section_of_the_runbook() -> None:
    text = (ROOT / "docs/runbook.md").read_text()
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}
    for code, (_, title, _, runbook) in illnesses._ILLNESSES.items():
        assert runbook in anchors, code
        assert re.search(r"[一-鿿]", title), code
