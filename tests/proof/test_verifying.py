"""What is proved and what is not, one reason for each; the test vector of the contract."""

import base64
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jwt
from joserfc.jwk import OctKey

from casework.domain.case.facts import Actor
from casework.domain.errors import DomainError
from casework.domain.kinds.application.commands import Accept, ArchiveArrived
from casework.domain.policy import Role
from casework.security.proof.assertion import CLAIMS, Claims, Question, canonical, digest
from casework.security.proof.signers import ANYONE, Rights, Signer, Signers, private_pem, record_of
from casework.security.proof.verifying import SignersFolder, Verifier
from tests.docs.pages import CONTRACT

AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
LASTS = timedelta(minutes=5)
OFFICER = Actor(code="ja-o1", role=Role.OFFICER, district="310106")
COMMAND = Accept(actor=OFFICER)
CLAIM = Claims(
    act=OFFICER,
    verb="accept",
    case="app.310106.310106-1111-1111-1111",
    dig=digest(COMMAND),
    iat=int(AT.timestamp()),
    exp=int((AT + LASTS).timestamp()),
    jti="u-1",
)
ASKED = Question(
    token="", act=OFFICER, verb="accept", case=CLAIM.case, dig=CLAIM.dig, at=AT, jti="u-1"
)
SIGNER = Signer.read("api", private_pem())


def verifier(rights: Rights | None = None) -> Verifier:
    known = SIGNER.known(rights or Rights(may_speak_for=ANYONE))
    return Verifier(signers=Signers([known]), lasts=LASTS)


def asked(claims: Claims = CLAIM, **changed: Any) -> Question:
    return replace(ASKED, **({"token": SIGNER.sign(claims)} | changed))


@contextmanager
def refused(code: str) -> Iterator[None]:
    with pytest.raises(DomainError) as error:
        yield
    assert error.value.code == code


def test_what_was_signed_is_proved() -> None:
    assert verifier().check(asked()) == CLAIM


@pytest.mark.parametrize(
    ("code", "changed"),
    [
        ("PROOF_MISSING", {"token": ""}),
        ("PROOF_INVALID", {"token": "no.such.thing"}),
        ("PROOF_OTHER_CASE", {"case": "app.310106.310106-2222-2222-2222"}),
        ("PROOF_OTHER_COMMAND", {"verb": "not_accept"}),
        ("PROOF_OTHER_COMMAND", {"dig": digest(ArchiveArrived(actor=OFFICER)) + "x"}),
        ("PROOF_OTHER_COMMAND", {"act": replace(OFFICER, code="ja-o2")}),
        ("PROOF_OTHER_COMMAND", {"act": replace(OFFICER, role=Role.HEAD)}),
        ("PROOF_STALE", {"at": AT + LASTS + timedelta(seconds=31)}),
        ("PROOF_STALE", {"at": AT - timedelta(seconds=31)}),
        ("PROOF_REPLAYED", {"jti": "u-2"}),
    ],
)
def test_each_difference_has_its_refusal(code: str, changed: dict[str, Any]) -> None:
    with refused(code):
        verifier().check(asked(**changed))


def test_clocks_may_differ_a_little() -> None:
    for at in (AT - timedelta(seconds=29), AT + LASTS + timedelta(seconds=29)):
        verifier().check(asked(at=at))


def test_a_signer_cannot_make_a_proof_last_longer_than_the_worker_believes() -> None:
    eternal = replace(CLAIM, exp=CLAIM.exp + 10**6)
    with refused("PROOF_STALE"):
        verifier().check(asked(eternal, at=AT + LASTS * 2))
    verifier().check(asked(eternal, at=AT + LASTS * 2, lasts=timedelta(days=1)))
    with refused("PROOF_STALE"):
        verifier().check(asked(replace(CLAIM, iat=10**17, exp=10**17)))


@pytest.mark.parametrize(
    "rights",
    [
        Rights(may_speak_for=("points-portal",)),
        Rights(may_speak_for=ANYONE, roles=(Role.SYSTEM,)),
        Rights(may_speak_for=("ja-o1",), roles=(Role.SYSTEM,)),
    ],
)
def test_a_signer_speaks_only_for_its_own(rights: Rights) -> None:
    with refused("SIGNER_NOT_ALLOWED"):
        verifier(rights).check(asked())


def test_another_key_under_a_known_id_is_not_believed() -> None:
    impostor = replace(SIGNER, key=Ed25519PrivateKey.generate())
    with refused("PROOF_INVALID"):
        verifier().check(asked(token=impostor.sign(CLAIM)))


def test_no_other_algorithm_is_taken() -> None:
    content = CLAIMS.dump_python(CLAIM, mode="json")
    head = json.dumps({"alg": "none", "kid": SIGNER.kid}).encode()
    said = SIGNER.sign(CLAIM).split(".")[1]
    unsigned = f"{base64.urlsafe_b64encode(head).rstrip(b'=').decode()}.{said}."
    shared = jwt.encode({"alg": "HS256", "kid": SIGNER.kid}, content, OctKey.import_key("s" * 32))
    for token in (unsigned, shared):
        with refused("PROOF_INVALID"):
            verifier().check(asked(token=token))


def test_altered_claims_are_not_believed() -> None:
    head, _, signature = SIGNER.sign(CLAIM).split(".")
    other = SIGNER.sign(replace(CLAIM, verb="not_accept")).split(".")[1]
    with refused("PROOF_INVALID"):
        verifier().check(asked(token=f"{head}.{other}.{signature}"))


def test_a_refusal_is_an_answer_and_names_no_content(capsys: pytest.CaptureFixture[str]) -> None:
    answer = verifier().answer(asked(act=replace(OFFICER, code="secret-code")))
    assert answer.code == "PROOF_OTHER_COMMAND"
    said = capsys.readouterr().out
    assert SIGNER.kid in said
    assert CLAIM.case in said
    assert "secret-code" not in said


def test_signers_come_and_go_without_a_restart(tmp_path: Path) -> None:
    folder = tmp_path / "signers"
    known = SignersFolder(folder)
    checking = Verifier(signers=known, lasts=LASTS)
    with refused("PROOF_INVALID"):
        checking.check(asked())
    folder.mkdir()
    file = folder / f"{SIGNER.kid}.json"
    file.write_bytes(record_of(SIGNER.known(Rights(may_speak_for=ANYONE))))
    (folder / "broken.json").write_text("{")
    checking.check(asked())
    assert [each.kid for each in known.all()] == [SIGNER.kid]
    file.unlink()
    with refused("PROOF_INVALID"):
        checking.check(asked())


def test_the_contract_shows_what_a_backend_has_to_make() -> None:
    """The key of the contract is that of RFC 8037, appendix A: everybody knows it."""
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(RFC_8037))
    signer = replace(Signer.of("archive", key), kid="archive-1")
    fact = ArchiveArrived(actor=Actor(code="archive", role=Role.SYSTEM))
    claims = Claims(
        act=fact.actor,
        verb="archive_arrived",
        case="app.310106.310106-1111-1111-1111",
        dig=digest(fact),
        iat=1795426200,
        exp=1795426500,
        jti="5f1c2a",
    )
    assert canonical(fact).decode() in CONTRACT
    assert digest(fact) in CONTRACT
    assert signer.sign(claims) in CONTRACT.replace("\n", "")


@pytest.mark.skipif(shutil.which("java") is None, reason="not here: java (`make tools`)")
def test_the_example_in_java_makes_the_proof_of_the_contract(tmp_path: Path) -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(RFC_8037))
    pem = tmp_path / "archive.pem"
    unsealed = serialization.NoEncryption()
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, unsealed)
    )
    case_no, jti, iat = "310106-1111-1111-1111", "5f1c2a", "1795426200"
    example = Path(__file__).parents[2] / "examples/backend/java/Proof.java"
    words = ["java", str(example), str(pem), "archive-1", "archive", case_no, jti, iat]
    told = subprocess.run(words, capture_output=True, text=True, check=True)  # noqa: S603
    assert told.stdout.strip() in CONTRACT.replace("\n", "")
    assert len(told.stdout.strip().split(".")) == 3


RFC_8037 = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
