"""A unit is registered at the desk by one officer, confirmed by another, and changed by two."""

from stdnum.cn import uscc

from tests.api.live import Backend
from tests.desk.pages import Reader, form_to

NEW = "/desk/units/new"
LIST = "/desk/lists/units"


async def done(reader: Reader, page: str, **typed: str) -> str:
    """Fill in a form, check it and send it; return where it leads."""
    form = form_to(await reader.see(page), page.removeprefix("/desk"))
    form = form_to(await reader.send(page, {**form.values, **typed, "step": "check"}), page[5:])
    sent = await reader.send(form.action, {**form.values, "step": "send"})
    assert sent.status_code == 303, sent.text
    return sent.headers["location"]


async def test_one_registers_another_confirms_and_a_change_takes_two(backend: Backend) -> None:
    officer, colleague = Reader(backend, "ja-o1"), Reader(backend, "ja-o2")
    code = "91310106MA1FY8888"
    code += uscc.calc_check_digit(code)
    said = {"credit_code": code, "name": "虚构制造公司", "mailbox": "hr@made.example.com"}
    assert await done(officer, NEW, **said) == LIST
    listed = await backend.get("ja-o1", "/v1/units", credit_code=code)
    (unit,) = [each["id"] for each in listed.json()["items"]]
    page = await colleague.see(LIST)
    assert f"/desk/units/{unit}/approve" in page.text
    approving = await colleague.see(f"/desk/units/{unit}/approve")
    assert "hr@made.example.com" in approving.text, "what is confirmed is shown"
    assert await done(colleague, f"/desk/units/{unit}/approve") == LIST
    await done(
        officer,
        f"/desk/units/{unit}/change",
        mailbox="renshi@made.example.com",
        reason="人事变动，见变更申请",
    )
    listed = await backend.get("ja-o1", "/v1/units", credit_code=code, status="proposed")
    (change,) = [each["id"] for each in listed.json()["items"]]
    await done(colleague, f"/desk/units/{change}/approve")
    assert (await backend.get("ja-o1", f"/v1/units/{unit}")).json()["status"] == "replaced"
    await done(officer, f"/desk/units/{change}/end", reason="单位已注销")
    assert "已停用" in (await officer.see(LIST)).text
