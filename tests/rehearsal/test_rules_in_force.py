"""What is in force in memory is what the register would say, order after order."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from casework.domain.case.facts import Actor
from casework.domain.errors import DomainError
from casework.domain.orders import (
    ChangeSuspension,
    Content,
    EndMeasure,
    ImportCalendar,
    LiftSuspension,
    OpenSuspension,
    Order,
    Reach,
    Scope,
    StartMeasure,
)
from casework.domain.policy import Role
from casework.domain.time.calendar import ZONE, CalendarYear
from casework.domain.time.clock import Stopped
from casework.messages.absences import StartAbsence
from casework.messages.cases import InForceQuestion
from casework.rehearsal.pure.in_force import Rules
from casework.rehearsal.registry import Registry
from casework.store.engine import Sessions
from casework.store.in_force import apply_order, catalogue_measures, read_in_force, seed
from casework.store.in_force.order_book import Stamp
from casework.store.register.absences import Absence, record_absence

SUPERIOR = Actor(code="sh-u1", role=Role.SUPERIOR)
BEGIN = datetime(2026, 9, 1, 10, tzinfo=ZONE)
CASE = "310106-0000-0000-0001"
PLACES = (("310106", "静安区人才服务中心"), ("310113", "x"), ("150102", "y"))


def opened(scope: Scope, key: str, day: int, **more: object) -> OpenSuspension:
    fields = {"first_on": date(2026, 9, day), "reason": "封控", "basis": "通告", **more}
    return OpenSuspension(reach=Reach(scope=scope, key=key), **fields)  # type: ignore[arg-type]


def changed(suspension: str, day: int, **more: object) -> ChangeSuspension:
    fields = {"clocks": Stopped.APPLICANT, "reason": "另定", "basis": "通告", **more}
    first_on = date(2026, 9, day)
    return ChangeSuspension(suspension=suspension, first_on=first_on, **fields)  # type: ignore[arg-type]


def lifted(suspension: str, day: int) -> LiftSuspension:
    return LiftSuspension(suspension=suspension, lifted_on=date(2026, 9, day), reason="解封")


def measure(district: str, day: int, until: date | None = None) -> StartMeasure:
    return StartMeasure(
        effect="PAPER_NO_LIMIT",
        district=district,
        items=("PTS_NEW",),
        since=date(2026, 9, day),
        until=until,
        reason="疫情",
        reference="通告",
    )


def ended(known: str, day: int) -> EndMeasure:
    return EndMeasure(measure=known, until=date(2026, 9, day), reason="结束")


def year(number: int, *off: date, district: str = "") -> ImportCalendar:
    return ImportCalendar(
        year=CalendarYear(year=number, off=off, make_up=(), notice="通知", provisional=True),
        district=district,
    )


ORDERS: tuple[Content, ...] = (
    opened(Scope.DISTRICT, "310106", 1),
    opened(Scope.CITY, "310000", 3, clocks=Stopped.BOTH, channels=("window",)),
    opened(Scope.OFFICE, "310106/静安区人才服务中心", 2, lifted_on=date(2026, 9, 20)),
    opened(Scope.CITY, "310106", 2),
    opened(Scope.DISTRICT, "310000", 2),
    opened(Scope.CASE, CASE, 2),
    opened(Scope.DISTRICT, "310106", 2, lifted_on=date(2026, 9, 1)),
    changed("order-0", 3),
    changed("order-1", 3, clocks=Stopped.AUTHORITY),
    lifted("order-2", 4),
    lifted("order-0", 5),
    lifted("order-0", 6),
    lifted("nowhere", 6),
    measure("310106", 8),
    measure("310106", 20),
    measure("310113", 8, date(2026, 9, 25)),
    measure("310113", 26),
    ended("PAPER_NO_LIMIT.310106.20260908", 5),
    ended("PAPER_NO_LIMIT.310106.20260908", 10),
    ended("nothing", 10),
    year(2027, date(2027, 1, 1)),
    year(2027, date(2027, 1, 4), district="310106"),
    year(2027, date(2026, 1, 1)),
    year(2090),
    opened(Scope.DISTRICT, "310113", 9),
)


def questions(on: date) -> Iterator[InForceQuestion]:
    for district, office in PLACES:
        for received_on in (date(2026, 9, 1), date(2026, 9, 10)):
            for version, until in ((-1, 0), (0, 2030), (0, 2032)):
                yield InForceQuestion(
                    case_no=CASE,
                    district=district,
                    office=office,
                    item="PTS_NEW",
                    received_on=received_on,
                    calendar_version=version,
                    calendar_until=until,
                    on=on,
                )


async def test_both_say_the_same_after_each_order(sessions: Sessions) -> None:
    registry = Registry.load()
    measures = catalogue_measures(registry.catalogue)
    rules = Rules.of(registry.calendar, measures)
    async with sessions.begin() as session:
        await seed(session, registry.calendar, measures)
    refused = []
    for number, content in enumerate(ORDERS):
        at = BEGIN + timedelta(days=number / 2)
        code = await in_the_register(sessions, f"order-{number}", content, at)
        assert in_memory(rules, f"order-{number}", content, at) == code, content
        refused.append(code)
        async with sessions() as session:
            for question in questions(at.date()):
                known, told = await read_in_force(session, question), rules.read(question)
                # Versions only grow: the register counts those that were refused as well.
                assert known.suspensions == told.suspensions, content
                assert known.measures == told.measures, content
                assert known.absent == told.absent
                assert (known.calendar is None) == (told.calendar is None), (content, question)
                assert known.calendar is None or known.calendar == told.calendar
                assert (known.version > 0) == (told.version > 0)
    assert {code for code in refused if code} == {
        "SCOPE_UNKNOWN",
        "LIFTED_BEFORE_FIRST",
        "SUSPENSION_OVER",
        "SUSPENSION_UNKNOWN",
        "MEASURE_EXISTS",
        "UNTIL_BEFORE_SINCE",
        "MEASURE_UNKNOWN",
        "CALENDAR_DAY_INVALID",
        "CALENDAR_YEAR_GAP",
    }


async def test_both_know_who_is_absent(sessions: Sessions) -> None:
    rules = Rules(years={"CN": {}}, measures={})
    away = [("a", 1, 3), ("b", 3, 4), ("a", 3, 3)]
    async with sessions.begin() as session:
        for number, (officer, first, last) in enumerate(away):
            first_on, last_on = date(2026, 9, first), date(2026, 9, last)
            start = StartAbsence(
                id=str(number),
                officer=officer,
                first_on=first_on,
                last_on=last_on,
                reason="休假",
                recorded_by=SUPERIOR,
            )
            rules.absences.append(start)
            absence = Absence(
                id=str(number),
                officer=officer,
                first_on=first_on,
                last_on=last_on,
                reason="休假",
                recorded_by="x",
                recorded_at=BEGIN,
            )
            await record_absence(session, absence)
        for day in range(1, 6):
            question = next(questions(date(2026, 9, day)))
            known = await read_in_force(session, question)
            assert rules.absent(date(2026, 9, day)) == known.absent


async def in_the_register(sessions: Sessions, no: str, content: Content, at: datetime) -> str:
    try:
        async with sessions.begin() as session:
            order = Order(no=no, content=content, proposed_by=SUPERIOR)
            await apply_order(session, order, SUPERIOR, at)
    except DomainError as error:
        return error.code
    return ""


def in_memory(rules: Rules, no: str, content: Content, at: datetime) -> str:
    stamp = Stamp(order=no, by=SUPERIOR.code, at=at, version=rules.version + 1)
    try:
        rules.apply(content, stamp, cases=(), running=())
    except DomainError as error:
        return error.code
    return ""
