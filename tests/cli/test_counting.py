"""Figures of tickets and the log of consultations, as the command line shows them."""

import json
from typing import Any

from tests.cli.conftest import FakeApi, Run

FIGURE: dict[str, Any] = {
    "scope": "hotline",
    "scope_label": "12345热线工单",
    "line": "answered",
    "line_label": "答复率",
    "definition": "已答复 ÷ 期内收到",
    "part": 7,
    "whole": 7,
    "percent": 100.0,
}
FIGURES: dict[str, Any] = {
    "at": "2022-05-06T09:00:00+08:00",
    "first_on": "2022-04-01",
    "last_on": "2022-05-06",
    "mark": "口径为内部设定，来源未规定",
    "figures": [FIGURE],
    "districts": [{"district": "310106", "figures": [FIGURE]}],
}
LINE: dict[str, Any] = {
    "reference": "Z-1",
    "channel_label": "手语视频",
    "topic_label": "退休",
    "needs": ["sign_language"],
    "needs_label": "手语",
    "agents": ["ja-o2"],
}


def test_figures_are_shown_with_their_definitions(run: Run, api: FakeApi) -> None:
    api.says("GET", "/v1/figures/tickets", FIGURES)
    shown = run("figures", "--from", "2022-04-01", "--as", "ja-s1", to=api).stdout
    assert "7/7" in shown
    assert "口径为内部设定" in shown
    assert dict(api.asked[0].url.params) == {"first_on": "2022-04-01"}


def test_a_figure_opens_its_tickets(run: Run, api: FakeApi) -> None:
    ticket = {
        "case_no": "310106-0000-0000-0000",
        "district": "310106",
        "stage_label": "工单已办结",
        "received_on": "2022-04-18",
        "times": 1,
    }
    api.says("GET", "/v1/figures/tickets/cases", {"items": [ticket]})
    asked = ("figures", "--cases", "answered", "--scope", "hotline", "--whole", "--as", "ja-s1")
    assert "310106-0000-0000-0000" in run(*asked, to=api).stdout
    assert dict(api.asked[0].url.params) == {
        "line": "answered",
        "scope": "hotline",
        "whole": "true",
    }


def test_a_consultation_names_who_can_serve(run: Run, api: FakeApi) -> None:
    api.says("POST", "/v1/consultations", LINE, 201)
    asked = ("sign_language_video", "retirement", "--need", "sign_language", "--reference", "Z-1")
    logged = run("consultations", "log", *asked, "--as", "ja-o1", to=api)
    assert "手语：ja-o2" in logged.stdout
    assert json.loads(api.asked[0].content) == {
        "channel": "sign_language_video",
        "topic": "retirement",
        "answered": True,
        "needs": ["sign_language"],
        "reference": "Z-1",
    }
