"""Whatever single mistake a scenario has, it is played, or told in Chinese with its line."""

import asyncio
import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casework.rehearsal import RehearsalRoom, ScenarioError
from casework.rehearsal.scenario import read_file

SCENARIOS = sorted((Path(__file__).parents[1] / "scenarios").glob("*.yaml"))
ENGLISH = re.compile(
    r"Input should|Extra inputs|Field required|Value error|while (?:parsing|scanning)"
)
LINE = re.compile(r"^[^:\n]+scenario\.yaml:\d+[ ：].*[\u4e00-\u9fff]")
WRONG: list[Any] = [
    None,
    True,
    7,
    -1,
    1.5,
    "",
    "错",
    "2026-02-30",
    "2026-13-01",
    "2026-09-17 25:00",
    [],
    ["错"],
    {},
    {"错": 1},
    [{"kind": "错"}],
]


def places(data: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    if isinstance(data, dict):
        for key, value in data.items():
            yield from places(value, (*at, key))
    elif isinstance(data, list):
        for number, value in enumerate(data):
            yield from places(value, (*at, number))


def mutated(data: Any, at: tuple[Any, ...], how: int, wrong: Any) -> Any:
    """The data with one value dropped, misspelt, doubled or replaced."""
    if not at:
        return wrong
    data = copy.deepcopy(data)
    holder = data
    for part in at[:-1]:
        holder = holder[part]
    last = at[-1]
    match how:
        case 0:
            del holder[last]
        case 1 if isinstance(holder, dict):
            holder[f"{last}x"] = holder.pop(last)
        case 2 if isinstance(holder, list):
            holder.append(holder[last])
        case _:
            holder[last] = wrong
    return data


@pytest.fixture(scope="module")
def scenario_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mutated") / "scenario.yaml"


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_one_mistake_in_the_data(
    rules: RehearsalRoom, scenario_file: Path, data: st.DataObject
) -> None:
    path = data.draw(st.sampled_from(SCENARIOS))
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    at = data.draw(st.sampled_from(list(places(content))))
    how, wrong = data.draw(st.integers(0, 3)), data.draw(st.sampled_from(WRONG))

    written = yaml.safe_dump(mutated(content, at, how, wrong), allow_unicode=True)
    play(rules, scenario_file, written)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_one_mistake_in_the_text(
    rules: RehearsalRoom, scenario_file: Path, data: st.DataObject
) -> None:
    text = data.draw(st.sampled_from(SCENARIOS)).read_text(encoding="utf-8")
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start, min(start + 12, len(text))))
    put = data.draw(
        st.sampled_from(["", "\t", "：", "'", '"', "{", "]", "- ", ": ", "&a ", "*a", "\n", "0"])
    )

    play(rules, scenario_file, text[:start] + put + text[end:])


def play(rules: RehearsalRoom, path: Path, text: str) -> None:
    """The file is played, or each of its faults is a line that policy staff can follow."""
    path.write_text(text, encoding="utf-8")
    try:
        faults = asyncio.run(rules.judge(read_file(path))).faults
    except ScenarioError as error:
        assert error.faults
        faults = error.faults
    for fault in faults:
        assert LINE.match(str(fault)), fault
        assert "推演中断" not in str(fault), fault
        assert not ENGLISH.search(str(fault)), fault
        assert fault.line <= text.count("\n") + 1
        assert "\n" not in str(fault)
