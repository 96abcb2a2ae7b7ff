"""Which faults strike when: all of it follows from the seed."""

import random
from dataclasses import dataclass

PROCESSES = ("worker", "canary", "api", "postgres", "temporal", "mail")
"""The parts that are killed; ``canary``: a second worker, of another release."""


@dataclass(frozen=True, kw_only=True)
class Sort:
    """A sort of fault: what it does to which part, for how long, and how often beside the others.

    ``shortest`` and ``longest`` in seconds; both are 0 for what is over at once.
    """

    kind: str
    part: str
    weight: int
    shortest: float = 0
    longest: float = 0


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One that strikes; ``how``: a number in [0, 1) for what else has to be chosen."""

    kind: str
    part: str
    seconds: float
    how: float


SORTS = (
    Sort(kind="killed", part="worker", weight=5),
    Sort(kind="killed", part="canary", weight=5),
    Sort(kind="killed", part="api", weight=5),
    Sort(kind="killed", part="postgres", weight=3),
    Sort(kind="killed", part="temporal", weight=3),
    Sort(kind="killed", part="mail", weight=3),
    # The server waits for ten seconds for a workflow task.
    Sort(kind="frozen over a task", part="worker", weight=2, shortest=11, longest=14),
    Sort(kind="frozen over a task", part="canary", weight=2, shortest=11, longest=14),
    *(Sort(kind="frozen", part=part, weight=2, shortest=0.5, longest=4) for part in PROCESSES),
    *(
        Sort(kind=kind, part=f"network of {part}", weight=6, longest=longest)
        for part in ("postgres", "temporal")
        for kind, longest in (("cut", 0), ("reset", 0), ("hanging", 4), ("slow", 4))
    ),
    Sort(kind="disk full", part="disk", weight=2, shortest=1, longest=4),
    *(Sort(kind="clock stepped", part=part, weight=4) for part in ("worker", "canary", "api")),
    Sort(kind="ramped", part="rollout", weight=6),
)


def plan(seed: int, count: int, *, without: frozenset[str] = frozenset()) -> tuple[Fault, ...]:
    """So many faults, the same for the same seed: each sort once, in any order, then by weight.

    ``without``: kinds that cannot be made here.
    """
    dice = random.Random(seed)
    sorts = [sort for sort in SORTS if sort.kind not in without]
    first = dice.sample(sorts, k=min(count, len(sorts)))
    more = dice.choices(sorts, weights=[sort.weight for sort in sorts], k=count - len(first))
    return tuple(
        Fault(
            kind=sort.kind,
            part=sort.part,
            seconds=dice.uniform(sort.shortest, sort.longest),
            how=dice.random(),
        )
        for sort in (*first, *more)
    )
