"""What has a title is shown by it; what is wrong with a filter is said at the filter."""

import random
import re
from collections.abc import Collection
from http import HTTPStatus

import pytest

from api.desk.my import ACTS
from casework.domain import policy
from casework.domain.authority.matrix import ITSELF
from casework.domain.case.state import TaskKind
from casework.domain.consultations import Accessibility, ConsultationChannel, ConsultationTopic
from casework.domain.kinds.registry import KINDS, CaseKind
from casework.domain.reports import Figure
from casework.messages.orders import OrderStatus
from casework.policy.authority import load_authority
from casework.policy.catalogue import load_catalogue
from tests.api.live import Backend
from tests.api.test_orders import CLOSURE
from tests.desk.pages import forms, read
from tests.desk.test_authority import READERS, WANTED, filled
from tests.desk.test_my import lacking
from tests.examples import is_night

SORTS = (
    policy.Role,
    policy.Channel,
    policy.Told,
    policy.LimitName,
    policy.MaterialForm,
    policy.DeferralMode,
    policy.CheckKind,
    policy.DeliveryMethod,
    TaskKind,
    ConsultationChannel,
    ConsultationTopic,
    Accessibility,
    OrderStatus,
    Figure,
)
CODES = frozenset(
    {
        *load_catalogue().districts(),
        *load_catalogue().items(),
        *load_catalogue().effects(),
        *load_authority().systems,
        *(source for each in load_authority().systems.values() for source in each.sources or ()),
        *ITSELF,
        *(kind.value for kind in CaseKind),
        *(verb for kind in KINDS.values() for verb in kind.verbs),
        *(title.kind for kind in KINDS.values() for title in kind.events),
        *(stage.value for kind in KINDS.values() for stage in kind.stages),
        *(each.value for sort in SORTS for each in sort),
    }
)
"""All that has a title. What people type, and the names of people of the staff, has none."""
_CODE = re.compile(
    r"""(?<![\w./@:?&=#-])(?<!=")[a-zA-Z][a-zA-Z0-9_-]*(?![\w.@-])|(?<![\w-])(?<!=")\d{6}(?![\w-])""",
    re.ASCII,
)
"""Not within a condition that is to be typed as it stands: ``Card="red"``."""


def bare(shown: str) -> set[str]:
    """The codes that stand in what somebody reads."""
    return {found for found in _CODE.findall(shown) if found in CODES}


READING = ("supervisor", "superior", "officer", "employer", "applicant")
_BY_DAY = 6
"""By day one page in so many, other ones in each run; at night all."""


def asked_by(page: str, may: Collection[str]) -> str:
    """The role that is asked for a page: of the staff, but for ``/my`` of those outside."""
    order = READING[::-1] if page.startswith("/my") else READING
    return next((role for role in order if role in may), "")


@pytest.mark.timeout(600)
async def test_no_page_shows_a_code_that_has_a_title(backend: Backend) -> None:
    case_no = await backend.case()
    order = (await backend.post("ja-s1", "/v1/orders", CLOSURE)).json()["no"]
    every = [
        (role, address)
        for page, may in WANTED.items()
        if (role := asked_by(page, may)) and "static" not in page
        for address in filled(page, case_no, order)
    ]
    assert {"/my", f"/my/cases/{case_no}", f"/my/cases/{case_no}/withdraw"} <= {
        address for _, address in every
    }
    found: dict[str, set[str]] = {}
    for role, address in every if is_night() else every[random.randrange(_BY_DAY) :: _BY_DAY]:
        answer = await backend.http.get(address, headers=backend.bearer(READERS[role]))
        if answer.status_code == HTTPStatus.OK and (codes := bare(read(answer))):
            found[address] = codes
    assert found == {}


async def test_no_page_of_people_outside_shows_a_code(backend: Backend) -> None:
    """Each page of theirs, as the applicant and as the employer, of a case that lacks something."""
    case_no = await lacking(backend)
    pages = [
        "/my",
        *(f"/my/cases/{case_no}{more}" for more in ("", "/dates", *(f"/{verb}" for verb in ACTS))),
    ]
    found: dict[str, set[str]] = {}
    for role in ("applicant", "employer"):
        for address in pages:
            answer = await backend.http.get(address, headers=backend.bearer(READERS[role]))
            assert answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR, (role, address)
            if codes := bare(read(answer)):
                found[f"{role} {address}"] = codes
    assert found == {}


WRONG = [
    ("/desk/reports", "period", "2026-13"),
    ("/desk/board", "since", "gestern"),
    ("/desk/tasks", "district", "31"),
    ("/desk/cases", "due_before", "2026-02-30"),
    ("/desk/cards", "district", "x"),
    ("/desk/orders", "district", "x"),
    ("/desk/absences", "on", "morgen"),
    ("/desk/staff", "district", "x"),
    ("/desk/lists/talents", "ends_before", "bald"),
    ("/desk/lists/ratings", "from", "2026"),
]


@pytest.mark.parametrize(("page", "field", "typed"), WRONG)
async def test_a_wrong_filter_is_said_at_the_filter(
    backend: Backend, page: str, field: str, typed: str
) -> None:
    answer = await backend.http.get(page, params={field: typed}, headers=backend.bearer("ja-s1"))
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    said = read(answer)
    assert "筛选条件有误" in said
    assert f'href="#f-{field}"' in answer.text
    assert re.search(rf'id="f-{field}"[^>]* aria-invalid="true"', answer.text)
    form = next(form for form in forms(answer) if field in form.names)
    assert form.values[field] == typed, "what was typed is kept"
