"""``casework digests``: which digests of cards were sent to whom (督办提醒)."""

from typing import TYPE_CHECKING, Annotated

import typer

from casework.cli.calling.over_http import over_http
from casework.cli.cases.reading import District
from casework.cli.terms.listing import All, Limit, taken
from casework.cli.terms.screen import Json, day, moment, show_json, show_table

if TYPE_CHECKING:
    from casework.cli.calling.client import Client

_CHANNELS = {"mail": "邮件", "sms": "短信", "": "—"}


@over_http
def digests(  # noqa: PLR0913 - one option per filter
    client: "Client",
    *,
    district: District = "",
    officer: Annotated[str, typer.Option(metavar="CODE", help="Of one officer.")] = "",
    status: Annotated[str, typer.Option(help="queued, sent, refused or void.")] = "",
    on: Annotated[str, typer.Option("--day", metavar="YYYY-MM-DD", help="Of one day.")] = "",
    limit: Limit = 50,
    every: All = False,
    json: Json = False,
) -> None:
    """List the digests of cards, newest first (督办提醒); for supervisors, with --as."""
    found = client.items(
        "/v1/card-digests", district=district, officer=officer, status=status, day=on
    )
    rows = taken(found, limit, every=every)
    if json:
        show_json(rows)
        return
    show_table(
        ["日期", "区划", "人员", "方式", "结果", "原因", "红牌", "黄牌", "此前未销", "发送时间"],
        [
            (
                day(each["day"]),
                each["district"],
                each["officer"],
                str(_CHANNELS.get(each["channel"], each["channel"])),
                each["status_label"],
                each["problem"],
                str(each["red"]),
                str(each["yellow"]),
                str(each["older"]),
                moment(each["sent_at"]),
            )
            for each in rows
        ],
        empty="没有督办提醒",
    )
