"""Plays the scenarios that a proposed catalogue brings along, against that catalogue."""

import asyncio
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path

from casework.policy.publishing.versions import WholeCatalogue
from casework.rehearsal.faults import ScenarioError
from casework.rehearsal.pure.engine import pure_engine
from casework.rehearsal.registry import Registry
from casework.rehearsal.report import Verdict, VerdictKind
from casework.rehearsal.room import RehearsalRoom
from casework.rehearsal.scenario import read_file

FOLDER = "scenarios/"


def play_scenarios(whole: WholeCatalogue) -> tuple[str, ...]:
    """Play every file of ``scenarios``; one line, in Chinese, for each that is not met.

    The rules alone are asked, so nothing is recorded anywhere. May be called from any thread.
    """
    files = {name: text for name, text in whole.files.items() if name.startswith(FOLDER)}
    if not files:
        return ()
    return asyncio.run(_played(whole, files))


async def _played(whole: WholeCatalogue, files: dict[str, bytes]) -> tuple[str, ...]:
    registry = replace(
        Registry.load(),
        catalogue=whole.catalogue,
        services=whole.services,
        calendar=whole.calendar,
        letters=whole.letters,
    )
    room = RehearsalRoom(registry=registry, engine=partial(pure_engine, registry))
    failed = []
    with tempfile.TemporaryDirectory(prefix="casework-scenarios-") as folder:
        for name, content in sorted(files.items()):
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            try:
                verdict = await room.judge(read_file(path))
            except ScenarioError as error:
                verdict = Verdict(path=path, faults=error.faults)
            if verdict.kind is not VerdictKind.MET:
                failed.append(f"{name}：{_why(verdict)}")
    return tuple(failed)


def _why(verdict: Verdict) -> str:
    if verdict.faults:
        fault = verdict.faults[0]
        return f"第 {fault.line} 行 {fault.field} {fault.what}".replace("第 0 行 ", "")
    differences = verdict.report.differences if verdict.report else ()
    first = differences[0]
    return f"{first.where}：应为 {first.expected}，实为 {first.seen}"
