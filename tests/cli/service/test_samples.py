"""The samples of talent service that `casework up` opens are what the API takes."""

from datetime import date

from casework.cli.calling.filing import read_body
from casework.cli.calling.identity import BACKEND
from casework.cli.operating.welcome import SERVICE
from casework.domain.case.opening import credit_code, personal_number
from casework.domain.kinds.cycle.state import CycleKind
from casework.domain.talent import TalentClass
from casework.filing.bodies import PermitBody, RequestBody, TalentBody
from casework.policy.authority import load_authority
from casework.policy.roster import load_roster
from casework.policy.service_catalogue import load_service_catalogue
from casework.policy.service_roster import load_service_roster

ON = date(2026, 9, 17)
SAMPLES = dict(zip(("talent", "request", "permit"), SERVICE, strict=True))
SHA256 = "ab" * 32


def test_the_talent_is_of_class_b_and_still_served() -> None:
    body = TalentBody.model_validate(read_body(SAMPLES["talent"]))

    assert (body.letter, body.full_time, body.credential.code) == (TalentClass.B, True, None)
    assert personal_number(body.talent.id_number, ON, "") == body.talent.id_number
    assert credit_code(body.employer.credit_code, "") == body.employer.credit_code
    policy = load_service_catalogue().cycle(CycleKind.TALENT, body.district, ON)
    assert policy.end(body.recognised_on) > ON
    assert load_service_roster().posts(body.district)


def test_the_request_is_of_that_talent() -> None:
    talent = TalentBody.model_validate(read_body(SAMPLES["talent"]))
    content = read_body(SAMPLES["request"])
    files = [SAMPLES["request"].parent / each.pop("file") for each in content["materials"]]
    for material in content["materials"]:
        material["sha256"] = SHA256
    body = RequestBody.model_validate(content)

    assert body.talent == talent.case_no
    assert body.district == talent.district
    rule = load_service_catalogue().rule(body.service, body.district, ON)
    assert {each.code for each in body.materials} <= set(rule.material_names)
    assert {each.code for each in rule.materials if each.main} <= {
        each.code for each in body.materials
    }
    assert all(file.is_file() for file in files)


def test_the_permit_is_valid_for_a_year_at_most() -> None:
    body = PermitBody.model_validate(read_body(SAMPLES["permit"]))

    assert body.points_valid
    assert 0 < (body.expires_on - body.starts_on).days <= 366
    assert personal_number(body.holder.id_number, ON, "") == body.holder.id_number
    assert load_service_catalogue().cycle(CycleKind.PERMIT, body.district, ON)
    assert load_roster().posts_for(body.district)


def test_each_sample_has_a_reference_of_its_own() -> None:
    bodies = [read_body(each) for each in SAMPLES.values()]

    assert len({(each["source"], each["reference"]) for each in bodies}) == len(bodies)
    bound = load_authority().systems[BACKEND]
    assert {each["source"] for each in bodies} <= set(bound.sources or ())
