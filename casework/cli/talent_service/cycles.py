"""``casework cycle``: the service cycle of a talent, or the year of a residence permit."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

from casework.cli.calling.over_http import over_http
from casework.cli.cases.showing import show_case
from casework.cli.cases.verbs import add_verbs
from casework.cli.terms.arguments import CaseNo
from casework.cli.terms.screen import Json, day
from casework.domain.kinds.cycle.commands import CYCLE_VERBS, ChangeEmployer
from casework.domain.kinds.cycle.state import Points
from casework.domain.talent import CredentialKind

if TYPE_CHECKING:
    from casework.cli.calling.client import Client

app = typer.Typer(
    help="Cycles of talents and permits (服务周期); who is in charge acts unless --as says who.",
    no_args_is_help=True,
)

CREDENTIALS = {CredentialKind.CARD: "人才卡", CredentialKind.CODE: "人才码"}
_POINTS = {Points.NONE: "", Points.VALID: "有效", Points.SUSPENDED: "中止"}


@dataclass(frozen=True, kw_only=True)
class Liaison:
    """Who is told at the new employer: by e-mail or telephone, one of them at least."""

    name: str
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, kw_only=True)
class _ChangeEmployer(ChangeEmployer):
    """``employer`` is the credit code of the new one; ``party`` its liaison."""

    party: Liaison | None = None


@app.command()
@over_http
def show(client: "Client", case_no: CaseNo, *, json: Json = False) -> None:
    """Show a cycle: from when to when, how it stands, clocks, tasks, timeline (周期详情)."""
    show_case(client, f"/v1/cycles/{case_no}", cycle_facts, json=json)


def cycle_facts(cycle: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what a cycle of either kind says of itself."""
    yield "种类", cycle["kind_label"]
    until = f"，服务至 {cycle['served_until']}" if cycle["served_until"] else ""
    yield "服务状态", cycle["status_label"] + until
    yield "周期", f"第 {cycle['number']} 个：{cycle['starts_on']} 至 {cycle['ends_on']}"
    yield "人才类别", class_of(cycle)
    yield "用人单位", cycle["employer"]
    yield "凭证", _credential(cycle)
    yield "积分", _POINTS[Points(cycle["points"])]
    yield "签注（续期）", day(cycle["renewed_on"])
    yield "积分续办", cycle["renewal_note"]


def class_of(talent: Mapping[str, Any]) -> str:
    """Return the letter of a talent, else the score; nothing for the holder of a permit."""
    if talent["letter"]:
        return f"{talent['letter']} 类"
    return "" if talent["score"] is None else f"计分 {talent['score']}"


def _credential(cycle: Mapping[str, Any]) -> str:
    if not cycle["credential_code"]:
        return ""
    void = f"（自 {cycle['credential_void_on']} 起失效）" if cycle["credential_void_on"] else ""
    kind = CREDENTIALS[CredentialKind(cycle["credential_kind"])]
    return f"{kind} {cycle['credential_code']}{void}"


add_verbs(app, "cycles", CYCLE_VERBS | {"change_employer": _ChangeEmployer})
