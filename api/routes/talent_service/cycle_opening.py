"""From what recognises a talent, or registers a permit, to the start of the cycle."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from api.edge.problems import invalid
from api.routes.numbers import credit_code, personal_number
from api.routes.people import party, reachable, require_reachable, routes
from api.routes.talent_service.cycle_bodies import CredentialBody, PermitBody, TalentBody
from api.routes.talent_service.desk import Desk
from casework.domain.case.facts import Actor
from casework.domain.case.in_force import InForce
from casework.domain.errors import DomainError
from casework.domain.kinds.cycle.policy import CyclePolicy
from casework.domain.kinds.cycle.state import CycleKind, Points
from casework.domain.talent import Credential, CredentialKind
from casework.domain.time.calendar import local_date
from casework.domain.time.dates import require_usable
from casework.letters.talent_code import talent_code
from casework.messages.cases import InForceQuestion, StartCycle

YEARS_AHEAD = 9
"""So far the calendar of a new cycle reaches: this cycle, the next, and what follows its end."""

_CHANNEL = "online"


@dataclass(frozen=True, kw_only=True)
class CycleOpener:
    """Makes a cycle's start, under the policy of the day on which it is registered."""

    desk: Desk

    def question(self, body: TalentBody | PermitBody, now: datetime) -> InForceQuestion:
        """What has to be known before the cycle is opened.

        Raises:
            DomainError, ProblemError: with the field that is wrong.
        """
        since, field = _since(body)
        require_usable(since, field)
        today = local_date(now)
        if since > today:
            raise invalid(field, "日期不能在将来", "DATE_IN_FUTURE")
        return self.desk.question(
            body.case_no, self._policy(body, today), since, today, YEARS_AHEAD
        )

    def talent(
        self, body: TalentBody, actor: Actor, now: datetime, in_force: InForce
    ) -> StartCycle:
        """The start of a talent's cycle.

        Raises:
            DomainError, ProblemError: ``NOT_FULL_TIME``, or with the field that is wrong.
        """
        _require_recognised(body)
        today = local_date(now)
        person = body.talent
        number = personal_number(person.id_number, today, "talent.id_number")
        code = credit_code(body.employer.credit_code, "employer.credit_code")
        require_reachable(person, "talent")
        require_reachable(body.employer, "employer")
        talent, employer = party(person, number), party(body.employer, code)
        both = {"applicant": talent, "employer": employer}
        return StartCycle(
            case_no=body.case_no,
            district=body.district,
            source=body.source,
            reference=body.reference,
            content=body.content,
            subject=self.desk.pseudonyms.of(number),
            item=self._policy(body, today),
            calendar=self.desk.calendar_of(in_force, body.recognised_on, YEARS_AHEAD),
            office=self.desk.services.office(body.district),
            channel=_CHANNEL,
            posts=self.desk.platforms.posts(body.district),
            applicant=talent,
            employer=employer,
            routes=routes(both),
            reachable=reachable(both),
            submitted_by=actor,
            in_force=replace(in_force, calendar=None),
            by_date=True,
            starts_on=body.recognised_on,
            letter=body.letter,
            score=body.score,
            employer_code=code,
            employer_subject=self.desk.pseudonyms.of(code),
            credential=credential_of(body.credential, body.case_no, today),
        )

    def permit(
        self, body: PermitBody, actor: Actor, now: datetime, in_force: InForce
    ) -> StartCycle:
        """The start of a permit's cycle.

        Raises:
            DomainError, ProblemError: with the field that is wrong.
        """
        require_usable(body.expires_on, "expires_on")
        if body.expires_on <= body.starts_on:
            raise invalid("expires_on", "须晚于开始日期", "DATES_REVERSED")
        today = local_date(now)
        number = personal_number(body.holder.id_number, today, "holder.id_number")
        require_reachable(body.holder, "holder")
        holder = party(body.holder, number)
        return StartCycle(
            case_no=body.case_no,
            district=body.district,
            source=body.source,
            reference=body.reference,
            content=body.content,
            subject=self.desk.pseudonyms.of(number),
            item=self._policy(body, today),
            calendar=self.desk.calendar_of(in_force, body.starts_on, YEARS_AHEAD),
            office=self.desk.services.office(body.district),
            channel=_CHANNEL,
            posts=self.desk.centres.posts_for(body.district),
            applicant=holder,
            routes=routes({"applicant": holder}),
            reachable=reachable({"applicant": holder}),
            submitted_by=actor,
            in_force=replace(in_force, calendar=None),
            by_date=True,
            starts_on=body.starts_on,
            ends_on=body.expires_on,
            points=Points.VALID if body.points_valid else Points.NONE,
        )

    def _policy(self, body: TalentBody | PermitBody, on: date) -> CyclePolicy:
        kind = CycleKind.TALENT if isinstance(body, TalentBody) else CycleKind.PERMIT
        return self.desk.services.cycle(kind, body.district, on)


def credential_of(body: CredentialBody, case_no: str, issued_on: date) -> Credential:
    """The card, or the talent code; a code is made unless it is given.

    Raises:
        ProblemError: a card without its number.
    """
    if body.kind is CredentialKind.CARD and body.code is None:
        raise invalid("credential.code", "请填写人才卡号", "FIELD_REQUIRED")
    return Credential(kind=body.kind, code=body.code or talent_code(case_no), issued_on=issued_on)


def _since(body: TalentBody | PermitBody) -> tuple[date, str]:
    if isinstance(body, TalentBody):
        return body.recognised_on, "recognised_on"
    return body.starts_on, "starts_on"


def _require_recognised(body: TalentBody) -> None:
    if body.letter is None and body.score is None:
        raise invalid("letter", "请填写人才类别，或计分认定的分值", "FIELD_REQUIRED")
    if not body.full_time:
        raise DomainError(
            "NOT_FULL_TIME", "服务对象须全职在渝工作（DB50/T 1733—2024 §5.1）", "full_time"
        )
