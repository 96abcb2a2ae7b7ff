"""``casework audit``: the chain of events verified, its digests made and exported."""
# ruff: noqa: PLC0415 - imported when the command runs, so that the others start fast

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from casework.cli.calling.identity import load_settings, require_home
from casework.cli.operating.register import ahead_of_temporal, open_register, reaching_register
from casework.cli.terms.errors import RefusedError, UnusableError
from casework.cli.terms.screen import Json, note, say, show_json, show_table

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from casework.security.audit.digests import PublicKeys, SignedDigest
    from casework.security.audit.findings import Finding, Report
    from casework.settings import Settings
    from casework.store.audit import Sealed


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
        report = asyncio.run(verified(load_settings(), district, from_export, public_key or []))
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
        made = asyncio.run(made_digests(load_settings(), _day(day), _now()))
    if json:
        show_json([asdict(each) for each in made])
        return
    rows = [(each.district, str(each.day), str(each.number), each.hash) for each in made]
    show_table(("区", "日期", "序号", "摘要"), rows, title="日摘要")


@app.command()
def export(*, district: District = "", to: Folder = None) -> None:
    """Write all digests of the register as files, and the public key beside them."""
    with reaching_register():
        files = asyncio.run(exported_digests(load_settings(), district, to))
    say(f"{files} digests")


@app.command(name="seal-history")
def seal_history(*, json: Json = False) -> None:
    """Give cases from before the chain theirs; once, beside the workers."""
    with reaching_register():
        sealed = asyncio.run(sealed_history(load_settings()))
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
            each.letter,
            "" if each.digest is None else str(each.digest),
        )
        for each in report.findings
    ]
    columns = ("发现", "code", "区", "办件编号", "经过", "文号", "日摘要")
    show_table(columns, rows, title="审计链核验", empty="未发现改动")
    for each in report.replaced:
        note(f"{each.case_no}: event {each.seq} of digest {each.digest} was decided anew since")
    if report.restored:
        cases = len({each.case_no for each in report.restored})
        note(
            f"{len(report.restored)} heads of {cases} cases were restored from Temporal's "
            f"histories since they were signed; the first: {report.restored[0].case_no}"
        )
    say(
        f"{report.cases} cases, {report.events} events ({report.unsealed} from before the chain), "
        f"{report.letters} letters, {report.digests} digests"
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


@asynccontextmanager
async def _engine(settings: "Settings") -> "AsyncIterator[AsyncEngine]":
    from casework.store.engine import create_engine

    engine = create_engine(settings.database)
    try:
        yield engine
    finally:
        await engine.dispose()


async def verified(
    settings: "Settings", district: str, folder: Path | None, public_keys: Sequence[Path]
) -> "Report":
    """Verify; without public keys the one at hand is believed."""
    from casework.security.audit.digests import exported
    from casework.store.audit import verify_register
    from casework.store.engine import read_sessions

    keys = _trusted_keys(settings, public_keys)
    try:
        believed = () if folder is None else exported(folder, district)
    except ValueError as error:
        first_line = str(error).partition("\n")[0]
        raise UnusableError(f"{folder} holds a file that is no digest: {first_line}") from None
    async with _engine(settings) as engine:
        report = await verify_register(
            read_sessions(engine), keys, exported=believed, district=district
        )
    return replace(report, findings=(*report.findings, *await _not_held(settings, district)))


async def _not_held(settings: "Settings", district: str) -> "list[Finding]":
    """The events that Temporal does not hold; an auditor without keys cannot ask for them."""
    from casework.security.audit.findings import Finding, Tampering
    from casework.security.keys.errors import KeysError

    try:
        async with open_register(settings) as opened:
            ahead = await ahead_of_temporal(settings, opened, district=district)
    except KeysError as error:
        note(f"not compared with Temporal: {error}")
        return []
    return [
        Finding(
            kind=Tampering.NOT_HELD,
            district=each.district,
            case_no=each.case_no,
            seq=each.held + 1,
            until=each.seq,
        )
        for each in ahead
    ]


def _trusted_keys(settings: "Settings", files: Sequence[Path]) -> "PublicKeys":
    from casework.security.audit.digests import DigestKey, PublicKeys

    if files:
        return PublicKeys([file.read_bytes() for file in files])
    note("no --public-key: the key at hand is believed")
    return PublicKeys([DigestKey.open(settings).public_pem.encode()])


def _write_export(signed: "SignedDigest", folder: Path) -> None:
    from casework.security.audit.digests import ExportDiffersError
    from casework.security.audit.digests import export as exported

    try:
        exported(signed, folder)
    except ExportDiffersError as error:
        raise RefusedError(str(error)) from None


async def made_digests(settings: "Settings", day: date, now: datetime) -> "list[SignedDigest]":
    """Make the digests of a day and export them; those that are there stay."""
    from casework.security.audit.digests import DigestKey
    from casework.security.audit.hashing import Hashing
    from casework.store.audit import districts, make_digest
    from casework.store.engine import sessions

    made, key = [], DigestKey.open(settings)
    async with _engine(settings) as engine:
        opened = sessions(engine, hashing=Hashing(settings.hash))
        async with opened() as session:
            known = await districts(session)
        for district in known:
            async with opened.begin() as session:
                signed = await make_digest(session, district, day, made_at=now, key=key)
            if signed:
                _write_export(signed, settings.audit_export_dir)
                made.append(signed)
    return made


async def exported_digests(settings: "Settings", district: str, to: Path | None) -> int:
    """Export every digest and the public key; how many digests there are."""
    from casework.security.audit.digests import DigestKey
    from casework.store.audit import stored_digests
    from casework.store.engine import sessions

    folder = to or settings.audit_export_dir
    async with _engine(settings) as engine, sessions(engine)() as session:
        digests = await stored_digests(session, district)
    for signed in digests:
        _write_export(signed, folder)
    key = DigestKey.open(settings)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{key.id}.public.pem").write_text(key.public_pem)
    return len(digests)


async def sealed_history(settings: "Settings") -> "Sealed":
    """Seal the history."""
    from casework.security.audit.hashing import Hashing
    from casework.store.audit import seal_history as sealed
    from casework.store.engine import sessions

    async with _engine(settings) as engine:
        return await sealed(sessions(engine, hashing=Hashing(settings.hash)))
