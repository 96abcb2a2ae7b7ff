"""Files named in a body go up first; their digests take their places."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from casework.cli.terms.errors import UnusableError
from casework.cli.terms.verb_options import FILE

if TYPE_CHECKING:
    from casework.cli.calling.client import Client

MATERIALS = "materials"


def with_uploads(
    client: "Client", body: Mapping[str, Any], folder: Path = Path()
) -> dict[str, Any]:
    """Return the body with ``sha256`` in place of each ``file``; paths start at ``folder``.

    Raise `UnusableError` for a file that cannot be read, before anything is sent.
    """
    if MATERIALS not in body:
        return dict(body)
    materials = [dict(each) if isinstance(each, Mapping) else each for each in body[MATERIALS]]
    contents = {path: _content(path) for path in _files(materials, folder)}
    digests = {path: _upload(client, content) for path, content in contents.items()}
    for material in materials:
        if isinstance(material, dict) and FILE in material:
            material["sha256"] = digests[folder / material.pop(FILE)]
    return {**body, MATERIALS: materials}


def _files(materials: list[Any], folder: Path) -> Iterator[Path]:
    for material in materials:
        if isinstance(material, dict) and FILE in material:
            yield folder / material[FILE]


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnusableError(f"cannot read {path}: {error.strerror}") from None


def _upload(client: "Client", content: bytes) -> str:
    answer = client.post("/v1/materials", files={"file": ("material", content)})
    return str(answer.json()["sha256"])
