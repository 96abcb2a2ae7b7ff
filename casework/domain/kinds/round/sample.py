"""The draw: which requests of a quarter are followed up, reproducibly."""

from collections.abc import Sequence
from hashlib import sha256

from casework.domain.kinds.round.policy import RoundPolicy
from casework.domain.kinds.round.state import Visit

MOST_VISITS = 500
"""So many, with every answer, have room in the state of one round."""


def sample(
    seed: str, requests: Sequence[tuple[str, str]], policy: RoundPolicy
) -> tuple[Visit, ...]:
    """Draw from (request no, talent no) pairs; whoever has the seed can draw the same again.

    ``policy.percent`` of the requests, rounded up, and at least ``policy.minimum``, or all there
    are; never more than ``MOST_VISITS``. As many talents as can be: nobody is asked about a second
    request while a talent is left who is not asked at all. Neither the order of ``requests`` nor a
    repetition matters.
    """
    population = sorted(set(requests), key=lambda pair: (_lot(seed, pair[0]), pair))
    size = min(max(policy.minimum, _share(len(population), policy.percent)), MOST_VISITS)
    first_of: dict[str, str] = {}
    for request, talent in population:
        first_of.setdefault(talent, request)
    # The sort is stable: within each half the lots decide.
    chosen = sorted(population, key=lambda pair: first_of[pair[1]] != pair[0])[:size]
    return tuple(Visit(request=request, talent=talent) for request, talent in chosen)


def _lot(seed: str, request: str) -> str:
    return sha256(f"{seed}{request}".encode()).hexdigest()


def _share(of: int, percent: int) -> int:
    """``percent`` of a number, rounded up, without fractions."""
    return -(-of * percent // 100)
