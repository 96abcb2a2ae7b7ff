"""A register whose cases bear the mark of their district, so that it shows who is told of them."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import httpx

from tests.api.live import Backend
from tests.api.platform import years_ago
from tests.citizens import citizen

PLACES = ("310106", "310104")
PLATFORMS = ("500103", "500112")
UNSERVED = "500112E"
"""The mark of what is of a district, but not of the municipal platform."""

OFFICERS = {"310106": "ja-o1", "310104": "xh-o1", "500103": "yz-sp1", "500112": "yb-sp1"}
_numbers = itertools.count(1)  # a case number comes from its reference, once for all tests
PERSON = "830000199003071230"  # of nobody who asks
FIRM = "N2310106MF1FY7XX0Y"  # likewise


@dataclass(frozen=True, kw_only=True)
class Seeds:
    """``values``: what there is, by the name that a parameter or field has for it."""

    values: Mapping[str, Sequence[str]]

    @staticmethod
    def marks_in(text: str) -> set[str]:
        """The districts whose marks a text holds."""
        return {place for place in (*PLACES, *PLATFORMS, UNSERVED) if mark(place) in text}


def mark(place: str) -> str:
    """What stands in every free text of a district's cases, and nowhere else."""
    return f"ZZ{place}ZZ"


async def seed(backend: Backend) -> Seeds:
    """Fill an empty register: for each district an open case, a closed one, and what hangs on."""
    applications = [each for place in PLACES for each in await _applications(backend, place)]
    cases: list[str] = []
    for place, sign in ((PLATFORMS[0],) * 2, (PLATFORMS[1],) * 2, (PLATFORMS[1], UNSERVED)):
        cases += await _services(backend, place, mark(sign), "E" if sign == UNSERVED else "A")
    absences = [await _absence(backend, place) for place in (*PLACES, *PLATFORMS)]
    return Seeds(
        values={
            "case_no": [*applications, *cases],
            "talent": [cases[0], cases[3]],
            "district": [*PLACES, *PLATFORMS],
            "number": [*absences, PERSON],
            # What is asked for is not repeated, so a mark in an answer comes from the register.
            "reference": [mark(place) for place in (*PLACES, *PLATFORMS)],
            "source": [mark(place) for place in (*PLACES, *PLATFORMS)],
            "holder": list(OFFICERS.values()),
            "officer": list(OFFICERS.values()),
            "id_number": [PERSON],
            "key": ["submit-0", "end"],
            "item": ["PTS_NEW", "SVC_SCHOOL"],
            "service": ["SVC_SCHOOL"],
            "year": ["2026"],
        }
    )


async def _applications(backend: Backend, place: str) -> list[str]:
    found = []
    for which in ("open", "closed"):
        body = await backend.submission(
            district=place,
            reference=f"{mark(place)}-{which}-{next(_numbers)}",
            source="points-portal",
            applicant={
                "name": f"张{mark(place)}",
                "id_number": citizen(place),
                "phone": "13800001234",
            },
            employer={"name": f"{mark(place)}公司", "credit_code": FIRM},
        )
        body["materials"] = body["materials"][:4]  # the fifth is wanted in one district only
        found.append(await _done(backend, "/v1/applications", body))
    closed = {"reason": f"申请人要求 {mark(place)}"}
    answer = await backend.post(OFFICERS[place], f"/v1/applications/{found[1]}/withdraw", closed)
    assert answer.is_success, answer.text
    await _rated(backend, found[1], mark(place))
    return found


async def _services(backend: Backend, place: str, sign: str, letter: str) -> list[str]:
    talent = await _done(
        backend,
        "/v1/talents",
        {
            "district": place,
            "source": "talent-platform",
            "reference": f"{sign}-talent-{next(_numbers)}",
            "talent": {"name": f"李{sign}", "id_number": citizen(sign), "phone": "13800001234"},
            "employer": {
                "name": f"{sign}公司",
                "credit_code": FIRM,
                "email": "hr@example.com",
            },
            "letter": letter,
            "recognised_on": years_ago(0),
            "full_time": True,
        },
    )
    found = [talent]
    for which in ("open", "closed"):
        wanted = {
            "district": place,
            "source": "talent-platform",
            "reference": f"{sign}-{which}-{next(_numbers)}",
            "service": "SVC_SCHOOL",
            "mode": "online",
            "need": f"孩子入读小学 {sign}",
            "talent": talent,
        }
        found.append(await _done(backend, "/v1/requests", wanted))
    explained = {"reason": f"不在清单内 {sign}"}
    path = f"/v1/requests/{found[2]}/explain-need"
    answer = await backend.post(OFFICERS[place], path, explained)
    assert answer.is_success, answer.text
    await _rated(backend, found[2], sign)
    return found


async def _rated(backend: Backend, case_no: str, sign: str) -> None:
    body = {"case_no": case_no, "grade": 2, "named": True, "comment": f"等候时间过长 {sign}"}
    await _done(backend, "/v1/ratings", body)


async def _absence(backend: Backend, place: str) -> str:
    officer = OFFICERS[place][:-1] + "2"
    today = date.fromisoformat(years_ago(-1)) - timedelta(days=7)
    body = {
        "officer": officer,
        "first_on": str(today),
        "last_on": str(today),
        "reason": f"年休假 {mark(place)} {next(_numbers)}",
    }
    answer = await backend.post(officer, "/v1/absences", body)
    assert answer.is_success, answer.text
    return str(answer.json()["id"])


async def _done(backend: Backend, path: str, body: dict[str, Any]) -> str:
    answer: httpx.Response = await backend.post("backend", path, body)
    assert answer.is_success, answer.text
    return str(answer.json()["case_no"])
