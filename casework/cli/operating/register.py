"""``casework register``: the register's tables, made again from its events."""
# ruff: noqa: PLC0415 - imported when the command runs, so that the others start fast

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from casework.cli.calling.identity import load_settings
from casework.cli.terms.arguments import case_no as read_case_no
from casework.cli.terms.errors import RefusedError, UnusableError
from casework.cli.terms.screen import Json, note, say, show_json

if TYPE_CHECKING:
    from casework.settings import Settings
    from casework.store.register.rebuild import RebuildReport
    from casework.store.register.recording import Ahead
    from casework.store.sealing.sealing import SealReport

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
    from casework.cli.operating.comparing import ahead_of_temporal
    from casework.cli.terms.open_register import open_register
    from casework.store.models import Openings
    from casework.store.register.rebuild import rebuild as rebuilt

    async with open_register(settings) as opened:
        async with opened() as session:
            if case_no and await session.get(Openings, case_no) is None:
                raise RefusedError(f"no case {case_no} in the register")
        ahead = await ahead_of_temporal(settings, opened, case_no=case_no, write=write)
        return ahead, await rebuilt(opened, case_no or None, write=write)


async def _seal(settings: "Settings") -> "SealReport":
    from casework.cli.terms.open_register import open_register
    from casework.store.sealing.sealing import seal_register

    async with open_register(settings) as opened:
        return await seal_register(opened)
