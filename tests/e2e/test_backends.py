"""Backend systems as their authors would write them, on a running stack: ``examples/backend``."""

import asyncio
import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from casework.domain.case.facts import Actor
from casework.domain.policy import Role
from casework.local.issuer.tokens import LocalIssuer
from tests.docs.pages import ROOT
from tests.e2e.town_hall import TownHall, typed
from tests.examples import at_night
from tests.files import PDF

EXAMPLES = ROOT / "examples/backend"
GENERATORS = ("openapi-generator-cli==7.25.0", "openapi-python-client==0.29.1")
LEFT_THE_JDK = """package javax.annotation;

public @interface Generated {
    String[] value();

    String date() default "";

    String comments() default "";
}
"""
"""The generated code bears this annotation, which the JDK has not had since version 9."""
JARS = tuple(Path("/usr/share/java", name) for name in ("httpmime.jar", "httpcore.jar"))


async def ran(*words: str | Path, cwd: Path | None = None) -> list[Any]:
    """The lines of JSON that a program says."""
    program = await asyncio.create_subprocess_exec(
        *map(str, words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=cwd
    )
    out, err = await program.communicate()
    assert program.returncode == 0, (out + err).decode()[-4000:]
    return [json.loads(line) for line in out.decode().splitlines() if line.startswith("{")]


def filed(hall: TownHall, folder: Path, reference: str) -> tuple[str, str, Path, Path]:
    """Address, token of a backend system, an application without its file, and the file."""
    body = hall.application(reference)
    for material in body["materials"]:
        material["sha256"] = "0" * 64  # the backend puts in what it has uploaded
    application, file = folder / "application.json", folder / "file.pdf"
    application.write_text(json.dumps(body))
    file.write_bytes(PDF)
    system = Actor(code="backend", role=Role.SYSTEM)
    now = datetime.now(UTC)
    token = LocalIssuer.open(hall.settings).mint(system, ttl=timedelta(hours=1), at=now)
    return hall.settings.api_local_url, token, application, file


async def test_a_backend_in_python_does_its_errand(hall: TownHall, tmp_path: Path) -> None:
    given = await asyncio.to_thread(filed, hall, tmp_path, "by-python")
    steps = await ran(sys.executable, EXAMPLES / "over_http.py", *given)
    told = {each["step"]: (each["status"], each["answer"]) for each in steps}
    assert [(step, status) for step, (status, _) in told.items()] == [
        ("upload", 201),
        ("submit", 201),
        ("submit the same again", 200),
        ("read", 200),
        ("whose turn", 200),
        ("not for a system", 403),
        ("at no such stage", 409),
        ("heard of it", 200),
    ]
    assert told["submit"][1]["case_no"] == told["submit the same again"][1]["case_no"]
    assert told["not for a system"][1]["code"] in {"ROLE_NOT_ALLOWED", "SYSTEM_NOT_BOUND"}
    assert told["at no such stage"][1]["code"] == "WRONG_STAGE"


async def described(hall: TownHall, folder: Path) -> Path:
    """The description of the API, as the running stack gives it."""
    async with hall.counter("backend", Role.SYSTEM, "") as http:
        answer = await http.get(f"{hall.settings.api_local_url}/openapi.json")
    file = folder / "openapi.json"
    await asyncio.to_thread(file.write_bytes, answer.content)
    return file


async def tools(folder: Path) -> Path:
    """An environment with the generators of clients."""
    await ran(sys.executable, "-m", "venv", folder)
    await ran(folder / "bin/python", "-m", "pip", "install", "--quiet", *GENERATORS)
    return folder


@at_night
async def test_a_client_generated_in_java_does_it(hall: TownHall, tmp_path: Path) -> None:
    """By day ``tests/api/test_openapi.py`` looks for what the generators stumble over."""
    if shutil.which("javac") is None or not all(jar.exists() for jar in JARS):
        pytest.skip("not here: javac or libhttpmime-java (`make tools`)")
    environment = await tools(tmp_path / "tools")
    (jar,) = await asyncio.to_thread(lambda: [*environment.rglob("openapi-generator.jar")])
    made = tmp_path / "made"
    packages = (f"--{part}-package=casework.{part}" for part in ("api", "model"))
    await ran(
        *("java", "-jar", jar, "generate", "-g", "java", "--library", "native"),
        *("-i", str(await described(hall, tmp_path)), "-o", str(made), *packages),
        *("--invoker-package=casework.client", "--additional-properties=openApiNullable=false"),
    )
    annotation = made / "src/main/java/javax/annotation/Generated.java"
    annotation.parent.mkdir(parents=True)
    annotation.write_text(LEFT_THE_JDK)
    sources = await asyncio.to_thread(lambda: [*(made / "src/main").rglob("*.java")])
    path = ":".join(map(str, (jar, *JARS)))
    example = EXAMPLES / "java/Backend.java"
    await ran("javac", "-nowarn", "-cp", path, "-d", made / "out", *sources, example)
    given = await asyncio.to_thread(filed, hall, tmp_path, "by-java")
    (told,) = await ran("java", "-cp", f"{path}:{made / 'out'}", "Backend", *given)
    assert (told["stage"], told["status"], told["code"]) == ("pre_review", 409, "WRONG_STAGE")


@at_night
async def test_a_client_generated_in_python_does_it(hall: TownHall, tmp_path: Path) -> None:
    """By day likewise."""
    environment = await tools(tmp_path / "tools")
    (tmp_path / "config.yaml").write_text(
        "post_hooks: []\ncontent_type_overrides:\n"
        + "".join(f"  {kind}: application/octet-stream\n" for kind in OTHER_TYPES)
    )
    generate = (environment / "bin/openapi-python-client", *("generate", "--meta", "none"))
    file = await described(hall, tmp_path)
    config = ("--fail-on-warning", "--config", tmp_path / "config.yaml")
    await ran(*generate, "--path", file, "--output-path", tmp_path / "casework_client", *config)
    given = await asyncio.to_thread(filed, hall, tmp_path, "by-generated")
    (tmp_path / "errand.py").write_text(ERRAND)
    (told,) = await ran(environment / "bin/python", "errand.py", *given, cwd=tmp_path)
    assert (told["stage"], told["code"]) == ("pre_review", "WRONG_STAGE")
    assert json.loads(told["again"])["status"] == 200


OTHER_TYPES = (
    "application/pdf",
    "application/pkcs7-signature",
    "application/x-ndjson",
    "application/zip",
    "image/svg+xml",
)
ERRAND = """
import json, sys
from casework_client import AuthenticatedClient
from casework_client.api.handling import applications_supplement
from casework_client.api.intake import applications_submit, materials_upload
from casework_client.api.intake import submissions_submit
from casework_client.api.reading import applications_get
from casework_client.models import MaterialsUploadFilesBody, Submission, SupplementBody
from casework_client.types import File

address, token, application, file = sys.argv[1:]
client = AuthenticatedClient(base_url=address, token=token, timeout=100)
with open(file, "rb") as content:
    form = MaterialsUploadFilesBody(file=File(payload=content, file_name="file.pdf"))
    stored = materials_upload.sync(client=client, body=form)
body = json.load(open(application))
for material in body["materials"]:
    material["sha256"] = stored.sha256
receipt = applications_submit.sync(client=client, body=Submission.from_dict(body))
seen = applications_get.sync(receipt.case_no, client=client)
refused = applications_supplement.sync(
    receipt.case_no, client=client, body=SupplementBody(statements=["ILLEGIBLE"])
)
lines = File(payload=json.dumps(body).encode())
told = submissions_submit.sync_detailed(client=client, body=lines)
print(json.dumps({"stage": seen.stage, "code": refused.code, "again": told.content.decode()}))
"""


@at_night
async def test_a_backend_with_the_sdk_for_node_does_it(hall: TownHall, tmp_path: Path) -> None:
    """By day ``tests/api/test_in_clear.py`` does the same with Python's SDK as it comes."""
    if shutil.which("npm") is None:
        pytest.skip("not here: npm")
    case_no = await hall.submit("by-node")
    key = tmp_path / "node.pem"
    words = ("keys", "signer", "add", "node", "--code", "backend", "--to", str(key))
    made = typed(hall.settings, *words)
    assert made.returncode == 0, made.stdout + made.stderr
    kid = next(
        json.loads(each.read_text())["kid"]
        for each in hall.settings.signers_dir.glob("node-*.json")
    )
    script = shutil.copy(EXAMPLES / "node/backend.mjs", tmp_path)
    install: tuple[str, ...] = (
        "npm",
        "install",
        "--no-audit",
        "--no-fund",
        "@temporalio/client@1.24.0",
    )
    await ran(*install, cwd=tmp_path)
    address = f"127.0.0.1:{hall.settings.temporal_port}"
    told = await ran("node", script, address, key, kid, "backend", case_no, cwd=tmp_path)
    answers = {each["step"]: each["answer"] for each in told}
    assert answers["refused"]["code"] == "WRONG_STAGE"
    assert answers["outcome"]["stage"] == answers["withdrawn"]["stage"] == "withdrawn"
