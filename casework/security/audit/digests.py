"""The digest of a day: where the chain of each case that moved stood, and its signature."""

from dataclasses import dataclass
from datetime import date, datetime

from pydantic import TypeAdapter

from casework.security.audit.hashing import Hashing, canonical
from casework.security.audit.signing import DigestKey


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
    """

    district: str
    day: date
    number: int
    previous: str
    made_at: datetime
    heads: tuple[Head, ...]
    accesses: int = 0
    last_access: int = 0


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
