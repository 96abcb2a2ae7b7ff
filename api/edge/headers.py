"""The headers that tell a browser what it must not do with our answers.

If a route sets such a header itself (for a page, or a file), that one is kept.
"""

import base64
import hashlib
import re
from collections.abc import Mapping

from starlette.datastructures import MutableHeaders

from api.edge.docs import DOCS_PATH

_NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_DOCS = (
    f"{_NOTHING}; script-src 'self' {{scripts}}; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data:; connect-src 'self'"
)
_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_ONE_YEAR = 365 * 24 * 60 * 60


class SecurityHeaders:
    """Sets the headers of every answer; ``only_https`` makes browsers use HTTPS from then on.

    ``docs_page`` is the page at /docs, the only one with scripts: only the scripts in it may run.
    Empty: there is no such page.
    """

    def __init__(self, *, only_https: bool, docs_page: str) -> None:
        self._docs_policy = _DOCS.format(scripts=" ".join(map(_hash, _INLINE.findall(docs_page))))
        self._always: Mapping[str, str] = {
            "Content-Security-Policy": _NOTHING,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
            **({"Strict-Transport-Security": f"max-age={_ONE_YEAR}"} if only_https else {}),
        }

    def set_on(self, headers: MutableHeaders, path: str) -> None:
        """Add to the headers of the answer to a request of this path what they do not have."""
        if path == DOCS_PATH:
            headers.setdefault("Content-Security-Policy", self._docs_policy)
        for name, value in self._always.items():
            headers.setdefault(name, value)


def _hash(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
