"""The file of master keys: whole, private, and seen anew when another process changed it."""

import json
import stat
from pathlib import Path

import pytest

from casework.security.keys.errors import UnknownKeyError
from casework.security.keys.ring import KEY_BYTES, KeyRing, init_ring
from casework.settings import Settings, SettingsError
from tests.keys.conftest import LATER, MORNING


def test_a_new_ring_is_for_its_owner_only_and_made_once(ring_file: Path) -> None:
    first = KeyRing(ring_file).active
    init_ring(ring_file, at=LATER)
    assert KeyRing(ring_file).active == first
    assert stat.S_IMODE(ring_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(ring_file.parent.stat().st_mode) == 0o700


def test_a_rotation_is_seen_by_a_ring_opened_before(ring_file: Path, ring: KeyRing) -> None:
    old = ring.active
    new = KeyRing(ring_file).rotate(at=LATER)
    assert ring.active == new.id != old
    assert len(ring.key(old)) == KEY_BYTES
    assert ring.key(old) != ring.key(new.id)
    assert [key.id for key in ring.keys] == [old, new.id]
    assert stat.S_IMODE(ring_file.stat().st_mode) == 0o600


def test_a_key_that_came_later_is_found_without_a_write(ring_file: Path, ring: KeyRing) -> None:
    new = KeyRing(ring_file).rotate(at=LATER)
    assert ring.key(new.id) == new.key


def test_an_unknown_key_is_named_and_nothing_else(ring: KeyRing) -> None:
    with pytest.raises(UnknownKeyError, match="20220301-ffffffff"):
        ring.key("20220301-ffffffff")


def test_a_ring_in_use_outlives_its_file(ring_file: Path, ring: KeyRing) -> None:
    active = ring.active
    ring_file.unlink()
    assert ring.active == active
    assert len(ring.key(active)) == KEY_BYTES


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"active": "a", "keys": []}',
        '{"active": "a", "keys": [{"id": "a", "made_at": "2022-03-01", "key": "c2hvcnQ="}]}',
    ],
)
def test_what_is_no_ring_is_refused_with_a_line(tmp_path: Path, content: str) -> None:
    file = tmp_path / "ring.json"
    file.write_text(content)
    with pytest.raises(SettingsError, match="it is no key ring"):
        KeyRing(file)


def test_the_local_stack_makes_its_ring_by_itself(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    assert KeyRing.open(settings, at=MORNING).active == KeyRing.open(settings, at=LATER).active


def test_production_takes_only_a_ring_that_was_made(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path).model_copy(update={"environment": "production"})
    with pytest.raises(SettingsError, match="casework keys init"):
        KeyRing.open(settings, at=MORNING)
    init_ring(settings.key_ring_file, at=MORNING)
    assert KeyRing.open(settings, at=LATER).keys[0].made_at == MORNING


def test_no_key_shows_when_a_ring_is_printed(ring_file: Path, ring: KeyRing) -> None:
    key = json.loads(ring_file.read_text())["keys"][0]["key"]
    assert key not in repr(ring)
    assert "key=" not in repr(ring.keys[0])
