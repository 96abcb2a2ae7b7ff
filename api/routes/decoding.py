"""Decrypts payloads of Temporal for those who may read the case, and records who did."""

import asyncio
import json
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from datetime import datetime
from enum import StrEnum

import structlog
from temporalio.api.common.v1 import Payload

from api.edge.problems import AwayError
from api.parts.register import Register
from casework.domain.authority import GENERAL, Action, Extent, GeneralAction, refusal
from casework.domain.case.facts import Actor
from casework.domain.identifiers import CASE_NO
from casework.domain.policy import Role
from casework.policy.authority import load_authority
from casework.security.keys.codec import (
    DEFINITION,
    SealingCodec,
    is_encrypted,
    scope_of_payload,
    with_details,
)
from casework.security.keys.vault import (
    ERASED,
    AlteredError,
    ErasedError,
    KeysAwayError,
    UnknownKeyError,
    Vault,
)
from casework.store.access import outline
from casework.store.queries.disclosure import Looked, note_access

NOBODYS = ""
"""The scope of payloads that belong to no case: orders, rounds of visits, outreaches."""

log = structlog.get_logger("api")


class Notice(StrEnum):
    """The text that a reader sees in the place of a payload that cannot be shown."""

    NOT_FOR_YOU = "无权查阅"
    ERASED = ERASED
    ALTERED = "内容被改动，不能解读"
    NO_KEY = "缺少密钥，不能解读"


class Decoder:
    """Decrypts payloads one by one; returns a `Notice` for one that cannot or may not be read."""

    def __init__(self, register: Register, vault: Vault, now: Callable[[], datetime]) -> None:
        self._register = register
        self._codec = SealingCodec(vault)
        self._now = now
        self._turn = asyncio.Lock()
        self._hour: datetime | None = None
        self._noted: set[tuple[str, str]] = set()

    async def shown(self, actor: Actor, payloads: Sequence[Payload]) -> list[Payload]:
        """Return the payloads as this actor may see them, in their order.

        The access is in the register before anything of a case is shown: once for each actor, case
        and hour of this process.

        Raises:
            AwayError: the register does not answer.
        """
        scopes = {scope_of(payload) for payload in payloads if is_encrypted(payload)}
        open_to_actor = await self._open_to(actor, scopes)
        await self._note(actor, open_to_actor - {NOBODYS})
        return [await self._shown(payload, open_to_actor) for payload in payloads]

    async def _open_to(self, actor: Actor, scopes: Collection[str]) -> frozenset[str]:
        matrix = load_authority()
        open_to_actor = set()
        if NOBODYS in scopes:
            extent = matrix.extent(GENERAL, GeneralAction.READ, actor.role)
            # Such a payload does not say of which district it is.
            if extent is Extent.EVERYWHERE and actor.role is not Role.SYSTEM:
                open_to_actor.add(NOBODYS)
        if cases := sorted(scope for scope in scopes if CASE_NO.fullmatch(scope)):
            async with self._register.reading() as session:
                for case_no in cases:
                    concern = await outline(session, case_no)
                    if concern and not refusal(matrix, actor, Action.DECODE, concern):
                        open_to_actor.add(case_no)
        return frozenset(open_to_actor)

    async def _note(self, actor: Actor, cases: Collection[str]) -> None:
        hour = self._now().replace(minute=0, second=0, microsecond=0)
        async with self._turn:  # the record must be written before anybody gets an answer
            if hour != self._hour:
                self._hour, self._noted = hour, set()
            new = sorted(case for case in cases if (actor.code, case) not in self._noted)
            if not new:
                return
            async with self._register.writing() as session:
                for case_no in new:
                    await note_access(
                        session,
                        at=self._now(),
                        actor=actor,
                        what=Looked.DECODE,
                        case_no=case_no,
                        reason="",
                    )
            self._noted.update((actor.code, case) for case in new)

    async def _shown(self, payload: Payload, open_to_actor: Collection[str]) -> Payload:
        if not is_encrypted(payload):
            return payload
        scope = scope_of(payload)
        if scope not in open_to_actor:
            return said(Notice.NOT_FOR_YOU, payload)
        try:
            (opened,) = await self._codec.decode([payload])
        except ErasedError:
            return said(Notice.ERASED, payload)
        except AlteredError:
            log.warning("payload_altered", case_no=scope)
            return said(Notice.ALTERED, payload)
        except UnknownKeyError:
            log.warning("payload_key_unknown", case_no=scope)
            return said(Notice.NO_KEY, payload)
        except KeysAwayError:
            raise AwayError("register") from None
        return opened


def said(text: str, instead_of: Payload) -> Payload:
    """Make a payload of a text, in the place of another one, as the Web UI shows it.

    The Web UI lists the queries of a workflow from its metadata, which include the details. There
    the text replaces the details only, or the page would find no query.
    """
    if definition := instead_of.metadata.get(DEFINITION):
        with suppress(ValueError):
            return with_details(definition, text)
    written = json.dumps(text, ensure_ascii=False).encode()
    return Payload(metadata={"encoding": b"json/plain"}, data=written)


def scope_of(payload: Payload) -> str:
    """Return the case that a payload names; if that is not a text, a name that no case has."""
    try:
        return scope_of_payload(payload)
    except AlteredError:
        return Notice.ALTERED
