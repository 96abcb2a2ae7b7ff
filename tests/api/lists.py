"""What each list of the API is filled with, so that its pages can be put together again.

A new list belongs here: `test_every_list_is_tried` fails until it is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.load import posts_at
from casework.policy.staffing import of_files
from casework.security.pseudonyms import Pseudonyms
from casework.settings import Settings
from casework.store.models import (
    Absences,
    Accesses,
    Appointments,
    Armings,
    AuditDigests,
    CardDigests,
    Cards,
    Cases,
    Clocks,
    Consultations,
    Contacts,
    Courses,
    CreditRecords,
    Events,
    Measures,
    Model,
    Openings,
    Opinions,
    Orders,
    Outreaches,
    PolicyMoves,
    RebalanceMoves,
    Requests,
    ServiceItems,
    StaffPosts,
    Suspensions,
    Talents,
    Tasks,
    Transfers,
    UndeliveredEvents,
    Units,
    Webhooks,
    model_of,
)

PLACE = "310106"
NUMBER = "110101199003071233"
MOST = 40  # cases that a list may have rows of
TURNED = MOST + 1
_T0 = datetime(2026, 3, 2, 1, tzinfo=UTC)
_D0 = date(2026, 3, 2)
_LAST = date.max  # as late as a date can be, beside those that are not known


@dataclass(frozen=True, kw_only=True)
class List:
    """One list: where it is, whose table it shows, and a row of it.

    ``keyset`` is its name among those that give pages. ``row`` makes the n-th row: equal where
    rows may be, and without what may be missing. ``known_by``: members by which an item is known.
    ``stays``: the database lets no row be deleted. ``more``: items that come from elsewhere.
    ``reader``: who sees it whole, by default one who sees every district.
    """

    path: str
    keyset: str
    table: type[Model]
    row: Callable[[int, Random], dict[str, Any]]
    known_by: tuple[str, ...]
    asked: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, str] | None = None
    stays: bool = False
    more: frozenset[tuple[str, ...]] = frozenset()
    reader: str = "sh-u2"

    @property
    def template(self) -> str:
        """The path as the description of the API has it."""
        return _TEMPLATES.get(self.path, self.path)


ORDER, OUTREACH, HOOK = "ZL-0000-0000-0001", "OUT-1", "wh-0"
_TEMPLATES = {
    "/v1/officers/ja-r1/handover": "/v1/officers/{code}/handover",
    f"/v1/cases/{PLACE}-TEST-0000-0001/notes": "/v1/cases/{case_no}/notes",
    f"/v1/cases/{PLACE}-TEST-0000-0001/opinions": "/v1/cases/{case_no}/opinions",
    f"/v1/orders/{ORDER}/cases": "/v1/orders/{no}/cases",
    f"/v1/orders/{ORDER}/handings": "/v1/orders/{no}/handings",
    f"/v1/outreaches/{OUTREACH}/contacts": "/v1/outreaches/{number}/contacts",
}


def case_no(number: int) -> str:
    return f"{PLACE}-TEST-0000-{number:04}"


def _when(dice: Random) -> datetime:
    return _T0 + timedelta(hours=dice.randrange(3), microseconds=dice.randrange(2))


def _day(dice: Random) -> date:
    return _D0 + timedelta(days=dice.randrange(3))


def _maybe(dice: Random, *values: Any) -> Any:
    return dice.choice((None, None, *values))


def _case(number: int, dice: Random) -> dict[str, Any]:
    at = _when(dice)
    return {
        "case_no": case_no(number),
        "district": PLACE,
        "item": "PTS_NEW",
        "item_name": "",
        "office": "",
        "channel": "online",
        "policy": "policy",
        "stage": "review",
        "stage_since": at,
        "received_at": at,
        "card": "none",
        "holder": "ja-o1",
        "green": False,
        "open_debts": 0,
        "last_seq": 1,
        "assigned": "ja-o1 ja-o2",
    }


def _task(number: int, dice: Random) -> dict[str, Any]:
    return {
        "case_no": case_no(number % 3),
        "task": f"check:材料-{number:03}" + "x" * 100,
        "district": PLACE,
        "kind": "review",
        "about": "",
        "role": "reviewer",
        "holder": dice.choice(("ja-r1", "ja-r2")),
        "backup": dice.choice(("ja-r1", "ja-r2", "")),
        "opened_at": _T0,
        "due_on": _maybe(dice, _day(dice), _LAST),
        "closed_by": "",
    }


def _note(number: int, dice: Random) -> dict[str, Any]:
    return {
        "case_no": case_no(1),
        "seq": number + 1,
        "kind": "note_added",
        "title": "内部备注",
        "at": _when(dice),
        "actor": "ja-o1",
        "role": "officer",
        "reason": "",
        "body": {"kind": "note_added", "text": f"第 {number} 条"},
    }


def _opinion(number: int, dice: Random) -> dict[str, Any]:
    return {
        "case_no": case_no(1),
        "task": f"give_opinion#{number:03}",
        "asked": "hp-o1",
        "asked_as": "officer",
        "asked_by": "ja-o1",
        "asked_at": _when(dice),
        "asked_seq": 1000 + number,
        "clock": f"asked_opinion#{number}",
        "given_at": _maybe(dice, _T0),
        "late": False,
        "files": (),
    }


def _transfer(number: int, dice: Random) -> dict[str, Any]:
    return {
        "case_no": case_no(number % 3),
        "seq": number + 1,
        "at": _when(dice),
        "actor": "ja-s1",
        "role": "supervisor",
        "from_district": PLACE,
        "from_office": "",
        "to_district": "310104",
        "to_office": "",
        "reason": "",
    }


def _request(number: int, dice: Random) -> dict[str, Any]:
    del dice
    return {
        "case_no": case_no(number),
        "talent": "",
        "letter": "A",
        "mode": "online",
        "need": "",
        "level": "district",
        "body": "",
        "result": "",
        "transferred_to": "",
    }


def _talent(number: int, dice: Random) -> dict[str, Any]:
    return {
        "case_no": case_no(number),
        "cycle": "talent",
        "number": 1,
        "starts_on": _D0,
        "ends_on": _D0,
        "letter": "A",
        "score": _maybe(dice, 3),
        "employer": "",
        "credential_kind": "",
        "credential_code": "",
        "status": "active",
        "points": "none",
    }


def _visitor(number: int, dice: Random) -> dict[str, Any]:
    return {
        "case_no": case_no(number),
        "business": "points",
        "day": _D0,
        "at": dice.choice(("09:00", "10:00")),
        "until": "11:00",
        "places": 6,
        "businesses": "",
        "takes_place": True,
        "walk_in": False,
        "about": "",
        "answers": "",
        "keep_until": _D0,
        "moves": 0,
    }


def _walk(number: int, dice: Random) -> dict[str, Any]:
    return {
        "case_no": case_no(number),
        "leader": "",
        "role": "clerk",
        "mode": "in_person",
        "way": "window",
        "walked_item": "",
        "walked_on": _day(dice),
        "note": "",
        "explanation": "",
    }


def _consultation(number: int, dice: Random) -> dict[str, Any]:
    return {
        "district": PLACE,
        "source": dice.choice(("desk", "hotline")),
        "reference": f"q-{number:03}",
        "content": "",
        "channel": "phone",
        "topic": "points",
        "needs": (),
        "answered": True,
        "asked_at": _when(dice),
        "logged_at": _T0,
        "logged_by": "ja-o1",
    }


def _unit(number: int, dice: Random) -> dict[str, Any]:
    return {
        "id": f"DW-0000-0000-{number:04}",
        "district": PLACE,
        "credit_code": f"{number:018}",
        "name": "某某公司",
        "short_names": (),
        "keys": (),
        "mailbox": "",
        "mailbox_is": f"{number}",
        "contact": "",
        "phone": "",
        "case_no": "",
        "replaces": "",
        "reason": "",
        "content": "",
        "status": "rejected",
        "proposed_by": "ja-o1",
        "proposed_at": _when(dice),
    }


def _absence(number: int, dice: Random) -> dict[str, Any]:
    day = _day(dice)
    return {
        "id": f"ja-o1-{number:03}",
        "officer": dice.choice(("ja-o1", "ja-o2")),
        "first_on": day,
        "last_on": day,
        "reason": "",
        "recorded_by": "ja-s1",
        "recorded_at": _T0,
        "ended_on": _maybe(dice, day),
    }


def _post(number: int, dice: Random) -> dict[str, Any]:
    return {
        "id": f"ZL-{number:04}.1",
        "person": dice.choice(("ja-o1", "ja-o2")),
        "role": "officer",
        "city": "310000",
        "district": PLACE,
        "share": 100,
        "rank": 1,
        "since": _D0,
        "until": _maybe(dice, _LAST),
        "origin": f"ZL-{number:04}",
        "version": number,
    }


def _suspension(number: int, dice: Random) -> dict[str, Any]:
    return {
        "id": f"ZL-{number:04}",
        "scope": "district",
        "key": PLACE,
        "first_on": dice.choice((_day(dice), _LAST)),
        "lifted_on": _maybe(dice, _LAST),
        "reason": "",
        "basis": "",
        "clocks": "applicant",
        "channels": (),
        "by": "sh-u1",
        "version": number,
    }


def _measure(number: int, dice: Random) -> dict[str, Any]:
    return {
        "id": f"M.{number:04}",
        "effect": "PAPER_DEFERRED",
        "name": "",
        "district": PLACE,
        "items": ("PTS_NEW",),
        "since": dice.choice((_day(dice), _LAST)),
        "until": _maybe(dice, _LAST),
        "reference": "",
        "mark": "law",
        "origin": "test",
        "version": number,
    }


def _order(number: int, dice: Random) -> dict[str, Any]:
    return {
        "no": f"ZL-1111-1111-{number:04}",
        "kind": "lift_suspension",
        "status": "proposed",
        "body": {
            "kind": "lift_suspension",
            "suspension": "ZL-1",
            "lifted_on": "2026-03-02",
            "reason": "",
        },
        "district": PLACE,
        "proposed_by": "ja-s1",
        "proposed_at": _when(dice),
        "decided_at": _maybe(dice, _T0),
    }


def _move(number: int, dice: Random) -> dict[str, Any]:
    return {
        "order_no": ORDER,
        "case_no": case_no(number),
        "outcome": "waiting",
        "at": _maybe(dice, _T0),
    }


def _handing(number: int, dice: Random) -> dict[str, Any]:
    return {
        "order_no": ORDER,
        "case_no": case_no(number),
        "kind": "application",
        "role": "officer",
        "holder": "ja-o1",
        "receiver": "ja-o2",
        "tasks": 1,
        "weight": 2,
        "cap": 0,
        "why": "",
        "outcome": "waiting",
        "at": _maybe(dice, _T0),
    }


def _outreach(number: int, dice: Random) -> dict[str, Any]:
    return {
        "id": f"O-{number:03}",
        "kind": "measure",
        "about": "M.1",
        "text": "",
        "started_at": _when(dice),
        "ended_at": _maybe(dice, _T0),
    }


def _contact(number: int, dice: Random) -> dict[str, Any]:
    return {
        "case_no": case_no(number),
        "outreach": OUTREACH,
        "district": PLACE,
        "about": "",
        "state": "listed",
        "through": "",
        "attempts": 0,
        "listed_at": _T0,
        "reached_at": _maybe(dice, _T0),
    }


def _card_digest(number: int, dice: Random) -> dict[str, Any]:
    return {
        "key": f"cards:{number}",
        "officer": f"ja-o{number}",
        "district": PLACE,
        "day": dice.choice((_day(dice), _LAST)),
        "channel": "mail",
        "status": "sent",
        "red": 1,
        "yellow": 0,
        "older": 0,
        "sent_at": _maybe(dice, _T0),
    }


def _audit_digest(number: int, dice: Random) -> dict[str, Any]:
    del dice
    return {
        "district": ("310104", "310106", "310115")[number % 3],
        "number": number,
        "day": _D0 + timedelta(days=number // 3),
        "made_at": _T0,
        "cases": 1,
        "document": "",
        "hash": "",
        "key": "",
        "signature": "",
    }


def _access(number: int, dice: Random) -> dict[str, Any]:
    return {
        "at": _when(dice),
        "actor": f"ja-o{number}",
        "role": "officer",
        "district": PLACE,
        "what": "disclose",
        "case_no": "",
        "reason": "",
    }


def _card(number: int, dice: Random) -> dict[str, Any]:
    return {
        "case_no": case_no(number % 3),
        "clock": f"decide#{number}",
        "rung": dice.choice(("yellow", "red")),
        "holder": "",
        "backup": "",
        "given_at": _when(dice),
        "cleared_at": _maybe(dice, _T0),
        "cleared_by": "",
        "reason": "",
    }


def _credit_record(number: int, dice: Random) -> dict[str, Any]:
    return {
        "id": f"{case_no(number)}:1",
        "case_no": case_no(number),
        "seq": 1,
        "material": "",
        "recorded_at": _when(dice),
        "reason": "",
        "repaired_at": _maybe(dice, _T0),
    }


def _course(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": UUID(int=number),
        "district": PLACE,
        "office": "",
        "alone": "",
        "unit": "working_days",
        "amount": 1,
        "rolls": False,
        "side": "authority",
        "measure": "",
        "started_on": _D0,
        "stops": (),
        "pending": ("end",),
        "pauses": (),
        "provisional": False,
        **more,
    }


def _running(number: int, dice: Random) -> dict[str, Any]:
    course = UUID(int=10 + dice.randrange(3))
    return {
        "case_no": case_no(number),
        "clock": "decide",
        "kind": "decide",
        "name": "",
        "course": course,
    }


def _webhook(number: int, dice: Random) -> dict[str, Any]:
    return {
        "id": f"wh-{number}",
        "system": "backend",
        "url": "https://portal.example/",
        "status": dice.choice(("proposed", "active", "paused", "ended")),
        "after": "0",
        "made_at": _when(dice),
    }


def _undelivered(number: int, dice: Random) -> dict[str, Any]:
    return {
        "webhook": HOOK,
        "case_no": case_no(number % 3),
        "seq": number + 1,
        "problem": "http_422",
        "opened_at": _when(dice),
        "closed_at": _maybe(dice, _T0),
    }


_CASE = ("case_no",)
_BY_NUMBER = {"id_number": NUMBER, "reason": "本人查询"}
_SOON = frozenset({(case_no(TURNED), f"then-{name}") for name in ("a", "b")})
"""Of a case that has turned by date, the tasks that its workflow has not noticed."""

LISTS = (
    List(
        path="/v1/webhooks",
        keyset="webhooks",
        table=Webhooks,
        row=_webhook,
        known_by=("id",),
    ),
    List(
        path="/v1/undelivered-events",
        keyset="undelivered",
        table=UndeliveredEvents,
        row=_undelivered,
        known_by=("case_no", "seq"),
    ),
    List(
        path=f"/v1/cases/{case_no(1)}/notes",
        keyset="notes",
        table=Events,
        row=_note,
        known_by=("seq",),
        stays=True,
    ),
    List(
        path="/v1/officers/ja-r1/handover",
        keyset="handover",
        table=Tasks,
        row=lambda n, dice: _task(n, dice) | {"holder": "ja-r1", "about": f"a-{n:03}"},
        known_by=("case_no", "about"),
    ),
    List(
        path="/v1/loads",
        keyset="loads",
        table=Tasks,
        row=lambda n, dice: _task(n, dice) | {"holder": f"someone-{n:03}"},
        known_by=("holder",),
        asked={"district": PLACE},
        more=frozenset((post.person,) for post in posts_at(of_files().on(_D0).posts, PLACE)),
    ),
    List(
        path=f"/v1/cases/{case_no(1)}/opinions",
        keyset="opinions",
        table=Opinions,
        row=_opinion,
        known_by=("task",),
    ),
    List(
        path="/v1/tasks",
        keyset="tasks",
        table=Tasks,
        row=_task,
        known_by=("case_no", "task"),
        asked={"district": PLACE},
        more=_SOON,
    ),
    List(
        path="/v1/tasks",
        keyset="tasks",
        table=Tasks,
        row=lambda n, dice: _task(n, dice) | {"holder": "ja-r1"},
        known_by=("case_no", "task"),
        asked={"holder": "ja-r1"},
        more=_SOON,
    ),
    *(
        List(
            path="/v1/tasks",
            keyset=keyset,
            table=Tasks,
            row=lambda n, dice: _task(n, dice) | {"opened_at": _when(dice)},
            known_by=("case_no", "task"),
            asked={"district": PLACE, "sort": sort},
            more=_SOON,
        )
        for sort, keyset in (
            ("latest_due", "tasks-latest-due"),
            ("oldest", "tasks-oldest"),
            ("newest", "tasks-newest"),
        )
    ),
    List(
        path="/v1/cases",
        keyset="cases-oldest",
        table=Cases,
        row=_case,
        known_by=_CASE,
        asked={"holder": "ja-o1", "sort": "oldest"},
        more=frozenset({(case_no(TURNED),)}),
    ),
    List(
        path="/v1/cases",
        keyset="cases-due",
        table=Clocks,
        row=_running,
        known_by=_CASE,
        asked={"sort": "due", "due_from": "2000-01-01"},
    ),
    List(
        path="/v1/cases",
        keyset="cases-without-limit",
        table=Cases,
        row=_case,
        known_by=_CASE,
        asked={"sort": "due"},
        more=frozenset({(case_no(TURNED),)}),
    ),
    List(path="/v1/applications", keyset="cases", table=Cases, row=_case, known_by=_CASE),
    List(
        path="/v1/cases",
        keyset="cases",
        table=Cases,
        row=_case,
        known_by=_CASE,
        asked={"holder": "ja-o1"},
        more=frozenset({(case_no(TURNED),)}),
    ),
    List(
        path="/v1/cases/by-number",
        keyset="cases_of_subject",
        table=Cases,
        row=_case,
        known_by=_CASE,
        body=_BY_NUMBER,
    ),
    List(path="/v1/rounds", keyset="cases", table=Cases, row=_case, known_by=_CASE),
    List(path="/v1/tickets", keyset="cases", table=Cases, row=_case, known_by=_CASE),
    List(path="/v1/wages", keyset="cases", table=Cases, row=_case, known_by=_CASE),
    List(path="/v1/mails", keyset="cases", table=Cases, row=_case, known_by=_CASE),
    List(path="/v1/parcels", keyset="cases", table=Cases, row=_case, known_by=_CASE),
    List(path="/v1/walkthroughs", keyset="cases", table=Cases, row=_case, known_by=_CASE),
    List(
        path="/v1/appointments",
        keyset="cases",
        table=Cases,
        row=_case,
        known_by=_CASE,
        reader="ja-s1",  # nobody beyond the district sees them
    ),
    List(
        path="/v1/walk-entries",
        keyset="walk_entries",
        table=model_of("walkthroughs"),
        row=_walk,
        known_by=_CASE,
    ),
    List(
        path="/v1/visitors",
        keyset="visitors",
        table=Appointments,
        row=_visitor,
        known_by=_CASE,
        asked={"day": _D0.isoformat()},
        reader="ja-s1",
    ),
    List(
        path="/v1/consultations",
        keyset="consultations",
        table=Consultations,
        row=_consultation,
        known_by=("source", "reference"),
        asked={"district": PLACE},
    ),
    List(
        path="/v1/units",
        keyset="units",
        table=Units,
        row=_unit,
        known_by=("id",),
        asked={"district": PLACE},
    ),
    List(path="/v1/requests", keyset="requests", table=Requests, row=_request, known_by=_CASE),
    List(path="/v1/talents", keyset="talents", table=Talents, row=_talent, known_by=_CASE),
    List(
        path="/v1/transfers",
        keyset="transfers",
        table=Transfers,
        row=_transfer,
        known_by=("case_no", "seq"),
    ),
    List(
        path="/v1/staff",
        keyset="staff",
        table=StaffPosts,
        row=_post,
        known_by=("id",),
        asked={"district": PLACE},
    ),
    List(path="/v1/absences", keyset="absences", table=Absences, row=_absence, known_by=("id",)),
    List(
        path="/v1/absences",
        keyset="absences-newest",
        table=Absences,
        row=_absence,
        known_by=("id",),
        asked={"sort": "newest"},
    ),
    List(
        path="/v1/orders",
        keyset="orders-oldest",
        table=Orders,
        row=_order,
        known_by=("no",),
        asked={"sort": "oldest"},
    ),
    List(
        path="/v1/cards",
        keyset="cards-oldest",
        table=Cards,
        row=_card,
        known_by=("clock",),
        asked={"sort": "oldest"},
    ),
    List(
        path="/v1/suspensions",
        keyset="suspensions",
        table=Suspensions,
        row=_suspension,
        known_by=("id",),
    ),
    List(path="/v1/measures", keyset="measures", table=Measures, row=_measure, known_by=("id",)),
    List(path="/v1/orders", keyset="orders", table=Orders, row=_order, known_by=("no",)),
    List(
        path=f"/v1/orders/{ORDER}/cases",
        keyset="policy_moves",
        table=PolicyMoves,
        row=_move,
        known_by=_CASE,
    ),
    List(
        path=f"/v1/orders/{ORDER}/handings",
        keyset="rebalance_moves",
        table=RebalanceMoves,
        row=_handing,
        known_by=_CASE,
    ),
    List(
        path="/v1/outreaches",
        keyset="outreaches",
        table=Outreaches,
        row=_outreach,
        known_by=("id",),
    ),
    List(
        path=f"/v1/outreaches/{OUTREACH}/contacts",
        keyset="contacts",
        table=Contacts,
        row=_contact,
        known_by=_CASE,
    ),
    List(
        path="/v1/cards",
        keyset="cards",
        table=Cards,
        row=_card,
        known_by=("clock",),
    ),
    List(
        path="/v1/card-digests",
        keyset="card_digests",
        table=CardDigests,
        row=_card_digest,
        known_by=("officer", "day"),
    ),
    List(
        path="/v1/audit/digests",
        keyset="audit_digests",
        table=AuditDigests,
        row=_audit_digest,
        known_by=("district", "day"),
        stays=True,
    ),
    List(
        path="/v1/accesses",
        keyset="accesses",
        table=Accesses,
        row=_access,
        known_by=("actor",),
        stays=True,
    ),
    List(
        path="/v1/credit-records",
        keyset="credit_records",
        table=CreditRecords,
        row=_credit_record,
        known_by=("id",),
    ),
)

_OF_CASES = {
    "/v1/applications",
    "/v1/cases",
    "/v1/cases/by-number",
    "/v1/rounds",
    "/v1/tickets",
    "/v1/mails",
    "/v1/parcels",
    "/v1/appointments",
    "/v1/walkthroughs",
    "/v1/wages",
}
"""Lists of cases themselves: the others have cases to stand on."""
_KINDS = {
    "/v1/rounds": "visits",
    "/v1/requests": "request",
    "/v1/talents": "talent_cycle",
    "/v1/tickets": "ticket",
    "/v1/mails": "incoming_mail",
    "/v1/parcels": "parcel",
    "/v1/appointments": "appointment",
    "/v1/visitors": "appointment",
    "/v1/walkthroughs": "walkthrough",
    "/v1/walk-entries": "walkthrough",
    "/v1/wages": "wage",
}


async def lay_ground(session: AsyncSession, each: List, settings: Settings) -> None:
    """What the rows of a list refer to, in an empty register."""
    subject = Pseudonyms.open(settings).of(NUMBER)
    kind, dice = _KINDS.get(each.path, "application"), Random(0)
    await session.execute(
        insert(ServiceItems).values(digest="policy", code="", district="", name="", body={})
    )
    for number in range(TURNED + 1):
        opening = {
            "case_no": case_no(number),
            "district": PLACE,
            "source": "test",
            "reference": str(number),
            "content": "",
            "subject": subject if number != TURNED else "",
            "rehearsal": timedelta(),
            "started_by_run": "",
            "kind": kind,
        }
        await session.execute(insert(Openings).values(opening))
        if each.path not in _OF_CASES or each.table is Clocks:
            await session.execute(insert(Cases).values(_case(number, dice)))
    if each.table is Clocks:
        days = (_D0, _D0 + timedelta(days=1), _LAST)
        courses = [_course(10 + place, due_on=day) for place, day in enumerate(days)]
        await session.execute(insert(Courses).values(courses))
    if each.template in {"/v1/orders/{no}/cases", "/v1/orders/{no}/handings"}:
        order = _order(0, dice) | {"no": ORDER}
        await session.execute(insert(Orders).values(order))
    if each.template == "/v1/outreaches/{number}/contacts":
        await session.execute(insert(Outreaches).values(_outreach(0, dice) | {"id": OUTREACH}))
    if each.template == "/v1/outreaches":  # seen by those of the city of what they are about
        await session.execute(insert(Measures).values(_measure(0, dice) | {"id": "M.1"}))
    if each.table is UndeliveredEvents:
        await session.execute(insert(Webhooks).values(_webhook(0, dice) | {"id": HOOK}))
    if each.path == "/v1/measures":
        await session.execute(delete(Measures))
    if each.more:
        await _turn(session, each)


async def _turn(session: AsyncSession, each: List) -> None:
    """A case that stands otherwise since a clock of its fired, though it has not noticed."""
    number, course = case_no(TURNED), UUID(int=1)
    if each.path in _OF_CASES:
        case = _case(TURNED, Random(1)) | {"holder": "ja-o2"}
        await session.execute(insert(Cases).values(case))
    soon = {"kind": "review", "about": "", "role": "reviewer", "holder": "ja-r1", "backup": "ja-r2"}
    tasks = [
        {**soon, "task": "then-a", "opened_at": _T0.isoformat(), "closed_by": "", "barred": ""},
        {
            **soon,
            "task": "then-b",
            "opened_at": _T0.isoformat(),
            "closed_by": "",
            "barred": "",
            "due_on": str(_D0),
        },
    ]
    ahead = {"stage": "review", "card": "none", "holder": "ja-o1", "closed": False}
    ahead |= {"status": "", "points": "", "tasks": tasks, "done": []}
    await session.execute(insert(Armings).values(case_no=number, version=0, ahead=ahead))
    await session.execute(insert(Courses).values(_course(1, fires_on=_D0)))
    await session.execute(
        insert(Clocks).values(case_no=number, clock="c", kind="decide", name="", course=course)
    )


def key_of(each: List, row: Mapping[str, Any]) -> tuple[str, ...]:
    """By what a row, or an item of an answer, is known."""
    return tuple(str(row[name]) for name in each.known_by)
