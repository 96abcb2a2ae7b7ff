"""What opens a case, as a file: YAML or JSON in the form of the body that the API takes.

A material may name a ``file`` beside it in place of its ``sha256``; the file is uploaded first.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from casework.cli.calling.uploads import with_uploads
from casework.cli.terms.errors import UnusableError
from casework.policy import yaml_text

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
