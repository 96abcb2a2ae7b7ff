"""Thirty rules, each broken once: the fast tests find every one (``make nightly``).

``python -m tests.mutants [words]`` tries those whose text has one of the words, or all.
"""

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.docs.pages import ROOT

FAST = (
    "tests/domain",
    "tests/rehearsal/test_scenarios.py",
    "tests/kinds/test_procedures.py",
    "tests/authority/test_four_eyes.py",
    "tests/authority/test_table.py",
)
"""The tests that ask the rules; of the scenarios those without Temporal."""


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """A rule, and what it is made to say instead."""

    rule: str
    text: str
    broken: str


def _mutant(rule: str, text: str, broken: str) -> Mutant:
    return Mutant(rule=rule, text=text, broken=broken)


MUTANTS = (
    # limits and days
    _mutant(
        "the day of the event does not count",
        "position, left = self.started_on, n\n",
        "position, left = self.started_on, n - 1\n",
    ),
    _mutant(
        "a last day that is a rest day moves",
        "if full is None or not clock.rolls or calendar.is_working(full):",
        "if True:",
    ),
    _mutant(
        "months end on the last day where there is no corresponding one",
        "min(day.day, last))",
        "min(day.day, 28))",
    ),
    _mutant(
        "the day of lifting does not count",
        "day <= self.lifted_on)\n\n    def holds",
        "day < self.lifted_on)\n\n    def holds",
    ),
    _mutant(
        "the first day of a suspension does not count",
        "left -= self.days.count(position, first - ONE_DAY)",
        "left -= self.days.count(position, first)",
    ),
    _mutant(
        "the later of remainder and limit after a measure counts",
        "if due is not None and (later is None or due < later):",
        "if due is not None and (later is None or due > later):",
    ),
    _mutant(
        "blue comes when half is used, rounded up",
        "nth((budget(clock) + 1) // 2)",
        "nth(budget(clock) // 2)",
    ),
    _mutant(
        "red comes the first working day after",
        "red_on=_unpaused(clock, calendar, calendar.shift(due, 1)),",
        "red_on=_unpaused(clock, calendar, due),",
    ),
    _mutant(
        "a rung on a paused day waits",
        "        if stop.holds(day):\n            if stop.lifted_on is None:",
        "        if False:\n            if stop.lifted_on is None:",
    ),
    _mutant(
        "what begins on the day of the end comes too late",
        "if stop.first_on < ended_on)",
        "if stop.first_on <= ended_on)",
    ),
    # intake
    _mutant(
        "no pass with open faults",
        "    if open_faults:\n        raise",
        "    if False:\n        raise",
    ),
    _mutant("faults are told once", "        if told_late:\n", "        if False:\n"),
    _mutant(
        "a notice names faults",
        '    if not faults:\n        raise DomainError("NO_FAULTS"',
        '    if False:\n        raise DomainError("NO_FAULTS"',
    ),
    _mutant(
        "deemed acceptance is on the day of receipt",
        "(since or local_date(case.received_at)) if deemed else facts.today",
        "facts.today",
    ),
    _mutant(
        "green is reviewed by its own limit",
        "LimitName.GREEN_REVIEW if case.green.is_open else LimitName.REVIEW\n    skipped",
        "LimitName.REVIEW\n    skipped",
    ),
    _mutant(
        "paper put off by a measure is owed",
        "    if papers and deferred and _covers(deferred, facts):",
        "    if False and papers and deferred:",
    ),
    # deferral
    _mutant(
        "who broke a promise has no deferral",
        '    if facts.barred:\n        raise DomainError("DEFERRAL_BARRED"',
        '    if False:\n        raise DomainError("DEFERRAL_BARRED"',
    ),
    _mutant(
        "a main material is never deferred",
        "if material.deferral is None or material.main:",
        "if material.deferral is None:",
    ),
    _mutant(
        "result first needs the superior",
        "    if mode is DeferralMode.RESULT_FIRST:",
        "    if False:",
    ),
    _mutant(
        "who offers does not consent",
        "        if facts.actor.code == line.offered_by:",
        "        if False:",
    ),
    _mutant(
        "a promise is not signed tomorrow",
        "    if command.signed_on > facts.today:",
        "    if False:",
    ),
    _mutant(
        "what comes after the breach pays nothing",
        "        if line.status is LineStatus.BREACHED and code not in in_time:",
        "        if False:",
    ),
    _mutant("a measure's breach is no bad credit", "credit=not owed.by_measure)", "credit=True)"),
    # green channel
    _mutant(
        "who asks for green does not consent",
        "    if facts.actor.code == case.green.requested_by:",
        "    if False:",
    ),
    _mutant(
        "green ends with the decision",
        "    if decided and case.green.status is GreenStatus.OPEN:",
        "    if False:",
    ),
    # review and decision
    _mutant(
        "intake does not review", "    if facts.actor.code in case.intake_by:", "    if False:"
    ),
    _mutant(
        "what stands still is not extended",
        '    if is_paused(clock, facts.today):\n        raise DomainError("CLOCK_PAUSED", "'
        "办理期限正在中止",
        '    if False:\n        raise DomainError("CLOCK_PAUSED", "办理期限正在中止',
    ),
    # supervision and authority
    _mutant(
        "a card is cleared with a reason",
        'require_text(command.reason, "reason", "销牌理由")',
        "pass",
    ),
    _mutant(
        "another district's case is not theirs",
        'if extent in _LOCAL and actor.district not in {"", concern.district}:',
        "if False:",
    ),
    _mutant("four eyes", "    if actor.code in concern.barred.get(action, ()):", "    if False:"),
)


def place(mutant: Mutant) -> Path:
    """The one file of the rules that has the text once.

    Raises:
        ValueError: none has, or several: the rule was rewritten, and so must be the mutant.
    """
    files = (ROOT / "casework" / "domain").rglob("*.py")
    found = [each for each in files for _ in range(each.read_text().count(mutant.text))]
    if len(found) != 1:
        raise ValueError(f"{mutant.rule}: found {len(found)} times")
    return found[0].relative_to(ROOT)


def killer(mutant: Mutant) -> str:
    """The first test that fails with the rule broken, or nothing."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        _copy(copy)
        file = copy / place(mutant)
        file.write_text(file.read_text().replace(mutant.text, mutant.broken))
        done = subprocess.run(  # noqa: S603 - ourselves
            [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", "-k", "not on_temporal", *FAST],
            cwd=copy,
            capture_output=True,
            text=True,
            check=False,
        )
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return failed[0].split()[1] if failed else ""


def _copy(target: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607 - whichever git there is
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target / name)


def main(words: list[str]) -> int:
    """Try them; how many were not found."""
    chosen = [each for each in MUTANTS if not words or any(word in each.rule for word in words)]
    missed = 0
    for mutant in chosen:
        test = killer(mutant)
        missed += not test
        sys.stdout.write(f"{'found' if test else 'MISSED':7}{mutant.rule}: {test}\n")
        sys.stdout.flush()
    sys.stdout.write(f"{len(chosen) - missed} of {len(chosen)} found\n")
    return missed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) > 0)
