"""Settings: the only reader of the environment.

Every field is set by ``CASEWORK_<FIELD>``; without any, the values fit the local stack of
``make up``. The address of Temporal is not here: it follows the standard ``TEMPORAL_*`` variables
and ``temporal.toml`` profiles (see ``casework.temporal``).
"""

import os
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

LOOPBACK = "127.0.0.1"

Port = Annotated[int, Field(ge=1, le=65535)]
AbsolutePath = Annotated[Path, AfterValidator(lambda path: path.expanduser().resolve())]


def _with_driver(url: str) -> str:
    # What other tools call postgres:// or postgresql:// is the same server to us.
    scheme, separator, rest = url.partition("://")
    return f"postgresql+asyncpg{separator}{rest}" if scheme.startswith("postgres") else url


DatabaseUrl = Annotated[str, AfterValidator(_with_driver)]


class SettingsError(Exception):
    """A setting that cannot be used; the message is one line for an engineer."""


class Settings(BaseSettings):
    """What a process of Casework must know about its surroundings; frozen.

    ``database_url`` and Temporal's address decide who runs what: without them the local stack
    brings its own PostgreSQL and its own Temporal server.
    """

    model_config = SettingsConfigDict(env_prefix="CASEWORK_", frozen=True, validate_default=True)

    home: AbsolutePath = Path(".casework")
    database_url: DatabaseUrl | None = None
    log_json: bool = False
    workflow_sandbox: bool = Field(
        default=True, description="run workflows in Temporal's sandbox (docs/performance.md)"
    )

    api_host: str = LOOPBACK
    api_port: Port = 8080
    api_public_url: str = Field(
        default_factory=lambda known: f"http://{LOOPBACK}:{known['api_port']}",
        description="how outside parties reach the API for their callbacks",
    )
    answer_within_seconds: float = Field(
        default=5, gt=0, description="how long HTTP waits for an update before it answers 202"
    )

    temporal_port: Port = 7233
    ui_port: Port = 8233

    town_port: Port = 8090
    town_smtp_port: Port = 8025
    sms_url: str = Field(default_factory=lambda known: _address(known["town_port"]))
    sms_signature: str = "人才服务"
    superior_url: str = Field(default_factory=lambda known: _address(known["town_port"]))
    smtp_host: str = LOOPBACK
    smtp_port: Port = Field(default_factory=lambda known: known["town_smtp_port"])
    mail_from: str = "casework@localhost.localdomain"
    operator_mail: str = Field(
        default="operator@localhost.localdomain",
        description="who is told what the system itself needs (next year's calendar)",
    )

    rouse_per_second: int = Field(
        default=100,
        gt=0,
        description="cases that one order, or one outreach, tells something in a second, at most",
    )

    token_issuer: str = "casework-local"  # noqa: S105 - the name of an issuer, not a secret
    token_audience: str = "casework"  # noqa: S105 - as above
    token_public_key_file: AbsolutePath = Field(
        default_factory=lambda known: known["home"] / "keys" / "issuer.public.pem"
    )

    store_url: str = Field(
        default_factory=lambda known: (known["home"] / "materials").as_uri(),
        description="materials: file:///folder or s3://bucket/prefix",
    )
    upload_max_bytes: int = Field(default=20 * 1024 * 1024, gt=0)

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
            return self.database_url
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
    def token_private_key_file(self) -> Path:
        """The signing key of the local stack's own issuer; a real issuer keeps its own."""
        return self.home / "keys" / "issuer.private.pem"

    @property
    def api_local_url(self) -> str:
        """The API as a client on this machine reaches it."""
        host = LOOPBACK if self.api_host in ("0.0.0.0", "::") else self.api_host  # noqa: S104 - compared, not bound
        return f"http://{host}:{self.api_port}"

    @property
    def ui_url(self) -> str:
        """The local stack's Temporal Web UI."""
        return f"http://{LOOPBACK}:{self.ui_port}"

    def child_environment(self) -> dict[str, str]:
        """Return this process's environment, with these settings in place of any other."""
        own = {
            f"CASEWORK_{name.upper()}": str(value)
            for name, value in self.model_dump(mode="json", exclude_none=True).items()
        }
        foreign = {k: v for k, v in os.environ.items() if not k.upper().startswith("CASEWORK_")}  # noqa: TID251 - this module is the reader
        return foreign | own


def _address(port: int) -> str:
    return f"http://{LOOPBACK}:{port}"
