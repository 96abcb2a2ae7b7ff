"""A consultation is logged at the desk once, and the next form keeps the way and the topic."""

from tests.api.live import Backend
from tests.desk.pages import Reader, form_to

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
