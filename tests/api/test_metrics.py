"""The page of the API for Prometheus: what was asked, what was warned of, and the register."""

import logging
import re
from contextlib import _AsyncGeneratorContextManager
from datetime import UTC, datetime
from functools import cache

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.ext.asyncio import AsyncSession

from api.app import create_app
from api.parts.metrics import READ_EVERY_SECONDS, Metrics
from api.parts.register import Register
from api.routes.health import probes
from casework.log import WATCHED, count_warnings
from casework.security.keys.vault import PLAIN
from casework.settings import Settings
from casework.store.engine import Sessions, create_engine
from casework.store.queries.figures import LABELS
from tests.api.conftest import caller, no_temporal
from tests.docs.pages import ROOT

NOBODY = "330106-0000-0000-0000"


def values(page: bytes) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    families = text_string_to_metric_families(page.decode())
    samples = (sample for family in families for sample in family.samples)
    return {(each.name, frozenset(each.labels.items())): each.value for each in samples}


@pytest.fixture
def app(settings: Settings, register_url: str, sessions: Sessions) -> FastAPI:
    del sessions  # which empties the register
    return create_app(
        settings,
        connect_temporal=no_temporal,
        open_register=lambda: create_engine(register_url),
        vault=PLAIN,
    )


async def test_the_port_for_probes_has_the_page(app: FastAPI) -> None:
    metrics: Metrics = app.state.metrics
    side = probes(app.state.parts.readiness, metrics)
    async with app.router.lifespan_context(app), _over(side) as http:
        page = await http.get("/metrics")
    assert page.headers["content-type"].startswith("text/plain; version=")
    found = values(page.content)
    assert found["casework_register_answers", frozenset()] == 1
    assert found["casework_migrations_behind", frozenset()] == 0
    families = {family.name for family in text_string_to_metric_families(page.text)}
    assert {f"casework_{name}" for name in LABELS} <= families


async def test_a_request_counts_under_the_template_of_its_route_alone(app: FastAPI) -> None:
    async with app.router.lifespan_context(app), caller(app) as http:
        await http.get("/health")
        await http.get(f"/v1/applications/{NOBODY}?name=王小明")
        await http.request("王小明".encode().hex().upper(), "/health")
        await http.get("/nowhere/王小明")
        page = (await app.state.metrics.page()).decode()
    assert NOBODY not in page
    assert "王小明" not in page
    assert "王小明".encode().hex().upper() not in page
    labels = {
        dict(each)["route"]
        for name, each in values(page.encode())
        if name == "casework_http_request_seconds_count"
    }
    assert {"/health", "/v1/applications/{case_no}"} <= labels
    assert not any("王" in label or "0000" in label for label in labels)


async def test_a_register_that_is_away_is_told_and_lacks_its_figures(
    lonely_app: FastAPI,
) -> None:
    page = await lonely_app.state.metrics.page()
    assert values(page)["casework_register_answers", frozenset()] == 0
    assert b"casework_cases_open" not in page


async def test_many_who_look_at_once_read_the_register_once(register_url: str) -> None:
    reads, clock = 0, [0.0]

    class Counted(Register):
        def reading(self) -> _AsyncGeneratorContextManager[AsyncSession]:
            nonlocal reads
            reads += 1
            return super().reading()

    register = Counted(lambda: create_engine(register_url), PLAIN)
    metrics = Metrics(register, lambda: datetime.now(UTC), lambda: clock[0])
    for at, expected in ((0, 1), (READ_EVERY_SECONDS / 2, 1), (READ_EVERY_SECONDS, 2)):
        clock[0] = at
        await metrics.page()
        await metrics.page()
        assert reads == expected
    await register.close()


def test_what_is_logged_counts_under_a_name_of_a_fixed_list() -> None:
    counted: list[str] = []
    root = logging.getLogger()
    before = list(root.handlers)
    count_warnings(counted.append)
    try:
        logging.getLogger("proof").warning({"event": "proof_refused", "case": NOBODY})
        logging.getLogger("others").warning("王小明 %s", NOBODY)
        logging.getLogger("others").info({"event": "proof_refused"})
    finally:
        root.handlers = before
    assert counted == ["proof_refused", "other"]


@cache
def _sources() -> tuple[str, ...]:
    """The text of every module that may log, but of that which has the list."""
    rooms = ("api", "casework", "workers", "workflows", "activities")
    files = (file for room in rooms for file in (ROOT / room).rglob("*.py"))
    return tuple(file.read_text() for file in files if file.name != "log.py")


@pytest.mark.parametrize("event", [each for each in WATCHED if each != "other"])
def test_what_is_counted_is_logged_somewhere(event: str) -> None:
    assert any(f'"{event}"' in text or f'"{event.upper()}"' in text for text in _sources())


def test_every_error_that_is_logged_is_counted_by_its_name() -> None:
    named = re.compile(r"log(?:ger)?\.error\((?:\s*#[^\n]*)?\s*\"(\w+)\"")
    events = {event for text in _sources() for event in named.findall(text)}
    assert {"request_failed", "letter_lost", "rule_broke"} <= events
    assert events - {*WATCHED} == set()


def _over(side: object) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(side), base_url="http://side")  # type: ignore[arg-type]
