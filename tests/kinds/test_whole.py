"""Every kind of case is whole: each verb is decided, each event evolves and has a title."""

import pytest
from temporalio import workflow

from casework.domain.case import procedure
from casework.domain.case.events import COMMON_EVENTS, TITLES
from casework.domain.kinds.registry import KINDS, CaseKind
from workers.main import WORKFLOWS
from workflows.plain import MADE


@pytest.mark.parametrize("kind", KINDS)
def test_every_verb_has_a_decision_a_role_and_a_label(kind: CaseKind) -> None:
    rules = {**procedure.DECISIONS, **KINDS[kind].decisions}
    for verb, command in KINDS[kind].verbs.items():
        assert command.roles, verb
        assert command.label, verb
        assert any(each in rules for each in command.__mro__), verb


@pytest.mark.parametrize("kind", KINDS)
def test_every_event_has_an_evolution_and_a_title(kind: CaseKind) -> None:
    rules = {**procedure.EVOLUTIONS, **KINDS[kind].evolutions, **KINDS[kind].begins}
    for event in (*COMMON_EVENTS, *KINDS[kind].events):
        assert event.body in rules, event.kind
        assert TITLES[event.kind], event.kind


def test_every_kind_has_the_workflow_that_it_names() -> None:
    """One of its own, or the one that is made from it."""
    types = [workflow._Definition.must_from_class(each).name for each in WORKFLOWS]
    for kind in KINDS.values():
        assert types.count(kind.workflow) == 1, kind.name
        plain = kind.message is not None and not kind.acts_outside
        assert (kind.name in MADE) is plain


def test_what_a_kind_may_do_it_says() -> None:
    """A rule for a verb that the kind does not have would never be asked."""
    for kind in KINDS.values():
        known = {each for command in kind.verbs.values() for each in command.__mro__}
        assert set(kind.decisions) <= known, kind.name
