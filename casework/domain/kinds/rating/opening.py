"""How a rating is opened: what can be rated, and the two limits of a poor grade."""

from dataclasses import dataclass
from datetime import date, datetime

from casework.domain.bounds import Essay, Phrase, Word
from casework.domain.case.events import Event
from casework.domain.case.moves import as_begun, open_task, start_clocks
from casework.domain.case.opening import Circumstances, Identity, Party, StartCase
from casework.domain.case.state import TaskKind
from casework.domain.errors import DomainError
from casework.domain.kinds.rating.events import Rated
from casework.domain.kinds.rating.state import Grade, Rating, RatingPolicy, RatingStage
from casework.domain.policy import LimitName, Role
from casework.domain.time.calendar import local_date
from casework.domain.time.clock import start_clock
from casework.domain.time.dates import require_usable

YEARS_AHEAD = 6
"""So far the calendar of a new rating reaches."""

RATED_KINDS = frozenset({"application", "request"})


@dataclass(frozen=True, kw_only=True)
class Rateable:
    """A case that somebody may want to rate: ``kind`` is a ``CaseKind``.

    Whether it is finished, ``closed_at`` and ``decided_on`` tell; whom it was served by, its posts.
    """

    case_no: str
    kind: str
    district: str
    item: str
    item_name: str
    office: str
    channel: str
    stage: str
    decided_on: date | None
    closed_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class RatingForm:
    """One rating of one case; ``named``: the rater may be called back."""

    identity: Identity
    rated: str
    grade: Grade
    named: bool
    comment: str


@dataclass(frozen=True, kw_only=True)
class StartRating(StartCase):
    """Opens a rating of the case ``rated``; item and name are that case's."""

    item: RatingPolicy
    resumed: Rating | None = None
    rated: Word
    rated_item: Word
    rated_item_name: Phrase
    grade: Grade
    named: bool
    comment: Essay = ""

    @property
    def kind(self) -> str:
        return "rating"

    def first_event(self, at: datetime) -> Rated:
        """The rating; its item is that of the rated case.

        A poor rating is to be answered within 1 working day and settled within 5, both counted
        from the day after it (domain.md §C.10; the limits are the catalogue's, with their marks).

        Raises DomainError ``LIMIT_NOT_SET`` if the policy lacks one of the two.
        """
        received_at = self.received_at or at
        require_usable(received_at, "received_at")
        on, policy, poor = local_date(received_at), self.item, self.grade.is_poor
        of = {
            "district": self.district,
            "item": self.rated_item,
            "item_name": self.rated_item_name,
        }
        return Rated(
            **self._beginning(at) | of,
            rated=self.rated,
            grade=self.grade,
            named=self.named,
            comment=self.comment,
            contact=start_clock(policy, LimitName.RATE_CONTACT, "rate_contact", on)
            if poor
            else None,
            settle=start_clock(policy, LimitName.RATE_SETTLE, "rate_settle", on) if poor else None,
        )


def open_rating(
    form: RatingForm, at: Circumstances[RatingPolicy], case: Rateable, rater: Party | None
) -> StartRating:
    """The start of the rating; one that is not named keeps nobody's contact.

    Raises:
        DomainError: ``NOT_RATEABLE``, the case is not finished or of another kind.
    """
    require_rateable(case)
    return StartRating(
        **at.start(form.identity, rater if form.named else None),
        channel=case.channel,
        rated=form.rated,
        rated_item=case.item,
        rated_item_name=case.item_name,
        grade=form.grade,
        named=form.named,
        comment=form.comment,
    )


def require_rateable(case: Rateable) -> None:
    """Refuse what is not finished, and what nobody asked for.

    Raises:
        DomainError: ``NOT_RATEABLE``.
    """
    if case.kind not in RATED_KINDS:
        raise DomainError("NOT_RATEABLE", "只有办件和服务申请可以评价")
    if case.closed_at is None and case.decided_on is None:
        raise DomainError("NOT_RATEABLE", "本件尚未办结，办结后方可评价")


def begin_rated(body: Rated, event: Event) -> Rating:
    poor = body.grade.is_poor
    case = Rating(
        **as_begun(event),
        stage=RatingStage.CONTACT if poor else RatingStage.RATED,
        closed_at=None if poor else event.at,
        rated=body.rated,
        grade=body.grade,
        named=body.named,
        comment=body.comment,
    )
    return _answered_for(start_clocks(case, body.contact, body.settle), event) if poor else case


def _answered_for(case: Rating, event: Event) -> Rating:
    """Somebody answers for each of the two limits from the first day; the contact comes first."""
    role = officer_role(case)
    case = open_task(case, TaskKind.SETTLE_RATING, role, event.at, clock="rate_settle")
    return open_task(case, TaskKind.CONTACT_RATER, role, event.at, clock="rate_contact")


def officer_role(case: Rating) -> Role:
    """Whose work is rated: the specialist of a service request, the officer of an application."""
    return Role.SPECIALIST if Role.SPECIALIST in case.posts else Role.OFFICER
