"""The public page behind a QR code on which anybody books an appointment: no login, no script.

What is typed travels in the body of the form alone, and is kept as that of any case: sealed, and
erased when the time is over that the policy says (source 001 浦东: 扫描登记). An address sends few
of these forms (`api.edge.requests`).
"""

import hashlib
import hmac
import io
import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response
from pydantic import ValidationError

from api.access.guard import require_filing
from api.edge.problems import AwayError
from api.edge.requests import BOOKING_PAGE
from api.parts import Here, Parts
from api.routes.appointments import Offered, booked, offered
from api.routes.guide_pages import page
from api.routes.opening import opened
from casework.domain.authority.matrix import BOOKING
from casework.domain.case.facts import Actor
from casework.domain.errors import DomainError
from casework.domain.kinds.appointment.slots import Slot
from casework.domain.kinds.registry import CaseKind
from casework.domain.policy import LimitName, Role
from casework.filing.bodies import body_of_kind

router = APIRouter(prefix=BOOKING_PAGE, include_in_schema=False)

FORM = Actor(code=BOOKING, role=Role.SYSTEM)
_HEADERS = {
    "Cache-Control": "no-store",
    # With less, a browser would not say from which site a form comes.
    "Referrer-Policy": "same-origin",
}
_OWN_SITES = frozenset({"", "same-origin", "none"})
_MOST_FIELDS, _LONGEST = 40, 2000
_RIGHT = {
    "name": "请填写姓名",
    "id_number": "请填写证件号码",
    "phone": "请填写能接收短信的手机号码",
    "slot": "请选择时段",
}
"""By the field of the form: what is right there. A reason never repeats what was typed."""
_FIELDS = {name: name for name in _RIGHT} | {
    "email": "phone",
    "day": "slot",
    "at": "slot",
    "business": "business",
    "answers": "answers",
}
"""End of a path in the body → the field of the form that says it."""

District = Annotated[str, Path(pattern=r"^\d{6}$")]


@router.get("/{district}")
async def form(district: District, request: Request, here: Here) -> Response:
    """The form of an office; ``business``: what somebody comes for, chosen first."""
    business = request.query_params.get("business", "")
    try:
        return await _shown(request, here, district, business)
    except DomainError as refused:
        return _no_such(refused)


@router.get("/{district}/qr.svg")
def code(district: District, here: Here) -> Response:
    """The QR code that leads to the form, to be printed and put up."""
    import segno  # noqa: PLC0415 - most processes never draw one

    drawn = io.BytesIO()
    address = f"{here.settings.api_public_url.rstrip('/')}{BOOKING_PAGE}/{district}"
    segno.make_qr(address, error="m").save(drawn, kind="svg", scale=8, border=4)
    return Response(drawn.getvalue(), media_type="image/svg+xml")


@router.post("/{district}")
async def book(district: District, request: Request, here: Here) -> Response:
    """Book; the same form sent again is the same appointment."""
    typed = await _typed(request)
    key = typed.get("key", "")
    if request.headers.get("sec-fetch-site", "") not in _OWN_SITES or not _is_ours(
        request, district, key
    ):
        wrong = "页面已过期或者不是本页的表单，请核对后重新提交"
        return await _again(request, here, district, typed, wrong, HTTPStatus.FORBIDDEN)
    try:
        number = await _booked(district, key, typed, here)
    except ValidationError as error:
        places = (str(part) for each in error.errors() for part in each["loc"])
        fields = dict.fromkeys(_FIELDS[place] for place in places if place in _FIELDS)
        faults = {field: _RIGHT[field] for field in fields if field in _RIGHT}
        wrong = "请改正下面标出的内容" if faults else "填写的内容不符合要求，请核对"
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return await _again(request, here, district, typed, wrong, status, faults=faults)
    except AwayError:
        wrong = "暂时没有答复，请稍后再按一次提交；重复提交不会重复预约"
        status = HTTPStatus.SERVICE_UNAVAILABLE
        return await _again(request, here, district, typed, wrong, status, key=key)
    except DomainError as refused:
        field = _FIELDS.get(refused.field.rpartition(".")[2], "")
        faults = {field: refused.message} if field else {}
        wrong = "请改正下面标出的内容" if field else refused.message
        status = HTTPStatus.CONFLICT
        return await _again(request, here, district, typed, wrong, status, faults=faults)
    return _page("booked.html", number=number, when=typed.get("slot", ""))


async def _booked(district: str, key: str, typed: Mapping[str, str], here: Parts) -> str:
    """The number of the appointment.

    Raises:
        ValidationError, DomainError: what was typed is not right. AwayError: it is not known.
    """
    now = here.now()
    day, _, at = typed.get("slot", "").partition(" ")
    answers = [
        {"code": name.removeprefix("answer."), "said_yes": said == "yes"}
        for name, said in typed.items()
        if name.startswith("answer.") and said in {"yes", "no"}
    ]
    body: Any = body_of_kind(CaseKind.APPOINTMENT)(
        district=district,
        source=BOOKING,
        reference=key.partition(".")[0],
        applicant={name: typed.get(name, "") for name in ("name", "id_number", "phone")},  # type: ignore[call-arg]  # a field of the made class
        business=typed.get("business", ""),
        day=day or None,
        at=at,
        answers=answers,
    )
    require_filing(FORM, here.desk.filed(body, now))
    await opened(body.identity, FORM, here, lambda: booked(body, FORM, now, here))
    return str(body.case_no)


async def _typed(request: Request) -> dict[str, str]:
    """What was typed, in the fields of a form of text."""
    sent = await request.form(max_files=0, max_fields=_MOST_FIELDS)
    return {
        name: value.strip()[:_LONGEST] for name, value in sent.items() if isinstance(value, str)
    }


# --- whose form it is --------------------------------------------------------------------------


def _new_key(request: Request, district: str) -> str:
    chosen = secrets.token_urlsafe(16)
    return f"{chosen}.{_mark(request, district, chosen)}"


def _is_ours(request: Request, district: str, key: str) -> bool:
    chosen, _, mark = key.partition(".")
    right = _mark(request, district, chosen)
    return bool(chosen) and hmac.compare_digest(mark.encode(), right.encode())


def _mark(request: Request, district: str, chosen: str) -> str:
    about = f"book:{district}:{chosen}".encode()
    return hmac.new(request.app.state.form_key, about, hashlib.sha256).hexdigest()


# --- pages -------------------------------------------------------------------------------------


async def _again(  # noqa: PLR0913, PLR0917 - whose form, and what is wrong with it
    request: Request,
    here: Parts,
    district: str,
    typed: Mapping[str, str],
    wrong: str,
    status: HTTPStatus,
    *,
    faults: Mapping[str, str] | None = None,
    key: str = "",
) -> Response:
    """The form once more, with what was typed, why it was not taken, and ``faults`` by field."""
    try:
        return await _shown(
            request,
            here,
            district,
            typed.get("business", ""),
            typed=typed,
            wrong=wrong,
            faults=faults,
            status=status,
            key=key,
        )
    except DomainError as refused:
        return _no_such(refused)


async def _shown(  # noqa: PLR0913 - what the page shows
    request: Request,
    here: Parts,
    district: str,
    business: str,
    *,
    typed: Mapping[str, str] | None = None,
    wrong: str = "",
    faults: Mapping[str, str] | None = None,
    status: HTTPStatus = HTTPStatus.OK,
    key: str = "",
) -> Response:
    names = here.desk.services.businesses()
    office = here.desk.catalogue.office(district)
    found = await offered(district, business, here) if business in names else None
    keep = found.policy.limit(LimitName.APPOINTMENT_KEEP) if found else None
    days = tuple(_by_day(found)) if found else ()
    return _page(
        "book.html",
        status,
        district=district,
        office=office,
        businesses=names,
        business=business if business in names else "",
        days=days,
        opened=_opened(days, (typed or {}).get("slot", "")),
        questions=_questions(found) if found else (),
        keep=keep.amount if keep else 0,
        key=key or _new_key(request, district),
        typed=typed or {},
        wrong=wrong,
        faults=faults or {},
    )


def _opened(days: Sequence[tuple[date, Sequence[Slot]]], chosen: str) -> date | None:
    """The day whose slots are shown at first: of the chosen one, else the first that is free."""
    free = [day for day, slots in days if any(slot.free for slot in slots)]
    named = next((day for day in free if chosen.startswith(day.isoformat())), None)
    return named or next(iter(free), None)


def _by_day(found: Offered) -> Iterator[tuple[date, tuple[Slot, ...]]]:
    for day in dict.fromkeys(slot.day for slot in found.slots):
        yield day, tuple(slot for slot in found.slots if slot.day == day)


def _questions(found: Offered) -> tuple[tuple[str, str], ...]:
    """What is asked on any of the days that are offered."""
    asked = {each.code: each.text for slot in found.slots for each in found.asked(slot.day)}
    return tuple(asked.items())


def _page(name: str, status: HTTPStatus = HTTPStatus.OK, **shown: Any) -> Response:  # noqa: ANN401 - whatever the page shows
    answer = page(name, status, **shown)
    answer.headers.update(_HEADERS)
    return answer


def _no_such(refused: DomainError) -> Response:
    return _page("refused.html", HTTPStatus.NOT_FOUND, code=refused.code, message=refused.message)
