"""``casework up``, ``status``, ``down``: the local stack."""
# ruff: noqa: PLC0415 - imported when the command runs, so that the others start fast

import asyncio
from dataclasses import asdict
from typing import Annotated

import typer

from casework.cli import importing
from casework.cli.calling.identity import load_settings
from casework.cli.terms.screen import Json, console, show_json


def up(
    *,
    detach: Annotated[
        bool, typer.Option("--detach", help="Come back once it is ready; leave it running.")
    ] = False,
) -> None:
    """Run the whole stack here until Ctrl-C, with the sample applications."""
    with importing():
        from casework.cli.operating.welcome import welcome
        from casework.local import devstack

    settings, screen = load_settings(), console()
    if detach:
        raise typer.Exit(devstack.up_detached(settings, screen))
    raise typer.Exit(asyncio.run(devstack.up(settings, screen, welcome)))


def status(*, json: Json = False) -> None:
    """Show what of the stack runs; exit code 1 if a part does not."""
    with importing():
        from casework.local import devstack

    parts = devstack.status(load_settings())
    if json:
        show_json([asdict(part) for part in parts])
    else:
        console().print(devstack.status_table(parts))
    if not all(part.ready for part in parts):
        raise typer.Exit(1)


def down() -> None:
    """Stop the stack, or what a killed one left; the data stays."""
    with importing():
        from casework.local import devstack

    raise typer.Exit(devstack.down(load_settings(), console()))
