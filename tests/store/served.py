"""Cases of talent services as their workflows record them."""

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import reduce
from typing import Any, cast

from casework.domain.case.commands import AddNote, AskOpinion, GiveOpinion
from casework.domain.case.events import Event
from casework.domain.case.opening import Party
from casework.domain.case.procedure import evolve
from casework.domain.case.state import Case
from casework.domain.kinds.appointment.commands import NoteArrival
from casework.domain.kinds.cycle.commands import Evaluate, Verify
from casework.domain.kinds.cycle.state import Verdict
from casework.domain.kinds.incoming_mail.commands import SortMail
from casework.domain.kinds.parcel.commands import MatchParcel
from casework.domain.kinds.parcel.events import ParcelNotPlaced
from casework.domain.kinds.rating.commands import ContactRater, SettleRating, VerifyRating
from casework.domain.kinds.rating.state import Grade, Settlement
from casework.domain.kinds.registry import CaseKind
from casework.domain.kinds.request.commands import AcceptRequest, FeedBack
from casework.domain.kinds.round.commands import RecordVisit
from casework.domain.kinds.round.state import Means
from casework.domain.kinds.ticket.commands import AnswerTicket, ContactCaller, SignTicket
from casework.domain.kinds.ticket.state import Resolution
from casework.domain.kinds.wage.commands import (
    ConfirmInquiry,
    FileComplaint,
    NoteInstalment,
    RecordInquiry,
)
from casework.domain.kinds.walkthrough.commands import (
    ConcludeFindings,
    NoteFinding,
    ReportRemedy,
    SetRemedy,
)
from casework.domain.kinds.walkthrough.state import FindingSort
from casework.domain.policy import Policy, Role
from casework.domain.talent import TalentClass
from casework.domain.time.calendar import WorkingCalendar, local_date
from casework.messages.entry import Entry, Opening, make_entry
from tests.domain.appointment import given_appointment
from tests.domain.cycle.desk import PERMIT, TALENT, open_cycle
from tests.domain.incoming_mail import given_mail
from tests.domain.parcel import given_parcel
from tests.domain.rating.given import given_rating
from tests.domain.request import desk as requests
from tests.domain.round.begun import drawn_round
from tests.domain.ticket import given_ticket
from tests.domain.wage import given_complaint, mediated
from tests.domain.walkthrough import given_walkthrough
from tests.store.entries import APPLICANT, EMPLOYER


@dataclass(frozen=True, kw_only=True)
class Served:
    """The events of a case, to be cut into entries."""

    kind: CaseKind
    events: tuple[Event, ...]
    item: Policy
    calendar: WorkingCalendar
    reference: str = "ref-1"
    run: str = "run-1"
    subject: str = "s-1"

    @property
    def case_no(self) -> str:
        return str(getattr(self.events[0].body, "case_no"))  # noqa: B009 - any first event

    @property
    def case(self) -> Case:
        return _after(None, self.events)

    def told(self, **changes: Any) -> "Served":
        """The same case but for fields of its first event."""
        first = self.events[0]
        first = replace(first, body=replace(cast("Any", first.body), **changes))
        return replace(self, events=(first, *self.events[1:]))

    def entries(self, size: int = 100) -> tuple[Entry, ...]:
        """Entries of ``size`` events."""
        before, cut = None, []
        for place in range(0, len(self.events), size):
            events = self.events[place : place + size]
            case = _after(before, events)
            cut.append(self._entry(events, case, before))
            before = case
        return tuple(cut)

    def _entry(self, events: tuple[Event, ...], case: Case, before: Case | None) -> Entry:
        opening = Opening(
            source="backend",
            reference=self.reference,
            content="digest",
            subject=self.subject,
            item=self.item,
            rehearsal=timedelta(),
            applicant=APPLICANT,
            employer=EMPLOYER,
            started_by_run=self.run,
            kind=self.kind,
            concerns=getattr(case, "about", ""),
        )
        return make_entry(
            events,
            case=case,
            before=before,
            calendar=self.calendar,
            opening=None if before else opening,
            version=0,
        )


def _after(case: Case | None, events: tuple[Event, ...]) -> Case:
    first: Case = evolve(case, events[0])
    return reduce(evolve, events[1:], first)


NEW_LIAISON = Party(name="李四", email="lisi@firm.example")


def talent() -> Served:
    """Evaluated and being verified, in the last weeks of the cycle."""
    desk = open_cycle(TALENT, "2025-03-17")
    desk.wait_until("2028-02-18")
    desk.do(Evaluate, Role.EMPLOYER, verdict=Verdict.QUALIFIED, text="履职良好")
    return Served(
        kind=CaseKind.TALENT_CYCLE,
        events=tuple(desk.events),
        item=desk.policy,
        calendar=desk.calendar,
    )


def asked() -> Served:
    """A colleague has given an opinion, and another has not; with a note."""
    desk = open_cycle(TALENT, "2025-03-17")
    about = {"question": "履职是否属实", "working_days": 3}
    desk.do(AskOpinion, Role.SPECIALIST, role=Role.REVIEWER, **about)
    desk.do(AskOpinion, Role.SPECIALIST, role=Role.SUPERVISOR, **about)
    desk.do(GiveOpinion, Role.REVIEWER, task="give_opinion#1", text="属实", files=("ab" * 32,))
    desk.do(AddNote, Role.SPECIALIST, text="已电话核实")
    return Served(
        kind=CaseKind.TALENT_CYCLE,
        events=tuple(desk.events),
        item=desk.policy,
        calendar=desk.calendar,
    )


def renewed() -> Served:
    """In its second cycle."""
    desk = open_cycle(TALENT, "2025-03-17")
    desk.wait_until("2028-02-18")
    desk.do(Evaluate, Role.EMPLOYER, verdict=Verdict.QUALIFIED, text="履职良好")
    desk.do(Verify, Role.SPECIALIST, passed=True)
    return Served(
        kind=CaseKind.TALENT_CYCLE,
        events=tuple(desk.events),
        item=desk.policy,
        calendar=desk.calendar,
    )


def permit() -> Served:
    """Expired: the points are suspended."""
    desk = open_cycle(PERMIT, "2026-03-02", ends_on="2027-03-02")
    desk.wait_until("2027-04-01")
    served = Served(
        kind=CaseKind.PERMIT_CYCLE,
        events=tuple(desk.events),
        item=desk.policy,
        calendar=desk.calendar,
    )
    return served.told(case_no="500112-TEST-0000-0002")


def request(letter: TalentClass | None = TalentClass.B, *, done: bool = False) -> Served:
    """Accepted and being handled, or fed back."""
    desk = requests.open_desk(letter, day="2026-09-14")
    desk.do(AcceptRequest, Role.SPECIALIST)
    if done:
        desk.do(FeedBack, Role.LIAISON, result="已安排入学")
    return Served(
        kind=CaseKind.REQUEST, events=tuple(desk.events), item=desk.rule, calendar=desk.calendar
    )


def rating(grade: Grade = Grade.DISSATISFIED, *, settled_on: str = "") -> Served:
    """A rating of 24 September 2026; a poor one is to be contacted, or has been settled."""
    this = given_rating(grade)
    if settled_on:
        this.wait_until(settled_on)
        this.do(ContactRater, Role.SPECIALIST, reached=True)
        this.do(VerifyRating, Role.SPECIALIST, justified=True, finding="确有拖延")
        this.do(SettleRating, Role.SPECIALIST, settlement=Settlement.FIXED, reason="已补办")
    return Served(
        kind=CaseKind.RATING, events=tuple(this.events), item=this.policy, calendar=this.calendar
    )


def visits() -> Served:
    """A round of three, one of them recorded."""
    this = drawn_round("r-1", "r-2", "r-3")
    this.do(RecordVisit, Role.SPECIALIST, request="r-2", means=Means.PHONE, reached=True)
    return Served(
        kind=CaseKind.VISITS, events=tuple(this.events), item=this.policy, calendar=this.calendar
    )


def ticket() -> Served:
    """Signed, answered, and about another case."""
    this = given_ticket(about="310106-TEST-0000-0009")
    this.do(SignTicket, Role.OFFICER, "ja-o1")
    this.do(ContactCaller, Role.OFFICER, "ja-o1", reached=True)
    this.do(AnswerTicket, Role.OFFICER, "ja-o1", resolution=Resolution.RESOLVED, answer="已可打印")
    return Served(
        kind=CaseKind.TICKET, events=tuple(this.events), item=this.policy, calendar=this.calendar
    )


def mail() -> Served:
    """Sorted, and one of its two persons has a case."""
    this = given_mail()
    this.do(SortMail, Role.OFFICER, "mh-o1")
    return Served(
        kind=CaseKind.INCOMING_MAIL,
        events=tuple(this.events),
        item=this.policy,
        calendar=this.calendar,
    )


def parcel() -> Served:
    """Registered late, matched once to a case that does not take it."""
    this = given_parcel()
    this.do(MatchParcel, Role.OFFICER, "mh-o1", into="310112-X", materials=("sealed_copies",))
    this.apply(ParcelNotPlaced(code="CASE_NOT_FOUND", reason="没有此件"))
    return Served(
        kind=CaseKind.PARCEL,
        events=tuple(this.events),
        item=this.policy,
        calendar=this.calendar,
    )


def appointment() -> Served:
    """Booked, and the visitor has come."""
    this = given_appointment()
    this.wait_until("2026-09-22", "09:50")
    this.do(NoteArrival, Role.OFFICER, "ja-o1")
    return Served(
        kind=CaseKind.APPOINTMENT,
        events=tuple(this.events),
        item=this.policy,
        calendar=this.calendar,
    )


def walkthrough() -> Served:
    """A problem and a need, one of two remedies carried out and to be verified."""
    this = given_walkthrough()
    for sort in FindingSort:
        this.do(NoteFinding, Role.OFFICER, "ja-o1", sort=sort, text="密码隔天激活")
    for owner, days in (("ja-o2", 5), ("ja-o1", 60)):
        fields = {"text": "当日激活", "owner": owner, "answers": ("P1", "N1")}
        this.do(SetRemedy, Role.OFFICER, "ja-o1", working_days=days, **fields)
    this.do(ConcludeFindings, Role.OFFICER, "ja-o1")
    evidence = {"remedy": "R1", "proof": "附截图", "files": ("a" * 64,)}
    this.do(ReportRemedy, Role.OFFICER, "ja-o2", **evidence)
    return Served(
        kind=CaseKind.WALKTHROUGH,
        events=tuple(this.events),
        item=this.policy,
        calendar=this.calendar,
    )


def wage() -> Served:
    """Filed, investigated by two, mediated with evidence, and one of two instalments is paid."""
    this = given_complaint()
    this.do(FileComplaint, Role.OFFICER, "ja-o1")
    this.do(RecordInquiry, Role.OFFICER, "ja-o1", second="ja-o2", finding="查阅工资表")
    this.do(ConfirmInquiry, Role.OFFICER, "ja-o2", number=1)
    mediated(this)
    this.do(NoteInstalment, Role.OFFICER, "ja-o1", number=1, paid_on=local_date(this.now))
    return Served(
        kind=CaseKind.WAGE, events=tuple(this.events), item=this.policy, calendar=this.calendar
    )


EVERY_KIND = {
    "talent": talent,
    "asked": asked,
    "renewed": renewed,
    "permit": permit,
    "request": request,
    "rating": rating,
    "visits": visits,
    "ticket": ticket,
    "mail": mail,
    "parcel": parcel,
    "appointment": appointment,
    "walkthrough": walkthrough,
    "wage": wage,
}
