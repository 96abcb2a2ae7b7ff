"""The fake town's seal is one that the verification of real ones can read."""

import base64
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from casework.domain.time.calendar import local_date
from casework.local.town.server import TownSettings, running_town
from casework.outside import AnswerError, SealOffice
from casework.security.seal_signature import SealCertificates
from tests.security.seals import CitySeal
from tests.town.visitor import Visitor

LETTER = b"%PDF-1.7 a letter\n%%EOF\n"
TODAY = local_date(datetime.now(UTC))


@pytest.fixture
async def visitor(tmp_path: Path) -> AsyncIterator[Visitor]:
    async with (
        running_town(TownSettings(folder=tmp_path)) as town,
        httpx.AsyncClient(trust_env=False) as http,
    ):
        yield Visitor(http, town.http_url)


async def office(visitor: Visitor, *, takes_file: bool, pem: bytes = b"") -> SealOffice:
    published = (await visitor.http.get(f"{visitor.url}/seals/certificate")).content
    return SealOffice(
        http=visitor.http,
        url=visitor.url,
        takes_file=takes_file,
        certificates=SealCertificates.read([pem or published]),
    )


@pytest.mark.parametrize("takes_file", [True, False])
async def test_what_the_town_seals_is_verified_by_its_certificate(
    visitor: Visitor, *, takes_file: bool
) -> None:
    seal = await office(visitor, takes_file=takes_file)
    given, again = [
        await seal.seal(key="a:1", number="1号", office="某中心", content=LETTER, issued_on=TODAY)
        for _ in range(2)
    ]
    assert given.content == again.content
    assert seal.certificates is not None
    between = TODAY, TODAY + timedelta(days=1)
    if takes_file:
        found = seal.certificates.verify_file(given.content, between=between, on=None)
        assert given.content.startswith(LETTER)
    else:
        found = seal.certificates.verify(given.content, LETTER, between=between, on=None)
    assert found.owner == "CN=FAKE SEAL OF THE FAKE TOWN"


@pytest.mark.parametrize("takes_file", [True, False])
async def test_a_seal_by_another_certificate_is_no_answer(
    visitor: Visitor, *, takes_file: bool
) -> None:
    seal = await office(visitor, takes_file=takes_file, pem=CitySeal.new().pem)
    with pytest.raises(AnswerError, match="SEAL_BY_OTHER"):
        await seal.seal(key="b:1", number="2号", office="某中心", content=LETTER, issued_on=TODAY)


async def test_a_seal_on_another_letter_is_no_answer(visitor: Visitor) -> None:
    honest = await office(visitor, takes_file=False)
    other = await honest.seal(
        key="c:1", number="3号", office="某中心", content=LETTER, issued_on=TODAY
    )
    told = {"reference": "S-1", "signature": base64.b64encode(other.content).decode()}
    swapped = httpx.MockTransport(lambda _: httpx.Response(200, json=told))
    async with httpx.AsyncClient(transport=swapped) as http:
        seal = SealOffice(http=http, url="http://seal.example", certificates=honest.certificates)
        content = LETTER + b" "
        with pytest.raises(AnswerError, match="SEAL_DIFFERS"):
            await seal.seal(
                key="c:2", number="4号", office="某中心", content=content, issued_on=TODAY
            )
