"""One command per verb of a kind of cases, with options made from the fields of its command."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from inspect import Parameter, cleandoc, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from casework.cli.calling.filing import with_uploads
from casework.cli.calling.identity import actor_for, load_settings, mint
from casework.cli.calling.over_http import over_http
from casework.cli.cases.trying import show_trial, write_drafts
from casework.cli.terms.arguments import CaseNo
from casework.cli.terms.screen import Json, moment, note, say, show_json
from casework.cli.terms.verb_options import body, parameters
from casework.domain.case.commands import Command
from casework.domain.kinds.registry import KINDS

if TYPE_CHECKING:
    from casework.cli.calling.client import Client

NOT_SAID = frozenset(verb for kind in KINDS.values() for verb in kind.unsaid)
"""Verbs that come from a workflow, never over HTTP."""

_OWN = (
    Parameter("case_no", Parameter.POSITIONAL_OR_KEYWORD, annotation=CaseNo),
    Parameter(
        "idempotency_key",
        Parameter.KEYWORD_ONLY,
        default="",
        annotation=Annotated[str, typer.Option(help="The same key again gives the same answer.")],
    ),
    Parameter(
        "seen",
        Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[
            int | None,
            typer.Option(
                "--seen",
                metavar="SEQ",
                min=0,
                help="Number of the last event you have seen; refused if others have acted since.",
            ),
        ],
    ),
    Parameter(
        "dry_run",
        Parameter.KEYWORD_ONLY,
        default=False,
        annotation=Annotated[
            bool,
            typer.Option(
                "--dry-run",
                help="Only tell what would follow (试办); nothing is recorded or sent.",
            ),
        ],
    ),
    Parameter(
        "drafts",
        Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[
            Path | None,
            typer.Option(
                "--drafts",
                metavar="FOLDER",
                file_okay=False,
                help="With --dry-run: also write the letters there, as drafts (样稿, PDF).",
            ),
        ],
    ),
    Parameter("json", Parameter.KEYWORD_ONLY, default=False, annotation=Json),
)


_HOW = tuple(each.name for each in _OWN[1:])


def add_verbs(app: typer.Typer, path: str, verbs: Mapping[str, type[Command]]) -> None:
    """Give a group the verbs of the cases at ``/v1/<path>``, by their names in Temporal."""
    for verb, command in verbs.items():
        if verb not in NOT_SAID:
            app.command(_kebab(verb), help=_help(command), short_help=command.label)(
                _verb(path, verb, command)
            )


def _verb(path: str, verb: str, command: type[Command]) -> Callable[..., None]:
    def perform(client: "Client", case_no: str, **given: Any) -> None:  # noqa: ANN401 - options
        how = {name: given.pop(name) for name in _HOW}
        content = body(command, given)
        place = f"/v1/{path}/{case_no}"
        if client.acts_by_default:
            actor = actor_for(verb, command, client.get(place), str(content.get("task", "")))
            client = client.speaking_as(mint(actor, load_settings()))
            note(f"办理人：{actor.code}（{actor.role.label}）")
        _perform(client, f"{place}/{_kebab(verb)}", content, **how)

    case_no, *rest = _OWN
    client = Parameter("client", Parameter.POSITIONAL_OR_KEYWORD)
    options = [client, case_no, *parameters(command), *rest]
    perform.__signature__ = signature(perform).replace(parameters=options)  # type: ignore[attr-defined]
    perform.__name__ = verb
    return over_http(perform)


def _kebab(verb: str) -> str:
    return verb.replace("_", "-")


def _help(command: type[Command]) -> str:
    doc = cleandoc(command.__doc__ or "")
    generated = doc.startswith(f"{command.__name__}(")  # by @dataclass, where we wrote none
    return command.label if generated else f"{command.label}\n\n{doc}"


def _perform(  # noqa: PLR0913 - as the options
    client: "Client",
    place: str,
    content: dict[str, Any],
    *,
    idempotency_key: str,
    seen: int | None,
    dry_run: bool,
    drafts: Path | None,
    json: bool,
) -> None:
    body = with_uploads(client, content)
    if dry_run or drafts is not None:
        how = "dry_run=true" if drafts is None else "dry_run=true&drafts=true"
        told = client.post(f"{place}?{how}", body, seen=seen).json()
        if drafts is not None:
            write_drafts(told, drafts)
        (show_json if json else show_trial)(told)
        return
    answer = client.post(place, body, key=idempotency_key, seen=seen)
    if answer.status_code == HTTPStatus.ACCEPTED:
        note("已收下，登记库尚未答复，正在等待（不会丢失，也不会重复办理）…")
        answer = client.follow(answer)
    done = answer.json()
    if json:
        show_json(done)
    else:
        say(f"已办理：{done['case_no']} 现处于“{done['stage_label']}”（{moment(done['at'])}）")
