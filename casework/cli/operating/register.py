"""``casework register``: the register's tables, made again from its events."""
# ruff: noqa: PLC0415 - imported when the command runs, so that the others start fast

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from casework.cli.calling.identity import load_settings
from casework.cli.terms.arguments import case_no as read_case_no
from casework.cli.terms.errors import RefusedError, UnusableError
from casework.cli.terms.screen import Json, note, say, show_json
from casework.domain.kinds.registry import workflow_id

if TYPE_CHECKING:
    from temporalio.client import Client

    from casework.settings import Settings
    from casework.store.engine import Sessions
    from casework.store.register.rebuild import RebuildReport
    from casework.store.register.recording import Ahead, Shown
    from casework.store.sealing.sealing import SealReport
    from workers.held import Held
    from workers.reopening import Reopening
    from workers.restoring import Restored


app = typer.Typer(help="The register (登记库).", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """The register (登记库)."""


@app.command()
def rebuild(
    case_no: Annotated[
        str, typer.Argument(metavar="[NO]", parser=read_case_no, help="By default every case.")
    ] = "",
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit code 1 if a row differs.")
    ] = False,
    json: Json = False,
) -> None:
    """Make the tables again from the events; may run beside the workers.

    Events that Temporal does not hold are taken back first, and kept as superseded.
    """
    with reaching_register():
        ahead, report = asyncio.run(_rebuild(load_settings(), case_no, write=not check))
    if json:
        show_json(asdict(report) | {"ahead": [asdict(each) for each in ahead]})
    else:
        for each in ahead:
            say(f"{each.case_no}: events {each.held + 1} to {each.seq} are not held by Temporal")
        for found in report.differences:
            say(f"{found.case_no}: {', '.join(found.tables)}")
        say(f"{report.cases} cases, {len(report.differences)} {'differ' if check else 'rewritten'}")
    if check and (report.differences or ahead):
        raise RefusedError("the tables are not what the events say: run it without --check")


@app.command()
def restore(  # noqa: PLR0913 - one argument per option
    number: Annotated[
        str, typer.Argument(metavar="[NO]", help="A case or an order; by default all.")
    ] = "",
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit code 1 if anything is lacking.")
    ] = False,
    since: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M%z"],
            help="When the backup was taken; what has not moved since is passed over.",
        ),
    ] = None,
    secrets: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Of `casework keys copy-secrets`."),
    ] = None,
    digests: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="Exports of signed digests, to be kept."),
    ] = None,
    json: Json = False,
) -> None:
    """Write what a lost or older register lacks, from Temporal's histories (恢复登记库).

    May be run again. Exit code 1 if something could not be had.
    """
    with reaching_register():
        copies = (None, None) if check else (secrets, digests)
        done, kept = asyncio.run(_restore(load_settings(), number, since, *copies, write=not check))
    if json:
        show_json(asdict(done) | {"digests": kept})
    else:
        _show_restored(done, kept)
    if done.left or done.again or (check and done.anything):
        raise RefusedError("the register lacks something: see docs/runbook.md#backup")


def _show_restored(done: "Restored", digests: int) -> None:
    for each in done.cases:
        parts = [f"events {each.first} to {each.last}"] if each.last else []
        parts += [f"{each.letters} letters that had gone out or were refused"] * bool(each.letters)
        say(f"{each.case_no}: {', '.join(parts)}")
        for seq in each.unnumbered:
            note(f"{each.case_no}: the letter of event {seq} has lost its number and code")
    for no in done.orders:
        say(f"order {no}")
    for no in done.again:
        note(f"order {no} is lost: give it again")
    for id_, why in sorted(done.left.items()):
        note(f"{id_}: {why}")
    say(
        f"{done.looked_at} cases looked at, {len(done.cases)} lacked something; "
        f"{len(done.orders)} orders, {done.absences} absences, {digests} digests"
    )


async def _restore(  # noqa: PLR0913 - as the command
    settings: "Settings",
    number: str,
    since: datetime | None,
    secrets: Path | None,
    digests: Path | None,
    *,
    write: bool,
) -> "tuple[Restored, int]":
    from casework.store.engine import vault_of
    from casework.temporal import connect
    from workers.restoring import restore as restored

    async with open_register(settings) as opened:
        if secrets is not None:
            await _bring_back(opened, secrets)
        kept = 0 if digests is None else await _regain_digests(opened, digests)
        async with opened() as session:
            vault = vault_of(session)
        try:
            client = await connect(settings, vault=vault)
        except RuntimeError as error:
            raise UnusableError(str(error)) from None
        return await restored(client, opened, only=number, since=since, write=write), kept


async def _bring_back(opened: "Sessions", file: Path) -> None:
    from casework.store.sealing.copies import bring_back_secrets

    copy = await asyncio.to_thread(file.read_text, encoding="utf-8")
    try:
        async with opened.begin() as session:
            secrets, erasures = await bring_back_secrets(session, copy)
    except ValueError:
        raise UnusableError(f"{file} is no copy of secrets") from None
    say(f"{secrets} secrets and {erasures} erasures brought back")


async def _regain_digests(opened: "Sessions", folder: Path) -> int:
    from casework.security.audit.digests import exported
    from casework.store.restoring import regain_digests

    try:
        return await regain_digests(opened, exported(folder))
    except ValueError:
        raise UnusableError(f"{folder} holds a file that is no digest") from None


@app.command()
def reopen(
    number: Annotated[
        str, typer.Argument(metavar="[NO]", parser=read_case_no, help="By default every case.")
    ] = "",
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Start nothing; say what would be started.")
    ] = False,
    json: Json = False,
) -> None:
    """Start the register's cases again after Temporal has lost them (续办办件).

    Before workers and API are started again. May be broken off, and run again. Refused while the
    namespace holds cases that run. Exit code 1 if a case could not be started.
    """
    with reaching_register():
        done = asyncio.run(_reopen(load_settings(), number, write=not check))
    if json:
        show_json(asdict(done))
    else:
        for case_no, unsure in sorted(done.unsure.items()):
            note(f"{case_no}: ask whether it has gone out: {', '.join(unsure)}")
        for case_no, why in sorted(done.left.items()):
            note(f"{case_no}: {why}")
        say(
            f"{done.looked_at} cases looked at, {len(done.cases)} started again with "
            f"{done.letters} letters to send, {done.running} ran already"
        )
    if done.left:
        raise RefusedError("not every case could be started: see docs/runbook.md#backup")


async def _reopen(settings: "Settings", number: str, *, write: bool) -> "Reopening":
    from datetime import timedelta

    from casework.policy.sharing import load_sharing
    from casework.security.proof.parts import open_signing
    from casework.security.proof.speaking import REOPENS
    from casework.store.engine import vault_of
    from casework.temporal import connect
    from workers.reopening import StillRunningError
    from workers.reopening import reopen as reopened

    signing = open_signing(settings, REOPENS.code)
    async with open_register(settings) as opened:
        async with opened() as session:
            vault = vault_of(session)
        try:
            client = await connect(settings, vault=vault, signing=signing)
        except RuntimeError as error:
            raise UnusableError(str(error)) from None
        try:
            return await reopened(
                client,
                opened,
                sharing=load_sharing(),
                spread=timedelta(minutes=settings.wake_spread_minutes),
                only=number,
                write=write,
            )
        except StillRunningError as error:
            raise RefusedError(
                f"{error} runs, and was not started from the register: nothing is lost here"
            ) from None


@app.command()
def seal(*, json: Json = False) -> None:
    """Seal what was written before there was sealing; may run beside the workers, and again."""
    with reaching_register():
        report = asyncio.run(_seal(load_settings()))
    if json:
        show_json(asdict(report))
        return
    say(f"{report.cases} cases sealed")
    if report.left:
        note(f"{report.left} events stay in clear: the chain stands over them as they are")


@contextmanager
def reaching_register() -> Iterator[None]:
    """Turn whatever keeps us from the register into one line."""
    from alembic.util import CommandError

    from casework.security.keys.errors import KeysError
    from casework.settings import SettingsError
    from casework.store.engine import UnfitError
    from casework.store.faults import FROM_THE_REGISTER, Fault, fault_of, words_for

    try:
        yield
    except (SettingsError, KeysError, UnfitError, CommandError) as error:
        raise UnusableError(str(error)) from None
    except (OSError, *FROM_THE_REGISTER) as error:
        fault = fault_of(error)
        if fault is Fault.UNFIT:
            raise UnusableError(
                f"the register's tables or grants are not those of this release "
                f"({words_for(error)}): run `casework migrate`"
            ) from None
        if fault is None:
            raise UnusableError(f"the register refused: {words_for(error)}") from None
        first_line = str(error).partition("\n")[0] or type(error).__name__
        raise UnusableError(f"the register {_NOW[fault]}: {first_line}") from None


_NOW = {
    "away": "does not answer",
    "busy": "is busy",
    "read_only": "takes no writes",
    "full": "is full",
    "changed": "was changed meanwhile, try again",
}


async def _rebuild(
    settings: "Settings", case_no: str, *, write: bool
) -> "tuple[list[Ahead], RebuildReport]":
    from casework.store.models import Openings
    from casework.store.register.rebuild import rebuild as rebuilt

    async with open_register(settings) as opened:
        async with opened() as session:
            if case_no and await session.get(Openings, case_no) is None:
                raise RefusedError(f"no case {case_no} in the register")
        ahead = await ahead_of_temporal(settings, opened, case_no=case_no, write=write)
        return ahead, await rebuilt(opened, case_no or None, write=write)


async def _seal(settings: "Settings") -> "SealReport":
    from casework.store.sealing.sealing import seal_register

    async with open_register(settings) as opened:
        return await seal_register(opened)


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


@asynccontextmanager
async def open_register(settings: "Settings") -> AsyncIterator["Sessions"]:
    """Yield sessions over the settings' register and key ring; raise `SettingsError`."""
    from casework.security.audit.hashing import Hashing
    from casework.store.engine import create_engine, sessions
    from casework.store.sealing.ring_vault import RingVault

    now = datetime.now(UTC)  # noqa: TID251 - the command is a composition root
    vault = RingVault.open(settings, lambda: create_engine(settings.database), at=now)
    engine = create_engine(settings.database)
    try:
        async with aclosing(vault):
            yield sessions(engine, vault, Hashing(settings.hash))
    finally:
        await engine.dispose()
