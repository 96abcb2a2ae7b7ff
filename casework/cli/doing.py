"""``casework do VERB NO``: every verb of an application, with options made from its fields."""

from collections.abc import Callable
from http import HTTPStatus
from inspect import Parameter, cleandoc, signature
from typing import TYPE_CHECKING, Annotated, Any

import typer

from casework.cli.acting import actor_for
from casework.cli.identity import load_settings, mint
from casework.cli.over_http import over_http
from casework.cli.screen import Json, moment, note, say, show_json
from casework.cli.uploads import with_uploads
from casework.cli.verb_options import body, parameters
from casework.domain.commands import VERBS, Command

if TYPE_CHECKING:
    from casework.cli.client import Client

app = typer.Typer(
    help="Do something with a case (办理); the officer of the case acts unless --as says who.",
    no_args_is_help=True,
)

_OWN = (
    Parameter(
        "case_no",
        Parameter.POSITIONAL_OR_KEYWORD,
        annotation=Annotated[str, typer.Argument(metavar="NO", show_default=False)],
    ),
    Parameter(
        "idempotency_key",
        Parameter.KEYWORD_ONLY,
        default="",
        annotation=Annotated[str, typer.Option(help="The same key again gives the same answer.")],
    ),
    Parameter("json", Parameter.KEYWORD_ONLY, default=False, annotation=Json),
)


def _verb(name: str, command: type[Command]) -> Callable[..., None]:
    def perform(client: "Client", case_no: str, **given: Any) -> None:  # noqa: ANN401 - options
        key, json = given.pop("idempotency_key"), given.pop("json")
        _perform(client, name, case_no, body(command, given), key=key, json=json)

    case_no, *rest = _OWN
    client = Parameter("client", Parameter.POSITIONAL_OR_KEYWORD)
    options = [client, case_no, *parameters(command), *rest]
    perform.__signature__ = signature(perform).replace(parameters=options)  # type: ignore[attr-defined]
    perform.__name__ = name
    return over_http(perform)


def _help(command: type[Command]) -> str:
    doc = cleandoc(command.__doc__ or "")
    generated = doc.startswith(f"{command.__name__}(")  # by @dataclass, where we wrote none
    return command.label if generated else f"{command.label}\n\n{doc}"


def _perform(  # noqa: PLR0913 - what, to what, with what, how told
    client: "Client", verb: str, case_no: str, content: dict[str, Any], *, key: str, json: bool
) -> None:
    if client.acts_by_default:
        actor = actor_for(verb, client.get(f"/v1/applications/{case_no}"))
        client = client.speaking_as(mint(actor, load_settings()))
        note(f"办理人：{actor.code}（{actor.role}）")
    answer = client.post(
        f"/v1/applications/{case_no}/{verb.replace('_', '-')}",
        with_uploads(client, content),
        key=key,
    )
    if answer.status_code == HTTPStatus.ACCEPTED:
        note("已收下，登记库尚未答复，正在等待（不会丢失，也不会重复办理）…")
        answer = client.follow(answer)
    _report(answer.json(), json=json)


def _report(done: dict[str, Any], *, json: bool) -> None:
    if json:
        show_json(done)
    else:
        say(f"已办理：{done['case_no']} 现处于“{done['stage_label']}”（{moment(done['at'])}）")


for _name, _command in VERBS.items():
    app.command(_name.replace("_", "-"), help=_help(_command), short_help=_command.label)(
        _verb(_name, _command)
    )
