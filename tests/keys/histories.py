"""The payloads in what Temporal keeps of a workflow."""

from typing import Any

from temporalio.api.common.v1 import Payload

_NOT_OURS = {"search_attributes", "header"}
_NOTES_OF_THE_SDK = {"data", "patch-data"}  # in markers: which activity, which patch, when


def payloads(message: Any) -> list[Payload]:
    """Every payload in a protobuf message that was made of something of ours."""
    if isinstance(message, Payload):
        return [message]
    fields = [(field, value) for field, value in message.ListFields() if field.message_type]
    return [
        payload
        for field, value in fields
        if field.name not in _NOT_OURS
        for each in _messages(field, value)
        for payload in payloads(each)
    ]


def _messages(field: Any, value: Any) -> list[Any]:
    if field.message_type.GetOptions().map_entry:
        return [
            each
            for key, each in value.items()
            if key not in _NOTES_OF_THE_SDK and hasattr(each, "ListFields")
        ]
    return [value] if hasattr(value, "ListFields") else list(value)
