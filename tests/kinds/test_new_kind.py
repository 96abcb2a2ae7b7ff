"""A new kind of case takes one object: no other file of the house is edited for it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, cast

import pytest
from pydantic import Discriminator, TypeAdapter

from casework.domain.authority import Extent, Matrix, actions_of, refusal_of
from casework.domain.authority.sight import sight
from casework.domain.case import events, state
from casework.domain.case import kind as known
from casework.domain.case.commands import ProposeTakingBack, Reassign, TakeBack
from casework.domain.case.details import details
from casework.domain.case.events import Event, EventBody, title_of
from casework.domain.case.facts import CLOCKWORK, Actor, Occasion
from casework.domain.case.kind import event_types, kind_of_case, register
from casework.domain.case.letters import Effect, effects_of
from casework.domain.case.passing_time import next_moment, tick
from casework.domain.case.procedure import consequence, decide, evolve
from casework.domain.case.projection import rows
from casework.domain.errors import DomainError
from casework.domain.kinds.registry import stage_label, task_clocks, workflow_id
from casework.domain.policy import Mark, Role, Unit
from casework.domain.time import clock, ladder
from casework.domain.time.clock import Clock, due_on
from casework.policy.calendars import load_calendar
from tests.domain.desk import JINGAN, POSTS, actor, at
from tests.kinds.question import (
    QUESTION,
    Answer,
    Asked,
    Draft,
    Question,
    QuestionStage,
    policy,
)

CALENDAR = load_calendar().excerpt(2025, 2028)
NUMBER = f"{JINGAN}-QUES-0000-0001"
POLICY = policy(JINGAN, date(2026, 9, 16))


@pytest.fixture(autouse=True)
def question() -> Iterator[None]:
    """The kind is known in these tests only."""
    tables: list[Any] = [
        known.KNOWN,
        known._BY_STATE,
        events.TITLES,
        events._SAID,
        ladder.LADDERS,
        clock.NAMES,
        state._LABELS,
    ]
    before = [dict(table) for table in tables]
    register(QUESTION)
    yield
    for table, content in zip(tables, before, strict=True):
        table.clear()
        table.update(content)


class Desk:
    """One question, driven as a workflow drives a case."""

    def __init__(self) -> None:
        self.now = at("2026-09-16")
        self.case: Any = None
        self.events: list[Event] = []
        self.effects: list[Effect] = []
        limit = Clock(
            id="answer",
            name="答复期限",
            unit=Unit.WORKING_DAYS,
            amount=5,
            started_on=self.now.date(),
            reference="（建议）",
            mark=Mark.PROPOSAL,
        )
        asked = Asked(
            case_no=NUMBER,
            district=JINGAN,
            item=POLICY.code,
            item_name=POLICY.name,
            office="咨询台",
            channel="online",
            policy=POLICY.digest,
            posts=POSTS,
            received_at=self.now,
            text="积分如何计算？",
            limit=limit,
        )
        self.apply(asked, actor(Role.OFFICER))

    def facts(self, who: Actor) -> Occasion:
        return Occasion(at=self.now, actor=who, item=POLICY, calendar=CALENDAR)

    def apply(self, body: EventBody, who: Actor = CLOCKWORK, **when: Any) -> None:
        event = Event(seq=len(self.events) + 1, at=when.get("at", self.now), actor=who, body=body)
        self.case = evolve(self.case, event)
        self.events.append(event)
        self.effects += effects_of(event, self.case, CALENDAR)
        if (further := consequence(self.case, CALENDAR)) is not None:
            self.apply(further)

    def do(self, command: Any, who: Actor, **said: object) -> None:
        for body in decide(self.case, command(actor=who, **said), self.facts(who)):
            self.apply(body, who)

    def wait_until(self, day: str) -> None:
        self.now = at(day)
        while (came := tick(self.case, self.facts(CLOCKWORK))) is not None:
            self.apply(came.body, at=came.at)


def test_it_is_decided_and_evolves_by_its_stage_table() -> None:
    desk = Desk()
    (task,) = desk.case.open_tasks
    assert (task.kind, task.holder, task.clock) == ("handle", "ja-officer-a", "answer")
    desk.do(Draft, actor(Role.OFFICER), text="按细则计算")
    (task,) = desk.case.open_tasks
    assert (task.kind, task.holder) == ("review", "ja-reviewer-a")
    desk.do(Answer, actor(Role.REVIEWER))
    assert desk.case.stage is QuestionStage.ANSWERED
    assert not desk.case.is_open
    with pytest.raises(DomainError, match="已办结"):
        desk.do(Draft, actor(Role.OFFICER), text="再答")


def test_time_gives_its_cards_and_its_end_and_that_is_taken_back() -> None:
    desk = Desk()
    assert next_moment(desk.case, POLICY, CALENDAR) is not None
    desk.wait_until("2026-10-20")
    kinds = [event.body.kind for event in desk.events]
    assert kinds[-1] == "question_never_answered"
    assert "rung_reached" in kinds
    assert desk.case.stage is QuestionStage.LAPSED
    late = Desk()
    late.wait_until("2026-10-22")
    with pytest.raises(DomainError, match="届满"):
        late.do(ProposeTakingBack, actor(Role.OFFICER), reason="已口头答复")
    early = Desk()
    early.wait_until("2026-09-24")
    assert early.case.closing is not None
    early.do(ProposeTakingBack, actor(Role.OFFICER), reason="已口头答复")
    early.do(TakeBack, actor(Role.SUPERVISOR), reason="属实")
    assert early.case.stage is QuestionStage.ASKED
    assert [task.kind for task in early.case.open_tasks] == ["handle"]


def test_its_letters_go_to_whom_it_says() -> None:
    desk = Desk()
    desk.wait_until("2026-09-22")
    desk.do(Draft, actor(Role.OFFICER), text="按细则计算")
    desk.do(Answer, actor(Role.REVIEWER))
    told = {effect.template: effect for effect in desk.effects}
    assert told["question_reminder"].recipients == ("officer",)
    assert told["question_answered"].recipients == ("applicant",)
    assert told["question_answered"].fields["answer"] == "按细则计算"


def test_it_is_listed_shown_and_titled() -> None:
    desk = Desk()
    before = desk.case
    desk.do(Draft, actor(Role.OFFICER), text="按细则计算")
    assert [title_of(event) for event in desk.events] == ["提出咨询", "拟答复"]
    found = rows(desk.case, CALENDAR, before)
    assert [row.draft for row in found["questions"]] == ["按细则计算"]
    assert rows(desk.case, CALENDAR, desk.case)["questions"] == ()
    assert {row.name for row in rows(desk.case, CALENDAR)["clocks"]} == {"答复期限"}
    text = details(desk.case, CALENDAR)
    assert "**待审定**" in text
    assert "问：积分如何计算？（2026-09-22）" in text
    assert stage_label("question_checked") == "待审定"
    assert ("review", "answer") in task_clocks()
    assert workflow_id("question", NUMBER) == f"question.{JINGAN}.{NUMBER}"


def test_four_eyes_and_the_table_of_authority_hold_for_it() -> None:
    desk = Desk()
    desk.do(Draft, actor(Role.OFFICER), text="按细则计算")
    (task,) = rows(desk.case, CALENDAR)["tasks"][-1:]
    assert task.barred == "ja-officer-a"
    assert actions_of("question")["answer"] == "审定并答复"
    may = {("question", verb): {Role.OFFICER: Extent.ASSIGNED} for verb in QUESTION.verbs}
    may["question", "read"] = {Role.OFFICER: Extent.DISTRICT}
    matrix = Matrix(actions=may, staff={"ja-officer-b": (actor(Role.OFFICER, backup=True),)})
    drafter, other = actor(Role.OFFICER), actor(Role.OFFICER, backup=True)
    refused = refusal_of(matrix, Answer(actor=drafter), desk.case)
    assert refused is not None
    assert refused.code == "FOUR_EYES"
    assert refusal_of(matrix, Answer(actor=other), desk.case) is None
    given = Reassign(actor=drafter, role=Role.OFFICER, to="nobody", reason="休假")
    unknown = refusal_of(matrix, given, desk.case)
    assert unknown is not None
    assert unknown.code == "OFFICER_UNKNOWN"
    assert sight(matrix, drafter).glimpses["question"].district == JINGAN


def test_its_events_and_its_state_are_read_from_their_json() -> None:
    union: Any = Annotated[event_types(), Discriminator("kind")]
    events: TypeAdapter[Any] = TypeAdapter(union)
    states = TypeAdapter(Question)
    desk, case = Desk(), cast("Any", None)
    desk.do(Draft, actor(Role.OFFICER), text="按细则计算")
    desk.wait_until("2026-09-24")
    for event in desk.events:
        body = events.validate_json(events.dump_json(event.body))
        assert body == event.body
        case = evolve(case, replace(event, body=body))
    assert case == desk.case
    assert states.validate_json(states.dump_json(desk.case)) == desk.case


def test_a_kind_that_is_not_whole_is_refused() -> None:
    other = replace(QUESTION, name="other")
    with pytest.raises(ValueError, match="known already"):
        register(QUESTION)
    with pytest.raises(ValueError, match="no decision for answer"):
        register(replace(other, decisions={Draft: QUESTION.decisions[Draft]}))
    with pytest.raises(ValueError, match="no evolution for question_was_answered"):
        register(replace(other, evolutions={}, events=QUESTION.events[2:3]))
    with pytest.raises(ValueError, match="no row leads to it"):
        register(replace(other, steps=QUESTION.steps[1:]))
    with pytest.raises(ValueError, match="the end of answer"):
        register(replace(other, clocks=(replace(QUESTION.clocks[0], end=None),)))
    with pytest.raises(ValueError, match="no verb draft"):
        register(replace(other, verbs={}))


def test_a_clock_of_its_is_due() -> None:
    desk = Desk()
    assert kind_of_case(desk.case) is QUESTION
    (clock,) = desk.case.running
    assert due_on(clock, CALENDAR) == date(2026, 9, 22)
