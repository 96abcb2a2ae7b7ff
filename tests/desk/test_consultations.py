"""A consultation is logged at the desk once, and the next form keeps the way and the topic."""

from tests.api.live import Backend
from tests.desk.pages import Reader, form_to, links, read

PAGE = "/desk/consultations/new"


async def test_one_is_logged_once_and_the_next_begins_alike(backend: Backend) -> None:
    officer = Reader(backend, "ja-o1")
    form = form_to(await officer.see(PAGE), "/consultations/new")
    typed = {**form.values, "channel": "wechat", "topic": "retirement", "step": "check"}
    form = form_to(await officer.send(PAGE, typed), "/consultations/new")
    sent = [await officer.send(form.action, {**form.values, "step": "send"}) for _ in range(2)]
    assert [each.status_code for each in sent] == [303, 303]
    assert sent[0].headers["location"] == f"{PAGE}?channel=wechat&topic=retirement"
    listed = await backend.get("ja-o1", "/v1/consultations", channel="wechat")
    (line,) = listed.json()["items"]
    assert (line["topic"], line["answered"], line["logged_by"]) == ("retirement", True, "ja-o1")
    assert "微信" in (await officer.see("/desk/lists/consultations")).text


async def test_what_is_wrong_is_said_before_the_check(backend: Backend) -> None:
    officer = Reader(backend, "ja-o1")
    page = await officer.see(PAGE)
    said = read(page)
    assert "如 2026-09-17 09:30" in said, "the form of a time is told"
    assert 'type="checkbox" id="needs-1"' in page.text, "needs are chosen, not typed in code"
    assert "/desk/tickets/new" in set(links(page))
    form = form_to(page, "/consultations/new")
    told = {**form.values, "channel": "phone", "topic": "points", "step": "check"}
    for wrong, at in (
        ({"asked_at": "昨天下午"}, "asked_at"),
        ({"asked_at": "2999-01-01 09:00"}, "asked_at"),
        ({"answered": "false", "ticket": "310106-AAAA-AAAA-AAAA"}, "ticket"),
        ({"answered": "false"}, "ticket"),
    ):
        refused = await officer.send(PAGE, told | wrong)
        assert refused.status_code in {409, 422}, wrong
        assert f'href="#field-{at}"' in refused.text, (wrong, read(refused))
    assert (await backend.get("ja-o1", "/v1/consultations", channel="phone")).json()["items"] == []


async def test_a_question_that_waits_gets_a_ticket_once_and_its_line(backend: Backend) -> None:
    officer, page = Reader(backend, "ja-o1"), "/desk/tickets/new"
    form = form_to(await officer.see(page), "/tickets/new")
    text = "社保转移以后怎样续办积分？"
    typed = {**form.values, "came_by": "consultation", "subject_matter": text, "step": "check"}
    form = form_to(await officer.send(page, typed), "/tickets/new")
    sent = [await officer.send(form.action, {**form.values, "step": "send"}) for _ in range(2)]
    assert [each.status_code for each in sent] == [303, 303], read(sent[0])
    assert sent[0].headers["location"] == sent[1].headers["location"], "sent twice, opened once"
    back = form_to(await officer.see(sent[0].headers["location"]), "/consultations/new")
    assert back.values["ticket"].startswith("310106-")
    assert back.values["answered"] == "false"
