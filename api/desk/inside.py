"""The API as the person in front of a page may use it: asked inside this process, by HTTP.

A page asks what anybody could ask, with the caller's own session: it cannot do more than the API,
and every rule of authority, of pace and of form is decided there, once (docs/adr/0037).
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx
from fastapi import Request

from api.access.caller import CSRF_HEADER
from api.edge.problems import FieldError, ProblemError

_PASSED_ON = ("cookie", "authorization", "x-request-id")
_TOLD = ("Retry-After", "ETag", "WWW-Authenticate")
_OF_A_PROBLEM = frozenset({"type", "title", "status", "code", "detail", "instance", "errors"})


@dataclass(frozen=True, kw_only=True)
class Inside:
    """A client of ``/v1`` in the name of the caller of ``request``.

    Each method raises the `ProblemError` by which the API refuses.
    """

    request: Request

    async def get(self, path: str, **asked: Any) -> Any:  # noqa: ANN401 - JSON
        """The JSON at a path; parameters that are None, False or empty are left out."""
        return (await self.ask("GET", path, params=_asked(asked))).json()

    async def post(
        self,
        path: str,
        body: Mapping[str, Any],
        *,
        key: str = "",
        seen: int | None = None,
        dry_run: bool = False,
    ) -> httpx.Response:
        """Post JSON, once under ``key``; status 202: taken, and not in the register yet."""
        headers = {CSRF_HEADER: "desk"}
        if key:
            headers["Idempotency-Key"] = key
        if seen is not None:
            headers["If-Match"] = f'"{seen}"'
        asked = {"dry_run": "true"} if dry_run else {}
        return await self.ask("POST", path, json=body, headers=headers, params=asked)

    async def upload(self, content: AsyncIterator[bytes]) -> str:
        """Store a file; its digest."""
        headers = {CSRF_HEADER: "desk"}
        answer = await self.ask("POST", "/v1/materials", content=content, headers=headers)
        return str(answer.json()["sha256"])

    async def ask(self, method: str, path: str, **how: Any) -> httpx.Response:  # noqa: ANN401 - httpx's
        """Any request; the answer if it is no refusal."""
        async with self._client() as client:
            answer = await client.request(method, path, **how)
        if answer.is_error:
            raise _refusal(answer)
        return answer

    @asynccontextmanager
    async def _client(self) -> AsyncIterator[httpx.AsyncClient]:
        request = self.request
        client = request.client
        transport = httpx.ASGITransport(
            request.app, client=(client.host, client.port) if client else ("", 0)
        )
        headers = {name: request.headers[name] for name in _PASSED_ON if name in request.headers}
        async with httpx.AsyncClient(
            transport=transport, base_url=str(request.base_url), headers=headers
        ) as inside:
            yield inside


def _asked(asked: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in asked.items() if value not in {None, False, ""}}


def _refusal(answer: httpx.Response) -> ProblemError:
    told = answer.json()
    return ProblemError(
        status=HTTPStatus(answer.status_code),
        code=told["code"],
        detail=told["detail"],
        errors=tuple(FieldError(**each) for each in told["errors"]),
        headers={name: answer.headers[name] for name in _TOLD if name in answer.headers},
        more={name: value for name, value in told.items() if name not in _OF_A_PROBLEM},
    )
