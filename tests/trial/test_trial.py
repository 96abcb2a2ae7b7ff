"""What a trial says of an act is what then happens: at every step of every scenario."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from casework.domain.case.commands import Command
from casework.domain.case.facts import CLOCKWORK
from casework.domain.case.opening import StartCase
from casework.domain.errors import DomainError
from casework.domain.kinds.registry import CaseKind
from casework.messages.sharing import ShareAnswer, ShareQuestion
from casework.rehearsal import RehearsalRoom
from casework.rehearsal.engine import PlayedCase
from casework.rehearsal.pure.engine import ACT, PureEngine
from casework.rehearsal.registry import Registry
from casework.temporal import data_converter
from casework.trial.case import PureCase, RefusalError, Tried
from tests.rehearsal.shapes import SCENARIOS

TRIED: Counter[tuple[CaseKind, str]] = Counter()
"""How often each verb of each kind was tried and then done."""


class LooksOn:
    """The world of a rehearsal, as a trial asks it: nothing that it asks for stays."""

    def __init__(self, engine: PureEngine) -> None:
        self._engine = engine

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def share(self, question: ShareQuestion) -> ShareAnswer:
        kept = vars(self._engine)["_sharing"]
        vars(self._engine)["_sharing"] = deepcopy(kept)
        try:
            return self._engine.share(question)
        finally:
            vars(self._engine)["_sharing"] = kept


class Trying(PureEngine):
    """Tries each act before it is done, on a case that has only what a next run would have."""

    async def do(self, case: PlayedCase, verb: str, command: Command) -> RefusalError | None:
        own: PureCase = self._cases[case.case_no]
        before, letters = len(own.events), set(own.notices)
        self.time += ACT
        told = None if own.ended else tried(own, self, command)
        untouched = (len(own.events), set(own.notices)) == (before, letters)
        refused = own.do(verb, command)
        assert untouched
        if told is not None:
            assert_so(told, own, before, letters, refused)
            TRIED[case.kind, verb] += 1
        return refused


def tried(own: PureCase, engine: PureEngine, command: Command) -> Tried | DomainError:
    world: Any = LooksOn(engine)
    basis = sent(own.basis())
    seen = replace(command, seen=own.case.seq)
    try:
        return type(own).resumed(basis, world).tried(seen)
    except DomainError as refused:
        return refused


def sent(basis: StartCase) -> StartCase:
    """What arrives of it through Temporal."""
    converter = data_converter.payload_converter
    arrived: StartCase
    (arrived,) = converter.from_payloads(converter.to_payloads([basis]), [type(basis)])
    assert arrived == basis
    return arrived


def assert_so(
    told: Tried | DomainError,
    own: PureCase,
    before: int,
    letters: set[str],
    refused: RefusalError | None,
) -> None:
    if isinstance(told, DomainError):
        assert refused == RefusalError(code=told.code, reason=told.message)
        return
    assert told.refusal == refused
    happened = tuple(own.events[before:][: len(told.events)])
    further = own.events[before:][len(told.events) :]
    assert told.events == happened
    assert told.case == own.states[before + len(told.events) - 1] or not told.events
    assert all(event.actor == CLOCKWORK for event in further)  # what somebody outside answered
    foretold = {
        (letter.seq, letter.template, route.recipient, route.channel)
        for letter in told.letters
        for route in letter.routes
    }
    asked = [own.notices[key] for key in own.notices.keys() - letters]
    queued = {
        (each.seq, each.template, each.recipient, each.channel)
        for each in asked
        if each.seq <= told.case.seq and each.template != "dispatched"
    }
    assert foretold == queued
    for letter in told.letters:
        assert bool(letter.text) != bool(letter.problem)


@asynccontextmanager
async def trying(registry: Registry, begins_at: datetime) -> AsyncIterator[Trying]:
    yield Trying(registry, begins_at)


@pytest.fixture(scope="module")
def room() -> RehearsalRoom:
    registry = Registry.load()
    return RehearsalRoom(registry=registry, engine=partial(trying, registry))


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
async def test_each_step_is_what_its_trial_has_said(room: RehearsalRoom, path: Path) -> None:
    report = await room.rehearse(path)

    assert report.met
