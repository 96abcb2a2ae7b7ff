"""One scenario that breaks, or breaks the engine, stops no other: each has its verdict."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from temporalio.testing import WorkflowEnvironment

from casework.domain.case import procedure
from casework.domain.case.events import Event
from casework.rehearsal import (
    RehearsalRoom,
    Verdict,
    VerdictKind,
    rehearse_all,
    summary,
)
from casework.rehearsal import room as rooms
from casework.rehearsal.rehearsal import Rehearsal
from casework.rehearsal.scenario import read_file
from casework.rehearsal.temporal_engine import TemporalEngine
from casework.store.engine import Sessions
from casework.trial import case as case_in_memory

PLAIN = """
name: 积分新办
given:
  item: PTS_NEW
  district: "310101"
  received_at: 2026-09-17 09:30
  claims: {self_score: 125, application_form_filed: true, employer_reviewed: true}
steps:
  - at: 2026-09-17
    do: pre_review
    with: {outcome: passed}
  - do: accept
final: {stage: review}
"""

Write = Callable[[str, str], Path]

BROKEN = "推演中断，工作流出错：INTERNAL: 系统内部错误，本次操作未生效，已转人工处理"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return written


async def kinds_of(room: RehearsalRoom, *paths: Path) -> list[tuple[VerdictKind, list[str]]]:
    verdicts = [await room.judge(read_file(path)) for path in paths]
    return [(verdict.kind, [fault.what for fault in verdict.faults]) for verdict in verdicts]


async def test_each_file_has_its_verdict(
    register_url: str, sessions: Sessions, write: Write
) -> None:
    del sessions  # they forget the real cases that other tests have left in the register
    bad = write("bad.yaml", PLAIN.replace("2026-09-17 09:30", "2026-02-30"))
    differing = write("differing.yaml", PLAIN.replace("stage: review", "stage: ready"))
    met = write("met.yaml", PLAIN)
    told: list[Verdict] = []

    verdicts = await rehearse_all(
        [bad, differing, bad.parent / "nowhere.yaml", met],
        database_url=register_url,
        each=told.append,
    )

    assert told == verdicts
    assert [verdict.kind.value for verdict in verdicts] == [
        "not_playable",
        "not_met",
        "not_playable",
        "met",
    ]
    assert summary(verdicts)[0] == "共 4 个场景：符合预期 1 个，不符 1 个，未能推演 2 个"


async def test_without_anything_to_play_nothing_is_started(
    monkeypatch: pytest.MonkeyPatch, write: Write
) -> None:
    monkeypatch.setattr(rooms, "rehearsal_room", None)

    (verdict,) = await rehearse_all([write("bad.yaml", "")])

    assert verdict.kind is VerdictKind.NOT_PLAYABLE


async def test_quick_verdicts_are_the_same(write: Write) -> None:
    paths = [
        write("bad.yaml", PLAIN.replace("2026-09-17 09:30", "2026-02-30")),
        write("differing.yaml", PLAIN.replace("stage: review", "stage: ready")),
        write("met.yaml", PLAIN),
    ]

    verdicts = await rehearse_all(paths, quick=True)

    assert [verdict.kind.value for verdict in verdicts] == ["not_playable", "not_met", "met"]


async def test_a_room_that_cannot_be_opened_is_a_verdict_of_each(write: Write) -> None:
    paths = [write("a.yaml", PLAIN), write("b.yaml", "")]

    verdicts = await rehearse_all(paths, database_url="postgresql+asyncpg://nobody@127.0.0.1:1/x")

    assert [verdict.kind for verdict in verdicts] == [VerdictKind.NOT_PLAYABLE] * 2
    assert verdicts[0].faults[0].what.startswith("推演中断，")


async def test_a_server_that_dies_stops_only_its_scenario(
    room: RehearsalRoom, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, once = write("a.yaml", PLAIN), [True]
    act = Rehearsal._act

    async def dying(self: Rehearsal, *arguments: Any) -> bool:
        if once and once.pop():
            assert isinstance(self.engine, TemporalEngine)
            end_the_server_of(self.engine.time.environment)
        return await act(self, *arguments)

    monkeypatch.setattr(Rehearsal, "_act", dying)

    (first, said), (second, _) = await kinds_of(room, path, path)

    assert first is VerdictKind.NOT_PLAYABLE
    assert "跳时服务器没有回应" in said[0] or "没有在时限内回应" in said[0]
    assert second is VerdictKind.MET


def end_the_server_of(environment: WorkflowEnvironment) -> None:
    """Kill the program that listens where the environment's client is connected."""
    port = int(environment.client.service_client.config.target_host.rpartition(":")[2])
    for child in psutil.Process().children(recursive=True):
        if any(each.laddr.port == port for each in child.net_connections() if each.laddr):
            child.kill()
            child.wait()
            return
    raise AssertionError("the time-skipping server was not found")


async def test_a_rule_that_breaks_is_told_with_its_step(
    room: RehearsalRoom,
    write: Write,
    monkeypatch: pytest.MonkeyPatch,
    import_anew: Callable[[], None],
) -> None:
    path, evolve = write("a.yaml", PLAIN), procedure.evolve

    def broken(case: Any, event: Event) -> Any:
        if event.body.kind == "accepted":
            raise RuntimeError("a mistake in a rule")
        return evolve(case, event)

    monkeypatch.setattr(procedure, "evolve", broken)
    import_anew()

    verdict = await room.judge(read_file(path))

    (fault,) = verdict.faults
    assert (fault.line, fault.field) == (12, "steps.2")
    assert fault.what == BROKEN


async def test_a_rule_that_breaks_is_told_with_its_step_at_once(
    rules: RehearsalRoom, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(case: Any, event: Event) -> Any:
        if event.body.kind == "accepted":
            raise RuntimeError("a mistake in a rule")
        return procedure.evolve(case, event)

    monkeypatch.setattr(case_in_memory, "evolve", broken)

    verdict = await rules.judge(read_file(write("a.yaml", PLAIN)))

    (fault,) = verdict.faults
    assert (fault.line, fault.field) == (12, "steps.2")
    assert fault.what == "推演中断，程序出错（RuntimeError）：a mistake in a rule"


async def test_a_mistake_of_the_program_is_no_refusal(
    room: RehearsalRoom,
    write: Write,
    monkeypatch: pytest.MonkeyPatch,
    import_anew: Callable[[], None],
) -> None:
    path = write("a.yaml", PLAIN)
    decide = procedure.decide

    def broken(case: Any, command: Any, facts: Any) -> Any:
        if command.__class__.__name__ == "Accept":
            raise RuntimeError("a mistake in a rule")
        return decide(case, command, facts)

    monkeypatch.setattr(procedure, "decide", broken)
    import_anew()

    ((kind, said),) = await kinds_of(room, path)

    assert kind is VerdictKind.NOT_PLAYABLE
    assert said == [BROKEN]


async def test_a_scenario_that_takes_too_long_is_given_up(
    room: RehearsalRoom, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rooms, "PLAYED_WITHIN", timedelta(milliseconds=1))

    ((kind, said),) = await kinds_of(room, write("a.yaml", PLAIN))

    assert kind is VerdictKind.NOT_PLAYABLE
    assert said == ["推演中断，推演引擎没有在时限内回应，请再试一次"]
