"""The published contract and the code say the same."""

import ast
import hashlib
import json
import re
from dataclasses import fields, is_dataclass
from typing import Any

import pytest
import yaml
from pydantic import TypeAdapter

from activities.data_checks import OUTCOMES, SOURCES
from activities.departments import ReportUp
from activities.hotline import TicketReport
from api.app import PUBLIC_ROUTERS, ROUTERS
from api.edge.problems import ProblemBody
from api.routes.bodies import EmployerChangeBody, body_of
from api.routes.callbacks import Callback
from api.routes.checks import SYSTEMS_ONLY
from api.routes.codec import router as codec
from api.routes.health import router as health
from api.routes.login import router as login
from api.routes.talent_service.absences import AbsenceBody
from api.routes.trying import TriedAnswer
from casework.domain.kinds.application.commands import PreReview
from casework.domain.kinds.application.opening import StartApplication
from casework.domain.kinds.cycle.opening import StartCycle
from casework.domain.kinds.rating.opening import StartRating
from casework.domain.kinds.registry import KINDS, CaseKind, workflow_id
from casework.domain.kinds.request.opening import StartRequest
from casework.domain.kinds.round.opening import StartRound
from casework.domain.orders import MoveToPolicy, OpenSuspension
from casework.filing.bodies import (
    Body,
    PermitBody,
    RatingBody,
    RequestBody,
    RoundBody,
    Submission,
    TalentBody,
)
from casework.local.town.data_checks import DataAnswer, DataQuestion
from casework.messages.absences import StartAbsence, absence_id
from casework.messages.cases import Outcome, Receipt, Submit, case_number, number_of, read_command
from casework.messages.schedules import VISIT_ROUNDS
from casework.messages.temporal import TASK_QUEUE
from casework.security.proof.assertion import Claims
from casework.security.proof.signers import SignerRecord
from casework.temporal import SEARCH_ATTRIBUTES
from tests.docs.codes import table
from tests.docs.pages import CONTRACT, ROOT, rows, section

MESSAGES: dict[str, type] = {
    each.__name__: each
    for each in (
        AbsenceBody,
        Callback,
        Claims,
        DataAnswer,
        DataQuestion,
        MoveToPolicy,
        OpenSuspension,
        PermitBody,
        PreReview,
        ProblemBody,
        RatingBody,
        Outcome,
        Receipt,
        ReportUp,
        RequestBody,
        RoundBody,
        SignerRecord,
        StartAbsence,
        StartApplication,
        StartCycle,
        StartRequest,
        StartRound,
        StartRating,
        Submission,
        Submit,
        TalentBody,
        TicketReport,
        TriedAnswer,
    )
}
OFFICER = {"code": "ja-o1", "role": "officer", "district": "310106"}
SECTIONS = {
    CaseKind.APPLICATION: ("Verbs",),
    CaseKind.REQUEST: ("Service requests", "Shared verbs"),
    CaseKind.TALENT_CYCLE: ("Service cycles", "Shared verbs"),
    CaseKind.PERMIT_CYCLE: ("Service cycles", "Shared verbs"),
    CaseKind.RATING: ("Ratings", "Shared verbs"),
    CaseKind.VISITS: ("Rounds of visits", "Shared verbs"),
    CaseKind.TICKET: ("Tickets", "Shared verbs"),
    CaseKind.INCOMING_MAIL: ("Mails", "Shared verbs"),
    CaseKind.PARCEL: ("Parcels", "Shared verbs"),
    CaseKind.APPOINTMENT: ("Appointments", "Shared verbs"),
    CaseKind.WALKTHROUGH: ("Walkthroughs", "Shared verbs"),
    CaseKind.WAGE: ("Wage complaints", "Shared verbs"),
}
"""Where the verbs of each kind of case stand."""


def examples(text: str) -> list[tuple[str, str]]:
    """Each JSON example with the name of its message."""
    return re.findall(r"^```json (\w+)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


EXAMPLES = examples(CONTRACT)


def bodies(kind: CaseKind) -> list[tuple[str, dict[str, Any]]]:
    """The example of each verb that is shown for a kind of case."""
    shown = [
        example for heading in SECTIONS[kind] for example in examples(section(CONTRACT, heading))
    ]
    blocks = [json.loads(text) for message, text in shown if message == "bodies"]
    return [pair for block in blocks for pair in block.items()]


BODIES = [(kind, verb, body) for kind in KINDS for verb, body in bodies(kind)]


def body_model(kind: CaseKind, verb: str) -> type[Body]:
    """What HTTP takes for a verb."""
    return EmployerChangeBody if verb == "change_employer" else body_of(verb, KINDS[kind].verbs)


@pytest.mark.parametrize(("message", "text"), EXAMPLES, ids=[each[0] for each in EXAMPLES])
def test_an_example_is_the_message_it_claims_to_be(message: str, text: str) -> None:
    if message == "bodies":
        return
    content = json.loads(text)
    assert TypeAdapter(MESSAGES[message]).validate_json(text)
    assert not unknown_fields(content, MESSAGES[message])


def unknown_fields(content: dict[str, Any], message: type) -> set[str]:
    """What an example has and a dataclass has not; other models refuse it themselves."""
    return set(content) - {f.name for f in fields(message)} if is_dataclass(message) else set()


def test_every_message_has_an_example() -> None:
    assert {message for message, _ in EXAMPLES} == {*MESSAGES, "bodies"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_verb_has_one_example(kind: CaseKind) -> None:
    assert sorted(verb for verb, _ in bodies(kind)) == sorted(KINDS[kind].verbs)


@pytest.mark.parametrize(
    ("kind", "verb", "body"), BODIES, ids=[f"{kind}-{verb}" for kind, verb, _ in BODIES]
)
def test_the_example_of_a_verb_is_a_body_and_a_command(
    kind: CaseKind, verb: str, body: dict[str, Any]
) -> None:
    verbs = KINDS[kind].verbs
    if verb not in SYSTEMS_ONLY:
        assert body_model(kind, verb).model_validate_json(json.dumps(body))
    assert isinstance(read_command(verb, body | {"actor": OFFICER}, verbs), verbs[verb])


@pytest.mark.parametrize("kind", KINDS)
def test_the_tables_of_verbs_name_every_verb_and_who_may(kind: CaseKind) -> None:
    listed: dict[str, str] = {}
    for heading in SECTIONS[kind]:
        listed |= rows(section(CONTRACT, heading))
    assert listed == {
        verb: ", ".join(sorted(command.roles)) for verb, command in KINDS[kind].verbs.items()
    }


@pytest.mark.parametrize("kind", KINDS)
def test_the_signals_are_named(kind: CaseKind) -> None:
    named = re.findall(r"`(\w+)`", rows(section(CONTRACT, "Signals"))[kind])
    assert set(named) == KINDS[kind].signals


@pytest.mark.parametrize("kind", KINDS)
def test_the_kinds_of_cases_are_listed_with_type_id_and_address(kind: CaseKind) -> None:
    case_no = "310106-71Z3-Z1JX-7J9T"
    form = workflow_id(kind, case_no).replace(case_no, "<case no>").replace("310106", "<district>")
    cells = f"`{kind}` | {kind.label} | `{KINDS[kind].workflow}` | `{form}` | `{KINDS[kind].path}`"
    assert f"| {cells} |" in section(CONTRACT, "The case")


def test_what_is_no_case_and_runs_is_named() -> None:
    assert f"`{VISIT_ROUNDS.workflow}`" in section(CONTRACT, "Rounds of visits")
    assert f"`{VISIT_ROUNDS.name}`" in section(CONTRACT, "Rounds of visits")
    assert f"`{absence_id('<number>')}`" in section(CONTRACT, "Absences")


def test_the_search_attributes_are_listed_with_their_types() -> None:
    types = rows(section(CONTRACT, "The case"))
    for key in SEARCH_ATTRIBUTES:
        assert types[key.name] == key.indexed_value_type.name.title()


def test_the_task_queue_is_named() -> None:
    assert f"| task queue | `{TASK_QUEUE}` |" in CONTRACT


def test_the_case_number_is_made_as_described() -> None:
    text = "310106\x1fpoints-portal\x1f2026-000123"
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    letters = [alphabet[number // 2 ** (5 * i) % 32] for i in range(12)]
    described = "-".join(["310106", *("".join(letters[i : i + 4]) for i in (0, 4, 8))])
    assert described == case_number("310106", "points-portal", "2026-000123")
    assert f"`{described}`" in CONTRACT
    assert f"`{workflow_id(CaseKind.APPLICATION, described)}`" in CONTRACT


def test_the_number_of_a_case_of_another_kind_is_made_as_described() -> None:
    described = case_number("500103", "request\x1etalent-app", "FW-2026-0001")
    assert described == number_of(CaseKind.REQUEST, "500103", "talent-app", "FW-2026-0001")
    assert f"`{described}`" in section(CONTRACT, "The case")


def test_a_rating_and_a_round_are_numbered_as_described() -> None:
    rated = number_of(CaseKind.REQUEST, "500103", "talent-app", "FW-2026-0001")
    rating = number_of(CaseKind.RATING, "500103", "rating", rated)
    assert f"`{rating}`" in section(CONTRACT, "Ratings")
    assert f"`{number_of(CaseKind.VISITS, '500103', VISIT_ROUNDS.name, '2026Q4')}`" in section(
        CONTRACT, "Rounds of visits"
    )


def test_every_route_is_listed() -> None:
    verbs = {
        f"/v1/{kind.path}/{{case_no}}/{verb.replace('_', '-')}"
        for kind in KINDS.values()
        for verb in kind.verbs
    }
    there = {
        f"{method} {route.path}"  # type: ignore[attr-defined]
        for router in (health, login, codec)
        for route in router.routes
        for method in route.methods  # type: ignore[attr-defined]
    }
    for router in (*ROUTERS, *PUBLIC_ROUTERS):
        for route in router.routes:
            (method,) = route.methods  # type: ignore[attr-defined]
            path: str = route.path  # type: ignore[attr-defined]
            is_verb = method == "POST" and path in verbs
            there.add(
                f"{method} {path.rpartition('/')[0]}/{{verb}}" if is_verb else f"{method} {path}"
            )
    assert set(rows(section(CONTRACT, "HTTP"))) == there


def test_every_journey_is_drawn_with_verbs_and_addresses_that_there_are() -> None:
    journeys = section(CONTRACT, "Journeys")
    verbs = {verb for kind in KINDS.values() for verb in kind.verbs}
    sent = re.findall(r"->>Casework: (\S+)(?: (/v1/\S+))?", journeys)
    named = {word for word, address in sent if not address}
    assert named - verbs <= {"the"}
    routes = {key.partition(" ")[2] for key in rows(section(CONTRACT, "HTTP"))}
    assert {address for _, address in sent if address} <= routes
    for kind in KINDS.values():
        assert f"`{kind.path}`" in journeys, kind.label
    # Each is shown as commands, too.
    assert journeys.count("```mermaid") == journeys.count("```text")


def test_what_only_systems_send_is_said_to_have_no_route() -> None:
    assert {verb for kind in KINDS.values() for verb in kind.verbs} >= SYSTEMS_ONLY
    assert all(f"`{verb}` has no route" in CONTRACT for verb in SYSTEMS_ONLY)


def test_the_sources_of_data_and_their_answers_are_listed() -> None:
    asked = rows(section(CONTRACT, "What we ask"))
    assert {key: asked[key] for key in SOURCES} == SOURCES
    assert all(f"`{outcome}`" in section(CONTRACT, "What we ask") for outcome in OUTCOMES)


CODE = re.compile(r"[A-Z]+(_[A-Z]+)+")
REFUSING = (
    "api",
    "casework/security/proof",
    "workflows",
    "casework/domain",
    "casework/security/unreadable.py",
    "casework/due.py",
    "casework/policy/roster.py",
    "casework/store/sealing/erasure.py",
    "casework/store/desk.py",
    "casework/store/in_force",
    "casework/store/register/shares.py",
    "casework/messages/sharing.py",
    "casework/policy/service_catalogue/loader.py",
    "casework/policy/service_roster.py",
    "casework/messages/schedules.py",
)
NO_CODES = {
    "CONTENTS_UNLISTED",
    "POST_NOT_NAMED",
    "REMARK_MISSING",
    "SENDER_ILLEGIBLE",
    "MATERIAL_MISSING",
    "SENDER_UNKNOWN",
}  # of a fault and a doubt: no verb is refused so


def codes_in_code() -> set[str]:
    """Constants written as codes where something is refused, policy's own names left out."""
    policy_files = (*ROOT.glob("catalogue/measures/*"), *ROOT.glob("catalogue/items/*"))
    services = yaml.safe_load((ROOT / "catalogue/service/services.yaml").read_text())["services"]
    not_codes = {file.stem for file in policy_files} | set(services) | NO_CODES
    files = [
        ROOT / "casework/policy/catalogue/documents.py",
        ROOT / "casework/policy/catalogue/loader.py",
    ]
    for place in REFUSING:
        path = ROOT / place
        files += [path] if path.suffix else path.rglob("*.py")
    found = {
        node.value
        for file in files
        if file.name != "identifiers.py"  # a wrong number is a fault, never a refusal
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if CODE.fullmatch(node.value) and node.value not in not_codes
    }
    return found | {
        "SEAL_AWAY",
        "TEMPORAL_AWAY",
        "TEMPORAL_BUSY",
        "TEMPORAL_UNFIT",
        "REGISTER_AWAY",
        "REGISTER_BUSY",
        "REGISTER_CHANGED",
        "REGISTER_FULL",
        "REGISTER_READ_ONLY",
        "REGISTER_UNFIT",
        "MATERIALS_AWAY",
        "CATALOGUE_AWAY",
        "ISSUER_AWAY",
        "SIGNING_AWAY",
        "UNREADABLE",
        "INTERNAL",
    }


def test_the_codes_are_those_of_the_code() -> None:
    listed = set(rows(section(CONTRACT, "Codes")))
    assert listed == codes_in_code()


def test_the_table_of_codes_is_made_from_the_code() -> None:
    """``python -m tests.docs.codes`` makes it anew."""
    assert table(CONTRACT) == CONTRACT


def test_the_verbs_are_refused_by_listed_codes() -> None:
    listed = set(rows(section(CONTRACT, "Codes")))
    for heading in {heading for headings in SECTIONS.values() for heading in headings}:
        named = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", section(CONTRACT, heading)))
        assert named <= listed | {"PTS_REN"}
