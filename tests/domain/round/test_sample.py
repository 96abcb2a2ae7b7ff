"""The draw: reproducible, of the right size, and of as many talents as can be."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from casework.domain.kinds.round.procedure import sample
from casework.domain.kinds.round.state import RoundPolicy
from tests.domain.round.begun import POLICY

POPULATIONS = st.dictionaries(
    st.integers(0, 500).map("req-{:03}".format), st.integers(0, 40).map("tal-{:02}".format)
).map(lambda talents: list(talents.items()))
POLICIES = st.builds(
    lambda percent, minimum: replace(POLICY, percent=percent, minimum=minimum),
    st.integers(1, 100),
    st.integers(1, 15),
)


@given(population=POPULATIONS, policy=POLICIES, seed=st.text(max_size=20), data=st.data())
def test_the_order_of_the_requests_does_not_matter(
    population: list[tuple[str, str]], policy: RoundPolicy, seed: str, data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(population))
    assert sample(seed, population, policy) == sample(seed, shuffled + shuffled[:3], policy)


@given(population=POPULATIONS, percent=st.integers(1, 100), minimum=st.integers(1, 15))
def test_as_many_as_the_policy_asks_for_and_none_twice(
    population: list[tuple[str, str]], percent: int, minimum: int
) -> None:
    policy = replace(POLICY, percent=percent, minimum=minimum)
    visits = sample("500112:2026Q4:", population, policy)
    assert {(visit.request, visit.talent) for visit in visits} <= set(population)
    assert len({visit.request for visit in visits}) == len(visits)
    if len(visits) < len(population):
        assert len(visits) >= minimum
        assert len(visits) * 100 >= len(population) * percent
        if len(visits) > minimum:
            assert (len(visits) - 1) * 100 < len(population) * percent, "more than rounded up"


@given(population=POPULATIONS, policy=POLICIES)
def test_nobody_is_asked_twice_while_somebody_is_not_asked(
    population: list[tuple[str, str]], policy: RoundPolicy
) -> None:
    visits = sample("500112:2026Q4:", population, policy)
    asked = {visit.talent for visit in visits}
    assert len(asked) == min(len(visits), len({talent for _, talent in population}))


def test_another_quarter_draws_others() -> None:
    population = [(f"req-{n:03}", f"tal-{n:03}") for n in range(200)]
    drawn = {sample(f"500112:2026Q{n}:", population, POLICY) for n in (1, 2, 3, 4)}
    assert len(drawn) == 4


def test_five_percent_of_two_hundred_and_one_are_eleven() -> None:
    population = [(f"req-{n:03}", f"tal-{n:03}") for n in range(201)]
    assert len(sample("s", population, POLICY)) == 11
    assert len(sample("s", population[:200], POLICY)) == 10
    assert len(sample("s", population[:7], POLICY)) == 7
    assert sample("s", [], POLICY) == ()
