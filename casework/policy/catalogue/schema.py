"""JSON Schemas of the catalogue's files, for completion and faults in an editor."""

import json
from pathlib import Path

from pydantic import BaseModel

from casework.policy.catalogue.authority_sources import AuthorityFile
from casework.policy.catalogue.sources import (
    ItemFile,
    Layer,
    MeasureFile,
    ProfileFile,
    VocabularyFile,
)

FILES: dict[str, type[BaseModel]] = {
    "authority": AuthorityFile,
    "defaults": Layer,
    "item": ItemFile,
    "measure": MeasureFile,
    "overlay": Layer,
    "profile": ProfileFile,
    "vocabulary": VocabularyFile,
}


def schema_texts() -> dict[str, str]:
    """File name → JSON Schema, the same on every run."""
    return {
        f"{name}.json": json.dumps(
            {"$schema": "https://json-schema.org/draft/2020-12/schema"}
            | model.model_json_schema(by_alias=True),
            ensure_ascii=False,
            indent=2,
            sort_keys=True,
        )
        + "\n"
        for name, model in FILES.items()
    }


def write_schemas(folder: Path) -> list[Path]:
    """Write all schemas into ``folder`` and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in schema_texts().items():
        path = folder / name
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written
