"""One case of each kind, and everybody who might want to do something with it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any, get_type_hints
from uuid import uuid4

from pydantic_core import to_jsonable_python

from api.routes.examples import EXAMPLES, SERVICE_EXAMPLES
from casework.domain.case.commands import Command
from casework.domain.case.facts import Actor
from casework.domain.kinds.registry import KINDS, CaseKind
from casework.domain.kinds.round.opening import quarter_of
from casework.domain.policy import Role
from casework.domain.time.calendar import local_date
from tests.api.platform import EMPLOYER_CODE, Platform

NUMBER, OTHER_NUMBER = "310101199003071230", "11010519491231002X"
SYSTEMS = ("backend", "superior-system", "archive", "courier", "bench", "unknown-system")
"""Systems of the sample roster, and one that is in none."""
SOURCES = {
    CaseKind.APPLICATION: "points-portal",
    CaseKind.PERMIT_CYCLE: "permit-system",
    CaseKind.TALENT_CYCLE: "talent-platform",
    CaseKind.REQUEST: "talent-app",
    CaseKind.RATING: "rating",
    CaseKind.VISITS: "visit-rounds",
    CaseKind.TICKET: "points-portal",
    CaseKind.INCOMING_MAIL: "mail",
    CaseKind.PARCEL: "post",
    CaseKind.APPOINTMENT: "points-portal",
    CaseKind.WALKTHROUGH: "points-portal",
    CaseKind.WAGE: "points-portal",
}
"""Under which source a case of each kind is opened here."""
OUTSIDE = frozenset({Role.APPLICANT, Role.TALENT, Role.EMPLOYER})
CENTRE = frozenset({Role.OFFICER, Role.REVIEWER, Role.HEAD, Role.SUPERVISOR, Role.SUPERIOR})
PLATFORM = frozenset({Role.SPECIALIST, Role.REVIEWER, Role.SUPERVISOR})


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody before a case: ``number`` is theirs, if they come from outside."""

    actor: Actor
    number: str
    is_here: bool
    is_mine: bool


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A case that is open, with one of those assigned to it and the roles that have a post."""

    kind: CaseKind
    case_no: str
    district: str
    assigned: str
    posts: frozenset[Role]
    source: str

    def people(self, role: Role) -> Iterator[Person]:
        """Of own and other district, assigned (or with a case of their own) and not."""
        elsewhere = "310112" if self.district == "310106" else "500112"
        if role is Role.SYSTEM:
            yield from map(_system, SYSTEMS)
            return
        if role is Role.SUPERIOR:
            actor = Actor(code=superior_of(self.district), role=role)
            yield Person(actor=actor, number="", is_here=True, is_mine=False)
            return
        for is_mine in (True, False):
            if role in OUTSIDE:
                number = NUMBER if is_mine else OTHER_NUMBER
                actor = Actor(code=f"{role}-{is_mine}", role=role)
                yield Person(actor=actor, number=number, is_here=True, is_mine=is_mine)
                continue
            for is_here in (True, False):
                code = self.assigned if is_mine else f"{role}-nobody"
                district = self.district if is_here else elsewhere
                actor = Actor(code=code, role=role, district=district)
                yield Person(actor=actor, number="", is_here=is_here, is_mine=is_mine)


def superior_of(district: str) -> str:
    """One of those whom the sample names for the city."""
    return {"31": "sh-u1", "50": "cq-u1", "15": "hh-u1"}[district[:2]]


def _system(code: str) -> Person:
    return Person(actor=Actor(code=code, role=Role.SYSTEM), number="", is_here=True, is_mine=True)


async def standing(kind: CaseKind, platform: Platform) -> Standing:
    """An open case of a kind, in which nobody of ours has acted yet."""
    match kind:
        case CaseKind.APPLICATION:
            number = await platform.backend.case()
        case CaseKind.PERMIT_CYCLE:
            number = await platform.permit()
        case CaseKind.TALENT_CYCLE:
            number = await platform.talent()
        case CaseKind.REQUEST:
            number = await platform.request(await platform.talent())
        case CaseKind.RATING:
            case = await platform.finished(await platform.talent())
            number = await _opened(platform, "/v1/ratings", poor(case))
        case CaseKind.VISITS:
            number = await _opened(platform, "/v1/rounds", filed(kind), by="visit-platform")
        case _:
            number = await _opened(platform, f"/v1/{KINDS[kind].path}", filed(kind))
    by = "ja-s1" if kind is CaseKind.APPOINTMENT else ""  # the superior sees none
    shown = await platform.shown("cases", number, by)
    # Whoever: all that counts is that they are there; of an appointment, an officer who sees it.
    who = "ja-o" if kind is CaseKind.APPOINTMENT else ""
    assigned = max(code for code in shown["assigned"].split() if code.startswith(who))
    posts = CENTRE if number.startswith("31") else PLATFORM
    posts -= {Role.REVIEWER} if kind is CaseKind.REQUEST else set()
    return Standing(
        kind=kind,
        case_no=number,
        district=number[:6],
        assigned=assigned,
        posts=posts,
        source=SOURCES[kind],
    )


def _demand() -> dict[str, Any]:
    return {
        "district": "310106",
        "source": "points-portal",
        "reference": f"t-{uuid4().hex[:12]}",
        "came_by": "hotline_12345",
        "subject_matter": "积分申请提交两周未有回音",
        "caller": {"name": "张三", "phone": "13800000000"},
    }


def _walk() -> dict[str, Any]:
    return {
        "district": "310106",
        "source": "points-portal",
        "reference": f"w-{uuid4().hex[:12]}",
        "leader": "分管副局长",
        "role": "citizen",
        "mode": "in_person",
        "way": "window",
        "walked_item": "职业介绍",
        "walked_on": "2026-09-16",
    }


def _mail() -> dict[str, Any]:
    return {
        "district": "310106",
        "reference": f"m-{uuid4().hex[:12]}",
        "mailbox": "points",
        "verdict": "triage",
        "subject": "某某公司积分材料",
    }


def _parcel() -> dict[str, Any]:
    return {
        "district": "310106",
        "reference": f"E{uuid4().hex[:12].upper()}",
        "courier": "EMS",
        "contents": ["复印件"],
    }


def _visit() -> dict[str, Any]:
    return {
        "district": "310106",
        "source": "points-portal",
        "reference": f"a-{uuid4().hex[:12]}",
        "applicant": {"name": "张三", "id_number": NUMBER, "phone": "13800000000"},
        "business": "points",
        "walk_in": True,
    }


def _wages() -> dict[str, Any]:
    return {
        "district": "310106",
        "source": "points-portal",
        "reference": f"w-{uuid4().hex[:12]}",
        "applicant": {"name": "张三", "id_number": NUMBER, "phone": "13800000000"},
        "statement": "三个月工资未付",
        "owed": 812000,
        "last_unpaid_on": "2026-01-31",
        "employer_name": "某某公司",
    }


def _round() -> dict[str, Any]:
    return {"district": "500103", "quarter": quarter_of(local_date(datetime.now(UTC)))}


_FILED: dict[CaseKind, Callable[[], dict[str, Any]]] = {
    CaseKind.VISITS: _round,
    CaseKind.TICKET: _demand,
    CaseKind.INCOMING_MAIL: _mail,
    CaseKind.PARCEL: _parcel,
    CaseKind.APPOINTMENT: _visit,
    CaseKind.WALKTHROUGH: _walk,
    CaseKind.WAGE: _wages,
}
"""What is filed of the kinds that are opened by a form alone."""


def filed(kind: CaseKind) -> dict[str, Any]:
    """The body by which a case of such a kind is opened, under a reference of its own."""
    return _FILED[kind]()


def poor(case: str) -> dict[str, Any]:
    return {"case_no": case, "grade": 1, "named": True, "comment": "等候时间过长"}


async def _opened(platform: Platform, path: str, body: dict[str, Any], by: str = "backend") -> str:
    answer = await platform.backend.post(by, path, body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["case_no"])


_OF_SYSTEMS = {
    "standing": {"talent": "500103-0000-0000-0000", "status": "active", "letter": "A"},
}
"""What no caller sends, and has no example."""


def blank(command: type[Command]) -> dict[str, Any]:
    """A body of a verb that is readable, and says so little that nothing can come of it."""
    if command.__name__ == "ChangeEmployer":
        return {"employer": EMPLOYER_CODE, "changed_on": "2026-01-05"}
    example = (EXAMPLES | SERVICE_EXAMPLES).get(command, _OF_SYSTEMS)
    hints = get_type_hints(command)
    body = dict(example)
    for field in fields(command):
        if hints[field.name] is str and field.name in body:
            body[field.name] = " "
        if str(hints[field.name]).startswith("tuple") and field.name in body:
            body[field.name] = []
    return body


def command(verb: str, kind: CaseKind, actor: Actor) -> dict[str, Any]:
    """The same as a message for Temporal."""
    return blank(KINDS[kind].verbs[verb]) | {"actor": to_jsonable_python(actor)}


def known_by(person: Person, subject: str) -> Actor:
    """The person as the API makes them of a token."""
    return replace(person.actor, subject=subject if person.number else "")
