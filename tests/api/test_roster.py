"""Who holds which post."""

from importlib.resources import files
from pathlib import Path

import pytest

from casework.domain.authority import System
from casework.domain.case.facts import Actor
from casework.domain.case.state import Post
from casework.domain.errors import DomainError
from casework.domain.policy import Role
from casework.policy.authority import bind_rosters, load_authority
from casework.policy.catalogue import load_catalogue
from casework.policy.roster import RosterError, load_roster, read_roster
from casework.settings import Settings


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


STAFFED = "districts: {'310106': {officer: {holder: o}, reviewer: {holder: r}, head: {holder: h}, "
STAFFED += "supervisor: {holder: s}}}\nsuperior: {holder: u}\n"
READS = "may: {application: [read]}"


def roster_with(folder: Path, systems: str) -> Path:
    file = folder / "roster.yaml"
    file.write_text(f"{STAFFED}systems: {systems}\n", encoding="utf-8")
    return file


def test_a_system_is_bound_to_what_its_entry_says(tmp_path: Path) -> None:
    entry = "{name: 门户, sources: [p], districts: ['310106'], may: {request: [open, read]}}"
    roster = read_roster(roster_with(tmp_path, f"{{p: {entry}, q: {{{READS}}}}}"))
    assert roster.systems == {
        "p": System(
            name="门户",
            sources=("p",),
            districts=frozenset({"310106"}),
            may=frozenset({("request", "open"), ("request", "read")}),
        ),
        "q": System(may=frozenset({("application", "read")})),
    }
    assert roster.people["p"] == Actor(code="p", role=Role.SYSTEM)


@pytest.mark.parametrize(
    ("systems", "said"),
    [
        ("[backend]", "no system is bound"),
        ("{p: }", "p: no mapping"),
        ("{p: {sources: [p]}}", "p.may: says nothing"),
        (f"{{p: {{{READS}, colour: red}}}}", "p.colour: unknown field"),
        (f"{{p: {{{READS}, sources: p}}}}", "p.sources: no list"),
        (f"{{p: {{{READS}, sources: []}}}}", "p.sources: no list"),
        (f"{{p: {{{READS}, sources: [a, a]}}}}", "p.sources.1: stands here twice"),
        (f"{{p: {{{READS}, sources: ['a b']}}}}", "p.sources.0: has the wrong form"),
        (f"{{p: {{{READS}, sources: [applicant.1]}}}}", "p.sources.0: no system files"),
        (f"{{p: {{{READS}, sources: [visit-rounds]}}}}", "p.sources.0: no system files"),
        (f"{{p: {{{READS}, districts: [310106]}}}}", "p.districts.0: has the wrong form"),
        (f"{{p: {{{READS}, name: [x]}}}}", "p.name: no text"),
        (f"{{'a b': {{{READS}}}}}", "a b: no code"),
        (f"{{clock: {{{READS}}}}}", "clock: Casework itself"),
        (f"{{o: {{{READS}}}}}", "o stands in two places"),
        ("{p: {may: {tea: [read]}}}", "p.may.tea: unknown kind"),
        ("{p: {may: {application: read}}}", "p.may.application: no list"),
        ("{p: {may: {application: [fly]}}}", "p.may.application.0: unknown action"),
        ("{p: {may: {application: [[read]]}}}", "p.may.application.0: unknown action"),
        ("{p: {may: {application: [review]}}}", "p.may.application.0: no system has a part"),
        ("{p: {may: {application: [open]}}}", "p.may.application.0: it has no source"),
        (
            "{p: &same {sources: [x], may: {request: [open]}}, q: *same}",
            "q.sources: p files request under x as well",
        ),
    ],
)
def test_a_system_that_is_bound_wrongly_is_told(tmp_path: Path, systems: str, said: str) -> None:
    with pytest.raises(RosterError, match=said):
        read_roster(roster_with(tmp_path, systems))


def test_a_process_goes_by_the_systems_of_its_settings(tmp_path: Path) -> None:
    own = roster_with(tmp_path, f"{{own-portal: {{sources: [own], {READS}}}}}")
    try:
        bind_rosters(Settings(home=tmp_path, roster_file=own))
        assert set(load_authority().systems) == {"own-portal"}
    finally:
        bind_rosters(Settings(home=tmp_path))
    assert "backend" in load_authority().systems


def test_two_rosters_share_no_source(tmp_path: Path) -> None:
    services = tmp_path / "service.yaml"
    sample = files("catalogue") / "rosters" / "service.yaml"
    files_too = "systems: {other: {sources: [own], may: {request: [open]}}}\n"
    services.write_text(sample.read_text(encoding="utf-8") + files_too, encoding="utf-8")
    own = roster_with(tmp_path, "{own: {sources: [own], may: {request: [open]}}}")
    try:
        with pytest.raises(RosterError, match=r"other\.sources: own files request under own"):
            bind_rosters(Settings(home=tmp_path, roster_file=own, service_roster_file=services))
        bind_rosters(Settings(home=tmp_path, service_roster_file=services))
        assert "other" in load_authority().systems
    finally:
        bind_rosters(Settings(home=tmp_path))
