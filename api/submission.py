"""What a backend submits, checked and made into the start of a case.

A wrong number of a person or firm is no reason to refuse the request: it is a fault for the one
notice, and travels as a claim (``id_number_invalid``, ``employer_code_invalid``). Refused is only
what no officer could deal with.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated

from pydantic import AwareDatetime, ConfigDict, Field, StringConstraints

from api.bodies import Body, Code, District, ShortText
from api.examples import SUBMISSION
from api.problems import invalid
from casework.catalogue import Catalogue
from casework.catalogue.sources import Channel, FactKind, FactSource
from casework.domain.calendar import WorkingCalendar
from casework.domain.case import Claim
from casework.domain.commands import ReceivedMaterial
from casework.domain.facts import Actor, local_date
from casework.domain.identifiers import IdentifierError, check_citizen_id, check_credit_code
from casework.messages import Party, Route, StartApplication, case_number
from casework.pseudonyms import Pseudonyms
from casework.roster import Roster

OLDEST = timedelta(days=60)
CLOCK_SKEW = timedelta(minutes=1)
# A case may wait long for its last file; a year beyond the excerpt could not be counted.
YEARS_BEFORE, YEARS_AFTER = 1, 6
MOST_MATERIALS = 200
LARGEST_NUMBER = 1_000_000

ID_NUMBER_INVALID = "id_number_invalid"
EMPLOYER_CODE_INVALID = "employer_code_invalid"

Email = Annotated[
    str, StringConstraints(pattern=r"^[^@\s<>,;]{1,64}@[^@\s<>,;]+\.[^@\s<>,;]+$", max_length=254)
]
Phone = Annotated[str, StringConstraints(pattern=r"^\+?[0-9][0-9 -]{4,19}$")]
Number = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]


class Applicant(Body):
    """The person. Kept in the register only; notices go by e-mail, else by SMS."""

    name: ShortText
    id_number: Number
    email: Email | None = None
    phone: Phone | None = None


class Employer(Body):
    """The firm that files for the applicant."""

    name: ShortText
    credit_code: Number | None = None
    email: Email | None = None
    phone: Phone | None = None


class Submission(Body):
    """An application. ``source`` and ``reference`` name it in the system that it comes from."""

    model_config = ConfigDict(json_schema_extra={"examples": [SUBMISSION]})

    district: District
    item: Code
    source: Code
    reference: ShortText
    channel: Channel
    received_at: AwareDatetime | None = Field(default=None, description="缺省为收到请求的时刻")
    claims: dict[str, Claim] = Field(default={}, description="申请表中的事实，名称见事项目录")
    materials: tuple[ReceivedMaterial, ...] = Field(default=(), max_length=MOST_MATERIALS)
    applicant: Applicant
    employer: Employer | None = None

    @property
    def case_no(self) -> str:
        """The number of the case; the same request gives the same."""
        return case_number(self.district, self.source, self.reference)

    @property
    def content(self) -> str:
        """The digest of what was submitted, the time of receipt left out."""
        content = self.model_dump(mode="json", exclude={"received_at"})
        text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Opener:
    """Makes a submission into the start of a case, under the policy of the day of receipt."""

    catalogue: Catalogue
    calendar: WorkingCalendar
    roster: Roster
    pseudonyms: Pseudonyms

    def start(self, submission: Submission, actor: Actor, now: datetime) -> StartApplication:
        """Return the start of the case.

        Raises:
            DomainError, ProblemError: with the field that is wrong.
        """
        received_at = _received_at(submission.received_at, now)
        on = local_date(received_at)
        item = self.catalogue.resolve(submission.item, submission.district, on)
        for place, material in enumerate(submission.materials):
            if material.code not in item.material_names:
                known = "、".join(sorted(item.material_names))
                raise invalid(
                    f"materials.{place}.code",
                    f"本事项没有此材料，可用：{known}",
                    "UNKNOWN_MATERIAL",
                )
        id_number, id_fault = _id_number(submission.applicant, on)
        return StartApplication(
            case_no=submission.case_no,
            district=submission.district,
            source=submission.source,
            reference=submission.reference,
            content=submission.content,
            subject=self.pseudonyms.of(id_number),
            item=item,
            calendar=self._calendar(on),
            office=f"{item.district_name}人才服务中心",
            channel=submission.channel,
            claims=_checked(submission.claims, self.catalogue.facts())
            | id_fault
            | _employer_fault(submission.employer),
            posts=self.roster.posts_for(submission.district),
            materials=submission.materials,
            applicant=_party(submission.applicant, id_number),
            employer=_party(submission.employer, submission.employer.credit_code or "")
            if submission.employer
            else None,
            routes=(_route(submission.applicant),),
            received_at=submission.received_at and received_at,
            submitted_by=actor,
        )

    def _calendar(self, on: date) -> WorkingCalendar:
        first = min(year.year for year in self.calendar.years)
        return self.calendar.excerpt(max(first, on.year - YEARS_BEFORE), on.year + YEARS_AFTER)


def _received_at(said: datetime | None, now: datetime) -> datetime:
    if said is None:
        return now
    if said > now + CLOCK_SKEW:
        raise invalid("received_at", "收件时间不能在将来", "DATE_IN_FUTURE")
    if said < now - OLDEST:
        raise invalid("received_at", f"收件时间不能早于 {OLDEST.days} 天前", "DATE_TOO_OLD")
    return min(said, now)


def _id_number(applicant: Applicant, on: date) -> tuple[str, dict[str, Claim]]:
    """The number in the form by which it is compared, and the claim that it is wrong, if so."""
    try:
        return check_citizen_id(applicant.id_number, on).number, {}
    except IdentifierError:
        return applicant.id_number, {ID_NUMBER_INVALID: True}


def _employer_fault(employer: Employer | None) -> dict[str, Claim]:
    if employer is None or employer.credit_code is None:
        return {}
    try:
        check_credit_code(employer.credit_code)
    except IdentifierError:
        return {EMPLOYER_CODE_INVALID: True}
    return {}


def _party(who: Applicant | Employer, number: str) -> Party:
    return Party(name=who.name, id_number=number, email=who.email or "", phone=who.phone or "")


def _route(applicant: Applicant) -> Route:
    if applicant.email is None and applicant.phone is None:
        raise invalid("applicant.email", "请至少提供电子邮箱或手机号码之一，用于送达通知")
    return Route(recipient="applicant", channel="mail" if applicant.email else "sms")


def _checked(claims: Mapping[str, Claim], facts: Mapping[str, FactSource]) -> dict[str, Claim]:
    for name, value in claims.items():
        if name not in facts or name in {ID_NUMBER_INVALID, EMPLOYER_CODE_INVALID}:
            known = "、".join(sorted(facts))
            raise invalid(f"claims.{name}", f"事项目录中没有此事实，可用：{known}", "UNKNOWN_FACT")
        if fault := _fault(value, facts[name]):
            raise invalid(f"claims.{name}", f"{facts[name].name}：{fault}", "FACT_INVALID")
    return dict(claims)


def _fault(value: Claim, fact: FactSource) -> str:
    """What is wrong with the value of a fact; empty if nothing."""
    match fact.kind:
        case FactKind.FLAG:
            return "" if isinstance(value, bool) else "须是 true 或 false"
        case FactKind.NUMBER:
            fits = type(value) is int and abs(value) <= LARGEST_NUMBER
            return "" if fits else f"须是 {LARGEST_NUMBER} 以内的整数"
        case FactKind.DATE:
            return "" if _is_date(value) else "须是日期，如 2026-09-17"
        case FactKind.CHOICE:
            fits = isinstance(value, str) and value in fact.choices
            return "" if fits else "须是以下之一：" + "、".join(fact.choices)


def _is_date(value: Claim) -> bool:
    try:
        return date.fromisoformat(str(value)).isoformat() == value
    except ValueError:
        return False
