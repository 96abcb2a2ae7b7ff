"""From a rating of a finished case to its start."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated

from pydantic import ConfigDict, Field

from api.routes.bodies import Body, CaseNo
from api.routes.filing import Identity, digest
from api.routes.people import reachable, routes
from api.routes.talent_service.desk import Desk
from casework.domain.authority.systems import GIVEN_SOURCES
from casework.domain.case.facts import Actor
from casework.domain.case.in_force import InForce
from casework.domain.case.state import Post
from casework.domain.errors import DomainError
from casework.domain.kinds.rating.state import Grade
from casework.domain.kinds.registry import CaseKind
from casework.domain.policy import Role
from casework.domain.time.calendar import local_date
from casework.messages.cases import InForceQuestion, Party, StartRating
from casework.store.queries import Rateable

YEARS_AHEAD = 6
SOURCE = GIVEN_SOURCES[CaseKind.RATING]
RATED_KINDS = frozenset({CaseKind.APPLICATION, CaseKind.REQUEST})


class RatingBody(Body):
    """One rating (好差评) of one finished case; ``named``: the rater may be called back."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "case_no": "500103-0000-0000-0000",
                    "grade": 2,
                    "named": True,
                    "comment": "等候时间过长",
                }
            ]
        }
    )

    case_no: CaseNo = Field(description="被评价的办件或服务申请")
    grade: Grade = Field(description="5 非常满意 … 1 非常不满意")
    named: bool = Field(description="是否实名")
    comment: Annotated[str, Field(max_length=2000)] = ""

    @property
    def identity(self) -> Identity:
        """The one rating of the case: it follows from the case alone."""
        return Identity(
            kind=CaseKind.RATING,
            district=self.case_no.partition("-")[0],
            source=SOURCE,
            reference=self.case_no,
            content=digest(self.model_dump(mode="json")),
        )


@dataclass(frozen=True, kw_only=True)
class Rated:
    """The case that is rated, and who asked for it: personal data."""

    case: Rateable
    applicant: Party | None


@dataclass(frozen=True, kw_only=True)
class RatingOpener:
    """Makes a rating's start, under the policy of the day of rating."""

    desk: Desk

    def question(self, body: RatingBody, now: datetime) -> InForceQuestion:
        """What has to be known before the rating is opened; raises DomainError."""
        today, identity = local_date(now), body.identity
        policy = self.desk.services.ratings(identity.district, today)
        return self.desk.question(identity.case_no, policy, today, today, YEARS_AHEAD)

    def start(
        self, body: RatingBody, rated: Rated, actor: Actor, now: datetime, in_force: InForce
    ) -> StartRating:
        """The start of the rating.

        Raises:
            DomainError: ``NOT_RATEABLE``, the case is not finished or of another kind.
        """
        case = rated.case
        require_rateable(case)
        today, identity = local_date(now), body.identity
        who = {"applicant": rated.applicant if body.named else None}
        return StartRating(
            case_no=identity.case_no,
            district=identity.district,
            source=identity.source,
            reference=identity.reference,
            content=identity.content,
            subject=self._subject(rated.applicant) if body.named else "",
            item=self.desk.services.ratings(identity.district, today),
            calendar=self.desk.calendar_of(in_force, today, YEARS_AHEAD),
            office=case.office,
            channel=case.channel,
            posts=self._posts(case),
            applicant=who["applicant"],
            routes=routes(who),
            reachable=reachable(who),
            submitted_by=actor,
            in_force=replace(in_force, calendar=None),
            by_date=True,
            rated=body.case_no,
            rated_item=case.item,
            rated_item_name=case.item_name,
            grade=body.grade,
            named=body.named,
            comment=body.comment,
        )

    def _subject(self, rater: Party | None) -> str:
        return self.desk.pseudonyms.of(rater.id_number) if rater and rater.id_number else ""

    def _posts(self, case: Rateable) -> dict[Role, Post]:
        if case.kind == CaseKind.REQUEST:
            return self.desk.platforms.posts(case.district)
        return self.desk.centres.posts_for(case.district)


def require_rateable(case: Rateable) -> None:
    """Refuse what is not finished, and what nobody asked for.

    Raises:
        DomainError: ``NOT_RATEABLE``.
    """
    if case.kind not in RATED_KINDS:
        raise DomainError("NOT_RATEABLE", "只有办件和服务申请可以评价")
    if case.closed_at is None and case.decided_on is None:
        raise DomainError("NOT_RATEABLE", "本件尚未办结，办结后方可评价")
