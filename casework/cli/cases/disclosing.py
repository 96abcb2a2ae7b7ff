"""``casework case disclose|find`` and ``accesses``: personal data, for a reason, and who looked."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from casework.cli.calling.over_http import over_http
from casework.cli.cases.reading import case_table
from casework.cli.terms.arguments import CaseNo, case_option
from casework.cli.terms.errors import UnusableError
from casework.cli.terms.listing import All, Limit, taken
from casework.cli.terms.screen import Json, moment, show_json, show_table
from casework.domain.policy import Role
from casework.words import ROLES, word

if TYPE_CHECKING:
    from casework.cli.calling.client import Client

Reason = Annotated[str, typer.Option(help="Why; it is noted.", show_default=False)]


@over_http
def disclose(client: "Client", case_no: CaseNo, *, reason: Reason, json: Json = False) -> None:
    """Show the parties of a case in clear (查看完整信息); noted, with the reason."""
    answer = client.post(f"/v1/cases/{case_no}/disclosure", {"reason": reason}).json()
    if json:
        show_json(answer)
        return
    show_table(
        ["当事人", "姓名（名称）", "证件号码", "电子邮箱", "电话"],
        [
            (
                word(ROLES, party["role"]),
                party["name"],
                party["id_number"],
                party["email"],
                party["phone"],
            )
            for party in answer["parties"]
        ],
        empty="没有当事人",
    )


@over_http
def find(
    client: "Client",
    *,
    id_number_stdin: Annotated[
        bool,
        typer.Option(
            "--id-number-stdin",
            help="Read the number from standard input: an argument would be seen by others.",
        ),
    ] = False,
    reason: Reason,
    json: Json = False,
) -> None:
    """Find the cases of a person by the number of their document (按证件号码查找); noted."""
    if not id_number_stdin:
        raise UnusableError("give the number by standard input: --id-number-stdin")
    number = sys.stdin.readline().strip()
    body = {"id_number": number, "reason": reason}
    rows = list(client.items("/v1/cases/by-number", posted=body))
    if json:
        show_json(rows)
    else:
        case_table(rows, of_any_kind=True)


@over_http
def accesses(  # noqa: PLR0913 - one option per filter
    client: "Client",
    *,
    case_no: Annotated[str, case_option("--case", help="Of one case.")] = "",
    actor: Annotated[str, typer.Option(metavar="CODE", help="Of one officer.")] = "",
    what: Annotated[str, typer.Option(help="disclose, material, find or decode.")] = "",
    limit: Limit = 50,
    every: All = False,
    json: Json = False,
) -> None:
    """List who looked at personal data, newest first (查看记录); for supervisors."""
    found = client.items("/v1/accesses", case_no=case_no, actor=actor, what=what)
    rows = taken(found, limit, every=every)
    if json:
        show_json(rows)
        return
    show_table(
        ["时间", "办理人", "岗位", "区划", "内容", "办件编号", "理由"],
        [
            (
                moment(each["at"]),
                each["actor"],
                Role(each["role"]).label,
                each["district"],
                each["what_label"],
                each["case_no"],
                each["reason"],
            )
            for each in rows
        ],
        empty="没有查看记录",
    )
