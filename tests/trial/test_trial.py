"""What a trial says of an act is what then happens: at every step of every scenario."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from copy import copy, deepcopy
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from random import Random
from typing import Any, ClassVar

import pytest

from casework.domain.case.commands import Command
from casework.domain.case.facts import CLOCKWORK, Actor
from casework.domain.case.kind import kind_of_case
from casework.domain.case.opening import StartCase
from casework.domain.case.state import Case
from casework.domain.errors import DomainError
from casework.domain.kinds.incoming_mail.state import IncomingMail
from casework.domain.kinds.registry import KINDS, CaseKind
from casework.domain.policy import Role
from casework.domain.talent import Standing
from casework.domain.time.calendar import local_date
from casework.messages.sharing import ShareAnswer, ShareQuestion
from casework.rehearsal import RehearsalRoom
from casework.rehearsal.engine import PlayedCase
from casework.rehearsal.pure.engine import ACT, PureEngine
from casework.rehearsal.registry import Registry
from casework.temporal import data_converter
from casework.trial.case import PureCase, RefusalError, Tried
from tests.domain.any_act import act_of, idle
from tests.rehearsal.shapes import SCENARIOS


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
        self.time += ACT
        if own.ended:
            return own.do(verb, command)
        events, notices = len(own.events), set(own.notices)
        told = tried(own, sent(own.basis()), self, command)
        assert (len(own.events), set(own.notices)) == (events, notices)
        refused = own.do(verb, command)
        assert_so(told, own, events, notices, refused)
        return refused


class TryingAll(PureEngine):
    """At the first steps of a case: tries every verb of its kind, and does it on a copy."""

    steps = 3
    attempts = 3
    tried: ClassVar[Counter[tuple[CaseKind, str]]] = Counter()
    carried_out: ClassVar[Counter[CaseKind]] = Counter()

    async def do(self, case: PlayedCase, verb: str, command: Command) -> RefusalError | None:
        own: PureCase = self._cases[case.case_no]
        if len(own.events) > 1 and self.steps > 0 and not own.ended:
            self.steps -= 1
            basis = sent(own.basis())
            for each in KINDS[case.kind].verbs:
                for attempt in range(self.attempts):
                    self._try(own, basis, case.kind, each, attempt)
        return await super().do(case, verb, command)

    def _try(
        self, own: PureCase, basis: StartCase, kind: CaseKind, verb: str, attempt: int
    ) -> None:
        dice = Random(f"{own.start.case_no}:{own.case.seq}:{verb}:{attempt}")
        words = ["x", "ja-o1", "ja-r1", own.case.case_no, own.case.district]
        command = an_act(dice, own.case, local_date(self.time), words, verb)
        told = tried(own, basis, self, command)
        other = alone(own, self)
        refused = other.do(verb, command)
        assert_so(told, other, len(own.events), set(own.notices), refused)
        self.tried[kind, verb] += 1
        self.carried_out[kind] += not isinstance(told, DomainError)


def an_act(dice: Random, case: Case, today: date, words: list[str], verb: str) -> Command:
    """The verb by somebody whose role may give it, about things that the case knows."""
    wanted = kind_of_case(case).verbs[verb]
    if verb in idle(case):
        holder = next(iter(case.posts.values())).holder
        actor = Actor(code=holder, role=Role.OFFICER, district=case.district)
        fields: dict[str, Any] = {"task": words[0]} | (
            {"reason": words[0]} if verb == "give_back" else {}
        )
        return wanted(actor=actor, **fields)
    return act_of(dice, case, wanted, today, words)


class Silent:
    """Others answer a copy as they would, and nobody hears of it."""

    def __init__(self, engine: PureEngine) -> None:
        self.check_data, self.draw, self.takes = engine.check_data, engine.draw, engine.takes

    def tell_requests(self, standing: Standing) -> None:
        del standing

    def open_from_mail(self, mail: IncomingMail, number: int, sender: str) -> tuple[str, None]:
        del number, sender
        return f"{mail.district}-0000-0000-0000", None


def alone(own: PureCase, engine: PureEngine) -> PureCase:
    """A copy of a case, with which can be done what would be done with the case."""
    other = copy(own)
    vars(PureCase)["_stand_alone"](other)
    vars(other).update(world=LooksOn(engine), _outside=Silent(engine))
    return other


def tried(
    own: PureCase, basis: StartCase, engine: PureEngine, command: Command
) -> Tried | DomainError:
    world: Any = LooksOn(engine)
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
    first = {
        (each.seq, each.recipient, *key.split(":")[4:]): key  # once more for each correction
        for key, each in reversed(own.notices.items())
    }
    asked = [own.notices[key] for key in first.values() if key not in letters]  # no second way
    queued = {
        (each.seq, each.template, each.recipient, each.channel)
        for each in asked
        if each.seq <= told.case.seq and each.template != "dispatched"
    }
    assert foretold == queued
    for letter in told.letters:
        assert bool(letter.text) != bool(letter.problem)


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.load()


def room_of(registry: Registry, engine: type[PureEngine]) -> RehearsalRoom:
    @asynccontextmanager
    async def opened(begins_at: datetime) -> AsyncIterator[PureEngine]:
        yield engine(registry, begins_at)

    return RehearsalRoom(registry=registry, engine=opened)


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
async def test_each_step_is_what_its_trial_has_said(registry: Registry, path: Path) -> None:
    report = await room_of(registry, Trying).rehearse(path)

    assert report.met


FILES = {
    CaseKind.APPLICATION: "application-",
    CaseKind.REQUEST: "request-",
    CaseKind.TALENT_CYCLE: "cycle-",
    CaseKind.PERMIT_CYCLE: "permit-",
    CaseKind.RATING: "rating-",
    CaseKind.VISITS: "visits-",
    CaseKind.TICKET: "ticket-",
    CaseKind.INCOMING_MAIL: "mail-refused-",
    CaseKind.APPOINTMENT: "appointment-",
}


@pytest.mark.parametrize("kind", KINDS)
async def test_any_verb_does_what_its_trial_has_said(registry: Registry, kind: CaseKind) -> None:
    for path in [each for each in SCENARIOS if each.name.startswith(FILES[kind])][:2]:
        assert (await room_of(registry, TryingAll).rehearse(path)).met

    assert {verb for each, verb in TryingAll.tried if each is kind} == set(KINDS[kind].verbs)
    assert TryingAll.carried_out[kind] >= 2
