"""What is shown of a cycle: its row in the register, and the details of the Web UI."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from casework.domain.case.events import EventBody
from casework.domain.case.kind import Outcome, Wanted
from casework.domain.case.rules import RowsOf
from casework.domain.kinds.cycle import events as ev
from casework.domain.kinds.cycle.letters import CREDENTIALS
from casework.domain.kinds.cycle.state import Cycle, CycleKind, CycleStage, Opinion
from casework.domain.talent import serving_class
from casework.domain.time.calendar import WorkingCalendar
from casework.domain.time.clock import due_on

# --- rows in the register ------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class TalentRow:
    """How a talent, or the holder of a permit, stands. Nothing in it names the person."""

    cycle: str
    number: int
    starts_on: date
    ends_on: date
    letter: str
    score: int | None
    employer: str
    credential_kind: str
    credential_code: str
    credential_void_on: date | None
    status: str
    served_until: date | None
    points: str
    renewed_on: date | None
    renewal_opens_on: date | None
    confirmed_on: date | None


def talent_row(case: Cycle) -> TalentRow:
    """The row of a cycle as it stands."""
    credential = case.credential
    return TalentRow(
        cycle=case.kind,
        number=case.number,
        starts_on=case.starts_on,
        ends_on=case.ends_on,
        letter=case.letter or "",
        score=case.score,
        employer=case.employer,
        credential_kind=credential.kind if credential else "",
        credential_code=credential.code if credential else "",
        credential_void_on=credential.void_on if credential else None,
        status=case.standing.status,
        served_until=case.served_until,
        points=case.points,
        renewed_on=case.renewed_on,
        renewal_opens_on=case.renewal_opens_on,
        confirmed_on=case.confirmed_on,
    )


def _rows(case: Cycle) -> tuple[TalentRow, ...]:
    return (talent_row(case),)


ROWS = (RowsOf(member="talents", table="talents", row=TalentRow, of=_rows),)


# --- details -------------------------------------------------------------------------------


_OUTCOMES = {"confirmed": "相符", "contradicted": "不符", "unknown": "无法核实"}


def lines(case: Cycle, calendar: WorkingCalendar) -> Iterator[str]:
    """Term, who is served as what, what was said and found, and what is on hold."""
    yield f"\n第 {case.number} 周期：{case.starts_on} 至 {case.ends_on}"
    yield from _of_talent(case) if case.kind is CycleKind.TALENT else _of_permit(case, calendar)


def _of_talent(case: Cycle) -> Iterator[str]:
    score = "" if case.score is None else f"（计分 {case.score}）"
    by_score = f"按计分认定（按{serving_class(None)}类服务）"
    letter = f"{case.letter}类" if case.letter else by_score
    yield f"\n人才类别：{letter}{score} · 用人单位 {case.employer or '—'}"
    if case.credential is not None:
        void = f"，自 {case.credential.void_on} 起失效" if case.credential.void_on else ""
        kind = CREDENTIALS[case.credential.kind]
        yield f"\n服务凭证：{kind}，{case.credential.issued_on} 发放{void}"
    if case.on_hold:
        yield "\n> 周期已届满、尚未决定：暂停受理新的服务申请，已受理的继续办理"
    if case.silent and case.opinion is None:
        yield "\n> 用人单位未提交评估意见，凭数据核实"
    if case.opinion is not None:
        yield f"\n评估意见：{_opinion(case.opinion)}"
    for former in case.evidence:
        yield f"\n此前的评估意见（留存备查）：{_opinion(former)}"
    if case.checks:
        found = (
            f"{check.name}{_OUTCOMES.get(check.outcome, check.outcome)}" for check in case.checks
        )
        yield "\n数据核实：" + "；".join(found)
    if case.objection:
        yield f"\n异议：{case.objection}"
    if case.served_until is not None:
        yield f"\n服务至 {case.served_until}"


def _opinion(opinion: Opinion) -> str:
    when = "（提前）" if opinion.early else "（逾期）" if opinion.late else ""
    return f"{opinion.verdict.label}，{opinion.employer} 于 {opinion.given_on} 提交{when}"


def _of_permit(case: Cycle, calendar: WorkingCalendar) -> Iterator[str]:
    if case.points:
        confirmed = f"，{case.confirmed_on} 确认" if case.confirmed_on else ""
        yield f"\n积分：{case.points.label}{confirmed}"
    if case.renewed_on is not None:
        # While it waits, the day follows the calendar in force.
        clock = case.clock("ren_open")
        opens_on = due_on(clock, calendar) if clock is not None else case.renewal_opens_on
        yield f"\n居住证 {case.renewed_on} 签注；积分续办自 {opens_on} 起办理"


# --- whose turn it is ----------------------------------------------------------------------


def wanted(case: Cycle) -> tuple[Wanted, ...]:
    """The evaluation of a talent as soon as it may be given, the renewal of a permit."""
    if case.kind is CycleKind.PERMIT:
        told = case.stage in {CycleStage.NOTIFIED, CycleStage.LAPSED}
        return (Wanted(text="办理居住证签注", clock="permit_end"),) if told else ()
    if case.stage not in {CycleStage.NOTIFIED, CycleStage.WINDOW}:
        return ()
    early = "（可以提前提交）" if case.stage is CycleStage.NOTIFIED else ""
    return (Wanted(text=f"履职综合评估意见{early}", verb="evaluate", clock="opinion"),)


def outcome(body: EventBody) -> Outcome | None:
    """How a cycle came out by an event; a cycle that was renewed goes on."""
    match body:
        case ev.VerificationFailed():
            return Outcome(label="核实未通过", reason=body.reason, advice="可以提出异议")
        case ev.CycleRenewed():
            return Outcome(label=f"已续期至 {body.ends_on}", reason=body.reason)
        case ev.CycleEnded():
            return Outcome(label="服务终止", reason=body.reason)
        case _:
            return None
