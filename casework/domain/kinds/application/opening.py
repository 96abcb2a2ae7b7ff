"""How an application is opened: what is refused at the counter, the start, and the first event.

A wrong number of a person or firm is no reason to refuse: it is a fault for the one notice, and
travels as a claim (``id_number_invalid``, ``employer_code_invalid``). Refused is only what no
officer could deal with.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from casework.domain.bounds import Amount, Phrase, Table, Word
from casework.domain.case.commands import ReceivedMaterial
from casework.domain.case.opening import (
    Circumstances,
    Identity,
    Party,
    StartCase,
    require_channel,
    require_materials,
    require_reachable,
    require_told_by,
)
from casework.domain.errors import DomainError
from casework.domain.identifiers import IdentifierError, check_citizen_id, check_credit_code
from casework.domain.kinds.application import checklist
from casework.domain.kinds.application.events import Submitted
from casework.domain.kinds.application.state import Application, Claim
from casework.domain.policy import Channel, Fact, FactKind, LimitName, ServiceItem
from casework.domain.time.calendar import local_date
from casework.domain.time.clock import start_clock
from casework.domain.time.dates import FIRST_DAY, LAST_DAY, Day, is_usable, require_usable

OLDEST = timedelta(days=60)
CLOCK_SKEW = timedelta(minutes=1)
LARGEST_NUMBER = 1_000_000
ID_NUMBER_INVALID = "id_number_invalid"
EMPLOYER_CODE_INVALID = "employer_code_invalid"

Claims = Table[Word, Phrase | Amount | bool]
"""The facts that a form states, each a ``Claim``."""


@dataclass(frozen=True, kw_only=True)
class ApplicationForm:
    """What is submitted, as it is written; ``authorisation``: the sha256 of an agent's paper."""

    identity: Identity
    channel: Channel
    claims: Mapping[str, Claim]
    materials: tuple[ReceivedMaterial, ...]
    applicant: Party
    employer: Party | None
    agent: Party | None = None
    authorisation: str
    received_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class StartApplication(StartCase):
    """Opens an application."""

    subject: Phrase
    item: ServiceItem
    claims: Claims
    resumed: Application | None = None
    entitled_on: Day | None = None  # 待遇起始日, where the item has one
    authorisation: Word = ""  # sha256 of the 授权委托书 by which an agent files

    @property
    def kind(self) -> str:
        return "application"

    def first_event(self, at: datetime) -> Submitted:
        """Submitted, with the result of the format and precondition check.

        Both clocks count from the day of receipt. ``entitled_on`` is the day from which a benefit
        is due: postponed handling never moves it (延期办, source 002).
        """
        received_at = self.received_at or at
        require_usable(received_at, "received_at")
        on = local_date(received_at)
        codes = [material.code for material in self.materials]
        return Submitted(
            **self._beginning(at),
            claims=self.claims,
            materials=self.materials,
            faults=checklist.package_faults(self.item, self.claims, codes, on, self.calendar),
            notice=start_clock(self.item, LimitName.NOTICE, "notice", on),
            pre_review=start_clock(self.item, LimitName.PRE_REVIEW, "pre_review", on),
            entitled_on=self.entitled_on,
            authorisation=self.authorisation,
        )


def open_application(
    form: ApplicationForm, at: Circumstances[ServiceItem], facts: Mapping[str, Fact]
) -> StartApplication:
    """The start of the case, under the policy of the day of receipt; ``facts``: the catalogue's.

    Raises:
        DomainError: ``CHANNEL_CLOSED``, ``UNKNOWN_MATERIAL``, ``UNKNOWN_FACT``, ``FACT_INVALID``,
            or as for `received`; with the field that is wrong.
    """
    received_at = received(form.received_at, at.now)
    on, item = local_date(received_at), at.policy
    require_channel(form.channel, at.in_force, on, "channel", item.channels)
    require_materials(form.materials, item.material_names, "本事项")
    number, id_fault = id_number(form.applicant.id_number, on)
    claims = checked(form.claims, facts, on)
    require_reachable(form.applicant, "applicant")
    applicant = Party(**vars(form.applicant) | {"id_number": number})
    if form.agent and not form.authorisation:
        raise DomainError("FIELD_REQUIRED", "代他人申报须上传授权委托书", "authorisation")
    parties = {"applicant": applicant, "employer": form.employer, "agent": form.agent}
    for name in ("employer", "agent"):
        if who := parties[name]:
            require_told_by(who, name)
    code = form.employer.id_number if form.employer else ""
    return StartApplication(
        **at.start(
            form.identity,
            applicant,
            form.employer,
            agent=form.agent,
            told={who: parties[who] for who in item.recipients},
        ),
        channel=form.channel,
        claims=claims | id_fault | credit_code_fault(code),
        materials=form.materials,
        received_at=form.received_at and received_at,
        entitled_on=_entitled_on(item, claims),
        authorisation=form.authorisation,
    )


def received(said: datetime | None, now: datetime) -> datetime:
    """When the application arrived; a clock a little ahead of ours is forgiven.

    Raises:
        DomainError: ``DATE_IN_FUTURE``, ``DATE_TOO_OLD``.
    """
    if said is None:
        return now
    if said > now + CLOCK_SKEW:
        raise DomainError("DATE_IN_FUTURE", "收件时间不能在将来", "received_at")
    if said < now - OLDEST:
        detail = f"收件时间不能早于 {OLDEST.days} 天前"
        raise DomainError("DATE_TOO_OLD", detail, "received_at")
    return min(said, now)


def id_number(written: str, on: date) -> tuple[str, dict[str, Claim]]:
    """The number in the form by which it is compared, and the claim that it is wrong, if so."""
    try:
        return check_citizen_id(written, on).number, {}
    except IdentifierError:
        return written, {ID_NUMBER_INVALID: True}


def credit_code_fault(written: str) -> dict[str, Claim]:
    """The claim that the number of a firm is wrong, if it is; one without number is not."""
    if not written:
        return {}
    try:
        check_credit_code(written)
    except IdentifierError:
        return {EMPLOYER_CODE_INVALID: True}
    return {}


def checked(claims: Mapping[str, Claim], facts: Mapping[str, Fact], on: date) -> dict[str, Claim]:
    """The claims, if each is a fact of the catalogue and of its kind.

    ``on`` is the day of receipt, in Asia/Shanghai: what has happened cannot be later.

    Raises:
        DomainError: ``UNKNOWN_FACT``, ``FACT_INVALID``.
    """
    for name, value in claims.items():
        if name not in facts or name in {ID_NUMBER_INVALID, EMPLOYER_CODE_INVALID}:
            detail = f"事项目录中没有此事实，可用：{'、'.join(sorted(facts))}"
            raise DomainError("UNKNOWN_FACT", detail, f"claims.{name}")
        if fault := _fault(value, facts[name], on):
            raise DomainError("FACT_INVALID", f"{facts[name].name}：{fault}", f"claims.{name}")
    return dict(claims)


def _fault(value: Claim, fact: Fact, on: date) -> str:
    """What is wrong with the value of a fact; empty if nothing."""
    match fact.kind:
        case FactKind.FLAG:
            return "" if isinstance(value, bool) else "须是 true 或 false"
        case FactKind.NUMBER:
            fits = type(value) is int and abs(value) <= LARGEST_NUMBER
            return "" if fits else f"须是 {LARGEST_NUMBER} 以内的整数"
        case FactKind.DATE:
            return _fault_of_date(value, fact, on)
        case FactKind.CHOICE:
            fits = isinstance(value, str) and value in fact.choices
            return "" if fits else "须是以下之一：" + "、".join(fact.choices)


def _fault_of_date(value: Claim, fact: Fact, on: date) -> str:
    try:
        day = date.fromisoformat(str(value))
    except ValueError:
        day = None
    if day is None or day.isoformat() != value:
        return "须是日期，如 2026-09-17"
    if not is_usable(day):
        return f"须在 {FIRST_DAY.year} 年至 {LAST_DAY.year} 年之间"
    if fact.past and day > on:
        return f"不能晚于收件日（{on}）"
    return ""


def _entitled_on(item: ServiceItem, claims: Mapping[str, Claim]) -> date | None:
    day = claims.get(item.entitlement) if item.entitlement else None
    return date.fromisoformat(str(day)) if day else None
