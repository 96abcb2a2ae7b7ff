"""``casework rehearse``: scenarios through the production workflow, at any dates."""
# ruff: noqa: PLC0415 - imported when the command runs, so that the others start fast

import asyncio
import json as to_json
import logging
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from casework.cli.terms.errors import RefusedError, UnusableError
from casework.cli.terms.screen import console, note, say

if TYPE_CHECKING:
    from casework.rehearsal import Verdict

_SUFFIXES = (".yaml", ".yml")


def rehearse(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE…", help="Scenarios; of a folder, all below it."),
    ],
    *,
    history: Annotated[
        Path | None,
        typer.Option(help="Folder for the histories, for the replay tests; none is written over."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print all verdicts as JSON.")] = False,
    quick: Annotated[
        bool, typer.Option("--quick", help="The rules alone: no server, no register, at once.")
    ] = False,
) -> None:
    """Run scenarios and compare them with what they expect (推演).

    Each file has its verdict. Exit code 0: all met; 1: one differs; 2: one could not be played.
    """
    from casework.policy.catalogue import CatalogueError
    from casework.rehearsal import VerdictKind, rehearse_all, summary

    # A refusal is part of many scenarios, and what breaks is told in the verdict: no tracebacks.
    logging.getLogger("temporalio").setLevel(logging.CRITICAL)
    paths = list(_scenarios(files))
    if quick and history:
        raise UnusableError("--quick：没有运行工作流，也就没有历史可存")
    screen = console()
    each = (lambda _: None) if json else (lambda verdict: verdict.render(screen))
    try:
        verdicts = asyncio.run(rehearse_all(paths, quick=quick, each=each))
    except CatalogueError as error:
        raise UnusableError(f"事项目录有误，不能推演：\n{error}") from None
    if history:
        _keep_histories(history, verdicts)
    lines = summary(verdicts)
    if json:
        shown = {"summary": lines[0], "files": [verdict.as_json() for verdict in verdicts]}
        sys.stdout.write(to_json.dumps(shown, ensure_ascii=False, indent=2) + "\n")
    kinds = {verdict.kind for verdict in verdicts}
    if kinds == {VerdictKind.MET}:
        if not json:
            say(lines[0])
        return
    wrong = UnusableError if VerdictKind.NOT_PLAYABLE in kinds else RefusedError
    raise wrong("\n".join(lines))


def _scenarios(named: Sequence[Path]) -> Iterator[Path]:
    """The files, and those below the folders in order; a folder without any is told of."""
    for path in named:
        if not path.is_dir():
            yield path
            continue
        below = sorted(file for file in path.rglob("*") if file.suffix in _SUFFIXES)
        if not below:
            raise UnusableError(f"{path}：文件夹中没有场景文件（.yaml）")
        yield from (file for file in below if file.is_file())


def _keep_histories(folder: Path, verdicts: Sequence["Verdict"]) -> None:
    for verdict in verdicts:
        if verdict.report:
            _keep_all(folder, verdict.path.stem.replace("-", "_"), verdict.report.histories)


def _keep_all(folder: Path, stem: str, histories: Mapping[str, tuple[str, ...]]) -> None:
    """One file for each run of each case: ``talent_cycle_left.json``, ``…_run2.json``."""
    for name, runs in histories.items():
        for number, run in enumerate(runs, 1):
            suffix = "" if number == 1 else f"_run{number}"
            plain = name.replace("/", "_")
            whole = stem if stem.startswith(f"{plain}_") else f"{plain}_{stem}"
            _keep(folder / f"{whole}{suffix}.json", run)


def _keep(file: Path, history: str) -> None:
    """Write a history, unless there is one: what has landed is never recorded again."""
    try:
        with file.open("x", encoding="utf-8") as new:
            new.write(history)
    except FileExistsError:
        note(f"kept as it is: {file}")
    except OSError as error:
        raise UnusableError(f"cannot write {file}: {error.strerror}") from None
