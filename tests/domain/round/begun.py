"""The round of the last quarter of 2026, begun on its first day."""

from datetime import date

from casework.domain.case.events import Event
from casework.domain.case.facts import Actor
from casework.domain.case.procedure import evolve
from casework.domain.kinds.round.events import SampleDrawn
from casework.domain.kinds.round.opening import StartRound
from casework.domain.kinds.round.state import Round, RoundFacts, RoundPolicy, Visit
from casework.domain.policy import Mark, Role
from tests.domain.desk import at
from tests.domain.rating.given import CALENDAR
from tests.domain.rating.unfolding import POSTS, YUBEI, Unfolding

POLICY = RoundPolicy(
    code="VISITS",
    name="季度抽样回访",
    district=YUBEI,
    district_name="渝北区",
    resolved_on=date(2026, 10, 1),
    digest="0" * 16,
    limits={},
    percent=5,
    minimum=10,
    draw_before=30,
    warn_before=10,
    lookback_months=3,
    reference="DB50/T 1733—2024 §7.1",
    mark=Mark.PROPOSAL,
)


def begun_round(*, begun_on: str = "2026-10-01") -> Unfolding[Round]:
    received_at = at(begun_on, "00:30")
    body = StartRound(
        case_no=f"{YUBEI}-VIST-0000-0001",
        district=YUBEI,
        source="test",
        reference="T-1",
        content="",
        channel="schedule",
        item=POLICY,
        calendar=CALENDAR,
        office="渝北区人才服务中心",
        posts=POSTS,
        quarter="2026Q4",
        by_date=True,
    ).first_event(received_at)
    by = Actor(code="schedule", role=Role.SYSTEM)
    first = Event(seq=1, at=received_at, actor=by, body=body)
    case: Round = evolve(None, first)
    return Unfolding(facts=RoundFacts, policy=POLICY, calendar=CALENDAR, case=case, first=first)


def drawn_round(*requests: str) -> Unfolding[Round]:
    """As the workflow does it on the day of the draw."""
    this = begun_round()
    this.wait_until("2026-11-19")
    visits = tuple(Visit(request=name, talent=f"talent-of-{name}") for name in requests)
    this.apply(SampleDrawn(population=40 if requests else 0, visits=visits))
    return this
