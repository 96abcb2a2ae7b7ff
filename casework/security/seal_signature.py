"""Whether a letter was sealed by the city: its signature, verified by its published certificate.

The seal signs in CMS (RFC 5652), in DER: beside the letter (``.p7s``), or within the sealed PDF
(ISO 32000 12.8). Only the certificates that the reader trusts count, not those that come along.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

from casework.domain.time.calendar import local_date
from casework.settings import Settings, SettingsError

_SIGNED_DATA = "1.2.840.113549.1.7.2"
_CONTENT_TYPE, _MESSAGE_DIGEST, _SIGNING_TIME = (f"1.2.840.113549.1.9.{each}" for each in (3, 4, 5))
_DIGESTS: dict[str, type[hashes.HashAlgorithm]] = {
    "2.16.840.1.101.3.4.2.1": hashes.SHA256,
    "2.16.840.1.101.3.4.2.2": hashes.SHA384,
    "2.16.840.1.101.3.4.2.3": hashes.SHA512,
}
_RSA, _PSS, _ED25519 = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10", "1.3.101.112"
_RSA_WITH = dict(
    zip((f"1.2.840.113549.1.1.{each}" for each in (11, 12, 13)), _DIGESTS.values(), strict=True)
)
_ECDSA_WITH = dict(
    zip((f"1.2.840.10045.4.3.{each}" for each in (2, 3, 4)), _DIGESTS.values(), strict=True)
)
_SEQUENCE, _SET, _OID, _OCTETS, _INTEGER = 0x30, 0x31, 0x06, 0x04, 0x02
_NULL = b"\x05\x00"
_UTC_TIME, _GENERALIZED_TIME, _FIRST, _FIRST_BARE = 0x17, 0x18, 0xA0, 0x80
_RANGE = re.compile(rb"/ByteRange\s*\[\s*(\d{1,12})\s+(\d{1,12})\s+(\d{1,12})\s+(\d{1,12})\s*\]")
_HOLE = re.compile(rb"<([0-9A-Fa-f\s]*)>")


class SealError(Exception):
    """The city's seal is not on this letter. ``code`` is stable.

    ``SEAL_UNREADABLE``: no signature in CMS. ``SEAL_ALGORITHM``: by a method that is not known
    here (such as SM2). ``SEAL_BY_OTHER``: by none of the certificates. ``SEAL_DIFFERS``: the
    letter or its signature was altered, or it is that of another letter. ``SEAL_EXPIRED``: the
    certificate was not valid on the day. ``SEAL_WITHDRAWN``: it was withdrawn by that day.
    ``SEAL_MISSING``: the letter has no seal.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class CertificateError(Exception):
    """A file with certificates, or with a list of withdrawn ones, cannot be used."""


@dataclass(frozen=True, kw_only=True)
class Seal:
    """A seal that holds: whose certificate it is, and the day on which that had to be valid."""

    owner: str
    on: date


@dataclass(frozen=True)
class SealCertificates:
    """The certificates of the city's seal that somebody trusts, and the lists of withdrawn ones.

    A list counts if it is signed by one of these certificates, or by one that issued them.
    """

    trusted: tuple[x509.Certificate, ...]
    lists: tuple[x509.CertificateRevocationList, ...] = ()

    @classmethod
    def read(cls, files: Iterable[bytes], lists: Iterable[bytes] = ()) -> "SealCertificates":
        """From PEM (several in a file count) or DER; raises CertificateError."""
        try:
            found = tuple(each for file in files for each in _certificates(file))
            read = tuple(_list(each) for each in lists)
        except ValueError:
            raise CertificateError("a file holds no certificate, or no list of them") from None
        if not all(any(_made(issuer, each) for issuer in found) for each in read):
            raise CertificateError(
                "a list of withdrawn certificates is signed by none of those given"
            )
        return cls(found, read)

    @classmethod
    def open(cls, settings: Settings) -> "SealCertificates | None":
        """Those of ``seal_certificate_file``; None: there is none. Raises SettingsError."""
        file = settings.seal_certificate_file
        if file is None:
            return None
        try:
            return cls.read([file.read_bytes()])
        except OSError as error:
            raise SettingsError(f"cannot read {file}: {error.strerror}") from None
        except CertificateError:
            raise SettingsError(f"{file} holds no certificate in PEM") from None

    @property
    def pem(self) -> str:
        """All of them, as they are published."""
        return "".join(
            each.public_bytes(serialization.Encoding.PEM).decode() for each in self.trusted
        )

    def verify(
        self, signature: bytes, content: bytes, *, between: tuple[date, date], on: date | None
    ) -> Seal:
        """Return whose seal it is on ``content``; raises SealError.

        The certificate must be valid on the day ``on``. None: on the day that the signature names,
        if that lies ``between`` these two (of the letter, and on which it was known to be sealed),
        else on the first of them.
        """
        signer, certificate = self._signer(signature)
        signer.require_over(content, certificate)
        at = signer.signed_on
        first, last = between
        day = on or (at if at is not None and first <= at <= last else first)
        since, until = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        if not local_date(since) <= day <= local_date(until):
            raise SealError("SEAL_EXPIRED")
        if any(_withdrawn(certificate, each, day) for each in self.lists):
            raise SealError("SEAL_WITHDRAWN")
        return Seal(owner=certificate.subject.rfc4514_string(), on=day)

    def verify_file(self, pdf: bytes, *, between: tuple[date, date], on: date | None) -> Seal:
        """The same of a sealed PDF, of which the last signature must cover all but itself."""
        content, signature = _in_file(pdf)
        return self.verify(signature, content, between=between, on=on)

    def _signer(self, signature: bytes) -> tuple["_Signer", x509.Certificate]:
        signers = _signers(signature)
        for each in signers:
            for certificate in self.trusted:
                if each.names(certificate):
                    return each, certificate
        raise SealError("SEAL_BY_OTHER")


def _certificates(file: bytes) -> list[x509.Certificate]:
    if b"-----BEGIN" in file:
        return x509.load_pem_x509_certificates(file)
    return [x509.load_der_x509_certificate(file)]


def _list(file: bytes) -> x509.CertificateRevocationList:
    if b"-----BEGIN" in file:
        return x509.load_pem_x509_crl(file)
    return x509.load_der_x509_crl(file)


def _made(issuer: x509.Certificate, told: x509.CertificateRevocationList) -> bool:
    try:
        return told.issuer == issuer.subject and told.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
    except (TypeError, UnsupportedAlgorithm):
        return False


def _withdrawn(
    certificate: x509.Certificate, told: x509.CertificateRevocationList, day: date
) -> bool:
    if told.issuer not in {certificate.issuer, certificate.subject}:
        return False
    found = told.get_revoked_certificate_by_serial_number(certificate.serial_number)
    return found is not None and local_date(found.revocation_date_utc) <= day


# --- CMS -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Element:
    """An element of DER: tag, contents, and both with the length as they stand."""

    tag: int
    content: bytes
    whole: bytes

    def parts(self) -> "list[_Element]":
        return list(_elements(self.content))

    def as_(self, tag: int) -> "_Element":
        if self.tag != tag:
            raise ValueError("another element")
        return self


def _elements(data: bytes) -> Iterator[_Element]:
    at = 0
    while at < len(data):
        tag, length, begin = data[at], data[at + 1], at + 2
        if length == 0x80 or tag & 0x1F == 0x1F:  # noqa: PLR2004 - X.690
            raise ValueError("not DER")
        if length > 0x80:  # noqa: PLR2004
            end = begin + (length & 0x7F)
            length, begin = int.from_bytes(data[begin:end]), end
        if begin + length > len(data):
            raise ValueError("cut off")
        yield _Element(tag, data[begin : begin + length], data[at : begin + length])
        at = begin + length


def _oid(element: _Element) -> str:
    content = element.as_(_OID).content
    numbers, number = [], 0
    for byte in content:
        number = number << 7 | byte & 0x7F
        if byte < 0x80:  # noqa: PLR2004
            numbers.append(number)
            number = 0
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:])))


@dataclass(frozen=True, kw_only=True)
class _Signer:
    """One that has signed: how it is named, over what, and by which method."""

    named: _Element
    digest: str
    attributes: bytes  # as they are signed; empty: the content itself is signed
    message_digest: bytes
    at: _Element | None
    method: str
    signature: bytes

    def names(self, certificate: x509.Certificate) -> bool:
        if self.named.tag == _FIRST_BARE:
            known = x509.SubjectKeyIdentifier.from_public_key(certificate.public_key())
            try:
                extension = certificate.extensions.get_extension_for_class(
                    x509.SubjectKeyIdentifier
                )
                known = extension.value
            except x509.ExtensionNotFound:
                pass
            return self.named.content == known.digest
        issuer, serial = self.named.parts()
        number = int.from_bytes(serial.as_(_INTEGER).content, signed=True)
        return issuer.whole == certificate.issuer.public_bytes() and (
            number == certificate.serial_number
        )

    @property
    def signed_on(self) -> date | None:
        """The day on which it says it signed; None: it does not say."""
        if self.at is None:
            return None
        form = {_UTC_TIME: "%y%m%d%H%M%SZ", _GENERALIZED_TIME: "%Y%m%d%H%M%SZ"}.get(self.at.tag, "")
        try:
            told = self.at.content.decode()
            return local_date(datetime.strptime(told, form).replace(tzinfo=UTC))
        except (ValueError, OverflowError):
            return None

    def require_over(self, content: bytes, certificate: x509.Certificate) -> None:
        """Raise SealError unless the certificate's key has signed this content."""
        if self.digest not in _DIGESTS:
            raise SealError("SEAL_ALGORITHM")
        algorithm = _DIGESTS[self.digest]()
        digest = hashlib.new(algorithm.name, content).digest()
        if self.attributes:
            if self.message_digest != digest:
                raise SealError("SEAL_DIFFERS")
            digest = hashlib.new(algorithm.name, self.attributes).digest()
        try:
            self._require_signed(digest, algorithm, self.attributes or content, certificate)
        except InvalidSignature:
            raise SealError("SEAL_DIFFERS") from None

    def _require_signed(
        self,
        digest: bytes,
        algorithm: hashes.HashAlgorithm,
        message: bytes,
        certificate: x509.Certificate,
    ) -> None:
        made = utils.Prehashed(algorithm)
        same = type(algorithm)
        match certificate.public_key():
            case rsa.RSAPublicKey() as key if _RSA_WITH.get(self.method) is same or (
                self.method == _RSA
            ):
                key.verify(self.signature, digest, padding.PKCS1v15(), made)
            case rsa.RSAPublicKey() as key if self.method == _PSS:
                filled = padding.PSS(padding.MGF1(algorithm), padding.PSS.AUTO)
                key.verify(self.signature, digest, filled, made)
            case ec.EllipticCurvePublicKey() as key if _ECDSA_WITH.get(self.method) is same:
                key.verify(self.signature, digest, ec.ECDSA(made))
            case ed25519.Ed25519PublicKey() as key if self.method == _ED25519:
                key.verify(self.signature, message)
            case _:
                raise SealError("SEAL_ALGORITHM")


def _signers(signature: bytes) -> Sequence[_Signer]:
    try:
        outer = next(_elements(signature))
        kind, wrapped = outer.as_(_SEQUENCE).parts()
        # A PDF keeps room for a signature, of which the rest is empty.
        if _oid(kind) != _SIGNED_DATA or signature[len(outer.whole) :].strip(b"\0"):
            raise ValueError("no signed data")  # noqa: TRY301 - as what the reader raises
        (data,) = wrapped.as_(_FIRST).parts()
        _version, _digests, content, *rest = data.as_(_SEQUENCE).parts()
        content_type, *within = content.as_(_SEQUENCE).parts()
        if within:
            raise ValueError("it holds its content")  # noqa: TRY301
        return [_signer(each, _oid(content_type)) for each in rest[-1].as_(_SET).parts()]
    except (ValueError, LookupError, StopIteration):
        raise SealError("SEAL_UNREADABLE") from None


def _signer(element: _Element, content_type: str) -> _Signer:
    _version, named, digest, *rest = element.as_(_SEQUENCE).parts()
    signed = rest.pop(0) if rest[0].tag == _FIRST else None
    method, signature, *_unsigned = rest
    if named.tag != _FIRST_BARE:
        _issuer, serial = named.as_(_SEQUENCE).parts()
        serial.as_(_INTEGER)
    told: dict[str, list[_Element]] = {}
    for each in signed.parts() if signed is not None else ():
        name, values = each.as_(_SEQUENCE).parts()
        told.setdefault(_oid(name), []).extend(values.as_(_SET).parts())
    if signed is not None:
        (kind,) = told[_CONTENT_TYPE]
        (message_digest,) = told[_MESSAGE_DIGEST]
        if _oid(kind) != content_type:
            raise ValueError("it is signed as something else")
    return _Signer(
        named=named,
        digest=_algorithm(digest),
        # They are signed as a set of their own (RFC 5652 5.4).
        attributes=bytes([_SET]) + signed.whole[1:] if signed is not None else b"",
        message_digest=message_digest.as_(_OCTETS).content if signed is not None else b"",
        at=next(iter(told.get(_SIGNING_TIME, ())), None),
        method=_algorithm(method),
        signature=signature.as_(_OCTETS).content,
    )


def _algorithm(element: _Element) -> str:
    """Which one it is. Those of `_PSS` stand in the signature too; no other has parameters."""
    name, *parameters = element.as_(_SEQUENCE).parts()
    known = _oid(name)
    if known != _PSS and [each.whole for each in parameters] not in ([], [_NULL]):
        raise ValueError("an algorithm with parameters")
    return known


def _in_file(pdf: bytes) -> tuple[bytes, bytes]:
    """What the last signature of a PDF covers, and that signature."""
    found = [*_RANGE.finditer(pdf)]
    if not found:
        raise SealError("SEAL_MISSING")
    begin, first, second, last = (int(each) for each in found[-1].groups())
    hole = _HOLE.fullmatch(pdf[first:second])
    if begin or hole is None or second + last != len(pdf):
        raise SealError("SEAL_DIFFERS")  # something was added behind it, or around it
    digits = b"".join(hole[1].split())
    try:
        signature = bytes.fromhex(digits.decode())
    except ValueError:
        raise SealError("SEAL_UNREADABLE") from None
    return pdf[:first] + pdf[second:], signature
