"""A case of every kind has its page, and each of its verbs a form, for whoever may give it."""

from typing import Any

import pytest

from api.desk.ledgers import cell
from api.desk.words import short_day
from casework.domain.kinds.registry import KINDS, CaseKind
from tests.api.live import Backend
from tests.api.platform import Platform
from tests.authority.every_kind import Standing, standing
from tests.desk.pages import Reader, links, read
from tests.desk.test_names import bare
from tests.examples import is_night

NAMES: Any = None
"""Nothing here has a title."""
SHARE = 1 if is_night() else 6


def test_the_hour_of_a_visit_is_no_instant() -> None:
    row = {"at": "11:00", "until": "2026-12-02", "arrived_at": "2026-12-02T03:05:00+00:00"}
    assert [cell(row, name, NAMES)[0] for name in row] == [
        "11:00",
        short_day("2026-12-02"),
        "2026-12-02 11:05",
    ]


async def _turn(backend: Backend, case: Standing) -> Any:
    answer = await backend.get(case.assigned, f"/v1/cases/{case.case_no}/turn")
    return answer.json()["turn"]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_case_of_a_kind_and_its_forms(
    backend: Backend, platform: Platform, kind: CaseKind
) -> None:
    case = await standing(kind, platform)
    reader = Reader(backend, case.assigned)
    turn = await _turn(backend, case)
    page = await reader.see(f"/desk/cases/{case.case_no}")
    while (now := await _turn(backend, case)) != turn:  # an opened case goes on
        turn, page = now, await reader.see(f"/desk/cases/{case.case_no}")
    said = read(page)
    assert turn["sentence"] in said
    assert "None" not in said
    assert bare(said) == set()
    if kind is CaseKind.INCOMING_MAIL:
        assert "某某公司积分材料" in said
    acts = (await backend.get(case.assigned, f"/v1/cases/{case.case_no}/acts")).json()["items"]
    offered = {link for link in links(page) if "/do/" in link}
    assert offered == {f"/desk/cases/{case.case_no}/do/{act['verb']}" for act in acts if act["may"]}
    for act in acts:
        assert act["may"] or act["why_not"] in said
    for way in sorted(offered)[::SHARE]:
        assert bare(read(await reader.see(way))) == set(), way
    await reader.see(f"/desk/cases/{case.case_no}/clocks")
    found = read(await reader.see(f"/desk/cases?kind={kind}"))
    assert case.case_no in found
