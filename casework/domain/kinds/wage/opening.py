"""How a wage complaint is opened: what is owed, by whom, and within which time it is filed."""

from dataclasses import dataclass
from datetime import datetime

from casework.domain.addresses import require_address
from casework.domain.bounds import Essay, Phrase, Word
from casework.domain.case.events import Event
from casework.domain.case.moves import as_begun, enter, start_clocks
from casework.domain.case.opening import (
    Circumstances,
    Identity,
    Party,
    StartCase,
    credit_code,
    require_reachable,
)
from casework.domain.errors import DomainError
from casework.domain.kinds.wage.events import ComplaintReceived
from casework.domain.kinds.wage.state import Cents, WageComplaint, WageStage
from casework.domain.policy import Channel, LimitName, Policy
from casework.domain.time.calendar import local_date
from casework.domain.time.clock import start_clock
from casework.domain.time.dates import Day, require_usable

LIMITS = frozenset(
    {
        LimitName.WAGE_FILING,
        LimitName.WAGE_REACH,
        LimitName.WAGE_SUPPLEMENT,
        LimitName.WAGE_INVESTIGATION,
        LimitName.WAGE_EXTENSION,
        LimitName.WAGE_SETTLEMENT,
        LimitName.WAGE_HEARING,
        LimitName.WAGE_DECISION,
        LimitName.WAGE_SERVICE,
        LimitName.WAGE_FEEDBACK,
        LimitName.WAGE_CONFIRM,
        LimitName.TAKE_BACK,
    }
)


@dataclass(frozen=True, kw_only=True)
class WageForm:
    """One complaint. ``owed`` in cents (分); ``last_unpaid_on``: the breach's last day.

    ``employer_name`` may be empty: then it is asked for. With ``employer_email`` or
    ``employer_phone`` the employer is told what concerns it. ``worksite``: the district code of
    where the work was done. ``channel``: how it came.
    """

    statement: Essay
    owed: Cents
    last_unpaid_on: Day
    employer_name: Phrase = ""
    employer_code: Word = ""
    employer_email: Phrase = ""
    employer_phone: Word = ""
    worksite: Word = ""
    migrant: bool = False
    channel: Channel = Channel.ONLINE


@dataclass(frozen=True, kw_only=True)
class StartWageComplaint(StartCase):
    """Opens a complaint; the complainant is its ``applicant``, and ``employer`` who owes."""

    item: Policy
    resumed: WageComplaint | None = None
    statement: Essay
    owed: Cents
    last_unpaid_on: Day
    employer_name: Phrase = ""
    worksite: Word = ""
    migrant: bool = False

    @property
    def kind(self) -> str:
        return "wage"

    def first_event(self, at: datetime) -> ComplaintReceived:
        """The receipt: to be filed or refused within 5 working days from the day after.

        Raises DomainError ``LIMIT_NOT_SET`` if the policy lacks that limit.
        """
        received_at = self.received_at or at
        require_usable(received_at, "received_at")
        require_usable(self.last_unpaid_on, "last_unpaid_on")
        return ComplaintReceived(
            **self._beginning(at),
            employer_name=self.employer_name,
            owed=self.owed,
            last_unpaid_on=self.last_unpaid_on,
            worksite=self.worksite,
            migrant=self.migrant,
            statement=self.statement,
            filing=start_clock(
                self.item, LimitName.WAGE_FILING, "wage_filing", local_date(received_at)
            ),
        )


def open_complaint(
    identity: Identity, form: WageForm, complainant: Party | None, at: Circumstances[Policy]
) -> StartWageComplaint:
    """The start of a complaint. Whether it is too old or belongs elsewhere, an officer says.

    Raises:
        DomainError: ``FIELD_REQUIRED``; ``INVALID_REQUEST``, the complainant cannot be reached;
            ``ADDRESS_INVALID``; ``AMOUNT_INVALID``; ``DATE_IN_FUTURE``; ``EMPLOYER_CODE_INVALID``.
    """
    if not form.statement.strip():
        raise DomainError("FIELD_REQUIRED", "请填写投诉事实", "statement")
    if form.owed <= 0:
        raise DomainError("AMOUNT_INVALID", "欠薪金额须大于零（单位：分）", "owed")
    if form.last_unpaid_on > at.today:
        raise DomainError("DATE_IN_FUTURE", "欠薪日期不能在今天之后", "last_unpaid_on")
    if complainant is None:
        raise DomainError("FIELD_REQUIRED", "请填写投诉人", "applicant.name")
    require_reachable(complainant, "applicant")
    return StartWageComplaint(
        **at.start(identity, complainant, _employer(form)),
        channel=form.channel.value,
        statement=form.statement,
        owed=form.owed,
        last_unpaid_on=form.last_unpaid_on,
        employer_name=form.employer_name,
        worksite=form.worksite,
        migrant=form.migrant,
    )


def _employer(form: WageForm) -> Party | None:
    """The employer as a party; None where it is neither known by its code nor to be reached."""
    code = credit_code(form.employer_code, "employer_code") if form.employer_code.strip() else ""
    if not (code or form.employer_email or form.employer_phone):
        return None
    employer = Party(
        name=form.employer_name,
        id_number=code,
        email=form.employer_email,
        phone=form.employer_phone,
    )
    try:
        require_address(employer.email, employer.phone, "employer")
    except DomainError as wrong:
        raise DomainError(wrong.code, wrong.message, wrong.field.replace(".", "_")) from None
    return employer


def begin_complaint(body: ComplaintReceived, event: Event) -> WageComplaint:
    case = WageComplaint(
        **as_begun(event),
        by_date=body.by_date,
        stage=WageStage.RECEIVED,
        employer_name=body.employer_name,
        owed=body.owed,
        last_unpaid_on=body.last_unpaid_on,
        worksite=body.worksite,
        migrant=body.migrant,
        statement=body.statement,
    )
    case = start_clocks(case, body.filing)
    return enter(case, WageStage.RECEIVED, event.at, event.actor.code)
