"""Who may file what: nobody under another's source, and nobody for another person."""

from itertools import product

import pytest

from casework.domain.authority import Filed, filing_refusal, own_source
from casework.domain.authority.filing import CHANNELS, RESERVED_SOURCES
from casework.domain.case.facts import Actor
from casework.domain.errors import DomainError
from casework.domain.kinds.registry import CaseKind
from casework.domain.policy import Role
from casework.policy.authority import load_authority
from casework.security.pseudonyms import Pseudonyms

PSEUDONYMS = Pseudonyms(key=b"tests")
ME, OTHER = (PSEUDONYMS.of(number) for number in ("310101199003071230", "11010519491231002X"))
DISTRICT = dict.fromkeys(CaseKind, "500103") | {
    CaseKind.APPLICATION: "310106",
    CaseKind.PERMIT_CYCLE: "310106",
}
BY_NATURE = {
    CaseKind.RATING: "rating",
    CaseKind.VISITS: "visit-rounds",
    CaseKind.INCOMING_MAIL: "mail",
    CaseKind.PARCEL: "post",
}
OUTSIDE = (Role.APPLICANT, Role.TALENT, Role.EMPLOYER)


def somebody(role: Role, code: str = "me", subject: str = ME) -> Actor:
    return Actor(code=code, role=role, subject=subject if role in OUTSIDE else "")


def refused(actor: Actor, **said: object) -> str:
    """The code of the refusal of an application; empty: it may be filed."""
    filed = {"kind": CaseKind.APPLICATION, "district": "310106", "applicant": ME, "employer": ME}
    found = filing_refusal(load_authority(), actor, Filed(**filed | said))  # type: ignore[arg-type]
    return found.code if found else ""


def everybody() -> list[Actor]:
    people = [
        somebody(role, code, subject)
        for role, (code, subject) in product(CHANNELS, (("me", ME), ("you", OTHER)))
    ]
    return [*people, *(somebody(Role.SYSTEM, code) for code in load_authority().systems)]


@pytest.mark.parametrize("kind", set(CaseKind) - set(BY_NATURE))
def test_no_two_file_under_the_same_source(kind: CaseKind) -> None:
    matrix = load_authority()
    known = {source for bound in matrix.systems.values() for source in bound.sources or ()}
    known |= RESERVED_SOURCES | {"", "another"}
    owners: dict[str, set[str]] = {}
    for actor, stated, by_agent in product(everybody(), known, (False, True)):
        try:
            source = own_source(matrix, actor, stated, by_agent=by_agent)
        except DomainError as error:
            assert (error.code, stated) == ("FIELD_REQUIRED", "")
            continue
        filed = Filed(
            kind=kind,
            district=DISTRICT[kind],
            source=source,
            applicant=actor.subject,
            employer=actor.subject,
            by_agent=by_agent,
        )
        if filing_refusal(matrix, actor, filed) is None:
            owner = "staff" if source == "window" else actor.subject or actor.code
            owners.setdefault(source, set()).add(owner)
    assert len(owners) > (0 if kind is CaseKind.INCOMING_MAIL else 2)  # mails have one source
    assert {source: who for source, who in owners.items() if len(who) > 1} == {}


@pytest.mark.parametrize("role", CHANNELS)
def test_people_may_leave_their_source_out_or_name_their_channel(role: Role) -> None:
    matrix, actor = load_authority(), somebody(role)
    own = own_source(matrix, actor, "")
    assert own == own_source(matrix, actor, CHANNELS[role]) == own_source(matrix, actor, own)
    assert own.partition(".")[0] == CHANNELS[role]
    assert own_source(matrix, actor, "points-portal") == "points-portal"


@pytest.mark.parametrize("source", ["points-portal", "applicant", "window", "", "agent", "e"])
def test_people_file_under_no_other_source(source: str) -> None:
    for role in (Role.APPLICANT, Role.EMPLOYER, Role.OFFICER):
        found = refused(somebody(role), source=source)
        assert found == ("" if (role, source) == (Role.OFFICER, "window") else "OTHER_SOURCE")


def test_a_system_of_one_source_need_not_state_it_and_of_several_has_to() -> None:
    matrix = load_authority()
    assert own_source(matrix, somebody(Role.SYSTEM, "bench"), "") == "bench"
    with pytest.raises(DomainError) as error:
        own_source(matrix, somebody(Role.SYSTEM, "backend"), "")
    assert (error.value.code, error.value.field) == ("FIELD_REQUIRED", "source")


@pytest.mark.parametrize(
    ("applicant", "employer", "by_agent", "role", "code"),
    [
        (ME, OTHER, False, Role.APPLICANT, ""),
        (OTHER, ME, False, Role.APPLICANT, "NOT_THE_APPLICANT"),
        ("", "", False, Role.APPLICANT, "NOT_THE_APPLICANT"),
        (OTHER, ME, True, Role.APPLICANT, ""),
        (ME, "", True, Role.APPLICANT, ""),
        (OTHER, ME, False, Role.EMPLOYER, ""),
        (ME, OTHER, False, Role.EMPLOYER, "NOT_THE_EMPLOYER"),
        (ME, "", False, Role.EMPLOYER, "NOT_THE_EMPLOYER"),
        (ME, OTHER, True, Role.EMPLOYER, "NOT_THE_EMPLOYER"),
        (OTHER, OTHER, False, Role.OFFICER, ""),
        (OTHER, OTHER, True, Role.OFFICER, ""),
        (ME, ME, False, Role.TALENT, "ROLE_NOT_ALLOWED"),
        (ME, ME, True, Role.SUPERVISOR, "ROLE_NOT_ALLOWED"),
    ],
)
def test_people_file_for_themselves(
    applicant: str, employer: str, by_agent: bool, role: Role, code: str
) -> None:
    actor = somebody(role)
    source = own_source(load_authority(), actor, "", by_agent=by_agent)
    said = {"applicant": applicant, "employer": employer, "by_agent": by_agent}
    assert refused(actor, source=source, **said) == code


@pytest.mark.parametrize("role", [Role.APPLICANT, Role.EMPLOYER])
@pytest.mark.parametrize("by_agent", [True, False])
def test_whose_number_nobody_vouches_for_files_nothing(role: Role, by_agent: bool) -> None:
    actor = somebody(role, subject="")
    for said in ("", "applicant", "employer", "agent"):
        source = own_source(load_authority(), actor, said, by_agent=by_agent)
        both = {"applicant": "", "employer": "", "by_agent": by_agent}
        assert refused(actor, source=source, **both) == "NUMBER_NOT_VOUCHED"
