"""Every page as every role: who gets it, who is refused, and nothing personal on any of them.

The pages are those of the routers: a new one fails here until it is said who may see it.
"""

from collections.abc import Iterator
from http import HTTPStatus

import httpx
import pytest
from fastapi.routing import APIRoute

from api.desk.ledgers import LISTS
from api.desk.orders import KINDS
from api.desk.site import ROUTERS
from tests.api.live import Backend, Headers
from tests.api.platform import PERSONAL
from tests.api.test_orders import CLOSURE
from tests.desk.pages import read
from tests.examples import is_night

READERS = {
    "officer": "ja-o1",
    "reviewer": "ja-r1",
    "head": "ja-h1",
    "supervisor": "ja-s1",
    "superior": "sh-u1",
    "specialist": "yz-sp1",
    "liaison": "yz-edu1",
    "elsewhere": "mh-o1",
    "applicant": "applicant",
    "talent": "talent",
    "employer": "employer",
    "agent": "agent",
}
"""By role. ``elsewhere`` serves another district; ``talent`` is the applicant as a talent;
``agent`` is an applicant in no case."""
EVERYBODY = frozenset(READERS)
NOBODY = frozenset[str]()
ORDERING = frozenset({"supervisor", "superior"})
KEEPING = frozenset({"officer", "reviewer", "supervisor", "elsewhere"})
CENTRE = ORDERING | {"officer", "reviewer", "head"}
INSIDE = CENTRE | {"specialist", "liaison", "elsewhere"}
OF_THE_CASE = CENTRE | {"applicant", "talent", "employer"}

WANTED = {
    "/desk": EVERYBODY,
    "/desk/left": EVERYBODY,
    "/desk/keys": EVERYBODY,
    "/desk/static/{name}": EVERYBODY,
    "/desk/web-ui": EVERYBODY,
    "/desk/tasks": EVERYBODY,
    "/desk/tasks/again": EVERYBODY,
    "/desk/tasks/next": EVERYBODY,
    "/desk/cases": EVERYBODY,
    "/desk/cases/{case_no}": OF_THE_CASE,
    "/desk/cases/{case_no}/materials/{number}": OF_THE_CASE,
    "/desk/cases/{case_no}/clocks": OF_THE_CASE,
    "/desk/cases/{case_no}/do/{verb}": OF_THE_CASE,
    "/desk/cases/{case_no}/done/{verb}": NOBODY,
    "/desk/board": ORDERING,
    "/desk/reports": ORDERING,
    "/desk/cards": EVERYBODY,
    "/desk/orders": INSIDE,
    "/desk/orders/new": EVERYBODY,
    "/desk/orders/new/{kind}": ORDERING,
    "/desk/orders/{no}": CENTRE,
    "/desk/orders/{no}/{decision}": ORDERING,
    "/desk/absences": INSIDE,
    "/desk/absences/new": EVERYBODY,
    "/desk/absences/{number}/end": EVERYBODY,
    "/desk/reassign": frozenset({"supervisor"}),
    "/desk/reassigned": EVERYBODY,
    "/desk/phrases": INSIDE,
    "/desk/phrases/new": EVERYBODY,
    "/desk/consultations/new": frozenset({"officer", "specialist", "supervisor", "elsewhere"}),
    "/desk/units/new": KEEPING,
    "/desk/units/{unit}/change": NOBODY,
    "/desk/units/{unit}/{deed}": NOBODY,
    "/desk/walkthroughs/new": frozenset({"officer", "supervisor", "elsewhere"}),
    "/desk/tickets/new": frozenset({"officer", "specialist", "supervisor", "elsewhere"}),
    "/desk/staff": INSIDE,
    "/desk/staff/import": ORDERING,
    "/desk/catalogue": INSIDE,
    "/desk/lists": EVERYBODY,
    "/desk/lists/outreaches/new": ORDERING,
    "/desk/lists/ratings": EVERYBODY,
    "/desk/lists/talents": EVERYBODY,
    "/desk/lists/requests": EVERYBODY,
    "/desk/lists/visitors": EVERYBODY,
    "/desk/lists/walk-entries": EVERYBODY,
    "/desk/lists/rounds": EVERYBODY,
    "/desk/lists/outreaches": INSIDE,
    "/desk/lists/measures": INSIDE,
    "/desk/lists/transfers": ORDERING,
    "/desk/lists/credit-records": INSIDE,
    "/desk/lists/accesses": ORDERING,
    "/desk/lists/consultations": INSIDE,
    "/desk/lists/units": KEEPING | {"head", "superior"},
    "/desk/lists/card-digests": ORDERING,
    "/desk/lists/webhooks": frozenset({"superior"}),
    "/desk/lists/undelivered": frozenset({"superior"}),
    "/desk/lists/webhooks/{about}/{deed}": frozenset({"superior"}),
    "/desk/lists/contacts/{about}": NOBODY,
    "/desk/lists/handover/{about}": ORDERING | {"officer"},
    "/desk/lists/opinions/{about}": CENTRE,
    "/desk/lists/moved-cases/{about}": CENTRE,
    "/desk/lists/handings/{about}": CENTRE,
    "/desk/{rest:path}": NOBODY,
    "/my": EVERYBODY,
    "/my/left": EVERYBODY,
    "/my/rate/{code}": NOBODY,
    "/my/rate/cases/{case_no}": OF_THE_CASE,
    "/my/cases/{case_no}": OF_THE_CASE,
    "/my/cases/{case_no}/dates": OF_THE_CASE,
    "/my/cases/{case_no}/{verb}": OF_THE_CASE,
}
"""Who is shown a page about a case of 静安 and an order of 静安. A list that anybody may ask for
holds only what they may see; ``NOBODY``: what these addresses name does not exist."""
_PUBLIC = frozenset({"/desk/left", "/desk/static/{name}", "/my/left", "/my/rate/{code}"})


def pages(method: str) -> Iterator[str]:
    """The addresses of pages as the routers have them; each list by its own name."""
    for router in ROUTERS:
        for route in router.routes:
            if isinstance(route, APIRoute) and method in (route.methods or ()):
                slugs = [s for s, e in LISTS.items() if e.title_of_about]
                if "{about}" not in route.path:
                    slugs = [s for s, e in LISTS.items() if not e.title_of_about]
                yield from {route.path.replace("{slug}", slug): None for slug in slugs}


def filled(page: str, case_no: str = "310106-0000-0000-0001", order: str = "") -> Iterator[str]:
    """Addresses of a page: of the form of an order one for each kind."""
    about = {"handover": "ja-o1", "contacts": "NO-SUCH", "opinions": case_no}
    order = order or "ZL-0000-0000-0001"
    known = {
        "{case_no}": case_no,
        "{number}": "1" if "materials" in page else "QG-0001",
        "{no}": order,
        "{name}": "style.css",
        "{verb}": "withdraw" if page.startswith("/my") else "pre-review",
        "{decision}": "approve",
        "{code}": "NOSUCHCODE",
        "{rest:path}": "no/such",
        "{deed}": "set-aside",
        "{unit}": "DW-0000-0000-0000",
        "{about}": about.get(page.split("/")[3] if page.count("/") > 3 else "", order),
    }
    for name, value in known.items():
        page = page.replace(name, value)
    kinds = [kind for kind in KINDS if kind != "compute_calendar"]
    yield from {page.replace("{kind}", kind): None for kind in kinds}


def test_it_is_said_of_every_page_who_may_see_it() -> None:
    assert set(pages("GET")) == set(WANTED)


@pytest.mark.timeout(900)
async def test_every_page_as_every_role(backend: Backend) -> None:
    case_no = await backend.case()
    order = await backend.post("ja-s1", "/v1/orders", CLOSURE, key="every-page")
    assert order.status_code == HTTPStatus.CREATED, order.text
    for number, (page, may) in enumerate(WANTED.items()):
        for place, address in enumerate(filled(page, case_no, order.json()["no"])):
            asked = sorted(EVERYBODY)
            if not is_night():  # one of those who may, or one of the others, in turn
                some = sorted((may, EVERYBODY - may)[number % 2]) or asked
                asked = [some[(number + place) % len(some)]]
            for role in asked:
                answer = await backend.http.get(address, headers=backend.bearer(READERS[role]))
                at = (role, address, answer.status_code)
                if role in may:
                    assert answer.status_code in {HTTPStatus.OK, HTTPStatus.SEE_OTHER}, at
                else:
                    assert answer.status_code in {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}, at
                    assert case_no not in answer.text.replace(address, ""), at
                if answer.headers.get("content-type", "").startswith("text/html"):
                    shown = read(answer)
                    assert not [each for each in PERSONAL if each in shown], at


async def test_who_has_not_logged_in_sees_no_page(lonely: httpx.AsyncClient) -> None:
    for page in set(WANTED) - _PUBLIC:
        for address in filled(page):
            answer = await lonely.get(address)
            assert answer.status_code == HTTPStatus.SEE_OTHER, address
            assert answer.headers["location"].startswith("/login?next="), address


REFUSED = {
    HTTPStatus.FORBIDDEN,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.UNPROCESSABLE_ENTITY,  # an address that is none
}


async def test_no_page_takes_a_form_that_is_not_ours(
    lonely: httpx.AsyncClient, bearer: Headers
) -> None:
    for page in set(pages("POST")) - _PUBLIC:
        for address in filled(page):
            sent = await lonely.post(address, headers=bearer("ja-s1"), data={"step": "send"})
            assert sent.status_code in REFUSED, address
            if sent.status_code == HTTPStatus.FORBIDDEN:
                assert "FOREIGN_ORIGIN" in read(sent), address
            assert (await lonely.post(address)).status_code == HTTPStatus.UNAUTHORIZED, address
