"""The procedure of every kind as a page: ``docs/procedures.md`` is its output."""

from collections.abc import Iterator

from casework.domain.case.kind import ClockOf, Kind, Step
from casework.domain.case.state import Stage
from casework.domain.kinds.registry import KINDS

_HEAD = """# Procedures

Written by `casework catalogue procedures` from the `kind.py` of each kind; do not edit. Tests hold
it to what happens: no case has ever gone a way that is not in its table, and every way is gone.

A row is a stage. *Task* is what somebody is asked to do there, *limit* the clock whose date it
shows. *By* is a verb, `⏱` the end of a clock, or `※` an event that nobody's verb brings; *to* are
the stages to which that may lead. Work that leads to no other stage is not shown. A closed case
whose closing may be taken back returns to where it was.
"""
_PARTS = {"verb": "", "end": "⏱ ", "event": "※ "}


def procedures_page() -> str:
    """The whole page, by the kinds that there are."""
    return "\n".join((_HEAD, *(line for kind in KINDS.values() for line in _section(kind))))


def _section(kind: Kind) -> Iterator[str]:
    yield f"## {kind.label} `{kind.name}`\n"
    yield "| stage | task | limit | by | to |\n|---|---|---|---|---|"
    for step in kind.steps:
        yield from _rows(step, kind)
    yield "\n```mermaid\nstateDiagram-v2"
    yield from _diagram(kind)
    yield "```\n"
    yield "| clock | | what it gives | at its end |\n|---|---|---|---|"
    for clock in kind.clocks:
        yield _clock(clock)
    yield ""


def _rows(step: Step, kind: Kind) -> Iterator[str]:
    """One line for each thing that leads on; the first says what the stage is."""
    given = [step.task] if step.task is not None else []
    tasks = "、".join(task.label for task in (*given, *step.also)) or "—"
    name = next((clock.name for clock in kind.clocks if clock.kind == step.clock), "")
    limit = f"{name} `{step.clock}`" if step.clock else "—"
    head = f"**{step.stage.label}** `{step.stage}` | {tasks} | {limit}"
    ways = list(_ways(step))
    if not ways:
        yield f"| {head} | — | {'closed' if step.stage.is_final else '—'} |"
    for place, (by, to) in enumerate(ways):
        yield f"| {head if place == 0 else ' | |'} | {by} | {'、'.join(s.label for s in to)} |"


def _ways(step: Step) -> Iterator[tuple[str, tuple[Stage, ...]]]:
    tables = (("verb", step.verbs), ("end", step.ends), ("event", step.events))
    for what, table in tables:
        for name, stages in table.items():
            yield f"{_PARTS[what]}`{name}`", stages


def _diagram(kind: Kind) -> Iterator[str]:
    for step in kind.steps:
        yield f"  {step.stage}: {step.stage.label}"
    for stage in kind.first:
        yield f"  [*] --> {stage}"
    for step in kind.steps:
        by: dict[Stage, list[str]] = {}
        for what, name, stage in step.ways():
            by.setdefault(stage, []).append(f"{_PARTS[what]}{name}")
        for stage, names in by.items():
            yield f"  {step.stage} --> {stage}: {', '.join(names)}"
        if step.stage.is_final:
            yield f"  {step.stage} --> [*]"


def _clock(clock: ClockOf) -> str:
    rungs = clock.ladder.by_date or clock.ladder.rungs
    given = "、".join(f"{rung} at {part}" for rung, part in rungs) or "—"
    if clock.ladder.again:
        again = "、".join(f"{rung} at {part}" for rung, part in clock.ladder.again)
        given += f"; a second time {again}"
    end = clock.end.__name__ if clock.end is not None else "—"
    return f"| `{clock.kind}` | {clock.name} | {given} | {end} |"
