"""The service guide says what the catalogue says: no more, no less, and no firmer."""

import re
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.domain.kinds.application.checklist import required
from casework.domain.kinds.application.guide import (
    ARRANGED,
    ASK,
    EVERYBODY,
    UNPUBLISHED,
    GuideEntry,
    GuideMaterial,
    Office,
    Said,
    ServiceGuide,
    service_guide,
    words,
)
from casework.domain.kinds.application.guide_differences import Difference, guide_differences
from casework.domain.kinds.application.state import Claim
from casework.domain.policy import Condition, FactKind, LimitName, Mark, MaterialForm
from casework.domain.time.calendar import add_months
from casework.policy.calendars import load_calendar
from casework.policy.catalogue import Catalogue, NotInForceError, load_catalogue
from casework.policy.letters import load_letters, read_letters
from tests.examples import examples

TODAY = date(2026, 9, 17)
LOCKDOWN = date(2022, 4, 10)
CALENDAR = load_calendar()
FACTS = load_catalogue().facts()
BY_NAME = {fact.name: name for name, fact in FACTS.items()}
OFFERS = load_catalogue().offers()
AS_LAW = re.compile("依据|规定|法")
INTERNAL = re.compile(r"domain\.md|配置建议|待核|推知|source|F\d|[（(][）)]|；；|先生|女士")


def made(code: str, district: str, on: date = TODAY) -> ServiceGuide:
    catalogue = load_catalogue()
    item = catalogue.resolve(code, district, on)
    office = load_letters().office(
        catalogue.office(district), district, item.code, item.resolved_on
    )
    return service_guide(item, office, catalogue.facts())


def offered() -> Iterator[tuple[str, str, date]]:
    for code, district in OFFERS:
        for on in (LOCKDOWN, TODAY):
            try:
                load_catalogue().resolve(code, district, on)
            except NotInForceError:
                continue
            yield code, district, on


GUIDES = tuple(offered())
FEES = """\
phone:
  - {from: 2026-01-01, value: 021-00000000, reference: 示例, mark: source}
fees:
  PTS_NEW:
    - {from: 2026-09-18, value: 工本费10元, reference: 示例, mark: source}
"""


@pytest.mark.parametrize(("code", "district", "on"), GUIDES)
def test_every_guide_is_complete(code: str, district: str, on: date, catalogue: Catalogue) -> None:
    item = catalogue.resolve(code, district, on)
    guide = made(code, district, on)
    assert (guide.item, guide.district, guide.on) == (code, district, on)
    assert guide.office == catalogue.office(district)
    assert guide.digest == item.digest
    assert guide.channels.ways == item.channels
    assert guide.delivery.ways == tuple(item.delivery)
    assert [entry.code for entry in guide.conditions] == [r.code for r in item.preconditions]
    assert [entry.code for entry in guide.materials] == [rule.code for rule in item.materials]
    assert [entry.code for entry in guide.measures] == [measure.id for measure in item.measures]
    assert (guide.postal_address is not None) == bool(item.postal_address)
    steps = {step.code for step in guide.steps}
    assert steps >= {"notice", "supplement", "pre_review", "review", "decide", "deliver"}
    assert ("paper" in steps) == item.needs_paper
    assert ("publicity" in steps) == item.publicity
    assert ("defer" in steps) == any(material.deferrable for material in guide.materials)
    for _, entry in guide.entries():
        assert entry.name
        assert entry.text
        assert entry.standing
        assert bool(entry.basis) == entry.binding
    for step in guide.steps:
        limit = item.limits[LimitName(step.code)]
        assert step.amount == limit.amount
        assert step.text.startswith(f"{limit.amount}{step.unit}")
        assert step.what
        assert step.whose
    assert guide.provisional == any(not entry.binding for _, entry in guide.entries())


@pytest.mark.parametrize(("code", "district", "on"), GUIDES)
def test_what_is_neither_law_nor_published_is_never_worded_as_law(
    code: str, district: str, on: date, catalogue: Catalogue
) -> None:
    item = catalogue.resolve(code, district, on)
    guide = made(code, district, on)
    for step in guide.steps:
        limit = item.limits[LimitName(step.code)]
        assert step.binding == (limit.mark in {Mark.LAW, Mark.SOURCE})
        if not step.binding:
            said = "".join(map(str, asdict(step).values()))
            assert not AS_LAW.search(said)
            assert limit.reference not in said
    for _, entry in guide.entries():
        if not entry.binding:
            assert entry.standing == (ASK if entry.text == UNPUBLISHED else ARRANGED)
            assert not AS_LAW.search(f"{entry.name}{entry.text}{entry.standing}")
        assert not INTERNAL.search(entry.text)
        assert not INTERNAL.search(entry.basis)


@given(offer=st.sampled_from(OFFERS), ahead=st.integers(0, 2000))
@examples(60)
def test_guide_and_letters_say_the_same_of_the_office(offer: tuple[str, str], ahead: int) -> None:
    (code, district), on = offer, TODAY + timedelta(days=ahead)
    guide, letters = made(code, district, on), load_letters()
    printed = letters.rule(district, "refused", on)
    said = {
        guide.address: printed.office.address,
        guide.phone: printed.office.phone,
        guide.contact: printed.office.contact,
        guide.remedies: printed.basis,
        guide.redress: letters.rule(district, "*", on).redress,
    }
    for entry, line in said.items():
        assert entry.text == (line or UNPUBLISHED)
    if printed.office.hours:
        assert guide.office_hours.text == printed.office.hours
    told = {each.code for part, each in guide.entries() if part in {"概况", "费用", "咨询和救济"}}
    assert told >= {"address", "office_hours", "phone", "contact", "fees", "redress", "remedies"}


@given(
    offer=st.sampled_from(OFFERS),
    lines=st.fixed_dictionaries(
        {
            name: st.none() | st.builds(Said, text=st.just(name), reference=st.just("某公告"),
                                        mark=st.sampled_from(Mark))
            for name in ("address", "hours", "phone", "contact", "fees", "redress", "remedies")
        }
    ),
)  # fmt: skip
@examples(60)
def test_a_line_of_the_office_is_as_firm_as_its_mark(
    offer: tuple[str, str], lines: dict[str, Said | None]
) -> None:
    item = load_catalogue().resolve(*offer, TODAY)
    guide = service_guide(item, Office(name="某中心", **lines), FACTS)
    for name, said in lines.items():
        entry: GuideEntry = getattr(guide, "office_hours" if name == "hours" else name)
        if said is not None:
            firm = said.mark in {Mark.LAW, Mark.SOURCE}
            assert (entry.text, entry.binding, entry.basis) == (name, firm, "某公告" * firm)
        elif name != "hours":
            assert (entry.text, entry.standing) == (UNPUBLISHED, ASK)


def test_districts_differ_in_their_offices_and_days_in_their_fees(copy: Path) -> None:
    (copy / "letters" / "310115.yaml").write_text(FEES, encoding="utf-8")
    letters, catalogue = read_letters(copy), load_catalogue()

    def guide(district: str, on: date) -> ServiceGuide:
        office = letters.office(catalogue.office(district), district, "PTS_NEW", on)
        return service_guide(catalogue.resolve("PTS_NEW", district, on), office, FACTS)

    tomorrow = TODAY + timedelta(days=1)
    (days,) = guide_differences(guide("310115", TODAY), guide("310115", tomorrow))
    assert (days.part, days.name, days.how) == ("费用", "收费", Difference.OTHER)
    assert f"{tomorrow}——工本费10元（公布）" in days.text
    places = guide_differences(guide("310112", TODAY), guide("310115", TODAY))
    assert {"address", "phone"} <= {each.code for each in places}
    assert "fees" not in {each.code for each in places}


@given(mark=st.sampled_from(Mark), offer=st.sampled_from(OFFERS))
@examples(60)
def test_a_statement_is_as_firm_as_the_weakest_value_behind_it(
    mark: Mark, offer: tuple[str, str]
) -> None:
    catalogue = load_catalogue()
    item = catalogue.resolve(*offer, TODAY)
    secret = "《某某条例》第一条"
    limits = {
        name: replace(limit, mark=mark, reference=secret) for name, limit in item.limits.items()
    }
    firm = {field: replace(known, mark=Mark.SOURCE) for field, known in item.provenance.items()} | {
        "district_channels": replace(item.provenance["channels"], mark=mark, reference=secret)
    }
    changed = replace(item, limits=limits, provenance=firm, measures=())
    guide = service_guide(changed, Office(name="某中心"), catalogue.facts())
    binds = mark in {Mark.LAW, Mark.SOURCE}
    for entry in (*guide.steps, guide.channels):
        assert (entry.binding, secret in entry.basis) == (binds, binds)


# --- the words of a condition are read again, as an applicant reads them ----------------------

_READINGS = (
    (r"属于“(.+)”", lambda fact, _: bool(fact)),
    (r"不属于“(.+)”", lambda fact, _: not fact),
    (r"已填写“(.+)”", lambda fact, _: bool(fact)),
    (r"未填写“(.+)”", lambda fact, _: not fact),
    (r"“(.+)”不低于(\d+)", lambda fact, value: fact is not None and fact >= int(value)),
    (r"“(.+)”不高于(\d+)", lambda fact, value: fact is not None and fact <= int(value)),
)


def holds_as_read(sentence: str, claims: dict[str, Claim], on: date) -> bool:
    for pattern, judge in _READINGS:
        if match := re.fullmatch(pattern, sentence):
            name, *value = match.groups()
            return judge(claims.get(BY_NAME[name]), *(value or [""]))
    if match := re.fullmatch(r"“(.+)”距收件之日不少于(\d+)个月", sentence):
        claim = claims.get(BY_NAME[match[1]])
        return claim is not None and date.fromisoformat(str(claim)) >= add_months(on, int(match[2]))
    if match := re.fullmatch(r"“(.+)”至收件之日已满(\d+)个工作日", sentence):
        claim = claims.get(BY_NAME[match[1]])
        if claim is None:
            return False
        return on >= CALENDAR.shift(date.fromisoformat(str(claim)), int(match[2]))
    if match := re.fullmatch(r"“([^”]+)”(已填写且不)?为(“.+”)", sentence):
        fact = FACTS[BY_NAME[match[1]]]
        claim = claims.get(BY_NAME[match[1]])
        is_one = fact.choices.get(str(claim), str(claim)) in match[3].strip("“”").split("”或“")
        return claim is not None and is_one != bool(match[2])
    raise AssertionError(f"cannot be read: {sentence}")


def needed_as_read(material: GuideMaterial, claims: dict[str, Claim], on: date) -> bool:
    if material.needed == EVERYBODY:
        return True
    sentences = material.needed.removesuffix("时需要").split("，且")
    return all(holds_as_read(sentence, claims, on) for sentence in sentences)


def _claim(name: str) -> st.SearchStrategy[Claim]:
    fact = FACTS[name]
    match fact.kind:
        case FactKind.FLAG:
            return st.booleans()
        case FactKind.NUMBER:
            return st.integers(0, 200)
        case FactKind.DATE:
            near = st.integers(-120, 120)
            return near.map(lambda days: str(TODAY + timedelta(days=days)))
        case FactKind.CHOICE:
            return st.sampled_from(sorted(fact.choices))


CLAIMS = st.fixed_dictionaries({}, optional={name: _claim(name) for name in FACTS})


@given(offer=st.sampled_from(OFFERS), claims=CLAIMS)
@examples(150)
def test_the_guide_asks_for_what_the_checklist_asks_for(
    offer: tuple[str, str], claims: dict[str, Claim]
) -> None:
    item = load_catalogue().resolve(*offer, TODAY)
    asked = {rule.code: rule for rule in required(item, claims, TODAY, CALENDAR)}
    listed = [each for each in made(*offer).materials if needed_as_read(each, claims, TODAY)]
    assert [material.code for material in listed] == list(asked)
    for material in listed:
        rule = asked[material.code]
        assert set(material.alternatives) == set(rule.alternatives)
        assert all(name in material.text for name in material.alternatives.values())
        assert material.deferrable == (rule.deferral is not None)
        assert ("原件" in material.form) == (rule.form is MaterialForm.ORIGINAL)


CONDITIONS = st.one_of(
    st.builds(
        Condition,
        fact=st.sampled_from(sorted(n for n, f in FACTS.items() if f.kind is FactKind.FLAG)),
        op=st.sampled_from(["truthy", "falsy"]),
    ),
    st.builds(
        Condition,
        fact=st.just("highest_education"),
        op=st.sampled_from(["eq", "ne"]),
        value=st.sampled_from(sorted(FACTS["highest_education"].choices)),
    ),
    st.builds(
        Condition,
        fact=st.just("highest_education"),
        op=st.just("in"),
        value=st.lists(
            st.sampled_from(sorted(FACTS["highest_education"].choices)), min_size=1, unique=True
        ).map(tuple),
    ),
    st.builds(
        Condition,
        fact=st.just("self_score"),
        op=st.sampled_from(["ge", "le"]),
        value=st.integers(1, 200),
    ),
    st.builds(
        Condition,
        fact=st.just("permit_expires_on"),
        op=st.sampled_from(["months_left_ge", "working_days_since_ge"]),
        value=st.integers(1, 12),
    ),
    st.builds(
        Condition,
        fact=st.just("benefit_effective_date"),
        op=st.sampled_from(["truthy", "falsy"]),
    ),
)


@given(conditions=st.lists(CONDITIONS, max_size=3).map(tuple), claims=CLAIMS)
@examples(150)
def test_conditions_of_any_form_say_in_words_what_the_checklist_judges(
    conditions: tuple[Condition, ...], claims: dict[str, Claim]
) -> None:
    """Those of which the shipped catalogue has no example too."""
    item = load_catalogue().resolve("PTS_NEW", "310106", TODAY)
    rule = replace(item.materials[0], when=conditions)
    item = replace(item, materials=(rule,))
    (material,) = service_guide(item, Office(name="某中心"), FACTS).materials
    assert needed_as_read(material, claims, TODAY) == bool(required(item, claims, TODAY, CALENDAR))


def test_a_condition_that_nobody_knows_is_no_sentence() -> None:
    with pytest.raises(ValueError, match="unknown op"):
        words(Condition(fact="self_score", op="about"), FACTS)


# --- differences ------------------------------------------------------------------------------


@pytest.mark.parametrize(("code", "district", "on"), GUIDES)
def test_a_guide_does_not_differ_from_itself(code: str, district: str, on: date) -> None:
    assert guide_differences(made(code, district, on), made(code, district, on)) == ()


def test_two_districts_differ_in_what_they_ask_for() -> None:
    found = guide_differences(made("PTS_NEW", "310106"), made("PTS_NEW", "310115"))
    by_key = {(each.part, each.code): each for each in found}
    permit = by_key["条件", "permit_validity"]
    assert permit.how is Difference.ONLY_FIRST
    assert permit.second == ""
    assert "浦东新区——无此项" in permit.text
    channels = by_key["概况", "channels"]
    assert channels.how is Difference.OTHER
    assert channels.first.startswith("邮件、网上、窗口")
    assert channels.second.startswith("网上、邮寄、窗口")
    assert "静安区——邮件" in channels.text
    assert ("环节", "decide") not in by_key


def test_two_days_differ_by_the_measures_of_one_of_them() -> None:
    found = guide_differences(made("PTS_NEW", "310109", LOCKDOWN), made("PTS_NEW", "310109", TODAY))
    measures = {each.name for each in found if each.part == "临时措施"}
    assert "暂缓调档" in measures
    archive = next(each for each in found if each.code == "archive")
    assert archive.how is Difference.ONLY_SECOND
    assert f"{LOCKDOWN}——无此项" in archive.text


@given(offers=st.tuples(st.sampled_from(OFFERS), st.sampled_from(OFFERS)))
@examples(60)
def test_differences_are_the_same_from_the_other_side(
    offers: tuple[tuple[str, str], tuple[str, str]],
) -> None:
    (code, district), (_, other) = offers
    if (code, other) not in OFFERS:
        other = district
    one = guide_differences(made(code, district), made(code, other))
    turned = guide_differences(made(code, other), made(code, district))
    assert {(each.part, each.name, each.first, each.second) for each in one} == {
        (each.part, each.name, each.second, each.first) for each in turned
    }
    for each in one:
        assert each.first != each.second
        assert (each.how is Difference.ONLY_FIRST) == (not each.second)
        assert (each.how is Difference.ONLY_SECOND) == (not each.first)
