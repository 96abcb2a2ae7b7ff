"""The whole verification: the digests, then each case and letter against them.

The digests of a district are a series: numbered without a hole, each signed, each on the last.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from casework.security.audit.chains import examine
from casework.security.audit.digests import Digest, Head, PublicKeys, SignedDigest
from casework.security.audit.findings import Finding, Regained, Replaced, Report, Tampering
from casework.security.audit.hashing import StoredCase, made_by
from casework.security.audit.letters import LetterTold, StoredLetter

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a digest tells of a case."""

    head: Head
    district: str
    digest: int


@dataclass(kw_only=True)
class _Letter:
    """What digests tell of a letter, one after the other, and the newest that does."""

    district: str
    told: list[LetterTold] = field(default_factory=list)
    digest: int = 0


@dataclass(kw_only=True)
class Verification:
    """Take the digests first, then every case and every letter, then ask for the report."""

    keys: PublicKeys
    cases: int = 0
    events: int = 0
    unsealed: int = 0
    digests: int = 0
    letters: int = 0
    newest: dict[str, Digest] = field(default_factory=dict)
    _findings: list[Finding] = field(default_factory=list)
    _replaced: list[Replaced] = field(default_factory=list)
    _restored: list[Regained] = field(default_factory=list)
    _told: dict[str, list[Told]] = field(default_factory=lambda: defaultdict(list))
    _letters: dict[str, _Letter] = field(default_factory=dict)

    def take_digests(
        self, stored: Sequence[SignedDigest], exported: Sequence[SignedDigest] = ()
    ) -> None:
        """The digests of the register, in any order.

        ``exported`` are some or all of them from where the database's administrator cannot reach:
        they are believed, and the register's are compared with them.
        """
        known = {(each.district, each.number): each for each in (*stored, *exported)}
        believed, findings = read_digests(known.values(), self.keys)
        self._findings += dict.fromkeys((*compared(stored, exported), *findings))
        self.digests += len(known)
        for digest in believed:
            self.newest[digest.district] = digest
            for head in digest.heads:
                told = Told(head=head, district=digest.district, digest=digest.number)
                self._told[head.case_no].append(told)
            for letter in digest.letters:
                found = self._letters.setdefault(letter.number, _Letter(district=digest.district))
                found.told.append(letter)
                found.digest = digest.number

    def take_case(self, case: StoredCase) -> None:
        """One case as the register keeps it; each only once."""
        told = self._told.pop(case.case_no, [])
        if not case.events:
            if told or case.last_seq:
                self._findings.append(_gone(case.case_no, case.district, told))
            return
        self.cases += 1
        self.events += len(case.events)
        self.unsealed += sum(not event.hash for event in case.events)
        found = examine(case)
        self._findings += found
        differing = self._differing(case, told)
        if differing and all(each.kind is Tampering.SUPERSEDED_ALTERED for each in found):
            self._findings.append(_not_as_told(case, told, differing))

    def take_accesses(self, counted: Mapping[str, int]) -> None:
        """How many accesses there are up to the last one that a district's newest digest tells."""
        for district, digest in self.newest.items():
            if counted[district] < digest.accesses:
                kind = Tampering.ACCESSES_REMOVED
                self._findings.append(Finding(kind=kind, district=district, digest=digest.number))

    def take_letter(self, letter: StoredLetter) -> None:
        """One letter as the register keeps it; each only once."""
        known = self._letters.pop(letter.number, None)
        if known is None:
            return
        self.letters += 1
        if letter.district != known.district or not letter.is_as_told(known.told):
            self._findings.append(_on_letter(Tampering.LETTER_ALTERED, known))

    @property
    def missing(self) -> tuple[str, ...]:
        """Cases that digests tell of and that have not been taken yet."""
        return tuple(sorted(self._told))

    def report(self) -> Report:
        """What was found; cases and letters still missing now are gone."""
        gone = [_gone(no, told[-1].district, told) for no, told in sorted(self._told.items())]
        removed = [
            _on_letter(Tampering.LETTER_REMOVED, known)
            for _, known in sorted(self._letters.items())
        ]
        return Report(
            cases=self.cases,
            events=self.events,
            unsealed=self.unsealed,
            digests=self.digests,
            replaced=tuple(self._replaced),
            restored=tuple(self._restored),
            findings=(*self._findings, *gone, *removed),
            letters=self.letters,
        )

    def _differing(self, case: StoredCase, told: Sequence[Told]) -> Told | None:
        """The first head told of the case that neither stands there nor was superseded or lost.

        What was lost and written again has another hash, and says so.
        """
        hashes = _hashes(case)
        superseded = {(event.seq, event.hash) for event in case.superseded}
        for each in told:
            if hashes.get(each.head.seq) == each.head.hash:
                continue
            if _was_restored(case, each.head.seq):
                self._restored.append(
                    Regained(case_no=case.case_no, seq=each.head.seq, digest=each.digest)
                )
                continue
            if (each.head.seq, each.head.hash) not in superseded:
                return each
            self._replaced.append(
                Replaced(case_no=case.case_no, seq=each.head.seq, digest=each.digest)
            )
        return None


def _hashes(case: StoredCase) -> Mapping[int, str]:
    return {event.seq: event.hash for event in case.events}


def _on_letter(kind: Tampering, known: _Letter) -> Finding:
    last = known.told[-1]
    return Finding(
        kind=kind,
        district=known.district,
        case_no=last.case_no,
        seq=last.seq,
        digest=known.digest,
        letter=last.number,
    )


def _was_restored(case: StoredCase, seq: int) -> bool:
    has = any(event.seq == seq and event.hash for event in case.events)
    return has and any(first <= seq <= last for first, last in case.restored)


def _gone(case_no: str, district: str, told: Sequence[Told]) -> Finding:
    finding = Finding(kind=Tampering.CASE_REMOVED, district=district, case_no=case_no)
    if not told:
        return finding
    return replace(finding, seq=1, until=told[-1].head.seq, digest=told[-1].digest)


def _not_as_told(case: StoredCase, told: Sequence[Told], differing: Told) -> Finding:
    """A chain that holds in itself and is not the one that was signed: from where, at the best."""
    hashes, head = _hashes(case), differing.head
    last = case.events[-1].seq
    sound = [each.head.seq for each in told if hashes.get(each.head.seq) == each.head.hash]
    kind = Tampering.RECOMPUTED
    first = max((seq for seq in sound if seq < head.seq), default=0) + 1
    if head.seq > last:
        kind, first = Tampering.REMOVED, last + 1
    elif not hashes.get(head.seq):
        kind = Tampering.HASH_REMOVED
    return Finding(
        kind=kind,
        district=case.district,
        case_no=case.case_no,
        seq=first,
        until=head.seq,
        digest=differing.digest,
    )
