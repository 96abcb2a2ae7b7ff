"""``casework catalogue``: check the policy files, publish them, and say what is published."""
# ruff: noqa: PLC0415 - imported when the command runs, so that the others start fast

import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from casework.cli.calling.identity import load_settings, mint, proposer_for
from casework.cli.calling.over_http import over_http
from casework.cli.orders import proposing
from casework.cli.orders.proposing import Key
from casework.cli.terms.errors import RefusedError, UnusableError
from casework.cli.terms.screen import Json, day, moment, note, say, show_json, show_table

if TYPE_CHECKING:
    from casework.cli.calling.client import Client
    from casework.policy.catalogue.documents import Finding
    from casework.policy.publishing.archive import Archive

app = typer.Typer(help="The policy files (事项目录).", no_args_is_help=True)

Root = Annotated[
    Path | None,
    typer.Option("--root", metavar="FOLDER", help="By default the installed catalogue."),
]


@app.command()
def check(root: Root = None, *, json: Json = False) -> None:
    """List every fault: file, line, field, and what would be right."""
    if root is not None and not root.is_dir():
        raise UnusableError(f"{root} is no folder")
    findings = faults(root)
    if json:
        show_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            say(str(finding))
    if findings:
        raise RefusedError(f"the catalogue has {len(findings)} faults")
    if not json:
        say("the catalogue is in order")


def faults(root: Path | None = None) -> list["Finding"]:
    """Every fault below the root, by default of the installed catalogue."""
    from casework.letters.wording import check_texts
    from casework.policy.authority import check_authority
    from casework.policy.calendars import check_calendars
    from casework.policy.catalogue import check_catalogue
    from casework.policy.letters import check_letters
    from casework.policy.mail import check_mail_policy
    from casework.policy.service_catalogue import check_service_catalogue
    from casework.policy.service_roster import check_service_roster
    from casework.policy.sharing import check_sharing

    # Who works where is no part of a published version: a folder that was exported has no rosters.
    staffed = root is None or (root / "rosters").is_dir()
    return [
        *check_catalogue(root),
        *check_service_catalogue(root),
        *(check_service_roster(root) if staffed else ()),
        *check_authority(root),
        *check_sharing(root),
        *check_letters(root),
        *check_texts(root),
        *check_mail_policy(root),
        *check_calendars(root),
    ]


@app.command()
def procedures() -> None:
    """Print the procedure of every kind of case, as it stands in docs/procedures.md."""
    from casework.domain.kinds.procedures_page import procedures_page

    sys.stdout.write(procedures_page())


@app.command()
def schema(
    folder: Annotated[
        Path | None, typer.Argument(metavar="FOLDER", help="By default catalogue/schema.")
    ] = None,
) -> None:
    """Write the JSON Schemas of the files, for completion in an editor."""
    from importlib.resources import files

    from casework.policy.catalogue import write_schemas

    for path in write_schemas(folder or Path(str(files("catalogue") / "schema"))):
        say(str(path))


# --- publishing ----------------------------------------------------------------------------

Digest = Annotated[
    str, typer.Option("--version", metavar="DIGEST", help="By default the one in force.")
]


@app.command()
@over_http
def propose(  # noqa: PLR0913 - one option per part of the order
    client: "Client",
    folder: Annotated[Path, typer.Argument(metavar="DIR", show_default=False)],
    *,
    first_on: Annotated[
        str, typer.Option("--from", metavar="YYYY-MM-DD", help="Its first day.", show_default=False)
    ],
    reason: Annotated[str, typer.Option("--reason", help="Why (理由).", show_default=False)],
    preview: proposing.Preview = False,
    idempotency_key: Key = "",
    json: Json = False,
) -> None:
    """Propose to publish the catalogue in a folder; another person has to approve it (发布).

    It is checked, its scenarios are played, and what it changes is shown. Nothing of it may change
    a past day; running cases keep their policy.
    """
    archive = _packed(folder)
    if client.acts_by_default:
        actor = proposer_for("")
        client = client.speaking_as(mint(actor, load_settings()))
        note(f"提出人：{actor.code}（{actor.role.label}）")
    kept = client.post("/v1/catalogue/archives", content=archive.content).json()
    body = {
        "kind": "publish_catalogue",
        "digest": kept["digest"],
        "first_on": first_on,
        "reason": reason,
    }
    proposing.propose(client, body, "", preview=preview, key=idempotency_key, json=json)


def _packed(folder: Path) -> "Archive":
    from casework.policy.publishing.archive import ArchiveError, pack

    if not folder.is_dir():
        raise UnusableError(f"{folder} is no folder")
    try:
        return pack(folder)
    except ArchiveError as error:
        raise UnusableError(str(error)) from None


@app.command()
@over_http
def versions(client: "Client", *, json: Json = False) -> None:
    """List the published versions, the newest first (目录版本); ``*`` is in force today."""
    found, held = client.get("/v1/catalogue/versions")["items"], client.get("/v1/catalogue")
    if json:
        show_json({"versions": found, **held})
        return
    current = (held["in_force"] or {}).get("number")
    show_table(
        ["", "版本", "摘要", "施行日", "指令", "提出", "批准", "发布", "理由"],
        [
            (
                "*" if each["number"] == current else "",
                str(each["number"]),
                each["digest"][:12],
                day(each["first_on"]),
                each["order_no"] or "",
                each["proposed_by"],
                each["approved_by"],
                moment(each["at"]),
                each["reason"],
            )
            for each in found
        ],
        empty="尚未发布任何版本",
    )
    if (held["held"] or {}).get("number") != current:
        note(f"此进程尚未取得现行版本，仍用 {held['digest'][:12]}")


@app.command()
@over_http
def export(
    client: "Client",
    folder: Annotated[Path, typer.Argument(metavar="DIR", show_default=False)],
    *,
    version: Digest = "",
) -> None:
    """Write the files of a version into a new folder (导出); its digest may be cut short."""
    if folder.exists() and any(folder.iterdir()):
        raise UnusableError(f"{folder} is not empty")
    digest = _named(client.get("/v1/catalogue/versions")["items"], version) if version else ""
    digest = digest or client.get("/v1/catalogue")["digest"]
    content = client.content(f"/v1/catalogue/archives/{digest}")
    _unpack(content, digest, folder)
    note(f"{digest[:12]} written to {folder}")


def _named(rows: list[Mapping[str, Any]], digest: str) -> str:
    found = {each["digest"] for each in rows if each["digest"].startswith(digest)}
    if len(found) > 1:
        raise RefusedError(f"摘要 {digest} 不唯一，请多写几位")
    return next(iter(found), digest)


def _unpack(content: bytes, digest: str, folder: Path) -> None:
    from casework.policy.publishing.archive import ArchiveError, same_content

    try:
        files = same_content(content, digest).files()
    except ArchiveError as error:
        raise UnusableError(str(error)) from None
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)
