"""The signing keys of the parts of Casework and of backends: opened, made, and made known.

The API signs for whoever it has identified, the worker for itself. ``Trust`` signs and verifies
without files: for rehearsals, measurements and tests.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Self

from casework.domain.authority import ITSELF, REOPENING
from casework.domain.directory import SPEAKS_AS
from casework.domain.policy import Role
from casework.security.keyfiles import key_file, replace_file
from casework.security.proof.signers import (
    ANYONE,
    Known,
    Rights,
    Signer,
    Signers,
    private_pem,
    record_of,
)
from casework.security.proof.signing import Now, Signing, wall_clock
from casework.security.proof.verifying import Verifier
from casework.settings import Settings, SettingsError

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
OWN_CODES = tuple(code for code in ITSELF if code != REOPENING)
"""In these names the worker speaks to cases."""

RIGHTS = {
    "api": Rights(may_speak_for=ANYONE),
    "worker": Rights(may_speak_for=OWN_CODES, roles=(Role.SYSTEM,)),
    REOPENING: Rights(may_speak_for=(REOPENING,), roles=(Role.SYSTEM,)),
}


def open_signing(settings: Settings, part: str, now: Now = wall_clock) -> Signing:
    """What signs for a part. The local stack makes the key on first use and makes it known.

    Raises:
        SettingsError: there is no key, or none that can be used.
    """
    file = key_of(settings, part)
    local = settings.environment == "local"
    if not local and not file.exists():
        raise SettingsError(
            f"there is no signing key {file}: make it by `casework keys signer add {part}`"
        )
    signer = _read(part, file)
    if local:
        register(settings, signer.known(RIGHTS[part]))
    lasts = timedelta(seconds=settings.proof_lasts_seconds)
    return Signing(signer, lasts=lasts, now=now)


def make_key(settings: Settings, part: str) -> Known:
    """A part's key, made unless it is there, and known from now on."""
    known = _read(part, key_of(settings, part)).known(RIGHTS[part])
    register(settings, known)
    return known


def register(settings: Settings, known: Known) -> Path:
    """Make a signer known to all workers, by the rights that it has now; its file."""
    file, record = settings.signers_dir / f"{known.kid}.json", record_of(known)
    if key_file(file, make=lambda: record) != record:
        replace_file(file, record)
    return file


def add_backend(settings: Settings, name: str, codes: tuple[str, ...], file: Path) -> Known:
    """Make a backend's key in ``file`` and make it known: it speaks as a system, by these codes.

    Raises:
        ValueError: the name or a code cannot be one.
        SettingsError: a file cannot be written.
    """
    for word in (name, *codes):
        if not _WORD.fullmatch(word):
            raise ValueError(f"letters, digits, dots, dashes and underscores only: {word!r}")
        if word in ITSELF or word.startswith(SPEAKS_AS):
            raise ValueError(f"Casework itself speaks as {word!r}")
    rights = Rights(may_speak_for=codes, roles=(Role.SYSTEM,))
    known = _read(name, file).known(rights)
    register(settings, known)
    return known


def key_of(settings: Settings, part: str) -> Path:
    """The file of the private key by which a part signs."""
    return settings.signing_key_file or settings.home / "keys" / f"{part}.signing.pem"


def _read(name: str, file: Path) -> Signer:
    try:
        return Signer.read(name, key_file(file, make=private_pem))
    except ValueError as error:
        raise SettingsError(f"cannot use the signing key {file}: {error}") from None


_LASTS = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True)
class Trust:
    """``signing`` is for the client, ``verifier`` for the worker beside it."""

    signer: Signer
    signing: Signing
    verifier: Verifier

    @classmethod
    def new(cls, now: Now = wall_clock) -> Self:
        """A new key that may speak for anyone; ``now`` is the time of the server."""
        signer = Signer.read("memory", private_pem())
        known = Signers([signer.known(Rights(may_speak_for=ANYONE))])
        return cls(
            signer=signer,
            signing=Signing(signer, lasts=_LASTS, now=now),
            verifier=Verifier(signers=known, lasts=_LASTS),
        )
