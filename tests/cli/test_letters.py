"""Letters by the command: listed, written with their proof, and verified offline."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import Result

from casework.security.audit.digests import DigestKey
from casework.security.letter_proof import signed
from tests.cli.conftest import FakeApi, Run
from tests.security.seals import UNTIL, CitySeal

NO = "310106-0000-0000-0000"
PDF = b"%PDF-1.7 \xff"
NUMBER = "静人才〔2026〕受理1号"
ISSUED = date(2026, 9, 17)
ROW = {
    "seq": 5,
    "number": NUMBER,
    "template": "accepted",
    "title": "受理通知书",
    "issued_on": "2026-09-17",
    "status": "in_force",
    "status_label": "有效",
    "revoked_on": None,
    "revoked_by": "",
    "sha256": hashlib.sha256(PDF).hexdigest(),
    "recipients": ["applicant"],
}


@pytest.fixture
def key() -> DigestKey:
    return DigestKey.new()


@pytest.fixture
def office(api: FakeApi, key: DigestKey) -> FakeApi:
    api.says("GET", f"/v1/cases/{NO}/letters", {"items": [ROW]})
    content = httpx.Response(200, content=PDF, headers={"content-type": "application/pdf"})
    api.answers["GET", f"/v1/cases/{NO}/letters/5"] = [content]
    return api.says("GET", f"/v1/verify/{NUMBER}", proof(key))


def proof(key: DigestKey, **changed: Any) -> dict[str, Any]:
    told = {**ROW, "verified_at": "2026-09-18T01:00:00+00:00", **changed}
    return signed(told, key) | {"matches": None, "status_label": "有效"}


def test_letters_are_listed(run: Run, office: FakeApi) -> None:
    result = run("letters", NO, to=office)
    assert result.exit_code == 0, result.output
    assert all(text in result.stdout for text in (NUMBER, "受理通知书", "有效", "申请人"))
    assert json.loads(run("letters", NO, "--json", to=office).stdout) == [ROW]


def test_a_letter_is_written_with_its_proof_and_verified_offline(
    run: Run, office: FakeApi, key: DigestKey, tmp_path: Path
) -> None:
    file, pem = tmp_path / "a.pdf", tmp_path / "key.pem"
    pem.write_text(key.public_pem)
    result = run("letter", NO, "5", "--out", str(file), to=office)
    assert result.exit_code == 0, result.output
    assert file.read_bytes() == PDF

    result = run("letter", "verify", str(file), "--public-key", str(pem))
    assert result.exit_code == 0, result.output
    assert NUMBER in result.stdout
    assert "截至 2026-09-18 09:00 有效" in result.stdout  # a minute in Shanghai
    file.write_bytes(PDF + b" ")
    result = run("letter", "verify", str(file), "--public-key", str(pem))
    assert result.exit_code == 1
    assert "内容被改动" in result.stderr


def test_a_letter_that_no_longer_holds_or_is_not_ours_is_told(
    run: Run, key: DigestKey, tmp_path: Path
) -> None:
    file, pem = tmp_path / "a.pdf", tmp_path / "key.pem"
    beside = tmp_path / "a.pdf.proof.json"
    file.write_bytes(PDF)
    pem.write_text(key.public_pem)
    for told, words in (
        (
            proof(key, status="revoked", revoked_by="静人才〔2026〕更正1号"),
            "截至 2026-09-18 09:00，此文书已不再有效（已撤销），见 静人才〔2026〕更正1号",
        ),
        (proof(key, status="superseded", revoked_by="静人才〔2026〕延长2号"), "已被替代"),
        (proof(DigestKey.new()), "不是所给公钥签的"),
        ({"statement": {}}, "核验证明不能解读"),
    ):
        beside.write_text(json.dumps(told, ensure_ascii=False))
        result = run("letter", "verify", str(file), "--public-key", str(pem))
        assert result.exit_code == 1
        assert words in result.stderr


def test_the_signature_of_the_seal_is_written_beside_and_compared(
    run: Run, office: FakeApi, key: DigestKey, tmp_path: Path
) -> None:
    file, pem = tmp_path / "a.pdf", tmp_path / "key.pem"
    pem.write_text(key.public_pem)
    signed_by = {"signature_sha256": hashlib.sha256(b"seal").hexdigest()}
    for path, told in (
        (f"/v1/cases/{NO}/letters", {"items": [ROW | signed_by]}),
        (f"/v1/verify/{NUMBER}", proof(key, **signed_by)),
    ):
        office.answers["GET", path] = [httpx.Response(200, json=told)]
    office.answers["GET", f"/v1/cases/{NO}/letters/5/signature"] = [
        httpx.Response(200, content=b"seal")
    ]
    result = run("letter", NO, "5", "--out", str(file), to=office)
    assert result.exit_code == 0, result.output
    assert (tmp_path / "a.pdf.p7s").read_bytes() == b"seal"
    result = run("letter", "verify", str(file), "--public-key", str(pem))
    assert result.exit_code == 0, result.output
    assert "电子签名" in result.stdout
    other = tmp_path / "other.p7s"
    other.write_bytes(b"another")
    result = run("letter", "verify", str(file), "--public-key", str(pem), "--signature", str(other))
    assert result.exit_code == 1
    assert "电子签名不是此文书的" in result.stderr


# --- whose seal it is ----------------------------------------------------------------------


CITY = CitySeal.new()


@dataclass(frozen=True, kw_only=True)
class Sealed:
    """A letter at hand, its proof and signature beside it, and what is published."""

    run: Run
    folder: Path
    key: DigestKey

    @property
    def file(self) -> Path:
        return self.folder / "a.pdf"

    def put(self, content: bytes, signature: bytes = b"", **said: Any) -> None:
        """Lay the letter, what the seal gave, and a proof that says so, there."""
        (self.folder / "key.pem").write_text(self.key.public_pem)
        self.file.write_bytes(content)
        beside = self.folder / "a.pdf.p7s"
        beside.unlink(missing_ok=True)
        digests = {"sealed_sha256": "", "signature_sha256": ""}
        if signature:
            beside.write_bytes(signature)
            digests["signature_sha256"] = hashlib.sha256(signature).hexdigest()
        if content != PDF:
            digests["sealed_sha256"] = hashlib.sha256(content).hexdigest()
        told = proof(self.key, **digests, **said)
        (self.folder / "a.pdf.proof.json").write_text(json.dumps(told, ensure_ascii=False))

    def verify(self, *options: str, seal: bytes = CITY.pem) -> Result:
        certificate = self.folder / "city.pem"
        certificate.write_bytes(seal)
        key = ("--public-key", str(self.folder / "key.pem"))
        by = ("--seal-certificate", str(certificate))
        return self.run("letter", "verify", str(self.file), *key, *by, *options)


@pytest.fixture
def sealed(run: Run, key: DigestKey, tmp_path: Path) -> Sealed:
    return Sealed(run=run, folder=tmp_path, key=key)


@pytest.mark.parametrize("kind", ["file", "signature"])
def test_the_seal_is_verified_by_the_citys_certificate(sealed: Sealed, kind: str) -> None:
    if kind == "file":
        sealed.put(CITY.seal(PDF))
    else:
        sealed.put(PDF, CITY.sign(PDF))
    result = sealed.verify()
    assert result.exit_code == 0, result.output
    assert "示例市人才服务中心" in result.stdout
    assert "证书于 2026-09-17 有效" in result.stdout
    after = sealed.verify("--on", str(UNTIL + timedelta(days=1)))
    assert (after.exit_code, "已经过期" in after.stderr) == (1, True)
    other = sealed.verify(seal=CitySeal.new().pem)
    assert (other.exit_code, "不是所给证书签的" in other.stderr) == (1, True)
    withdrawn = sealed.folder / "list.pem"
    withdrawn.write_bytes(CITY.withdraws(CITY, on=ISSUED))
    gone = sealed.verify("--withdrawn", str(withdrawn))
    assert (gone.exit_code, "证书已被撤销" in gone.stderr) == (1, True)


def test_a_letter_that_is_altered_swapped_unsealed_or_revoked_is_told_apart(
    sealed: Sealed,
) -> None:
    other = b"%PDF-1.7 another letter"
    for content, signature, said, words in (
        (PDF, CITY.sign(other), {}, "电子印章与文件不符"),
        (CITY.seal(PDF) + b" ", b"", {}, "电子印章与文件不符"),
        (PDF, b"FAKE", {}, "不能解读"),
        (PDF, b"", {}, "没有电子印章"),
        (
            CITY.seal(PDF),
            b"",
            {"status": "revoked", "revoked_by": "更正1号"},
            "已不再有效（已撤销），见 更正1号",
        ),
    ):
        sealed.put(content, signature, **said)
        result = sealed.verify()
        assert result.exit_code == 1, result.output
        assert words in result.stderr
    # What the proof does not speak of is refused before its seal is looked at.
    sealed.put(CITY.seal(PDF))
    sealed.file.write_bytes(CITY.seal(other))
    assert "另一份文书" in sealed.verify().stderr


def test_what_is_no_certificate_or_no_day_is_told(sealed: Sealed) -> None:
    sealed.put(PDF, CITY.sign(PDF))
    assert "holds no certificate" in sealed.verify(seal=b"nothing").stderr
    assert "is no day" in sealed.verify("--on", "tomorrow").stderr
