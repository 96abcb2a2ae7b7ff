"""Applications as files: YAML or JSON in the form of ``POST /v1/applications``.

A material may name a ``file`` beside it in place of its ``sha256``; the file is uploaded first.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from casework.cli.errors import UnusableError
from casework.cli.uploads import with_uploads

if TYPE_CHECKING:
    import httpx

    from casework.cli.client import Client

STDIN = Path("-")


def read_application(path: Path) -> dict[str, Any]:
    """Return what a file, or standard input for ``-``, says; raise `UnusableError`."""
    try:
        text = sys.stdin.read() if path == STDIN else path.read_text(encoding="utf-8")
        content = yaml.load(text, Loader=_Plain)  # noqa: S506 - a SafeLoader
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableError(f"cannot read {path}: {error}") from None
    except yaml.YAMLError as error:
        raise UnusableError(f"{path} is neither YAML nor JSON: {_one_line(error)}") from None
    if not isinstance(content, dict):
        raise UnusableError(f"{path} holds no application (a mapping of fields)")
    return content


def submit_file(client: "Client", path: Path) -> "httpx.Response":
    """Upload the files of an application, then submit it; the same again is the same case."""
    folder = Path() if path == STDIN else path.parent
    return client.post("/v1/applications", with_uploads(client, read_application(path), folder))


class _Plain(yaml.SafeLoader):
    """Leaves dates as they are written: JSON has none."""


_Plain.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _one_line(error: yaml.YAMLError) -> str:
    return " ".join(str(error).split())
