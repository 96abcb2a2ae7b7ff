"""From the start of a case to the event with which it begins, whatever its kind."""

from datetime import datetime

from casework.domain.case.events import EventBody
from casework.domain.kinds.application.intake import submitted
from casework.domain.kinds.cycle.procedure import begun
from casework.domain.kinds.rating.procedure import rated
from casework.domain.kinds.request.opening import filed
from casework.domain.kinds.round.procedure import round_begun
from casework.domain.policy import Role
from casework.messages.cases import (
    StartApplication,
    StartCase,
    StartCycle,
    StartRating,
    StartRequest,
    StartRound,
)


def first_event(start: StartCase, at: datetime) -> EventBody:
    """What happens first; ``at`` is when the case is opened.

    Raises:
        DomainError: it cannot begin so.
    """
    received_at = start.received_at or at
    match start:
        case StartApplication():
            return submitted(
                case_no=start.case_no,
                item=start.item,
                calendar=start.calendar,
                office=start.office,
                channel=start.channel,
                claims=start.claims,
                posts=start.posts,
                materials=start.materials,
                received_at=received_at,
                entitled_on=start.entitled_on,
                authorisation=start.authorisation,
            )
        case StartCycle():
            return begun(
                case_no=start.case_no,
                policy=start.item,
                calendar=start.calendar,
                office=start.office,
                channel=start.channel,
                posts=start.posts,
                received_at=received_at,
                starts_on=start.starts_on,
                ends_on=start.ends_on,
                letter=start.letter,
                score=start.score,
                employer=start.employer_code,
                credential=start.credential,
                points=start.points,
            )
        case StartRequest():
            return filed(
                case_no=start.case_no,
                rule=start.item,
                calendar=start.calendar,
                office=start.office,
                channel=start.channel,
                mode=start.mode,
                need=start.need,
                materials=start.materials,
                standing=start.standing,
                bodies=start.bodies,
                specialists=start.specialists,
                supervisor=start.posts[Role.SUPERVISOR],
                received_at=received_at,
            )
        case StartRating():
            return rated(
                case_no=start.case_no,
                policy=start.item,
                calendar=start.calendar,
                office=start.office,
                item=start.rated_item,
                item_name=start.rated_item_name,
                district=start.district,
                channel=start.channel,
                posts=start.posts,
                received_at=received_at,
                rated=start.rated,
                grade=start.grade,
                named=start.named,
                comment=start.comment,
            )
        case StartRound():
            return round_begun(
                case_no=start.case_no,
                policy=start.item,
                calendar=start.calendar,
                office=start.office,
                posts=start.posts,
                received_at=received_at,
                quarter=start.quarter,
            )
        case _:
            raise TypeError(type(start).__name__)
