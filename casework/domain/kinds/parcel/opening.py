"""How a parcel is registered (来件登记): once by its number, with the day on which it came."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from casework.domain.bounds import Phrase, Some
from casework.domain.case.events import Event
from casework.domain.case.moves import as_begun, enter, start_clocks
from casework.domain.case.opening import (
    Circumstances,
    Identity,
    Party,
    StartCase,
    require_reachable,
)
from casework.domain.errors import DomainError
from casework.domain.kinds.parcel.events import ParcelReceived
from casework.domain.kinds.parcel.state import Parcel, ParcelFinding, ParcelStage
from casework.domain.policy import LimitName, Policy
from casework.domain.time.calendar import local_date
from casework.domain.time.clock import start_clock
from casework.domain.time.dates import Day, require_usable

LIMITS = frozenset({LimitName.PARCEL_MATCH, LimitName.TAKE_BACK})
MOST_DAYS_LATE = 30
"""Calendar days for which a parcel may be registered late [proposal]."""
REMARK = "积分办理"
REMARKED = frozenset({"310112", "310104"})
"""The districts in which a parcel has to bear `REMARK` (source 001: 闵行, 徐汇)."""
BY_MAIL_ONLY = frozenset({"310106"})
"""The districts for which no source names post as a way in (source 001: 静安)."""
_NUMBER = re.compile(r"[A-Z0-9][A-Z0-9-]{4,39}")


@dataclass(frozen=True, kw_only=True)
class ParcelForm:
    """What stands on a parcel; its number (单号) is the reference of what is filed.

    ``arrived_on``: the day on which it came, where that is not today. ``clue``: what it says of a
    case, a number or a name. ``contents``: the list of what is in it. A sender without a legible
    contact is left out.
    """

    courier: Phrase
    arrived_on: Day | None = None
    remark: Phrase = ""
    clue: Phrase = ""
    contents: Some[Phrase] = ()


@dataclass(frozen=True, kw_only=True)
class StartParcel(StartCase):
    """Opens the case of a parcel; its sender, if legible, is its ``applicant``."""

    item: Policy
    resumed: Parcel | None = None
    parcel: ParcelForm

    @property
    def kind(self) -> str:
        return "parcel"

    def first_event(self, at: datetime) -> ParcelReceived:
        """The registration; the limit for placing it counts from the day of arrival.

        Raises DomainError ``LIMIT_NOT_SET`` if the policy has no such limit.
        """
        received_at, form = self.received_at or at, self.parcel
        require_usable(received_at, "received_at")
        came = form.arrived_on or local_date(received_at)
        require_usable(came, "arrived_on")
        return ParcelReceived(
            **self._beginning(at),
            courier=form.courier,
            number=self.reference,
            arrived_on=came,
            remark=form.remark,
            clue=form.clue,
            contents=form.contents,
            faults=tuple(_faults(form, self.district, legible=self.applicant is not None)),
            match=start_clock(self.item, LimitName.PARCEL_MATCH, "parcel_match", came),
        )


def open_parcel(
    identity: Identity, form: ParcelForm, sender: Party | None, at: Circumstances[Policy]
) -> StartParcel:
    """The start of a parcel. The same number twice is the same parcel, if the rest is the same.

    Raises:
        DomainError: ``FIELD_REQUIRED``; ``NUMBER_UNCLEAR``, no number of a courier;
            ``DATE_IN_FUTURE``, ``DATE_TOO_EARLY``.
    """
    if not form.courier.strip():
        raise DomainError("FIELD_REQUIRED", "请填写快递公司", "courier")
    if not _NUMBER.fullmatch(identity.reference):
        raise DomainError(
            "NUMBER_UNCLEAR", "请照面单填写快递单号：大写字母、数字，至少5位", "reference"
        )
    _require_day(form.arrived_on, at.today)
    if sender is not None:
        require_reachable(sender, "caller")
    return StartParcel(**at.start(identity, sender), channel="post", parcel=form)


def _require_day(day: date | None, today: date) -> None:
    if day is None:
        return
    if day > today:
        raise DomainError("DATE_IN_FUTURE", "到达日期不能在今天之后", "arrived_on")
    first = today - timedelta(days=MOST_DAYS_LATE)
    if day < first:
        raise DomainError("DATE_TOO_EARLY", f"到达日期不能早于 {first}", "arrived_on")


def _faults(form: ParcelForm, district: str, *, legible: bool) -> Iterator[ParcelFinding]:
    if not legible:
        yield ParcelFinding(code="SENDER_ILLEGIBLE", detail="发件人联系方式无法辨认，不能告知")
    if district in REMARKED and REMARK not in form.remark:
        yield ParcelFinding(code="REMARK_MISSING", detail=f"面单没有备注“{REMARK}”")
    if district in BY_MAIL_ONLY:
        yield ParcelFinding(code="POST_NOT_NAMED", detail="本区办法没有写明可以邮寄，请酌情处理")
    if not form.contents:
        yield ParcelFinding(code="CONTENTS_UNLISTED", detail="没有材料清单，请拆件后登记材料")


def begin_parcel(body: ParcelReceived, event: Event) -> Parcel:
    case = Parcel(
        **as_begun(event),
        by_date=body.by_date,
        stage=ParcelStage.MATCHING,
        courier=body.courier,
        number=body.number,
        arrived_on=body.arrived_on,
        remark=body.remark,
        clue=body.clue,
        contents=body.contents,
        faults=body.faults,
    )
    case = start_clocks(case, body.match)
    return enter(case, ParcelStage.MATCHING, event.at, event.actor.code)
