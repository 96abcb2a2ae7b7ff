"""The register beside Temporal: of which cases it shows more than Temporal holds."""
# ruff: noqa: PLC0415 - imported when a command runs, so that the others start fast

import asyncio
from typing import TYPE_CHECKING

from casework.cli.terms.screen import note
from casework.domain.kinds.registry import workflow_id

if TYPE_CHECKING:
    from temporalio.client import Client

    from casework.settings import Settings
    from casework.store.engine import Sessions
    from casework.store.register.recording import Ahead, Shown
    from workers.held import Held

TRIES, PAUSE = 10, 0.5
"""How often a case of which a task is under way is looked at again, and after how many seconds."""


async def ahead_of_temporal(
    settings: "Settings",
    sessions: "Sessions",
    *,
    case_no: str = "",
    district: str = "",
    write: bool = False,
) -> "list[Ahead]":
    """The cases of which the register shows more than Temporal holds.

    With ``write`` what goes beyond is kept as superseded, unless a task of the case is under way.
    What cannot be compared is told on stderr, and is nothing found.
    """
    from casework.store.engine import vault_of
    from casework.store.register.recording import shown
    from casework.temporal import connect, target

    async with sessions() as session:
        cases = await shown(session, case_no, district)
        vault = vault_of(session)
    if not cases:
        return []
    try:
        client = await connect(settings, vault=vault)
    except RuntimeError:
        note(f"not compared with Temporal: no answer at {target(settings)}")
        return []
    found, unknown = [], 0
    for case in cases:
        ahead, known = await _compared(client, sessions, case, write=write)
        unknown += not known
        if ahead is not None:
            found.append(ahead)
    if unknown:
        note(f"{unknown} of {len(cases)} cases not compared: no run in Temporal can be read")
    return found


async def _compared(
    client: "Client", sessions: "Sessions", case: "Shown", *, write: bool
) -> "tuple[Ahead | None, bool]":
    """What the register has ahead of Temporal of one case, if anything; whether it was compared."""
    from temporalio.service import RPCError

    from casework.store.register.recording import Ahead, again, take_back

    try:
        holds = await _at_rest(client, case)
    except (RPCError, RuntimeError):  # the history cannot be had, or not be read any more
        holds = None
    if holds is None or holds.seq >= case.seq:
        return None, holds is not None
    async with sessions.begin() as session:
        if await again(session, case) is None:
            return None, True  # it has gone on, and put itself right
        if write and not holds.deciding:
            await take_back(session, case, holds.seq)
    ahead = Ahead(case_no=case.case_no, district=case.district, held=holds.seq, seq=case.seq)
    return ahead, True


async def _at_rest(client: "Client", case: "Shown") -> "Held | None":
    """What Temporal holds, once it has come as far as the register or decides nothing just now."""
    from workers.held import held

    holds = await held(client, workflow_id(case.kind, case.case_no))
    for _ in range(TRIES):
        if holds is None or holds.seq >= case.seq or not holds.deciding:
            break
        await asyncio.sleep(PAUSE)
        holds = await held(client, workflow_id(case.kind, case.case_no))
    return holds
