"""``casework authority``: the whole table, and why somebody may or may not do something."""
# ruff: noqa: PLC0415 - imported when the command runs, so that the others start fast

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from casework.cli.calling.identity import load_settings, officer
from casework.cli.operating.register import reaching_register
from casework.cli.terms.arguments import CaseNo
from casework.cli.terms.errors import RefusedError, UnusableError
from casework.cli.terms.screen import Json, say, show_json

if TYPE_CHECKING:
    from casework.domain.authority import Concern, Matrix

app = typer.Typer(help="Who may do what (权限表).", no_args_is_help=True)


@app.command()
def table() -> None:
    """Print the whole table, as it stands in docs/authority.md."""
    from casework.policy.authority_page import authority_table

    sys.stdout.write(authority_table(_matrix()))


@app.command()
def explain(
    actor: Annotated[str, typer.Argument(metavar="ACTOR", help="Code, e.g. ja-r1.")],
    verb: Annotated[str, typer.Argument(metavar="VERB", help="e.g. review, read.")],
    case_no: CaseNo,
    *,
    json: Json = False,
) -> None:
    """Say whether somebody may do that with a case now, and if not, why; exit code 1 if not.

    It asks the register by itself, and about people of the rosters only.
    """
    from casework.domain.authority import actions_of, refusal

    with reaching_register():
        concern = asyncio.run(_concern(case_no))
    action = verb.replace("-", "_")
    if action not in actions_of(concern.kind):
        raise UnusableError(f"no action {verb} with such a case: `casework authority table`")
    who, matrix = officer(actor), _matrix()
    refused = refusal(matrix, who, action, concern)
    extent = matrix.extent(concern.kind, action, who.role, concern.district)
    if json:
        show_json(
            {
                "actor": who.code,
                "role": who.role,
                "action": action,
                "case_no": case_no,
                "extent": extent or "",
                "allowed": refused is None,
                "code": refused.code if refused else "",
                "reason": refused.message if refused else "",
            }
        )
    if refused is not None:
        raise RefusedError(f"{refused.message} ({refused.code})")
    if not json and extent:
        say(f"可以：{extent.label}")


def _matrix() -> "Matrix":
    """The table, with the systems of the rosters of the settings in force."""
    from casework.policy.authority import bind_rosters, load_authority
    from casework.policy.catalogue import CatalogueError
    from casework.policy.roster import RosterError

    try:
        bind_rosters(load_settings())
    except (CatalogueError, RosterError) as error:
        raise UnusableError(str(error)) from None
    return load_authority()


async def _concern(case_no: str) -> "Concern":
    from casework.cli.operating.register import open_register
    from casework.store.register.cases import concern

    async with open_register(load_settings()) as sessions, sessions() as session:
        found = await concern(session, case_no)
    if found is None:
        raise UnusableError(f"no case {case_no} in the register")
    return found
