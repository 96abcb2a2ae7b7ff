"""Looking at an odd hour: what the date has decided is seen although no timer has fired.

A case goes by the date (domain.md §C.0): at 00:01 of the day after the last one a limit has run
out, while the timer waits until shortly before the start of business.
"""

from casework.rehearsal.seen import Seen

LOOK_AGAIN = "look_again"
"""The ordinary signal by which orders make a case look; it changes nothing if nothing is due."""


def is_behind(seen: Seen) -> bool:
    """Whether something may have fallen due by the date that the case has not recorded yet.

    False for a case of before the date decided, and wherever nothing can be due: its history stays
    as it was.
    """
    return seen.state.by_date and any(
        row.ended_on is None and row.fires_on is not None and row.fires_on <= seen.on
        for row in seen.clocks.values()
    )
