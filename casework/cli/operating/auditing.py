"""``casework audit``: the chain of events verified, its digests made and exported."""
# ruff: noqa: PLC0415 - imported when the command runs, so that the others start fast

import asyncio
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from casework.cli.calling.identity import load_settings, require_home
from casework.cli.operating import audit_work
from casework.cli.operating.register import reaching_register
from casework.cli.terms.errors import RefusedError, UnusableError
from casework.cli.terms.screen import Json, note, say, show_json, show_table

if TYPE_CHECKING:
    from casework.security.audit.findings import Finding, Report

app = typer.Typer(help="The audit chain (审计链).", no_args_is_help=True)

District = Annotated[str, typer.Option(help="By default every district.")]
Folder = Annotated[
    Path | None, typer.Option("--to", file_okay=False, help="By default CASEWORK_AUDIT_EXPORT_DIR.")
]


@app.callback()
def _group() -> None:
    """The audit chain (审计链)."""


@app.command()
def init() -> None:
    """Make the key that signs digests where there is none; the local stack does so by itself."""
    from casework.security.audit.digests import DigestKey

    settings = load_settings()
    require_home(settings)
    with reaching_register():
        key = DigestKey.init(settings.digest_key_file)
    say(f"key {key.id} in {settings.digest_key_file}; give auditors its public half:")
    say(key.public_pem)


@app.command()
def verify(
    *,
    district: District = "",
    from_export: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="Digests kept out of our reach."),
    ] = None,
    public_key: Annotated[
        list[Path] | None,
        typer.Option(exists=True, dir_okay=False, help="PEM; may be given again."),
    ] = None,
    json: Json = False,
) -> None:
    """Look for tampering: exit code 0 nothing, 1 found, 2 could not look.

    Needs no key of the register. Without --from-export and --public-key it believes the digests
    of the register and the key at hand, which whoever rules both can make anew.
    """
    with reaching_register():
        report = asyncio.run(
            audit_work.verify(load_settings(), district, from_export, public_key or [])
        )
    if json:
        show_json(asdict(report))
    else:
        _show(report)
    if report.findings:
        raise RefusedError(f"{len(report.findings)} findings: see docs/runbook.md")


@app.command()
def digest(
    *,
    day: Annotated[
        str, typer.Option(metavar="YYYY-MM-DD", help="By default yesterday, as each night.")
    ] = "",
    json: Json = False,
) -> None:
    """Make and export the digests of a day now; those that are there stay."""
    with reaching_register():
        made = asyncio.run(audit_work.make(load_settings(), _day(day), _now()))
    if json:
        show_json([asdict(each) for each in made])
        return
    rows = [(each.district, str(each.day), str(each.number), each.hash) for each in made]
    show_table(("区", "日期", "序号", "摘要"), rows, title="日摘要")


@app.command()
def export(*, district: District = "", to: Folder = None) -> None:
    """Write all digests of the register as files, and the public key beside them."""
    with reaching_register():
        files = asyncio.run(audit_work.export(load_settings(), district, to))
    say(f"{files} digests")


@app.command(name="seal-history")
def seal_history(*, json: Json = False) -> None:
    """Give cases from before the chain theirs; once, beside the workers."""
    with reaching_register():
        sealed = asyncio.run(audit_work.seal(load_settings()))
    if json:
        show_json(asdict(sealed))
    else:
        say(f"{sealed.cases} cases, {sealed.events} events sealed")
        for case_no in sealed.refused:
            note(f"{case_no}: had a chain, which is gone: see casework audit verify")
    if sealed.refused:
        raise RefusedError(f"{len(sealed.refused)} cases refused")


def _show(report: "Report") -> None:
    rows = [
        (
            each.kind.label,
            each.kind.value,
            each.district,
            each.case_no,
            _span(each),
            "" if each.digest is None else str(each.digest),
        )
        for each in report.findings
    ]
    columns = ("发现", "code", "区", "办件编号", "经过", "日摘要")
    show_table(columns, rows, title="审计链核验", empty="未发现改动")
    for each in report.replaced:
        note(f"{each.case_no}: event {each.seq} of digest {each.digest} was decided anew since")
    say(
        f"{report.cases} cases, {report.events} events ({report.unsealed} from before the chain), "
        f"{report.digests} digests"
    )


def _span(found: "Finding") -> str:
    if found.seq is None:
        return ""
    return str(found.seq) if found.until in {None, found.seq} else f"{found.seq}–{found.until}"


def _day(given: str) -> date:
    from casework.domain.time.calendar import local_date

    today = local_date(_now())
    try:
        day = date.fromisoformat(given) if given else today - timedelta(days=1)
    except ValueError:
        raise UnusableError(f"no day: {given}") from None
    if day >= today:
        raise UnusableError("a digest is made when its day is over")
    return day


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the command is a composition root
