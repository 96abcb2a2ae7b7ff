"""``casework rehearse``: scenarios through the production workflow, at any dates."""
# ruff: noqa: PLC0415 - imported when the command runs, so that the others start fast

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from casework.cli.errors import RefusedError, UnusableError
from casework.cli.screen import console, say


def rehearse(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…")],
    *,
    history: Annotated[
        Path | None,
        typer.Option(help="Folder for the histories, for the replay tests; none is written over."),
    ] = None,
) -> None:
    """Run scenarios and compare them with what they expect; exit code 1 if one differs (推演)."""
    from casework.devstack import StackError
    from casework.rehearsal import ScenarioError, rehearse_all

    for file in files:
        if not file.is_file():
            raise UnusableError(f"cannot read {file}")
    screen = console()
    try:
        reports = asyncio.run(rehearse_all(files, each=lambda report: report.render(screen)))
    except (ScenarioError, StackError) as error:
        raise UnusableError(str(error)) from None
    if history:
        for file, report in zip(files, reports, strict=True):
            _keep_all(history, file.stem.replace("-", "_"), report.histories)
    differing = [report.name for report in reports if not report.met]
    if differing:
        raise RefusedError(f"not met: {', '.join(differing)} ({len(differing)} of {len(reports)})")
    say(f"all met: {len(reports)}")


def _keep_all(folder: Path, stem: str, histories: Mapping[str, tuple[str, ...]]) -> None:
    """One file for each run of each case: ``talent_cycle_left.json``, ``…_run2.json``."""
    for name, runs in histories.items():
        for number, run in enumerate(runs, 1):
            suffix = "" if number == 1 else f"_run{number}"
            whole = stem if stem.startswith(f"{name}_") else f"{name}_{stem}"
            _keep(folder / f"{whole}{suffix}.json", run)


def _keep(file: Path, history: str) -> None:
    """Write a history, unless there is one: what has landed is never recorded again."""
    try:
        with file.open("x", encoding="utf-8") as new:
            new.write(history)
    except FileExistsError:
        say(f"kept as it is: {file}")
    except OSError as error:
        raise UnusableError(f"cannot write {file}: {error.strerror}") from None
