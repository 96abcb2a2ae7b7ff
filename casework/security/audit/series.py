"""The digests of a district as a series: numbered without a hole, each signed, each on the last."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from casework.security.audit.digests import Digest, SignedDigest
from casework.security.audit.findings import Finding, Tampering
from casework.security.audit.hashing import made_by
from casework.security.audit.signing import PublicKeys

Read = tuple[Digest | None, Tampering | None]


def read_digests(
    digests: Iterable[SignedDigest], keys: PublicKeys
) -> tuple[list[Digest], list[Finding]]:
    """What can be believed of the digests of all districts, and what is wrong with the others."""
    by_district: dict[str, list[SignedDigest]] = defaultdict(list)
    for signed in sorted(digests, key=lambda each: (each.district, each.number)):
        by_district[signed.district].append(signed)
    believed: list[Digest] = []
    findings: list[Finding] = []
    for series in by_district.values():
        findings += _missing(series)
        for signed, (digest, fault) in zip(series, _read(series, keys), strict=True):
            if digest is not None:
                believed.append(digest)
            if fault is not None:
                findings.append(_finding(fault, signed.district, signed.number))
    return believed, findings


def compared(stored: Iterable[SignedDigest], exported: Iterable[SignedDigest]) -> list[Finding]:
    """Where the register's digests are not those that were exported."""
    here = {(each.district, each.number): each for each in stored}
    return [
        _finding(
            Tampering.DIGEST_ALTERED if mine else Tampering.DIGEST_REMOVED,
            each.district,
            each.number,
        )
        for each in exported
        if (mine := here.get((each.district, each.number))) != each
    ]


def _finding(kind: Tampering, district: str, number: int) -> Finding:
    return Finding(kind=kind, district=district, digest=number)


def _missing(series: Sequence[SignedDigest]) -> Iterator[Finding]:
    numbers = {signed.number for signed in series}
    for number in sorted(set(range(1, max(numbers))) - numbers):
        yield _finding(Tampering.DIGEST_REMOVED, series[0].district, number)


def _read(series: Sequence[SignedDigest], keys: PublicKeys) -> Iterator[Read]:
    before: SignedDigest | None = None
    for signed in series:
        digest, fault = _alone(signed, keys)
        if digest is not None and not _follows(digest, before):
            digest, fault = None, Tampering.DIGEST_ALTERED
        yield digest, fault
        before = signed


def _alone(signed: SignedDigest, keys: PublicKeys) -> Read:
    hashing = made_by(signed.hash)
    if hashing is None or hashing.of(signed.document) != signed.hash:
        return None, Tampering.DIGEST_ALTERED
    if not keys.verify(signed.document, signed.key, signed.signature):
        return None, Tampering.DIGEST_FORGED
    try:
        digest = signed.digest
    except ValueError:
        return None, Tampering.DIGEST_ALTERED
    named = (signed.district, signed.day, signed.number)
    if (digest.district, digest.day, digest.number) != named:
        return None, Tampering.DIGEST_ALTERED
    return digest, None


def _follows(digest: Digest, before: SignedDigest | None) -> bool:
    if before is None:
        return digest.number > 1 or not digest.previous
    return before.number + 1 < digest.number or digest.previous == before.hash
