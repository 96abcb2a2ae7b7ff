"""The published description of the API, completed by the shape of a problem."""

from typing import Any

from fastapi import FastAPI
from pydantic import TypeAdapter

from api.problems import ProblemBody

_REF = "#/components/schemas/{model}"


def describe_problems(app: FastAPI) -> None:
    """Let the description hold the schema that every `api.answers.PROBLEM` refers to."""
    plain = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            schemas = plain().setdefault("components", {}).setdefault("schemas", {})
            problem = TypeAdapter(ProblemBody).json_schema(ref_template=_REF, mode="serialization")
            schemas |= problem.pop("$defs") | {"ProblemBody": problem}
        return plain()

    app.openapi = described  # type: ignore[method-assign]  # the way that the framework offers
