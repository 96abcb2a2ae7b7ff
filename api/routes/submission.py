"""What a backend submits, checked and made into the start of a case.

A wrong number of a person or firm is no reason to refuse the request: it is a fault for the one
notice, and travels as a claim (``id_number_invalid``, ``employer_code_invalid``). Refused is only
what no officer could deal with.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Annotated, ClassVar

from pydantic import AwareDatetime, ConfigDict, Field

from api.edge.problems import invalid
from api.routes.bodies import Code, Sha256
from api.routes.claims import checked, credit_code_fault, id_number
from api.routes.examples import SUBMISSION
from api.routes.filing import Filing
from api.routes.people import Firm, Person, party, reachable, require_reachable, routes
from casework.domain.authority import Filed
from casework.domain.bounds import Some
from casework.domain.case.commands import ReceivedMaterial
from casework.domain.case.facts import Actor
from casework.domain.case.in_force import InForce
from casework.domain.errors import DomainError
from casework.domain.kinds.application.state import Claim
from casework.domain.kinds.registry import CaseKind
from casework.domain.policy import ServiceItem
from casework.domain.time.calendar import WorkingCalendar, local_date
from casework.domain.time.dates import WRITTEN_INSTANT
from casework.domain.time.suspension import closed_channels
from casework.messages.cases import Claims, InForceQuestion, StartApplication
from casework.policy.catalogue import Catalogue
from casework.policy.catalogue.sources import Channel
from casework.policy.roster import Roster
from casework.security.pseudonyms import Pseudonyms

OLDEST = timedelta(days=60)
CLOCK_SKEW = timedelta(minutes=1)
# A case may wait long for its last file; a year beyond the excerpt could not be counted.
YEARS_BEFORE, YEARS_AFTER = 1, 6
_NO_CALENDAR = -1  # the version of a calendar that nobody has


class Applicant(Person):
    """The person. Kept in the register only; notices go by e-mail, else by SMS."""


class Employer(Firm):
    """The firm that files for the applicant."""


class Submission(Filing):
    """An application. ``source`` and ``reference`` name it in the system that it comes from."""

    model_config = ConfigDict(json_schema_extra={"examples": [SUBMISSION]})

    opens: ClassVar = CaseKind.APPLICATION

    item: Code
    channel: Channel
    received_at: Annotated[AwareDatetime, WRITTEN_INSTANT] | None = Field(
        default=None, description="缺省为收到请求的时刻"
    )
    claims: Claims = Field(default={}, description="申请表中的事实，名称见事项目录")
    materials: Some[ReceivedMaterial] = ()
    applicant: Applicant
    employer: Employer | None = None
    authorisation: Sha256 | None = Field(
        default=None, description="代他人提交的：授权委托书（先上传）的 sha256"
    )

    @property
    def is_by_agent(self) -> bool:
        """Whether somebody files for the applicant, with an authorisation."""
        return self.authorisation is not None

    def _left_out(self) -> set[str]:
        # Without one the content is what it was before there was such a field.
        return super()._left_out() | ({"authorisation"} if self.authorisation is None else set())


@dataclass(frozen=True, kw_only=True)
class Opener:
    """Makes a submission into the start of a case, under the policy of the day of receipt."""

    catalogue: Catalogue
    calendar: WorkingCalendar
    roster: Roster
    pseudonyms: Pseudonyms

    def filed(self, submission: Submission, now: datetime) -> Filed:
        """What is to be opened, and for whom; raises ProblemError for an unusable date."""
        on = local_date(_received_at(submission.received_at, now))
        number, _ = id_number(submission.applicant.id_number, on)
        code = submission.employer.credit_code if submission.employer else None
        return Filed(
            kind=CaseKind.APPLICATION,
            district=submission.district,
            source=submission.source,
            applicant=self.pseudonyms.of(number),
            employer=self.pseudonyms.of(code) if code else "",
            by_agent=submission.is_by_agent,
        )

    def question(self, submission: Submission, now: datetime) -> InForceQuestion:
        """Return what has to be known of the day of receipt; the calendar in any case.

        Raises:
            DomainError, ProblemError: with the field that is wrong.
        """
        on = local_date(_received_at(submission.received_at, now))
        self.catalogue.resolve(submission.item, submission.district, on)
        return InForceQuestion(
            case_no=submission.case_no,
            district=submission.district,
            office=self.catalogue.office(submission.district),
            item=submission.item,
            received_on=on,
            calendar_version=_NO_CALENDAR,
        )

    def start(
        self, submission: Submission, actor: Actor, now: datetime, in_force: InForce
    ) -> StartApplication:
        """Return the start of the case, under what is ``in_force`` on the day of receipt.

        Raises:
            DomainError, ProblemError: with the field that is wrong.
        """
        received_at = _received_at(submission.received_at, now)
        on = local_date(received_at)
        measures = in_force.measures or None  # none while the register is away: the catalogue's
        item = self.catalogue.resolve(submission.item, submission.district, on, measures)
        _require_open(submission.channel, item, in_force, on)
        _require_known(submission.materials, item)
        number, id_fault = id_number(submission.applicant.id_number, on)
        code = submission.employer.credit_code if submission.employer else None
        claims = checked(submission.claims, self.catalogue.facts(), on)
        require_reachable(submission.applicant, "applicant")
        applicant = party(submission.applicant, number)
        employer = party(submission.employer, code or "") if submission.employer else None
        return StartApplication(
            case_no=submission.case_no,
            district=submission.district,
            source=submission.source,
            reference=submission.reference,
            content=submission.content,
            subject=self.pseudonyms.of(number),
            item=item,
            calendar=self._calendar(on, in_force),
            office=self.catalogue.office(submission.district),
            channel=submission.channel,
            claims=claims | id_fault | credit_code_fault(code),
            posts=self.roster.posts_for(submission.district),
            materials=submission.materials,
            applicant=applicant,
            employer=employer,
            routes=routes({"applicant": applicant}),
            reachable=reachable({"applicant": applicant, "employer": employer}),
            received_at=submission.received_at and received_at,
            submitted_by=actor,
            in_force=replace(in_force, calendar=None),
            by_date=True,
            entitled_on=_entitled_on(item, claims),
            employer_subject=self.pseudonyms.of(code) if code else "",
            authorisation=submission.authorisation or "",
        )

    def _calendar(self, on: date, in_force: InForce) -> WorkingCalendar:
        if in_force.calendar is not None and in_force.calendar.years:
            return in_force.calendar
        first = min(year.year for year in self.calendar.years)
        return self.calendar.excerpt(max(first, on.year - YEARS_BEFORE), on.year + YEARS_AFTER)


def _require_open(channel: str, item: ServiceItem, in_force: InForce, on: date) -> None:
    closed = closed_channels(in_force.suspensions, on)
    if stop := closed.get(channel):
        # What stands in order of preference in the item is told in that order.
        still = "、".join(each for each in item.channels if each not in closed)
        others = f"，可改用：{still}" if still else ""
        raise DomainError(
            "CHANNEL_CLOSED", f"此渠道自 {stop.first_on} 起暂停：{stop.reason}{others}", "channel"
        )


def _require_known(materials: tuple[ReceivedMaterial, ...], item: ServiceItem) -> None:
    for place, material in enumerate(materials):
        if material.code not in item.material_names:
            known = "、".join(sorted(item.material_names))
            raise invalid(
                f"materials.{place}.code",
                f"本事项没有此材料，可用：{known}",
                "UNKNOWN_MATERIAL",
            )


def _entitled_on(item: ServiceItem, claims: Mapping[str, Claim]) -> date | None:
    day = claims.get(item.entitlement) if item.entitlement else None
    return date.fromisoformat(str(day)) if day else None


def _received_at(said: datetime | None, now: datetime) -> datetime:
    if said is None:
        return now
    if said > now + CLOCK_SKEW:
        raise invalid("received_at", "收件时间不能在将来", "DATE_IN_FUTURE")
    if said < now - OLDEST:
        raise invalid("received_at", f"收件时间不能早于 {OLDEST.days} 天前", "DATE_TOO_OLD")
    return min(said, now)
