"""The issuer's keys: asked for when needed, kept when known, kept on when it is away."""

import asyncio
import threading
from typing import Any

import pytest

from casework.local.devstack import free_port
from casework.security.identity import IssuerAwayError, TokenError, TokenVerifier
from casework.security.pseudonyms import Pseudonyms
from tests.identity.conftest import TheirIssuer, verifier_of
from tests.identity.running import running

Key = dict[str, Any]


async def test_a_known_key_is_asked_for_once_and_never_leaves_the_loop(
    theirs: TheirIssuer, verifier: TokenVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    await verifier.verify(theirs.token())
    monkeypatch.setattr("asyncio.to_thread", None)
    await asyncio.gather(*(verifier.verify(theirs.token()) for _ in range(50)))
    assert theirs.asked == 1


async def test_fetching_leaves_the_loop_free(theirs: TheirIssuer, verifier: TokenVerifier) -> None:
    fetched_in: list[str] = []
    fetch = verifier.keys.fetch

    def noting() -> None:
        fetched_in.append(threading.current_thread().name)
        fetch()

    verifier.keys.fetch = noting  # type: ignore[method-assign]
    await verifier.verify(theirs.token())
    assert len(fetched_in) == 1
    assert fetched_in != [threading.current_thread().name]


async def test_rotation_needs_no_restart(
    theirs: TheirIssuer, verifier: TokenVerifier, second_key: Key
) -> None:
    await verifier.verify(theirs.token())
    theirs.keys = [second_key, *theirs.keys]
    await verifier.verify(theirs.token(second_key))
    await verifier.verify(theirs.token(theirs.keys[1]))
    assert theirs.asked == 2


async def test_an_unknown_key_is_asked_for_once_then_not_for_a_while(
    theirs: TheirIssuer, pseudonyms: Pseudonyms, second_key: Key
) -> None:
    patient = verifier_of(theirs, pseudonyms, cooldown_seconds=3600)
    await patient.verify(theirs.token())
    for _ in range(5):
        with pytest.raises(TokenError):
            await patient.verify(theirs.token(second_key))
    assert theirs.asked == 1

    eager = verifier_of(theirs, pseudonyms, cooldown_seconds=0)
    await eager.verify(theirs.token())
    with pytest.raises(TokenError):
        await eager.verify(theirs.token(second_key))
    assert theirs.asked == 3


async def test_a_key_taken_back_is_refused_once_the_answer_is_old(
    theirs: TheirIssuer, verifier: TokenVerifier, second_key: Key
) -> None:
    old = theirs.token()
    await verifier.verify(old)
    theirs.keys = [second_key]
    _grow_old(verifier)
    with pytest.raises(TokenError):
        await verifier.verify(old)


async def test_without_the_issuer_known_keys_keep_working_and_unknown_ones_wait(
    pseudonyms: Pseudonyms, first_key: Key, second_key: Key
) -> None:
    theirs = TheirIssuer(port=free_port(), keys=[first_key])
    verifier = verifier_of(theirs, pseudonyms, cooldown_seconds=0)
    with pytest.raises(IssuerAwayError):
        await verifier.verify(theirs.token())

    _ask_again(verifier)
    with running(theirs.app(), theirs.port):
        await verifier.verify(theirs.token())
    _grow_old(verifier)
    await verifier.verify(theirs.token())
    with pytest.raises(IssuerAwayError):
        await verifier.verify(theirs.token(second_key))
    assert theirs.asked == 1


@pytest.mark.parametrize(
    "says",
    [
        {"issuer": "http://127.0.0.1:1"},
        {"jwks_uri": "https://127.0.0.1:1/certs"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": None},
    ],
)
async def test_a_discovery_document_that_does_not_fit_is_no_answer(
    theirs: TheirIssuer, verifier: TokenVerifier, says: dict[str, Any]
) -> None:
    theirs.says = says
    with pytest.raises(IssuerAwayError):
        await verifier.verify(theirs.token())
    assert theirs.asked == 0


def _grow_old(verifier: TokenVerifier) -> None:
    """As if five minutes had passed since the issuer answered."""
    verifier.keys._answered_at = float("-inf")


def _ask_again(verifier: TokenVerifier) -> None:
    """As if the moment in which an absent issuer is left alone had passed."""
    verifier.keys._failed_at = float("-inf")
