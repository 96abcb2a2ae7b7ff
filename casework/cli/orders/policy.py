"""``casework policy``: running cases go on under newer policy (改用新政策)."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from casework.cli.calling.over_http import over_http
from casework.cli.orders.proposing import Key, propose
from casework.cli.terms.arguments import case_option, word_option
from casework.cli.terms.screen import Json
from casework.domain.kinds.application import state as stages

if TYPE_CHECKING:
    from casework.cli.calling.client import Client

app = typer.Typer(help="Running cases under newer policy (改用新政策).", no_args_is_help=True)

District = Annotated[str, typer.Option("--district", metavar="CODE", help="e.g. 310106.")]
Item = Annotated[str, typer.Option("--item", metavar="CODE", help="e.g. PTS_NEW.")]
ApplicationStage = Annotated[
    str, word_option(stages.ApplicationStage, "--stage", name="阶段", help="Only cases at it.")
]
Cases = Annotated[
    list[str], case_option("--case", help="Only this case; repeat for each (at most 500).")
]
To = Annotated[
    str,
    typer.Option(
        "--to", metavar="YYYY-MM-DD", help="The policy of that day; else of the day of approval."
    ),
]
Consents = Annotated[
    bool,
    typer.Option(
        "--head-consents",
        help="Promised dates may move to the applicant's harm: only the head can approve.",
    ),
]
Reason = Annotated[str, typer.Option("--reason", help="Why (理由).", show_default=False)]


@app.command()
@over_http
def move(  # noqa: PLR0913 - one option per part of the order
    client: "Client",
    *,
    district: District,
    item: Item,
    stage: ApplicationStage = "",
    case: Cases = [],  # noqa: B006 - typer's own form
    to: To = "",
    head_consents: Consents = False,
    reason: Reason,
    idempotency_key: Key = "",
    json: Json = False,
) -> None:
    """Propose to move running cases to newer policy; another person has to approve it."""
    body = _body(
        district=district,
        item=item,
        stage=stage,
        cases=case,
        to=to,
        reason=reason,
        head_consents=head_consents,
    )
    propose(client, body, district, preview=False, key=idempotency_key, json=json)


@app.command()
@over_http
def preview(  # noqa: PLR0913 - one option per part of the order
    client: "Client",
    *,
    district: District,
    item: Item,
    stage: ApplicationStage = "",
    case: Cases = [],  # noqa: B006 - typer's own form
    to: To = "",
    head_consents: Consents = False,
    json: Json = False,
) -> None:
    """Show what it would do: how many cases; limits, materials and checks before and after."""
    body = _body(
        district=district,
        item=item,
        stage=stage,
        cases=case,
        to=to,
        reason="预览",
        head_consents=head_consents,
    )
    propose(client, body, district, preview=True, key="", json=json)


def _body(  # noqa: PLR0913 - the order, whole
    *,
    district: str,
    item: str,
    stage: str,
    cases: list[str],
    to: str,
    reason: str,
    head_consents: bool,
) -> dict[str, Any]:
    return {
        "kind": "move_policy",
        "district": district,
        "item": item,
        "stage": stage or None,
        "cases": cases,
        "to": to or None,
        "head_consents": head_consents,
        "reason": reason,
    }
