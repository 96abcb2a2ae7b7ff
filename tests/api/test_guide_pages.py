"""The public pages of the service guide: whoever has no login reads what the guide says."""

import html
import re
from datetime import date

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from casework.domain.kinds.application.guide import service_guide
from casework.policy.catalogue import load_catalogue
from casework.policy.letters import load_letters
from tests.api.conftest import caller
from tests.api.live import Headers
from tests.examples import examples

DAY = "2026-09-17"
PAGE = f"/guides/310106/PTS_NEW?on={DAY}"
OFFERS = load_catalogue().offers()


def read(answer: httpx.Response) -> str:
    """What a reader sees: no tags, and white space as one blank."""
    assert answer.headers["content-type"].startswith("text/html")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "<script" not in answer.text
    assert "style=" not in answer.text
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def squeezed(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize(("code", "district"), OFFERS)
async def test_the_page_says_all_that_the_guide_says(
    lonely: httpx.AsyncClient, code: str, district: str
) -> None:
    catalogue = load_catalogue()
    item = catalogue.resolve(code, district, date.fromisoformat(DAY))
    office = load_letters().office(catalogue.office(district), district, code, item.resolved_on)
    guide = service_guide(item, office, catalogue.facts())
    page = read(await lonely.get(f"/guides/{district}/{code}?on={DAY}"))
    for _, entry in guide.entries():
        assert squeezed(entry.text) in page
        assert entry.standing in page
        assert entry.basis in page
    assert guide.office in page
    assert ("不是法律规定" in page) == guide.provisional
    assert "domain.md" not in page


async def test_the_index_leads_to_each_guide(lonely: httpx.AsyncClient) -> None:
    answer = await lonely.get(f"/guides?on={DAY}")
    assert "居住证积分新办" in read(answer)
    for code, district in OFFERS:
        assert f'href="/guides/{district}/{code}?on={DAY}"' in answer.text
    assert read(await lonely.get("/guides"))
    assert "没有可办理的事项" in read(await lonely.get("/guides?on=1990-01-01"))
    style = await lonely.get("/guides/style.css")
    assert style.headers["content-type"].startswith("text/css")


async def test_the_form_finds_the_materials_that_the_api_finds(
    lonely: httpx.AsyncClient, bearer: Headers
) -> None:
    asked = {"district": "310106", "on": DAY, "claim": ["points_by_education:true"]}
    answer = await lonely.get(
        "/v1/guides/PTS_NEW/materials", params=asked, headers=bearer("talent")
    )
    names = [each["name"] for each in answer.json()["items"]]
    page = (await lonely.get(f"{PAGE}&fact.points_by_education=yes")).text
    assert f"需要 {len(names)} 项材料" in page
    listed = page.partition("项材料：")[2].partition("</ol>")[0]
    assert re.findall(r"<strong>(.*?)</strong>", listed) == names
    assert "项材料：" not in (await lonely.get(f"{PAGE}&fact.points_by_education=")).text


async def test_the_page_compares_districts_and_days(lonely: httpx.AsyncClient) -> None:
    page = read(await lonely.get(f"{PAGE}&against=310115"))
    assert "浦东新区——无此项" in page
    page = read(await lonely.get(f"{PAGE}&against_on=2022-04-10"))
    assert "暂缓出具外调联系函" in page
    assert "没有不同" in read(await lonely.get(f"{PAGE}&against_on={DAY}"))


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/guides/310106/NO_SUCH", 404, "UNKNOWN_ITEM"),
        ("/guides/999999/PTS_NEW", 404, "UNKNOWN_DISTRICT"),
        ("/guides/31%0006/PTS_NEW", 404, "UNKNOWN_DISTRICT"),
        ("/guides/310106/PTS%00NEW", 404, "UNKNOWN_ITEM"),
        ("/guides/310106/PTS_NEW?against=%00", 404, "UNKNOWN_DISTRICT"),
        ("/guides/310106/PTS_NEW?on=1990-01-01", 404, "NOT_IN_FORCE"),
        ("/guides/310106/PTS_NEW?on=tomorrow", 422, "INVALID_REQUEST"),
        ("/guides?on=2026-02-30", 422, "INVALID_REQUEST"),
        (f"{PAGE}&against_on=x", 422, "INVALID_REQUEST"),
        (f"{PAGE}&against=150100", 404, "NOT_IN_FORCE"),
        (f"{PAGE}&fact.self_score=many", 200, ""),  # this item does not ask for it
        (f"{PAGE}&fact.highest_education=kindergarten", 422, "FACT_INVALID"),
        (f"{PAGE}&fact.points_by_education=perhaps", 422, "FACT_INVALID"),
    ],
)
async def test_what_is_not_offered_is_a_page_that_says_so(
    lonely: httpx.AsyncClient, path: str, status: int, code: str
) -> None:
    answer = await lonely.get(path)
    assert answer.status_code == status, answer.text
    assert code in read(answer)


NASTY = st.text(max_size=40) | st.sampled_from(
    ["<script>alert(1)</script>", '"><img src=x>', "{{ 7 * 7 }}", "2026-09-17T00:00", "٢٠٢٦-09-17"]
)


@given(name=st.sampled_from(["on", "against", "against_on", "fact.highest_education"]), said=NASTY)
@examples(30)
async def test_nothing_that_is_sent_becomes_markup_or_a_failure(
    lonely_app: FastAPI, name: str, said: str
) -> None:
    async with caller(lonely_app) as client:
        answer = await client.get("/guides/310106/PTS_NEW", params={name: said})
    assert answer.status_code in {200, 404, 422}
    assert "<script" not in answer.text
    assert "<img" not in answer.text
