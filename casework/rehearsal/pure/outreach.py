"""Who is told one by one in a rehearsal without a register (主动告知).

The list, its leading cases and its rounds are those of ``casework.store.outreach`` and of the
Outreach workflow, over the cases in memory. What a contact is, the domain says.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import cast

from casework.domain.case.state import Case
from casework.domain.kinds.application.commands import RequestContact, ShareContact
from casework.domain.kinds.application.state import (
    OPEN_DEBTS,
    Application,
    ApplicationStage,
    Contact,
    ContactState,
)
from casework.domain.orders import Reach, Scope, district_of
from casework.domain.policy import channels_of, city_of
from casework.domain.time.calendar import WorkingCalendar, local_date, opening
from casework.domain.time.clock import Clock, due_on, kind_of
from casework.domain.time.ladder import side_of
from casework.domain.time.suspension import REACHING
from casework.messages.outreach import OPENS, OUTREACH
from casework.rehearsal.pure.in_force import Imposed, Rules
from casework.store.register.in_force import MeasureRow
from casework.trial.case import PureApplication, PureCase

_OVER = (ContactState.FILED, ContactState.CLOSED)


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A case on the list; with ``through`` its person is told on that one."""

    person: str
    through: str
    asked: bool = False
    gone: bool = False


@dataclass(kw_only=True)
class Outreach:
    """One outreach. ``next_at``: when its next round is made; None: it is over.

    ``cases`` are all applications, ``as_in_force`` gives one with its dates under what is in force
    now; ``others`` are all outreaches there are, this one among them.
    """

    id: str
    about: str
    text: str
    rules: Rules
    cases: Mapping[str, PureApplication]
    as_in_force: Callable[[PureCase], Case]
    others: Sequence["Outreach"]
    next_at: datetime | None
    requests: dict[str, Listed] = field(default_factory=dict)
    last_round_on: date | None = None

    def make_round(self, at: datetime) -> None:
        """List who is concerned, ask whom nobody has asked, pass on what came of it."""
        # The round after the end is still made in full: it finds whom the last day concerned.
        over = self.last_round_on is not None and self._is_over(self.last_round_on)
        self._make_list(over=over)
        for case_no in sorted(self.requests):
            if not self.requests[case_no].asked:
                self._ask(case_no)
        for case_no in sorted(self.requests):
            self._share(case_no)
        today = self.last_round_on = local_date(at)
        self.next_at = None if self._is_over(today) and not self._waits() else self._next(at)

    @property
    def _subject(self) -> MeasureRow | Imposed:
        return self.rules.measures.get(self.about) or self.rules.suspensions[self.about]

    def _is_over(self, day: date) -> bool:
        subject = self._subject
        last = subject.until if isinstance(subject, MeasureRow) else subject.stop.lifted_on
        return last is not None and last < day

    def _waits(self) -> bool:
        contacts = (self._contact(case_no) for case_no in self.requests)
        return any(not each.asked for each in self.requests.values()) or any(
            each is not None and each.through and each.state not in _OVER for each in contacts
        )

    def _next(self, at: datetime) -> datetime:
        subject = self._subject
        place = subject.district if isinstance(subject, MeasureRow) else district_of(subject.reach)
        calendar, today = self.rules.calendar(place), local_date(at)
        if calendar.is_working(today) and at < opening(today, OPENS):
            return opening(today, OPENS)
        return opening(calendar.shift(today, 1), OPENS)

    # --- the list ------------------------------------------------------------------------

    def _make_list(self, *, over: bool) -> None:
        pool = {
            case_no: case
            for case_no, case in self.cases.items()
            if case.case.closed_at is None
            and not (case_no in self.requests and self.requests[case_no].gone)
            and (case_no in self.requests or (not over and self._concerns(case)))
        }
        leads = dict(self._leads())
        for person in dict.fromkeys(_person(case) for case in pool.values()):
            leads.setdefault(person, self._elect(person, pool))
        listed = {no: _person(case) for no, case in pool.items()}
        listed |= {no: person for person, no in leads.items() if person in listed.values()}
        for case_no, person in listed.items():
            through = "" if leads[person] == case_no else leads[person]
            known = self.requests.get(case_no)
            if known is None or known.through != through:
                self.requests[case_no] = Listed(person=person, through=through)

    def _leads(self) -> Iterator[tuple[str, str]]:
        """On which case each person is told, was told, or was given up; an open one before."""
        found = []
        for case_no, each in self.requests.items():
            contact, closed = self._contact(case_no), self.cases[case_no].case.closed_at is not None
            told = contact is not None and (contact.filed_at is not None or _given_up(contact))
            if not each.through and not each.gone and (told or not closed):
                found.append((closed, each.person, case_no))
        yield from ((person, case_no) for _, person, case_no in sorted(found, reverse=True))

    def _elect(self, person: str, pool: Mapping[str, PureApplication]) -> str:
        """The leading case of a person who has none: told of something already, else the oldest."""
        own = {
            case_no: self.cases[case_no].case
            for outreach in self.others
            for case_no, each in outreach.requests.items()
            if each.person == person and not each.through and not each.gone
        }
        told = {case_no: case for case_no, case in own.items() if case.closed_at is None}
        found = told or {no: c.case for no, c in pool.items() if _person(c) == person}
        return min(found, key=lambda case_no: (found[case_no].received_at, case_no))

    def _concerns(self, case: PureApplication) -> bool:
        subject, state = self._subject, cast("Application", self.as_in_force(case))
        if isinstance(subject, MeasureRow):
            return self._under(subject, state)
        stop = subject.stop
        return _is_within(subject.reach, state) and any(
            stop.clocks is not None
            and stop.clocks.covers(side_of(clock.id))
            and (stop.lifted_on is None or clock.started_on < stop.lifted_on)
            for clock in state.running
        )

    def _under(self, measure: MeasureRow, case: Application) -> bool:
        """Whether the measure holds for a case: whom it does not help is told nothing of it."""
        channels = channels_of(measure.channels, measure.online_accepted_from)
        reached = case.district == measure.district and case.item in measure.items
        if not reached or (channels and case.channel not in channels):
            return False
        if measure.effect not in REACHING:
            return _accepted_from(measure, case.accepted_on)
        owed = any(
            line.by_measure == measure.effect and line.status in OPEN_DEBTS for line in case.lines
        )
        of_another = any(clock.measure not in {"", measure.id} for clock in case.running)
        held = any(clock.measure == measure.id for clock in case.running)
        return held or (owed and not of_another) or self._waits_under(measure, case)

    def _waits_under(self, measure: MeasureRow, case: Application) -> bool:
        since = local_date(case.stage_since)
        waits = case.stage is ApplicationStage.AWAIT_PAPER and _accepted_from(measure, since)
        if not waits or (measure.until is not None and since > measure.until):
            return False
        calendar = self.rules.calendar(case.district)
        return not any(_is_due_before(c, measure.since, calendar) for c in case.running)

    # --- the cases -----------------------------------------------------------------------

    def _ask(self, case_no: str) -> None:
        each = self.requests[case_no]
        command = RequestContact(
            actor=OUTREACH, outreach=self.id, about=self.text, through=each.through
        )
        gone = self.cases[case_no].signal("request_contact", command) is not None
        self.requests[case_no] = replace(each, asked=True, gone=gone)

    def _share(self, case_no: str) -> None:
        """What a further case of a person takes over from the leading one."""
        own = self._contact(case_no)
        theirs = self._contact(own.through) if own is not None and own.through else None
        if own is None or theirs is None or own.state in _OVER:
            return
        news = any(
            getattr(own, name) is None and getattr(theirs, name) is not None
            for name in ("reached_at", "settled_at", "filed_at")
        )
        if not news and not _given_up(theirs):
            return
        command = ShareContact(
            actor=OUTREACH,
            outreach=self.id,
            reached_at=theirs.reached_at,
            settled_at=theirs.settled_at,
            filed_at=theirs.filed_at,
            closed=_given_up(theirs),
        )
        self.cases[case_no].signal("share_contact", command)

    def _contact(self, case_no: str) -> Contact | None:
        case: Application = self.cases[case_no].case
        return next((each for each in case.contacts if each.outreach == self.id), None)


def _person(case: PureApplication) -> str:
    return case.start.subject or case.start.case_no


def _given_up(contact: Contact) -> bool:
    return contact.state is ContactState.CLOSED and contact.escalated_at is not None


def _is_within(reach: Reach, case: Application) -> bool:
    match reach.scope:
        case Scope.CITY:
            return city_of(case.district) == reach.key
        case Scope.DISTRICT:
            return case.district == reach.key
        case Scope.OFFICE:
            return f"{case.district}/{case.office}" == reach.key
        case Scope.CASE:
            return case.case_no == reach.key


def _accepted_from(measure: MeasureRow, accepted_on: date | None) -> bool:
    first = measure.online_accepted_from
    # Who is still to be accepted will be so later than that day.
    return first is None or accepted_on is None or accepted_on >= first


def _is_due_before(clock: Clock, day: date, calendar: WorkingCalendar) -> bool:
    due = due_on(clock, calendar)
    return kind_of(clock.id) == "paper" and due is not None and due < day
