"""The pages of Temporal's Web UI, as far as they ask the codec server."""

import base64
import json
from dataclasses import dataclass
from typing import Any

import httpx
from temporalio.api.common.v1 import Payload
from temporalio.api.sdk.v1 import (
    WorkflowDefinition,
    WorkflowInteractionDefinition,
    WorkflowMetadata,
)

from casework.security.keys.codec import SealingCodec
from casework.security.keys.vault import Vault
from casework.temporal import data_converter
from tests.api.live import Backend

SECRET = "张三的孩子九月入学"


@dataclass(frozen=True)
class Ui:
    """The pages of the Web UI, and what Temporal keeps for them."""

    backend: Backend
    vault: Vault
    origin: str

    async def sealed(self, case_no: str, text: str = SECRET) -> Payload:
        data = json.dumps(text, ensure_ascii=False).encode()
        plain = Payload(metadata={"encoding": b"json/plain"}, data=data)
        (sealed,) = await SealingCodec(self.vault, scope=case_no).encode([plain])
        assert text.encode() not in sealed.SerializeToString()
        return sealed

    async def knowing(self, case_no: str, details: str = SECRET) -> Payload:
        """What the case answers to who asks what it may be asked."""
        queries = [WorkflowInteractionDefinition(name="progress", description="进度")]
        knows = WorkflowMetadata(
            definition=WorkflowDefinition(type="Application", query_definitions=queries),
            current_details=details,
        )
        (plain,) = await data_converter.encode([knows])
        (sealed,) = await SealingCodec(self.vault, scope=case_no).encode([plain])
        assert details.encode() not in sealed.SerializeToString()
        return sealed

    async def ask(self, by: str, *payloads: Payload) -> httpx.Response:
        headers = {**self.backend.bearer(by), **self.as_page()} if by else self.as_page()
        return await self.backend.http.post(
            "/codec/decode?preserveStorageRefs=true", json=body_of(*payloads), headers=headers
        )

    async def shown(self, by: str, *payloads: Payload) -> list[Any]:
        answer = await self.ask(by, *payloads)
        assert answer.status_code == 200, answer.text
        return [
            json.loads(base64.b64decode(payload["data"])) for payload in answer.json()["payloads"]
        ]

    def as_page(self) -> dict[str, str]:
        return {"Origin": self.origin, "X-Namespace": "default"}


def body_of(*payloads: Payload) -> dict[str, Any]:
    return {
        "payloads": [
            {
                "metadata": {name: base64_of(value) for name, value in payload.metadata.items()},
                "data": base64_of(payload.data),
                "externalPayloads": [],
            }
            for payload in payloads
        ]
    }


def base64_of(value: bytes) -> str:
    return base64.b64encode(value).decode()
