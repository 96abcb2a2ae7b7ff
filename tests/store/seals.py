"""A city's electronic seal for tests: for one key always the same answer."""

import base64
import json
from dataclasses import dataclass, field

import httpx

from casework.outside import SealOffice


@dataclass
class City:
    """The city's system. ``crashes``: so many requests find it down."""

    seen: list[tuple[str, bool]] = field(default_factory=list)
    status: int = 200
    crashes: int = 0

    def answer(self, request: httpx.Request) -> httpx.Response:
        if self.crashes:
            self.crashes -= 1
            raise httpx.ConnectError("the city's system is down")
        asked, key = json.loads(request.content), request.headers["Idempotency-Key"]
        self.seen.append((key, "file" in asked))
        sealed = base64.b64decode(asked.get("file", "")) + f"%SEAL {key} {asked['sha256']}".encode()
        kind = "file" if "file" in asked else "signature"
        told = {"reference": "S-1", kind: base64.b64encode(sealed).decode()}
        return httpx.Response(self.status, json=told)

    def office(self, *, takes_file: bool) -> SealOffice:
        http = httpx.AsyncClient(transport=httpx.MockTransport(self.answer))
        return SealOffice(http=http, url="http://seal.example", takes_file=takes_file)
