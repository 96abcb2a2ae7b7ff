"""Who can serve somebody with needs: by skill, in the district, and there today."""

from dataclasses import replace
from datetime import date, timedelta

from casework.domain.consultations import Accessibility, agent_of, agents_for
from casework.domain.policy import Role
from casework.domain.staff import StaffPost

ON = date(2026, 9, 24)
POST = StaffPost(
    person="ja-o1", role=Role.OFFICER, city="310000", district="310106", since=date(2026, 1, 1)
)
SIGNING = replace(POST, person="ja-o2", skills=("手语", "积分"), rank=2)
BOTH = replace(POST, person="ja-o3", skills=("手语", "老年人"), rank=1)
OF_THE_CITY = replace(SIGNING, person="sh-p1", district="", rank=3)
ELSEWHERE = replace(BOTH, person="xh-o1", district="310104")
POSTS = (POST, SIGNING, BOTH, OF_THE_CITY, ELSEWHERE)


def able(*needs: Accessibility, on: date = ON, absent: tuple[str, ...] = ()) -> tuple[str, ...]:
    return agents_for(needs, POSTS, district="310106", on=on, absent=absent)


def test_those_with_the_skill_of_each_need_by_rank() -> None:
    assert able(Accessibility.SIGN_LANGUAGE) == ("ja-o3", "ja-o2", "sh-p1")
    assert able(Accessibility.SIGN_LANGUAGE, Accessibility.ELDERLY) == ("ja-o3",)
    assert able(Accessibility.ON_BEHALF) == ()
    assert able() == (), "without a need anybody can"


def test_nobody_who_is_absent_or_has_not_begun() -> None:
    assert able(Accessibility.SIGN_LANGUAGE, absent=("ja-o3",)) == ("ja-o2", "sh-p1")
    assert able(Accessibility.SIGN_LANGUAGE, on=POST.since - timedelta(days=1)) == ()


def test_skills_in_several_posts_of_a_person_count_together() -> None:
    second = replace(SIGNING, role=Role.SPECIALIST, skills=("代办",))
    wanted = (Accessibility.SIGN_LANGUAGE, Accessibility.ON_BEHALF)
    assert agents_for(wanted, (*POSTS, second), district="310106", on=ON) == ("ja-o2",)


def test_who_logs_it_serves_it_where_they_can() -> None:
    assert agent_of(("ja-o3", "ja-o2"), "ja-o2") == "ja-o2"
    assert agent_of(("ja-o3", "ja-o2"), "ja-o1") == "ja-o3"
    assert agent_of((), "ja-o1") == ""
