"""A kind of case that only the tests know: a question that an officer answers within a limit.

It stands here whole, as a kind stands in its folder: no other file knows of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from casework.domain.bounds import Text
from casework.domain.case.commands import (
    TOGETHER,
    ClearCard,
    Command,
    ProposeTakingBack,
    Reassign,
    ResolveTrouble,
    TakeBack,
    TakeUp,
)
from casework.domain.case.events import Event, EventBody, Title
from casework.domain.case.facts import Occasion
from casework.domain.case.guards import codes, require_stage, require_text
from casework.domain.case.kind import ClockOf, Kind, Opens, Step, TakingBack, TaskOf
from casework.domain.case.moves import conclude, enter, start_clocks
from casework.domain.case.opening import Circumstances, Identity, Party, StartCase
from casework.domain.case.rules import Fields, Letter, RowsOf
from casework.domain.case.state import Case, Closing, Post, Stage, TaskKind
from casework.domain.errors import DomainError
from casework.domain.policy import Limit, LimitName, Mark, Policy, Role, Side, Unit
from casework.domain.time.calendar import WorkingCalendar, local_date
from casework.domain.time.clock import Clock, due_on
from casework.domain.time.ladder import AFTER, BEFORE, Ladder, Rung


class QuestionStage(Stage):
    ASKED = "question_asked"
    CHECKED = "question_checked"
    ANSWERED = "question_answered"
    LAPSED = "question_lapsed"

    @property
    def is_final(self) -> bool:
        return self in {QuestionStage.ANSWERED, QuestionStage.LAPSED}

    @property
    def label(self) -> str:
        return {
            "question_asked": "待答复",
            "question_checked": "待审定",
            "question_answered": "已答复",
            "question_lapsed": "逾期未答复",
        }[self.value]


S = QuestionStage


@dataclass(frozen=True, kw_only=True)
class Question(Case):
    stage: QuestionStage
    text: str
    draft: str = ""
    drafted_by: str = ""


@dataclass(frozen=True, kw_only=True)
class Draft(Command):
    text: Text

    roles = frozenset({Role.OFFICER})
    label = "拟答复"


@dataclass(frozen=True, kw_only=True)
class Answer(Command):
    roles = frozenset({Role.OFFICER, Role.REVIEWER})
    label = "审定并答复"
    onward = True


@dataclass(frozen=True, kw_only=True)
class Asked:
    kind: Literal["question_was_asked"] = "question_was_asked"
    case_no: str
    district: str
    item: str
    item_name: str
    office: str
    channel: str
    policy: str
    posts: dict[Role, Post]
    received_at: datetime
    text: str
    limit: Clock
    by_date: bool = True
    catalogue: str = ""


@dataclass(frozen=True, kw_only=True)
class Drafted:
    kind: Literal["question_was_drafted"] = "question_was_drafted"
    text: str


@dataclass(frozen=True, kw_only=True)
class Answered:
    kind: Literal["question_was_answered"] = "question_was_answered"


@dataclass(frozen=True, kw_only=True)
class NeverAnswered:
    kind: Literal["question_never_answered"] = "question_never_answered"
    clock: str
    mendable_until: date | None = None


# --- how it is opened ----------------------------------------------------------------------


def policy(district: str, on: date) -> Policy:
    """The same on every day and everywhere; the catalogue of the house knows nothing of it."""
    return Policy(
        code="QUESTION",
        name="咨询",
        district=district,
        district_name="本区",
        resolved_on=on,
        digest=f"question-{district}",
        limits={
            LimitName.TAKE_BACK: Limit(
                unit=Unit.WORKING_DAYS,
                amount=15,
                reference="（建议）",
                mark=Mark.PROPOSAL,
                since=date(2026, 1, 1),
            )
        },
    )


@dataclass(frozen=True, kw_only=True)
class QuestionForm:
    """What somebody asks."""

    text: Text


@dataclass(frozen=True, kw_only=True)
class StartQuestion(StartCase):
    resumed: Question | None = None
    text: Text

    @property
    def kind(self) -> str:
        return "question"

    def first_event(self, at: datetime) -> Asked:
        limit = Clock(
            id="answer",
            name="答复期限",
            unit=Unit.WORKING_DAYS,
            amount=5,
            started_on=local_date(self.received_at or at),
            reference="（建议）",
            mark=Mark.PROPOSAL,
        )
        return Asked(**self._beginning(at), text=self.text, limit=limit)


def start(
    identity: Identity, form: QuestionForm, applicant: Party | None, at: Circumstances[Policy]
) -> StartQuestion:
    if "？" not in form.text:
        raise DomainError("NO_QUESTION", "没有问题，请写明要问什么", "text")
    return StartQuestion(**at.start(identity, applicant), channel="online", text=form.text)


# --- rules ---------------------------------------------------------------------------------


def begin(body: Asked, event: Event) -> Question:
    case = Question(
        case_no=body.case_no,
        district=body.district,
        item=body.item,
        item_name=body.item_name,
        office=body.office,
        channel=body.channel,
        policy=body.policy,
        catalogue=body.catalogue,
        stage=S.ASKED,
        stage_since=event.at,
        received_at=body.received_at,
        posts=body.posts,
        text=body.text,
    )
    return enter(start_clocks(case, body.limit), S.ASKED, event.at, event.actor.code)


def draft(command: Draft, case: Question, facts: Occasion) -> tuple[EventBody, ...]:
    require_stage(case, S.ASKED)
    require_text(command.text, "text", "答复")
    return (Drafted(text=command.text),)


def answer(command: Answer, case: Question, facts: Occasion) -> tuple[EventBody, ...]:
    require_stage(case, S.CHECKED)
    return (Answered(),)


def lapse(clock: Clock, case: Question, facts: Occasion) -> EventBody:
    return NeverAnswered(clock=clock.id)


def after_drafted(body: Drafted, case: Question, event: Event) -> Question:
    case = replace(case, draft=body.text, drafted_by=event.actor.code)
    return enter(case, S.CHECKED, event.at, event.actor.code)


def after_answered(body: Answered, case: Question, event: Event) -> Question:
    case = enter(case, S.ANSWERED, event.at, event.actor.code)
    return conclude(case, event.at, event.actor.code)


def after_never_answered(body: NeverAnswered, case: Question, event: Event) -> Question:
    case = enter(case, S.LAPSED, event.at, event.actor.code)
    return conclude(case, event.at, event.actor.code)


def restored(case: Question, closing: Closing) -> Question:
    return replace(case, stage=S(closing.stage))


# --- what is shown and told ------------------------------------------------------------------


def letter_of_answered(
    body: Answered, event: Event, case: Question, calendar: WorkingCalendar
) -> Letter:
    return "question_answered", {"answer": case.draft}


def reminder(case: Question, clock: Clock, fields: Fields) -> Letter:
    return "question_reminder", fields


def lines(case: Question, calendar: WorkingCalendar) -> Iterator[str]:
    clock = case.clock("answer")
    yield f"\n问：{case.text}（{due_on(clock, calendar) if clock else '已办结'}）"


@dataclass(frozen=True, kw_only=True)
class QuestionRow:
    text: str
    draft: str


def rows(case: Question) -> tuple[QuestionRow, ...]:
    return (QuestionRow(text=case.text, draft=case.draft),)


@dataclass(frozen=True, kw_only=True)
class LineRow:
    number: int
    text: str


def rows_of_lines(case: Question) -> tuple[LineRow, ...]:
    lines = case.draft.splitlines()
    return tuple(LineRow(number=number, text=text) for number, text in enumerate(lines, 1))


def barred(case: Question) -> dict[str, frozenset[str]]:
    return {"answer": codes(case.drafted_by)}


QUESTION = Kind(
    name="question",
    label="咨询",
    workflow="Question",
    prefix="question",
    path="questions",
    opens=Opens(form=QuestionForm, example={"text": "积分如何计算？"}, policy=policy, start=start),
    message=StartQuestion,
    state=Question,
    stages=QuestionStage,
    first=(S.ASKED,),
    steps=(
        Step(
            stage=S.ASKED,
            task=TaskKind.HANDLE,
            role=Role.OFFICER,
            clock="answer",
            verbs={"draft": (S.CHECKED,)},
            ends={"answer": (S.LAPSED,)},
        ),
        Step(
            stage=S.CHECKED,
            task=TaskKind.REVIEW,
            role=Role.REVIEWER,
            clock="answer",
            verbs={"answer": (S.ANSWERED,)},
            ends={"answer": (S.LAPSED,)},
        ),
        Step(stage=S.ANSWERED),
        Step(stage=S.LAPSED, verbs={"take_back": (S.ASKED, S.CHECKED)}),
    ),
    verbs={
        "draft": Draft,
        "answer": Answer,
        "take_up": TakeUp,
        **TOGETHER,
        "clear_card": ClearCard,
        "reassign": Reassign,
        "resolve_trouble": ResolveTrouble,
        "propose_taking_back": ProposeTakingBack,
        "take_back": TakeBack,
    },
    signals=frozenset({"draft"}),
    examples={Draft: {"text": "按细则计算"}, Answer: {}},
    tasks=(
        TaskOf(kind=TaskKind.HANDLE, label="办理服务事项", verbs=("draft",), clocks=("answer",)),
        TaskOf(kind=TaskKind.REVIEW, label="审核", verbs=("answer",), clocks=("answer",)),
    ),
    clocks=(
        ClockOf(
            kind="answer",
            name="答复期限",
            ladder=Ladder(
                rungs=((Rung.REMINDER, BEFORE), (Rung.YELLOW, AFTER)),
                expires=True,
                side=Side.AUTHORITY,
            ),
            end=lapse,
        ),
    ),
    events=(
        Title(body=Asked, title="提出咨询"),
        Title(body=Drafted, title="拟答复"),
        Title(body=Answered, title="答复"),
        Title(body=NeverAnswered, title="逾期未答复"),
    ),
    begins={Asked: begin},
    decisions={Draft: draft, Answer: answer},
    evolutions={
        Drafted: after_drafted,
        Answered: after_answered,
        NeverAnswered: after_never_answered,
    },
    barred=barred,
    taking_back=TakingBack(restored=restored),
    letters={Answered: letter_of_answered},
    reminder=reminder,
    recipients={"question_reminder": ("officer",)},
    texts={
        "question_answered": ("咨询答复", "您的咨询已经答复：\n{answer}"),
        "question_reminder": ("咨询答复提醒", "请于{due_on:date}前答复。"),
    },
    lines=lines,
    rows=(
        RowsOf(member="questions", table="questions", row=QuestionRow, of=rows, sealed=("text",)),
        RowsOf(
            member="question_lines",
            table="question_lines",
            row=LineRow,
            of=rows_of_lines,
            sealed=("text",),
            key=("number",),
        ),
    ),
)

IN_CATALOGUE = {
    "authority/default.yaml": (
        "\nactions:\n",
        """
  question:
    open: {applicant: district, officer: district, system: everywhere}
    read: {applicant: own, officer: district, reviewer: district, supervisor: everywhere,
           superior: everywhere, system: everywhere}
    disclose: {officer: assigned}
    decode: {officer: district}
    erase: {superior: everywhere}
    rate: {applicant: own}
    draft: {officer: assigned}
    answer: {officer: assigned, reviewer: assigned}
    read_notes: {officer: district, reviewer: district, supervisor: everywhere}
    take_letters: {system: everywhere}
    take_up: {officer: assigned, reviewer: assigned, supervisor: district}
    pass_on: {officer: assigned, reviewer: assigned, supervisor: district}
    accept_passing: {officer: assigned, reviewer: assigned, supervisor: district}
    decline_passing: {officer: assigned, reviewer: assigned, supervisor: district}
    ask_opinion: {officer: assigned, reviewer: assigned, supervisor: district}
    give_opinion: {officer: assigned, reviewer: assigned, supervisor: assigned}
    withdraw_opinion_request: {officer: assigned, reviewer: assigned, supervisor: district}
    nudge: {officer: assigned, reviewer: assigned, supervisor: district}
    add_note: {officer: district, reviewer: district, supervisor: district}
    clear_card: {supervisor: district}
    reassign: {officer: assigned, reviewer: assigned, supervisor: district, system: everywhere}
    resolve_trouble: {officer: assigned, reviewer: assigned, supervisor: district}
    propose_taking_back: {officer: assigned, supervisor: district}
    take_back: {supervisor: district}
""",
    ),
    "rosters/sample.yaml": (
        "    may:\n",
        "      question: [open, read]\n",
    ),
}
"""What the catalogue would say of it: file → after which words, which lines."""
