"""Notices by text message through an HTTP gateway."""

from dataclasses import dataclass

import httpx

from casework.outside.http import post_once


@dataclass(frozen=True, kw_only=True)
class SmsSender:
    """Sends text messages through the gateway at ``url``.

    ``http`` carries whatever credentials the gateway asks for; ``signature`` is the registered
    name that Chinese gateways want in 【】 before the text.
    """

    http: httpx.AsyncClient
    url: str
    signature: str

    async def send(self, *, key: str, to: str, text: str) -> str:
        """Send the text once per key and return the gateway's reference; errors of ``post_once``.

        The text goes out as one line: many handsets break a message at a line feed.
        """
        line = " ".join(text.split())
        return await post_once(
            self.http,
            f"{self.url}/messages",
            key=key,
            body={"to": to, "text": f"【{self.signature}】{line}"},
            answer="reference",
        )
