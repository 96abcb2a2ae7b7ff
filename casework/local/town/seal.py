"""The fake town's electronic seal: real CMS by a key of its own, for which nobody vouches."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from casework.security.keyfiles import key_file

_DATA, _SIGNED = "2a864886f70d010701", "2a864886f70d010702"
_CONTENT_TYPE, _MESSAGE_DIGEST = "2a864886f70d010903", "2a864886f70d010904"
_SHA256, _RSA_SHA256 = "608648016503040201", "2a864886f70d01010b"
_SEQUENCE, _SET, _OID, _OCTETS, _INTEGER = 0x30, 0x31, 0x06, 0x04, 0x02
_FIRST = 0xA0
_YEARS = timedelta(days=3650)
_ROOM = 4096


@dataclass(frozen=True)
class TownSeal:
    """The seal with its key in ``file``, made on first use; it signs the same always alike."""

    file: Path

    @property
    def certificate(self) -> bytes:
        """The certificate as the town publishes it (PEM)."""
        return self._held[1].public_bytes(serialization.Encoding.PEM)

    def signature(self, sha256: bytes) -> bytes:
        """The detached signature (CMS in DER) of what has this digest."""
        key, certificate = self._held
        sha = _der(_SEQUENCE, _oid(_SHA256))
        attributes = _der(_SEQUENCE, _oid(_CONTENT_TYPE), _der(_SET, _oid(_DATA))) + _der(
            _SEQUENCE, _oid(_MESSAGE_DIGEST), _der(_SET, _der(_OCTETS, sha256))
        )
        serial = certificate.serial_number
        signer = _der(
            _SEQUENCE,
            _der(_INTEGER, b"\x01"),
            _der(
                _SEQUENCE,
                certificate.issuer.public_bytes(),
                _der(_INTEGER, serial.to_bytes(serial.bit_length() // 8 + 1)),
            ),
            sha,
            _der(_FIRST, attributes),
            _der(_SEQUENCE, _oid(_RSA_SHA256)),
            _der(
                _OCTETS,
                key.sign(_der(_SET, attributes), padding.PKCS1v15(), hashes.SHA256()),
            ),
        )
        signed = _der(
            _SEQUENCE,
            _der(_INTEGER, b"\x01"),
            _der(_SET, sha),
            _der(_SEQUENCE, _oid(_DATA)),
            _der(_FIRST, certificate.public_bytes(serialization.Encoding.DER)),
            _der(_SET, signer),
        )
        return _der(_SEQUENCE, _oid(_SIGNED), _der(_FIRST, signed))

    def seal(self, pdf: bytes, said: str) -> bytes:
        """The file with a signature behind it that covers all but itself."""
        head = pdf + f"\n% {said}\n".encode() + b"9999 0 obj\n<</Type/Sig/Contents "
        first, second = len(head), len(head) + _ROOM + 2
        end = b"/ByteRange [0 %010d %010d %010d]/SubFilter/adbe.pkcs7.detached>>\nendobj\n%%%%EOF\n"
        tail = end % (first, second, len(end % (first, second, 0)))
        digest = hashes.Hash(hashes.SHA256())
        digest.update(head + tail)
        signature = self.signature(digest.finalize()).hex().encode()
        return head + b"<" + signature.ljust(_ROOM, b"0") + b">" + tail

    @cached_property
    def _held(self) -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
        pem = key_file(self.file, make=_made)
        key = serialization.load_pem_private_key(pem, password=None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise TypeError(f"{self.file} holds no RSA key")
        return key, x509.load_pem_x509_certificate(pem)


def _made() -> bytes:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "FAKE SEAL OF THE FAKE TOWN")])
    now = datetime.now(UTC)  # noqa: TID251 - the town is outside, and has a clock of its own
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _YEARS)
        .not_valid_after(now + _YEARS)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)


def _der(tag: int, *contents: bytes) -> bytes:
    content = b"".join(contents)
    size = len(content)
    if size < 0x80:  # noqa: PLR2004 - X.690 8.1.3
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(length)]) + length + content


def _oid(content: str) -> bytes:
    return _der(_OID, bytes.fromhex(content))
