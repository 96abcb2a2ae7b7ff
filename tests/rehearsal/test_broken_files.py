"""Files with mistakes, and the lines that are told of them: all of a file at once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from casework.rehearsal import ScenarioError, read_scenario

BROKEN = Path(__file__).parent / "broken"
TOLD = BROKEN / "told.txt"
FILES = sorted(BROKEN.glob("*.yaml"))


def told_of(path: Path) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        read_scenario(path)
    return [str(fault).replace(f"{path.parent}/", "") for fault in caught.value.faults]


def golden() -> Iterator[str]:
    return iter(TOLD.read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_mistake_is_told_with_its_line_and_what_is_right(path: Path) -> None:
    expected = [line for line in golden() if line.startswith(f"{path.name}:")]
    expected += [line for line in golden() if line.startswith(f"{path.name}：")]

    assert told_of(path) == expected


def test_every_line_belongs_to_a_file() -> None:
    names = {line.replace("：", ":").split(":")[0] for line in golden()}

    assert names == {path.name for path in FILES}


def test_a_folder_is_told_as_such(tmp_path: Path) -> None:
    assert told_of(tmp_path)[0].endswith("：是文件夹，应为 其中的一个 .yaml 文件")


def test_a_missing_file_is_told_as_such(tmp_path: Path) -> None:
    assert told_of(tmp_path / "nowhere.yaml") == ["nowhere.yaml：没有这个文件，应为 已有的场景文件"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("name: 甲".encode("utf-16"), "scenario.yaml:1：编码是 UTF-16，应为 UTF-8（另存为时选择）"),
        (b"\xff\xff\xff", "scenario.yaml:1：编码是 无法识别的编码，应为 UTF-8（另存为时选择）"),
        ("name: \x00甲".encode(), "scenario.yaml:1：有不能用的字符 U+0000，应为 可见的文字"),
        (b"[" * 1000, "scenario.yaml：嵌套过深，应为 寻常的层次"),
        (b"a: &a [x, x]\nb: &b [*a, *a]\nc: " + b"[*b, *b, " * 200 + b"]" * 200, None),
    ],
)
def test_no_content_of_a_file_is_too_much(tmp_path: Path, content: bytes, told: str | None) -> None:
    path = tmp_path / "scenario.yaml"
    path.write_bytes(content)

    lines = told_of(path)

    assert lines[0] == told if told else lines


def test_a_mark_of_utf_8_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "scenario.yaml"
    text = (
        'name: 甲\ngiven: {item: PTS_NEW, district: "310101", received_at: 2026-09-17}\nsteps: []\n'
    )
    path.write_bytes(text.encode("utf-8-sig"))

    assert read_scenario(path).name == "甲"
