"""How an appointment is opened: which slot, for what, and the answers that a measure asks for."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from casework.domain.bounds import Few, Word
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
from casework.domain.kinds.appointment.events import AppointmentBooked
from casework.domain.kinds.appointment.slots import (
    AppointmentPolicy,
    Session,
    closed_by,
    only_by_appointment,
    require_slot,
)
from casework.domain.kinds.appointment.state import Answer, Appointment, AppointmentStage
from casework.domain.policy import Channel, LimitName
from casework.domain.time.calendar import local_date
from casework.domain.time.clock import Clock, until_clock
from casework.domain.time.dates import Day, require_usable

LIMITS = frozenset({LimitName.APPOINTMENT_OFFER, LimitName.APPOINTMENT_KEEP})
UNTIL_DAY, VISIT = "appointment", "appointment_visit"
"""The clock that ends with the day of the visit, and that of a visitor who is there."""


@dataclass(frozen=True, kw_only=True)
class AppointmentForm:
    """A slot of the window by its day and its beginning (``HH:MM``), and what somebody comes for.

    ``walk_in``: somebody has come without an appointment, and neither day nor time is given.
    ``about``: the number of the case that it concerns, if there is one. ``answers``: to what the
    office asks while a measure is in force; others are not kept.
    """

    business: Word
    day: Day | None = None
    at: Word = ""
    walk_in: bool = False
    about: Word = ""
    answers: Few[Answer] = ()


@dataclass(frozen=True, kw_only=True)
class StartAppointment(StartCase):
    """Opens an appointment; the visitor is its ``applicant``. ``session``: None for a walk-in."""

    item: AppointmentPolicy
    resumed: Appointment | None = None
    form: AppointmentForm
    session: Session | None = None

    @property
    def kind(self) -> str:
        return "appointment"

    def first_event(self, at: datetime) -> AppointmentBooked:
        """The booking. A walk-in is of the day on which somebody came.

        Raises:
            DomainError: ``LIMIT_NOT_SET``, the policy does not say how long the data are kept;
                ``DATE_OUT_OF_RANGE``, on a day that no case can be about.
        """
        form, session = self.form, self.session
        today, received_at = local_date(at), self.received_at or at
        require_usable(received_at, "received_at")
        day = form.day or local_date(received_at)
        require_usable(day, "day")
        business = self.item.business(form.business)
        return AppointmentBooked(
            **self._beginning(at),
            business=form.business,
            business_name=business.name if business else form.business,
            day=day,
            at=session.at if session else "",
            until=session.until if session else "",
            places=session.places if session else 0,
            businesses=session.businesses if session else (),
            keep_until=kept_until(self.item, day),
            offer_within=_amount(self.item, LimitName.APPOINTMENT_OFFER),
            walk_in=form.walk_in,
            about=form.about,
            answers=form.answers,
            until_day=until_day(VISIT if form.walk_in else UNTIL_DAY, self.item, day, today),
        )


def kept_until(policy: AppointmentPolicy, day: date) -> date:
    """The last day on which the data of a visitor of that day are kept; ``LIMIT_NOT_SET``."""
    return day + timedelta(days=_amount(policy, LimitName.APPOINTMENT_KEEP))


def until_day(clock_id: str, policy: AppointmentPolicy, day: date, today: date) -> Clock:
    """A clock that ends with the day of the visit."""
    return until_clock(clock_id, day, today, policy.reference)


def _amount(policy: AppointmentPolicy, name: LimitName) -> int:
    limit = policy.limit(name)
    if limit is None:
        raise DomainError("LIMIT_NOT_SET", "预约办法未规定改约期限或者信息保存期限")
    return limit.amount


def open_appointment(
    identity: Identity,
    form: AppointmentForm,
    visitor: Party | None,
    at: Circumstances[AppointmentPolicy],
) -> StartAppointment:
    """The start of an appointment; whether a place is free, the register says while recording it.

    Raises:
        DomainError: ``BUSINESS_UNKNOWN``; ``FIELD_REQUIRED``; ``INVALID_REQUEST``, the visitor
            cannot be reached, or something is answered twice; ``SLOT_CLOSED``, ``SLOT_OVER``,
            ``SLOT_TOO_FAR``, ``SLOT_UNKNOWN``; ``APPOINTMENT_NEEDED``, nobody may simply come.
    """
    if at.policy.business(form.business) is None:
        names = "、".join(f"{each.code}（{each.name}）" for each in at.policy.businesses)
        raise DomainError("BUSINESS_UNKNOWN", f"请选择业务：{names}", "business")
    if visitor is None or not visitor.name.strip():
        raise DomainError("FIELD_REQUIRED", "请填写来访人姓名", "applicant.name")
    require_reachable(visitor, "applicant")
    session = None if form.walk_in else _booked(form, at)
    if form.walk_in:
        _require_may_come(form, at)
    return StartAppointment(
        **at.start(identity, visitor),
        channel=_came_by(identity, form).value,
        form=replace(form, answers=_answers(form, at)),
        session=session,
    )


def _came_by(identity: Identity, form: AppointmentForm) -> Channel:
    """By which way it was booked: staff book for whoever asks them at the counter."""
    at_the_counter = form.walk_in or identity.source == Channel.WINDOW.value
    return Channel.WINDOW if at_the_counter else Channel.ONLINE


def _booked(form: AppointmentForm, at: Circumstances[AppointmentPolicy]) -> Session:
    if form.day is None or not form.at:
        raise DomainError("FIELD_REQUIRED", "请选择预约的日期和时段", "day")
    return require_slot(
        at.policy,
        form.day,
        form.at,
        form.business,
        now=at.now,
        calendar=at.calendar,
        in_force=at.in_force.suspensions,
    )


def _require_may_come(form: AppointmentForm, at: Circumstances[AppointmentPolicy]) -> None:
    if form.day is not None or form.at:
        raise DomainError("INVALID_REQUEST", "未预约直接来访的，不填日期和时段", "day")
    if stop := closed_by(at.today, at.in_force.suspensions):
        raise DomainError("SLOT_CLOSED", f"今日窗口暂停办理：{stop.reason}", "walk_in")
    if measure := only_by_appointment(at.in_force, at.today):
        reason = measure.name or "窗口预约错峰"
        raise DomainError(
            "APPOINTMENT_NEEDED", f"现行措施“{reason}”：窗口只接待已预约的来访，请先预约", "walk_in"
        )


def _answers(form: AppointmentForm, at: Circumstances[AppointmentPolicy]) -> tuple[Answer, ...]:
    """The answers to what is asked of a visitor of that day, and no others."""
    said = {each.code: each for each in form.answers}
    if len(said) < len(form.answers):
        raise DomainError("INVALID_REQUEST", "每个问题只能回答一次", "answers")
    asked = at.policy.asked(at.in_force.measures, form.day or at.today)
    for question in asked:
        if question.code not in said:
            detail = f"请回答：{question.text}（{question.code}）"
            raise DomainError("FIELD_REQUIRED", detail, "answers")
    return tuple(said[question.code] for question in asked)


def measured_item(form: AppointmentForm, policy: AppointmentPolicy) -> str:
    """The item whose measures bear on a visit; empty: none does."""
    business = policy.business(form.business)
    return business.item if business else ""


def begin_appointment(body: AppointmentBooked, event: Event) -> Appointment:
    stage = AppointmentStage.ARRIVED if body.walk_in else AppointmentStage.BOOKED
    case = Appointment(
        **as_begun(event),
        by_date=body.by_date,
        stage=stage,
        business=body.business,
        business_name=body.business_name,
        day=body.day,
        at=body.at,
        until=body.until,
        places=body.places,
        businesses=body.businesses,
        keep_until=body.keep_until,
        offer_within=body.offer_within,
        walk_in=body.walk_in,
        about=body.about,
        answers=body.answers,
        arrived_at=event.at if body.walk_in else None,
    )
    return enter(start_clocks(case, body.until_day), stage, event.at, event.actor.code)
