"""Units, as the command line shows them."""

import json

from tests.cli.conftest import FakeApi, Run

UNIT = {
    "id": "DW-0000-0000-0001",
    "name": "某某公司",
    "mailbox": "h***@firm.example.com",
    "status_label": "待复核",
}


def test_a_unit_is_proposed_with_what_is_said_of_it(run: Run, api: FakeApi) -> None:
    api.says("POST", "/v1/units", UNIT, 201)
    asked = ("91310106MA1FY7XX05", "某某公司", "hr@firm.example.com", "--short-name", "某某")
    told = run("units", "register", *asked, "--as", "ja-o1", to=api)
    assert "DW-0000-0000-0001 某某公司" in told.stdout
    assert json.loads(api.asked[0].content) == {
        "credit_code": "91310106MA1FY7XX05",
        "name": "某某公司",
        "mailbox": "hr@firm.example.com",
        "short_names": ["某某"],
    }


def test_a_decision_goes_to_the_unit(run: Run, api: FakeApi) -> None:
    for verb, options in (
        ("approve", ()),
        ("reject", ("--reason", "邮箱与介绍信不符")),
        ("end", ("--reason", "单位已注销")),
    ):
        api.says("POST", f"/v1/units/{UNIT['id']}/{verb}", UNIT)
        run("units", verb, UNIT["id"], *options, "--as", "ja-o2", to=api)
        assert json.loads(api.asked[-1].content) == ({"reason": options[1]} if options else {})
