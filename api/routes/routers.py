"""The routers of ``/v1``, with what all their routes have in common.

A route is whole where it is declared. FastAPI builds the routes of a router that is included in
another one a second time, and that took as long as building them.
"""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Depends
from fastapi.params import Depends as Dependency

from api.access.caller import paced
from api.edge.openapi import operation_id
from api.edge.well_formed import well_formed
from api.routes.answers import ANY_PROBLEM

_PREFIX = "/v1"
_Responses = dict[int | str, dict[str, Any]]


def with_token(
    prefix: str = "", *, tags: Sequence[str], responses: _Responses | None = None
) -> APIRouter:
    """A router below ``/v1`` whose callers are known and may ask only so often."""
    return _router(prefix, tags, responses, [Depends(paced), Depends(well_formed)])


def open_to_all(
    prefix: str = "", *, tags: Sequence[str], responses: _Responses | None = None
) -> APIRouter:
    """A router below ``/v1`` that needs no token."""
    return _router(prefix, tags, responses, [Depends(well_formed)])


def _router(
    prefix: str,
    tags: Sequence[str],
    responses: _Responses | None,
    dependencies: Sequence[Dependency],
) -> APIRouter:
    return APIRouter(
        prefix=_PREFIX + prefix,
        tags=[*tags],
        dependencies=dependencies,
        responses=ANY_PROBLEM | (responses or {}),
        generate_unique_id_function=operation_id,
    )
