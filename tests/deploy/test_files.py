"""The files of `deploy/` are what the tools that read them understand; nothing is started."""

import json
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import kubernetes_validate
import promql_parser
import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from casework.settings import Settings
from tests.docs.pages import ROOT, RUNBOOK
from tests.examples import is_night

DEPLOY = ROOT / "deploy"
RULES = yaml.safe_load((DEPLOY / "prometheus/casework.rules.yml").read_text())
ALERTS = [rule for group in RULES["groups"] for rule in group["rules"] if "alert" in rule]
UNITS = sorted((DEPLOY / "systemd").glob("casework*"))


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    """What a tool says; the test fails if the tool does."""
    done = subprocess.run(  # noqa: S603 - tools of the environment, on our own files
        [str(each) for each in command],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def ours(name: str) -> str:
    """A tool that the lock brings."""
    found = shutil.which(name, path=sysconfig.get_path("scripts"))
    assert found, name
    return found


def theirs(name: str, package: str) -> str:
    """A tool of Debian, which CI and an engineer's machine may or may not have."""
    found = shutil.which(name, path="/usr/bin:/usr/sbin:/bin:/sbin")
    if not found:
        pytest.skip(f"{name} is not here: apt-get install {package} (make tools)")
    return found


# --- images and compose --------------------------------------------------------------------


def test_the_containerfile_is_clean() -> None:
    assert run(ours("hadolint"), DEPLOY / "Containerfile") == ""


def test_the_image_is_unprivileged_and_has_what_production_needs_alone() -> None:
    text = (DEPLOY / "Containerfile").read_text()
    assert "USER 10001:10001" in text
    assert "--require-hashes" in text
    assert "-r requirements-runtime.lock" in text
    assert not re.search(r"requirements\.lock", text)


def test_compose_understands_its_file() -> None:
    file = DEPLOY / "compose.yaml"
    run(ours("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", file)
    services = yaml.safe_load(file.read_text())["services"]
    assert {"postgres", "temporal", "temporal-ui", "migrate", "worker", "api"} <= set(services)
    for name in ("migrate", "worker", "api"):
        assert services[name]["read_only"] is True
        assert services[name]["cap_drop"] == ["ALL"]
    assert [each for each in services if "ports" in services[each]] == ["nginx"]


def test_every_file_that_compose_mounts_is_there() -> None:
    made_by_the_office = {"./config", "./tls"}
    text = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    mounts = {
        volume.partition(":")[0]
        for service in text["services"].values()
        for volume in service.get("volumes", ())
        if volume.startswith("./")
    }
    missing = {each for each in mounts - made_by_the_office if not (DEPLOY / each).exists()}
    assert not missing


@pytest.mark.parametrize("script", sorted((DEPLOY / "compose").glob("*.sh")), ids=lambda f: f.name)
def test_a_script_is_one_that_a_shell_can_read(script: Path) -> None:
    run("/bin/sh", "-n", script)


# --- settings ------------------------------------------------------------------------------


def _settings_named() -> Iterator[tuple[str, str]]:
    for file in sorted(DEPLOY.rglob("*")):
        if file.is_file() and file.suffix != ".md":
            for name in re.findall(r"\bCASEWORK_[A-Z_]+\b", file.read_text()):
                yield file.name, name


def test_every_setting_that_is_named_exists() -> None:
    ours_alone = {"CASEWORK_IMAGE", "CASEWORK_PUBLIC_URL"}  # compose's own
    known = {f"CASEWORK_{name.upper()}" for name in Settings.model_fields} | ours_alone
    assert {(file, name) for file, name in _settings_named() if name not in known} == set()


# --- Kubernetes ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def objects() -> list[dict[str, Any]]:
    """What `kubectl apply -k` would send."""
    return list(yaml.safe_load_all(run(ours("kubectl"), "kustomize", DEPLOY / "kubernetes")))


def pods(objects: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    found = {}
    for each in objects:
        spec = each.get("spec", {})
        spec = spec.get("jobTemplate", {}).get("spec", spec)
        if "template" in spec:
            found[each["metadata"]["name"]] = spec["template"]["spec"]
    return found


def test_kubernetes_understands_every_object(objects: list[dict[str, Any]]) -> None:
    for each in objects:
        kubernetes_validate.validate(each, "1.37", strict=True)
    assert {"Deployment", "Job", "CronJob", "PodDisruptionBudget", "NetworkPolicy"} <= {
        each["kind"] for each in objects
    }


def test_every_pod_is_unprivileged_and_writes_to_its_volumes_alone(
    objects: list[dict[str, Any]],
) -> None:
    assert set(pods(objects)) == {"worker", "api", "migrate", "doctor", "verify", "secrets"}
    for pod in pods(objects).values():
        assert pod["securityContext"]["runAsUser"] == 10001
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["automountServiceAccountToken"] is False
        (container,) = pod["containers"]
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["securityContext"]["capabilities"]["drop"] == ["ALL"]
        assert container["resources"]["limits"]["memory"]
        mounted = {each["name"] for each in container["volumeMounts"]}
        assert mounted == {each["name"] for each in pod["volumes"]}


def test_a_worker_is_given_longer_to_leave_than_it_takes(objects: list[dict[str, Any]]) -> None:
    (settings,) = (each["data"] for each in objects if each["kind"] == "ConfigMap")
    grace = pods(objects)["worker"]["terminationGracePeriodSeconds"]
    assert grace > float(settings["CASEWORK_LEAVE_WITHIN_SECONDS"])


def test_workers_of_the_next_release_are_told_from_the_others(
    objects: list[dict[str, Any]],
) -> None:
    """The same but for name, instance, release and number; no selector finds those of the other."""
    (beside,) = yaml.safe_load_all(run(ours("kubectl"), "kustomize", DEPLOY / "kubernetes/next"))
    kubernetes_validate.validate(beside, "1.37", strict=True)
    own = next(
        e for e in objects if e["kind"] == "Deployment" and e["metadata"]["name"] == "worker"
    )
    assert beside["metadata"]["name"] == "worker-next"
    chosen = [each["spec"]["selector"]["matchLabels"] for each in (own, beside)]
    assert [each.pop("app.kubernetes.io/instance") for each in chosen] == ["current", "next"]
    assert chosen[0] == chosen[1]
    spread = "topologySpreadConstraints"
    assert pods([own])["worker"] | {spread: 0} == pods([beside])["worker-next"] | {spread: 0}
    (settings,) = (each["data"] for each in objects if each["kind"] == "ConfigMap")
    assert settings["CASEWORK_WORKER_VERSIONING"] == "true"


def test_what_scales_budgets_and_policies_name_is_there(objects: list[dict[str, Any]]) -> None:
    components = {
        each["metadata"]["labels"]["app.kubernetes.io/component"]
        for each in objects
        if each["kind"] == "Deployment"
    }
    for each in objects:
        if each["kind"] == "HorizontalPodAutoscaler":
            assert each["spec"]["scaleTargetRef"]["name"] in components
        if each["kind"] == "PodDisruptionBudget":
            chosen = each["spec"]["selector"]["matchLabels"]
            assert chosen["app.kubernetes.io/component"] in components


# --- one machine ---------------------------------------------------------------------------


def test_systemd_understands_the_units(tmp_path: Path) -> None:
    """Any word is a fault: the tool ends well whatever it finds."""
    analyze = theirs("systemd-analyze", "systemd")
    for unit in UNITS:
        # The program is not installed here.
        text = re.sub("/opt/casework(-%i)?/bin/casework", sys.executable, unit.read_text())
        (tmp_path / unit.name).write_text(text)
    said = run(analyze, "verify", "--man=no", *(tmp_path / each.name for each in UNITS))
    assert [line for line in said.splitlines() if "casework" in line] == []


def test_a_worker_of_the_next_release_is_closed_as_the_others_are() -> None:
    own, beside = (
        set((DEPLOY / "systemd" / f"casework-worker{which}.service").read_text().splitlines())
        for which in ("", "@")
    )
    differ = {line.partition("=")[0] for line in own ^ beside if not line.startswith("#")}
    assert differ == {"Description", "Environment", "ExecStart"}


def test_systemd_finds_the_units_well_closed(tmp_path: Path) -> None:
    analyze = theirs("systemd-analyze", "systemd")
    for unit in UNITS:
        if unit.suffix == ".service":
            run(analyze, "security", "--offline=yes", "--threshold=20", unit)


def test_nginx_understands_its_file(tmp_path: Path) -> None:
    nginx = theirs("nginx", "nginx-light")
    key, certificate = tmp_path / "tls.key", tmp_path / "tls.crt"
    _certify(key, certificate)
    text = (DEPLOY / "nginx.conf").read_text()
    text = text.replace("/etc/nginx/tls/", f"{tmp_path}/")
    for name in ("api", "temporal-ui", "grafana"):
        text = text.replace(f"{name}:", "127.0.0.1:")
    (tmp_path / "nginx.conf").write_text(text)
    run(nginx, "-t", "-q", "-c", tmp_path / "nginx.conf")


def _certify(key_file: Path, certificate_file: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "casework.internal")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    key_file.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    certificate_file.write_bytes(certificate.public_bytes(pem))


# --- rules and dashboards ------------------------------------------------------------------


def named(query: str) -> set[str]:
    """The metrics that a query names."""
    return set(_named(promql_parser.parse(query)))


def _named(expression: Any) -> Iterator[str]:
    if isinstance(expression, promql_parser.VectorSelector):
        yield expression.name or ""
    inner = ("expr", "lhs", "rhs", "vector_selector")
    for part in (getattr(expression, name, None) for name in inner):
        if part is not None:
            yield from _named(part)
    for part in getattr(expression, "args", None) or ():
        yield from _named(part)


def test_the_names_of_a_query_are_found() -> None:
    query = 'max(rate(a{x="y"}[5m])) - (absent(b) or vector(0)) > 0 and on () month() == 12'
    assert named(query) == {"a", "b"}


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_an_alert_is_whole_and_has_a_section_of_the_runbook(alert: dict[str, Any]) -> None:
    promql_parser.parse(alert["expr"])
    assert alert["labels"]["severity"] in {"critical", "warning", "notice"}
    assert set(alert["annotations"]) == {"summary", "description"}
    section = RUNBOOK.partition(f"\n### {alert['alert']}\n")[2].partition("\n#")[0]
    assert len(section.strip()) > 40


def test_the_runbook_has_no_section_of_an_alert_that_is_gone() -> None:
    sections = re.findall(r"^### (Casework\w+)$", RUNBOOK, re.MULTILINE)
    assert sorted(sections) == sorted(alert["alert"] for alert in ALERTS)


def test_prometheus_understands_rules_and_settings() -> None:
    promtool = theirs("promtool", "prometheus")
    run(promtool, "check", "config", DEPLOY / "prometheus/prometheus.yml")


def test_every_alert_fires_on_its_cause_and_clears() -> None:
    files = sorted((DEPLOY / "prometheus").glob("*.test.yml"))
    tried = {test["name"] for file in files for test in yaml.safe_load(file.read_text())["tests"]}
    assert tried == {alert["alert"] for alert in ALERTS}
    promtool = theirs("promtool", "prometheus")
    quick = files if is_night() else [file for file in files if "slow" not in file.name]
    run(promtool, "test", "rules", *quick, cwd=DEPLOY / "prometheus")


@pytest.mark.parametrize(
    "file", sorted((DEPLOY / "grafana/dashboards").glob("*.json")), ids=lambda file: file.stem
)
def test_a_dashboard_has_queries_that_prometheus_understands(file: Path) -> None:
    dashboard = json.loads(file.read_text())
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(ids) == len(set(ids)) > 5
    for panel in dashboard["panels"]:
        assert panel["title"]
        assert panel["targets"]
        for target in panel["targets"]:
            promql_parser.parse(target["expr"].replace("$district", "310106"))
