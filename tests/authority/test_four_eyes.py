"""Four eyes go by person: in whatever post, and also for whom a task may go to."""

from dataclasses import replace

from casework.domain.authority import concern_of, refusal
from casework.domain.case.facts import Actor
from casework.domain.case.guards import barred, barred_from
from casework.domain.case.state import Post, TaskKind
from casework.domain.kinds.application.commands import Accept, PreReview, PreReviewOutcome
from casework.domain.kinds.application.state import (
    Application,
    Green,
    GreenStatus,
    Line,
    LineStatus,
)
from casework.domain.policy import DeferralMode, Role, city_of
from casework.policy.authority import load_authority
from tests.domain.desk import open_desk


def code_of(case: Application, actor: Actor, verb: str) -> str:
    refused = refusal(load_authority(), actor, verb, concern_of(case))
    return refused.code if refused else ""


def in_review() -> Application:
    desk = open_desk()
    desk.do(PreReview, Role.OFFICER, outcome=PreReviewOutcome.PASSED)
    desk.do(Accept, Role.OFFICER)
    return desk.case


def test_who_took_it_in_does_not_review_from_any_post() -> None:
    case = in_review()
    (intake,) = case.intake_by
    for role, verb in ((Role.REVIEWER, "review"), (Role.HEAD, "approve"), (Role.HEAD, "refuse")):
        # The officer has come into another post: by re-assignment, or as its B角.
        moved = replace(case, posts={**case.posts, role: Post(holder="other", backup=intake)})
        actor = Actor(code=intake, role=role, district=case.district)
        assert code_of(moved, actor, verb) == "FOUR_EYES"
        assert code_of(moved, replace(actor, code="other"), verb) == ""
    superior = Actor(code=intake, role=Role.SUPERIOR)
    matrix = replace(load_authority(), superiors={city_of(case.district): frozenset({intake})})
    refused = refusal(matrix, superior, "superior_decision", concern_of(case))
    assert refused is not None
    assert refused.code == "FOUR_EYES"


def test_a_review_is_kept_from_who_took_it_in() -> None:
    case = in_review()
    (review,) = (task for task in case.open_tasks if task.kind is TaskKind.REVIEW)
    assert barred_from(case, review) == frozenset(case.intake_by)


def test_who_asked_does_not_consent_in_anybodys_stead() -> None:
    line = Line(
        material="labour_contract",
        name="劳动合同",
        mode=DeferralMode.HOLD_RESULT,
        status=LineStatus.OFFERED,
        reason="原件在外地",
        offered_by="ja-o1",
    )
    green = Green(status=GreenStatus.REQUESTED, requested_by="ja-o1")
    case = replace(open_desk().case, lines=(line,), green=green)
    posts = {**case.posts, Role.HEAD: Post(holder="ja-h1", backup="ja-o1")}
    asker = Actor(code="ja-o1", role=Role.HEAD, district=case.district)
    for verb in ("consent_deferral", "consent_green"):
        assert code_of(replace(case, posts=posts), asker, verb) == "FOUR_EYES"
        assert code_of(replace(case, posts=posts), replace(asker, code="ja-h1"), verb) == ""
    settled = replace(case, lines=(), green=Green())
    assert not barred(settled)["consent_green"] | barred(settled)["consent_deferral"]
