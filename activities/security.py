"""Checks the proofs of starts and signals, and makes the daily digests of the audit chain."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from temporalio import activity
from temporalio.exceptions import ApplicationError

from casework.messages.schedules import DigestMade, DistrictDay
from casework.security.audit.digests import DigestKey, ExportDiffersError, export
from casework.security.proof.assertion import Answer, Question
from casework.security.proof.checking import CHECK
from casework.security.proof.verifying import Verifier
from casework.store.audit import districts, make_digest
from casework.store.engine import Sessions


@dataclass(frozen=True)
class ProofActivities:
    """Reads the public keys as they are now; changes nothing."""

    verifier: Verifier

    @activity.defn(name=CHECK)
    async def check(self, question: Question) -> Answer:
        """Return whether the proof is valid for the message; a refusal is logged, not raised."""
        return self.verifier.answer(question)


@dataclass(frozen=True)
class AuditActivities:
    """Needs the register, the key that signs, and the ``folder`` of exports."""

    sessions: Sessions
    key: DigestKey
    folder: Path

    @activity.defn(name="audit.districts")
    async def districts(self) -> Sequence[str]:
        """Return the districts that need a digest each day."""
        async with self.sessions() as session:
            return await districts(session)

    @activity.defn(name="audit.digest")
    async def digest(self, wanted: DistrictDay) -> DigestMade:
        """Make the digest of a district and day, and export it; may be repeated.

        If there is an export with other content, it fails for good as ``ExportDiffers``.
        """
        async with self.sessions.begin() as session:
            signed = await make_digest(
                session, wanted.district, wanted.day, made_at=wanted.made_at, key=self.key
            )
        if signed is None:
            return DigestMade(district=wanted.district, number=0, cases=0)
        try:
            await asyncio.to_thread(export, signed, self.folder)
        except ExportDiffersError as error:
            raise ApplicationError(str(error), type="ExportDiffers", non_retryable=True) from None
        return DigestMade(
            district=wanted.district, number=signed.number, cases=len(signed.digest.heads)
        )
