"""The options of a verb, derived from the fields of its command, and the body made from them.

One option per field, in kebab-case. A list takes its option again for each element (``--fault`` or
``--faults``); an element with several parts is written ``part:part:…`` in the order of its fields,
or as JSON, and a JSON list holds several at once; a part left empty is not sent. A field that has
parts of its own is written likewise, once. A material may be given as ``code=FILE``: the file is
uploaded and its digest takes its place.
"""

import json
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from inspect import Parameter
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import typer

from casework.domain.case.commands import BESIDE_THE_BODY, Command, ReceivedMaterial
from casework.domain.policy import MaterialForm

FILE = "file"  # stands in a body for the sha256 that its upload will give


def parameters(command: type[Command]) -> list[Parameter]:
    """Return one keyword parameter, annotated for Typer, per field of the command's body."""
    hints = get_type_hints(command)
    return [
        _parameter(field, hints[field.name])
        for field in fields(command)
        if field.name not in BESIDE_THE_BODY
    ]


def body(command: type[Command], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON of the options that were given; raise `typer.BadParameter`.

    A file to be uploaded first stands in it as ``{"file": Path}``.
    """
    hints = get_type_hints(command)
    return {
        name: _json_of(value, hints[name], _flag(name))
        for name, value in values.items()
        if value is not None and value != []
    }


def _parameter(field: Field[Any], hint: Any) -> Parameter:  # noqa: ANN401 - a type of any form
    required = field.default is MISSING
    flag = _flag(field.name)
    kind, element = _without_none(hint), _element(hint)
    names: tuple[str, ...] = (flag,)
    settings: dict[str, Any] = {}
    if element is not None:
        names = tuple(dict.fromkeys((flag, flag.removesuffix("s"))))
        kind, settings = list[str], {"metavar": _metavar(element), "help": "Repeat for each."}
    elif is_dataclass(kind):
        kind, settings = str, {"metavar": _metavar(kind)}
    elif kind is bool:
        names = (f"{flag}/--no-{flag.removeprefix('--')}",)
    elif kind is date:
        kind, settings = str, {"metavar": "YYYY-MM-DD"}
    elif kind is datetime:
        kind, settings = str, {"metavar": "YYYY-MM-DDTHH:MM:SS+08:00"}
    return Parameter(
        field.name,
        Parameter.KEYWORD_ONLY,
        default=Parameter.empty if required else None,
        annotation=Annotated[kind if required else kind | None, typer.Option(*names, **settings)],
    )


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _without_none(hint: Any) -> Any:  # noqa: ANN401 - as above
    if get_origin(hint) is UnionType:
        (hint,) = (arm for arm in get_args(hint) if arm is not type(None))
    return hint


def _element(hint: Any) -> Any:  # noqa: ANN401 - as above
    """Return the type of the elements of ``tuple[X, ...]``; None for anything else."""
    return get_args(hint)[0] if get_origin(hint) is tuple else None


def _metavar(element: Any) -> str:  # noqa: ANN401 - as above
    if not is_dataclass(element):
        return "TEXT"
    parts = "".join(
        f":{field.name}" if field.default is MISSING else f"[:{field.name}]"
        for field in fields(element)
    ).removeprefix(":")
    return f"{parts}|code=FILE" if element is ReceivedMaterial else parts


def _json_of(value: Any, hint: Any, flag: str) -> Any:  # noqa: ANN401 - as above
    element = _element(hint)
    if element is not None:
        return [part for text in value for part in _elements(text, element, flag)]
    kind = _without_none(hint)
    if is_dataclass(kind):
        return _one(value, kind, flag)
    if kind is date:
        return _date(value, flag)
    return value.value if isinstance(value, Enum) else value


def _one(text: str, kind: Any, flag: str) -> Any:  # noqa: ANN401 - as above
    found = _elements(text, kind, flag)
    if len(found) != 1:
        raise typer.BadParameter(f"{text!r} is not one {_metavar(kind)}", param_hint=flag)
    return found[0]


def _date(text: str, flag: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no date YYYY-MM-DD", param_hint=flag) from None


def _elements(text: str, element: Any, flag: str) -> list[Any]:  # noqa: ANN401 - as above
    if not is_dataclass(element):
        return [text]
    if text.lstrip().startswith(("[", "{")):
        return _from_json(text, flag)
    if element is ReceivedMaterial and "=" in text:
        code, _, path = text.partition("=")
        return [{"code": code, "form": MaterialForm.ELECTRONIC.value, FILE: Path(path)}]
    parts = fields(element)
    given = text.split(":", len(parts) - 1)
    if len(given) < sum(part.default is MISSING for part in parts):
        raise typer.BadParameter(f"{text!r} is not {_metavar(element)}", param_hint=flag)
    return [
        {
            part.name: value
            for part, value in zip(parts, given, strict=False)
            if value or part.default is MISSING
        }
    ]


def _from_json(text: str, flag: str) -> list[Any]:
    try:
        read = json.loads(text)
    except ValueError as error:
        raise typer.BadParameter(f"not JSON: {error}", param_hint=flag) from None
    return read if isinstance(read, list) else [read]
