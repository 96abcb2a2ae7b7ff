"""What a step says that cannot be: several things at once, a verb or fields that there are not."""

import dataclasses
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from casework.domain.case.commands import BESIDE_THE_BODY, Command
from casework.domain.kinds.registry import KINDS, CaseKind
from casework.domain.policy import Role
from casework.rehearsal import model_faults, raw
from casework.rehearsal.faults import UNKNOWN_FIELD, Place, Problem, one_of
from casework.rehearsal.model_faults import Shape
from casework.rehearsal.registry import BACKUP
from casework.rehearsal.step import Step, command_of
from casework.rehearsal.values import FACTS, VERBS
from casework.rehearsal.written import Written
from casework.trial.case import CASE_CLOSED

_THINGS = ("do", "signal", "order", "absent", "open")
_ANYBODY = {"code": "anybody", "role": Role.SYSTEM}


def step_problems(step: Mapping[str, Any], place: Place) -> Iterator[Problem]:
    """What does not go together in one step."""
    there = {name for name in _THINGS if step.get(name) is not None}
    if len(there) > 1:
        named = "、".join(name for name in _THINGS if name in there)
        what = f"一步只能做一件事，写了 {named}"
        yield Problem(place=place, what=what, right="其中之一，其余另起一步")
    pairs = (
        ("as", {"do", "signal", "order"}),
        ("refused", {"do", "signal", "order", "open"}),
        ("with", {"do", "signal"}),
        ("name", {"open"}),
    )
    for name, beside in pairs:
        if step.get(name) and not there & beside:
            partners = "、".join(each for each in _THINGS if each in beside)
            yield Problem(
                place=(*place, name), what="没有与之同用的字段", right=f"与 {partners} 同用"
            )
    if step.get("signal") and step.get("refused") not in (None, "", CASE_CLOSED):
        yield Problem(
            place=(*place, "refused"),
            what="信号不会被当场拒绝",
            right="expect: {events_include: [message_refused]}",
        )


def person_problem(written: object, place: Place, people: Collection[str]) -> Iterator[Problem]:
    """A person who is neither a role nor in the roster."""
    name = raw.text(written)
    role, slash, rest = name.partition(BACKUP)
    if not name or name in people or (role in set(Role) and not rest):
        return
    del slash
    right = one_of(name, {*people, *Role})
    yield Problem(place=place, what=f"{name} 不是角色，也不是岗位表中的人员", right=right)


def verb_problems(
    step: Mapping[str, Any], place: Place, kind: CaseKind, materials: Collection[str]
) -> Iterator[Problem]:
    """A verb that this kind of case does not know, or fields that the verb does not have.

    ``materials``: the codes that there are; empty: any.
    """
    for field, all_names, known in (
        ("do", VERBS, KINDS[kind].verbs.keys()),
        ("signal", FACTS, KINDS[kind].signals),
    ):
        verb = raw.text(step.get(field))
        if verb in all_names and verb not in known:
            what = f"{kind.label}没有 {verb}"
            yield Problem(place=(*place, field), what=what, right=one_of(verb, known))
        elif verb in known:
            yield from _fields(step, place, kind, verb)
            if not step.get("refused"):
                yield from _materials(raw.mapping(step.get("with")), (*place, "with"), materials)


def _fields(step: Mapping[str, Any], place: Place, kind: CaseKind, verb: str) -> Iterator[Problem]:
    written = step.get("with", {})
    if not isinstance(written, Mapping):
        return  # told by its form
    at = (*place, "with")
    known = {field.name for field in dataclasses.fields(command_of(verb, kind))} - BESIDE_THE_BODY
    for name in written.keys() - known:
        what = f"{verb} {UNKNOWN_FIELD}"
        yield Problem(place=(*at, name), what=what, right=one_of(name, known) or "不写 with")
    payload = Step.model_construct(do=verb, fields=dict(written)).payload(_ANYBODY, {})
    if isinstance(payload.get("request"), int):
        # A request of a sample is named by its place here, by its number in production.
        payload["request"] = str(payload["request"])
    try:
        _adapter(verb, kind).validate_python(payload)
    except ValidationError as error:
        data = dict(written) | {"actor": _ANYBODY}
        errors = error.errors(include_url=False)
        yield from model_faults.problems(errors, _shape(verb, kind), data, Written(), at)


def _materials(
    fields: Mapping[str, Any], place: Place, known: Collection[str]
) -> Iterator[Problem]:
    named = [((*place, "material"), fields.get("material"))]
    named += list(raw.entries(fields.get("materials"), (*place, "materials")))
    for at, each in named:
        code = each.get("code") if isinstance(each, Mapping) else each
        if known and isinstance(code, str) and code not in known:
            yield Problem(place=at, what=f"没有材料 {code}", right=one_of(code, known))


@cache
def _adapter(verb: str, kind: CaseKind) -> TypeAdapter[Command]:
    return TypeAdapter(command_of(verb, kind))


@cache
def _shape(verb: str, kind: CaseKind) -> Shape:
    return Shape(_adapter(verb, kind).json_schema())
