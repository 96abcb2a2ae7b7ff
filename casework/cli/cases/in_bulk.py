"""``casework changes`` and ``casework bulk``: what a backend does with many cases at once."""

import json as plain
from codecs import BOM_UTF8
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from casework.cli.calling.over_http import over_http
from casework.cli.terms.errors import RefusedError, UnusableError
from casework.cli.terms.screen import Json, moment, note, say, show_json, show_table

if TYPE_CHECKING:
    from casework.cli.calling.client import Client

AT_ONCE = 200
"""So many lines go in one request, so that little is sent twice when it breaks off."""
BYTES_AT_ONCE = 4 * 1024 * 1024
"""And so many bytes, unless one line has more: a request may have 20 MB."""
_TAKEN_BELOW = 300
_WAIT_SECONDS = 20

app = typer.Typer(help="Many cases at once (批量).", no_args_is_help=True)


@over_http
def changes(
    client: "Client",
    *,
    after: Annotated[
        str, typer.Option(help="The mark that was printed last; `end`: only what comes.")
    ] = "",
    follow: Annotated[bool, typer.Option("--follow", help="Wait for what comes.")] = False,
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="At most so many.")] = 50,
    json: Json = False,
) -> None:
    """Show what has happened in the cases that one sees, in order (变化).

    The last line on standard error is the mark to go on from.
    """
    left = limit
    while left > 0:
        wait = _WAIT_SECONDS if follow else 0
        page = client.get("/v1/changes", after=after, size=min(left, AT_ONCE), wait=wait)
        after, left = page["after"], left - len(page["lines"])
        for line in page["lines"]:
            if json:
                say(plain.dumps(line, ensure_ascii=False))
            else:
                turn = (line["stands"] or {}).get("turn", {}).get("sentence", "")
                said = (moment(line["at"]), line["case_no"], str(line["seq"]), line["title"], turn)
                say("  ".join(said))
        if not (page["more"] or follow):
            break
    note(f"--after {after}")


@app.command("submit")
@over_http
def submit(
    client: "Client",
    file: Annotated[Path, typer.Argument(metavar="FILE", help="One JSON a line.")],
    *,
    answers: Annotated[
        Path | None, typer.Option(help="Where answers are kept; default: beside FILE.")
    ] = None,
    to: Annotated[
        str, typer.Option(help="What they open: applications, requests, …")
    ] = "applications",
) -> None:
    """Open a case for each line (批量提交).

    What was taken is kept in a file of answers. Run it again after a break or a correction: lines
    that were taken are not sent again, wherever they stand in the file then.
    """
    from casework.cli.calling.client import faults  # noqa: PLC0415 - as the client itself

    kept = answers or file.with_name(f"{file.name}.answers")
    lines = _read(file)
    taken = {each.get("sha256") for each in _answered(kept) if each["status"] < _TAKEN_BELOW}
    wanted = [(number, line) for number, line in lines if _digest(line) not in taken]
    refused = 0
    with kept.open("a", encoding="utf-8") as book:
        book.write("\n")  # a line that was cut off stays apart
        for some in _pieces(wanted):
            content, left = b"\n".join(line for _, line in some), len(some)
            for told in client.lines(f"/v1/submissions?to={to}", content):
                left -= 1
                number, line = some[told["line"] - 1]
                told |= {"line": number, "sha256": _digest(line)}
                book.write(plain.dumps(told, ensure_ascii=False) + "\n")
                book.flush()
                if told["status"] >= _TAKEN_BELOW:
                    refused += 1
                    body = told["body"]
                    note(f"第 {number} 行：{body.get('detail', '')} ({body.get('code', '')})")
                    for fault in faults(body):
                        note(fault)
            if left:
                raise UnusableError(f"{left} lines were not answered: run this again")
    before = len(lines) - len(wanted)
    say(f"{len(lines)} 行，本次收件 {len(wanted) - refused}，先前已收 {before}；答复见 {kept}")
    if refused:
        raise RefusedError(f"{refused} lines were refused: correct them and run this again")


@app.command("status")
@over_http
def status(
    client: "Client",
    references: Annotated[list[str], typer.Argument(metavar="REFERENCE…")],
    *,
    source: Annotated[str, typer.Option(help="Only filed under this source.")] = "",
    json: Json = False,
) -> None:
    """Show where the cases of one's own references stand (按外部编号查询)."""
    rows: list[Any] = []
    for begin in range(0, len(references), AT_ONCE):
        body = {"references": references[begin : begin + AT_ONCE], "source": source}
        rows += client.post("/v1/cases/by-reference", body).json()["items"]
    if json:
        show_json(rows)
        return
    show_table(
        ["外部编号", "办件编号", "事项", "阶段"],
        [
            (each["reference"], case["case_no"], case["item_name"], case["stage_label"])
            for each in rows
            for case in each["cases"] or [{"case_no": "没有", "item_name": "", "stage_label": ""}]
        ],
    )


def _pieces(lines: list[tuple[int, bytes]]) -> Iterator[list[tuple[int, bytes]]]:
    """The lines in their order, as many together as may go in one request."""
    some: list[tuple[int, bytes]] = []
    size = 0
    for each in lines:
        if some and (len(some) == AT_ONCE or size + len(each[1]) > BYTES_AT_ONCE):
            yield some
            some, size = [], 0
        some.append(each)
        size += len(each[1])
    if some:
        yield some


def _digest(line: bytes) -> str:
    return sha256(line.strip()).hexdigest()


def _read(file: Path) -> list[tuple[int, bytes]]:
    """The lines that hold something, by their number in the file, whatever they hold."""
    try:
        content = file.read_bytes().removeprefix(BOM_UTF8)
    except OSError as error:
        raise UnusableError(f"cannot read {file}: {error}") from None
    return [(number, line) for number, line in enumerate(content.split(b"\n"), 1) if line.strip()]


def _answered(kept: Path) -> Iterator[dict[str, Any]]:
    """What a file of answers holds; a last line that was cut off counts for nothing."""
    if kept.exists():
        for _, line in _read(kept):
            try:
                yield plain.loads(line)
            except ValueError:
                note(f"{kept}: a line is cut off; its case is asked for again")
