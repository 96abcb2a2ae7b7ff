"""A form for every verb of every kind: it says in words what it asks, and makes the API's body."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from starlette.datastructures import FormData

from api.desk.fields import label_of_field
from api.desk.forms import Field, Sort, blank, fields_of, model_of, read
from api.desk.visit import templates
from api.desk.words import day
from api.routes.checks import SYSTEMS_ONLY
from api.routes.examples import EXAMPLES, SERVICE_EXAMPLES
from casework.domain.case.commands import Command
from casework.domain.kinds.registry import KINDS, CaseKind
from casework.domain.policy import Role

Verbs = Mapping[str, type[Command]]
EVERY = [
    (kind, verb)
    for kind, each in KINDS.items()
    for verb, command in each.verbs.items()
    if verb not in SYSTEMS_ONLY and command.roles != {Role.SYSTEM}
]
NO_API: Any = None
"""Nothing is uploaded here."""


def example_of(command: type[Command]) -> dict[str, Any]:
    known = [EXAMPLES, SERVICE_EXAMPLES, *(kind.examples for kind in KINDS.values())]
    return dict(next(each[command] for each in known if command in each))


def typed_as(path: str, value: Any) -> Iterator[tuple[str, str]]:
    """What a person types for a value of a body, each in the way of people."""
    if isinstance(value, bool):
        yield path, str(value).lower()
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from typed_as(f"{path}.{name}", part)
    elif isinstance(value, list) and all(isinstance(part, str) for part in value):
        if path == "files":
            yield from ((path, part) for part in value)
        else:
            yield path, "\r\n".join(value)
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from typed_as(f"{path}.{number * 2 + 1}", part)  # with rows left empty
    elif isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        yield path, day(value).partition("（")[0]
    elif value is not None:
        is_money = path.rpartition(".")[2] == "amount"
        yield path, f"{value // 100}.{value % 100:02}" if is_money else str(value)


def without_nothing(value: Any) -> Any:
    """A body without what says nothing."""
    if isinstance(value, dict):
        found = {name: without_nothing(part) for name, part in value.items()}
        return {name: part for name, part in found.items() if part not in ("", None, [], {})}
    return [without_nothing(part) for part in value] if isinstance(value, list) else value


@pytest.mark.parametrize(("kind", "verb"), EVERY)
async def test_the_form_makes_the_body_of_the_example(kind: CaseKind, verb: str) -> None:
    verbs: Verbs = KINDS[kind].verbs
    made = fields_of(verb, verbs, {}, {})
    example = example_of(verbs[verb])
    if verb == "offer_deferral":  # chosen of the item's materials
        example["materials"] = example["materials"][:1]
    sent = FormData([pair for name, value in example.items() for pair in typed_as(name, value)])
    typed = await read(made, sent, NO_API)
    assert typed.body == without_nothing(example)
    model_of(verb, verbs).model_validate(example)
    again = await read(made, FormData(list(typed.hidden())), NO_API)
    assert again.body == typed.body, "what is carried on is what was typed"


@pytest.mark.parametrize(
    ("typed", "cents"),
    [("8120", 812_000), ("8120.5", 812_050), ("0.05", 5), (" 3.00 ", 300)],
)
async def test_money_is_typed_in_yuan(typed: str, cents: int) -> None:
    verbs = KINDS[CaseKind.WAGE].verbs
    fields = fields_of("note_paid", verbs, {}, {})
    found = await read(fields, FormData([("amount", typed)]), NO_API)
    assert found.body == {"amount": cents}


def words_of(verb: str, fields: tuple[Field, ...]) -> Iterator[tuple[str, str]]:
    for each in fields:
        name = each.path.rpartition(".")[2]
        yield name, label_of_field(verb, name)
        yield from each.options
        yield from words_of(verb, each.parts)


@pytest.mark.parametrize(("kind", "verb"), EVERY)
def test_nothing_is_asked_in_code(kind: CaseKind, verb: str) -> None:
    made = fields_of(verb, KINDS[kind].verbs, {}, {})
    for name, word in words_of(verb, made):
        assert word != name or not name.isascii(), f"no word for {name} of {verb}"


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_has_a_label_and_what_is_wrong_with_it(kind: CaseKind) -> None:
    macros = templates().get_template("forms.html").module
    for verb in (verb for of, verb in EVERY if of is kind):
        made = fields_of(verb, KINDS[kind].verbs, {}, {})
        for each in made:
            html = str(macros.field(each, blank(made, {}), {each.path: ["这里 <有误>"]}))  # type: ignore[attr-defined]
            assert "这里 &lt;有误&gt;" in html
            controls = re.findall(r'<(?:input|select|textarea)[^>]* id="([^"]+)"', html)
            assert controls
            labelled = set(re.findall(r'<label for="([^"]+)"', html))
            assert set(controls) <= labelled, (verb, each.path)
            assert len(set(controls)) == len(controls)


def test_a_field_that_the_case_has_choices_for_is_chosen() -> None:
    verbs = KINDS[CaseKind.APPLICATION].verbs
    offered = {"task": (("review#1", "审核"), ("accept#1", "受理"))}
    (task,) = fields_of("claim", verbs, offered, {})
    assert (task.sort, task.options) == (Sort.RADIOS, offered["task"])
    (only,) = fields_of("claim", verbs, {"task": (("review#1", "审核"),)}, {})
    assert only.preset == "review#1"
