"""``casework digests``: who was told of cards, and when."""

import json
from typing import Any

from tests.cli.conftest import FakeApi, Run

DIGEST: dict[str, Any] = {
    "officer": "ja-o1",
    "district": "310106",
    "day": "2026-11-23",
    "channel": "mail",
    "status": "sent",
    "status_label": "已发送",
    "problem": "",
    "red": 1,
    "yellow": 2,
    "older": 3,
    "queued_at": "2026-11-23T01:00:00Z",
    "sent_at": "2026-11-23T01:00:02Z",
}
REFUSED = DIGEST | {
    "officer": "ja-o2",
    "status_label": "未能送达",
    "problem": "contact_unknown",
    "channel": "",
    "sent_at": None,
}


def test_digests_are_listed_with_who_was_told_and_why_not(run: Run, api: FakeApi) -> None:
    api.says("GET", "/v1/card-digests", {"items": [DIGEST, REFUSED], "next_cursor": None})
    result = run("digests", "--day", "2026-11-23", "--as", "ja-s1", to=api)
    for word in ("ja-o1", "已发送", "2026-11-23 09:00", "邮件", "contact_unknown"):
        assert word in result.stdout
    assert json.loads(run("digests", "--json", to=api).stdout) == [DIGEST, REFUSED]
