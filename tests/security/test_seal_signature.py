"""The city's seal on a letter, verified offline by certificates that somebody trusts."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from casework.domain.time.calendar import local_date
from casework.security.seal_signature import CertificateError, SealCertificates, SealError
from tests.examples import examples
from tests.security.seals import SINCE, UNTIL, CitySeal, rsa_key

LETTER: Final = b"%PDF-1.7 a letter of the office\n%%EOF\n"
ISSUED, KNOWN = date(2026, 9, 17), date(2026, 9, 18)
BETWEEN = ISSUED, KNOWN
CITY = CitySeal.new()
RSA_KEY = rsa_key()
SIGNATURE, SEALED = CITY.sign(LETTER), CITY.seal(LETTER)


def by(*seals: CitySeal, lists: tuple[bytes, ...] = ()) -> SealCertificates:
    return SealCertificates.read([each.pem for each in seals], lists)


def fault(
    signature: bytes, content: bytes = LETTER, *seals: CitySeal, on: date | None = None
) -> str:
    with pytest.raises(SealError) as refused:
        by(*(seals or (CITY,))).verify(signature, content, between=BETWEEN, on=on)
    return refused.value.code


def fault_of_file(pdf: bytes, *seals: CitySeal) -> str:
    with pytest.raises(SealError) as refused:
        by(*(seals or (CITY,))).verify_file(pdf, between=BETWEEN, on=None)
    return refused.value.code


@pytest.mark.parametrize(
    ("seal", "digest", "bare"),
    [
        (CITY, hashes.SHA256(), False),
        (CITY, hashes.SHA384(), False),
        (CITY, hashes.SHA256(), True),
        (CitySeal.new(ec.generate_private_key(ec.SECP384R1())), hashes.SHA512(), False),
        (CitySeal.new(RSA_KEY), hashes.SHA256(), False),
        (CitySeal.new(RSA_KEY), hashes.SHA512(), True),
        (CitySeal.new(RSA_KEY, pss=True), hashes.SHA256(), False),
    ],
)
def test_a_seal_is_known_by_its_certificate(seal: CitySeal, digest: Any, *, bare: bool) -> None:
    signature = seal.sign(LETTER, digest, bare=bare)
    found = by(CitySeal.new(), seal).verify(signature, LETTER, between=BETWEEN, on=None)
    assert found.owner == "CN=示例市人才服务中心"
    assert fault(signature, LETTER + b" ", seal) == "SEAL_DIFFERS"


def test_a_seal_within_the_file_covers_all_of_it() -> None:
    assert by(CITY).verify_file(SEALED, between=BETWEEN, on=None).on == ISSUED
    hole = SEALED.index(b"/Contents <") + len(b"/Contents <")
    for altered in (
        SEALED + b"\n",
        SEALED.replace(b"a letter", b"A letter"),
        SEALED.replace(b"%%EOF\n", b"%%EOF "),
        SEALED[:hole] + b"zz" + SEALED[hole + 2 :],
        SEALED.replace(b"[0 00", b"[1 00"),
        SEALED + SEALED[SEALED.index(b"9 0 obj") :],
    ):
        assert altered != SEALED
        assert fault_of_file(altered) == "SEAL_DIFFERS"
    assert fault_of_file(LETTER) == "SEAL_MISSING"
    assert fault_of_file(SEALED, CitySeal.new()) == "SEAL_BY_OTHER"
    swapped = CITY.seal(LETTER.replace(b"a letter", b"b letter"))
    begin = swapped.index(b"/Contents <")
    assert fault_of_file(SEALED[:hole] + swapped[begin + len(b"/Contents <") :]) == "SEAL_DIFFERS"


def test_the_seal_of_another_letter_is_not_this_ones() -> None:
    assert fault(CITY.sign(b"another letter")) == "SEAL_DIFFERS"


def test_another_certificate_is_not_believed_whatever_it_calls_itself() -> None:
    other = CitySeal.new()
    assert fault(other.sign(LETTER)) == "SEAL_BY_OTHER"
    assert fault(SIGNATURE, LETTER, other) == "SEAL_BY_OTHER"
    # Issued by the one that is trusted: so may be those of other offices.
    office = CitySeal.new(name="另一机关", issuer=CITY)
    assert fault(office.sign(LETTER)) == "SEAL_BY_OTHER"
    # The trusted certificate's name and number on a signature by another key.
    assert fault(replace(CITY, key=other.key).sign(LETTER)) == "SEAL_DIFFERS"


@pytest.mark.parametrize(
    ("on", "valid"),
    [
        (SINCE - timedelta(days=1), False),
        (SINCE, True),
        (ISSUED, True),
        (UNTIL, True),
        (UNTIL + timedelta(days=1), False),
    ],
)
def test_a_certificate_counts_on_the_days_on_which_it_is_valid(on: date, *, valid: bool) -> None:
    if valid:
        assert by(CITY).verify(SIGNATURE, LETTER, between=BETWEEN, on=on).on == on
    else:
        assert fault(SIGNATURE, on=on) == "SEAL_EXPIRED"


def test_an_expired_certificate_still_vouches_for_what_it_sealed_before() -> None:
    old = CitySeal.new(days=(SINCE, KNOWN))
    assert by(old).verify(old.sign(LETTER), LETTER, between=BETWEEN, on=None).on == ISSUED
    late = CitySeal.new(days=(KNOWN, UNTIL))
    assert fault(late.sign(LETTER), LETTER, late) == "SEAL_EXPIRED"


def test_the_day_of_the_seal_is_what_it_says_within_what_is_known() -> None:
    today = local_date(datetime.now(UTC))
    before, after = today - timedelta(days=9), today + timedelta(days=1)
    seal = CitySeal.new(days=(before, after))
    signature = seal.sign(LETTER)
    told = by(seal).verify(signature, LETTER, between=(before, after), on=None)
    assert today - timedelta(days=1) <= told.on <= after
    # It says a day after that on which it was known: then only the letter's own day counts.
    known = (before, before + timedelta(days=1))
    assert by(seal).verify(signature, LETTER, between=known, on=None).on == before
    bare = seal.sign(LETTER, bare=True)
    assert by(seal).verify(bare, LETTER, between=(before, after), on=None).on == before


def test_a_certificate_that_was_withdrawn_counts_before_that_day_only() -> None:
    root = CitySeal.new(name="示例市数字证书认证中心")
    seal, sibling = (CitySeal.new(issuer=root) for _ in range(2))
    signature = seal.sign(LETTER)
    lists = (root.withdraws(seal, on=KNOWN),)
    certificates = by(seal, root, lists=lists)
    assert certificates.verify(signature, LETTER, between=BETWEEN, on=ISSUED).on == ISSUED
    with pytest.raises(SealError, match=r"^SEAL_WITHDRAWN$"):
        certificates.verify(signature, LETTER, between=BETWEEN, on=KNOWN)
    others = by(seal, root, lists=(root.withdraws(sibling, on=ISSUED),))
    assert others.verify(signature, LETTER, between=BETWEEN, on=KNOWN).on == KNOWN
    with pytest.raises(CertificateError, match="signed by none"):
        by(seal, lists=lists)
    with pytest.raises(CertificateError, match="signed by none"):
        by(seal, CitySeal.new(name="示例市数字证书认证中心"), lists=lists)


def test_certificates_are_read_from_pem_and_der_and_nothing_else() -> None:
    der = CITY.certificate.public_bytes(Encoding.DER)
    both = SealCertificates.read([CITY.pem + CitySeal.new().pem, der])
    assert len(both.trusted) == 3
    assert both.verify(SIGNATURE, LETTER, between=BETWEEN, on=None)
    for wrong in (b"", b"no certificate", CITY.pem[:-60], b"-----BEGIN PUBLIC KEY-----"):
        with pytest.raises(CertificateError):
            SealCertificates.read([wrong])


@pytest.mark.parametrize(
    ("ours", "national"),
    [
        ("2a8648ce3d040302", "2a811ccf55018375"),  # SM2 with SM3, 1.2.156.10197.1.501
        ("608648016503040201", "608648016503040204"),  # another digest
    ],
)
def test_a_method_that_is_not_known_here_is_told_apart(ours: str, national: str) -> None:
    known, unknown = bytes.fromhex(ours), bytes.fromhex(national)
    assert known in SIGNATURE
    assert fault(SIGNATURE.replace(known, unknown)) == "SEAL_ALGORITHM"


@pytest.mark.parametrize(
    "signature", [b"", b"FAKE SEAL", b"0", b"0\x80", b"0\x84\xff\xff\xff\xff", CITY.pem, SEALED]
)
def test_what_is_no_signature_is_told(signature: bytes) -> None:
    assert fault(signature) == "SEAL_UNREADABLE"


@given(st.data())
@examples(300, night=20_000)
def test_no_altered_signature_holds(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(SIGNATURE) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda each: each != SIGNATURE[place]))
    altered = SIGNATURE[:place] + bytes([byte]) + SIGNATURE[place + 1 :]
    cut = SIGNATURE[:place]
    assert fault(cut) == "SEAL_UNREADABLE"
    try:
        by(CITY).verify(altered, LETTER, between=BETWEEN, on=None)
    except SealError:
        return
    # What is not signed may say anything: versions, and the certificate that came along.
    certificate = CITY.certificate.public_bytes(Encoding.DER)
    begin = SIGNATURE.index(certificate)
    unsigned = place < begin + len(certificate) or place < SIGNATURE.rindex(b"\x02\x01\x01") + 3
    assert unsigned
