"""Whether a proof proves what it would have to; pure but for the keys that are known."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey, import_key
from pydantic import ValidationError

from casework.domain.errors import DomainError
from casework.security.jose import BadTokenError, unverified_header, verified
from casework.security.proof.assertion import (
    ALGORITHM,
    CLAIMS,
    LEEWAY,
    Answer,
    Claims,
    Question,
    disproved,
)
from casework.security.proof.signers import RECORD, Known, Rights, Signers
from casework.settings import Settings

log = structlog.get_logger("proof")

_KID_LENGTH = 64


class SignersFolder(Signers):
    """The signers of a folder, one file each; one that is added or removed counts at once."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._seen: int | None = None

    def find(self, kid: str) -> Known | None:
        self._look()
        return super().find(kid)

    def all(self) -> list[Known]:
        self._look()
        return super().all()

    def _look(self) -> None:
        # The folder's time changes with its list of files, which are put in place whole.
        try:
            changed = self._folder.stat().st_mtime_ns
        except OSError:
            changed = None
        if changed != self._seen or changed is None:
            read = map(_read, sorted(self._folder.glob("*.json")))
            self._known = {known.kid: known for known in read if known is not None}
            self._seen = changed


def _read(file: Path) -> Known | None:
    # One bad file must not shut out the others; its signer is then simply not known.
    try:
        record = RECORD.validate_json(file.read_bytes())
        key = import_key(record.key).raw_value
    except (OSError, ValueError, LookupError, TypeError, JoseError):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        log.warning("signer_not_readable", file=file.name)
        return None
    rights = Rights(may_speak_for=record.may_speak_for, roles=record.roles)
    return Known(kid=record.kid, name=record.name, key=key, rights=rights)


@dataclass(frozen=True, kw_only=True)
class Verifier:
    """``lasts``: how long a decision may be on its way from the signer to the workflow."""

    signers: Signers
    lasts: timedelta

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Know the signers of the settings' folder, as it is now and as it changes."""
        lasts = timedelta(seconds=settings.proof_lasts_seconds)
        return cls(signers=SignersFolder(settings.signers_dir), lasts=lasts)

    def answer(self, question: Question) -> Answer:
        """As `check`, for whom a refusal is an answer; it is logged."""
        try:
            claims = self.check(question)
        except DomainError as error:
            log_refusal(error.code, question.case, question.verb, question.token)
            return Answer(code=error.code, reason=error.message)
        return question.refusal or Answer(jti=claims.jti)

    def check(self, question: Question) -> Claims:
        """What the proof says.

        Raises:
            DomainError: ``PROOF_MISSING`` and what else ``disproved`` has a reason for.
        """
        return self._claims(question, self.signers.find(_kid(question.token)))

    def _claims(self, question: Question, signer: Known | None) -> Claims:
        if not question.token:
            raise disproved("PROOF_MISSING")
        if signer is None:
            raise disproved("PROOF_INVALID")
        claims = _claims_of(question.token, signer)
        for code in self._faults(claims, question, signer):
            raise disproved(code)
        return claims

    def _faults(self, claims: Claims, question: Question, signer: Known) -> Iterator[str]:
        if not signer.rights.cover(claims.act):
            yield "SIGNER_NOT_ALLOWED"
        if claims.case != question.case:
            yield "PROOF_OTHER_CASE"
        said, asked = ((each.verb, each.dig, each.act) for each in (claims, question))
        if said != asked:
            yield "PROOF_OTHER_COMMAND"
        if not self._is_fresh(claims, question):
            yield "PROOF_STALE"
        if question.jti and claims.jti != question.jti:
            yield "PROOF_REPLAYED"

    def _is_fresh(self, claims: Claims, question: Question) -> bool:
        lasts = self.lasts if question.lasts is None else question.lasts
        issued, ends = _moment(claims.iat), _moment(claims.exp)
        if issued is None or ends is None:
            return False
        return issued - LEEWAY <= question.at <= min(ends, issued + lasts) + LEEWAY


def log_refusal(code: str, case: str, verb: str, token: str = "") -> None:
    """Say that something was not proved: to which workflow, by whose key; never what it said."""
    log.warning("proof_refused", code=code, case=case, verb=verb, kid=_kid(token))


def _claims_of(token: str, signer: Known) -> Claims:
    # The times are compared with Temporal's, not with this machine's.
    try:
        content = verified(token, OKPKey.import_key(signer.key), ALGORITHM)
        return CLAIMS.validate_python(content)
    except (BadTokenError, ValidationError) as error:
        raise disproved("PROOF_INVALID") from error


def _kid(token: str) -> str:
    try:
        kid = unverified_header(token).get("kid", "")
    except BadTokenError:
        return ""
    return ascii(kid)[1:-1][:_KID_LENGTH]  # whoever wrote it, it goes into a log


def _moment(seconds: int) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None
