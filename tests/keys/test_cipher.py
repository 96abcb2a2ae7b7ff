"""Sealing and opening: only in the right place, only unaltered, by either algorithm."""

import dataclasses

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casework.security.keys.cipher import Algorithm, KeyedCipher, Sm4Gcm, readable
from casework.security.keys.errors import ERASED, AlteredError, UnknownKeyError
from casework.security.keys.ring import KeyRing
from tests.examples import examples
from tests.keys.conftest import LATER

CASE, OTHER = "310106-1111-1111-1111", "310106-2222-2222-2222"
SECRET = bytes(range(32))
NAME = "parties.name"
_TEXTS = st.text(st.characters(codec="utf-8"))
ALGORITHMS = pytest.mark.parametrize("algorithm", list(Algorithm))


@pytest.fixture
def cipher(ring: KeyRing) -> KeyedCipher:
    return KeyedCipher(ring, CASE, SECRET, Algorithm.A256GCM)


@ALGORITHMS
def test_what_is_sealed_is_opened_under_every_key_there_was(
    ring: KeyRing, algorithm: Algorithm
) -> None:
    cipher = KeyedCipher(ring, CASE, SECRET, algorithm)
    before = cipher.seal_text("张三", NAME)
    new = ring.rotate(at=LATER)
    after = cipher.seal_text("张三", NAME)
    assert after.startswith(f"sealed:{new.id}:{algorithm}:")
    assert before.split(":")[1] != new.id
    assert [cipher.open_text(text, NAME) for text in (before, after)] == ["张三", "张三"]


def test_a_change_of_algorithm_leaves_what_was_sealed_readable(ring: KeyRing) -> None:
    ours = KeyedCipher(ring, CASE, SECRET, Algorithm.SM4GCM)
    theirs = KeyedCipher(ring, CASE, SECRET, Algorithm.A256GCM)
    assert theirs.open_text(ours.seal_text("张三", NAME), NAME) == "张三"


@given(text=_TEXTS, about=_TEXTS)
@settings(examples(25), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_comes_back(ring: KeyRing, text: str, about: str) -> None:
    cipher = KeyedCipher(ring, CASE, SECRET, Algorithm.A256GCM)
    stored = cipher.seal_text(text, about)
    assert cipher.open_text(stored, about) == text
    assert (stored == "") == (text == "")


def test_the_same_twice_looks_different(cipher: KeyedCipher) -> None:
    assert cipher.seal_text("张三", NAME) != cipher.seal_text("张三", NAME)


def test_a_row_of_before_passes_unchanged(cipher: KeyedCipher) -> None:
    assert cipher.open_text("张三", NAME) == "张三"


@ALGORITHMS
def test_every_altered_byte_is_found(ring: KeyRing, algorithm: Algorithm) -> None:
    cipher = KeyedCipher(ring, CASE, SECRET, algorithm)
    sealed = cipher.seal("张三".encode(), about=b"payload")
    for place in range(len(sealed.data)):
        data = bytearray(sealed.data)
        data[place] ^= 1
        with pytest.raises(AlteredError):
            cipher.open(dataclasses.replace(sealed, data=bytes(data)), about=b"payload")


@ALGORITHMS
@pytest.mark.parametrize("length", [0, 5, 12, 20, 27])
def test_a_truncated_text_is_found(ring: KeyRing, algorithm: Algorithm, length: int) -> None:
    cipher = KeyedCipher(ring, CASE, SECRET, algorithm)
    sealed = cipher.seal(b"x")
    with pytest.raises(AlteredError):
        cipher.open(dataclasses.replace(sealed, data=sealed.data[:length]))


@ALGORITHMS
def test_it_opens_only_in_its_own_case_and_place(ring: KeyRing, algorithm: Algorithm) -> None:
    cipher = KeyedCipher(ring, CASE, SECRET, algorithm)
    stored = cipher.seal_text("张三", NAME)
    same_secret = KeyedCipher(ring, OTHER, SECRET, algorithm)
    other_secret = KeyedCipher(ring, CASE, bytes(32), algorithm)
    for stranger in (same_secret, other_secret):
        with pytest.raises(AlteredError):
            stranger.open_text(stored, NAME)
    with pytest.raises(AlteredError):
        cipher.open_text(stored, "parties.email")


def test_it_opens_only_as_what_it_says_it_is(ring: KeyRing, cipher: KeyedCipher) -> None:
    stored = cipher.seal_text("张三", NAME)
    other_key = ring.rotate(at=LATER).id
    for claimed in (
        stored.replace("A256GCM", "SM4GCM"),
        stored.replace("A256GCM", "ROT13"),
        stored.replace(stored.split(":")[1], other_key),
        "sealed:",
        f"{stored}:",
        f"{stored}*",
    ):
        with pytest.raises(AlteredError):
            cipher.open_text(claimed, NAME)


def test_a_key_the_ring_lacks_is_said_to_be_lacking(cipher: KeyedCipher) -> None:
    stored = cipher.seal_text("张三", NAME)
    with pytest.raises(UnknownKeyError):
        cipher.open_text(stored.replace(stored.split(":")[1], "20000101-00000000"), NAME)


def test_a_reader_sees_what_was_erased(cipher: KeyedCipher) -> None:
    stored = cipher.seal_text("张三", NAME)
    assert readable(cipher, stored, NAME) == "张三"
    assert readable(None, stored, NAME) == ERASED == "已依法删除"
    assert readable(None, "写于加密之前", NAME) == "写于加密之前"
    assert readable(None, "", NAME) == ""


def test_sm4_is_the_sm4_of_the_standard() -> None:
    # RFC 8998, appendix A.1.
    sealed = Sm4Gcm(bytes.fromhex("0123456789abcdeffedcba9876543210")).encrypt(
        bytes.fromhex("00001234567800000000abcd"),
        b"".join(bytes([each] * 8) for each in b"\xaa\xbb\xcc\xdd\xee\xff\xee\xaa"),
        bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
    )
    assert sealed.hex().startswith("17f399f08c67d5ee")
    assert sealed.hex().endswith("83de3541e4c2b58177e065a9bf7b62ec")
