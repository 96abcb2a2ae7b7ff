"""``make chaos``: lets faults strike for half an hour, and prints what came of it.

Exit code 1 if anything was lost. The same ``--seed`` plans the same faults at the same moments;
what is under way when they strike is the machine's.
"""

import argparse
import asyncio
import secrets
import sys

from tests.chaos.run import shake

SEEDS = 1 << 31


def main() -> None:
    """Read what is asked, shake, and show the table."""
    words = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    words.add_argument("--seed", type=int, default=secrets.randbelow(SEEDS))
    words.add_argument("--cases", type=int, default=200)
    words.add_argument("--faults", type=int, default=500)
    words.add_argument("--minutes", type=float, default=30)
    asked = words.parse_args()
    print(f"seed {asked.seed}", flush=True)  # noqa: T201 - so that it is known if we are killed
    ended = asyncio.run(
        shake(seed=asked.seed, cases=asked.cases, faults=asked.faults, seconds=60 * asked.minutes)
    )
    print(ended.table())  # noqa: T201 - it is what was asked for
    sys.exit(bool(ended.found.losses))


if __name__ == "__main__":
    main()
