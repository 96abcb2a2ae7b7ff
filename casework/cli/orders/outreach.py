"""``casework outreach``: telling people one to one, and how far that has come."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any

import typer

from casework.cli.calling.identity import load_settings, mint, proposer_for
from casework.cli.calling.over_http import over_http
from casework.cli.terms.errors import UnusableError
from casework.cli.terms.listing import All, Limit, taken
from casework.cli.terms.screen import Json, day, moment, note, say, show_json, show_table
from casework.domain.errors import DomainError
from casework.domain.kinds.application.state import ContactState
from casework.domain.orders import district_of_measure
from casework.messages.outreach import COUNTS, About

if TYPE_CHECKING:
    from casework.cli.calling.client import Client

app = typer.Typer(help="Tell people one to one (主动告知).", no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="ID", show_default=False)]


@app.command()
@over_http
def start(
    client: "Client",
    about: Annotated[
        str, typer.Argument(metavar="ABOUT", help="Measure or suspension.", show_default=False)
    ],
    *,
    text: Annotated[
        str, typer.Option(help="What people are told, in Chinese.", show_default=False)
    ],
    kind: Annotated[About, typer.Option(help="What ABOUT is.")] = About.MEASURE,
    json: Json = False,
) -> None:
    """Begin to tell everybody concerned (开始主动告知); the same again is the same outreach."""
    if client.acts_by_default:
        actor = proposer_for(_district_of(kind, about))
        client = client.speaking_as(mint(actor, load_settings()))
        note(f"发起人：{actor.code}（{actor.role.label}）")
    answer = client.post("/v1/outreaches", {"kind": kind, "about": about, "text": text})
    if answer.status_code == HTTPStatus.ACCEPTED:
        note("已收下，登记库尚未答复，正在等待（不会丢失，也不会重复开始）…")
        answer = client.follow(answer)
    begun = answer.json()
    if json:
        show_json(begun)
    else:
        say(f"主动告知 {begun['id']}：已开始，名单随后交给各办件的经办人")
        say(f"查看进度：casework outreach show {begun['id']}")


@app.command("list")
@over_http
def list_(client: "Client", *, limit: Limit = 50, every: All = False, json: Json = False) -> None:
    """List outreaches, the newest first."""
    rows = taken(client.items("/v1/outreaches"), limit, every=every)
    if json:
        show_json(rows)
        return
    show_table(
        ["编号", "事由", "内容", "开始", "结束"],
        [
            (
                each["id"],
                each["about"],
                each["text"],
                moment(each["started_at"]),
                moment(each["ended_at"]),
            )
            for each in rows
        ],
        empty="没有主动告知",
    )


@app.command()
@over_http
def show(  # noqa: PLR0913 - one option per filter
    client: "Client",
    number: Id,
    *,
    state: Annotated[ContactState | None, typer.Option(help="Only persons in it.")] = None,
    limit: Limit = 20,
    every: All = False,
    json: Json = False,
) -> None:
    """Show how far an outreach has come, and the first persons on its list."""
    found = client.get(f"/v1/outreaches/{number}")
    persons = client.items(f"/v1/outreaches/{number}/contacts", state=state)
    rows = taken(persons, limit, every=every)
    if json:
        show_json(found | {"contacts": rows})
        return
    counts = [(label, str(found["progress"][name])) for name, label in COUNTS.items()]
    show_table(
        ["", ""],
        [
            ("主动告知", found["id"]),
            ("事由", f"{found['kind_label']} {found['about']}"),
            ("内容", found["text"]),
            ("开始", f"{found['started_by']}　{moment(found['started_at'])}".strip("　")),
            ("上一轮名单", moment(found["last_round_at"])),
            ("结束", moment(found["ended_at"])),
            *counts,
        ],
    )
    _persons(rows)


def _persons(rows: Iterable[Mapping[str, Any]]) -> None:
    show_table(
        ["办件编号", "状态", "联系次数", "上次联系", "告知到", "落实好", "备案登记", "由他件告知"],
        [
            (
                each["case_no"],
                each["state_label"],
                str(each["attempts"]),
                day(each["last_attempt_on"]),
                moment(each["reached_at"]),
                moment(each["settled_at"]),
                moment(each["filed_at"]),
                each["through"],
            )
            for each in rows
        ],
        title="名单",
        empty="没有人",
    )


def _district_of(kind: About, about: str) -> str:
    """Where a measure holds; for a suspension the superior acts, who may for every scope."""
    if kind is About.SUSPENSION:
        return ""
    try:
        return district_of_measure(about)
    except DomainError as error:
        raise UnusableError(f"{about}: {error.message} ({error.code})") from None
