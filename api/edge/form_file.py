"""Streams the file of a form to the content store, without a temporary file.

The part is recognised by its name alone. The framework's own form would treat the file of a client
that sends ``filename*`` and no ``filename`` as a short text.
"""

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from api.edge.problems import ProblemError, invalid

FIELD = b"file"

A_FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}
"""How OpenAPI describes a route that takes a file: as the part of a form, or as the whole body."""


async def form_file(body: AsyncIterator[bytes], content_type: str) -> AsyncIterator[bytes]:
    """Yield the content of the only part ``file``; other parts are ignored.

    Raises:
        ProblemError: the form cannot be read, ends early, or has no such part or several.
    """
    _, options = parse_options_header(content_type)
    if not (boundary := options.get(b"boundary")):
        raise _unreadable()
    form = _Form()
    try:
        parser = MultipartParser(
            boundary,
            {
                "on_part_begin": form.begin,
                "on_header_begin": form.begin_header,
                "on_header_field": form.read_name,
                "on_header_value": form.read_value,
                "on_header_end": form.end_header,
                "on_part_data": form.read_data,
                "on_end": form.end,
            },
        )
        async for piece in body:
            parser.write(piece)
            for content in form.taken():
                yield content
    except FormParserError:
        raise _unreadable() from None
    if not form.ended:
        raise _unreadable()
    if form.files != 1:
        raise invalid("file", "请以表单字段 file 上传一个文件")


class _Form:
    """Gathers the content of the parts called ``file``."""

    def __init__(self) -> None:
        self.files = 0
        self.ended = False
        self._wanted = False
        self._name = self._value = b""
        self._content: list[bytes] = []

    def taken(self) -> list[bytes]:
        """Return the bytes received since the last call; the bytes of a second file are dropped."""
        content, self._content = self._content, []
        return content

    def begin(self) -> None:
        self._wanted = False

    def begin_header(self) -> None:
        self._name = self._value = b""

    def read_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def read_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def end_header(self) -> None:
        if self._name.lower() == b"content-disposition":
            _, options = parse_options_header(self._value)
            self._wanted = options.get(b"name") == FIELD
            self.files += self._wanted

    def read_data(self, data: bytes, start: int, end: int) -> None:
        if self._wanted and self.files == 1:
            self._content.append(data[start:end])

    def end(self) -> None:
        self.ended = True


def _unreadable() -> ProblemError:
    return ProblemError(
        status=HTTPStatus.BAD_REQUEST, code="UNREADABLE_BODY", detail="表单不完整或格式不正确"
    )
