"""``casework history``: of whatever kind the case is, its workflow is found."""

import json
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory

from casework import temporal
from tests.cli.conftest import FakeApi, Run

NO = "500103-0000-0000-0001"


class FakeTemporal:
    """Knows every workflow, and keeps which one was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def get_workflow_handle(self, workflow_id: str) -> "FakeTemporal":
        self.asked.append(workflow_id)
        return self

    async def fetch_history(self) -> WorkflowHistory:
        return WorkflowHistory(workflow_id=self.asked[-1], events=[])


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeTemporal:
    fake = FakeTemporal()

    async def connect(_: object) -> FakeTemporal:
        return fake

    monkeypatch.setattr(temporal, "connect", connect)
    return fake


@pytest.mark.parametrize(
    ("kind", "workflow"),
    [
        ("application", f"app.500103.{NO}"),
        ("request", f"req.500103.{NO}"),
        ("talent_cycle", f"cycle.talent.{NO}"),
        ("rating", f"ticket.rating.{NO}"),
    ],
)
def test_the_register_says_of_which_kind_a_case_is(
    run: Run, api: FakeApi, engine: FakeTemporal, kind: str, workflow: str
) -> None:
    done = run("history", "export", NO, to=api.says("GET", f"/v1/cases/{NO}", {"kind": kind}))

    assert json.loads(done.stdout) == {}
    assert engine.asked == [workflow]


def test_without_an_api_the_kind_may_be_said(
    run: Run, api: FakeApi, engine: FakeTemporal, tmp_path: Path
) -> None:
    file = tmp_path / "history.json"

    done = run("history", "export", NO, "--kind", "visits", "-o", str(file), to=api)

    assert (done.exit_code, api.asked) == (0, [])
    assert engine.asked == [f"round.500103.{NO}"]
    assert json.loads(file.read_text(encoding="utf-8")) == {}


def test_a_case_that_is_not_there_is_exit_code_1(
    run: Run, api: FakeApi, engine: FakeTemporal
) -> None:
    problem = {"detail": "没有此办件编号，请核对", "code": "CASE_NOT_FOUND"}

    done = run("history", "export", NO, to=api.says("GET", f"/v1/cases/{NO}", problem, 404))

    assert (done.exit_code, engine.asked) == (1, [])
