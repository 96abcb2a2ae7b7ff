"""What must hold when all faults are over: nothing lost, nothing twice, nothing made up."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import text

from casework.cli.operating.register import ahead_of_temporal, open_register
from casework.doctor.illnesses import Severity
from casework.domain.case.events import INTERNAL
from casework.domain.kinds.registry import CaseKind
from casework.store.engine import Sessions
from casework.store.register.rebuild import rebuild
from tests.activities.receiver import Receiver
from tests.chaos.office import Act, Office
from tests.e2e.told import Place, Reader, in_order, places, recorded
from tests.e2e.town_hall import PATIENCE, TownHall, typed
from workers.restoring import restore

_POLL_SECONDS = 0.5
CITY = "31"


@dataclass(frozen=True, kw_only=True)
class Found:
    """``losses``: every invariant that does not hold, in words; and what there was to lose."""

    events: int
    letters: int
    letters_again: int
    superseded: int
    losses: tuple[str, ...]


async def all_is_there(hall: TownHall, office: Office, readers: Iterable[Reader],
                       receiver: Receiver, *, letters_again_at_most: int,
                       ill_before: set[str]) -> Found:  # fmt: skip
    """Wait until everything has come to rest, and compare."""
    losses: list[str] = []
    async with open_register(hall.settings) as sessions:
        await _at_rest(sessions, office, losses)
        losses += await _acts(sessions, office.acts)
        losses += await _mails(sessions, office)
        losses += await _due(sessions, office)
        losses += await _as_temporal_says(hall, sessions)
        events, anew = await recorded(hall, await _all_cases(sessions))
        # A system hears of what it has filed, and of no act that is internal.
        filed = {case_no for case_no, kind in office.opened.items() if kind is not CaseKind.VISITS}
        of_backend = {place for place, kind in events.items()
                      if place[0] in filed and kind not in INTERNAL}  # fmt: skip
        # A superior of all that its city has, appointments apart.
        visits = {case_no for case_no, kind in office.opened.items()
                  if kind is CaseKind.APPOINTMENT}  # fmt: skip
        of_city = {place for place in events
                   if place[0].startswith(CITY) and place[0] not in visits}  # fmt: skip
        losses += _feed({"sh-u1": of_city, "backend": of_backend}, anew, readers)
        losses += await _webhook(of_backend, receiver)
    outbox = [entry for entry in await hall.outbox() if entry.get("key")]
    again = sum(entry["repeats"] for entry in outbox)
    twice = [key for key, times in Counter(entry["key"] for entry in outbox).items() if times > 1]
    losses += [f"{len(twice)} letters twice"] if twice else []
    if again > letters_again_at_most:
        losses.append(f"{again} letters were handed over again, {letters_again_at_most} may be")
    verified = await asyncio.to_thread(typed, hall.settings, "audit", "verify")
    if verified.returncode:
        losses.append(f"casework audit verify: {verified.stdout}{verified.stderr}")
    losses += [f"the doctor finds {each}" for each in await illnesses(hall) - ill_before]
    return Found(
        events=len(events),
        letters=len(outbox),
        letters_again=again,
        superseded=len(anew),
        losses=tuple(losses),
    )


async def illnesses(hall: TownHall) -> set[str]:
    """What the doctor calls ill, looking at the histories too: codes, and whom they concern.

    In December the sample catalogue lacks the calendar of the next year; that is no fault's doing.
    """
    said = await asyncio.to_thread(typed, hall.settings, "doctor", "--deep", "--json")
    return {
        f"{each['code']} ({', '.join(each['about'])})"
        for each in json.loads(said.stdout)["findings"]
        if each["severity"] == Severity.ILL
    }


async def _at_rest(sessions: Sessions, office: Office, losses: list[str]) -> None:
    """Wait for the letters that are queued, and for the notices that are due."""
    waiting = "letters"
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            while await _count(sessions, "SELECT count(*) FROM notices WHERE status = 'queued'"):
                await asyncio.sleep(_POLL_SECONDS)
            waiting = "notices"
            while await _due(sessions, office):
                await asyncio.sleep(_POLL_SECONDS)
    except TimeoutError:
        losses.append(f"{waiting} do not come to rest")


async def _acts(sessions: Sessions, acts: Iterable[Act]) -> list[str]:
    """Every act that was acknowledged is in the register, once, as the event that was named."""
    async with sessions() as session:
        found = await session.execute(text("SELECT case_no, id, seq FROM operations"))
        kept = Counter((case_no, key, seq) for case_no, key, seq in found)
        found = await session.execute(text("SELECT case_no, seq FROM events"))
        events = {(case_no, seq) for case_no, seq in found}
    by_place = Counter((case_no, seq) for case_no, _, seq in kept)
    losses = []
    for act in acts:
        told = [n for (case_no, key, seq), n in kept.items()
                if case_no == act.case_no and seq == act.seq and act.key in key]  # fmt: skip
        if (act.case_no, act.seq) not in events:
            losses.append(f"{act.verb} of {act.case_no}: event {act.seq} is not there")
        elif told != [1]:
            losses.append(f"{act.verb} of {act.case_no}: {by_place[act.case_no, act.seq]} times")
    return losses


async def _mails(sessions: Sessions, office: Office) -> list[str]:
    """Every mail that the server has said it keeps is one case."""
    mine = sum(kind is CaseKind.INCOMING_MAIL for kind in office.opened.values())
    found = await _count(sessions, "SELECT count(*) FROM openings WHERE kind = 'incoming_mail'")
    # Of one that was handed over and not acknowledged, nothing is said: it was handed over again.
    if found != mine + len(office.mails):
        return [f"{len(office.mails)} mails and {mine} entered by hand are {found} cases"]
    return []


async def _due(sessions: Sessions, office: Office) -> list[str]:
    """Every notice that was due was given, once."""
    asked = {"numbers": sorted(office.due)}
    async with sessions() as session:
        found = await session.execute(
            text(
                "SELECT case_no FROM events WHERE kind = 'cycle_notified'"
                " AND case_no = ANY(:numbers)"
            ),
            asked,
        )
        given = Counter(case_no for (case_no,) in found)
    return [f"{case_no}: notified {given[case_no]} times" for case_no in office.due
            if given[case_no] != 1]  # fmt: skip


async def _as_temporal_says(hall: TownHall, sessions: Sessions) -> list[str]:
    """The register has what the histories have told it, no less, no more, and its rows follow."""
    async with hall.temporal() as client:
        lacking = await restore(client, sessions, write=False)
    ahead = await ahead_of_temporal(hall.settings, sessions)
    differing = (await rebuild(sessions, write=False)).differences
    return [
        *(f"the register lacks events of {each.case_no}" for each in lacking.cases),
        *(f"{where}: {why}" for where, why in lacking.left.items()),
        *(f"the register lacks order {each}" for each in (*lacking.orders, *lacking.again)),
        *(f"{each.case_no}: {each.seq} events, Temporal holds {each.held}" for each in ahead),
        *(f"{each.case_no}: rows of {', '.join(each.tables)} do not follow" for each in differing),
    ]


def _feed(
    wanted: Mapping[str, set[Place]], anew: set[Place], readers: Iterable[Reader]
) -> list[str]:
    """Every reader was told of each event that is its own, once but for what was decided anew."""
    losses = []
    for number, reader in enumerate(readers):
        who = f"reader {number} ({reader.code})"
        told = Counter(reader.told)
        if missing := wanted[reader.code] - set(told):
            losses.append(f"{who} was not told of {len(missing)} events: {sorted(missing)[:5]}")
        if again := {place for place, times in told.items() if times > 1} - anew:
            losses.append(f"{who} was told of {len(again)} events twice: {sorted(again)[:5]}")
        if not _is_in_order(reader.told):
            losses.append(f"{who} was told out of order")
    return losses


async def _webhook(wanted: set[Place], receiver: Receiver) -> list[str]:
    """The receiver has each event that it may know; again after a fault, and in order."""
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            while not wanted <= set(places(receiver.took)):
                await asyncio.sleep(_POLL_SECONDS)
    except TimeoutError:
        missing = wanted - set(places(receiver.took))
        return [f"the webhook lacks {len(missing)} events: {sorted(missing)[:5]}"]
    return [] if _is_in_order(places(receiver.had)) else ["the webhook was told out of order"]


def _is_in_order(told: Iterable[Place]) -> bool:
    try:
        in_order(told)
    except AssertionError:
        return False
    return True


async def _all_cases(sessions: Sessions) -> set[str]:
    async with sessions() as session:
        return set(await session.scalars(text("SELECT case_no FROM cases")))


async def _count(sessions: Sessions, statement: str) -> int:
    async with sessions() as session:
        return int(await session.scalar(text(statement)) or 0)
