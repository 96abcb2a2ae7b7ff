"""``casework doctor``: what is wrong, and what to do about it."""
# ruff: noqa: PLC0415 - imported when the command runs, so that the others start fast

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from casework.cli.calling.identity import load_settings
from casework.cli.operating.register import ahead_of_temporal, open_register, reaching_register
from casework.cli.terms.errors import RefusedError, UnusableError
from casework.cli.terms.screen import Json, say, show_json

if TYPE_CHECKING:
    from temporalio.client import Client

    from casework.doctor.illnesses import Finding, Seen
    from casework.settings import Settings
    from casework.store.engine import Sessions

ANSWERS_WITHIN = 10.0
"""Seconds, for a part to be connected to; more, and it counts as one that does not answer."""


def doctor(
    *,
    deep: Annotated[
        bool,
        typer.Option(
            "--deep", help="Compare events with Temporal's histories too (ten cases a second)."
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Say what is wrong and what to do about it; writes nothing. Exit code 1 if anything is ill.

    It looks at the register, Temporal, the keys on this machine and the issuer of tokens.
    """
    from temporalio.service import RPCError

    from casework.doctor.illnesses import Severity, diagnose

    with reaching_register():
        try:
            seen = asyncio.run(_seen(load_settings(), deep=deep))
        except RPCError as error:
            raise UnusableError(f"Temporal: {error.status.name.lower()}") from None
    found = diagnose(seen)
    if json:
        show_json({"at": seen.at.isoformat(), "findings": [asdict(each) for each in found]})
    else:
        for each in found:
            _say(each)
    ill = sum(each.severity is Severity.ILL for each in found)
    if ill:
        raise RefusedError(f"{ill} illnesses, {len(found) - ill} things to watch")
    if not json:
        say(f"nothing is ill, {len(found)} things to watch" if found else "nothing is wrong")


def _say(found: "Finding") -> None:
    say(f"{found.severity.upper():5} {found.code} {found.title}: {found.said}")
    if found.about:
        say(f"      {', '.join(found.about)}")
    say(f"      do: {found.advice}")
    say(f"      see docs/runbook.md#{found.runbook}")


async def _seen(settings: "Settings", *, deep: bool) -> "Seen":
    from casework.doctor.looking import look

    now = datetime.now(UTC)  # noqa: TID251 - the command is a composition root
    async with _register(settings) as sessions:
        seen = await look(settings, sessions, await _engine(settings), now)
        if deep and sessions is not None and seen.engine is not None:
            ahead = await ahead_of_temporal(settings, sessions)
            seen = replace(seen, ahead=tuple(each.case_no for each in ahead))
    return seen


@asynccontextmanager
async def _register(settings: "Settings") -> AsyncIterator["Sessions | None"]:
    """Yield sessions; None if the register does not answer."""
    from sqlalchemy import select

    from casework.settings import SettingsError
    from casework.store.faults import FROM_THE_REGISTER

    if not _has_register(settings):
        yield None
        return
    async with open_register(settings) as sessions:
        try:
            async with asyncio.timeout(ANSWERS_WITHIN), sessions() as session:
                await session.execute(select(1))
        except (OSError, TimeoutError, SettingsError, *FROM_THE_REGISTER):
            yield None
            return
        yield sessions


def _has_register(settings: "Settings") -> bool:
    from casework.settings import SettingsError

    try:
        return bool(settings.database)
    except SettingsError:
        return False


async def _engine(settings: "Settings") -> "Client | None":
    """A client that can neither seal nor open; None if Temporal does not answer."""
    from casework.temporal import connect

    try:
        async with asyncio.timeout(ANSWERS_WITHIN):
            return await connect(settings)
    except (RuntimeError, TimeoutError):
        return None
