"""Whether a start or a signal is proved, asked once and recorded."""

from dataclasses import dataclass

from temporalio import activity

from casework.security.proof.assertion import Answer, Question
from casework.security.proof.checking import CHECK
from casework.security.proof.verifying import Verifier


@dataclass(frozen=True)
class ProofActivities:
    """Reads the keys that are known now; changes nothing."""

    verifier: Verifier

    @activity.defn(name=CHECK)
    async def check(self, question: Question) -> Answer:
        """Whether the proof proves what it has to; a refusal is an answer, and logged."""
        return self.verifier.answer(question)
