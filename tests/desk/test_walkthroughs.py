"""A walk is recorded at the desk, answered from what was noted, and shown with its words."""

from tests.api.live import Backend
from tests.desk.pages import Reader, form_to, read

PAGE = "/desk/walkthroughs/new"


async def test_a_walk_is_recorded_once_and_answered_from_its_findings(backend: Backend) -> None:
    officer = Reader(backend, "ja-o1")
    form = form_to(await officer.see(PAGE), "/walkthroughs/new")
    typed = {
        **form.values,
        "district": "310106",
        "leader": "分管副局长",
        "role": "citizen",
        "mode": "in_person",
        "way": "window",
        "walked_item": "职业介绍",
        "walked_on": "2026-09-16",
        "process_smooth": "4",
        "step": "check",
    }
    form = form_to(await officer.send(PAGE, typed), "/walkthroughs/new")
    sent = [await officer.send(form.action, {**form.values, "step": "send"}) for _ in range(2)]
    assert sent[0].headers["location"] == sent[1].headers["location"]
    place = sent[0].headers["location"]
    noted = {"sort": "problem", "text": "企业在线申请密码需隔天激活"}
    case_no = place.rpartition("/")[2]
    answer = await backend.post("ja-o1", f"/v1/walkthroughs/{case_no}/note-finding", noted)
    assert answer.status_code == 200, answer.text
    page = read(await officer.see(f"{place}/do/set-remedy"))
    assert "P1 企业在线申请密码需隔天激活" in page
    case = read(await officer.see(place))
    assert "分管副局长" in case
    assert "企业在线申请密码需隔天激活" in case
