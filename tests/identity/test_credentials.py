"""Credentials for outside parties: from files, renewed without a restart, shown nowhere."""

from pathlib import Path

import httpx
import pytest

from casework.outside import FileBearer, MailSender, post_once
from casework.settings import Settings, SettingsError
from workers.main import _mail


async def test_the_token_of_the_moment_goes_with_each_request(tmp_path: Path) -> None:
    heard: list[str | None] = []

    def party(request: httpx.Request) -> httpx.Response:
        heard.append(request.headers.get("Authorization"))
        return httpx.Response(202, json={"reference": "R-1"})

    file = tmp_path / "token"
    async with httpx.AsyncClient(
        transport=httpx.MockTransport(party), auth=FileBearer(file)
    ) as http:
        for token in ("first", "second"):
            file.write_text(f"{token}\n")
            await post_once(http, "http://party/reports", key="k", body={}, answer="reference")
        assert heard == ["Bearer first", "Bearer second"]
        file.unlink()
        with pytest.raises(SettingsError, match="token"):
            await post_once(http, "http://party/reports", key="k", body={}, answer="reference")
    assert "second" not in repr(FileBearer(file))


def test_mail_is_sent_under_the_password_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("hush\n")
    settings = Settings(home=tmp_path, smtp_user="casework", smtp_password_file=file)
    sender = _mail(settings)
    assert (sender.username, sender.password, sender.start_tls) == ("casework", "hush", None)
    assert "hush" not in repr(sender)
    assert "hush" not in repr(settings)


def test_in_production_a_password_goes_over_no_open_line(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("hush")
    changed = {"environment": "production", "smtp_password_file": file}
    assert _mail(Settings(home=tmp_path, **changed)).start_tls is True  # type: ignore[arg-type]
    whole = _mail(Settings(home=tmp_path, smtp_use_tls=True, **changed))  # type: ignore[arg-type]
    assert (whole.use_tls, whole.start_tls) == (True, None)
    assert isinstance(whole, MailSender)
    assert _mail(Settings(home=tmp_path)).password is None
