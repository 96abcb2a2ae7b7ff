"""我的办件: what applicants, talents and employers see of their own cases, on a phone first.

Everything comes from ``/v1`` in the caller's own name. An act is filled in, checked by a dry run,
and sent once: its key is made when the form opens, and it carries the last event that was seen.
"""

import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response
from starlette.datastructures import FormData, UploadFile

from api.access.caller import CSRF_HEADER
from api.access.session import sign_out
from api.desk import cases
from api.desk.inside import Inside
from api.desk.navigation import MINE
from api.desk.visit import Visit, Visiting, bare_page, to
from api.edge.problems import FieldError, ProblemError
from casework.domain.case.kind import Party
from casework.domain.kinds.application.state import ApplicationStage
from casework.domain.kinds.cycle.state import CycleStage, Verdict
from casework.domain.kinds.rating.state import Grade
from casework.domain.policy import Role
from casework.filing.bodies import CaseNo

router = APIRouter(prefix=MINE, include_in_schema=False)
public = APIRouter(prefix=MINE, include_in_schema=False)
"""Pages that need no login."""

_SENTENCES = 5
"""Of so many open cases the list says whose turn it is."""
_A_PAGE = 20
_PIECE = 1 << 18
_STAGES = {
    "": "全部",
    ApplicationStage.SUPPLEMENT_DUE.value: "待补正",
    CycleStage.WINDOW.value: "待评估",
}
"""Which cases an employer may want to see alone."""
_NOBODY_KNOWN = (Role.APPLICANT, Role.TALENT)

Told = Mapping[str, Any]


@router.get("")
async def mine(visit: Visiting) -> Response:
    """The person's own cases, newest first; of an employer those of its people."""
    asked = {name: visit.request.query_params.get(name, "") for name in ("stage", "cursor")}
    listing = await visit.api.get("/v1/cases", **asked, size=_A_PAGE)
    rows = listing["items"]
    waiting = [row["case_no"] for row in rows if row["closed_at"] is None][:_SENTENCES]
    turns = {no: await _turn(visit, no) for no in waiting}
    of_employer = visit.actor.role is Role.EMPLOYER
    names = {row["case_no"]: await _name(visit, row["case_no"]) for row in rows if of_employer}
    following = {**asked, "cursor": listing["next_cursor"]}
    return visit.page(
        "my/list.html",
        rows=rows,
        turns=turns,
        names=names,
        stage=asked["stage"],
        stages=_STAGES if of_employer else {},
        following=urlencode(following) if listing["next_cursor"] else "",
        of_employer=of_employer,
    )


async def _name(visit: Visit, case_no: str) -> str:
    """Whose case it is, masked, so that an employer knows its people apart."""
    case = await visit.api.get(f"/v1/cases/{case_no}")
    return next((str(each["name"]) for each in case["parties"] if each["role"] == "applicant"), "")


@router.get("/cases/{case_no}")
async def one(visit: Visiting, case_no: CaseNo) -> Response:
    """Outcome or whose turn it is, what is missing, the next date; then everything else."""
    whole = await visit.api.get(f"/v1/cases/{case_no}/whole")
    told = whole["turn"]
    return visit.page(
        "my/case.html",
        told=told,
        case=whole["case"],
        letters=whole["letters"]["items"],
        events=whole["timeline"]["items"],
        yours=_yours(visit, told),
        by_hand=[each for each in told["wanted"] if each["verb"] not in ACTS],
        to_do=_to_do(told),
        others=[a for a in told["acts"] if a["verb"] in ACTS and not _is_wanted(told, a["verb"])],
        acts=ACTS,
        done=visit.request.query_params.get("done", ""),
    )


@router.get("/cases/{case_no}/dates")
async def dates(visit: Visiting, case_no: CaseNo) -> Response:
    """Every day of each limit, and whether it counts: the same page that officers see."""
    return await cases.clocks(case_no, visit)


def _yours(visit: Visit, told: Told) -> str:
    """What the sentence means for who looks: their turn, or one that they may take; or nothing."""
    party = told["turn"]["party"]
    if visit.actor.role is not Role.EMPLOYER:
        return "轮到您了。" if party == Party.APPLICANT else ""
    if party == Party.EMPLOYER:
        return "轮到本单位了。"
    return "本单位可以代为办理。" if party == Party.APPLICANT and _to_do(told) else ""


def _is_wanted(told: Told, verb: str) -> bool:
    return any(each["verb"] == verb for each in told["wanted"])


def _to_do(told: Told) -> list[tuple[str, list[Told]]]:
    """What is wanted, by the act that brings it, of those that the caller may try."""
    may = {act["verb"] for act in told["acts"]}
    verbs = dict.fromkeys(each["verb"] for each in told["wanted"] if each["verb"] in ACTS)
    return [
        (verb, [each for each in told["wanted"] if each["verb"] == verb])
        for verb in verbs
        if verb in may
    ]


async def _turn(visit: Visit, case_no: str) -> Told:
    found: Told = await visit.api.get(f"/v1/cases/{case_no}/turn")
    return found


# --- acts ----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What was filled in. ``files``: (material, digest, name) of each that was uploaded."""

    texts: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    files: tuple[tuple[str, str, str], ...] = ()

    def text(self, name: str) -> str:
        """A text field; empty if it was not sent."""
        return self.texts.get(name, "").strip()


@dataclass(frozen=True, kw_only=True)
class Act:
    """An act as people call it: what it is, what its button says, and the body that it sends."""

    title: str
    button: str
    body: Callable[[Kept, Visit], dict[str, Any]]
    lead: str = ""


def _materials(kept: Kept) -> list[dict[str, str]]:
    return [
        {"code": code, "form": "electronic", "sha256": digest} for code, digest, _ in kept.files
    ]


def _supplement(kept: Kept, _: Visit) -> dict[str, Any]:
    return {"materials": _materials(kept), "statements": list(kept.faults)}


def _received(kept: Kept, _: Visit) -> dict[str, Any]:
    if not kept.files:
        raise _wanting("files", "请至少拍一张照片或者选择一个文件")
    return {"materials": _materials(kept)}


def _promise(kept: Kept, visit: Visit) -> dict[str, Any]:
    if not kept.text("promised"):
        raise _wanting("promised", "请先阅读承诺内容，并勾选“我承诺”")
    agent = visit.actor.role is Role.EMPLOYER
    return {
        "signed_on": visit.today.isoformat(),
        "by_agent": agent,
        "authorised": bool(kept.text("authorised")),
    }


def _evaluate(kept: Kept, _: Visit) -> dict[str, Any]:
    if kept.text("verdict") not in set(Verdict):
        raise _wanting("verdict", "请选择合格或者不合格")
    return {"verdict": kept.text("verdict"), "text": kept.text("text")}


def _reason(kept: Kept, _: Visit) -> dict[str, Any]:
    return {"reason": kept.text("reason")}


ACTS: Mapping[str, Act] = {
    "supplement": Act(
        title="补正材料",
        button="交出补正材料",
        body=_supplement,
        lead="请把告知的问题一次补齐。照片要清楚、完整，四角都在画面内。",
    ),
    "materials_received": Act(
        title="补交容缺材料",
        button="交出这些材料",
        body=_received,
        lead="这是您承诺补交的材料。交到后由窗口核对。",
    ),
    "promise": Act(title="签署容缺承诺书", button="签署承诺书", body=_promise),
    "evaluate": Act(title="履职综合评估", button="提交评估意见", body=_evaluate),
    "raise_objection": Act(title="提出异议", button="提出异议", body=_reason),
    "withdraw": Act(
        title="撤回申请",
        button="撤回这件申请",
        body=_reason,
        lead="撤回后本件不再办理，不能恢复；需要时可以重新申请。",
    ),
}
"""The acts that have a form here; verbs of the API."""


def _wanting(name: str, detail: str) -> ProblemError:
    return ProblemError(
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        code="FIELD_REQUIRED",
        detail=detail,
        errors=(FieldError(field=name, detail=detail),),
    )


Verb = Annotated[str, Path(max_length=40)]


@router.get("/cases/{case_no}/{verb}")
async def form(visit: Visiting, case_no: CaseNo, verb: Verb) -> Response:
    """The form of an act; its key is made now, so that however often it is sent it is one act."""
    told = await _turn(visit, case_no)
    return _form(visit, verb, told, Kept(), seen=told["seq"], key=secrets.token_urlsafe(16))


@router.post("/cases/{case_no}/{verb}")
async def act(visit: Visiting, case_no: CaseNo, verb: Verb) -> Response:
    """Check what was filled in, go back to it, or send it, as ``step`` says."""
    sent = await visit.form()
    told = await _turn(visit, case_no)
    meant, key, seen = _act(verb), _text(sent, "key"), _text(sent, "seen")
    kept, step = Kept(), _text(sent, "step")
    try:
        kept = _filled_in(sent)
        kept = await _with_uploads(visit, sent, kept)
        if step == "edit":
            return _form(visit, verb, told, kept, seen=seen, key=key)
        body = meant.body(kept, visit)
        place = f"/v1/{told['path']}/{case_no}/{verb.replace('_', '-')}"
        number = int(seen) if seen.isascii() and seen.isdigit() else 0
        if step == "do":
            answer = await visit.api.post(place, body, key=key, seen=number)
            later = answer.status_code == HTTPStatus.ACCEPTED
            return to(f"{MINE}/cases/{case_no}?done={'later' if later else verb}")
        tried = (await visit.api.post(place, body, seen=number, dry_run=True)).json()
    except ProblemError as problem:
        now_seen = str(problem.more.get("seq", seen))
        return _form(visit, verb, told, kept, seen=now_seen, key=key, problem=problem)
    return visit.page(
        "my/check.html",
        told=told,
        verb=verb,
        act=meant,
        kept=kept,
        key=key,
        seen=tried["seq"],
        tried=tried,
    )


def _act(verb: str) -> Act:
    if verb not in ACTS:
        raise ProblemError(
            status=HTTPStatus.NOT_FOUND, code="NO_SUCH_ADDRESS", detail="没有此页面，请核对地址"
        )
    return ACTS[verb]


def _form(  # noqa: PLR0913 - what the form shows
    visit: Visit,
    verb: str,
    told: Told,
    kept: Kept,
    *,
    seen: str | int,
    key: str,
    problem: ProblemError | None = None,
) -> Response:
    status = problem.status if problem else HTTPStatus.OK
    return visit.page(
        "my/form.html",
        status,
        told=told,
        verb=verb,
        act=_act(verb),
        kept=kept,
        key=key,
        seen=seen,
        problem=problem,
        since=problem.more.get("events", []) if problem else [],
        things=[each for each in told["wanted"] if each["verb"] == verb],
        as_agent=visit.actor.role not in _NOBODY_KNOWN,
        verdicts=tuple(Verdict),
    )


_TEXTS = ("reason", "text", "verdict", "promised", "authorised", "comment", "grade", "named")


def _text(sent: FormData, name: str) -> str:
    value = sent.get(name, "")
    return value if isinstance(value, str) else ""


def _filled_in(sent: FormData) -> Kept:
    files = []
    for each in sent.getlist("kept"):
        code, digest, name = (*str(each).split(" ", 2), "", "")[:3]
        if code and digest:
            files.append((code, digest, name))
    gone = {str(each) for each in sent.getlist("drop")}
    return Kept(
        texts={name: _text(sent, name) for name in _TEXTS},
        faults=tuple(str(each) for each in sent.getlist("fault")),
        files=tuple(each for each in files if each[1] not in gone),
    )


async def _with_uploads(visit: Visit, sent: FormData, kept: Kept) -> Kept:
    """Store what was chosen, as every upload is stored and checked; the form is closed then."""
    files = list(kept.files)
    try:
        for name, each in sent.multi_items():
            kind, _, code = name.partition(":")
            if kind in {"photo", "file"} and isinstance(each, UploadFile) and each.size:
                digest = await _stored(visit, each)
                called = "".join(c for c in each.filename or "" if c.isprintable())[-60:]
                files.append((code, digest, called or "照片"))
    finally:
        await sent.close()
    return Kept(texts=kept.texts, faults=kept.faults, files=tuple(dict.fromkeys(files)))


async def _stored(visit: Visit, file: UploadFile) -> str:
    answer = await visit.api.ask(
        "POST", "/v1/materials", content=_pieces(file), headers={CSRF_HEADER: "my"}
    )
    return str(answer.json()["sha256"])


async def _pieces(file: UploadFile) -> AsyncIterator[bytes]:
    while piece := await file.read(_PIECE):
        yield piece


# --- rating --------------------------------------------------------------------------------


@router.get("/rate/cases/{case_no}")
async def rating_form(visit: Visiting, case_no: CaseNo) -> Response:
    """The form by which a finished case is rated, once."""
    told = await _turn(visit, case_no)
    return visit.page("my/rate.html", **_of_rating(told["item_name"], rated=told["rated"]))


@router.post("/rate/cases/{case_no}")
async def rate(visit: Visiting, case_no: CaseNo) -> Response:
    """Rate; a repeat of the same is the same rating."""
    kept = _filled_in(await visit.form())
    told = await _turn(visit, case_no)
    body = {
        "case_no": case_no,
        "grade": kept.text("grade"),
        "named": bool(kept.text("named")),
        "comment": kept.text("comment"),
    }
    try:
        _require_grade(kept)
        await visit.api.post("/v1/ratings", body)
    except ProblemError as problem:
        shown = _of_rating(told["item_name"], rated=False, kept=kept, problem=problem)
        return visit.page("my/rate.html", problem.status, **shown)
    return to(f"{MINE}/cases/{case_no}?done=rated")


Code = Annotated[str, Path(max_length=40)]


@public.get("/rate/{code}")
async def rating_by_letter(request: Request, code: Code) -> Response:
    """The same for whoever holds a letter, without logging in."""
    told = await Inside(request=request).get(f"/v1/rating-links/{code}")
    return bare_page(request, "my/rate.html", **_of_rating(told["item_name"], rated=told["rated"]))


@public.post("/rate/{code}")
async def rate_by_letter(request: Request, code: Code) -> Response:
    """Rate by the code alone: it is the secret, so that no session has to vouch for the form."""
    kept, inside = _filled_in(await request.form()), Inside(request=request)
    told = await inside.get(f"/v1/rating-links/{code}")
    try:
        _require_grade(kept)
        body = {"grade": kept.text("grade"), "comment": kept.text("comment")}
        await inside.post(f"/v1/rating-links/{code}", body)
    except ProblemError as problem:
        shown = _of_rating(told["item_name"], rated=False, kept=kept, problem=problem)
        return bare_page(request, "my/rate.html", problem.status, **shown)
    return bare_page(request, "my/rate.html", **_of_rating(told["item_name"], rated=True))


def _require_grade(kept: Kept) -> None:
    if kept.text("grade") not in {str(int(grade)) for grade in Grade}:
        raise _wanting("grade", "请选择满意程度")


def _of_rating(
    item_name: str, *, rated: bool, kept: Kept | None = None, problem: ProblemError | None = None
) -> dict[str, Any]:
    return {
        "item_name": item_name,
        "rated": rated,
        "kept": kept or Kept(),
        "problem": problem,
        "grades": tuple(Grade),
    }


# --- leaving -------------------------------------------------------------------------------


@router.post("/logout")
async def logout(visit: Visiting) -> Response:
    """End the session here, not the one at the issuer."""
    await visit.form()
    await sign_out(visit.request)
    return to(f"{MINE}/left")


@public.get("/left")
def left(request: Request) -> Response:
    """Who has logged out."""
    return bare_page(request, "left.html")
