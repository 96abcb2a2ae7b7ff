"""Four eyes: who has asked for something, or taken it in, does not decide on it.

The rule goes by person, not by post: it holds whichever post somebody sits in by now, as A角, as
B角 in somebody's stead, or after a re-assignment (行政许可法 §34; domain.md §A, C.5, C.7).
"""

from collections.abc import Mapping

from casework.domain.case.kind import kind_of_case
from casework.domain.case.state import Case, Post, Task

Barred = Mapping[str, frozenset[str]]
"""Verb → the codes of those who may not, whatever their post."""


def barred(case: Case) -> Barred:
    """Whom four eyes exclude from which verbs of a case, as it stands."""
    proposed_by = case.closing.proposed_by if case.closing else ""
    return {**kind_of_case(case).barred(case), "take_back": codes(proposed_by)}


def codes(*given: str) -> frozenset[str]:
    """Those of these codes that are not empty."""
    return frozenset(code for code in given if code)


def barred_from(case: Case, task: Task) -> frozenset[str]:
    """Whom four eyes exclude from a task: it must not go to any of them, nor by substitution."""
    excluded = barred(case)
    verbs = kind_of_case(case).work_of(task.kind)
    return frozenset[str]().union(*(excluded.get(verb, frozenset()) for verb in verbs))


def assigned_to(case: Case) -> frozenset[str]:
    """A角 and B角 of the posts and of the open tasks of a case."""
    answering: tuple[Post | Task, ...] = (*case.posts.values(), *case.open_tasks)
    return codes(*(code for each in answering for code in (each.holder, each.backup)))
