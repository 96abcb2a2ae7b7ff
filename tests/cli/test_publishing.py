"""``casework catalogue propose | versions | export``."""

import json
from pathlib import Path

from casework.policy.publishing.archive import pack, same_content
from tests.catalogue.conftest import ROOT
from tests.cli.conftest import FakeApi, Run
from tests.publishing.trees import PACKAGED

NO = "ZL-0000-0000-0001"
VERSION = {
    "number": 1,
    "digest": PACKAGED.digest,
    "first_on": "2026-11-30",
    "order_no": None,
    "reason": "",
    "proposed_by": "catalogue",
    "approved_by": "",
    "at": "2026-11-30T09:00:00+08:00",
    "replaces": "",
}
HELD = {"digest": PACKAGED.digest, "held": VERSION, "in_force": VERSION, "since": None}
PREVIEW = {
    "catalogue": PACKAGED.digest,
    "first_on": "2026-12-01",
    "replaces": PACKAGED.digest,
    "changed": 1,
    "differences": [
        {
            "code": "PTS_NEW",
            "name": "居住证积分新办",
            "district": "310106",
            "district_name": "静安区",
            "first_on": "2026-12-01",
            "until": None,
            "how": "longer",
            "text": "“送达期限”：由5个工作日延长为7个工作日",
        }
    ],
    "open_cases": [
        {"district": "310106", "item": "PTS_NEW", "cases": 1, "examples": ["310106-AAAA"]}
    ],
}
ORDER = {
    "no": NO,
    "status": "proposed",
    "status_label": "待批准",
    "version": None,
    "moved": None,
    "roused": 0,
    "preview": PREVIEW,
}
ASKED = ("--from", "2026-12-01", "--reason", "新办法施行")


def test_a_folder_is_sent_and_proposed(run: Run, api: FakeApi) -> None:
    api.says("POST", "/v1/catalogue/archives", {"digest": PACKAGED.digest, "files": 56}, 201)
    api.says("POST", "/v1/orders", ORDER, 201)
    done = run("catalogue", "propose", str(ROOT), *ASKED, to=api)
    assert done.exit_code == 0, done.output
    sent, ordered = api.asked
    assert same_content(sent.content, PACKAGED.digest) == pack(ROOT)
    assert json.loads(ordered.content) == {
        "kind": "publish_catalogue",
        "digest": PACKAGED.digest,
        "first_on": "2026-12-01",
        "reason": "新办法施行",
    }
    for told in ("静安区　居住证积分新办", "延长为7个工作日", "310106-AAAA", f"approve {NO}"):
        assert told in done.stdout


def test_versions_are_listed(run: Run, api: FakeApi) -> None:
    api.says("GET", "/v1/catalogue/versions", {"items": [VERSION]})
    api.says("GET", "/v1/catalogue", HELD)
    done = run("catalogue", "versions", to=api)
    assert done.exit_code == 0, done.output
    assert PACKAGED.digest[:12] in done.stdout
    shown = run("catalogue", "versions", "--json", to=api)
    assert json.loads(shown.stdout)["versions"] == [VERSION]


def test_what_is_no_folder_is_not_sent(run: Run, api: FakeApi, tmp_path: Path) -> None:
    done = run("catalogue", "propose", str(tmp_path), *ASKED, to=api)
    assert (done.exit_code, api.asked) == (2, [])
    assert "不是事项目录" in done.output
    full = run("catalogue", "export", str(ROOT), to=api)
    assert (full.exit_code, api.asked) == (2, [])
