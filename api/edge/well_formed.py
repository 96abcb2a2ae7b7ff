"""Refuses ambiguous requests: a key that occurs twice, a blank parameter.

Parsers use the last of two equal keys, and ignore a blank parameter, and the caller would not
notice. This is checked before a route reads anything.
"""

import json
import re
from http import HTTPStatus
from typing import Any

from fastapi import Request

from api.edge.problems import FieldError, ProblemError
from casework.filing.bodies import KEY

_KEY = re.compile(KEY)
_KEY_HEADER = "Idempotency-Key"
_MAY_BE_BLANK = frozenset({"cursor"})
"""If this parameter is blank, it asks for the first page."""


async def well_formed(request: Request) -> None:
    """Refuse an ambiguous request, naming each field; check the body if the route reads one."""
    faults = [*_of_headers(request), *_of_parameters(request)]
    if getattr(request.scope.get("route"), "body_field", None) and _is_json(request):
        faults += _of_body(await request.body())
    if faults:
        raise ProblemError(
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
            code="INVALID_REQUEST",
            detail="；".join(dict.fromkeys(fault.detail for fault in faults)),
            errors=faults,
        )


def _of_headers(request: Request) -> list[FieldError]:
    keys = request.headers.getlist(_KEY_HEADER)
    if len(keys) > 1:
        return [FieldError(field=_KEY_HEADER, detail="此请求头只能有一个")]
    if keys and not _KEY.fullmatch(keys[0]):
        right = "须为 1–100 个字符，只用字母、数字和 . _ ~ -"
        return [FieldError(field=_KEY_HEADER, detail=right)]
    return []


def _of_parameters(request: Request) -> list[FieldError]:
    return [
        FieldError(field=name, detail="参数不能为空：请填写，或者去掉此参数")
        for name, value in request.query_params.multi_items()
        if not value.strip() and name not in _MAY_BE_BLANK
    ]


def _is_json(request: Request) -> bool:
    return "json" in request.headers.get("content-type", "")


def _of_body(body: bytes) -> list[FieldError]:
    twice: dict[str, None] = {}

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [name for name, _ in pairs]
            twice.update(dict.fromkeys(name for name in found if names.count(name) > 1))
        return found

    try:
        json.loads(body, object_pairs_hook=once, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return []  # the route reports this better
    return [FieldError(field=name, detail="同一字段写了两次，只能写一次") for name in twice]
