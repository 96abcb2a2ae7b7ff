"""The answers about cases of talent service: the register's data with the Chinese labels."""

from dataclasses import dataclass
from datetime import date

from api.routes.reading import members_of
from casework.domain.kinds.rating.state import Grade
from casework.domain.kinds.registry import CaseKind, stage_label
from casework.domain.kinds.request.state import Mode
from casework.domain.kinds.round.shown import VisitRow
from casework.domain.talent import Level, StandingStatus
from casework.store.queries import (
    RatingView,
    RequestSummary,
    RequestView,
    RoundView,
    TalentSummary,
    TalentView,
)


@dataclass(frozen=True, kw_only=True)
class CycleAnswer(TalentView):
    """A cycle now; ``renewal_note`` says when the points of a permit may be renewed."""

    kind_label: str
    stage_label: str
    status_label: str
    renewal_note: str


@dataclass(frozen=True, kw_only=True)
class TalentItem(TalentSummary):
    """A talent as a list shows them."""

    stage_label: str
    status_label: str


@dataclass(frozen=True, kw_only=True)
class RequestAnswer(RequestView):
    """The present state of a service request."""

    kind_label: str
    stage_label: str
    mode_label: str
    level_label: str


@dataclass(frozen=True, kw_only=True)
class RequestItem(RequestSummary):
    """A service request as a list shows it."""

    stage_label: str
    level_label: str


@dataclass(frozen=True, kw_only=True)
class RatingAnswer(RatingView):
    """A rating and what came of it."""

    kind_label: str
    stage_label: str
    grade_label: str


@dataclass(frozen=True, kw_only=True)
class RoundAnswer(RoundView):
    """A round of visits; ``outstanding`` are the requests not asked about yet."""

    kind_label: str
    stage_label: str
    outstanding: int


def cycle_answer(view: TalentView, today: date) -> CycleAnswer:
    return CycleAnswer(
        **members_of(view),
        kind_label=CaseKind(view.kind).label,
        stage_label=stage_label(view.stage),
        status_label=StandingStatus(view.status).label,
        renewal_note=_renewal_note(view, today),
    )


def talent_item(row: TalentSummary) -> TalentItem:
    return TalentItem(
        **vars(row),
        stage_label=stage_label(row.stage),
        status_label=StandingStatus(row.status).label,
    )


def request_answer(view: RequestView) -> RequestAnswer:
    return RequestAnswer(
        **members_of(view),
        kind_label=CaseKind(view.kind).label,
        stage_label=stage_label(view.stage),
        mode_label=Mode(view.mode).label,
        level_label=Level(view.level).label,
    )


def request_item(row: RequestSummary) -> RequestItem:
    return RequestItem(
        **vars(row), stage_label=stage_label(row.stage), level_label=Level(row.level).label
    )


def rating_answer(view: RatingView) -> RatingAnswer:
    return RatingAnswer(
        **members_of(view),
        kind_label=CaseKind(view.kind).label,
        stage_label=stage_label(view.stage),
        grade_label=Grade(view.grade).label,
    )


def round_answer(view: RoundView) -> RoundAnswer:
    return RoundAnswer(
        **members_of(view),
        kind_label=CaseKind(view.kind).label,
        stage_label=stage_label(view.stage),
        outstanding=sum(_is_outstanding(visit) for visit in view.visits),
    )


def _is_outstanding(visit: VisitRow) -> bool:
    return visit.recorded_at is None


def _renewal_note(view: TalentView, today: date) -> str:
    if view.kind != CaseKind.PERMIT_CYCLE:
        return ""
    opens_on = view.renewal_opens_on
    if opens_on is None:
        return "居住证签注（续期）后，方可申请积分续办（PTS_REN）"
    if view.confirmed_on is not None:
        return f"积分已于 {view.confirmed_on} 确认"
    if today < opens_on:
        return f"积分续办（PTS_REN）自 {opens_on} 起可以申请"
    return f"积分续办（PTS_REN）自 {opens_on} 起已可申请"
