"""What is told of a proposed catalogue, and what is refused."""

from contextlib import suppress
from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from casework.domain.errors import DomainError
from casework.domain.policy import Role
from casework.domain.publishing import last_past_day
from casework.domain.sharing import Way
from casework.policy.catalogue import CatalogueError
from casework.policy.publishing.archive import packed
from casework.policy.publishing.differences import (
    CatalogueDifference,
    Change,
    catalogue_differences,
    policy_differences,
)
from casework.policy.publishing.places import places, policy_at
from casework.policy.publishing.proposal import past_edits, require_publishable
from casework.policy.publishing.versions import HeldCatalogues, WholeCatalogue, read_whole
from tests.examples import examples
from tests.publishing.trees import (
    HELD,
    ITEM,
    JINGAN,
    PACKAGED,
    TODAY,
    TOMORROW,
    archive_with,
    changed,
    longer_limit,
    published,
)

SHARING = "sharing/default.yaml"


def told(proposed: WholeCatalogue, first_on: date = TOMORROW) -> tuple[CatalogueDifference, ...]:
    return catalogue_differences(HELD, proposed, first_on)


def refusal(
    proposed: WholeCatalogue, first_on: date = TOMORROW, held: HeldCatalogues = HELD
) -> str:
    try:
        require_publishable(held, proposed, first_on, TODAY)
    except DomainError as error:
        return error.code
    return ""


def test_a_catalogue_differs_in_nothing_from_itself() -> None:
    assert told(PACKAGED) == ()
    again = read_whole(packed(PACKAGED.files))
    assert again is not PACKAGED
    assert told(again) == ()
    assert list(past_edits(HELD, again, TODAY)) == []


@examples(4)
@given(st.sampled_from([1, 3, 30]), st.sampled_from([0, 40]))
def test_a_limit_is_told_as_longer_or_shorter_from_its_day(amount: int, days: int) -> None:
    since = TOMORROW + timedelta(days=days)
    proposed = longer_limit(amount, since)
    found = told(proposed)
    if amount == 1:  # only the reference is another one
        assert {each.how for each in found} == {Change.WORDING}
    else:
        assert {each.how for each in found} == {Change.LONGER}
        assert all(f"延长为{amount}个工作日" in each.text for each in found)
    assert len(found) == 1
    assert {(each.code, each.first_on, each.until) for each in found} == {("PTS_NEW", since, None)}
    assert refusal(proposed) == ""


def test_how_work_is_shared_out_is_published_with_the_rest() -> None:
    by_rank = "value: {way: fixed}"
    proposed = changed(SHARING, by_rank, by_rank.replace("fixed", "in_turn"))
    assert [each.text for each in told(proposed)] == [f"分办方式{Role.OFFICER.label}：改变"]
    ways = {
        whole.sharing.rules("310106", "PTS_NEW", TOMORROW)[Role.OFFICER].way
        for whole in (PACKAGED, proposed)
    }
    assert ways == {Way.FIXED, Way.IN_TURN}


def test_a_fault_in_sharing_out_keeps_a_catalogue_from_being_published() -> None:
    with pytest.raises(CatalogueError) as refused:
        changed(SHARING, "value: {way: fixed}", "value: {way: pool}")
    assert [each.file for each in refused.value.findings] == [SHARING]


ASKED = """materials:
  diploma:
    - from: 2026-12-01
      value: {main: false}
      reference: 新办法（示例）
      mark: source
"""
DROPPED = """
  residence_permit:
    - from: 2026-12-01
      value: null
      reference: 新办法（示例）
      mark: source
  sealed_copies:"""
NOT_DEFERRABLE = """
  labour_contract:
    - from: 2026-12-01
      value: {main: false}
      reference: 新办法（示例）
      mark: source
  sealed_copies:"""
DEFERRABLE = """
  residence_permit:
    - from: 2026-12-01
      value:
        main: false
        deferral: {consent: [officer], modes: [hold_result], reference: 新（示例）, mark: source}
      reference: 新办法（示例）
      mark: source
  sealed_copies:"""
SHORTER = """limits:
  archive:
    - from: 2026-12-01
      value: {unit: working_days, amount: 5}
      reference: 新办法（示例）
      mark: source
"""
UNIT = SHORTER.replace("working_days", "calendar_days")
CONDITION = """preconditions:
  self_score:
    - from: 2026-12-01
      value:
        text: 模拟估分须达到130分
        condition: {fact: self_score, op: ge, value: 130}
      reference: 新办法（示例）
      mark: source
"""
CHANNELS = """channels:
  - from: 2026-12-01
    value: [online]
    reference: 新办法（示例）
    mark: source
limits:"""
END = """in_force:
  - from: 2026-12-01
    value: false
    reference: 新办法（示例）
    mark: source
preconditions:"""


@pytest.mark.parametrize(
    ("old", "new", "how", "word"),
    [
        ("materials:\n", ASKED.replace("diploma", "passport"), Change.ASKED, "护照"),
        ("\n  sealed_copies:", DROPPED, Change.DROPPED, "不再要求"),
        ("\n  sealed_copies:", DEFERRABLE, Change.DEFERRABLE, "可以容缺"),
        ("\n  sealed_copies:", NOT_DEFERRABLE, Change.NOT_DEFERRABLE, "不再可以容缺"),
        ("preconditions:", SHORTER + "preconditions:", Change.SHORTER, "缩短为5个工作日"),
        ("preconditions:", UNIT + "preconditions:", Change.LIMIT, "改为5日"),
        ("preconditions:\n", CONDITION, Change.CONDITION, "130"),
        ("preconditions:", END, Change.WITHDRAWN, "不再办理"),
        ("materials:\n", ASKED, Change.CONDITION, "所有申请人都需要"),
    ],
    ids=lambda value: str(value) if isinstance(value, Change) else "",
)
def test_each_kind_of_change_is_told(old: str, new: str, how: Change, word: str) -> None:
    proposed = changed(JINGAN, old, new)
    found = told(proposed)
    assert {each.district for each in found} == {"310106"}
    assert any(each.how is how and word in each.text for each in found), [e.text for e in found]
    assert {each.first_on for each in found} == {TOMORROW}
    assert refusal(proposed) == ""


@pytest.mark.parametrize(
    ("file", "old", "new", "how", "word"),
    [
        (ITEM, "name: 居住证积分新办", "name: 积分首次申办", Change.WORDING, "积分首次申办"),
        ("authority/default.yaml", "repair_credit: {supervisor: district}",
         "repair_credit: {superior: everywhere}", Change.OTHER, "修复失信记录"),
        ("service/ratings.yaml", "in_force:", "in_force:", None, ""),
    ],
)  # fmt: skip
def test_words_may_be_mended_for_all_days(
    file: str, old: str, new: str, how: Change | None, word: str
) -> None:
    proposed = changed(file, old, new)
    found = told(proposed)
    if how is None:
        assert found == ()
        return
    assert any(each.how is how and word in each.text for each in found), [e.text for e in found]
    assert refusal(proposed) == ""


def test_the_new_name_of_a_material_is_told() -> None:
    proposed = changed("vocabulary.yaml", "name: 学历证书,", "name: 毕业证,")
    place = next(each for each in places(PACKAGED) if each.code == "PTS_NEW")
    before, after = (policy_at(whole, place, TODAY) for whole in (PACKAGED, proposed))
    found = list(policy_differences(before, after, proposed.catalogue.facts()))
    assert found == [(Change.WORDING, "材料名称：由“学历证书”改为“毕业证”")]


def test_a_limit_of_talent_service_is_told_everywhere() -> None:
    proposed = changed(
        "service/ratings.yaml",
        "  rate_settle:",
        """    - from: 2026-12-01
      value: {unit: working_days, amount: 2}
      reference: 新办法（示例）
      mark: source
  rate_settle:""",
    )
    found = told(proposed)
    assert {each.how for each in found} == {Change.LONGER}
    assert {each.district for each in found} >= {"310106", "150100"}


_OPTIONAL = ("calendars/2022.yaml", "service/tickets.yaml", "measures/POSTPONABLE.yaml")
"""A catalogue without one of these is in order, and says less."""


@examples(4, night=200)
@given(st.one_of(st.sampled_from(_OPTIONAL), st.sampled_from(sorted(PACKAGED.files))))
@example(_OPTIONAL[0])
@example(_OPTIONAL[1])
@example(_OPTIONAL[2])
def test_a_file_that_was_not_copied_is_missed(name: str) -> None:
    """Of a tree that came half: a file that is not there is a fault, or told as a change."""
    files = {each: content for each, content in PACKAGED.files.items() if each != name}
    with suppress(CatalogueError):
        assert told(read_whole(packed(files)))


def test_what_lasts_for_a_while_is_told_with_its_last_day() -> None:
    later = longer_limit(3, date(2026, 12, 10))
    held = published((TODAY, PACKAGED), (date(2026, 12, 20), later))
    for_a_while = longer_limit(3, date(2026, 12, 15))
    assert {(e.first_on, e.until) for e in catalogue_differences(held, for_a_while, TOMORROW)} == {
        (date(2026, 12, 15), date(2026, 12, 19)),
        (date(2026, 12, 20), None),
    }


# --- the past ------------------------------------------------------------------------------


@examples(4)
@given(st.sampled_from([0, 1, 400]), st.integers(0, 30))
def test_nobody_edits_the_past(back: int, ahead: int) -> None:
    since, first_on = TODAY - timedelta(days=back), TODAY + timedelta(days=ahead)
    assert refusal(longer_limit(4, since), first_on) == "EDITS_THE_PAST"


@pytest.mark.parametrize(("since", "code"), [(0, "EDITS_THE_PAST"), (1, ""), (5, "")])
def test_a_new_entry_begins_after_today_and_not_before_its_version(since: int, code: str) -> None:
    proposed = longer_limit(4, TODAY + timedelta(days=since))
    assert refusal(proposed, TODAY) == code
    assert refusal(proposed, TODAY + timedelta(days=since + 1)) == "EDITS_THE_PAST"


def test_the_refusal_names_the_places() -> None:
    with pytest.raises(DomainError) as refused:
        require_publishable(HELD, longer_limit(4, TODAY), TOMORROW, TODAY)
    said = refused.value.message
    assert "静安区（310106）居住证积分新办 2026-11-30 “绿色通道审核环节期限”：由" in said


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (ITEM, "op: ge, value: 120", "op: ge, value: 100"),
        (JINGAN, "materials:\n", ASKED.replace("2026-12-01", "2020-01-01")),
        ("measures/PAPER_DEFERRED.yaml", "until: 2022-12-31", "until: 2022-06-30"),
        ("service/ratings.yaml", "amount: 5", "amount: 9"),
        ("service/tickets.yaml", "amount: 15", "amount: 20"),
    ],
    ids=["condition", "material", "measure", "service", "kind"],
)
def test_no_value_of_a_past_day_changes(file: str, old: str, new: str) -> None:
    assert refusal(changed(file, old, new)) == "EDITS_THE_PAST"


def test_a_word_of_letters_stays_with_its_district() -> None:
    word = "letters/310106.yaml"
    renamed = changed(word, "静人才", "静人社")
    assert refusal(renamed) == ""
    other = "word:\n  - {from: 2026-12-01, value: 静人才, reference: 示例, mark: proposal}\n"
    files = renamed.archive.files() | {"letters/310101.yaml": other.encode()}
    assert refusal(read_whole(packed(files))) == "WORD_TAKEN"


def test_going_back_is_no_edit_of_the_past() -> None:
    other = longer_limit(9, date(2026, 11, 1))
    held = published((date(2026, 1, 1), PACKAGED), (date(2026, 11, 1), other))
    assert refusal(PACKAGED, TOMORROW, held) == ""
    assert refusal(other, TOMORROW, held) == "CATALOGUE_UNCHANGED"
    assert refusal(longer_limit(8, date(2026, 11, 1)), TOMORROW, held) == "EDITS_THE_PAST"


def test_after_going_back_the_office_goes_on_from_there() -> None:
    other = longer_limit(9, date(2026, 11, 1))
    first = date(2026, 1, 1)
    held = published((first, PACKAGED), (date(2026, 11, 1), other), (date(2026, 11, 20), PACKAGED))
    assert refusal(longer_limit(2, TOMORROW), TOMORROW, held) == ""


@examples(10)
@given(st.sampled_from([0, 1, 20]), st.integers(0, 20), st.integers(-400, 20))
def test_what_is_published_leaves_every_earlier_day_as_it_was(
    since: int, ahead: int, looked: int
) -> None:
    first_on, entry = TODAY + timedelta(days=ahead), TODAY + timedelta(days=since)
    proposed = longer_limit(6, entry)
    if refusal(proposed, first_on):
        return
    day = TODAY + timedelta(days=looked)
    after = published((date(2026, 1, 1), PACKAGED), (first_on, proposed))
    for place in places(PACKAGED):
        if place.code == "PTS_NEW" and day <= last_past_day(first_on, TODAY):
            was, now = policy_at(HELD.on(day), place, day), policy_at(after.on(day), place, day)
            assert was == now


def test_a_broken_catalogue_says_where() -> None:
    with pytest.raises(CatalogueError) as broken:
        read_whole(archive_with({ITEM: ("amount: 1}", "amount: one}")}))
    assert broken.value.findings[0].file == ITEM


def test_a_half_copied_catalogue_is_none() -> None:
    files = {name: content for name, content in PACKAGED.files.items() if "/310106/" not in name}
    del files["vocabulary.yaml"]
    with pytest.raises(CatalogueError):
        read_whole(packed(files))


def test_a_catalogue_of_an_earlier_release_is_still_read() -> None:
    archive = archive_with(
        {"authority/default.yaml": ("    repair_credit: {supervisor: district}\n", "")}
    )
    with pytest.raises(CatalogueError):
        read_whole(archive)
    kept = read_whole(archive, kept=True)
    assert kept.authority.actions == PACKAGED.authority.actions
