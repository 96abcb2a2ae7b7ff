"""How a walkthrough is opened: who walked what, as whom, how, and the six degrees."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from casework.domain.bounds import AtMost, Essay, Phrase
from casework.domain.case.events import Event
from casework.domain.case.moves import as_begun, enter, start_clocks
from casework.domain.case.opening import Circumstances, Identity, Party, StartCase
from casework.domain.errors import DomainError
from casework.domain.kinds.walkthrough.events import WalkthroughRecorded
from casework.domain.kinds.walkthrough.state import (
    DEGREES,
    Degrees,
    WalkMode,
    WalkRole,
    Walkthrough,
    WalkthroughStage,
    WalkWay,
)
from casework.domain.policy import LimitName, Policy
from casework.domain.time.calendar import local_date
from casework.domain.time.clock import start_clock
from casework.domain.time.dates import Day, require_usable

LIMITS = frozenset({LimitName.WALK_FINDINGS})
Degree = Annotated[int, AtMost(5, least=1)]


@dataclass(frozen=True, kw_only=True)
class WalkthroughForm:
    """One leader's walk.

    ``leader``: the office held (职务), not a name. ``walked_item``: what was walked, whether it is
    in the catalogue or not. The six degrees (六个度) are rated from 1 to 5; what the walk did not
    touch on is left out.
    """

    leader: Phrase
    role: WalkRole
    mode: WalkMode
    way: WalkWay
    walked_item: Phrase
    walked_on: Day
    policy_known: Degree | None = None
    papers_few: Degree | None = None
    process_smooth: Degree | None = None
    window_handy: Degree | None = None
    online_easy: Degree | None = None
    risk_joined: Degree | None = None
    note: Essay = ""


@dataclass(frozen=True, kw_only=True)
class StartWalkthrough(StartCase):
    """Opens a walkthrough, which is about nobody: it has no parties."""

    item: Policy
    resumed: Walkthrough | None = None
    form: WalkthroughForm

    @property
    def kind(self) -> str:
        return "walkthrough"

    def first_event(self, at: datetime) -> WalkthroughRecorded:
        """The record; the limit for noting what it brought to light counts from the next day.

        Raises DomainError ``LIMIT_NOT_SET`` if the policy has no such limit.
        """
        received_at, form = self.received_at or at, self.form
        require_usable(received_at, "received_at")
        return WalkthroughRecorded(
            **self._beginning(at),
            leader=form.leader,
            role=form.role,
            mode=form.mode,
            way=form.way,
            walked_item=form.walked_item,
            walked_on=form.walked_on,
            degrees=Degrees(**{name: getattr(form, name) for name in DEGREES}),
            note=form.note,
            limit=start_clock(
                self.item, LimitName.WALK_FINDINGS, "walk_findings", local_date(received_at)
            ),
        )


def open_walkthrough(
    identity: Identity, form: WalkthroughForm, nobody: Party | None, at: Circumstances[Policy]
) -> StartWalkthrough:
    """The start of a walkthrough.

    Raises:
        DomainError: ``FIELD_REQUIRED``; ``DATE_IN_FUTURE``, nobody has walked yet.
    """
    del nobody
    for name, text, label in (
        ("leader", form.leader, "走流程领导的职务"),
        ("walked_item", form.walked_item, "所走的事项"),
    ):
        if not text.strip():
            raise DomainError("FIELD_REQUIRED", f"请填写{label}", name)
    if form.walked_on > at.today:
        raise DomainError("DATE_IN_FUTURE", "走流程的日期不能在今天之后", "walked_on")
    return StartWalkthrough(**at.start(identity), channel=form.way.value, form=form)


def begin_walkthrough(body: WalkthroughRecorded, event: Event) -> Walkthrough:
    case = Walkthrough(
        **as_begun(event),
        by_date=body.by_date,
        stage=WalkthroughStage.FINDINGS,
        leader=body.leader,
        role=body.role,
        mode=body.mode,
        way=body.way,
        walked_item=body.walked_item,
        walked_on=body.walked_on,
        degrees=body.degrees,
        note=body.note,
    )
    case = start_clocks(case, body.limit)
    return enter(case, WalkthroughStage.FINDINGS, event.at, event.actor.code)
