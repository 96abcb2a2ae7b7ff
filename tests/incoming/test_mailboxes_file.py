"""The file of the mailboxes: what is wrong with it is said before anything is fetched."""

import json
from pathlib import Path
from typing import Any

import pytest

from casework.mailboxes import open_mailboxes
from casework.settings import Settings, SettingsError

IMAP: dict[str, Any] = {
    "name": "mh-points",
    "district": "310112",
    "purpose": "points",
    "host": "imap.example.cn",
    "user": "points",
    "password_file": "/etc/casework/points.secret",
}
LMTP = {"name": "bs", "district": "310113", "purpose": "points", "address": "Points@bs.example.cn"}


def opened(tmp_path: Path, *boxes: dict[str, Any]) -> Any:
    file = tmp_path / "mailboxes.json"
    file.write_text(json.dumps(boxes))
    return open_mailboxes(Settings(home=tmp_path, mailboxes_file=file))


def test_a_mailbox_is_found_by_its_address_and_by_its_name(tmp_path: Path) -> None:
    boxes = opened(tmp_path, IMAP, LMTP)
    assert [each.name for each in boxes.fetched] == ["mh-points"]
    assert boxes.at(" points@BS.example.cn ").name == "bs"
    assert boxes.at("") is None
    assert boxes.named("bs").district == "310113"
    assert open_mailboxes(Settings(home=tmp_path)).every == ()


@pytest.mark.parametrize(
    ("boxes", "said"),
    [
        ([IMAP, IMAP], "comes twice"),
        ([LMTP, LMTP | {"name": "other"}], "comes twice"),
        ([IMAP | {"tls": False}], "in clear"),
        ([IMAP | {"user": ""}], "IMAP needs user"),
        ([LMTP | {"address": ""}], "give the address"),
        ([LMTP | {"district": "x"}], "district"),
        ([IMAP | {"done": "INBOX"}], "another folder"),
        ([IMAP | {"password": "secret-word"}], "password"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, boxes: list[Any], said: str) -> None:
    with pytest.raises(SettingsError, match=said) as refused:
        opened(tmp_path, *boxes)
    assert "secret-word" not in str(refused.value)


def test_a_local_server_needs_no_tls(tmp_path: Path) -> None:
    assert opened(tmp_path, IMAP | {"tls": False, "host": "127.0.0.1"}).fetched
