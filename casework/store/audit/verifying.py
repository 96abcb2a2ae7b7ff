"""The register's record against its chain and its digests, in one moment."""

from collections.abc import Sequence

from casework.security.audit.digests import SignedDigest
from casework.security.audit.findings import Report
from casework.security.audit.signing import PublicKeys
from casework.security.audit.verifying import Verification
from casework.store.audit.digests import stored_digests
from casework.store.audit.trail import access_counts, cases_of, stored_cases
from casework.store.engine import Sessions


async def verify_register(
    reading: Sessions,
    keys: PublicKeys,
    *,
    exported: Sequence[SignedDigest] = (),
    district: str = "",
) -> Report:
    """Read everything, of one district or of all; no key of the register is needed.

    ``reading`` are `read_sessions`, so that cases may go on meanwhile. ``exported`` digests, if
    given, are believed rather than those of the register.
    """
    verification = Verification(keys=keys)
    async with reading() as session:
        verification.take_digests(await stored_digests(session, district), exported)
        async for case in stored_cases(session, district):
            verification.take_case(case)
        # A case may have gone to another district since a digest told of it.
        async for case in cases_of(session, verification.missing):
            verification.take_case(case)
        last = {name: each.last_access for name, each in verification.newest.items()}
        verification.take_accesses(await access_counts(session, last))
    return verification.report()
