"""The ledger of walkthroughs: what a report counts of any period, and the entries behind it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest

from casework.domain.errors import DomainError
from casework.domain.kinds.registry import CaseKind
from casework.domain.kinds.walkthrough.commands import (
    ConcludeFindings,
    NoteFinding,
    ReportRemedy,
    SetRemedy,
    StrikeFinding,
    VerifyRemedy,
    WithdrawRemedy,
)
from casework.domain.kinds.walkthrough.state import FindingSort, RemedyStatus, Walkthrough
from casework.domain.policy import Role
from casework.domain.reports import LedgerFigure, Period, period_of
from casework.store.engine import Sessions
from casework.store.queries.reports import By, Place, count
from casework.store.queries.walkthroughs import LedgerEntry, ledger_page
from tests.domain.rating.unfolding import Unfolding
from tests.domain.walkthrough import given_walkthrough
from tests.store.conftest import Recording
from tests.store.served import Served

Walk = Unfolding[Walkthrough]
F = LedgerFigure
OF_THE_SOURCE = {F.WALKED: 53, F.WALK_PROBLEMS: 84, F.WALK_NEEDS: 87, F.REMEDIES_SET: 108}
"""Shanghai to 2021-09-22 (source 003)."""


def note(walk: Walk, sort: FindingSort) -> None:
    walk.do(NoteFinding, Role.OFFICER, "ja-o1", sort=sort, text="有待改进")


def answer(walk: Walk, *answers: str) -> None:
    fields = {"text": "改进", "owner": "ja-o2", "working_days": 5}
    walk.do(SetRemedy, Role.OFFICER, "ja-o1", answers=answers, **fields)


def served(walk: Walk, number: int) -> Served:
    return Served(
        kind=CaseKind.WALKTHROUGH,
        events=tuple(walk.events),
        item=walk.policy,
        calendar=walk.calendar,
        reference=f"W-{number}",
    )


async def counted(sessions: Sessions, period: Period, place: Place) -> dict[LedgerFigure, int]:
    async with sessions() as session:
        found = (await count(session, period, place)).total.ledger
    return {figure: found.get(figure, 0) for figure in LedgerFigure}


async def listed(
    sessions: Sessions, period: Period, figure: LedgerFigure, size: int = 50
) -> list[LedgerEntry]:
    """All pages, in their order."""
    rows: list[LedgerEntry] = []
    after = ""
    async with sessions() as session:
        while True:
            page = await ledger_page(
                session,
                Place().conditions(),
                figure=figure.value,
                since=period.first_on,
                before=period.before,
                after=after,
                size=size,
            )
            rows += page.rows
            if not (after := page.next):
                return rows


async def test_the_counts_of_the_source_are_built_up_from_its_lines(
    recorded: Recording, sessions: Sessions
) -> None:
    """As many walks, problems, needs and measures as Shanghai had, spread over the summer."""
    walks = OF_THE_SOURCE[F.WALKED]
    for number in range(walks):
        walk = given_walkthrough(str(date(2026, 7, 1) + timedelta(days=number)), number=number)
        for sort, figure in zip(FindingSort, (F.WALK_PROBLEMS, F.WALK_NEEDS), strict=True):
            for _ in range(share(OF_THE_SOURCE[figure], walks, number)):
                note(walk, sort)
        everything = tuple(each.finding for each in walk.case.findings)
        for _ in range(share(OF_THE_SOURCE[F.REMEDIES_SET], walks, number)):
            answer(walk, *everything)
        walk.do(ConcludeFindings, Role.OFFICER, "ja-o1")
        await recorded(*served(walk, number).entries())
    summer = period_of("2026-07-01..2026-09-22")
    found = await counted(sessions, summer, Place())
    assert found == {**OF_THE_SOURCE, F.REMEDIES_CLOSED: 0}
    for figure, number in found.items():
        entries = await listed(sessions, summer, figure, size=7)
        assert len({(each.case_no, each.code) for each in entries}) == number
    assert (await counted(sessions, period_of("2026-07"), Place()))[F.WALKED] == 31
    assert (await counted(sessions, summer, Place(district="310104")))[F.WALKED] == 0


def share(number: int, of: int, which: int) -> int:
    """So many of a number fall to each, as evenly as may be; their sum is the number."""
    return number * (which + 1) // of - number * which // of


def random_walk(dice: Random, number: int) -> Walk:
    """A walk on which anything happens that its rules allow."""
    first = date(2026, 8, 1) + timedelta(days=dice.randrange(40))
    walk = given_walkthrough(str(first), number=number)
    for _ in range(dice.choice([0, 10, 25])):
        first += timedelta(days=dice.choice([0, 0, 1, 4]))
        walk.wait_until(str(first))
        try:
            act(walk, dice)
        except DomainError:
            continue
    return walk


def act(walk: Walk, dice: Random) -> None:
    findings = [each.finding for each in walk.case.findings if not each.struck]
    remedy = dice.choice([each.remedy for each in walk.case.remedies] or ["R1"])
    match dice.randrange(8):
        case 0 | 1:
            note(walk, dice.choice(list(FindingSort)))
        case 2 | 3:
            answer(walk, *findings)
        case 4:
            fields = {"finding": dice.choice(findings or ["P1"]), "reason": "误记"}
            walk.do(StrikeFinding, Role.OFFICER, "ja-o1", **fields)
        case 5:
            walk.do(WithdrawRemedy, Role.SUPERVISOR, "ja-s1", remedy=remedy, reason="改由他法")
        case 6:
            walk.do(ConcludeFindings, Role.OFFICER, "ja-o1", explanation="另行反映")
        case _:
            remedy = dice.choice(open_remedies(walk) or [remedy])
            walk.do(ReportRemedy, Role.OFFICER, "ja-o2", remedy=remedy, proof="附图")
            walk.do(VerifyRemedy, Role.SUPERVISOR, "ja-s1", remedy=remedy, done=True)


def open_remedies(walk: Walk) -> list[str]:
    issued = RemedyStatus.ISSUED
    return [each.remedy for each in walk.case.remedies if each.status is issued]


def naive(case: Walkthrough) -> Iterator[tuple[LedgerFigure, date]]:
    """Each entry of a walk by its day, read from the state."""
    yield F.WALKED, case.walked_on
    for finding in case.findings:
        if not finding.struck:
            problem = finding.sort is FindingSort.PROBLEM
            yield (F.WALK_PROBLEMS if problem else F.WALK_NEEDS), finding.noted_on
    for remedy in case.remedies:
        if remedy.status is not RemedyStatus.WITHDRAWN:
            yield F.REMEDIES_SET, remedy.set_on
        if remedy.closed_on is not None:
            yield F.REMEDIES_CLOSED, remedy.closed_on


@pytest.mark.parametrize("seed", range(3))
async def test_a_figure_is_what_an_independent_count_of_the_walks_says(
    seed: int, recorded: Recording, sessions: Sessions
) -> None:
    dice, days = Random(seed), Counter[tuple[LedgerFigure, date]]()
    for number in range(20):
        walk = random_walk(dice, number)
        days.update(naive(walk.case))
        await recorded(*served(walk, number).entries(size=dice.choice([1, 3, 50])))
    met = Counter[LedgerFigure]()
    for _ in range(12):
        first = date(2026, 7, 25) + timedelta(days=dice.randrange(60))
        period = Period(first_on=first, last_on=first + timedelta(days=dice.randrange(60)))
        within = {k: n for k, n in days.items() if period.first_on <= k[1] <= period.last_on}
        wanted = {f: sum(n for (of, _), n in within.items() if of is f) for f in LedgerFigure}
        met.update(wanted)
        assert await counted(sessions, period, Place()) == wanted
        for figure in LedgerFigure:
            entries = await listed(sessions, period, figure, size=dice.choice([1, 4, 200]))
            assert Counter((F(each.figure), each.day) for each in entries) == {
                key: number for key, number in within.items() if key[0] is figure
            }
            keys = [(each.day, each.case_no, each.code) for each in entries]
            assert keys == sorted(set(keys))
    assert all(met[figure] for figure in LedgerFigure)


async def test_the_ledger_is_broken_down_by_district(
    recorded: Recording, sessions: Sessions
) -> None:
    walk = given_walkthrough()
    note(walk, FindingSort.PROBLEM)
    await recorded(*served(walk, 1).entries())
    other = served(given_walkthrough(number=2), 2)
    other = other.told(case_no="310104-WALK-0000-0002", district="310104")
    await recorded(*replace(other, reference="W-2").entries())
    async with sessions() as session:
        found = await count(session, period_of("2026-09"), Place(), [By.DISTRICT])
    cells = {key: tally.ledger for key, tally in found.cells.items()}
    assert cells[("310106",)][F.WALK_PROBLEMS] == 1
    assert (cells[("310104",)][F.WALKED], cells[("310104",)][F.WALK_PROBLEMS]) == (1, 0)
