"""Jurisdiction transfer over HTTP: the register follows, both districts see the log."""

from casework.store.engine import Sessions
from casework.store.register.rebuild import rebuild
from tests.api.live import Backend
from tests.api.platform import Platform
from tests.api.test_problems import assert_problem

TO = {"to_district": "310104", "reason": "单位注册地在徐汇区"}


async def _tasks(backend: Backend, by: str, district: str) -> list[str]:
    answer = await backend.get(by, "/v1/tasks", district=district)
    assert answer.status_code == 200, answer.text
    return [task["case_no"] for task in answer.json()["items"]]


async def test_an_application_goes_to_another_district(
    backend: Backend, sessions: Sessions
) -> None:
    case_no = await backend.case()
    for _ in range(2):
        answer = await backend.do("sh-u1", case_no, "transfer-jurisdiction", key="move-1", **TO)
        assert answer.status_code == 200, answer.text

    case = (await backend.get("xh-o1", f"/v1/applications/{case_no}")).json()
    assert (case["district"], case["holder"], case["stage"]) == ("310104", "xh-o1", "pre_review")
    assert case_no in await _tasks(backend, "xh-s1", "310104")
    assert case_no not in await _tasks(backend, "ja-s1", "310106")
    assert not (await rebuild(sessions, case_no, write=False)).differences

    late = await backend.do("ja-o1", case_no, "pre-review", outcome="passed")
    assert (late.status_code, assert_problem(late)["code"]) == (403, "OTHER_DISTRICT")
    assert (await backend.do("xh-o1", case_no, "pre-review", outcome="passed")).status_code == 200


async def test_both_districts_see_the_log_and_a_third_does_not(backend: Backend) -> None:
    case_no = await backend.case()
    await backend.do("sh-u1", case_no, "transfer-jurisdiction", **TO)
    for by in ("ja-s1", "xh-s1", "sh-u1"):
        found = (await backend.get(by, "/v1/transfers", case_no=case_no)).json()["items"]
        assert [(each["from_district"], each["to_district"], each["actor"]) for each in found] == [
            ("310106", "310104", "sh-u1")
        ]
        assert found[0]["reason"] == TO["reason"]
    assert (await backend.get("mh-s1", "/v1/transfers", case_no=case_no)).json()["items"] == []
    for by, asked, code in (
        ("ja-o1", {}, "ROLE_NOT_ALLOWED"),
        ("ja-s1", {"district": "310104"}, "OTHER_DISTRICT"),
    ):
        refused = await backend.get(by, "/v1/transfers", **asked)
        assert (refused.status_code, assert_problem(refused)["code"]) == (403, code)


async def test_who_may_not_transfer_and_where_to_is_refused(backend: Backend) -> None:
    case_no = await backend.case()
    for by, to, code in (
        ("ja-s1", "310104", "ROLE_NOT_ALLOWED"),
        ("sh-u1", "310106", "SAME_DISTRICT"),
    ):
        body = {**TO, "to_district": to}
        refused = await backend.do(by, case_no, "transfer-jurisdiction", **body)
        assert assert_problem(refused)["code"] == code
    nowhere = await backend.do(
        "sh-u1", case_no, "transfer-jurisdiction", **{**TO, "to_district": "999999"}
    )
    assert nowhere.status_code == 422, nowhere.text
    assert await backend.titles(case_no) == ["submitted"]


async def test_a_request_goes_to_the_body_of_the_other_district(platform: Platform) -> None:
    case_no = await platform.request(await platform.talent(letter="E"))
    answer = await platform.backend.post(
        "cq-u1",
        f"/v1/requests/{case_no}/transfer-jurisdiction",
        {"to_district": "500112", "reason": "人才迁居渝北区"},
    )
    assert answer.status_code == 200, answer.text
    case = (await platform.backend.get("yb-sv1", f"/v1/requests/{case_no}")).json()
    assert (case["district"], case["holder"]) == ("500112", "yb-sp1")
