"""Parcels of 闵行 registered on a day, under the limits of the packaged catalogue."""

from datetime import date

from casework.domain.case.events import Event
from casework.domain.case.facts import Actor, Occasion
from casework.domain.case.opening import Party
from casework.domain.case.procedure import evolve
from casework.domain.case.state import Post
from casework.domain.kinds.parcel.opening import ParcelForm, StartParcel
from casework.domain.kinds.parcel.state import Parcel
from casework.domain.kinds.registry import CaseKind
from casework.domain.policy import Role
from casework.domain.time.calendar import local_date
from casework.policy.calendars import load_calendar
from casework.policy.service_catalogue import load_service_catalogue
from tests.domain.desk import at
from tests.domain.rating.unfolding import Unfolding

MINHANG = "310112"
CALENDAR = load_calendar().excerpt(2025, 2028)
POSTS = {
    Role.OFFICER: Post(holder="mh-o1", backup="mh-o2"),
    Role.SUPERVISOR: Post(holder="mh-s1"),
}
SENDER = Party(name="某某公司", email="hr@firm.example.com")
CAME = date(2026, 9, 18)


def form(**said: object) -> ParcelForm:
    known: dict[str, object] = {
        "courier": "EMS",
        "arrived_on": CAME,
        "remark": "积分办理",
        "clue": "张三",
        "contents": ("盖章复印件",),
    }
    return ParcelForm(**known | said)  # type: ignore[arg-type]


def given_parcel(
    parcel: ParcelForm | None = None,
    day: str = "2026-09-21",
    *,
    sender: Party | None = SENDER,
    district: str = MINHANG,
) -> Unfolding[Parcel]:
    received_at = at(day)
    policy = load_service_catalogue().of_kind(CaseKind.PARCEL, district, local_date(received_at))
    body = StartParcel(
        case_no=f"{district}-PA10-0000-0001",
        district=district,
        source="post",
        reference="EMS900000001CN",
        content="",
        item=policy,
        calendar=CALENDAR,
        office="闵行区人才服务中心",
        channel="post",
        posts=POSTS,
        applicant=sender,
        parcel=parcel or form(),
        by_date=True,
    ).first_event(received_at)
    first = Event(seq=1, at=received_at, actor=Actor(code="mh-o1", role=Role.OFFICER), body=body)
    case: Parcel = evolve(None, first)
    return Unfolding(facts=Occasion, policy=policy, calendar=CALENDAR, case=case, first=first)
