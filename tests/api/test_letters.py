"""Letters over HTTP: who reads which, and what anybody may know of one who holds it."""

import asyncio
import hashlib
import io
import json
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from pypdf import PdfReader
from sqlalchemy import func, insert, select, update

from api.app import create_app
from casework.domain.case.events import Reassigned
from casework.domain.policy import Role
from casework.messages.entry import NoticeRow
from casework.policy.publishing.versions import catalogue_of
from casework.security.audit.digests import PublicKeys
from casework.security.keys.vault import PLAIN
from casework.security.letter_proof import ProofError, verified
from casework.security.seal_signature import SealCertificates
from casework.settings import Settings
from casework.store.documents import Documents, Made
from casework.store.engine import Sessions
from casework.store.in_force.published import PublishedCatalogues
from casework.store.materials import MaterialStore
from casework.store.models import CaseSecrets, Letters, Notices, Openings
from casework.store.register.letters import Wanted, issue
from casework.store.register.recording import record
from tests.api.conftest import caller, no_temporal
from tests.api.live import Headers
from tests.api.test_problems import assert_problem
from tests.catalogue.conftest import ROOT as CATALOGUE
from tests.domain.desk import open_desk
from tests.security.seals import CitySeal
from tests.store.desks import archived, breached
from tests.store.entries import APPLICANT, writer
from tests.store.kept import kept_engine
from tests.store.seals import City

FIELDS = {"item": "居转户", "office": "静安区人才服务中心", "on": "2026-09-17"}
TO_APPLICANT = {**FIELDS, "accepted_on": "2026-09-17"}
TO_EMPLOYER = {**FIELDS, "about": "补正", "times": "3"}
NOTICES = tuple(
    NoticeRow(seq=seq, template=template, recipient=recipient, channel="mail")
    for seq, template, recipient in (
        (1, "accepted", "applicant"),
        (2, "contact_failed", "employer"),
        (3, "accepted", "agent"),
    )
)


@pytest.fixture
async def http(
    settings: Settings, register_url: str, bearer: Headers
) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(
        settings,
        connect_temporal=no_temporal,
        open_register=lambda: kept_engine(register_url),
        vault=PLAIN,
    )
    async with app.router.lifespan_context(app), caller(app) as client:
        yield client


@pytest.fixture
def documents(sessions: Sessions, settings: Settings) -> Documents:
    store = MaterialStore.open(settings.store_url)
    published = PublishedCatalogues(catalogue_of(None), sessions, store, lambda: datetime.now(UTC))
    return Documents(
        reading=sessions,
        writing=sessions.begin,
        materials=store,
        published=published,
        public_url="https://casework.example",
    )


@pytest.fixture
async def case_no(sessions: Sessions) -> str:
    """A case that an applicant has opened, with an employer."""
    case = writer(archived())
    case.opening = replace(case.opening, opened_by="applicant", source="applicant.app")
    entry = case.entry(notices=NOTICES)
    async with sessions.begin() as session:
        await record(session, entry)
    return case.case_no


@pytest.fixture
async def made(documents: Documents, case_no: str) -> Made:
    await documents.make(case_no, 2, "contact_failed", TO_EMPLOYER)
    return await documents.make(case_no, 1, "accepted", TO_APPLICANT)


OFFICER_IN_LETTERS = """\
contact:
  - {from: 2026-01-01, value: 受理窗口, reference: 示例, mark: source}
contact_officer:
  - {from: 2026-01-01, value: "经办人员 {officer}", reference: 示例, mark: proposal}
"""


async def test_a_letter_names_who_dealt_with_the_case_then_and_remains_the_same(
    documents: Documents, sessions: Sessions, tmp_path: Path
) -> None:
    shutil.copytree(CATALOGUE, tmp_path / "catalogue")
    own_words = tmp_path / "catalogue" / "letters" / "310106.yaml"
    own_words.write_text(OFFICER_IN_LETTERS, encoding="utf-8")
    published = PublishedCatalogues(
        catalogue_of(tmp_path / "catalogue"),
        sessions,
        documents.materials,
        lambda: datetime.now(UTC),
    )
    documents = replace(documents, published=published)
    desk = open_desk()
    case = writer(desk)
    holder = desk.case.posts[Role.OFFICER].holder
    async with sessions.begin() as session:
        await record(session, case.entry(notices=NOTICES))
    first = await documents.make(case.case_no, 1, "accepted", TO_APPLICANT)
    assert f"经办人员 {holder}" in _text_of(first)
    desk.apply(Reassigned(role=Role.OFFICER, to="ja-o9", reason="调岗"))
    async with sessions.begin() as session:
        await record(session, case.entry())
    await documents.materials.remove(hashlib.sha256(first.content).hexdigest())
    again = await documents.make(case.case_no, 1, "accepted", TO_APPLICANT)
    assert again.content == first.content
    later = await documents.make(case.case_no, 2, "contact_failed", TO_EMPLOYER)
    assert "经办人员 ja-o9" in _text_of(later)
    assert "受理窗口" not in _text_of(later)


def _text_of(made: Made) -> str:
    return PdfReader(io.BytesIO(made.content)).pages[0].extract_text()


def code_of(made: Made) -> str:
    return made.check.rpartition("/")[2]


async def test_letters_are_listed_and_read_as_they_were_sent(
    http: httpx.AsyncClient, bearer: Headers, case_no: str, made: Made
) -> None:
    path = f"/v1/cases/{case_no}/letters"
    listed = (await http.get(path, headers=bearer("sh-u1"))).json()["items"]
    assert [each["seq"] for each in listed] == [1, 2]
    assert listed[0]["number"] == made.number == "静人才〔2026〕受理1号"
    assert (listed[0]["title"], listed[0]["status_label"]) == ("受理通知书", "有效")
    assert listed[0]["sha256"] == hashlib.sha256(made.content).hexdigest()
    assert APPLICANT.name not in json.dumps(listed, ensure_ascii=False)

    answer = await http.get(f"{path}/1", headers=bearer("sh-u1"))
    assert (answer.status_code, answer.content) == (200, made.content), answer.text
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    shown = PdfReader(io.BytesIO(answer.content)).pages[0].extract_text()
    assert f"{APPLICANT.name}：" in shown

    accesses = (await http.get("/v1/accesses", headers=bearer("sh-u2"))).json()["items"]
    assert [(each["what"], each["reason"]) for each in accesses] == [
        ("letter", "受理通知书 静人才〔2026〕受理1号")
    ]


async def test_people_read_what_is_addressed_to_them(
    http: httpx.AsyncClient, bearer: Headers, case_no: str, made: Made
) -> None:
    path = f"/v1/cases/{case_no}/letters"
    listed = await http.get(path, headers=bearer("applicant"))
    assert [each["seq"] for each in listed.json()["items"]] == [1]
    assert (await http.get(f"{path}/1", headers=bearer("applicant"))).content == made.content
    for seq in (2, 3, 9):
        refused = await http.get(f"{path}/{seq}", headers=bearer("applicant"))
        assert (refused.status_code, assert_problem(refused)["code"]) == (404, "LETTER_NOT_FOUND")
    stranger = await http.get(f"{path}/1", headers=bearer("agent"))
    assert assert_problem(stranger)["code"] == "CASE_NOT_FOUND"


async def test_an_applicant_reads_what_their_agent_was_told(
    http: httpx.AsyncClient, bearer: Headers, case_no: str, documents: Documents
) -> None:
    made = await documents.make(case_no, 3, "accepted", TO_APPLICANT)
    path = f"/v1/cases/{case_no}/letters/3"
    assert (await http.get(path, headers=bearer("applicant"))).content == made.content
    shown = PdfReader(io.BytesIO(made.content)).pages[0].extract_text()
    assert f"{APPLICANT.name}：" in shown


# --- given out on request ------------------------------------------------------------------


async def owing(sessions: Sessions, name: str = APPLICANT.name) -> str:
    """A case of the portal with a material that is owed, opened by it for this applicant."""
    case = writer(breached())
    applicant = replace(APPLICANT, name=name)
    case.opening = replace(
        case.opening, opened_by="backend", source="points-portal", applicant=applicant
    )
    entry = case.entry()
    async with sessions.begin() as session:
        await record(session, entry)
    return case.case_no


async def listed(http: httpx.AsyncClient, bearer: Headers, path: str) -> dict[int, dict[str, Any]]:
    answer = await http.get(path, headers=bearer("backend"))
    assert answer.status_code == 200, answer.text
    return {each["seq"]: each for each in answer.json()["items"]}


async def test_receipt_and_promise_are_made_when_somebody_asks_for_them(
    http: httpx.AsyncClient,
    bearer: Headers,
    sessions: Sessions,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = f"/v1/cases/{await owing(sessions)}/letters"
    ready = await listed(http, bearer, path)
    told = {(each["template"], each["title"], each["status_label"]) for each in ready.values()}
    assert told == {
        ("receipt", "收件凭证", "待出具"),
        ("deferral_promise", "容缺受理承诺书", "待出具"),
    }
    assert {(each["number"], each["sha256"]) for each in ready.values()} == {("", "")}
    receipt, promise = sorted(ready)

    answers = await asyncio.gather(
        *(http.get(f"{path}/{seq}", headers=bearer("backend")) for seq in (receipt, promise) * 3)
    )
    assert {each.status_code for each in answers} == {200}
    files = {each.content for each in answers}
    assert files == {answers[0].content, answers[1].content}
    shown = [PdfReader(io.BytesIO(each.content)).pages[0].extract_text() for each in answers[:2]]
    assert all(f"{APPLICANT.name}：" in text for text in shown)
    assert "劳动" in shown[0]
    owed = breached().item.material("sealed_copies")
    assert owed is not None
    assert owed.name in shown[1].replace("\n", "")
    assert "承诺人（签名）" in shown[1]

    given = await listed(http, bearer, path)
    numbers = [given[receipt]["number"], given[promise]["number"]]
    assert numbers == ["静人才〔2026〕收件1号", "静人才〔2026〕承诺1号"]
    for seq, number, answer in zip((receipt, promise), numbers, answers, strict=False):
        said = (await http.get(f"/v1/verify/{number}")).json()["statement"]
        assert (said["status"], said["kind"]) == ("in_force", ready[seq]["template"])
        assert said["sha256"] == hashlib.sha256(answer.content).hexdigest()
    accesses = (await http.get("/v1/accesses", headers=bearer("sh-u2"))).json()["items"]
    assert {each["reason"] for each in accesses} == {
        f"收件凭证 {numbers[0]}",
        f"容缺受理承诺书 {numbers[1]}",
    }
    said_of_it = json.dumps([given, accesses], ensure_ascii=False) + capsys.readouterr().out
    assert "/cases/{case_no}/letters/{seq}" in said_of_it
    assert not any(each in said_of_it for each in (APPLICANT.name, APPLICANT.id_number))


async def test_a_system_takes_letters_of_its_own_cases_where_it_is_bound_to(
    http: httpx.AsyncClient, bearer: Headers, sessions: Sessions
) -> None:
    path = f"/v1/cases/{await owing(sessions)}/letters/1"
    for who, code in (
        ("bench", "SYSTEM_NOT_BOUND"),
        ("superior-system", "SYSTEM_NOT_BOUND"),
        ("archive", "SYSTEM_NOT_BOUND"),
    ):
        refused = await http.get(path, headers=bearer(who))
        assert (refused.status_code, assert_problem(refused)["code"]) == (403, code)
    async with sessions.begin() as session:
        assert await session.scalar(select(func.count()).select_from(Letters)) == 0
        other = {"source": "another", "opened_by": "another"}
        await session.execute(update(Openings).values(**other))
    refused = await http.get(path, headers=bearer("backend"))
    assert (refused.status_code, assert_problem(refused)["code"]) == (403, "OTHER_SOURCE")


async def test_what_cannot_be_shown_is_given_out_by_hand(
    http: httpx.AsyncClient, bearer: Headers, sessions: Sessions
) -> None:
    path = f"/v1/cases/{await owing(sessions, '王😀')}/letters/1"
    refused = await http.get(path, headers=bearer("backend"))
    assert (refused.status_code, assert_problem(refused)["code"]) == (409, "LETTER_NOT_READY")
    assert "手工" in refused.text


@pytest.mark.parametrize("who", ["ja-o2", "xh-o1", "backend"])
async def test_others_read_no_letter(
    who: str, http: httpx.AsyncClient, bearer: Headers, case_no: str, made: Made
) -> None:
    refused = await http.get(f"/v1/cases/{case_no}/letters/1", headers=bearer(who))
    assert refused.status_code in {403, 404}
    assert made.number not in str(assert_problem(refused))


async def test_a_letter_that_is_gone_says_why(
    http: httpx.AsyncClient,
    bearer: Headers,
    made: Made,
    documents: Documents,
    sessions: Sessions,
) -> None:
    case_no = made.name.removesuffix("-1.pdf")
    path = f"/v1/cases/{case_no}/letters/1"
    await documents.materials.remove(hashlib.sha256(made.content).hexdigest())
    lost = await http.get(path, headers=bearer("sh-u1"))
    assert (lost.status_code, assert_problem(lost)["code"]) == (409, "LETTER_LOST")
    async with sessions.begin() as session:
        await session.execute(update(Letters).where(Letters.seq == 1).values(sha256=""))
    early = await http.get(path, headers=bearer("sh-u1"))
    assert (early.status_code, assert_problem(early)["code"]) == (409, "LETTER_NOT_READY")
    async with sessions.begin() as session:
        gone = {"erased_at": datetime.now(UTC), "erased_by": "sh-u1"}
        await session.execute(
            insert(CaseSecrets).values(
                scope=case_no, secret=None, erased_reason="", erased_basis="", **gone
            )
        )
    erased = await http.get(path, headers=bearer("sh-u1"))
    assert (erased.status_code, assert_problem(erased)["code"]) == (410, "CASE_ERASED")


# --- verification --------------------------------------------------------------------------


async def public_keys(http: httpx.AsyncClient) -> PublicKeys:
    return PublicKeys([(await http.get("/v1/verification-key")).content])


async def test_anybody_verifies_a_letter_by_number_code_or_file(
    http: httpx.AsyncClient, case_no: str, made: Made
) -> None:
    sha256 = hashlib.sha256(made.content).hexdigest()
    answers = [
        await http.get(f"/v1/verify/{made.number}"),
        await http.get(f"/v1/verify/{code_of(made).lower()}", params={"sha256": sha256}),
        await http.post("/v1/verify", content=made.content),
        await http.post("/v1/verify", files={"file": ("a.pdf", made.content)}),
    ]
    for answer, matches in zip(answers, [None, True, True, True], strict=True):
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert told["matches"] is matches
        said = told["statement"]
        assert said.pop("verified_at")
        assert said == {
            "about": "casework.letter",
            "number": made.number,
            "kind": "accepted",
            "title": "受理通知书",
            "issued_on": "2026-09-17",
            "sha256": sha256,
            "sealed_sha256": "",
            "signature_sha256": "",
            "status": "in_force",
            "revoked_on": None,
            "revoked_by": "",
        }
        assert case_no not in answer.text
        assert APPLICANT.name not in answer.text
    other = await http.get(f"/v1/verify/{made.number}", params={"sha256": "ab" * 32})
    assert other.json()["matches"] is False


async def test_a_sealed_letter_is_verified_by_either_file_and_read_sealed(
    http: httpx.AsyncClient, bearer: Headers, case_no: str, made: Made, documents: Documents
) -> None:
    sealing = replace(documents, seal=City().office(takes_file=True))
    sealed = await sealing.make(case_no, 1, "accepted", TO_APPLICANT)
    keys = await public_keys(http)
    proof = (await http.get(f"/v1/verify/{made.number}")).text
    for content in (made.content, sealed.content):
        sha256 = hashlib.sha256(content).hexdigest()
        told = await http.get(f"/v1/verify/{made.number}", params={"sha256": sha256})
        assert told.json()["matches"] is True
        assert (await http.post("/v1/verify", content=content)).json()["matches"] is True
        assert verified(proof, content, keys)["number"] == made.number
    read = await http.get(f"/v1/cases/{case_no}/letters/1", headers=bearer("sh-u1"))
    assert read.content == sealed.content != made.content


@pytest.fixture
def city(http: httpx.AsyncClient) -> City:
    """The city's seal, switched on in the API; it gives signatures."""
    city, app = City(), cast("Any", http)._transport.app
    app.state.parts = replace(app.state.parts, seal=city.office(takes_file=False))
    return city


async def test_what_is_given_out_on_request_is_never_given_out_unsealed(
    http: httpx.AsyncClient, bearer: Headers, sessions: Sessions, city: City
) -> None:
    case_no = await owing(sessions)
    path, who = f"/v1/cases/{case_no}/letters", bearer("backend")
    receipt = min(await listed(http, bearer, path))
    city.status = 503
    for place in (f"{path}/{receipt}", f"{path}/{receipt}/signature"):
        away = await http.get(place, headers=who)
        assert (away.status_code, assert_problem(away)["code"]) == (503, "SEAL_AWAY")
        assert int(away.headers["retry-after"]) > 0
    waits = (await listed(http, bearer, path))[receipt]
    assert (waits["status"], waits["status_label"]) == ("pending", "待加盖电子印章")
    assert waits["number"].endswith("收件1号")
    assert (await http.get(f"/v1/verify/{waits['number']}")).status_code == 404
    city.status = 422
    refused = await http.get(f"{path}/{receipt}", headers=who)
    assert (refused.status_code, assert_problem(refused)["code"]) == (409, "LETTER_NOT_READY")
    city.status = 200
    read = await http.get(f"{path}/{receipt}", headers=who)
    signature = await http.get(f"{path}/{receipt}/signature", headers=who)
    assert (read.status_code, signature.status_code) == (200, 200), signature.text
    assert hashlib.sha256(read.content).hexdigest().encode() in signature.content
    assert signature.headers["content-type"] == "application/pkcs7-signature"
    assert signature.headers["x-content-type-options"] == "nosniff"
    known = (await listed(http, bearer, path))[receipt]
    assert (known["status"], known["number"]) == ("in_force", waits["number"])
    assert known["signature_sha256"] == hashlib.sha256(signature.content).hexdigest()
    proof = (await http.get(f"/v1/verify/{waits['number']}")).text
    keys = await public_keys(http)
    assert verified(proof, read.content, keys, signature=signature.content)
    for other in (signature.content + b"x", b""):
        with pytest.raises(ProofError, match="SIGNATURE_DIFFERS"):
            verified(proof, read.content, keys, signature=other)
    stranger = await http.get(f"{path}/{receipt}/signature", headers=bearer("bench"))
    assert stranger.status_code == 403


async def test_a_letter_that_waits_for_the_seal_is_not_shown_and_one_sent_before_is(  # noqa: PLR0917 - fixtures
    http: httpx.AsyncClient,
    bearer: Headers,
    case_no: str,
    made: Made,
    sessions: Sessions,
    city: City,
) -> None:
    path, who = f"/v1/cases/{case_no}/letters/1", bearer("sh-u1")
    waits = await http.get(path, headers=who)
    assert (waits.status_code, assert_problem(waits)["code"]) == (409, "LETTER_NOT_READY")
    async with sessions.begin() as session:
        await session.execute(update(Notices).where(Notices.seq == 1).values(status="sent"))
    assert (await http.get(path, headers=who)).content == made.content
    unsigned = await http.get(f"{path}/signature", headers=who)
    assert (unsigned.status_code, assert_problem(unsigned)["code"]) == (404, "LETTER_NOT_SIGNED")
    assert city.seen == []


async def test_the_certificate_of_the_seal_is_published(http: httpx.AsyncClient) -> None:
    unknown = await http.get("/v1/seal-certificate")
    assert (unknown.status_code, assert_problem(unknown)["code"]) == (
        404,
        "SEAL_CERTIFICATE_UNKNOWN",
    )
    assert "/v1/seal-certificate" not in (await http.get("/verify")).text
    old, new = CitySeal.new(), CitySeal.new()
    app = cast("Any", http)._transport.app
    certificates = SealCertificates.read([new.pem + old.pem])
    app.state.parts = replace(app.state.parts, seal_certificates=certificates)
    told = await http.get("/v1/seal-certificate")
    assert SealCertificates.read([told.content]).trusted == certificates.trusted
    assert "/v1/seal-certificate" in (await http.get("/verify")).text


async def test_a_citizen_verifies_on_a_page(
    http: httpx.AsyncClient, case_no: str, made: Made, documents: Documents
) -> None:
    browser = {"accept": "text/html,application/xhtml+xml"}
    led = await http.get(f"/v1/verify/{code_of(made)}", headers=browser)
    assert (led.status_code, led.headers["location"]) == (303, f"/verify/{code_of(made)}")
    asked = await http.get("/verify", params={"which": made.number})
    pages = [
        await http.get(led.headers["location"]),
        await http.get(asked.headers["location"]),
        await http.post("/verify", files={"file": ("a.pdf", made.content)}),
    ]
    for page in pages:
        assert page.status_code == 200, page.text
        assert all(each in page.text for each in (made.number, "受理通知书", "目前有效"))
        assert case_no not in page.text
        assert APPLICANT.name not in page.text
        assert "script" not in page.text
        assert page.headers["x-content-type-options"] == "nosniff"
    assert "与出具时一致" in pages[2].text
    altered = await http.post("/verify", files={"file": ("a.pdf", made.content + b" ")})
    strange = await http.get("/verify/%3Cscript%3E")
    signing = replace(documents, seal=City().office(takes_file=False))
    signed_letter = await signing.make(case_no, 1, "accepted", TO_APPLICANT)
    beside = await http.post("/verify", files={"file": ("a.pdf.p7s", signed_letter.signature)})
    assert beside.status_code == 404
    assert f"这是文书{made.number}的电子签名文件" in beside.text
    assert "电子签名（与文书分开的" in (await http.get(f"/verify/{made.number}")).text
    for page in (altered, strange, await http.get(f"/verify/{'a' * 101}")):
        assert page.status_code == 404
        assert "未通过核验" in page.text
        assert "<script>" not in page.text
    assert "核验文件" in (await http.get("/verify")).text


async def test_an_altered_or_swapped_file_is_told_apart(
    http: httpx.AsyncClient, case_no: str, made: Made, documents: Documents
) -> None:
    swapped = await documents.make(case_no, 2, "contact_failed", TO_EMPLOYER)
    proof = (await http.get(f"/v1/verify/{code_of(made)}")).text
    keys = await public_keys(http)
    assert verified(proof, made.content, keys)["number"] == made.number
    for content in (made.content[:-1], made.content + b"\n", swapped.content, b""):
        with pytest.raises(ProofError, match="FILE_DIFFERS"):
            verified(proof, content, keys)
    for content in (made.content + b"\n", b"", b"%PDF-1.7"):
        answer = await http.post("/v1/verify", content=content)
        assert (answer.status_code, assert_problem(answer)["code"]) == (404, "LETTER_NOT_FOUND")
    too_large = await http.post("/v1/verify", content=b"0" * (5 * 2**20 + 1))
    assert (too_large.status_code, assert_problem(too_large)["code"]) == (413, "FILE_TOO_LARGE")

    told: dict[str, Any] = json.loads(proof)
    forged = {**told, "statement": {**told["statement"], "title": "批准"}}
    with pytest.raises(ProofError, match="PROOF_NOT_SIGNED"):
        verified(json.dumps(forged), made.content, keys)
    for nonsense in ("", "[]", "{}", '{"statement": 1}', "[" * 10**5):
        with pytest.raises(ProofError, match="PROOF_UNREADABLE"):
            verified(nonsense, made.content, keys)


@pytest.mark.parametrize(
    "as_typed",
    [
        lambda number: number.replace("〔", "[").replace("〕", "]"),
        lambda number: number.replace("〔", "（").replace("〕", "）"),
        lambda number: number.replace("〔", "【").replace("〕", "】"),
        lambda number: number.replace("2026", "２０２６").replace("1", "１"),
        lambda number: f"\u3000{' '.join(number)} ",
    ],
)
async def test_a_number_is_found_however_its_reader_types_it(
    http: httpx.AsyncClient, made: Made, as_typed: Callable[[str], str]
) -> None:
    typed = as_typed(made.number)
    answer = await http.get(f"/v1/verify/{typed}")
    assert answer.json()["statement"]["number"] == made.number
    assert made.number in (await http.get(f"/verify/{typed}")).text


async def test_a_code_is_found_however_its_reader_types_it(
    http: httpx.AsyncClient, made: Made, sessions: Sessions
) -> None:
    code = "01AB-CDEF-GH10-JKMN-PQRS-TVWX"
    async with sessions.begin() as session:
        changed = update(Letters).where(Letters.number == made.number)
        await session.execute(changed.values(code=code))
    for typed in (
        code.replace("-", ""),
        code.replace("-", " ").lower(),
        code.replace("0", "O").replace("1", "l"),
        "０１ＡＢ－ＣＤＥＦ－ＧＨＩＯ－ＪＫＭＮ－ＰＱＲＳ－ＴＶＷＸ",
    ):
        answer = await http.get(f"/v1/verify/{typed}")
        assert answer.json()["statement"]["number"] == made.number


@pytest.mark.parametrize(
    "which", ["静人才〔2026〕受理999号", "0000-0000-0000-0000-0000-0000", "a" * 100, "' OR 1=1 --"]
)
async def test_what_was_never_issued_is_not_found(which: str, http: httpx.AsyncClient) -> None:
    answer = await http.get(f"/v1/verify/{which}")
    assert (answer.status_code, assert_problem(answer)["code"]) == (404, "LETTER_NOT_FOUND")


@pytest.mark.parametrize("which", ["a" * 101, "a%00b"])
async def test_what_cannot_be_a_number_is_refused(which: str, http: httpx.AsyncClient) -> None:
    answer = await http.get(f"/v1/verify/{which}")
    assert answer.status_code in {404, 422}
    assert_problem(answer)


async def test_a_letter_that_was_revoked_or_is_void_says_so(
    http: httpx.AsyncClient, made: Made, sessions: Sessions
) -> None:
    async with sessions.begin() as session:
        await session.execute(
            update(Letters)
            .where(Letters.seq == 1)
            .values(revoked_on=date(2026, 10, 1), revoked_by="静人才〔2026〕更正1号")
        )
    told = (await http.get(f"/v1/verify/{made.number}")).json()
    assert told["status_label"] == "已撤销"
    assert told["statement"]["status"] == "revoked"
    assert told["statement"]["revoked_on"] == "2026-10-01"
    async with sessions.begin() as session:
        now = datetime.now(UTC)
        await session.execute(update(Letters).where(Letters.seq == 1).values(voided_at=now))
    void = (await http.get(f"/v1/verify/{made.number}")).json()
    assert (void["status_label"], void["statement"]["status"]) == ("作废", "void")


async def test_revoked_superseded_altered_and_swapped_letters_are_told_apart(
    http: httpx.AsyncClient, case_no: str, made: Made, documents: Documents, sessions: Sessions
) -> None:
    other = await documents.make(case_no, 2, "contact_failed", TO_EMPLOYER)

    async def said(content: bytes) -> str:
        """What who holds a file, and reads its number on it, is told."""
        sha256 = hashlib.sha256(content).hexdigest()
        answer = await http.get(f"/v1/verify/{made.number}", params={"sha256": sha256})
        told = answer.json()
        if told["matches"]:
            return str(told["status_label"])
        return (
            "swapped" if (await http.post("/v1/verify", content=content)).is_success else "altered"
        )

    assert await said(made.content) == "有效"
    assert await said(made.content + b" ") == "altered"
    assert await said(other.content) == "swapped"
    for by, label in (("extension", "已被替代"), ("taken_back", "已撤销")):
        async with sessions.begin() as session:
            values = {"revoked_on": date(2026, 10, 1), "revoked_by": other.number}
            await session.execute(update(Letters).where(Letters.seq == 1).values(**values))
            await session.execute(update(Letters).where(Letters.seq == 2).values(template=by))
        assert await said(made.content) == label


async def test_nothing_is_said_of_a_letter_without_its_document(
    http: httpx.AsyncClient, case_no: str, sessions: Sessions
) -> None:
    wanted = Wanted(
        case_no=case_no, seq=3, template="accepted", title="受理通知书", district="310106",
        word="静人才", series="受理", on=date(2026, 9, 17),
    )  # fmt: skip
    async with sessions.begin() as session:
        letter = await issue(session, wanted)
    assert (await http.get(f"/v1/verify/{letter.number}")).status_code == 404


async def test_who_verifies_too_often_waits(
    settings: Settings, register_url: str, sessions: Sessions
) -> None:
    slow = settings.model_copy(update={"rate_per_minute": 60, "burst": 2})
    app = create_app(
        slow,
        connect_temporal=no_temporal,
        open_register=lambda: kept_engine(register_url),
        vault=PLAIN,
    )
    async with app.router.lifespan_context(app), caller(app) as client:
        answers = [await client.get("/v1/verify/NONE") for _ in range(4)]
    assert {each.status_code for each in answers} == {404, 429}
