"""How a service cycle is opened: a talent's recognition (DB50/T 1733—2024 §5.1), or a permit."""

from dataclasses import dataclass
from datetime import date, datetime

from casework.domain.bounds import Number, Word
from casework.domain.case.opening import (
    Circumstances,
    Identity,
    Party,
    StartCase,
    credit_code,
    personal_number,
    require_reachable,
)
from casework.domain.errors import DomainError
from casework.domain.identifiers import talent_code
from casework.domain.kinds.cycle.events import CycleBegun
from casework.domain.kinds.cycle.procedure import require_score
from casework.domain.kinds.cycle.state import Cycle, CycleKind, CyclePolicy, CycleStage, Points
from casework.domain.kinds.cycle.timetable import cycle_clocks
from casework.domain.talent import Credential, CredentialKind, TalentClass
from casework.domain.time.calendar import local_date
from casework.domain.time.dates import Day, require_usable

YEARS_AHEAD = 9
"""So far the calendar of a new cycle reaches: this cycle, the next, and what follows its end."""

_CHANNEL = "online"


@dataclass(frozen=True, kw_only=True)
class RecognitionForm:
    """A recognition (人才认定), as it is written; without ``code`` a talent code is made."""

    identity: Identity
    talent: Party
    employer: Party
    letter: TalentClass | None
    score: int | None
    recognised_on: date
    full_time: bool
    credential: CredentialKind
    code: str | None


@dataclass(frozen=True, kw_only=True)
class PermitForm:
    """A residence permit (居住证), as it is written; ``expires_on`` is its last day."""

    identity: Identity
    holder: Party
    starts_on: date
    expires_on: date
    points_valid: bool


@dataclass(frozen=True, kw_only=True)
class StartCycle(StartCase):
    """Opens a service cycle: ``applicant`` is the talent or the holder of the permit.

    ``starts_on`` S is the day of recognition [proposal], or of the permit. ``ends_on`` is given by
    a permit only; a talent's cycle ends as its policy says.
    """

    item: CyclePolicy
    resumed: Cycle | None = None
    starts_on: Day
    ends_on: Day | None = None
    letter: TalentClass | None = None
    score: Number | None = None
    employer_code: Word = ""
    credential: Credential | None = None
    points: Points = Points.NONE

    @property
    def kind(self) -> str:
        return "talent_cycle" if self.item.cycle is CycleKind.TALENT else "permit_cycle"

    def first_event(self, at: datetime) -> CycleBegun:
        """The beginning of the cycle, with its clocks.

        E follows from the policy (the corresponding day, 民法典 §202); only a permit says itself
        when it ends. Both are calendar days in Shanghai. Of a cycle that is registered late, what
        has fallen due is made up for at once, but for reminders.

        Raises DomainError ``CYCLE_DATES``: an end that is not after the start, or given for a
        talent; ``DATE_OUT_OF_RANGE``: a day that no cycle can have; ``SCORE_OUT_OF_RANGE``.
        """
        received_at, policy, ends_on = self.received_at or at, self.item, self.ends_on
        require_usable(received_at, "received_at")
        require_usable(self.starts_on, "starts_on")
        require_score(self.score)
        if ends_on is not None and policy.evaluated:
            raise DomainError(
                "CYCLE_DATES", "服务周期的届满日由起始日推算，不能另行填写", "ends_on"
            )
        last = ends_on or policy.end(self.starts_on)
        require_usable(last, "ends_on" if ends_on else "starts_on")
        if last <= self.starts_on:
            raise DomainError("CYCLE_DATES", f"届满日须在起始日（{self.starts_on}）之后", "ends_on")
        today = local_date(received_at)
        return CycleBegun(
            **self._beginning(at),
            cycle=policy.cycle,
            starts_on=self.starts_on,
            ends_on=last,
            letter=self.letter,
            score=self.score,
            employer=self.employer_code,
            credential=self.credential,
            points=self.points,
            clocks=cycle_clocks(policy, self.starts_on, last, today=today, calendar=self.calendar),
        )


def open_talent_cycle(form: RecognitionForm, at: Circumstances[CyclePolicy]) -> StartCycle:
    """The start of a talent's cycle.

    Raises:
        DomainError: ``NOT_FULL_TIME``, or with the field that is wrong.
    """
    if form.letter is None and form.score is None:
        raise DomainError("FIELD_REQUIRED", "请填写人才类别，或计分认定的分值", "letter")
    if not form.full_time:
        detail = "服务对象须全职在渝工作（DB50/T 1733—2024 §5.1）"
        raise DomainError("NOT_FULL_TIME", detail, "full_time")
    number = personal_number(form.talent.id_number, at.today, "talent.id_number")
    code = credit_code(form.employer.id_number, "employer.credit_code")
    require_reachable(form.talent, "talent")
    require_reachable(form.employer, "employer")
    return StartCycle(
        **at.start(form.identity, _with(form.talent, number), _with(form.employer, code)),
        channel=_CHANNEL,
        starts_on=form.recognised_on,
        letter=form.letter,
        score=form.score,
        employer_code=code,
        credential=credential_of(form.credential, form.code, form.identity.case_no, at.today),
    )


def open_permit_cycle(form: PermitForm, at: Circumstances[CyclePolicy]) -> StartCycle:
    """The start of a permit's cycle; raises DomainError with the field that is wrong."""
    require_usable(form.expires_on, "expires_on")
    if form.expires_on <= form.starts_on:
        raise DomainError("DATES_REVERSED", "须晚于开始日期", "expires_on")
    number = personal_number(form.holder.id_number, at.today, "holder.id_number")
    require_reachable(form.holder, "holder")
    return StartCycle(
        **at.start(form.identity, _with(form.holder, number)),
        channel=_CHANNEL,
        starts_on=form.starts_on,
        ends_on=form.expires_on,
        points=Points.VALID if form.points_valid else Points.NONE,
    )


def require_begun(form: RecognitionForm | PermitForm, today: date) -> date:
    """The first day of the cycle, which has come.

    Raises:
        DomainError: ``DATE_OUT_OF_RANGE``, ``DATE_IN_FUTURE``.
    """
    if isinstance(form, RecognitionForm):
        since, field = form.recognised_on, "recognised_on"
    else:
        since, field = form.starts_on, "starts_on"
    require_usable(since, field)
    if since > today:
        raise DomainError("DATE_IN_FUTURE", "日期不能在将来", field)
    return since


def credential_of(
    kind: CredentialKind, code: str | None, case_no: str, issued_on: date
) -> Credential:
    """The card, or the talent code; a code is made unless it is given.

    Raises:
        DomainError: ``FIELD_REQUIRED``, a card without its number.
    """
    if kind is CredentialKind.CARD and code is None:
        raise DomainError("FIELD_REQUIRED", "请填写人才卡号", "credential.code")
    return Credential(kind=kind, code=code or talent_code(case_no), issued_on=issued_on)


def _with(party: Party, number: str) -> Party:
    return Party(**vars(party) | {"id_number": number})


# --- one in a city -------------------------------------------------------------------------
# One person has one open cycle of a kind in a city, until it has ended or is another city's.
#
# No source says so in these words; §5.1 and §5.3 of DB50/T 1733—2024 know one cycle of a talent,
# and so does the permit of its holder [proposal].


NOT_ACTIVE = frozenset({CycleStage.LAPSED, CycleStage.ENDED})
"""An expired permit keeps no new one out: its own cycle ends by nothing but a late renewal."""


@dataclass(frozen=True, kw_only=True)
class OtherCycle:
    """A cycle that keeps another one of the same person in its city from being opened."""

    case_no: str
    district: str
    stage: CycleStage

    @property
    def refusal(self) -> DomainError:
        """``CYCLE_EXISTS``: number, district and stage, nothing else."""
        return DomainError(
            "CYCLE_EXISTS",
            f"此人在本市已有服务周期：{self.case_no}（{self.district}，{self.stage.label}）；"
            "该周期终止或者移送外市之前，不能再登记",
        )
