"""办理: the form of an act, 核对 what it would lead to, and 完成. Nothing is done before 核对.

The key of an act is made when its form opens, and goes with it to the end: whoever sends it twice,
or never gets the answer, has done one thing. The form also knows the last event that was seen.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import fields as fields_of_class
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter
from fastapi.responses import Response
from starlette.datastructures import FormData

from api.desk.cases import item_of, looked
from api.desk.fields import label_of_value
from api.desk.forms import (
    DAY_HINT,
    ROWS,
    Field,
    Options,
    Sort,
    Typed,
    blank,
    fields_of,
    read,
    wrong_fields,
)
from api.desk.navigation import PATH
from api.desk.visit import Visit, Visiting, to
from api.desk.words import CARDS, short
from api.desk.words import task as words_of_task
from api.edge.problems import ProblemError
from casework import words
from casework.domain.authority import INSIDE
from casework.domain.kinds.registry import KINDS, CaseKind
from casework.domain.policy import DeliveryMethod, Role
from casework.filing.bodies import CaseNo

router = APIRouter(prefix=f"{PATH}/cases/{{case_no}}", include_in_schema=False)

Json = Mapping[str, Any]
GREEN_REASONS = ("高考", "入学报名", "就医", "出境")
"""Reasons for the green channel that are likely. [proposal]"""
FAULTS = {
    "ILLEGIBLE": "看不清",
    "MISMATCH": "内容不符",
    "EXPIRED": "已过期",
    "UNSEALED": "没有盖章或签名",
    "MISFORMED": "格式或份数不对",
    "OTHER": "其他",
}
"""Kinds of faults that a person finds; the API takes any code. [proposal]"""
_DECIDING = frozenset(
    {
        *("check", "granted", "in_order", "justified", "method", "outcome", "passed", "upheld"),
        "verdict",
    }
)
"""Fields that say what an act leads to: the button names what was chosen."""
_INSERT = "insert:"
"""A step that puts a phrase into the field that it names; nothing is sent by it."""


@router.get("/do/{verb}")
async def form(case_no: CaseNo, verb: str, visit: Visiting) -> Response:
    """The form of a verb; one that asks for nothing is checked at once."""
    act = await _Act.of(visit, case_no, verb)
    typed = blank(act.fields, dict(visit.request.query_params))
    if not act.fields and act.told["may"]:
        return await act.check(typed)
    return act.form(typed)


@router.post("/do/{verb}")
async def sent(case_no: CaseNo, verb: str, visit: Visiting) -> Response:
    """Take a step: ``check`` what was typed, ``change`` it, ask for ``more`` rows, ``send`` it."""
    given = await visit.form()
    act = (await _Act.of(visit, case_no, verb)).going_on(given)
    typed = await read(act.fields, given, visit.api)
    step = given.get("step")
    if typed.refused is not None:
        return act.form(typed, typed.refused)
    if step == "send":
        return await act.send(typed)
    if step == "more":
        typed.rows = {path: number + ROWS for path, number in typed.rows.items()}
    if isinstance(step, str) and step.startswith(_INSERT):
        typed.insert(step.removeprefix(_INSERT), given)
        return act.form(typed)
    return act.form(typed) if step in {"change", "more"} else await act.check(typed)


@router.get("/done/{verb}")
async def done(case_no: CaseNo, verb: str, visit: Visiting) -> Response:
    """Say whether an act is done, or was taken and is not in the register yet."""
    case = await visit.api.get(f"/v1/cases/{case_no}")
    key = visit.request.query_params.get("key", "")
    answer = await visit.api.ask(
        "GET",
        f"/v1/operations/{case_no}/{quote(key, safe='') or '-'}",
        params={"kind": case["kind"]},
    )
    await looked(visit, case)
    waits = answer.status_code == HTTPStatus.ACCEPTED
    turn = (await visit.api.get(f"/v1/cases/{case_no}/turn"))["turn"]
    page = visit.page(
        "done.html",
        case=case,
        turn=turn,
        label=_label(case, verb),
        receipt=answer.json(),
        waits=waits,
    )
    if waits:
        page.headers["Refresh"] = "3"
    return page


def _label(case: Json, verb: str) -> str:
    command = KINDS[CaseKind(case["kind"])].verbs.get(verb.replace("-", "_"))
    return short(command.label) if command else verb


class _Act:
    """A verb of a case as somebody is about to use it."""

    def __init__(  # noqa: PLR0913 - what a form is made of
        self,
        visit: Visit,
        case: Json,
        told: Json,
        fields: tuple[Field, ...],
        *,
        key: str,
        seen: int,
        others: list[Json],
        phrases: list[Json],
    ) -> None:
        self.visit, self.case, self.told, self.fields = visit, case, told, fields
        self.key, self.seen, self.others, self.phrases = key, seen, others, phrases

    @classmethod
    async def of(cls, visit: Visit, case_no: str, verb: str) -> "_Act":
        """The act as the case stands.

        Raises:
            ProblemError: 404, the case has no such verb.
        """
        case = await visit.api.get(f"/v1/cases/{case_no}")
        told = await visit.api.get(f"/v1/cases/{case_no}/acts")
        found = next((each for each in told["items"] if each["verb"] == verb), None)
        if found is None:
            raise ProblemError(
                status=HTTPStatus.NOT_FOUND, code="NO_SUCH_ADDRESS", detail="此类办件没有这项操作"
            )
        kind = KINDS[CaseKind(case["kind"])]
        offered = await _offered(visit, case, found)
        made = tuple(
            replace(each, hint=offered.hints.get(each.path, each.hint))
            for each in fields_of(verb.replace("-", "_"), kind.verbs, offered.only, offered.perhaps)
        )
        look = await looked(visit, case, verb)
        return cls(
            visit,
            case,
            found,
            made,
            key=secrets.token_urlsafe(16),
            seen=case["last_seq"],
            others=look["others"],
            phrases=await _phrases(visit, verb),
        )

    def going_on(self, given: FormData) -> "_Act":
        """The same act, with the key and the number that its form began with."""
        key, seen = given.get("key"), given.get("seen")
        if isinstance(key, str) and key:
            self.key = key
        if isinstance(seen, str) and seen.isdecimal():
            self.seen = int(seen)
        return self

    @property
    def way(self) -> str:
        """The address that shows the form, and to which it is sent."""
        return f"{PATH}/cases/{self.case['case_no']}/do/{self.told['verb']}"

    def form(self, typed: Typed, problem: ProblemError | None = None) -> Response:
        """The form, with what was typed, and what was wrong with it."""
        status = problem.status if problem else HTTPStatus.OK
        since = problem.more.get("events", []) if problem else []
        return self.visit.page(
            "act.html",
            HTTPStatus.UNPROCESSABLE_ENTITY if status is HTTPStatus.UNAUTHORIZED else status,
            **self._shown(typed),
            problem=problem,
            wrong=wrong_fields(problem),
            since=since,
        )

    async def check(self, typed: Typed) -> Response:
        """Show what the API says the act would lead to, or the form again with the refusal."""
        try:
            answer = await self.visit.api.post(
                self.told["path"], typed.body, seen=self.seen, dry_run=True
            )
        except ProblemError as refused:
            return self._again(typed, refused)
        trial = answer.json()
        return self.visit.page(
            "check.html",
            **self._shown(typed),
            trial=trial,
            clocks=_compared(trial),
            effect=self._effect(typed, trial),
            said=tuple(said(self.fields, typed)),
        )

    async def send(self, typed: Typed) -> Response:
        """Do it, once; or the form, with why it was refused."""
        try:
            await self.visit.api.post(self.told["path"], typed.body, key=self.key, seen=self.seen)
        except ProblemError as refused:
            return self._again(typed, refused)
        case_no, verb = self.case["case_no"], self.told["verb"]
        return to(f"{PATH}/cases/{case_no}/done/{verb}?{urlencode({'key': self.key})}")

    def _again(self, typed: Typed, refused: ProblemError) -> Response:
        """The form with the refusal. What was refused is over; what got no answer goes on."""
        if refused.status < HTTPStatus.INTERNAL_SERVER_ERROR:
            self.key = secrets.token_urlsafe(16)
        self.seen = refused.more.get("seq", self.seen)
        return self.form(typed, refused)

    def _shown(self, typed: Typed) -> dict[str, Any]:
        return {
            "case": self.case,
            "act": self.told,
            "label": short(self.told["label"]),
            "way": self.way,
            "fields": self.fields,
            "typed": typed,
            "key": self.key,
            "seen": self.seen,
            "others": self.others,
            "phrases": self.phrases,
        }

    def _effect(self, typed: Typed, trial: Json) -> str:
        """The text of the button: it names the act, the choice, what goes out and to whom."""
        choices = (
            dict(each.options).get(typed.value(each.path), "")
            for each in self.fields
            if each.path in _DECIDING
        )
        chosen = "，".join(filter(None, choices))
        said = short(self.told["label"]) + (f"：{chosen}" if chosen else "")
        return said + goes_out(trial["letters"])


def goes_out(letters: Sequence[Json]) -> str:
    """How many documents go out, and to whom: one to several has one number, for all of them.

    A document that cannot be written is not counted. The text is empty if nothing goes out.
    """
    going = [each for each in letters if not each["problem"]]
    documents = len({each["seq"] for each in going})
    to = dict.fromkeys(words.word(words.ROLES, each["recipient"]) for each in going)
    return f"，并发出 {documents} 份文书给{'、'.join(to)}" if going else ""


def _compared(trial: Json) -> list[dict[str, Any]]:
    """Each clock that runs before or after, with its due date then and then."""
    was = {clock["clock"]: clock for clock in trial["before"]["clocks"]}
    return [
        {"now": clock, "was": was.get(clock["clock"])}
        for clock in trial["after"]["clocks"]
        if clock != was.get(clock["clock"]) or not clock["ended_on"]
    ]


def said(fields: tuple[Field, ...], typed: Typed) -> Any:  # noqa: ANN401 - pairs of word and text
    """What was typed, in words: the label of each field, and its texts."""
    for each in fields:
        if each.sort is Sort.ROWS:
            yield each.label, [_row(each, row) for row in typed.body.get(each.path, [])]
        elif each.sort is Sort.GROUP:
            row = typed.body.get(each.path)
            yield each.label, [_row(each, row)] if row else []
        else:
            options = dict(each.options)
            if each.sort is Sort.KEPT:
                yield each.label, [text.partition("|")[0] for text in typed.all(each.path)]
                continue
            texts = typed.all(each.path) or ([each.preset] if each.preset else [])
            yield each.label, [options.get(text, text) for text in texts if text]


def _row(each: Field, row: Json) -> str:
    told = []
    for part in each.parts:
        name = part.path.rpartition(".")[2]
        if value := row.get(name):
            text = "、".join(map(str, value)) if isinstance(value, list) else str(value)
            word = dict(part.options).get(text, text)
            told.append(f"{part.label}：{word[:12] + '…' if part.is_file else word}")
    return "；".join(told)


async def _phrases(visit: Visit, verb: str) -> list[Json]:
    """Return the phrases that a reason may use; people from outside get none."""
    if visit.actor.role not in INSIDE:
        return []
    return list((await visit.api.get("/v1/phrases", verb=verb))["items"])


# --- what the case offers ------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Offered:
    """The choices that a case gives for fields of a verb: ``only`` these, or ``perhaps`` these.

    ``hints``: what its rules say about a field.
    """

    only: Mapping[str, Options]
    perhaps: Mapping[str, Options]
    hints: Mapping[str, str]


async def _offered(visit: Visit, case: Json, told: Json) -> _Offered:
    verb = told["verb"].replace("-", "_")
    tasks = {task["task"]: words_of_task(task) for task in case["tasks"]}
    item = await item_of(visit, case)
    materials = item.get("material_names", {})
    only: dict[str, Mapping[str, str]] = {
        "task": {name: tasks.get(name, name) for name in told["tasks"]} or tasks,
        "card": {
            f"{card['clock']}:{card['rung']}": f"{CARDS[card['rung']]}（{card['clock']}）"
            for card in case["cards"]
            if not card["cleared_at"] and card["rung"] in CARDS
        },
        "material": {line["material"]: line["name"] for line in case["debts"]},
        "other": {each["case_no"]: each["case_no"] for each in case["same_person"]},
    }
    only["district"] = only["to_district"] = dict(visit.names.choice_of_districts())
    if verb == "offer_deferral":
        only["materials"] = materials
    only |= await _among_rows(visit, case, verb)
    if verb == "correct_address":
        only["party"] = {
            party["role"]: words.word(words.ROLES, party["role"]) for party in case["parties"]
        }
    only["materials.code"] = materials
    only["faults.code"] = FAULTS
    only["faults.about"] = {**materials, **_stated(item)}
    perhaps: dict[str, Mapping[str, str]] = {}
    hints: Mapping[str, str] = {}
    if verb == "pre_review":
        found = (await visit.api.get(f"/v1/cases/{case['case_no']}/materials"))["faults"] or []
        only["corrected"] = {fault["about"]: fault["text"] for fault in found}
        hints = {
            "faults": "系统核出的问题会自动列入，这里只填另外发现的。",
            "corrected": "勾选的不再作为问题。" if found else "一行一项。",
        }
    if verb == "deliver":
        only["method"] = {
            each.value: label_of_value(each)
            for each in DeliveryMethod
            if each.value in item.get("delivery", ())
        }
    if verb == "record_check":
        turn = await visit.api.get(f"/v1/cases/{case['case_no']}/turn")
        hints = {"check": "".join(turn["beside"])}
    if verb == "request_green" and (rule := item.get("green")):
        only["evidence"] = {name: name for name in rule["evidence"]}
        perhaps["reason_code"] = {word: word for word in GREEN_REASONS}
        hints = _of_green(rule)
    return _Offered(only=_options(only), perhaps=_options(perhaps), hints=hints)


async def _among_rows(visit: Visit, case: Json, verb: str) -> dict[str, dict[str, str]]:
    """The findings and remedies of a case, where a verb of its kind asks for some."""
    kind = KINDS[CaseKind(case["kind"])]
    asked = {each.name for each in fields_of_class(kind.verbs[verb])} & {"answers", *_ROW_KEYS}
    if not asked or not any(set(rows.key) & _ROW_KEYS for rows in kind.rows):
        return {}
    own = await visit.api.get(f"/v1/{kind.path}/{case['case_no']}")
    of = {
        rows.key[0]: {
            row[rows.key[0]]: f"{row[rows.key[0]]} {row[rows.sealed[0]]}"
            for row in own[rows.member]
            if not row.get("struck")
        }
        for rows in kind.rows
        if set(rows.key) & _ROW_KEYS
    }
    return of | {"answers": of["finding"]}


_ROW_KEYS = frozenset({"finding", "remedy"})


def _stated(item: Json) -> dict[str, str]:
    """Return for each fact the request to the applicant, in the words of the notice."""
    asked = item.get("preconditions", ())
    return {each["condition"]["fact"]: f"情形：{each['text']}" for each in asked}


def _of_green(rule: Json) -> dict[str, str]:
    """What the item wants of a request for the green channel, at the fields."""
    consent = "或".join(Role(each).label for each in rule["consent"])
    evidence = "、".join(rule["evidence"])
    return {
        "reason_code": f"如{'、'.join(GREEN_REASONS)}。提出后由{consent}同意。",
        "external_on": f"{DAY_HINT}。须在 {rule['horizon_days']} 日以内；更远的，请写明外部原因。",
        "evidence": f"本事项须有{evidence}。请勾选已经收到的；缺一项就不提交同意，补齐后重新申请。",
    }


def _options(found: Mapping[str, Mapping[str, str]]) -> dict[str, Options]:
    return {name: tuple(options.items()) for name, options in found.items() if options}
