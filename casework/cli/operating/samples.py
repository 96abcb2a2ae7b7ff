"""What ``casework up`` brings besides applications: a day's life of the desk, on any day.

Dates follow the working calendar and the free slots. What was brought today is not brought again;
on another day there is more of it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes
from http import HTTPStatus
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from casework.cli.terms.errors import CommandError
from casework.cli.terms.screen import say
from casework.domain.time.calendar import WorkingCalendar, local_date
from casework.domain.units import UnitStatus

if TYPE_CHECKING:
    import httpx

    from casework.cli.calling.client import Client

    Speaker = Callable[[str], Client]
    Sent = Callable[..., httpx.Response | None]

MINHANG, JINGAN, PUDONG = "310112", "310106", "310115"
TICKETS, APPOINTMENTS, SLOTS = "/v1/tickets", "/v1/appointments", "/v1/slots"
BUSINESS = "points"
FIRM = "某某人寿保险股份有限公司"
_SOURCE = "points-portal"
_PEOPLE = (("王某某", "13800000001"), ("李某某", "13800000002"), ("赵某某", "13800000003"))


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One request, and as whom it is made; ``reference`` in the body makes it one and the same."""

    path: str
    body: Mapping[str, Any]
    act_as: str = "backend"


@dataclass(frozen=True, kw_only=True)
class Posted:
    """A sample mail as it lies in ``examples/mails``."""

    raw: bytes = field(repr=False)
    sender: str
    to: str


def mails(folder: Path) -> Iterator[Posted]:
    """The sample mails, one in each grammar and one that is wrong, in order of their names."""
    for file in sorted(folder.glob("*.eml")):
        raw = file.read_bytes()
        head = message_from_bytes(raw)
        yield Posted(raw=raw, sender=str(head["From"]), to=str(head["To"]))


def tickets(now: datetime) -> list[Sample]:
    """Three of a district: one that is taken on, one that nobody has taken yet, one said twice.

    The first has to be answered for the third; the caller of each is to be called by the next
    working day.
    """
    today = local_date(now)
    said = (
        ("积分申请提交两周未有回音", 0),
        ("窗口要求重复提交居住证复印件，请核实", 1),
        ("再次来电：积分申请提交两周未有回音", 0),
    )
    return [
        Sample(
            path=TICKETS,
            body={
                "district": MINHANG,
                "source": _SOURCE,
                "reference": f"sample-ticket-{number}-{today}",
                "came_by": "complaint",
                "subject_matter": text,
                "caller": {"name": _PEOPLE[who][0], "phone": _PEOPLE[who][1]},
            },
        )
        for number, (text, who) in enumerate(said, start=1)
    ]


def appointments(now: datetime, slots: Sequence[Mapping[str, Any]]) -> list[Sample]:
    """Two on the first day on which the window still offers a place, and one on the next.

    ``slots``: as the API offers them. On a day off, or after hours, the first day is a later one.
    """
    today = local_date(now)
    free = [each for each in slots if each["free"] > 0]
    days = [list(of_day) for _, of_day in groupby(free, key=lambda each: each["day"])]
    chosen = [*dict.fromkeys((0, len(days[0]) - 1))] if days else []
    wanted = [days[0][at] for at in chosen] + [day[0] for day in days[1:2]]
    return [
        Sample(
            path=APPOINTMENTS,
            body={
                "district": PUDONG,
                "source": _SOURCE,
                "reference": f"sample-appointment-{number}-{today}",
                "applicant": _person(number),
                "business": BUSINESS,
                "day": slot["day"],
                "at": slot["at"],
            },
        )
        for number, slot in enumerate(wanted, start=1)
    ]


def walk_in(now: datetime) -> Sample:
    """Somebody at the counter without an appointment."""
    return Sample(
        path=APPOINTMENTS,
        act_as="pd-o1",
        body={
            "district": PUDONG,
            "reference": f"sample-walk-in-{local_date(now)}",
            "applicant": _person(0),
            "business": "consult",
            "walk_in": True,
        },
    )


def others(now: datetime, calendar: WorkingCalendar) -> list[Sample]:
    """A walkthrough, a wage complaint, and three lines of the consultation log."""
    today = local_date(now)
    last = calendar.roll_back(today)
    asked = (("phone", "points", True), ("counter", "files", True), ("wechat", "progress", True))
    return [
        Sample(
            path="/v1/walkthroughs",
            act_as="mh-o1",
            body={
                "district": MINHANG,
                "reference": f"sample-walk-{today}",
                "leader": "分管副局长",
                "role": "citizen",
                "mode": "in_person",
                "way": "mixed",
                "walked_item": "居住证积分新办",
                "walked_on": str(last),
                "process_smooth": 4,
                "papers_few": 3,
            },
        ),
        Sample(
            path="/v1/wages",
            body={
                "district": JINGAN,
                "source": _SOURCE,
                "reference": f"sample-wage-{today}",
                "applicant": _person(1),
                "statement": "两个月工资未付，经多次催要未果",
                "owed": 1_640_000,
                "last_unpaid_on": str(today - timedelta(days=20)),
                "employer_name": "某某建筑公司",
            },
        ),
        *(
            Sample(
                path="/v1/consultations",
                act_as="mh-o1",
                body={
                    "channel": channel,
                    "topic": topic,
                    "answered": answered,
                    "reference": f"sample-consultation-{number}-{today}",
                },
            )
            for number, (channel, topic, answered) in enumerate(asked, start=1)
        ),
    ]


UNIT = Sample(
    path="/v1/units",
    act_as="ja-o1",
    body={
        "credit_code": "91310106MA1FY7XX05",
        "name": FIRM,
        "short_names": ["某某人寿"],
        "mailbox": "hr@firm.example.com",
        "contact": "赵女士",
        "phone": "021-64000000",
    },
)
"""The unit from whose registered mailbox the sample mails of 静安 come."""


def _person(number: int) -> dict[str, str]:
    name, phone = _PEOPLE[number % len(_PEOPLE)]
    numbers = ("310101199003071230", "11010519491231002X", "310106198802153723")
    return {"name": name, "id_number": numbers[number % len(numbers)], "phone": phone}


def bring(client: "Client", now: datetime, calendar: WorkingCalendar, speaker: "Speaker") -> None:
    """Bring all of today; what is refused is told.

    ``speaker``: a client that speaks as somebody of the sample roster.
    """

    def sent(sample: Sample, key: str = "") -> "httpx.Response | None":
        try:
            answer = speaker(sample.act_as).post(sample.path, sample.body, key=key)
            if answer.status_code == HTTPStatus.ACCEPTED:
                answer = client.follow(answer)
        except CommandError as error:
            # A sample that the office refuses today must not keep the stack from standing.
            say(f"{sample.path} was not taken: {error}")
            return None
        return answer

    unit = sent(UNIT, key="sample-unit")
    if unit is not None and unit.json()["status"] == UnitStatus.PROPOSED:
        sent(Sample(path=f"{UNIT.path}/{unit.json()['id']}/approve", act_as="ja-s1", body={}))
    _bring_tickets(tickets(now), sent)
    try:
        free = speaker("pd-o1").get(SLOTS, district=PUDONG, business=BUSINESS)["items"]
    except CommandError as error:
        say(f"no appointments: {error}")
        free = []
    for sample in (*appointments(now, free), walk_in(now), *others(now, calendar)):
        sent(sample)


def _bring_tickets(samples: Sequence[Sample], sent: "Sent") -> None:
    answers = [sent(each) for each in samples]
    if any(each is None or each.status_code != HTTPStatus.CREATED for each in answers):
        return  # they are of an earlier start, and have gone their way
    into, _, again = [str(each.json()["case_no"]) for each in answers if each is not None]
    sent(Sample(path=f"{TICKETS}/{into}/sign-ticket", act_as="mh-o1", body={}))
    joined = {"into": into, "reason": "同一诉求人就同一事项再次来电"}
    sent(Sample(path=f"{TICKETS}/{again}/join-ticket", act_as="mh-o1", body=joined))
