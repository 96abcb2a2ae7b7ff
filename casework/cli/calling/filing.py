"""What opens a case, as a file: YAML or JSON in the form of the body that the API takes.

A material may name a ``file`` beside it in place of its ``sha256``; the file is uploaded first.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from casework.cli.terms.errors import UnusableError
from casework.cli.terms.verb_options import FILE
from casework.policy import yaml_text

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


if TYPE_CHECKING:
    import httpx

    from casework.cli.calling.client import Client

STDIN = Path("-")
APPLICATIONS = "/v1/applications"


def read_body(path: Path) -> dict[str, Any]:
    """Return what a file, or standard input for ``-``, says; raise `UnusableError`."""
    try:
        text = sys.stdin.read() if path == STDIN else path.read_text(encoding="utf-8")
        content = yaml_text.load(text, _Plain)
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableError(f"cannot read {path}: {error}") from None
    except yaml.YAMLError as error:
        raise UnusableError(f"{path} is neither YAML nor JSON: {_one_line(error)}") from None
    if not isinstance(content, dict):
        raise UnusableError(f"{path} holds no mapping of fields")
    return content


def send_file(
    client: "Client",
    path: Path,
    *,
    to: str = APPLICATIONS,
    changed: Mapping[str, str] | None = None,
) -> "httpx.Response":
    """Upload the files of a body, then send it; the same again is the same case.

    ``changed`` stands in the place of what the file says.
    """
    folder = Path() if path == STDIN else path.parent
    body = read_body(path) | dict(changed or {})
    return client.post(to, with_uploads(client, body, folder))


class _Plain(yaml_text.Loader):
    """Leaves dates as they are written: JSON has none."""


_Plain.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _one_line(error: yaml.YAMLError) -> str:
    return " ".join(str(error).split())
