"""Applications from files, and the samples that `casework up` submits."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from casework.cli.calling.filing import read_body
from casework.cli.calling.identity import BACKEND
from casework.cli.operating.welcome import EXAMPLES
from casework.domain.identifiers import check_citizen_id, check_credit_code
from casework.domain.kinds.application import checklist
from casework.domain.policy import MaterialForm
from casework.policy.authority import load_authority
from casework.policy.calendars import load_calendar
from casework.policy.catalogue import Catalogue, load_catalogue
from tests.cli.conftest import FakeApi, Run

SHA256 = "ab" * 32
DONE = {"case_no": "310106-0000-0000-0000", "seq": 1, "stage": "pre_review", "at": ""}
SAMPLES = sorted(EXAMPLES.glob("*.yaml"))
ON = date(2026, 9, 17)


@pytest.fixture
def api(api: FakeApi) -> FakeApi:
    return api.says("POST", "/v1/materials", {"sha256": SHA256}, 201)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


def write(path: Path, application: Mapping[str, Any]) -> Path:
    path.write_text(json.dumps(application), encoding="utf-8")
    return path


def test_files_go_up_first_and_once_each(run: Run, api: FakeApi, tmp_path: Path) -> None:
    (tmp_path / "scan.pdf").write_bytes(b"%PDF-1.4 made up")
    materials = [
        {"code": "diploma", "form": "electronic", "file": "scan.pdf"},
        {"code": "degree", "form": "electronic", "file": "scan.pdf"},
        {"code": "paper_package", "form": "paper"},
    ]
    file = write(tmp_path / "a.json", {"item": "PTS_NEW", "materials": materials})
    api.says("POST", "/v1/applications", DONE, 201)

    done = run("submit", str(file), to=api)

    upload, sent = api.asked
    assert done.exit_code == 0
    assert "310106-0000-0000-0000（已收件）" in done.stdout
    assert b"%PDF-1.4 made up" in upload.content
    assert json.loads(sent.content)["materials"] == [
        {"code": "diploma", "form": "electronic", "sha256": SHA256},
        {"code": "degree", "form": "electronic", "sha256": SHA256},
        {"code": "paper_package", "form": "paper"},
    ]


def test_the_same_again_is_said_to_be_the_same(run: Run, api: FakeApi, tmp_path: Path) -> None:
    api.says("POST", "/v1/applications", DONE, 200)

    assert "先前已收件" in run("submit", str(write(tmp_path / "a.json", {})), to=api).stdout


def test_yaml_comes_from_standard_input_and_dates_stay_text(run: Run, api: FakeApi) -> None:
    api.says("POST", "/v1/applications", DONE, 201)

    done = run("submit", "-", "--json", to=api, stdin="claims: {permit_renewed_on: 2026-03-02}")

    assert json.loads(done.stdout) == [DONE]
    assert json.loads(api.asked[-1].content) == {"claims": {"permit_renewed_on": "2026-03-02"}}


def test_an_answer_that_takes_its_time_is_followed(run: Run, api: FakeApi, tmp_path: Path) -> None:
    place = "/v1/operations/310106-0000-0000-0000/submit-0"
    later = {"Location": place, "Retry-After": "0"}
    api.says("POST", "/v1/applications", {}, 202, **later).says("GET", place, DONE)

    done = run("submit", str(write(tmp_path / "a.json", {})), to=api)

    assert "310106-0000-0000-0000（已收件）" in done.stdout


def test_a_refusal_names_the_file(run: Run, api: FakeApi, tmp_path: Path) -> None:
    api.says("POST", "/v1/applications", {"detail": "内容不同", "code": "CONTENT_DIFFERS"}, 409)
    file = write(tmp_path / "a.json", {})

    done = run("submit", str(file), to=api)

    assert (done.exit_code, done.stderr) == (1, f"{file}: 内容不同 (CONTENT_DIFFERS)\n")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: [1", "neither YAML nor JSON"),
        ("- a", "holds no mapping"),
        ("materials: [{code: a, form: electronic, file: nowhere.pdf}]", "nowhere.pdf"),
    ],
)
def test_an_unreadable_file_is_usage_and_nothing_is_sent(
    run: Run, api: FakeApi, tmp_path: Path, text: str, told: str
) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(text, encoding="utf-8")

    done = run("submit", str(file), to=api)

    assert done.exit_code == 2
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert api.asked == []


EXPECTED_FAULTS = {
    "03-points-baoshan-incomplete.yaml": {"labour_contract", "degree_report"},
    "04-points-hongkou-below.yaml": {"self_score", "employer_reviewed"},
    "05-points-jingan-urgent.yaml": {"sealed_copies"},
    "20-education-minhang.yaml": {"diploma_registration_form"},
}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_each_sample_says_what_it_is_meant_to(sample: Path, catalogue: Catalogue) -> None:
    application = read_body(sample)
    item = catalogue.resolve(application["item"], application["district"], ON)
    faults = checklist.package_faults(
        item,
        application["claims"],
        [material["code"] for material in application["materials"]],
        ON,
        load_calendar(),
    )

    assert application["channel"] in item.channels
    assert {fault.about for fault in faults} == EXPECTED_FAULTS.get(sample.name, set())
    check_citizen_id(application["applicant"]["id_number"], ON)
    check_credit_code(application["employer"]["credit_code"])
    for material in application["materials"]:
        assert material["code"] in item.material_names
        assert material["form"] == MaterialForm.ELECTRONIC
        assert (sample.parent / material["file"]).is_file()


def test_the_samples_are_under_sources_of_the_system_that_submits() -> None:
    bound = load_authority().systems[BACKEND]
    for sample in SAMPLES:
        assert read_body(sample)["source"] in (bound.sources or ()), sample


def test_the_samples_are_of_every_item_and_several_districts(catalogue: Catalogue) -> None:
    applications = [read_body(sample) for sample in SAMPLES]

    assert {each["item"] for each in applications} == set(catalogue.items())
    assert len({each["district"] for each in applications}) >= 5
    assert len({(each["source"], each["reference"]) for each in applications}) == len(SAMPLES)
