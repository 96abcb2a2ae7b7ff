"""What the documents say is what there is: links, commands, settings, decisions, releases."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from casework.cli.app import app
from casework.domain.kinds.registry import CaseKind
from casework.messages.cases import number_of
from casework.settings import Settings
from casework.temporal import SEARCH_ATTRIBUTES
from tests.docs.pages import DOCUMENTS, README, ROOT, RUNBOOK, blocks, name, section

COMMAND = typer.main.get_command(app)


def links(text: str) -> Iterator[str]:
    return (m[1] for m in re.finditer(r"\]\(([^)\s]+)\)", text) if "://" not in m[1])


def anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    for link in links(document.read_text()):
        place, _, anchor = link.partition("#")
        target = document.parent / place if place else document
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def commands_in(text: str) -> Iterator[list[str]]:
    """Each command line that starts with make or casework, in a block or between backticks."""
    blocks = re.findall(r"^ *```([^\n]*)\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    scripts = [block for language, block in blocks if language == "sh"]
    lines = [line.strip() for script in scripts for line in script.splitlines()]
    lines += re.findall(r"`((?:make|casework) [^`\n]+)`", text)
    for line in lines:
        if line.startswith(("make ", "casework ")):
            yield shlex.split(line, comments=True)


def made(document: Path, program: str) -> list[list[str]]:
    return [words[1:] for words in commands_in(document.read_text()) if words[0] == program]


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_make_target_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {words[0] for words in made(document, "make")} <= targets


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_command_and_its_options_exist(document: Path) -> None:
    for words in made(document, "casework"):
        command: Any = COMMAND
        rest = list(words)
        while rest and hasattr(command, "commands"):
            if rest[0] == "VERB" or rest[0].startswith("-"):
                break
            assert rest[0] in command.commands, words
            command = command.commands[rest.pop(0)]
        options = {flag for each in command.params for flag in (*each.opts, *each.secondary_opts)}
        given = {word for word in rest if word.startswith("-") and word not in {"-", "--help"}}
        assert given <= options | {"--help", "-h"}, words


def test_every_command_of_readme_and_runbook_is_typed_or_says_why_not() -> None:
    for text in (README, RUNBOOK):
        found = list(blocks(text))
        assert len(found) == text.count("```sh")
        assert sum(bool(block.not_typed) for block in found) <= len(found) / 3
    marks = re.findall(r"<!-- ((?:not )?typed[^\n]*) -->\n *(.*)", README + RUNBOOK)
    assert all(line == "```sh" for _, line in marks), "a mark stands right above its block"
    assert all(
        mark == "typed until it is taken" or re.match(r"not typed: \w", mark) for mark, _ in marks
    )


def test_the_first_five_minutes_follow_a_sample() -> None:
    numbers = set(re.findall(r"\d{6}(?:-[0-9A-Z]{4}){3}", README))
    samples = {
        CaseKind.APPLICATION: sorted((ROOT / "examples").glob("*.yaml")),
        CaseKind.TALENT_CYCLE: [ROOT / "examples/service/talent.yaml"],
        CaseKind.REQUEST: [ROOT / "examples/service/request.yaml"],
        CaseKind.PERMIT_CYCLE: [ROOT / "examples/service/permit.yaml"],
    }
    known = {
        number_of(kind, sample["district"], sample["source"], sample["reference"])
        for kind, files in samples.items()
        for sample in (yaml.safe_load(file.read_text()) for file in files)
    }
    assert numbers
    assert numbers <= known


def test_the_runbook_registers_every_search_attribute() -> None:
    given = dict(re.findall(r"--name (\w+) --type (\w+)", RUNBOOK))
    assert given == {key.name: key.indexed_value_type.name.title() for key in SEARCH_ATTRIBUTES}


def test_every_setting_named_is_a_setting() -> None:
    known = {f"CASEWORK_{field.upper()}" for field in Settings.model_fields}
    for document in DOCUMENTS:
        assert set(re.findall(r"CASEWORK_[A-Z_]+[A-Z]", document.read_text())) <= known, document


@pytest.mark.parametrize("page", ["docs/architecture.md", "CONTRIBUTING.md"])
def test_every_file_that_a_guide_names_exists(page: str) -> None:
    rooms = "activities|api|bench|casework|catalogue|docs|examples|tests|workers|workflows"
    text = (ROOT / page).read_text()
    named = set(
        re.findall(rf"`((?:{rooms})/[\w./-]+)`", text)
    )  # not those with <a part to fill in>
    assert len(named) > 20
    assert {path for path in named if not (ROOT / path).exists()} == set()


DECISIONS = sorted((ROOT / "docs/adr").glob("0*.md"))
HEADINGS = ["Context", "Decision", "Consequences", "Alternatives", "References"]


@pytest.mark.parametrize("record", DECISIONS, ids=name)
def test_a_decision_is_one_screen_with_one_sentence_to_quote(record: Path) -> None:
    text = record.read_text()
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS
    (sentence,) = re.findall(r"\*\*(.+?)\*\*", section(text, "Decision"), re.DOTALL)
    assert f"[{record.name[:4]}]({record.name})" in (ROOT / "docs/adr/README.md").read_text()
    assert sentence in (ROOT / "docs/adr/README.md").read_text()
    assert len(text.splitlines()) <= 50


@pytest.mark.parametrize("record", DECISIONS, ids=name)
def test_the_code_that_a_decision_refers_to_exists(record: Path) -> None:
    text = section(record.read_text(), "References")
    paths = re.findall(r"`([a-z_]+/[\w./]*|[\w.]+\.toml)`", text)
    assert paths
    assert all((ROOT / path).exists() for path in paths), paths


def test_every_release_says_what_replay_asks() -> None:
    releases = re.split(r"^## ", (ROOT / "CHANGELOG.md").read_text(), flags=re.MULTILINE)[1:]
    assert releases
    assert all("\nReplay: " in release for release in releases)
