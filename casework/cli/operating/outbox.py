"""``casework outbox``: what the fake town has been sent."""
# ruff: noqa: PLC0415 - imported when the command runs, so that the others start fast

from typing import Annotated, Any

import typer

from casework.cli.calling.identity import load_settings
from casework.cli.terms.errors import RefusedError, UnusableError
from casework.cli.terms.screen import Json, moment, say, show_json, show_table

_CHANNELS = {
    "mail": "邮件",
    "sms": "短信",
    "reports": "上报",
    "archive-calls": "调档",
    "parcels": "快递",
}


def outbox(
    ctx: typer.Context,
    channel: Annotated[
        list[str] | None,
        typer.Option(metavar="CHANNEL", help=f"{', '.join(_CHANNELS)}; by default mail and sms."),
    ] = None,
    *,
    read: Annotated[str, typer.Option(metavar="KEY", help="Show one message with its text.")] = "",
    json: Json = False,
) -> None:
    """Show what the fake town of the local stack took (已发通知)."""
    if read:
        _show_message(ctx.obj, channel or ["mail", "sms"], read, json=json)
        return
    taken = _get(ctx.obj, "/outbox", params={"channel": channel} if channel else {}).json()
    if json:
        show_json(taken)
        return
    show_table(
        ["方式", "键", "收件人", "主题", "时间", "重复"],
        [
            (
                _CHANNELS.get(entry["channel"], entry["channel"]),
                entry["key"],
                entry["to"],
                entry["subject"],
                moment(entry["at"]),
                str(entry["repeats"] or ""),
            )
            for entry in taken
        ],
        empty="尚未发出通知",
    )


def _show_message(transport: Any, channels: list[str], key: str, *, json: bool) -> None:  # noqa: ANN401 - an httpx transport
    for channel in channels:
        answer = _get(transport, f"/outbox/{channel}/{key}", missing_ok=True)
        if not answer.is_success:
            continue
        message = answer.json()
        if json:
            show_json(message)
        else:
            say(f"{message['subject']}  {moment(message['at'])}  → {message['to']}\n")
            say(message["text"])
        return
    raise RefusedError(f"no message {key}")


def _get(transport: Any, path: str, *, missing_ok: bool = False, **options: Any) -> Any:  # noqa: ANN401 - as above
    import httpx

    from casework.settings import LOOPBACK

    url = f"http://{LOOPBACK}:{load_settings().town_port}"
    try:
        with httpx.Client(base_url=url, transport=transport) as http:
            answer = http.get(path, **options)
    except httpx.TransportError as error:
        raise UnusableError(
            f"no fake town at {url} ({error}): it runs with `casework up` only"
        ) from None
    if not answer.is_success and not missing_ok:
        raise UnusableError(f"the fake town at {url} answered {answer.status_code}")
    return answer
