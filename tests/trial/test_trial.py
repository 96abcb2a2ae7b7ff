"""What a trial says of an act is what then happens: at every step of every scenario."""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from copy import copy, deepcopy
from dataclasses import MISSING, fields, replace
from datetime import date, datetime
from pathlib import Path
from random import Random
from typing import Any, ClassVar, get_type_hints

import pytest

from casework.domain.case import acceptable
from casework.domain.case.commands import BESIDE_THE_BODY, Command
from casework.domain.case.facts import CLOCKWORK, Actor
from casework.domain.case.kind import kind_of_case
from casework.domain.case.opening import Route, StartCase
from casework.domain.case.state import Case
from casework.domain.errors import DomainError
from casework.domain.kinds.incoming_mail.state import IncomingMail
from casework.domain.kinds.parcel.state import Parcel
from casework.domain.kinds.registry import KINDS, CaseKind
from casework.domain.policy import Role
from casework.domain.talent import Standing
from casework.domain.time.calendar import local_date
from casework.messages.sharing import ShareAnswer, ShareQuestion
from casework.policy.authority import load_authority
from casework.rehearsal import RehearsalRoom
from casework.rehearsal.engine import PlayedCase
from casework.rehearsal.pure.engine import ACT, PureEngine
from casework.rehearsal.registry import OF_A_CASE, Registry
from casework.store.queries import NoticeView
from casework.temporal import data_converter
from casework.trial.case import PureCase, RefusalError, Tried
from tests.domain.any_act import a_value, act_of, idle
from tests.examples import is_night
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


class Wandering(PureEngine):
    """At the first steps of a case: a copy goes its own way, by what was seldom done so far."""

    steps = 3 if is_night() else 2
    length = 8 if is_night() else 6
    attempts = 40
    people: ClassVar[tuple[Actor, ...]] = ()
    carried_out: ClassVar[Counter[tuple[CaseKind, str]]] = Counter()

    async def do(self, case: PlayedCase, verb: str, command: Command) -> RefusalError | None:
        own: PureCase = self._cases[case.case_no]
        if len(own.events) > 1 and self.steps > 0 and not own.ended:
            self.steps -= 1
            self._wander(alone(own, self), case.kind)
        refused = await super().do(case, verb, command)
        self.carried_out[case.kind, verb] += refused is None
        return refused

    def _wander(self, other: PureCase, kind: CaseKind) -> None:
        dice = Random(f"{other.start.case_no}:{other.case.seq}")
        for _ in range(self.length):
            verbs = sorted(
                KINDS[kind].verbs, key=lambda verb: (self.carried_out[kind, verb], dice.random())
            )
            if other.ended or not any(self._does(dice, other, kind, each) for each in verbs):
                return

    def _does(self, dice: Random, other: PureCase, kind: CaseKind, verb: str) -> bool:
        may = [*those_who_may(other, kind, verb, self.people)]
        for _ in range(self.attempts if may else 0):
            command = a_likely_act(dice, other, kind, verb, dice.choice(may), self)
            try:
                vars(PureCase)["_check"](other, command)  # whether it is worth a trial
            except DomainError:
                continue
            told = tried(other, sent(other.basis()), self, command)
            before, letters = len(other.events), set(other.notices)
            refused = other.do(verb, command)
            assert_so(told, other, before, letters, refused)
            self.carried_out[kind, verb] += refused is None
            return refused is None
        return False


def those_who_may(
    own: PureCase, kind: CaseKind, verb: str, people: Iterable[Actor]
) -> Iterator[Actor]:
    """People inside and outside, and systems, whose role may give the verb for this case."""
    roles = KINDS[kind].verbs[verb].roles
    for role in sorted(roles & OF_A_CASE):
        start = own.start
        subject = start.employer_subject if role is Role.EMPLOYER else start.subject
        yield Actor(code=f"{role}-app", role=role, subject=subject)
    for code, bound in load_authority().systems.items():
        if Role.SYSTEM in roles and (kind.value, verb) in bound.may:
            yield Actor(code=code, role=Role.SYSTEM)
    for each in people:
        if each.role in roles and each.district in {"", own.case.district}:
            yield each


def a_likely_act(  # noqa: PLR0917 - one act, whole
    dice: Random, own: PureCase, kind: CaseKind, verb: str, actor: Actor, engine: Wandering
) -> Command:
    """The verb with what the case has to choose from, and else with values that could be meant."""
    case, command, facts = own.case, KINDS[kind].verbs[verb], own.facts(actor)
    hints = get_type_hints(command)
    of = vars(acceptable)
    colleagues = (each.code for each in engine.people if each.district == case.district)
    words = ["x", *colleagues, case.case_no, case.district, *(task.id for task in case.open_tasks)]
    given: dict[str, Any] = {}
    for part in fields(command):
        is_optional = part.default is not MISSING
        if part.name in BESIDE_THE_BODY or (is_optional and dice.random() < 0.5):
            continue
        is_list = of["_is_dataclass_list"](of["_plain"](hints[part.name]))
        chosen = None if is_list or is_optional else of["_choices"](part.name, case, facts)
        given[part.name] = (
            dice.choice(known)
            if (known := [*(chosen or ())])
            else a_value(dice, hints[part.name], local_date(engine.time), words)
        )
    if case.dated and {"seq", "field"} <= given.keys():
        dated = dice.choice(case.dated)
        given |= {"seq": dated.seq, "field": dated.field}
    made: Command = command(actor=actor, **given)
    return made


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

    def open_from_parcel(self, parcel: Parcel, sender: str) -> tuple[str, None]:
        del sender
        return f"{parcel.district}-0000-0000-0000", None


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
        (each.seq, each.template, each.recipient, way_of(each, own))
        for each in asked
        if each.seq <= told.case.seq and each.template != "dispatched"
    }
    assert foretold == queued
    for letter in told.letters:
        assert bool(letter.text) != bool(letter.problem)


def way_of(row: NoticeView, own: PureCase) -> str:
    """The way by which a letter goes: if it still waits, and that was corrected, the new one."""
    waiting = next((effect for _, effect, _ in own.letters if effect.seq == row.seq), None)
    if waiting is None:
        return row.channel
    routes: tuple[Route, ...] = vars(PureCase)["_routes"](own, waiting)
    ways = [route.channel for route in routes if route.recipient == row.recipient]
    return row.channel if row.channel in ways else ways[0]


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
    CaseKind.PARCEL: "parcel-",
    CaseKind.APPOINTMENT: "appointment-",
    CaseKind.WALKTHROUGH: "walkthrough-",
    CaseKind.WAGE: "wage-",
}


@pytest.mark.parametrize("kind", KINDS)
async def test_any_verb_does_what_its_trial_has_said(registry: Registry, kind: CaseKind) -> None:
    for path in [each for each in SCENARIOS if each.name.startswith(FILES[kind])][:2]:
        assert (await room_of(registry, TryingAll).rehearse(path)).met

    assert {verb for each, verb in TryingAll.tried if each is kind} == set(KINDS[kind].verbs)
    assert TryingAll.carried_out[kind] >= 2


def people_of(registry: Registry) -> tuple[Actor, ...]:
    return tuple((registry.platforms.people | registry.roster.people).values())


@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("kind", KINDS)
async def test_what_a_case_takes_is_what_its_trial_has_said(
    registry: Registry, kind: CaseKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Further acts follow on what was done, by whoever may, with what the case has to choose.

    By day from two scenarios of each kind, by night from all.
    """
    monkeypatch.setattr(Wandering, "people", people_of(registry))
    paths = [each for each in SCENARIOS if each.name.startswith(FILES[kind])]
    for path in paths if is_night() else paths[:2]:
        assert (await room_of(registry, Wandering).rehearse(path)).met

    done = {verb for (each, verb), times in Wandering.carried_out.items() if each is kind and times}
    assert len(done) >= len(KINDS[kind].verbs) // 4
