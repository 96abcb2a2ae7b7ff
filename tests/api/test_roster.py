"""Who holds which post."""

from pathlib import Path

import pytest

from casework.catalogue import load_catalogue
from casework.domain.errors import DomainError
from casework.domain.facts import Actor
from casework.domain.matter import Post
from casework.domain.policy import Role
from casework.roster import RosterError, load_roster, read_roster


def test_every_district_of_the_catalogue_has_all_posts() -> None:
    staffed = {Role.OFFICER, Role.REVIEWER, Role.HEAD, Role.SUPERVISOR, Role.SUPERIOR}
    for district in load_catalogue().districts():
        posts = load_roster().posts_for(district)
        assert set(posts) == staffed
        assert posts[Role.OFFICER].backup != posts[Role.OFFICER].holder


def test_people_are_known_by_code() -> None:
    roster = load_roster()
    assert roster.posts_for("310106")[Role.OFFICER] == Post(holder="ja-o1", backup="ja-o2")
    assert roster.people["ja-r2"] == Actor(code="ja-r2", role=Role.REVIEWER, district="310106")
    assert roster.people["sh-u1"] == Actor(code="sh-u1", role=Role.SUPERIOR)
    assert roster.people["backend"].role is Role.SYSTEM


def test_unknown_district_is_refused() -> None:
    with pytest.raises(DomainError) as refused:
        load_roster().posts_for("110101")
    assert (refused.value.code, refused.value.field) == ("NO_POSTS", "district")


def test_one_code_has_one_post(tmp_path: Path) -> None:
    posts = ", ".join(
        f"{role}: {{holder: same}}" for role in ("officer", "reviewer", "head", "supervisor")
    )
    file = tmp_path / "roster.yaml"
    file.write_text(f"districts: {{'1': {{{posts}}}}}\nsuperior: {{holder: u}}\n")
    with pytest.raises(RosterError, match="same stands in two places"):
        read_roster(file)


@pytest.mark.parametrize(
    ("districts", "said"),
    [
        ("{'310106': {officer: {holder: a}}}", "head"),
        ("{'310106': {clerk: {holder: a}}}", "clerk"),
        ("{'310106': {officer: {holder: a, deputy: b}}}", "deputy"),
        (
            "{'1': {officer: {holder: a}, reviewer: {holder: a}, head: {}, supervisor: {}}}",
            "holder",
        ),
        ("[", "flow sequence"),
    ],
)
def test_wrong_roster_says_what(tmp_path: Path, districts: str, said: str) -> None:
    file = tmp_path / "roster.yaml"
    file.write_text(f"districts: {districts}\nsuperior: {{holder: u}}\n", encoding="utf-8")
    with pytest.raises(RosterError, match=said):
        read_roster(file)


def test_a_department_names_its_own_file(tmp_path: Path) -> None:
    posts = ", ".join(
        f"{role}: {{holder: own-{role}}}" for role in ("officer", "reviewer", "head", "supervisor")
    )
    file = tmp_path / "own.yaml"
    file.write_text(f"districts: {{'310106': {{{posts}}}}}\nsuperior: {{holder: own-u}}\n")
    assert load_roster(file).posts_for("310106")[Role.OFFICER] == Post(holder="own-officer")
    assert load_roster().posts_for("310106")[Role.OFFICER].holder == "ja-o1"
    with pytest.raises(RosterError, match="nowhere"):
        load_roster(tmp_path / "nowhere.yaml")
