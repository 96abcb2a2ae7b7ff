"""The course of one rehearsal: time passes, somebody acts, and what is seen is compared."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from casework.domain.case.facts import Actor
from casework.domain.case.state import Case
from casework.domain.errors import DomainError
from casework.domain.kinds.registry import KINDS
from casework.domain.kinds.round.state import Round
from casework.domain.time.calendar import ZONE
from casework.messages.absences import StartAbsence
from casework.rehearsal.checks import talent_name
from casework.rehearsal.comparison import differences
from casework.rehearsal.engine import Attempt, Engine, PlayedCase, StoppedError
from casework.rehearsal.faults import ScenarioError
from casework.rehearsal.given import Given, ServiceGiven
from casework.rehearsal.opening import Reception
from casework.rehearsal.ordering import OrderDesk
from casework.rehearsal.registry import OF_A_CASE, Cast
from casework.rehearsal.report import Difference
from casework.rehearsal.scenario import Scenario
from casework.rehearsal.seen import Seen, is_behind
from casework.rehearsal.step import Absence, Expected, Step, read_step
from casework.trial.case import RefusalError


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """One scenario being played; ``differences`` gathers what was not as expected.

    ``cases`` are those opened so far, by name; ``first`` names the one that it is about.
    ``to_come`` are those of the scenario that have still to be opened.
    """

    engine: Engine
    first: str
    cast: Cast
    orders: OrderDesk
    reception: Reception
    cases: dict[str, PlayedCase] = field(default_factory=dict)
    to_come: dict[str, Given | ServiceGiven] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)

    async def begin(self, scenario: Scenario) -> None:
        """Open the case; of several, those that arrive first."""
        self.to_come.update(scenario.givens)
        await self._open_until(min(given.opened_at for given in self.to_come.values()))

    async def _open_until(self, moment: datetime | None) -> None:
        """Open what arrives by that moment, each when it does; None: all that is left."""
        for name, given in sorted(self.to_come.items(), key=lambda each: each[1].opened_at):
            if moment is None or given.opened_at <= moment:
                del self.to_come[name]
                await self._receive(name, given)

    async def _receive(self, name: str, given: Given | ServiceGiven) -> None:
        """Open a case that comes from outside; a request's talent before it."""
        cases: Mapping[str, PlayedCase] = self.cases
        if isinstance(given, ServiceGiven) and (talent := given.talent_first):
            its_name = talent_name(name, several=self.reception.several)
            await self.engine.pass_until(talent.received_at)
            first = ServiceGiven(talent=talent)
            self.cases[its_name] = await self.reception.open(first, its_name, self.cases)
            await self.engine.come_to_rest()
            cases = {its_name: self.cases[its_name]}
        await self.engine.pass_until(given.opened_at)
        self.cases[name] = await self.reception.open(given, name, cases)

    async def play(self, scenario: Scenario) -> None:
        """Take the steps, then look at the end; a wrong turn ends it, a wrong sight does not."""
        for number, step in enumerate(scenario.steps, 1):
            try:
                if not await self._step(step, number):
                    return
            except ScenarioError as error:
                raise ScenarioError(str(error), place=("steps", number - 1)) from error
            except Exception as error:  # noqa: BLE001 - whatever it is, its step is told
                cause = await self.engine.cause_of(error)
                raise StoppedError(("steps", number - 1)) from cause
        await self._open_until(None)
        await self.engine.come_to_rest()
        for name, final in scenario.finals.items():
            await self._compare(final, name, f"最后〔{name}〕")
        await self._compare(scenario.final, self.first, "最后")

    async def _step(self, step: Step, number: int) -> bool:
        """Take a step; False if it went otherwise than it says."""
        if step.at:
            await self._open_until(step.at)
            await self.engine.pass_until(step.at)
        await self.engine.come_to_rest()
        where = await self._where(number)
        if not await self._act(step, where):
            return False
        await self.engine.come_to_rest()
        await self._compare(step.expect, step.case or step.called or self.first, where)
        return True

    async def _compare(self, expected: Expected, name: str, where: str) -> None:
        if not expected.model_fields_set:
            return
        seen = await self.look(name)
        if is_behind(seen):
            await self.engine.catch_up(self._opened(name))
            await self.engine.come_to_rest()
            seen = await self.look(name)
        outreaches = self.orders.outreaches
        self.differences.extend(differences(expected, seen, where, outreaches))

    async def look(self, name: str) -> Seen:
        """The case of that name as the register shows it now."""
        return await self.engine.look(self._opened(name).case_no, self.orders.last_no)

    def _opened(self, name: str) -> PlayedCase:
        """The case of that name; raise ScenarioError if it arrives only later."""
        if name not in self.cases:
            raise ScenarioError(f"办件“{name}”此时尚未收件，请核对步骤的时间和所指的办件")
        return self.cases[name]

    async def _where(self, number: int) -> str:
        at = (await self.engine.now()).astimezone(ZONE)
        return f"第{number}步 {at:%Y-%m-%d %H:%M}"

    async def _act(self, step: Step, where: str) -> bool:
        """Do what the step says; False if it went otherwise than the step says."""
        if step.order:
            return self._as_told(step, step.order.kind, await self.orders.give(step), where)
        if step.opened:
            return self._as_told(step, "open", await self._open(step), where)
        case = self._opened(step.case or self.first)
        if step.absent:
            posts = (await self.look(case.name)).state.posts
            officer = self.cast.person(step.absent.officer, posts)
            await self.engine.absence(absence(step.absent, officer, self.engine.shift))
            return True
        if not step.verb:
            return True
        refusal = await self._send(step, case)
        return self._as_told(step, step.verb, refusal, where)

    async def _send(self, step: Step, case: PlayedCase) -> RefusalError | None:
        state = (await self.look(case.name)).state
        roles = KINDS[case.kind].verbs[step.verb].roles
        signal = step.signal is not None
        does = (case.kind.value, step.verb)
        actor = self.cast.actor(step.actor, roles, state.posts, does=does, signal=signal)
        if actor.role in OF_A_CASE:  # nobody else comes to a rehearsal
            actor = replace(actor, subject=case.subject)
        payload = _found(step.payload(actor, case.forms), state)
        if (outreach := payload.get("outreach")) in self.orders.outreaches:
            payload["outreach"] = self.orders.outreaches[outreach]
        if (into := payload.get("into")) in self.cases:
            payload["into"] = self.cases[into].case_no
        command = read_step(step, case.kind, payload)
        send = self.engine.signal if signal else self.engine.do
        refusal = await send(case, step.verb, command)
        if refusal:
            attempt = Attempt(at=await self.engine.now(), command=command, refusal=refusal)
            case.attempts.append(attempt)
        return refusal

    async def _open(self, step: Step) -> RefusalError | None:
        if step.opened is None:
            raise ValueError("a step that opens nothing")
        name = step.called
        try:
            self.cases[name] = await self.reception.open(step.opened, name, self.cases)
        except DomainError as error:
            return RefusalError(code=error.code, reason=error.message)
        return None

    def _as_told(self, step: Step, what: str, refusal: RefusalError | None, where: str) -> bool:
        code = refusal.code if refusal else ""
        if code == step.refused:
            return True
        wrong = Difference(
            where=f"{where} {what}，此后各步未推演",
            expected=_outcome(step.refused),
            seen=_outcome(code, refusal.reason if refusal else ""),
        )
        self.differences.append(wrong)
        return False


def _found(payload: dict[str, Any], state: Case) -> dict[str, Any]:
    """A request of a sample is named by its place in it, from one: its number is made up."""
    place = payload.get("request")
    if not isinstance(place, int) or not isinstance(state, Round):
        return payload
    if not 1 <= place <= len(state.visits):
        raise ScenarioError(f"with.request: 样本只有 {len(state.visits)} 件")
    return payload | {"request": state.visits[place - 1].request}


def _outcome(code: str, reason: str = "") -> str:
    return f"拒绝 {code} {reason}".strip() if code else "办成"


def absence(absent: Absence, officer: Actor, shift: timedelta) -> StartAbsence:
    """The absence of an officer, as HTTP starts it."""
    return StartAbsence(
        id=f"{officer.code}-{absent.first_on}",
        officer=officer.code,
        first_on=absent.first_on,
        last_on=absent.last_on,
        reason=absent.reason,
        recorded_by=officer,
        rehearsal=shift,
    )
