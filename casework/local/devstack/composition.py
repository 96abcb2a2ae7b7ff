"""Which parts make up the local stack under given settings, in which order.

Storage first, then what uses it. A part whose place is taken by a setting (a database URL, a
Temporal address) is left out.
"""

import asyncio
import os
import sys
from collections.abc import Callable
from datetime import datetime

from temporalio.service import RPCError

from casework import temporal
from casework.domain.time.calendar import ZONE
from casework.local.devstack.layout import Layout
from casework.local.devstack.part import (
    ApplicationStage,
    Part,
    PartFailedError,
    http_answers,
    tcp_answers,
    worker_polls,
)
from casework.local.devstack.postgres import create_cluster, create_database
from casework.local.devstack.temporal_server import server_part
from casework.local.post import office_mailboxes
from casework.settings import LOOPBACK, Settings

SUPERVISOR = "supervisor"
COMMAND = (sys.executable, "-m", "casework")


def brings_postgres(settings: Settings) -> bool:
    """Say whether the stack runs its own PostgreSQL."""
    return not settings.database_url


def brings_temporal() -> bool:
    """Say whether the stack runs its own Temporal server."""
    return "target_host" not in temporal.configured()


def brings_issuer(settings: Settings) -> bool:
    """Say whether the stack runs its own issuer of tokens."""
    return settings.oidc_issuer == settings.local_issuer


def brings_mail(settings: Settings) -> bool:
    """Say whether the stack has mailboxes of its own, to which mails can be sent from here."""
    return settings.mailboxes_file is None


def part_names(settings: Settings) -> list[str]:
    """Return the names of the parts, in the order they start."""
    parts = [
        ("postgres", brings_postgres(settings)),
        ("temporal", brings_temporal()),
        ("issuer", brings_issuer(settings)),
        ("town", True),
        ("worker", True),
        ("api", True),
        ("mail", brings_mail(settings)),
    ]
    return [name for name, brought in parts if brought]


def ports(settings: Settings) -> dict[str, int]:
    """Return the ports that the stack listens on, by the variable that sets each."""
    listened = {
        "CASEWORK_API_PORT": settings.api_port,
        "CASEWORK_API_PROBE_PORT": settings.api_probe_port,
        "CASEWORK_TOWN_PORT": settings.town_port,
        "CASEWORK_TOWN_SMTP_PORT": settings.town_smtp_port,
        "CASEWORK_WORKER_METRICS_ADDRESS": int(worker_metrics(settings).rpartition(":")[2]),
    }
    if brings_issuer(settings):
        listened["CASEWORK_ISSUER_PORT"] = settings.issuer_port
    if brings_mail(settings):
        listened["CASEWORK_LMTP_PORT"] = settings.lmtp_port
    if brings_temporal():
        listened["CASEWORK_TEMPORAL_PORT"] = settings.temporal_port
        listened["CASEWORK_UI_PORT"] = settings.ui_port
    return listened


def worker_metrics(settings: Settings) -> str:
    """Where the stack's worker shows its metrics; by default at the port after the probes'."""
    return settings.worker_metrics_address or f"{LOOPBACK}:{settings.api_probe_port + 1}"


async def compose(
    settings: Settings,
    layout: Layout,
    say: Callable[[str], None],
    *,
    command: tuple[str, ...] = COMMAND,
) -> list[ApplicationStage]:
    """Return the stages; the cluster of the embedded PostgreSQL is made here on first use.

    ``command`` runs one of our own parts when its name (migrate, issuer, town, worker, api, mail)
    is added.
    """
    storage = await _storage(settings, layout, say, (*command, "migrate"))
    issuer, town, worker, api = (
        part(settings, command) for part in (_issuer, _town, _worker, _api)
    )
    outside = [town]
    if brings_issuer(settings):
        outside.insert(0, issuer)
    else:
        say(f"tokens: the issuer at {settings.oidc_issuer}")
    inside = [worker, api]
    if brings_mail(settings):
        inside.append(_mail(settings, layout, command))
    return [storage, ApplicationStage(parts=tuple(outside)), ApplicationStage(parts=tuple(inside))]


async def _storage(
    settings: Settings, layout: Layout, say: Callable[[str], None], migrate: tuple[str, ...]
) -> ApplicationStage:
    parts: list[Part] = []
    cluster = None
    if brings_postgres(settings):
        cluster = await create_cluster(layout.home, say)
        parts.append(cluster.part())
    else:
        say("PostgreSQL: the server of CASEWORK_DATABASE_URL")
    if brings_temporal():
        parts.append(
            server_part(
                layout,
                port=settings.temporal_port,
                ui_port=settings.ui_port,
                ui_codec=settings.codec_url,
                namespace=temporal.namespace(),
            )
        )
    else:
        say(f"Temporal: the cluster at {temporal.target(settings)}")

    async def then() -> None:
        if cluster:
            await create_database(cluster)
            settings.database_url_file.write_text(cluster.url)
        await _migrate(settings, layout, migrate)
        await _register_search_attributes(settings)
        say("the register and the search attributes are up to date")

    return ApplicationStage(parts=tuple(parts), then=then)


def _issuer(settings: Settings, command: tuple[str, ...]) -> Part:
    return Part(
        name="issuer",
        command=(*command, "issuer"),
        environment=settings.child_environment(),
        ready=http_answers(f"{settings.local_issuer}/health"),
    )


def _town(settings: Settings, command: tuple[str, ...]) -> Part:
    return Part(
        name="town",
        command=(*command, "town"),
        environment=settings.child_environment(),
        ready=tcp_answers(settings.town_port, settings.town_smtp_port),
    )


def _worker(settings: Settings, command: tuple[str, ...]) -> Part:
    return Part(
        name="worker",
        command=(*command, "worker"),
        environment=settings.child_environment()
        | {"CASEWORK_WORKER_METRICS_ADDRESS": worker_metrics(settings)},
        ready=worker_polls(settings),
        grace_seconds=20,
    )


def _api(settings: Settings, command: tuple[str, ...]) -> Part:
    return Part(
        name="api",
        command=(*command, "api"),
        environment=settings.child_environment(),
        ready=http_answers(f"{settings.api_local_url}/health"),
        url=f"{settings.api_local_url}/docs",
    )


def _mail(settings: Settings, layout: Layout, command: tuple[str, ...]) -> Part:
    """Takes what the town relays, for mailboxes that every start writes anew."""
    mailboxes = layout.home / "mailboxes.json"
    mailboxes.write_text(office_mailboxes(datetime.now(ZONE).date()), encoding="utf-8")  # noqa: TID251 - the stack is of today
    return Part(
        name="mail",
        command=(*command, "mail", "serve"),
        environment=settings.child_environment() | {"CASEWORK_MAILBOXES_FILE": str(mailboxes)},
        ready=tcp_answers(settings.lmtp_port),
    )


async def _migrate(settings: Settings, layout: Layout, command: tuple[str, ...]) -> None:
    log = layout.open_log("migrate")
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        env=settings.child_environment(),
    )
    os.close(log)
    if await process.wait() != 0:
        last_line = layout.log("migrate").read_text(errors="replace").strip().rpartition("\n")[2]
        raise PartFailedError(
            f"the register cannot be migrated (see {layout.log('migrate')}): {last_line}"
        )


async def _register_search_attributes(settings: Settings) -> None:
    try:
        await temporal.register_search_attributes(await temporal.connect(settings))
    except (RuntimeError, RPCError, TimeoutError) as error:
        raise PartFailedError(
            f"Temporal at {temporal.target(settings)} does not take the search attributes: {error}"
        ) from error
