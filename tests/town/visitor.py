"""Who walks through the fake town in a test: looks into the outbox and pulls the levers."""

from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True)
class Visitor:
    http: httpx.AsyncClient
    url: str

    async def outbox(self, *channels: str) -> list[dict[str, Any]]:
        params = httpx.QueryParams({"channel": list(channels)})
        entries: list[dict[str, Any]] = (await self._get("/outbox", params)).json()
        return entries

    async def message(self, channel: str, key: str) -> dict[str, Any]:
        message: dict[str, Any] = (await self._get(f"/outbox/{channel}/{key}")).json()
        return message

    async def requests(self) -> list[dict[str, Any]]:
        requests: list[dict[str, Any]] = (await self._get("/requests")).json()
        return requests

    async def plan_fault(self, path: str, status: int, **fault: Any) -> None:
        await self.post("/faults", {"path": path, "status": status, **fault})

    async def post(self, path: str, body: dict[str, Any], key: str = "key") -> httpx.Response:
        answer = await self.http.post(self.url + path, json=body, headers={"Idempotency-Key": key})
        return answer.raise_for_status()

    async def _get(self, path: str, params: httpx.QueryParams | None = None) -> httpx.Response:
        return (await self.http.get(self.url + path, params=params)).raise_for_status()
