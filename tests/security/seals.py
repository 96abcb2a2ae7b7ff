"""A city that seals letters for tests, with certificates of its own making."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID

from casework.domain.time.calendar import ZONE

SINCE, UNTIL = date(2026, 1, 1), date(2027, 12, 31)
_ROOM = 8192


def noon(day: date) -> datetime:
    """An instant that is on this day wherever one asks."""
    return datetime.combine(day, time(12), tzinfo=ZONE).astimezone(UTC)


@dataclass(frozen=True, kw_only=True)
class CitySeal:
    """A key with its certificate; ``pss``: RSA signs with PSS, not PKCS 1."""

    key: Any
    certificate: x509.Certificate
    pss: bool = False

    @classmethod
    def new(
        cls,
        key: Any = None,
        *,
        name: str = "示例市人才服务中心",
        issuer: "CitySeal | None" = None,
        days: tuple[date, date] = (SINCE, UNTIL),
        pss: bool = False,
    ) -> "CitySeal":
        """A certificate that signs itself, or that ``issuer`` signs."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        by = issuer.certificate.subject if issuer else called
        certificate = (
            x509.CertificateBuilder()
            .subject_name(called)
            .issuer_name(by)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(noon(days[0]))
            .not_valid_after(noon(days[1]))
            .sign(issuer.key if issuer else key, hashes.SHA256())
        )
        return cls(key=key, certificate=certificate, pss=pss)

    @property
    def pem(self) -> bytes:
        """The certificate as it is published."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def sign(self, content: bytes, digest: Any = None, *, bare: bool = False) -> bytes:
        """A detached signature; ``bare``: of the content itself, without attributes."""
        options = [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary]
        if bare:
            options.append(pkcs7.PKCS7Options.NoAttributes)
        filled = padding.PSS(padding.MGF1(hashes.SHA256()), hashes.SHA256.digest_size)
        builder = pkcs7.PKCS7SignatureBuilder().set_data(content)
        return builder.add_signer(
            self.certificate,
            self.key,
            digest or hashes.SHA256(),
            rsa_padding=filled if self.pss else None,
        ).sign(serialization.Encoding.DER, options)

    def seal(self, pdf: bytes) -> bytes:
        """The file with the signature in it, as a program that seals PDF appends it."""
        head = pdf + b"\n9 0 obj\n<</Type/Sig/SubFilter/adbe.pkcs7.detached/Contents "
        tail = b"/ByteRange [0 %010d %010d %010d]>>\nendobj\n%%%%EOF\n"
        first, second = len(head), len(head) + _ROOM + 2
        end = tail % (first, second, 0)
        end = tail % (first, second, len(end))
        signature = self.sign(head + end)
        return head + b"<" + signature.hex().encode().ljust(_ROOM, b"0") + b">" + end

    def withdraws(self, *others: "CitySeal", on: date) -> bytes:
        """The list of certificates that this one has withdrawn since that day."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(noon(on))
            .next_update(noon(on + timedelta(days=30)))
        )
        for each in others:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(each.certificate.serial_number)
                .revocation_date(noon(on))
                .build()
            )
        return builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def rsa_key() -> rsa.RSAPrivateKey:
    """A key that takes a moment to make."""
    return rsa.generate_private_key(65537, 2048)
