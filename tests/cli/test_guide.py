"""The service guide and its differences, as a table and as JSON."""

import json
from dataclasses import asdict
from datetime import date
from typing import Any

from casework.domain.kinds.application.guide import ServiceGuide, service_guide
from casework.domain.kinds.application.guide_differences import guide_differences
from casework.policy.catalogue import load_catalogue
from casework.policy.letters import load_letters
from tests.cli.conftest import FakeApi, Run

GUIDE = "/v1/guides/PTS_NEW"
ASKED = ("guide", "PTS_NEW", "--district", "310106", "--on", "2026-09-17")


def made(district: str) -> ServiceGuide:
    catalogue = load_catalogue()
    item = catalogue.resolve("PTS_NEW", district, date(2026, 9, 17))
    office = load_letters().office(
        catalogue.office(district), district, item.code, item.resolved_on
    )
    return service_guide(item, office, catalogue.facts())


def answer(data: Any) -> Any:
    return json.loads(json.dumps(data, default=str))


def test_a_guide_is_shown_with_how_firm_each_line_is(run: Run, api: FakeApi) -> None:
    api.says("GET", GUIDE, answer(asdict(made("310106"))))
    done = run(*ASKED, to=api)
    assert done.exit_code == 0
    assert dict(api.asked[0].url.params) == {"district": "310106", "on": "2026-09-17"}
    lines = done.stdout.splitlines()
    assert lines[0].startswith("PTS_NEW 居住证积分新办")
    (notice,) = [line for line in lines if "受理或一次性告知" in line]
    assert "5个工作日〔法定：《行政许可法》第三十二条第一款第四项〕" in notice
    (supplement,) = [line for line in lines if "补正（申请人）" in line]
    assert "15个工作日" in supplement
    assert "法" not in supplement
    assert "以实际为准" in supplement
    assert "静安区人才服务中心" in lines[0]
    assert "部分内容为经办机构的安排，以实际为准。" in lines


def test_a_guide_as_json_is_what_the_api_says(run: Run, api: FakeApi) -> None:
    said = answer(asdict(made("310106")))
    done = run(*ASKED, "--json", to=api.says("GET", GUIDE, said))
    assert json.loads(done.stdout) == said


def test_differences_stand_side_by_side(run: Run, api: FakeApi) -> None:
    first, second = made("310106"), made("310115")
    said = answer(
        {
            "item": first.item,
            "name": first.name,
            "first": {"district": first.district, "district_name": "静安区", "on": first.on},
            "second": {"district": second.district, "district_name": "浦东新区", "on": second.on},
            "items": [asdict(each) for each in guide_differences(first, second)],
        }
    )
    api.says("GET", f"{GUIDE}/differences", said).says(
        "GET", f"{GUIDE}/differences", said | {"items": []}
    )
    done = run(*ASKED, "--against-district", "310115", to=api)
    assert dict(api.asked[0].url.params) == {
        "district": "310106",
        "on": "2026-09-17",
        "against": "310115",
    }
    assert "条件“居住证到期日”：静安区——" in done.stdout
    assert "浦东新区——无此项" in done.stdout

    none = run(*ASKED, "--against-on", "2026-09-18", to=api)
    assert "against_on" in dict(api.asked[1].url.params)
    assert "没有差异" in none.stdout


def test_materials_for_the_facts_of_an_applicant(run: Run, api: FakeApi) -> None:
    guide = made("310106")
    of = {"district": guide.district, "district_name": guide.district_name, "on": guide.on}
    diploma = next(each for each in guide.materials if each.code == "diploma")
    said = {"item": guide.item, "name": guide.name, "of": of, "items": [asdict(diploma)]}
    api.says("GET", f"{GUIDE}/materials", answer(said))
    facts = ("--claim", "points_by_education:true", "--claim", "self_score:125")
    done = run(*ASKED, *facts, to=api)
    assert api.asked[0].url.params.get_list("claim") == [
        "points_by_education:true",
        "self_score:125",
    ]
    assert "1. 学历证书：属于“通过教育背景分值申办”时需要；电子文件" in done.stdout

    both = run(*ASKED, *facts, "--against-district", "310115", to=api)
    assert (both.exit_code, len(api.asked)) == (2, 1)
