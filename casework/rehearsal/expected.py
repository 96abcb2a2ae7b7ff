"""What a scenario expects to see of a case; whatever it does not mention may be as it likes."""

from collections.abc import Callable
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic.config import JsonDict

from casework.domain.case.state import TaskKind
from casework.domain.kinds.application.commands import Decision
from casework.domain.kinds.application.state import ContactState, LineStatus
from casework.domain.kinds.cycle.state import Points
from casework.domain.policy import CheckKind, DeliveryMethod
from casework.domain.talent import Level, StandingStatus, TalentClass
from casework.letters.templates import TEMPLATES
from casework.rehearsal.values import Count, Day, EventKind, Flag, StageName, Template


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _or_bare(bare: JsonDict) -> Callable[[JsonDict], None]:
    """What the schema of a part says of its short form."""

    def extend(schema: JsonDict) -> None:
        whole = dict(schema)
        schema.clear()
        schema["anyOf"] = [bare, whole]

    return extend


class ExpectedClock(_Part):
    """A clock by its id; a bare date stands for ``due_on``.

    ``paused``: it stands still at the end of the day. ``fires_on``: when the register knows it to
    bring something about next.
    """

    model_config = ConfigDict(
        json_schema_extra=_or_bare({"type": "string", "format": "date"}),
    )

    due_on: Day | None = None
    paused: Flag | None = None
    fires_on: Day | None = None
    ended_on: Day | None = None
    running: Flag | None = None
    provisional: Flag | None = None

    @model_validator(mode="before")
    @classmethod
    def _bare_date(cls, value: Any) -> Any:  # noqa: ANN401 - whatever YAML holds
        return value if isinstance(value, dict) else {"due_on": value}


class ExpectedNotice(_Part):
    """A notice; a bare name stands for its template, on whatever day, to whomever."""

    model_config = ConfigDict(
        json_schema_extra=_or_bare({"type": "string", "enum": [*sorted(TEMPLATES)]})
    )

    template: Template
    dated: Day | None = None
    to: Literal["applicant", "employer"] | None = None

    @model_validator(mode="before")
    @classmethod
    def _bare_name(cls, value: Any) -> Any:  # noqa: ANN401 - whatever YAML holds
        return value if isinstance(value, dict) else {"template": value}


class ExpectedCard(_Part):
    """A card: which clock, which rung, for which due date, given and cleared when, still open."""

    clock: str
    card: Literal["blue", "yellow", "red"]
    given_on: Day | None = None
    cleared_on: Day | None = None
    due: Day | None = None
    open: Flag | None = None


class ExpectedCycle(_Part):
    """How a talent's cycle, or the year of a permit, stands."""

    number: int | None = None
    starts_on: Day | None = None
    ends_on: Day | None = None
    status: StandingStatus | None = None
    on_hold: Flag | None = None
    employer: str | None = None
    letter: TalentClass | None = None
    opinion: Literal["none", "in_time", "early", "late"] | None = None
    evidence: Count | None = None
    checks: Count | None = None
    served_until: Day | None = None
    credential_void_on: Day | None = None
    points: Points | None = None
    renewed_on: Day | None = None
    renewal_opens_on: Day | None = None
    confirmed_on: Day | None = None


class ExpectedRequest(_Part):
    """Who serves a request: level of the platform, ``<level>/<code>`` of the body."""

    level: Level | None = None
    body: str | None = None
    letter: TalentClass | None = None
    result: str | None = None
    transferred_to: str | None = None


class Expected(_Part):
    """What must hold. Lists are whole and in order, but for the two that say otherwise.

    ``notices`` and ``cards`` are all so far, ``tasks`` those open; if each of the ``cards`` is to
    be ``open``, they are the open ones. ``contacts``: how far the person has been told, by what an
    outreach is about (a name of the scenario) or by its id. ``never``: events that must not
    have happened so far. ``roused``: whether the last order told this case to look again, or how
    many cases it told. ``visits``: how many the sample has.
    """

    stage: StageName | None = None
    card: Literal["none", "blue", "yellow", "red"] | None = None
    holder: str | None = None
    accepted_on: Day | None = None
    deemed_accepted: Flag | None = None
    decision: Decision | None = None
    decided_on: Day | None = None
    entitled_on: Day | None = None
    delivery: DeliveryMethod | None = None
    green: Flag | None = None
    clocks: dict[str, ExpectedClock] = {}
    debts: dict[str, LineStatus] = {}
    checks: dict[CheckKind, Literal["passed", "failed", "skipped"]] = {}
    tasks: tuple[TaskKind, ...] | None = None
    cards: tuple[ExpectedCard, ...] | None = None
    notices: tuple[ExpectedNotice, ...] | None = None
    events_include: tuple[EventKind, ...] = ()
    never: tuple[EventKind, ...] = ()
    credit_records: Count | None = None
    roused: Flag | Count | None = None
    cycle: ExpectedCycle = ExpectedCycle()
    request: ExpectedRequest = ExpectedRequest()
    visits: Count | None = None
    contacts: dict[str, ContactState] = {}
