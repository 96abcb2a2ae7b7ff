"""``casework report``: the lines with both numbers, and what has changed since."""

from tests.cli.conftest import FakeApi, Run

LINE = {
    "name": "on_time_rate",
    "section": "时限",
    "label": "按时办结率",
    "text": "98.5%（66/67）",
    "unit": "%",
    "formula": "按时 ÷ 决定",
}
DAYS = LINE | {
    "name": "net_mean",
    "label": "时长（净） 平均",
    "text": "12.3（n=67）",
    "unit": "工作日",
}
ANSWER = {
    "period_label": "2026年10月",
    "at": "2026-11-02T10:00:00+08:00",
    "catalogue": "0123456789abcdef",
    "lines": [LINE, DAYS],
    "groups": [{"key": "PTS_NEW", "label": "居住证积分新办", "lines": [LINE]}],
    "corrections": [{"section": "办理量", "label": "受理", "then": 60, "now": {"count": 61}}],
    "overdue": {"count": 3},
    "due": [{"count": 4}, {"count": 5}],
}


def test_a_report_is_shown_with_its_numbers(run: Run, api: FakeApi) -> None:
    api.says("GET", "/v1/reports", ANSWER)
    asked = ("2026-10", "--district", "310106", "--by", "item", "--formulas")
    done = run("report", *asked, "--as", "ja-s1", to=api)
    assert done.exit_code == 0, done.output
    for word in ("98.5%（66/67）", "12.3（n=67）", "居住证积分新办", "更正", "61", "到期 9 件"):
        assert word in done.stdout
    assert dict(api.asked[0].url.params) == {
        "period": "2026-10", "district": "310106", "by": "item",
    }  # fmt: skip


def test_now_asks_for_what_is_recorded_now(run: Run, api: FakeApi) -> None:
    api.says("GET", "/v1/reports", ANSWER)
    done = run("report", "--now", "--as", "ja-s1", to=api)
    assert done.exit_code == 0, done.output
    assert dict(api.asked[0].url.params) == {"now": "true"}
