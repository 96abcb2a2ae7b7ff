"""The commands of a kind of case that is opened, listed and shown like every other."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from casework.cli.calling.over_http import over_http
from casework.cli.cases.reading import District, case_table
from casework.cli.cases.showing import show_case
from casework.cli.cases.submitting import Files, send_files
from casework.cli.cases.verbs import add_verbs
from casework.cli.terms.arguments import CaseNo, word_option
from casework.cli.terms.listing import All, Limit, taken
from casework.cli.terms.screen import Json, moment, show_json
from casework.domain.case.kind import Kind
from casework.domain.kinds.registry import KINDS

if TYPE_CHECKING:
    from casework.cli.calling.client import Client

_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}")


def groups() -> Iterator[tuple[str, typer.Typer]]:
    """The group of each kind with ``opens``, by its name."""
    for kind in KINDS.values():
        if kind.opens is not None:
            yield kind.name.replace("_", "-"), _group(kind)


def _group(kind: Kind) -> typer.Typer:
    app = typer.Typer(
        help=f"{kind.label}; the officer of the case acts unless --as says who.",
        no_args_is_help=True,
    )
    app.command("open")(_opening(kind))
    app.command("list")(_listing(kind))
    app.command("show")(_showing(kind))
    add_verbs(app, kind.path, kind.verbs)
    return app


def _opening(kind: Kind) -> Callable[..., None]:
    @over_http
    def open_(client: "Client", files: Files, *, json: Json = False) -> None:
        """Open cases from files, in the form of the POST; the same again is the same case."""
        send_files(client, files, to=f"/v1/{kind.path}", json=json)

    return open_


def _listing(kind: Kind) -> Callable[..., None]:
    stages = {stage.value: stage.label for stage in kind.stages}

    @over_http
    def list_(  # noqa: PLR0913 - one option per filter
        client: "Client",
        *,
        district: District = "",
        stage: Annotated[str, word_option(stages, name="阶段")] = "",
        limit: Limit = 50,
        every: All = False,
        json: Json = False,
    ) -> None:
        """List cases of this kind, newest first."""
        found = client.items(f"/v1/{kind.path}", district=district, stage=stage)
        rows = taken(found, limit, every=every)
        if json:
            show_json(rows)
        else:
            case_table(rows)

    return list_


def _showing(kind: Kind) -> Callable[..., None]:
    @over_http
    def show(client: "Client", case_no: CaseNo, *, json: Json = False) -> None:
        """Show a case: stage, holder, clocks, tasks, cards, timeline."""
        show_case(client, f"/v1/{kind.path}/{case_no}", lambda case: _own(kind, case), json=json)

    return show


def _own(kind: Kind, case: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The rows of its kind, in the words of a clerk; a column without a word by its own name."""
    for declared in kind.rows:
        for row in case[declared.member]:
            for name, value in row.items():
                yield declared.words.get(name, name), _said(value, declared.says.get(name, str))


def _said(value: Any, says: Callable[[Any], str]) -> str:  # noqa: ANN401 - JSON
    if value is None or isinstance(value, bool):
        return {None: "", True: "是", False: "否"}[value]
    if isinstance(value, str) and _INSTANT.match(value):
        return moment(value)
    return says(value)
