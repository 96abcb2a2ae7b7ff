"""``casework mail``: what a mail would become, tried on a file."""
# ruff: noqa: PLC0415 - imported when a command runs, so that the others start fast

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from casework.cli.calling.identity import load_settings
from casework.cli.terms.errors import UnusableError
from casework.cli.terms.screen import Json, say, show_json, show_table

if TYPE_CHECKING:
    from casework.incoming.reading import Reading

app = typer.Typer(help="Mails that bring cases (来件).", no_args_is_help=True)

_VERDICTS = {
    "cases": "开办件",
    "notice": "一次性告知",
    "triage": "转人工分办",
    "silent": "不回复",
}
_NATURES = {
    "automatic": "自动回复",
    "bounce": "退信",
    "bulk": "群发邮件",
    "spam": "垃圾邮件",
    "own": "本系统发出的邮件",
}
_REMARKS = {"NAME_NONCONFORMING": "命名不完全符合要求", "REROUTED": "已转到相应邮箱"}


@app.command("try")
def try_(  # noqa: PLR0913 - one option per thing that is known of a mail
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A mail, as FILE.eml.")],
    *,
    district: Annotated[str, typer.Option(metavar="CODE", help="Whose mailbox it came to.")],
    mailbox: Annotated[
        str, typer.Option(metavar="PURPOSE", help="Which of them; by default the first.")
    ] = "",
    on: Annotated[str, typer.Option(metavar="DAY", help="Day of receipt; by default today.")] = "",
    unit: Annotated[
        str, typer.Option(metavar="NAME", help="The firm whose mailbox it came from.")
    ] = "",
    json: Json = False,
) -> None:
    """Show what a mail would become: cases, one notice of all faults, or a task for an officer.

    Nothing is sent and nothing is kept. Names stand in the answer, as they do in the mail.
    """
    from casework.domain.time.calendar import ZONE
    from casework.incoming.message import read_mail
    from casework.incoming.reading import Sender, judge
    from casework.policy.mail import load_mail_policy
    from casework.store.file_type import media_type_of

    try:
        day = date.fromisoformat(on) if on else datetime.now(ZONE).date()  # noqa: TID251 - a composition root
    except ValueError:
        raise UnusableError("--on: write a day as YYYY-MM-DD") from None
    policy = load_mail_policy()
    intake = policy.intake(district, day)
    if intake is None:
        raise UnusableError(f"--district: {district} takes no cases by mail on {day}")
    if mailbox and mailbox not in intake.mailboxes:
        raise UnusableError(f"--mailbox: one of {', '.join(intake.mailboxes)}")
    reading = judge(
        read_mail(file.read_bytes()),
        intake,
        mailbox=mailbox or next(iter(intake.mailboxes)),
        on=day,
        kind=media_type_of,
        sender=Sender(unit=unit, short_names=(unit,)) if unit else None,
        elsewhere=policy.elsewhere(district, day),
    )
    if json:
        show_json(_plain(reading))
    else:
        _show(reading, intake.mailboxes[reading.mailbox])


@app.command()
def serve() -> None:
    """Take mails from a relay by LMTP until SIGTERM, as CASEWORK_MAILBOXES_FILE says."""
    import asyncio

    from workers.lmtp import main

    asyncio.run(main(load_settings()))


def _show(reading: "Reading", mailbox: str) -> None:
    what = _NATURES.get(reading.nature.value, "")
    say(f"{_VERDICTS[reading.verdict.value]}{f'：{what}' if what else ''}（邮箱：{mailbox}）")
    if reading.packages:
        rows = [
            [
                package.named.name,
                package.named.item,
                package.unit,
                str(len(package.files)),
                "只在网上办理，告知" if package.online_only else "",
            ]
            for package in reading.packages
        ]
        show_table(["姓名", "事项", "单位", "文件", ""], rows)
    for fault in reading.faults:
        say(f"需补正：{fault.detail}")
    for doubt in reading.doubts:
        say(f"需人工确认：{doubt.detail}")
    for remark in reading.remarks:
        say(f"备注：{_REMARKS[remark]}")


def _plain(reading: "Reading") -> dict[str, object]:
    return {
        "verdict": reading.verdict.value,
        "mailbox": reading.mailbox,
        "nature": reading.nature.value,
        "packages": [
            {
                "name": package.named.name,
                "item": package.named.item,
                "unit": package.unit,
                "files": len(package.files),
                "online_only": package.online_only,
            }
            for package in reading.packages
        ],
        "faults": [{"code": each.code, "detail": each.detail} for each in reading.faults],
        "doubts": [{"code": each.code, "detail": each.detail} for each in reading.doubts],
        "remarks": list(reading.remarks),
    }
