"""A service platform as backends and officers use it over HTTP; all numbers are made up."""

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from casework.domain.time.calendar import local_date
from tests.api.live import Backend

_numbers = itertools.count(1)
DISTRICT = "500103"
EMPLOYER_CODE = "91310106MA1FY7XX05"
OTHER_EMPLOYER = "91310112MA1GCXX016"
PERSONAL = ("张三", "310101199003071230", "13800001234", "zhangsan@example.com", "hr@example.com")


SOMEBODY_ELSE = {
    "name": "李四",
    "id_number": "11010519491231002X",
    "email": "lisi@example.com",
    "phone": "13800001235",
}
"""Another person than those whom the bodies below are about."""


def years_ago(count: int) -> str:
    """A day that many years before this year's first."""
    return f"{local_date(datetime.now(UTC)).year - count}-01-04"


def recognition(**changed: Any) -> dict[str, Any]:
    """A recognition under a reference of its own."""
    return {
        "district": DISTRICT,
        "source": "talent-platform",
        "reference": f"RC-{next(_numbers):06}",
        "talent": {
            "name": "张三",
            "id_number": "310101199003071230",
            "email": "zhangsan@example.com",
            "phone": "13800001234",
        },
        "employer": {
            "name": "某某公司",
            "credit_code": EMPLOYER_CODE,
            "email": "hr@example.com",
        },
        "letter": "A",
        "recognised_on": years_ago(0),
        "full_time": True,
    } | changed


def permit(**changed: Any) -> dict[str, Any]:
    """A permit under a number of its own."""
    return {
        "district": "310106",
        "source": "permit-system",
        "reference": f"JZZ-{next(_numbers):06}",
        "holder": {"name": "李四", "id_number": "310101199003071230", "phone": "13800001234"},
        "starts_on": years_ago(0),
        "expires_on": years_ago(-1),
        "points_valid": True,
    } | changed


def wanted(**changed: Any) -> dict[str, Any]:
    """A service request under a reference of its own; who asks is still to be said."""
    return {
        "district": DISTRICT,
        "source": "talent-app",
        "reference": f"FW-{next(_numbers):06}",
        "service": "SVC_SCHOOL",
        "mode": "online",
        "need": "孩子九月入读小学",
    } | changed


@dataclass(frozen=True)
class Platform:
    """What the tests do there."""

    backend: Backend

    async def talent(self, **changed: Any) -> str:
        """A new talent; the number of the cycle."""
        return await self._opened("/v1/talents", recognition(**changed))

    async def permit(self, **changed: Any) -> str:
        """A new permit; the number of the cycle."""
        return await self._opened("/v1/permits", permit(**changed))

    async def request(self, talent: str, **changed: Any) -> str:
        """A new request of a talent."""
        return await self._opened("/v1/requests", wanted(talent=talent, **changed))

    async def finished(self, talent: str) -> str:
        """A request whose service has been explained to be none of ours."""
        request = await self.request(talent)
        answer = await self.do("cq-sp1", "requests", request, "explain-need", reason="不在清单内")
        assert answer.status_code == 200, answer.text
        return request

    async def do(
        self, by: str, path: str, case_no: str, verb: str, *, key: str | None = None, **body: Any
    ) -> httpx.Response:
        return await self.backend.post(by, f"/v1/{path}/{case_no}/{verb}", body, key=key)

    async def shown(self, path: str, case_no: str, by: str = "") -> dict[str, Any]:
        answer = await self.backend.get(by or _reader(case_no), f"/v1/{path}/{case_no}")
        assert answer.status_code == 200, answer.text
        shown: dict[str, Any] = answer.json()
        return shown

    async def happened(self, case_no: str) -> list[str]:
        """The kinds of its events."""
        answer = await self.backend.get(_reader(case_no), f"/v1/cases/{case_no}/timeline")
        return [event["kind"] for event in answer.json()["items"]]

    async def _opened(self, path: str, body: dict[str, Any]) -> str:
        answer = await self.backend.post("backend", path, body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["case_no"])


def _reader(case_no: str) -> str:
    """Who reads every case of its city."""
    return "sh-u1" if case_no.startswith("31") else "cq-sv1"
