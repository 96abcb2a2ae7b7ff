"""``casework view`` and ``phrase``: what somebody keeps at the desk."""

from typing import TYPE_CHECKING, Annotated

import typer

from casework.cli.calling.over_http import over_http
from casework.cli.terms.screen import Json, say, show_json, show_table

if TYPE_CHECKING:
    from casework.cli.calling.client import Client

view = typer.Typer(help="Saved views of lists (保存的视图): --as says whose.", no_args_is_help=True)
phrase = typer.Typer(help="Phrases for reasons (常用语): --as says whose.", no_args_is_help=True)

List = Annotated[
    str, typer.Argument(help="tasks, cases, cards, orders, absences or staff.", show_default=False)
]
Name = Annotated[str, typer.Argument(help="What it is called.", show_default=False)]


@view.command("list")
@over_http
def views(client: "Client", *, json: Json = False) -> None:
    """List one's saved views (保存的视图)."""
    rows = client.get("/v1/views")["items"]
    if json:
        show_json(rows)
        return
    show_table(
        ["列表", "名称", "筛选和排序", "默认"],
        [
            (
                each["list"],
                each["name"],
                " ".join(f"{name}={value}" for name, value in each["asked"].items()),
                "是" if each["usual"] else "",
            )
            for each in rows
        ],
        empty="没有保存的视图",
    )


@view.command()
@over_http
def save(  # noqa: PLR0913 - one option per field
    client: "Client",
    listed: List,
    name: Name,
    *,
    asked: Annotated[
        list[str] | None,
        typer.Option("--with", metavar="NAME=VALUE", help="A filter or the sort of the list."),
    ] = None,
    usual: Annotated[bool, typer.Option("--usual", help="The list opens with it.")] = False,
    json: Json = False,
) -> None:
    """Save a view under a name (保存视图); the same name again replaces it."""
    parts = (each.partition("=") for each in asked or ())
    body = {
        "list": listed,
        "name": name,
        "asked": {left: right for left, _, right in parts},
        "usual": usual,
    }
    told = client.post("/v1/views", body).json()
    if json:
        show_json(told["items"])
    else:
        say(f"已保存视图“{name}”")


@view.command()
@over_http
def remove(client: "Client", listed: List, name: Name, *, json: Json = False) -> None:
    """Remove a view (删除视图)."""
    told = client.post("/v1/views/remove", {"list": listed, "name": name}).json()
    if json:
        show_json(told["items"])
    else:
        say(f"已删除视图“{name}”")


@phrase.command("list")
@over_http
def phrases(
    client: "Client",
    *,
    verb: Annotated[str, typer.Option(help="For this act, e.g. pre-review.")] = "",
    json: Json = False,
) -> None:
    """List what is proposed for reasons today (常用语)."""
    rows = client.get("/v1/phrases", verb=verb or None)["items"]
    if json:
        show_json(rows)
        return
    show_table(
        ["编号", "用于", "内容", "属于", "自", "至"],
        [
            (
                each["id"],
                each["verb"] or "全部操作",
                each["text"],
                "本区" if each["office"] else "本人",
                each["since"],
                each["until"] or "",
            )
            for each in rows
        ],
        empty="没有常用语",
    )


@phrase.command()
@over_http
def add(  # noqa: PLR0913 - one option per field
    client: "Client",
    text: Annotated[str, typer.Argument(help="The text.", show_default=False)],
    *,
    verb: Annotated[str, typer.Option(help="For this act only, e.g. pre-review.")] = "",
    office: Annotated[bool, typer.Option("--office", help="For the whole district.")] = False,
    until: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="Its last day.")] = "",
    json: Json = False,
) -> None:
    """Keep a phrase (登记常用语)."""
    body = {"verb": verb, "text": text, "office": office, "until": until or None}
    kept = client.post("/v1/phrases", body).json()
    if json:
        show_json(kept)
    else:
        say(f"常用语 {kept['id']}：已登记")


@phrase.command()
@over_http
def end(
    client: "Client",
    number: Annotated[str, typer.Argument(metavar="ID", show_default=False)],
    *,
    json: Json = False,
) -> None:
    """Propose a phrase no longer (停用常用语)."""
    ended = client.post(f"/v1/phrases/{number}/end", {}).json()
    if json:
        show_json(ended)
    else:
        say(f"常用语 {ended['id']}：已停用")
