"""Makes the document (文书) of a letter: numbered once, rendered, kept, and noted."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date

import httpx
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.case.letters import dealt_with_by
from casework.letters.document import Document, render_pdf, way_on
from casework.letters.texts import paragraphs
from casework.outside import AnswerError, RefusedError, SealOffice
from casework.policy.letters import LetterRule
from casework.security.keys.errors import ErasedError
from casework.store.in_force.published import PublishedCatalogues
from casework.store.materials import MaterialDamagedError, MaterialStore
from casework.store.register.cases import state
from casework.store.register.letters import (
    IssuedLetter,
    KeptLetter,
    Wanted,
    addressees,
    issue,
    kept_letter,
    note_document,
    note_seal,
    whose,
)
from casework.store.register.parties import NoticeUnknownError

Session = Callable[[], AbstractAsyncContextManager[AsyncSession]]


class SealAwayError(Exception):
    """The city's seal does not answer, or not as agreed; worth a retry."""


class DocumentOvertakenError(Exception):
    """Another attempt noted another document meanwhile; worth a retry, which finds that one."""


class DocumentLostError(Exception):
    """The store has a letter no more as it was, and written anew it would be another one."""


@dataclass(frozen=True, kw_only=True)
class Made:
    """A letter's document. ``link``: where it is read; ``check``: where anybody verifies it.

    ``content`` is the sealed one where there is one; ``signature``: the seal that lies beside it.
    """

    number: str
    name: str
    content: bytes
    signature: bytes
    link: str
    check: str
    rule: LetterRule


@dataclass(frozen=True, kw_only=True)
class Documents:
    """``public_url``: the API as people outside reach it.

    ``seal``: the city's, without which no letter goes out where it is switched on.

    ``reading`` and ``writing`` give a session of the register, the latter in one transaction.
    """

    reading: Session
    writing: Session
    materials: MaterialStore
    published: PublishedCatalogues
    public_url: str
    seal: SealOffice | None = None

    async def make(
        self,
        case_no: str,
        seq: int,
        template: str,
        fields: Mapping[str, str],
        *,
        handed: bool = False,
    ) -> Made:
        """Return the document of an event's letter, always the same one.

        ``handed``: it is given out on request, and nobody is sent it. What the store has lost or
        damaged is written anew from what is recorded, and kept if it has the noted digest.

        Raises:
            NoticeTextError, DocumentError: it cannot be written or shown; no retry will help.
            RefusedError: the seal refuses it (``seal: …``); no retry will help.
            NoticeUnknownError, DocumentOvertakenError, SealAwayError: try again.
            DocumentLostError: the store must be restored; a retry helps only after that.
        """
        on = date.fromisoformat(fields["on"])
        async with self.reading() as session:
            known = await whose(session, case_no)
            addressed = await addressees(session, case_no, seq)
        if known is None:
            raise NoticeUnknownError(f"{case_no}:{seq}")
        rule = self.published.on(on).letters.rule(known.district, template, on, item=known.item)
        told = {**fields, "case_no": case_no}
        title, body = paragraphs(template, told, title=rule.title, text=rule.text)
        officer = await self._dealing(case_no) if rule.contact_officer else ""
        wanted = Wanted(
            case_no=case_no,
            seq=seq,
            template=template,
            title=title,
            district=known.district,
            word=rule.word,
            series=rule.series,
            on=on,
            handed=handed,
            replaces=rule.replaces,
            officer=officer,
        )
        async with self.writing() as session:
            letter = await issue(session, wanted)
        check = f"{self.public_url}/v1/verify/{letter.code}"
        fixed = handed or letter.told
        content = await self._kept(letter.sha256)
        if content is None:
            document = Document.by_rule(
                rule,
                office=fields["office"],
                officer=letter.officer,
                number=letter.number,
                title=title,
                addressee="、".join(addressed.names),
                concerns=addressed.concerns,
                method=fields.get("method", ""),
                case_no=case_no,
                item=fields["item"],
                body=body,
                on=on,
                check=check,
                follow=way_on(self.public_url, case_no, template, letter.rating_code),
            )
            content = await asyncio.to_thread(render_pdf, document)
            await self._keep(letter, content, fixed=fixed)
        kind, sealed = await self._sealed(
            f"{case_no}:{seq}", letter, fields["office"], content, on=on, fixed=fixed
        )
        return Made(
            number=letter.number,
            name=f"{case_no}-{seq}.pdf",
            content=sealed if kind == "file" else content,
            signature=sealed if kind == "signature" else b"",
            link=f"{self.public_url}/v1/cases/{case_no}/letters/{seq}",
            check=check,
            rule=rule,
        )

    async def kept(self, case_no: str, seq: int) -> KeptLetter | None:
        """Return what the register keeps of an event's letter; None: it has none."""
        async with self.reading() as session:
            return await kept_letter(session, case_no, seq)

    async def _dealing(self, case_no: str) -> str:
        try:
            async with self.reading() as session:
                case = await state(session, case_no)
        except ErasedError:  # nobody can tell any more
            return ""
        return dealt_with_by(case) if case is not None else ""

    async def _kept(self, sha256: str) -> bytes | None:
        if not sha256 or not await self.materials.exists(sha256):
            return None
        try:
            return await self.materials.content(sha256)
        except MaterialDamagedError:
            return None

    async def _keep(self, letter: IssuedLetter, content: bytes, *, fixed: bool) -> None:
        # Noted first: what lies in the store is always known to the register, and to an erasure.
        sha256 = hashlib.sha256(content).hexdigest()
        await self._require_same(letter.number, letter.sha256, sha256, fixed=fixed)
        async with self.writing() as session:
            noted = await note_document(session, letter.number, sha256, instead_of=letter.sha256)
        if not noted:
            raise DocumentOvertakenError(letter.number)
        await self._stored(sha256, content)

    async def _require_same(self, number: str, noted: str, sha256: str, *, fixed: bool) -> None:
        """Refuse another file than the noted one, once somebody may have that.

        Somebody may, if it is ``fixed`` or lies, damaged, in the store: it was whole there once.
        """
        if noted in {"", sha256}:
            return
        if fixed or await self.materials.exists(noted):
            raise DocumentLostError(number)

    async def _stored(self, sha256: str, content: bytes) -> None:
        if await self._kept(sha256) is None:
            await self.materials.remove(sha256)
        await self.materials.keep(content)

    async def _sealed(  # noqa: PLR0913 - what is sealed
        self,
        key: str,
        letter: IssuedLetter,
        office: str,
        content: bytes,
        *,
        on: date,
        fixed: bool,
    ) -> tuple[str, bytes]:
        """What the seal has given, always the same; nothing where it is not switched on."""
        kept = await self._kept(letter.sealed_sha256)
        if kept is not None:
            return letter.seal, kept
        if self.seal is None:
            return "", b""
        try:
            given = await self.seal.seal(
                key=key, number=letter.number, office=office, content=content, issued_on=on
            )
        except RefusedError as refusal:
            raise RefusedError(f"seal: {refusal.problem}") from None
        except httpx.HTTPError as error:
            raise SealAwayError(type(error).__name__) from None
        except AnswerError as error:
            raise SealAwayError(str(error)) from None
        sha256 = hashlib.sha256(given.content).hexdigest()
        await self._require_same(letter.number, letter.sealed_sha256, sha256, fixed=fixed)
        async with self.writing() as session:
            noted = await note_seal(
                session,
                letter.number,
                given.kind,
                sha256,
                reference=given.reference,
                instead_of=letter.sealed_sha256,
            )
        if not noted:
            raise DocumentOvertakenError(letter.number)
        await self._stored(sha256, given.content)
        return given.kind, given.content
