"""The letters of a case as documents (文书); and, for anybody, whether a document is genuine."""

import hashlib
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote

import obstore.exceptions
import structlog
from fastapi import Header, Path, Query, Request, Response
from fastapi.responses import PlainTextResponse, RedirectResponse
from pydantic import BaseModel, Field, StringConstraints, TypeAdapter

from api.access.guard import Caller, permit
from api.edge.form_file import A_FILE, form_file
from api.edge.problems import AwayError, ProblemError
from api.parts import Here, Parts
from api.routes.answers import problem_responses
from api.routes.materials import HEADERS
from api.routes.one_case import OneCase, reading
from api.routes.routers import open_to_all, with_token
from casework.domain.authority import Action
from casework.domain.case.events import Event
from casework.domain.case.facts import Actor
from casework.domain.case.letters import Effect, handed_out
from casework.domain.case.procedure import evolve
from casework.domain.case.state import Case
from casework.domain.errors import DomainError
from casework.domain.policy import Role
from casework.domain.time.calendar import ZONE, local_date
from casework.filing.bodies import CaseNo, Sha256
from casework.letters.document import MEDIA_TYPE, DocumentError
from casework.letters.templates import TEMPLATES
from casework.letters.texts import NoticeTextError
from casework.outside import RefusedError
from casework.security.keys.vault import ErasedError
from casework.security.letter_proof import signed
from casework.settings import SettingsError
from casework.store.documents import (
    DocumentLostError,
    DocumentOvertakenError,
    Made,
    SealAwayError,
)
from casework.store.materials import MaterialDamagedError, MaterialNotFoundError
from casework.store.queries.disclosure import Looked, note_access
from casework.store.queries.letters import (
    HANDED_TO,
    LetterStatement,
    LetterStatus,
    LetterView,
    letters,
    number_signed_by,
    statement_of,
    statement_of_file,
)
from casework.store.register.cases import stored_events
from casework.store.register.parties import NoticeUnknownError
from casework.store.sealing.erasure import erased

router = with_token(tags=["reading"])
public_router = open_to_all(tags=["letters"])

VERIFY_PAGE = "/verify"
"""Where the page is on which anybody verifies a letter."""
MOST_BYTES = 5 * 1024 * 1024
"""No letter of ours is larger."""
SIGNATURE_TYPE = "application/pkcs7-signature"
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_ADDRESSED = {
    Role.APPLICANT: frozenset({"applicant", "agent"}),
    Role.TALENT: frozenset({"applicant", "agent"}),
    Role.EMPLOYER: frozenset({"employer"}),
}
"""As whom people from outside are written to: they read what is addressed to them.

An agent files as an applicant, and is told in the applicant's stead.
"""
_READING = dict.fromkeys(_ADDRESSED, Action.READ) | {Role.SYSTEM: Action.TAKE_LETTERS}
"""What somebody must be allowed to do, if not to see the case's personal data in clear."""
_STATEMENT = TypeAdapter(LetterStatement)

log = structlog.get_logger("api")

Seq = Annotated[int, Path(ge=1, le=2**31 - 1, description="说明的经过的序号")]
Which = Annotated[str, StringConstraints(pattern=r"^[^\x00]{1,100}$")]


@dataclass(frozen=True, kw_only=True)
class LetterItem(LetterView):
    """A letter as a list shows it."""

    status_label: str


class LetterList(BaseModel):
    """The letters of a case, in the order of its events."""

    items: list[LetterItem]


@router.get(
    "/cases/{case_no}/letters",
    summary="文书清单",
    responses=problem_responses(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY),
)
async def letters_of_case(case_no: CaseNo, actor: Caller, here: Here) -> LetterList:
    """The letters of a case, each with its number and digest; of one's own, those addressed to one.

    A letter appears when it is sent for the first time. What is given out on request (收件凭证,
    承诺书) stands here at once, as ``ready``: it is numbered when somebody reads it. Where the
    city's seal is switched on, a letter without it is ``pending`` until it has it.
    """
    async with reading(case_no, actor, here) as one:
        return await told_letters(one)


async def told_letters(one: OneCase) -> LetterList:
    """The letters that the caller may know of."""
    found = await letters(one.session, one.case_no, sealing=one.here.seal is not None)
    try:
        handed = _handed(await one.events(), one.here)
    except ErasedError:
        handed = {}
    sent = {each.seq for each in found}
    ready = (_ready(each, one.here) for seq, each in handed.items() if seq not in sent)
    return LetterList(
        items=[
            LetterItem(**vars(each), status_label=each.status.label)
            for each in sorted((*found, *ready), key=lambda each: each.seq)
            if may_know(one.actor, each.recipients)
        ]
    )


@router.get(
    "/cases/{case_no}/letters/{seq}",
    summary="查看文书",
    response_class=Response,
    responses={
        200: {"content": {MEDIA_TYPE: _BINARY}, "description": "文书（PDF）"},
        **problem_responses(
            HTTPStatus.NOT_FOUND,
            HTTPStatus.CONFLICT,
            HTTPStatus.GONE,
            HTTPStatus.UNPROCESSABLE_ENTITY,
        ),
    },
)
async def letter(case_no: CaseNo, seq: Seq, actor: Caller, here: Here) -> Response:
    """A letter as it was sent, however long ago; what is given out on request is made now, once.

    For those to whom it is addressed; and, noted, for who may see the case's personal data in
    clear, and for a system that may take letters. 404 ``LETTER_NOT_FOUND``; 409
    ``LETTER_NOT_READY``: its document, or the city's seal on it, is still to be made;
    ``LETTER_LOST``: the store has it no more as it was. 410: the person was erased. 503: the city's
    seal, without which it is not given out, does not answer.
    """
    read = await _read(case_no, seq, actor, here)
    return await _given(read, read.content, MEDIA_TYPE, f"{case_no}-{seq}.pdf", actor, here)


@router.get(
    "/cases/{case_no}/letters/{seq}/signature",
    summary="下载文书的电子签名",
    response_class=Response,
    responses={
        200: {"content": {SIGNATURE_TYPE: _BINARY}, "description": "与文书分开的电子签名"},
        **problem_responses(
            HTTPStatus.NOT_FOUND,
            HTTPStatus.CONFLICT,
            HTTPStatus.GONE,
            HTTPStatus.UNPROCESSABLE_ENTITY,
        ),
    },
)
async def signature(case_no: CaseNo, seq: Seq, actor: Caller, here: Here) -> Response:
    """The signature of the city's seal that lies beside a letter, as the city gave it.

    For whom, and refused, as the letter itself. 404 ``LETTER_NOT_SIGNED``: the letter has none; its
    seal may be in the file.
    """
    read = await _read(case_no, seq, actor, here)
    if not read.signature:
        raise ProblemError(
            status=HTTPStatus.NOT_FOUND,
            code="LETTER_NOT_SIGNED",
            detail="此文书没有单独的电子签名（印章可能在文件之中）",
        )
    name = f"{case_no}-{seq}.pdf.p7s"
    return await _given(read, read.signature, SIGNATURE_TYPE, name, actor, here)


@dataclass(frozen=True, kw_only=True)
class _Read:
    """A letter that somebody may read; ``signature`` is empty where there is none."""

    case_no: str
    title: str
    number: str
    content: bytes
    signature: bytes


async def _read(case_no: str, seq: int, actor: Actor, here: Parts) -> _Read:
    sealing = here.seal is not None
    async with here.register.reading() as session:
        await permit(session, actor, _READING.get(actor.role, Action.DISCLOSE), case_no)
        if await erased(session, case_no):
            raise ErasedError(case_no)
        found = {each.seq: each for each in await letters(session, case_no, sealing=sealing)}
        known = found.get(seq)
        handed = None
        if known is None or not known.sha256 or known.status is LetterStatus.PENDING:
            handed = _handed(await stored_events(session, case_no), here).get(seq)
    if known is None and handed is not None:
        known = _ready(handed, here)
    if known is None or not may_know(actor, known.recipients):
        raise _no_letter("本件没有此文书，请核对")
    if handed is not None and handed.effect.template == known.template:
        made = await _made(case_no, handed.effect, here)
        return _Read(
            case_no=case_no,
            title=known.title,
            number=made.number,
            content=made.content,
            signature=made.signature,
        )
    if known.status is LetterStatus.PENDING:
        raise _conflict("LETTER_NOT_READY", "文书待加盖电子印章，请稍后再试")
    if not known.sha256:
        raise _conflict("LETTER_NOT_READY", "文书尚未生成，请稍后再试")
    signed_by = known.signature_sha256
    return _Read(
        case_no=case_no,
        title=known.title,
        number=known.number,
        content=await _content(case_no, known.sealed_sha256 or known.sha256, here),
        signature=await _content(case_no, signed_by, here) if signed_by else b"",
    )


async def _given(  # noqa: PLR0913, PLR0917 - one answer, whole
    read: _Read, content: bytes, media_type: str, name: str, actor: Actor, here: Parts
) -> Response:
    """A file of a letter to be kept; for whom it is not addressed to, the look is noted."""
    if actor.role not in _ADDRESSED:
        async with here.register.writing() as session:
            await note_access(
                session,
                at=here.now(),
                actor=actor,
                what=Looked.LETTER,
                case_no=read.case_no,
                reason=f"{read.title} {read.number}",
            )
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=media_type, headers={**HEADERS, **disposition})


# --- given out on request ------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Handed:
    """A letter that is sent to nobody, and as what the catalogue has it."""

    effect: Effect
    case: Any


def _handed(events: Sequence[Event], here: Parts) -> dict[int, _Handed]:
    """By event, the letters of a case that are sent to nobody."""
    case: Any = None
    found: dict[int, _Handed] = {}
    names: Mapping[str, str] = {}
    for event in events:
        names = names if case else _names(evolve(None, event), here)
        case = evolve(case, event)
        effect = handed_out(event, case, names)
        if effect is not None:
            found[event.seq] = _Handed(effect=effect, case=case)
    return found


def _names(case: Case, here: Parts) -> Mapping[str, str]:
    """The names of the materials of a case, by code, as its catalogue had them."""
    on = local_date(case.received_at)
    try:
        item = here.published.on(on).catalogue.resolve(case.item, case.district, on)
    except DomainError:  # no item of applications, or of no catalogue that is known here
        return {}
    return item.material_names


def _ready(handed: _Handed, here: Parts) -> LetterView:
    effect, case = handed.effect, handed.case
    on = date.fromisoformat(effect.fields["on"])
    policy = here.published.on(on).letters
    rule = policy.rule(case.district, effect.template, on, item=case.item)
    return LetterView(
        seq=effect.seq,
        number="",
        template=effect.template,
        title=rule.title or TEMPLATES[effect.template][0],
        issued_on=on,
        status=LetterStatus.READY,
        revoked_on=None,
        revoked_by="",
        sha256="",
        sealed_sha256="",
        recipients=HANDED_TO,
    )


async def _made(case_no: str, effect: Effect, here: Parts) -> Made:
    try:
        return await here.documents.make(
            case_no, effect.seq, effect.template, effect.fields, handed=True
        )
    except (NoticeTextError, DocumentError) as error:
        log.warning("letter_not_made", case_no=case_no, template=effect.template)
        detail = "文书不能生成（如姓名中有字库没有的字），请手工出具"
        raise _conflict("LETTER_NOT_READY", detail) from error
    except (NoticeUnknownError, DocumentOvertakenError) as error:
        raise _conflict("LETTER_NOT_READY", "文书尚未生成，请稍后再试") from error
    except RefusedError as error:
        log.warning("letter_not_sealed", case_no=case_no, problem=error.problem)
        detail = "电子印章系统不受理此文书，请告知管理员；未加盖印章的不出具"
        raise _conflict("LETTER_NOT_READY", detail) from error
    except SealAwayError as error:
        raise AwayError("seal") from error
    except DocumentLostError as error:
        raise _lost(case_no) from error
    except (OSError, obstore.exceptions.BaseError) as error:
        raise AwayError("materials") from error


# --- reading -------------------------------------------------------------------------------


def may_know(actor: Actor, recipients: Iterable[str]) -> bool:
    """Whether the actor may know of a letter to these, as far as it is addressed to somebody."""
    return actor.role not in _ADDRESSED or not _ADDRESSED[actor.role].isdisjoint(recipients)


async def _content(case_no: str, sha256: str, here: Parts) -> bytes:
    try:
        return await here.materials.content(sha256)
    except (MaterialNotFoundError, MaterialDamagedError):
        raise _lost(case_no, sha256) from None
    except (OSError, obstore.exceptions.BaseError) as error:
        raise AwayError("materials") from error


def _lost(case_no: str, sha256: str = "") -> ProblemError:
    log.error("letter_lost", case_no=case_no, sha256=sha256)
    detail = "材料库中没有此文书，或者已损坏，请告知管理员从备份恢复"
    return _conflict("LETTER_LOST", detail)


def _conflict(code: str, detail: str) -> ProblemError:
    return ProblemError(status=HTTPStatus.CONFLICT, code=code, detail=detail)


def _no_letter(detail: str) -> ProblemError:
    return ProblemError(status=HTTPStatus.NOT_FOUND, code="LETTER_NOT_FOUND", detail=detail)


# --- verification --------------------------------------------------------------------------
# Public: without a token, counted by address, and without anything about a person or a case.


class Statement(BaseModel):
    """The office's statement about a letter at ``verified_at``, in the texts that it signed."""

    about: str
    number: str = Field(examples=["静人才〔2026〕受理1号"])
    kind: str = Field(examples=["accepted"])
    title: str = Field(examples=["受理通知书"])
    issued_on: str = Field(examples=["2026-09-17"])
    sha256: str
    sealed_sha256: str = Field(description="加盖电子印章的文件，没有的为空")
    signature_sha256: str = Field(description="与文书分开的电子签名，没有的为空")
    status: str = Field(examples=["in_force"], description="in_force, revoked, superseded, void")
    revoked_on: str | None
    revoked_by: str
    verified_at: str = Field(examples=["2026-09-18T17:30:00+08:00"])


class Verification(BaseModel):
    """A statement, signed by the key of the daily digests over its canonical form.

    ``matches``: whether the file that was asked about is the letter; null if none was.
    """

    statement: Statement
    status_label: str
    matches: bool | None
    key: str
    signature: str


NOT_OURS = "没有此文书：编号或者核验码有误，或者文件不是本机构出具的原文件（内容改动过也不符）"


@public_router.get(
    "/verify/{which}",
    summary="文书核验",
    response_model=Verification,
    responses=problem_responses(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY),
)
async def verify(
    which: Which,
    request: Request,
    here: Here,
    sha256: Annotated[Sha256 | None, Query(description="手中文件的 SHA-256")] = None,
) -> Any:  # noqa: ANN401 - a verification, or the way to the page
    """Tell the kind, date and digest of the letter of this number (文号) or code, and if it holds.

    With ``sha256``: also whether that file is the letter. 404 ``LETTER_NOT_FOUND``. A browser, as
    one that has read the QR code, is led to the page that says the same (303).
    """
    if request.headers.get("accept", "").startswith("text/html"):
        return RedirectResponse(f"{VERIFY_PAGE}/{quote(which, safe='')}", HTTPStatus.SEE_OTHER)
    return await stated(which, here, sha256)


async def stated(which: str, here: Parts, sha256: str | None = None) -> Verification:
    """The signed statement about a letter; raises ProblemError."""
    async with here.register.reading() as session:
        found = await statement_of(session, which.strip(), sealing=here.seal is not None)
    if found is None or not found.sha256:
        raise _no_letter(NOT_OURS)
    files = {found.sha256, found.sealed_sha256}
    return _verification(found, here, None if sha256 is None else sha256 in files)


@public_router.post(
    "/verify",
    summary="文件核验",
    responses=problem_responses(
        HTTPStatus.NOT_FOUND,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    ),
    openapi_extra=A_FILE,
)
async def verify_file(
    request: Request,
    here: Here,
    content_type: Annotated[str, Header(include_in_schema=False)] = "",
) -> Verification:
    """Whether a file is a letter of ours, byte by byte, and which; the file is not kept.

    404 ``LETTER_NOT_FOUND``: it is none, or was altered. 413 ``FILE_TOO_LARGE``.
    """
    return await stated_of_file(request.stream(), content_type, here)


async def stated_of_file(
    stream: AsyncIterator[bytes], content_type: str, here: Parts
) -> Verification:
    """The signed statement about the letter that a body, or the file in its form, is."""
    form = content_type.lower().startswith("multipart/form-data")
    content = form_file(stream, content_type) if form else stream
    sha256 = await _digest(content)
    async with here.register.reading() as session:
        found = await statement_of_file(session, sha256, sealing=here.seal is not None)
        signed_by = await number_signed_by(session, sha256) if found is None else None
    if signed_by is not None:
        raise _no_letter(f"这是文书{signed_by}的电子签名文件，请上传文书（PDF）本身")
    if found is None:
        raise _no_letter(NOT_OURS)
    return _verification(found, here, matches=True)


@public_router.get("/verification-key", summary="核验公钥", response_class=PlainTextResponse)
async def verification_key(here: Here) -> PlainTextResponse:
    """The public key (PEM) with which verifications are verified offline."""
    try:
        return PlainTextResponse(here.digest_key().public_pem)
    except SettingsError as error:
        raise AwayError("signing") from error


@public_router.get(
    "/seal-certificate",
    summary="电子印章证书",
    response_class=PlainTextResponse,
    responses=problem_responses(HTTPStatus.NOT_FOUND),
)
async def seal_certificate(here: Here) -> PlainTextResponse:
    """The certificates (PEM) with which the city's seal on letters is verified offline.

    404 ``SEAL_CERTIFICATE_UNKNOWN``: the office has published none here.
    """
    certificates = here.seal_certificates
    if certificates is None:
        raise ProblemError(
            status=HTTPStatus.NOT_FOUND,
            code="SEAL_CERTIFICATE_UNKNOWN",
            detail="本机构没有在此公布电子印章证书",
        )
    return PlainTextResponse(certificates.pem)


async def _digest(content: AsyncIterator[bytes]) -> str:
    digest, size = hashlib.sha256(), 0
    async for piece in content:
        size += len(piece)
        if size > MOST_BYTES:
            raise ProblemError(
                status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                code="FILE_TOO_LARGE",
                detail=f"文件超过 {MOST_BYTES // 2**20} MB，不是本机构的文书",
            )
        digest.update(piece)
    return digest.hexdigest()


def _verification(found: LetterStatement, here: Parts, matches: bool | None) -> Verification:  # noqa: FBT001 - one of three
    told: dict[str, Any] = _STATEMENT.dump_python(found, mode="json")
    try:
        at = here.now().astimezone(ZONE)
        proof = signed({**told, "verified_at": at.isoformat()}, here.digest_key())
    except SettingsError as error:
        raise AwayError("signing") from error
    return Verification(**proof, status_label=found.status.label, matches=matches)
