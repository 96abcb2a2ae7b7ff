"""Cases of all kinds, mails, notices that fall due; whoever asks, asks until there is an answer."""

import asyncio
import itertools
import smtplib
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from temporalio.service import RPCError

from bench.service import Platform
from casework.domain.case.facts import Actor
from casework.domain.kinds.registry import KINDS, CaseKind
from casework.domain.policy import Role
from casework.messages.temporal import TASK_QUEUE
from casework.policy.roster import load_roster
from casework.policy.service_roster import load_service_roster
from casework.security.keys.errors import KeysAwayError
from casework.settings import LOOPBACK
from tests.api.platform import permit, recognition, wanted
from tests.authority.every_kind import filed, poor, superior_of
from tests.chaos.stack import MAILBOX
from tests.citizens import citizen
from tests.e2e.test_cycles_survive import about_to_end
from tests.e2e.town_hall import STEPS, TownHall
from tests.incoming.mails import raw

NOTES = 3
"""So many notes of colleagues a case gets, of whatever kind that has them."""
OWN_VERBS: dict[CaseKind, tuple[str, dict[str, Any]]] = {
    CaseKind.TICKET: ("sign-ticket", {}),
    CaseKind.WAGE: ("file-complaint", {}),
    CaseKind.WALKTHROUGH: ("note-finding", {"sort": "problem", "text": "网站信息不够丰富"}),
    CaseKind.INCOMING_MAIL: ("set-mail-aside", {"reason": "广告邮件"}),
    CaseKind.REQUEST: ("explain-need", {"reason": "不在清单内"}),
    CaseKind.RATING: ("contact-rater", {"reached": True}),
    CaseKind.TALENT_CYCLE: ("reclassify", {"letter": "C", "reason": "重新认定"}),
}
"""What is done with a case of the kind beside."""
_PEOPLE = {**load_roster().people, **load_service_roster().people}


@dataclass(frozen=True, kw_only=True)
class Act:
    """An act that was acknowledged with the number of its event."""

    case_no: str
    verb: str
    key: str
    seq: int


@dataclass(kw_only=True)
class Office:
    """What was acknowledged: ``opened`` cases, ``acts``, ``mails`` by number, notices ``due``."""

    hall: TownHall
    opened: dict[str, CaseKind] = field(default_factory=dict)
    acts: list[Act] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    mails: set[int] = field(default_factory=set)
    due: dict[str, datetime] = field(default_factory=dict)

    async def works(
        self, cases: int, *, at_once: int, seconds: float, until: asyncio.Event
    ) -> None:
        """See so many cases through, of one kind after the other, and notes until the event is set.

        Their beginnings are spread over so many seconds; each tenth comes with a mail and with a
        notice that falls due meanwhile.
        """
        gate = asyncio.Semaphore(at_once)
        kinds = itertools.cycle(CaseKind)

        async def one(number: int, kind: CaseKind) -> None:
            await asyncio.sleep(seconds * number / cases)
            async with gate:
                await self._see(number, kind)
                if number % 5 == 0:
                    await self._mail(number)
                if number % 10 == 0:
                    await self._due(number, timedelta(seconds=20))

        async with asyncio.TaskGroup() as group:
            group.create_task(self._goes_on(until))
            for number, kind in zip(range(cases), kinds, strict=False):
                group.create_task(one(number, kind))

    async def _goes_on(self, until: asyncio.Event) -> None:
        """Notes for cases that are there, so that the faults always find something under way."""
        for number in itertools.count():
            if until.is_set():
                return
            noted = [no for no, kind in self.opened.items() if "add_note" in KINDS[kind].verbs]
            if noted:
                await self._note(noted[number % len(noted)], f"more-{number}")
            with suppress(TimeoutError):
                await asyncio.wait_for(until.wait(), 0.2)

    async def _see(self, number: int, kind: CaseKind) -> None:
        name = f"chaos-{number}"
        if kind is CaseKind.APPLICATION:
            case_no = await self.hall.submit(name)
            self.opened[case_no] = kind
            for step, (verb, *_) in enumerate(STEPS):
                key = f"{case_no}-{verb}"
                self._told(case_no, verb, key, await self.hall.act(case_no, step, key))
            await self.hall.until(case_no, "archived")
            return
        case_no = await self._open(kind, name)
        if "add_note" in KINDS[kind].verbs:
            for note in range(NOTES):
                await self._note(case_no, f"note-{note}")
        if kind in OWN_VERBS:
            verb, body = OWN_VERBS[kind]
            await self._do(case_no, verb, body, key=f"{case_no}-{verb}")

    async def _open(self, kind: CaseKind, name: str) -> str:
        """Open a case of the kind; opened already under its reference, it is the same again."""
        person = {"name": "张三", "id_number": citizen(name), "phone": "13800000000"}
        match kind:
            case CaseKind.TALENT_CYCLE:
                body = recognition(reference=name, talent=person | {"email": "z@example.com"})
            case CaseKind.PERMIT_CYCLE:
                body = permit(reference=name, holder=person)
            case CaseKind.REQUEST:
                talent = await self._open(CaseKind.TALENT_CYCLE, f"{name}-talent")
                body = wanted(reference=name, talent=talent)
            case CaseKind.RATING:
                request = await self._open(CaseKind.REQUEST, f"{name}-request")
                verb, reason = OWN_VERBS[CaseKind.REQUEST]
                await self._do(request, verb, reason, key=f"{request}-{verb}")
                body = poor(request)
            case CaseKind.VISITS:
                body = filed(kind)
            case _:
                body = filed(kind) | {"reference": name}
                if "applicant" in body:
                    body["applicant"] = person
        system = "visit-platform" if kind is CaseKind.VISITS else "backend"
        async with self.hall.counter(system, Role.SYSTEM, "") as http:
            answer = await self.hall.insist(http, f"/{_PATHS.get(kind, KINDS[kind].path)}", body)
        assert "case_no" in answer, (kind, answer)
        self.opened[answer["case_no"]] = kind
        return str(answer["case_no"])

    async def _note(self, case_no: str, key: str) -> None:
        body = {"text": "申请人来电，材料下周寄到"}
        await self._do(case_no, "add-note", body, key=f"{case_no}-{key}")

    async def _do(self, case_no: str, verb: str, body: dict[str, Any], key: str) -> None:
        who = await self._officer(case_no)
        path = f"/{KINDS[self.opened[case_no]].path}/{case_no}/{verb}"
        async with self.hall.counter(who.code, who.role, who.district) as http:
            self._told(case_no, verb, key, await self.hall.insist(http, path, body, key=key))

    def _told(self, case_no: str, verb: str, key: str, answer: dict[str, Any]) -> None:
        if "seq" in answer:
            self.acts.append(Act(case_no=case_no, verb=verb, key=key, seq=answer["seq"]))
        else:
            self.refused[key] = str(answer.get("code"))

    async def _officer(self, case_no: str) -> Actor:
        """One of those who have the case, once the register shows it."""
        kind = self.opened[case_no]
        reader, role = (
            ("ja-s1", Role.SUPERVISOR)
            if kind is CaseKind.APPOINTMENT
            else (superior_of(case_no[:6]), Role.SUPERIOR)
        )
        async with self.hall.counter(reader, role, "310106" if reader == "ja-s1" else "") as http:
            while True:
                shown = await self.hall.look(http, f"/cases/{case_no}")
                known = [code for code in str(shown.get("assigned", "")).split()
                         if code in _PEOPLE]  # fmt: skip
                if known:
                    # An officer or specialist before whoever reviews: their verbs come first.
                    return min(map(_PEOPLE.__getitem__, known), key=_rank)
                await asyncio.sleep(0.3)

    async def _mail(self, number: int) -> None:
        """Hand a mail to the server, as a relay does, until it says that it has it."""
        mail = raw("某某公司积分材料").replace(b"<1@", f"<{number}@".encode())
        while not await asyncio.to_thread(self._handed, mail):
            await asyncio.sleep(0.5)
        self.mails.add(number)

    def _handed(self, mail: bytes) -> bool:
        try:
            with smtplib.LMTP(LOOPBACK, self.hall.settings.lmtp_port, timeout=30) as server:
                refused = server.sendmail("hr@example.com", [MAILBOX["address"]], mail)
        except (OSError, smtplib.SMTPException):
            return False
        return not refused

    async def _due(self, number: int, within: timedelta) -> None:
        """Open a cycle whose notice falls due soon; by Temporal, since its time is not ours."""
        while True:
            with suppress(RPCError, RuntimeError, KeysAwayError):
                async with self.hall.temporal() as client:
                    platform = Platform(client=client, task_queue=TASK_QUEUE, run="chaos")
                    cycle, due_at = about_to_end(platform, f"due-{number}", within)
                    await platform.open(cycle)
                    self.due[cycle.case_no] = due_at
                    return
            await asyncio.sleep(0.5)


_PATHS = {CaseKind.TALENT_CYCLE: "talents", CaseKind.PERMIT_CYCLE: "permits"}
_FIRST = (Role.OFFICER, Role.SPECIALIST)


def _rank(actor: Actor) -> tuple[bool, str]:
    return (actor.role not in _FIRST, actor.code)
