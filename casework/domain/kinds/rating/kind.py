"""A rating (服务评价): all that the house knows of this kind of case.

``STEPS`` is the procedure on one page.
"""

from casework.domain.case.four_eyes import codes
from casework.domain.case.kind import ClockOf, Kind, Step, TaskOf
from casework.domain.case.state import TaskKind
from casework.domain.kinds.rating import letters, opening, procedure
from casework.domain.kinds.rating.commands import RATING_SIGNALS, RATING_VERBS
from casework.domain.kinds.rating.details import lines
from casework.domain.kinds.rating.events import EVENTS, Rated
from casework.domain.kinds.rating.policy import RatingFacts
from casework.domain.kinds.rating.rows import ROWS
from casework.domain.kinds.rating.state import Rating, RatingStage
from casework.domain.time.ladder import AFTER, BEFORE, HALF, ON_DUE, Ladder, Rung

S = RatingStage

STEPS = (
    Step(
        stage=S.CONTACT,
        also=(TaskKind.CONTACT_RATER, TaskKind.SETTLE_RATING),
        clock="rate_contact",
        verbs={"contact_rater": (S.VERIFY,), "verify_rating": (S.VERIFY,)},
    ),
    Step(
        stage=S.VERIFY,
        also=(TaskKind.SETTLE_RATING,),
        clock="rate_settle",
        verbs={"settle_rating": (S.FOLLOW_UP,), "appeal_rating": (S.APPEALED,)},
    ),
    Step(
        stage=S.APPEALED,
        also=(TaskKind.DECIDE_OBJECTION,),
        clock="rate_settle",
        verbs={"decide_rating_appeal": (S.VERIFY, S.STRUCK)},
    ),
    Step(
        stage=S.FOLLOW_UP,
        also=(TaskKind.FOLLOW_UP_RATING,),
        verbs={"follow_up_rating": (S.SETTLED,)},
    ),
    Step(stage=S.RATED),
    Step(stage=S.SETTLED),
    Step(stage=S.STRUCK),
)
"""The stage table; three stars and more are rated, and nothing follows."""

TASKS = (
    TaskOf(
        kind=TaskKind.CONTACT_RATER,
        label="联系差评人",
        verbs=("contact_rater",),
        clocks=("rate_contact",),
    ),
    TaskOf(
        kind=TaskKind.SETTLE_RATING,
        label="核实整改差评",
        verbs=("settle_rating",),
        clocks=("rate_settle",),
    ),
    TaskOf(kind=TaskKind.FOLLOW_UP_RATING, label="差评回访", verbs=("follow_up_rating",)),
    TaskOf(
        kind=TaskKind.DECIDE_OBJECTION,
        label="复核异议",
        verbs=("decide_rating_appeal",),
        clocks=("rate_settle",),
    ),
)

CLOCKS = (
    ClockOf(
        kind="rate_contact",
        name="差评联系期限",
        ladder=Ladder(rungs=((Rung.YELLOW, ON_DUE), (Rung.RED, AFTER))),
    ),
    ClockOf(
        kind="rate_settle",
        name="差评办结期限",
        ladder=Ladder(rungs=((Rung.BLUE, HALF), (Rung.YELLOW, BEFORE), (Rung.RED, AFTER))),
    ),
)
"""domain.md §C.10 and §C.16."""


def _barred(case: Rating) -> dict[str, frozenset[str]]:
    return {"decide_rating_appeal": codes(case.appealed_by)}


RATING = Kind(
    name="rating",
    label="服务评价",
    workflow="Ticket",
    prefix="ticket.rating",
    path="ratings",
    source="rating",
    message=opening.StartRating,
    facts=RatingFacts,
    state=Rating,
    stages=RatingStage,
    first=(S.CONTACT, S.RATED),
    steps=STEPS,
    verbs=RATING_VERBS,
    signals=RATING_SIGNALS,
    tasks=TASKS,
    clocks=CLOCKS,
    events=EVENTS,
    begins={Rated: opening.begin_rated},
    decisions=procedure.DECISIONS,
    evolutions=procedure.EVOLUTIONS,
    barred=_barred,
    letters=letters.LETTERS,
    recipients=letters.RECIPIENTS,
    lines=lines,
    rows=ROWS,
)
