"""Settings: the only reader of the environment.

Every field is set by ``CASEWORK_<FIELD>``; without any, the values fit the local stack of
``make up``. The address of Temporal is not here: it follows the standard ``TEMPORAL_*`` variables
and ``temporal.toml`` profiles (see ``casework.temporal``).
"""

import json
import os
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

LOOPBACK = "127.0.0.1"
WORKFLOW_TASKS = min(8, 4 * (os.cpu_count() or 1))
"""At once, in one worker; a cold one of 60 ms then takes half a second (workers/main.py).

A worker computes on one core. Where it has to share the only one, it takes on half as much.
"""

Port = Annotated[int, Field(ge=1, le=65535)]
AbsolutePath = Annotated[Path, AfterValidator(lambda path: path.expanduser().resolve())]


def _folder_or_bucket(where: str) -> str:
    if where.startswith("s3://"):
        return where
    return str(Path(where.removeprefix("file://")).expanduser().resolve())


FolderOrBucket = Annotated[str, Field(min_length=1), AfterValidator(_folder_or_bucket)]


def _with_driver(url: str) -> str:
    # What other tools call postgres:// or postgresql:// is the same server to us.
    scheme, separator, rest = url.partition("://")
    return f"postgresql+asyncpg{separator}{rest}" if scheme.startswith("postgres") else url


# It may hold a password, so it shows in nothing that is printed.
DatabaseUrl = Annotated[
    SecretStr, AfterValidator(lambda url: SecretStr(_with_driver(url.get_secret_value())))
]


class SettingsError(Exception):
    """A setting that cannot be used; the message is one line for an engineer."""


class Settings(BaseSettings):
    """What a process of Casework must know about its surroundings; frozen.

    ``database_url`` and Temporal's address decide who runs what: without them the local stack
    brings its own PostgreSQL and its own Temporal server.
    """

    model_config = SettingsConfigDict(env_prefix="CASEWORK_", frozen=True, validate_default=True)

    environment: Literal["local", "production"] = Field(
        default="local", description="what is asked of its surroundings: casework/surroundings.py"
    )
    home: AbsolutePath = Path(".casework")
    database_url: DatabaseUrl | None = None
    allow_newer_register: bool = Field(
        default=False,
        description="run on tables of a later release, whose notes say that this one can",
    )
    log_json: bool = False
    workflow_sandbox: bool = Field(
        default=True, description="run workflows in Temporal's sandbox (docs/performance.md)"
    )
    workflow_tasks: int = Field(
        default=WORKFLOW_TASKS,
        ge=2,
        le=100,
        description="workflow tasks that one worker works on at once (docs/performance.md)",
    )
    worker_versioning: bool = Field(
        default=False,
        description="Temporal gives tasks to workers by their release: `casework rollout` says"
        " which one has the cases, and until it has, none is served",
    )
    leave_within_seconds: float = Field(
        default=15, gt=0, description="a worker asked to stop is gone after so long, by force"
    )

    worker_metrics_address: str = Field(
        default="",
        pattern=r"^(.+:\d{1,5})?$",
        description="host:port of a worker's page for Prometheus; empty: none. The API's is on its"
        " port for probes",
    )

    api_host: str = LOOPBACK
    api_port: Port = 8080
    api_probe_port: Port = Field(
        default_factory=lambda known: known["api_port"] + 1,
        description="/live and /ready of the API, for probes alone",
    )
    api_public_url: str = Field(
        default_factory=lambda known: f"http://{LOOPBACK}:{known['api_port']}",
        description="how outside parties reach the API for their callbacks",
    )
    allowed_hosts: str = Field(
        default="",
        description="further names by which the API may be asked for, with commas; that of"
        " CASEWORK_API_PUBLIC_URL and this machine's own are; * for any",
    )
    answer_within_seconds: float = Field(
        default=5, gt=0, description="how long HTTP waits for an update before it answers 202"
    )
    request_within_seconds: float = Field(
        default_factory=lambda known: known["answer_within_seconds"] + 25,
        gt=0,
        description="how long a request may take at all, uploads apart; then 408 or 503",
    )
    json_max_bytes: int = Field(default=256 * 1024, gt=0)
    rate_per_minute: int = Field(default=6000, gt=0, description="requests of one person or system")
    burst: int = Field(
        default=1000, gt=0, description="of these, how many at once; a second's worth at least"
    )
    most_connections: int = Field(
        default=1000, gt=0, description="open connections of an API process; beyond them 503"
    )
    connections_per_address: int = Field(
        default=200, gt=0, description="of these, of one address that is no proxy; beyond them 429"
    )
    head_within_seconds: float = Field(
        default=10, gt=0, description="how long a request line and its headers may take"
    )
    trusted_proxies: str = Field(
        default="",
        description="whose X-Forwarded-For counts: addresses or networks, with commas; they may"
        " open any number of connections",
    )
    docs: bool = Field(
        default_factory=lambda known: known["environment"] == "local",
        description="show /docs and /openapi.json to everybody who reaches the API",
    )

    temporal_port: Port = 7233
    ui_port: Port = 8233

    card_ui_url: str = Field(
        default_factory=lambda known: (
            _address(known["ui_port"]) if known["environment"] == "local" else ""
        ),
        description="Temporal's Web UI, to which digests of cards link; empty: no such links",
    )
    card_api_url: str = Field(
        default_factory=lambda known: known["api_public_url"],
        description="the API, to which digests of cards link; empty: no such links",
    )

    codec_origins: str = Field(
        default_factory=lambda known: _address(known["ui_port"]),
        description="Web UIs whose pages may show what is sealed: origins, with commas",
    )

    town_port: Port = 8090
    town_smtp_port: Port = 8025
    sms_url: str = Field(default_factory=lambda known: _address(known["town_port"]))
    sms_signature: str = "人才服务"
    superior_url: str = Field(default_factory=lambda known: _address(known["town_port"]))
    hotline_url: str | None = Field(
        default_factory=lambda known: (
            _address(known["town_port"]) if known["environment"] == "local" else None
        ),
        description="the hotline 12345, which is told what became of its tickets; none:"
        " officers tell it in its own system",
    )
    smtp_host: str = LOOPBACK
    smtp_port: Port = Field(default_factory=lambda known: known["town_smtp_port"])
    smtp_user: str | None = None
    smtp_password_file: AbsolutePath | None = None
    smtp_use_tls: bool = Field(
        default=False, description="TLS from the first byte; without it STARTTLS when offered"
    )
    sms_token_file: AbsolutePath | None = Field(default=None, description="a bearer token")
    superior_token_file: AbsolutePath | None = Field(
        default=None, description="a bearer token, for reports, parcels and data checks"
    )
    hotline_token_file: AbsolutePath | None = Field(
        default=None, description="a bearer token, for reports on tickets"
    )
    seal_url: str | None = Field(
        default=None,
        description="the city's electronic seal; where it is set, no letter goes out unsealed",
    )
    seal_takes_file: bool = Field(
        default=False,
        description="the seal gets the letter and gives it back sealed; else it signs the digest",
    )
    seal_token_file: AbsolutePath | None = Field(default=None, description="a bearer token")
    seal_certificate_file: AbsolutePath | None = Field(
        default=None,
        description="the city's published certificates (PEM), former ones too; what the seal gives"
        " must be by one of them",
    )
    mail_from: str = "casework@localhost.localdomain"
    mailboxes_file: AbsolutePath | None = Field(
        default=None,
        description="the mailboxes from which cases come (docs/runbook.md); empty: none",
    )
    mail_max_bytes: int = Field(
        default=40 * 1024 * 1024, gt=0, description="a larger mail is not read, and LMTP refuses it"
    )
    lmtp_host: str = LOOPBACK
    lmtp_port: Port = 8024
    operator_mail: str = Field(
        default="operator@localhost.localdomain",
        description="who is told what the system itself needs (next year's calendar)",
    )

    rouse_per_second: int = Field(
        default=100,
        gt=0,
        description="cases that one order, or one outreach, tells something in a second, at most",
    )

    wake_spread_minutes: int = Field(
        default=120,
        ge=0,
        le=540,
        description="before the start of business, over which the cases of a morning wake; a case"
        " keeps what held when it was opened",
    )

    webhook_hosts: str = Field(
        default_factory=lambda known: (
            f"{LOOPBACK},localhost" if known["environment"] == "local" else ""
        ),
        description="hosts to which webhooks may go, with commas: name or name:port, and .name for"
        " every name below it; nothing else is ever asked",
    )
    webhook_networks: str = Field(
        default_factory=lambda known: (
            "127.0.0.0/8,::1/128" if known["environment"] == "local" else ""
        ),
        description="networks, with commas, that are not public and in which such a host may lie",
    )
    webhook_keys_file: AbsolutePath = Field(
        default_factory=lambda known: known["home"] / "keys" / "webhooks.json",
        description="the keys that sign webhooks (JWK set); the API needs the public halves alone",
    )

    issuer_port: Port = 8070
    oidc_issuer: str = Field(
        default_factory=lambda known: _address(known["issuer_port"]),
        description="who vouches for people and systems: OpenID Connect, found by discovery",
    )
    oidc_audience: str = Field(default="casework", description="the `aud` of our access tokens")
    oidc_code_claim: str = "sub"
    oidc_role_claim: str = "role"
    oidc_district_claim: str = "district"
    oidc_office_claim: str = "office"
    oidc_number_claim: str = Field(
        default="id_number",
        description="number of a person outside, or credit code of a firm; kept as a pseudonym",
    )
    oidc_client_id: str = Field(default="casework", description="our own, for people who log in")
    oidc_command_client_id: str = Field(
        default="casework-cli",
        description="the public client by which `casework login` uses the device flow",
    )
    oidc_client_secret_file: AbsolutePath = Field(
        default_factory=lambda known: client_secret_file(known["home"], known["oidc_client_id"])
    )
    session_key_file: AbsolutePath = Field(
        default_factory=lambda known: known["home"] / "keys" / "session.key",
        description="signs the cookies of browsers; the same for every API process",
    )

    roster_file: AbsolutePath | None = Field(
        default=None, description="who holds which post; without it the sample of the catalogue"
    )
    service_roster_file: AbsolutePath | None = Field(
        default=None, description="the same for talent service"
    )

    scim_file: AbsolutePath | None = Field(
        default=None,
        description="which directories may write the staff by SCIM, and their tokens' digests"
        " (docs/runbook.md); empty: none, and there is no /scim",
    )

    key_ring_file: AbsolutePath = Field(
        default_factory=lambda known: known["home"] / "keys" / "ring.json",
        description="master keys, the same for every process (docs/runbook.md)",
    )
    cipher: Literal["A256GCM", "SM4GCM"] = Field(
        default="A256GCM", description="what seals from now on; both are always read"
    )
    encrypt_payloads: bool = Field(
        default=True, description="seal what Temporal keeps; false only in the local stack"
    )

    signers_dir: AbsolutePath = Field(
        default_factory=lambda known: known["home"] / "keys" / "signers",
        description="public keys of those whose proofs count, one file each (docs/contract.md)",
    )
    signing_key_file: AbsolutePath | None = Field(
        default=None,
        description="the key by which a part signs; without it home/keys/<part>.signing.pem",
    )
    proof_lasts_seconds: int = Field(
        default=300, gt=0, description="how long a start or a decision may be on its way"
    )

    hash: Literal["sha256", "sm3"] = Field(
        default="sha256", description="what chains events from now on; both are always read"
    )
    digest_key_file: AbsolutePath = Field(
        default_factory=lambda known: known["home"] / "keys" / "digest.pem",
        description="the private key that signs the digests of the day (PEM)",
    )
    audit_export_dir: AbsolutePath = Field(
        default_factory=lambda known: known["home"] / "audit",
        description="where signed digests are put, for whoever keeps them out of our reach",
    )

    catalogue: FolderOrBucket | None = Field(
        default=None,
        description="the catalogue with which the register begins: a folder, or s3://bucket/prefix"
        " (with #sha256, that digest and no other); without it the packaged one",
    )
    store_url: str = Field(
        default_factory=lambda known: (known["home"] / "materials").as_uri(),
        description="materials: file:///folder or s3://bucket/prefix",
    )
    upload_max_bytes: int = Field(default=20 * 1024 * 1024, gt=0)
    upload_within_seconds: float = Field(
        default=600, gt=0, description="how long an upload may take, over a slow line too"
    )

    @classmethod
    def load(cls) -> Self:
        """Read the environment; raise `SettingsError` naming every variable that is wrong."""
        try:
            return cls()
        except ValidationError as error:
            # A default built from a wrong field is missing too, but is nobody's mistake.
            faults = (
                f"CASEWORK_{'_'.join(map(str, fault['loc'])).upper()}: {fault['msg']}"
                for fault in error.errors()
                if fault["type"] != "default_factory_not_called"
            )
            raise SettingsError("; ".join(faults)) from None

    @property
    def database(self) -> str:
        """SQLAlchemy URL of the register; raise `SettingsError` when there is none to speak to."""
        if self.database_url:
            return self.database_url.get_secret_value()
        try:
            return self.database_url_file.read_text().strip()
        except OSError:
            raise SettingsError(
                "no database: set CASEWORK_DATABASE_URL, or start the stack by `casework up`"
            ) from None

    @property
    def database_url_file(self) -> Path:
        """Where the local stack writes the address of its PostgreSQL for every other process."""
        return self.home / "run" / "database.url"

    @property
    def pseudonyms_key_file(self) -> Path:
        """The key of `casework.security.pseudonyms`; the same for every API process."""
        return self.home / "keys" / "pseudonyms.key"

    @property
    def local_issuer(self) -> str:
        """The address of the local stack's own issuer, whether it is the one in force or not."""
        return _address(self.issuer_port)

    @property
    def issuer_keys_file(self) -> Path:
        """The signing keys of the local stack's own issuer; a real issuer keeps its own."""
        return self.home / "keys" / "issuer.json"

    @property
    def api_local_url(self) -> str:
        """The API as a client on this machine reaches it."""
        host = LOOPBACK if self.api_host in ("0.0.0.0", "::") else self.api_host  # noqa: S104 - compared, not bound
        return f"http://{host}:{self.api_port}"

    @property
    def codec_url(self) -> str:
        """Where the pages of the local stack's Web UI have opened what is sealed."""
        return f"{self.api_local_url}/codec"

    @property
    def ui_url(self) -> str:
        """The local stack's Temporal Web UI."""
        return f"http://{LOOPBACK}:{self.ui_port}"

    def child_environment(self) -> dict[str, str]:
        """Return this process's environment, with these settings in place of any other."""
        plain = self.model_dump(mode="json", exclude_none=True)
        if self.database_url:
            plain["database_url"] = self.database_url.get_secret_value()
        own = {
            f"CASEWORK_{name.upper()}": value if isinstance(value, str) else json.dumps(value)
            for name, value in plain.items()
        }
        foreign = {k: v for k, v in os.environ.items() if not k.upper().startswith("CASEWORK_")}  # noqa: TID251 - this module is the reader
        return foreign | own


def is_loopback(host: str) -> bool:
    """Whether a host's name or address can be nowhere but on this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def client_secret_file(home: Path, client_id: str) -> Path:
    """Where the local stack keeps the secret by which a system gets its tokens."""
    return home / "keys" / "clients" / f"{client_id}.secret"


def _address(port: int) -> str:
    return f"http://{LOOPBACK}:{port}"
