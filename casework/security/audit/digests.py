"""The digest of a day: where the chain of each case that moved stood, its signature, its export.

Digests are signed with Ed25519 unless the key file holds another key: an elliptic curve key (P-256)
signs ES256, an RSA key PS256. Which it is, is read from the key alone, never from what was signed.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from joserfc.errors import JoseError
from joserfc.jwa import JWSAlgModel
from joserfc.jwk import ECKey, OKPKey, RSAKey
from pydantic import TypeAdapter

from casework.security.audit.hashing import Hashing, canonical
from casework.security.audit.letters import LetterTold
from casework.security.jose import EDDSA, ES256, PS256, raw_algorithm
from casework.security.keyfiles import key_file, own_key, replace_file
from casework.settings import Settings, SettingsError

_BY_KEY: tuple[tuple[tuple[type, ...], Any, str], ...] = (
    ((ed25519.Ed25519PrivateKey, ed25519.Ed25519PublicKey), OKPKey, EDDSA),
    ((ec.EllipticCurvePrivateKey, ec.EllipticCurvePublicKey), ECKey, ES256),
    ((rsa.RSAPrivateKey, rsa.RSAPublicKey), RSAKey, PS256),
)


@dataclass(frozen=True)
class DigestKey:
    """The private key; only who makes digests needs it."""

    private: Any = field(repr=False)

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Take the key of ``digest_key_file``; the local stack makes one on first use.

        Raises:
            SettingsError: there is none, or it cannot sign.
        """
        file = settings.digest_key_file
        pem = own_key(settings, file, make=_new_pem)
        try:
            private = serialization.load_pem_private_key(pem, password=None)
            _signing(private)
        except (ValueError, TypeError, UnsupportedAlgorithm, JoseError):
            raise SettingsError(f"{file} holds no private key that can sign") from None
        return cls(private)

    @classmethod
    def init(cls, file: Path) -> Self:
        """Make the file with a new Ed25519 key; one that is there stays. Raise `SettingsError`."""
        return cls(serialization.load_pem_private_key(key_file(file, make=_new_pem), password=None))

    @classmethod
    def new(cls) -> Self:
        """A new Ed25519 key in no file."""
        return cls(ed25519.Ed25519PrivateKey.generate())

    @property
    def id(self) -> str:
        """What names the key in each digest: the beginning of its public half's SHA-256."""
        return _id(self.private.public_key())

    @property
    def public_pem(self) -> str:
        """The public half, for those who verify."""
        public = self.private.public_key()
        return public.public_bytes(  # type: ignore[no-any-return]
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ).decode()

    def sign(self, text: str) -> str:
        """The signature of the text's UTF-8, base64url."""
        algorithm, key = _signing(self.private)
        return base64.urlsafe_b64encode(algorithm.sign(text.encode(), key)).decode()


class PublicKeys:
    """The public keys that an auditor trusts, of the time before a change of keys too."""

    def __init__(self, pems: Iterable[bytes]) -> None:
        """Raise `SettingsError` for what is no public key."""
        try:
            keys = [serialization.load_pem_public_key(pem) for pem in pems]
            for key in keys:
                _signing(key)
        except (ValueError, TypeError, UnsupportedAlgorithm, JoseError):
            raise SettingsError("a public key cannot be read: PEM is needed") from None
        self._keys = {_id(key): key for key in keys}

    def verify(self, text: str, key: str, signature: str) -> bool:
        """Whether the key of that id is trusted and has signed the text."""
        public = self._keys.get(key)
        if public is None:
            return False
        try:
            given = base64.urlsafe_b64decode(signature)
        except (ValueError, binascii.Error):
            return False
        algorithm, wrapped = _signing(public)
        return algorithm.verify(text.encode(), given, wrapped)


def _signing(key: Any) -> tuple[JWSAlgModel, Any]:  # noqa: ANN401 - the library types each key apart
    """The algorithm of a key, and the key in the form that the algorithm takes."""
    for types, form, name in _BY_KEY:
        if isinstance(key, types):
            algorithm, formed = raw_algorithm(name), form.import_key(key)
            algorithm.check_key(formed)
            return algorithm, formed
    raise TypeError("no key that signs")


def _id(public: Any) -> str:  # noqa: ANN401 - as above
    der = public.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return hashlib.sha256(der).hexdigest()[:16]


def _new_pem() -> bytes:
    return ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The last event of a case."""

    case_no: str
    seq: int
    hash: str


@dataclass(frozen=True, kw_only=True)
class Digest:
    """What happened in a district up to the end of a ``day`` (Asia/Shanghai), and since.

    ``heads`` are those that differ from what earlier digests tell, by case number as of
    ``made_at``; ``previous`` is the hash of the digest ``number`` - 1, empty for the first.
    ``accesses`` are the looks at personal data logged so far, up to the id ``last_access``.
    ``letters`` of the district that somebody has, and that are new or changed since, by number.
    """

    district: str
    day: date
    number: int
    previous: str
    made_at: datetime
    heads: tuple[Head, ...]
    accesses: int = 0
    last_access: int = 0
    letters: tuple[LetterTold, ...] = ()


_DIGEST = TypeAdapter(Digest)


@dataclass(frozen=True, kw_only=True)
class SignedDigest:
    """A digest as it is kept and exported; ``document`` is the very text that is signed.

    ``district``, ``day`` and ``number`` are said twice, for those who look it up.
    """

    district: str
    day: date
    number: int
    document: str
    hash: str
    key: str
    signature: str

    @property
    def digest(self) -> Digest:
        """What the document says; raise `ValueError` if it says nothing of the kind."""
        return _DIGEST.validate_json(self.document)

    def to_json(self) -> str:
        """The text of the exported file."""
        return _SIGNED.dump_json(self, indent=2).decode() + "\n"

    @classmethod
    def from_json(cls, text: str) -> "SignedDigest":
        """An exported file, read; raise `ValueError` for what is none."""
        return _SIGNED.validate_json(text)


_SIGNED = TypeAdapter(SignedDigest)


def sign(digest: Digest, key: DigestKey, hashing: Hashing) -> SignedDigest:
    """The digest with its hash and its signature."""
    document = canonical(_DIGEST.dump_python(digest, mode="json"))
    return SignedDigest(
        district=digest.district,
        day=digest.day,
        number=digest.number,
        document=document,
        hash=hashing.of(document),
        key=key.id,
        signature=key.sign(document),
    )


class ExportDiffersError(Exception):
    """The file is there and says something else: one of the two has been tampered with."""


def export(signed: SignedDigest, folder: Path) -> Path:
    """Write ``<folder>/<district>/<day>.json``; one that is there stays as it is.

    Raises:
        ExportDiffersError: it is there with another content.
        OSError: it cannot be written.
    """
    file = folder / signed.district / f"{signed.day}.json"
    text = signed.to_json()
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        replace_file(file, text.encode())
    elif file.read_text(encoding="utf-8") != text:
        raise ExportDiffersError(f"{file} differs from the digest in the register")
    return file


def exported(folder: Path, district: str = "") -> tuple[SignedDigest, ...]:
    """The digests of a folder.

    Raises:
        ValueError: a file holds none.
        OSError: the folder cannot be read.
    """
    if not folder.is_dir():
        raise NotADirectoryError(f"no folder {folder}")
    files = sorted(folder.glob(f"{district or '*'}/*.json"))
    return tuple(SignedDigest.from_json(file.read_text(encoding="utf-8")) for file in files)
