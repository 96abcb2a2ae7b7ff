"""The course of one rehearsal: time passes, somebody acts, and what is seen is compared."""

from dataclasses import dataclass, field

from casework.domain.calendar import ZONE
from casework.domain.facts import local_date
from casework.domain.policy import MaterialForm
from casework.messages import read_command
from casework.rehearsal.case_time import CaseTime
from casework.rehearsal.cast import Cast
from casework.rehearsal.comparison import differences
from casework.rehearsal.expected import Expected
from casework.rehearsal.ordering import OrderDesk
from casework.rehearsal.played import Attempt, PlayedCase, Refusal
from casework.rehearsal.report import Difference
from casework.rehearsal.scenario import Scenario, Step
from casework.rehearsal.seen import Seen, look
from casework.store.engine import Sessions


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """One scenario being played; ``differences`` gathers what was not as expected."""

    time: CaseTime
    case: PlayedCase
    cast: Cast
    orders: OrderDesk
    forms: dict[str, MaterialForm]
    sessions: Sessions
    differences: list[Difference] = field(default_factory=list)

    async def play(self, scenario: Scenario) -> None:
        """Take the steps, then look at the end; a wrong turn ends it, a wrong sight does not."""
        for number, step in enumerate(scenario.steps, 1):
            if step.at:
                await self.time.pass_until(step.at)
            await self.case.come_to_rest()
            where = await self._where(number)
            if not await self._act(step, where):
                return
            await self.case.come_to_rest()
            await self._compare(step.expect, where)
        await self._compare(scenario.final, "最后")

    async def _compare(self, expected: Expected, where: str) -> None:
        if expected.model_fields_set:
            self.differences.extend(differences(expected, await self.look(), where))

    async def look(self) -> Seen:
        """The case as the register shows it now."""
        today = local_date(await self.time.now())
        return await look(self.sessions, self.case.case_no, today, self.orders.last_no)

    async def _where(self, number: int) -> str:
        at = (await self.time.now()).astimezone(ZONE)
        return f"第{number}步 {at:%Y-%m-%d %H:%M}"

    async def _act(self, step: Step, where: str) -> bool:
        """Do what the step says; False if it went otherwise than the step says."""
        if step.order:
            return self._as_told(step, step.order.kind, await self.orders.give(step), where)
        if not step.verb:
            return True
        actor = self.cast.actor(step.actor, step.verb, signal=step.signal is not None)
        command = read_command(step.verb, step.payload(actor, self.forms))
        send = self.case.signal if step.signal else self.case.do
        refusal = await send(step.verb, command)
        if refusal:
            attempt = Attempt(at=await self.time.now(), command=command, refusal=refusal)
            self.case.attempts.append(attempt)
        return self._as_told(step, step.verb, refusal, where)

    def _as_told(self, step: Step, what: str, refusal: Refusal | None, where: str) -> bool:
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


def _outcome(code: str, reason: str = "") -> str:
    return f"拒绝 {code} {reason}".strip() if code else "办成"
