"""Which runs have to prove who asked for their start. For workflow code; it costs no command."""

from temporalio import workflow

from casework.security.proof.assertion import HEADER

USED = "casework-proofs-used"
"""The header by which a run tells the next one of proofs that must not come again."""

DECIDES_NOTHING = frozenset({"VisitRounds", "CalendarWatch", "AuditDigest", "CardDigests"})
"""Begun by schedules; what they do does not depend on who began them."""
_CHILDREN = frozenset({"Outreach", "VisitRound", "CardDigestsOfDistrict"})
"""Begun by workflows of ours, whose own starts were proved or decide nothing."""


def must_prove_its_start() -> bool:
    """Whether this run ends unless its start is proved; the same on replay.

    What began before there were proofs goes on as it is, and so does what continues it.
    """
    info = workflow.info()
    if info.workflow_type in DECIDES_NOTHING or _continues():
        return False
    if info.parent is not None and info.workflow_type in _CHILDREN:
        return False
    return HEADER in info.headers or workflow.patched("start-proved")


def must_prove_its_signals() -> bool:
    """Whether the run began when signals were proved already, so that none of it is older."""
    headers = workflow.info().headers
    return HEADER in headers or USED in headers


def _continues() -> bool:
    # A client can make runs that follow another by a cron schedule or a retry policy. We never do.
    info = workflow.info()
    ours = info.cron_schedule is None and info.retry_policy is None
    return info.continued_run_id is not None and ours
