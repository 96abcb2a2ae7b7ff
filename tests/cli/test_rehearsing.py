"""``casework rehearse``: each file has its verdict, and the exit code says whether all were met."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from casework import rehearsal
from casework.rehearsal import Difference, Fault, RehearsalReport, Verdict
from tests.cli.conftest import Run

LATE = Difference(where="第3步 clocks.decide.due_on", expected="2026-10-21", seen="2026-10-22")


def played(path: str, *differences: Difference) -> Verdict:
    report = RehearsalReport(
        name="限时办结",
        source="",
        title="居住证积分新办",
        case_no="310106-0000-0000-0000",
        timeline=(),
        differences=differences,
    )
    return Verdict(path=Path(path), report=report)


def unplayed(path: str) -> Verdict:
    fault = Fault(file=path, line=3, field="given.item", what="没有事项 PTS", right="PTS_NEW")
    return Verdict(path=Path(path), faults=(fault,))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Path]]:
    """Answer with these verdicts; return the list of the files that are asked for."""

    def answering(*verdicts: Verdict) -> list[Path]:
        paths: list[Path] = []

        async def rehearse_all(
            files: Sequence[Path], *, quick: bool, each: Callable[[Verdict], None]
        ) -> list[Verdict]:
            assert not quick
            paths.extend(files)
            for verdict in verdicts:
                each(verdict)
            return list(verdicts)

        monkeypatch.setattr(rehearsal, "rehearse_all", rehearse_all)
        return paths

    return answering


def test_all_met_is_exit_code_0(run: Run, asked: Callable[..., list[Path]]) -> None:
    asked(played("a.yaml"), played("b.yaml"))

    done = run("rehearse", "a.yaml", "b.yaml")

    assert done.exit_code == 0
    assert done.stdout.endswith("共 2 个场景：符合预期 2 个，不符 0 个，未能推演 0 个\n")


def test_one_that_differs_is_exit_code_1(run: Run, asked: Callable[..., list[Path]]) -> None:
    asked(played("a.yaml"), played("late.yaml", LATE))

    done = run("rehearse", "a.yaml", "late.yaml")

    assert done.exit_code == 1
    assert done.stderr.splitlines() == [
        "共 2 个场景：符合预期 1 个，不符 1 个，未能推演 0 个",
        "不符：late.yaml",
    ]
    assert "2026-10-22" in done.stdout


def test_one_that_cannot_be_played_is_exit_code_2(
    run: Run, asked: Callable[..., list[Path]]
) -> None:
    asked(unplayed("bad.yaml"), played("late.yaml", LATE))

    done = run("rehearse", "bad.yaml", "late.yaml")

    assert done.exit_code == 2
    assert "bad.yaml:3 given.item：没有事项 PTS，应为 PTS_NEW\n" in done.stdout
    assert done.stderr.splitlines()[1:] == ["不符：late.yaml", "未能推演：bad.yaml"]


def test_the_verdicts_are_given_as_json(run: Run, asked: Callable[..., list[Path]]) -> None:
    asked(unplayed("bad.yaml"), played("late.yaml", LATE))

    done = run("rehearse", "bad.yaml", "late.yaml", "--json")

    bad, late = json.loads(done.stdout)["files"]
    assert done.exit_code == 2
    assert (bad["verdict"], late["verdict"]) == ("not_playable", "not_met")
    assert bad["faults"] == [
        {
            "line": 3,
            "field": "given.item",
            "what": "没有事项 PTS",
            "right": "PTS_NEW",
            "text": "bad.yaml:3 given.item：没有事项 PTS，应为 PTS_NEW",
        }
    ]
    assert late["differences"] == [
        {"where": LATE.where, "expected": "2026-10-21", "seen": "2026-10-22"}
    ]


def test_of_a_folder_all_files_below_are_played(
    run: Run, asked: Callable[..., list[Path]], tmp_path: Path
) -> None:
    paths = asked(played("a.yaml"))
    below = [tmp_path / "a.yaml", tmp_path / "deep" / "b.yml"]
    (tmp_path / "deep").mkdir()
    for path in (*below, tmp_path / "told.txt"):
        path.touch()

    run("rehearse", str(tmp_path))

    assert paths == below


def test_a_folder_without_scenarios_is_told_of(run: Run, tmp_path: Path) -> None:
    done = run("rehearse", str(tmp_path))

    assert (done.exit_code, done.stderr) == (2, f"{tmp_path}：文件夹中没有场景文件（.yaml）\n")


def test_a_file_that_is_not_there_needs_nothing_else(run: Run) -> None:
    done = run("rehearse", "nowhere.yaml")

    assert done.exit_code == 2
    assert done.stdout == "nowhere.yaml：没有这个文件，应为 已有的场景文件\n"


def test_a_quick_rehearsal_needs_no_server(run: Run) -> None:
    file = Path(__file__).parents[1] / "scenarios" / "limits.yaml"

    done = run("rehearse", str(file), "--quick")

    assert done.exit_code == 0
    assert done.stdout.endswith("共 1 个场景：符合预期 1 个，不符 0 个，未能推演 0 个\n")


def test_a_quick_rehearsal_has_no_history(run: Run, tmp_path: Path) -> None:
    done = run("rehearse", "a.yaml", "--quick", "--history", str(tmp_path))

    assert (done.exit_code, done.stderr) == (2, "--quick：没有运行工作流，也就没有历史可存\n")
