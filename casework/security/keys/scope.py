"""For whom something is sealed: the case number, or "" for what belongs to no case."""

from casework.domain.kinds.registry import KINDS

_LONGEST = 64
_OF_A_PERSON = tuple(f"{kind.prefix}." for kind in KINDS.values() if not kind.of_nobody)


def scope_of(workflow_id: str) -> str:
    """The case number of a workflow about one person, "" for every other.

    Rounds of visits, orders, outreaches, absences and schedules are about nobody alone; nor is an
    id that others made up and that can be no case number.
    """
    if not workflow_id.startswith(_OF_A_PERSON):
        return ""
    number = workflow_id.rpartition(".")[2]
    could_be = number.isascii() and number.isprintable() and len(number) <= _LONGEST
    return number if could_be else ""
