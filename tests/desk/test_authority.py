"""Every page as every role: who gets it, who is refused, and nothing personal on any of them.

The pages are those of the routers, so that a new page fails here until it is known who may see it.
"""

from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute

from api.desk.ledgers import LISTS
from api.desk.orders import KINDS
from api.desk.site import ROUTERS
from tests.api.live import Backend
from tests.api.platform import PERSONAL
from tests.api.test_orders import CLOSURE
from tests.desk.pages import read

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
EVERYBODY = frozenset(READERS)
WANTED: dict[str, frozenset[str]] = {}


def pages(method: str) -> Iterator[str]:
    """The addresses of pages as the routers have them."""
    for router in ROUTERS:
        for route in router.routes:
            if isinstance(route, APIRoute) and method in route.methods:
                yield route.path


def addresses(case_no: str, order_no: str) -> Iterator[tuple[str, str]]:
    """The page as `WANTED` calls it, and an address of it."""
    known = {"{case_no}": case_no, "{number}": "QG-0001", "{no}": order_no, "{name}": "style.css"}
    for path in pages("GET"):
        filled = path
        for name, value in known.items():
            filled = filled.replace(name, value)
        for name, values in (
            ("{verb}", ("withdraw",) if path.startswith("/my") else ("pre-review",)),
            ("{kind}", tuple(kind for kind in KINDS if kind != "compute_calendar")),
            ("{decision}", ("approve", "reject")),
            (
                "{slug}",
                tuple(s for s, e in LISTS.items() if ("{about}" in e.path) == ("{about}" in path)),
            ),
        ):
            if name in filled:
                for value in values:
                    about = {"handover": "ja-o1", "contacts": "X-0001", "opinions": case_no}.get(
                        value, order_no
                    )
                    shown = path.replace(name, value)
                    yield shown, filled.replace(name, value).replace("{about}", about)
                break
        else:
            yield path, filled.replace("{rest:path}", "nowhere").replace("{code}", "NOSUCHCODE")


@pytest.mark.timeout(900)
async def test_dump(backend: Backend) -> None:
    case_no = await backend.case()
    order = await backend.post("ja-s1", "/v1/orders", CLOSURE)
    assert order.status_code == 201, order.text
    out = {}
    for shown, address in addresses(case_no, order.json()["no"]):
        got = {}
        for role, who in READERS.items():
            a = await backend.http.get(address, headers=backend.bearer(who))
            got.setdefault(a.status_code, []).append(role)
            for w in PERSONAL[:3]:
                if w in a.text:
                    print("LEAK", address, role, w)
            if a.status_code >= 500:
                print(address, role, read(a)[:300])
        out[shown] = got
    import json

    print(json.dumps(out, indent=0, ensure_ascii=False))
