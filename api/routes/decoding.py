"""Opens what Temporal keeps sealed, for whoever may read the case, and notes who looked."""

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
"""The scope of what belongs to no case: orders, rounds of visits, outreaches."""

log = structlog.get_logger("api")


class Notice(StrEnum):
    """What a reader sees in the place of what cannot be shown."""

    NOT_FOR_YOU = "无权查阅"
    ERASED = ERASED
    ALTERED = "内容被改动，不能解读"
    NO_KEY = "缺少密钥，不能解读"


class Decoder:
    """Opens payloads one by one; what may not or cannot be opened comes back as a `Notice`."""

    def __init__(self, register: Register, vault: Vault, now: Callable[[], datetime]) -> None:
        self._register = register
        self._codec = SealingCodec(vault)
        self._now = now
        self._turn = asyncio.Lock()
        self._hour: datetime | None = None
        self._noted: set[tuple[str, str]] = set()

    async def shown(self, actor: Actor, payloads: Sequence[Payload]) -> list[Payload]:
        """The payloads as this actor may see them, in their order.

        That a case was looked at is in the register before anything of it is shown: once for each
        actor, case and hour of this process.

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
        async with self._turn:  # nobody is answered on the strength of a note not yet written
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
    """A text in the place of a payload, as the Web UI shows it.

    It lists the queries of a workflow by what that says of itself, details included: then the text
    takes the place of the details only, or the page would find no query.
    """
    if definition := instead_of.metadata.get(DEFINITION):
        with suppress(ValueError):
            return with_details(definition, text)
    written = json.dumps(text, ensure_ascii=False).encode()
    return Payload(metadata={"encoding": b"json/plain"}, data=written)


def scope_of(payload: Payload) -> str:
    """The case that a payload says it is of; no case's name where it is no text."""
    try:
        return scope_of_payload(payload)
    except AlteredError:
        return Notice.ALTERED
