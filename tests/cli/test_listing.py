"""Every list of the command: so many rows, how many more there are, or all of them."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from casework.cli.terms.listing import COUNTED
from tests.cli.conftest import COMMAND, Run

WITHOUT_PAGES = {"service list", "keys list", "keys signer list", "view list", "phrase list"}
"""Lists of the catalogue, of files, and of what has a bound: short, and given whole."""


def commands(group: Any, *words: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, *words, name)
        else:
            yield (*words, name), command


def options(command: Any) -> set[str]:
    return {option for each in command.params for option in each.opts}


CASE = "310106-0000-0000-0000"
FEED = ("changes",)
"""It goes on for ever: more of it is asked for by ``--after``."""
LISTS = [words for words, each in commands(COMMAND) if "--limit" in options(each) and words != FEED]
every_list = pytest.mark.parametrize("words", LISTS, ids=" ".join)


class Pages(httpx.BaseTransport):
    """A list of so many rows, in pages, whatever is asked."""

    def __init__(self, rows: int) -> None:
        self.rows = rows

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        first, size = (int(request.url.params.get(n, d)) for n, d in (("cursor", 0), ("size", 50)))
        items = [{"due_on": None, "case_no": "", "task": str(n)} for n in range(self.rows)]
        last = first + size
        following = str(last) if last < self.rows else None
        return httpx.Response(
            200, json={"items": items[first:last], "next_cursor": following, "progress": {}}
        )


def test_every_list_has_a_limit_and_can_be_had_whole() -> None:
    for words, command in commands(COMMAND):
        if "--limit" in options(command) and words != FEED:
            assert "--all" in options(command), words
        elif words[-1] == "list":
            assert " ".join(words) in WITHOUT_PAGES, words
    assert {("cases",), ("tasks",), ("case", "list"), ("absence", "list")} <= set(LISTS)


@every_list
def test_a_list_says_how_many_more_there_are(run: Run, words: tuple[str, ...]) -> None:
    given = _given(words)
    some = run(*words, *given, "--limit", "60", "--json", to=Pages(300))
    assert (len(_rows(some.stdout)), "还有 240 项（--all" in some.stderr) == (60, True)
    many = run(*words, *given, "--limit", "1", "--json", to=Pages(COUNTED + 2))
    assert f"还有 {COUNTED} 项以上" in many.stderr
    for wanted in (("--limit", "300"), ("--all",)):
        whole = run(*words, *given, *wanted, "--json", to=Pages(300))
        assert (len(_rows(whole.stdout)), "还有" in whole.stderr) == (300, False)


def _given(words: tuple[str, ...]) -> list[str]:
    command: Any = COMMAND
    for word in words:
        command = command.commands[word]
    filters = ["--role", "officer"] if words == ("tasks",) else []
    arguments = [each.name for each in command.params if each.param_type_name == "argument"]
    return filters + [CASE if name == "case_no" else "X" for name in arguments]


def _rows(printed: str) -> list[Any]:
    found = json.loads(printed)
    rows: list[Any] = found if isinstance(found, list) else found["contacts"]
    return rows
