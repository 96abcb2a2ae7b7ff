"""The Temporal dev server: one process on one SQLite file, Web UI included."""

import secrets
import shutil
import signal
import socket
import sysconfig
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

from casework.local.devstack.layout import Layout
from casework.local.devstack.part import Part, StackError, temporal_answers
from casework.local.devstack.supervised import running
from casework.settings import LOOPBACK
from casework.temporal import DEFAULT_NAMESPACE

# Below those of outgoing connections: none of them takes a port that was found free.
_FIRST_PORT, _PORTS = 15_000, 17_000

_SETTING = "--dynamic-config-value"
# Workflows whose tasks keep failing become visible in TemporalReportedProblems.
_REPORT_PROBLEMS = "system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute=2"


def server_part(
    layout: Layout,
    *,
    port: int,
    ui_port: int | None,
    ui_codec: str = "",
    namespace: str = DEFAULT_NAMESPACE,
) -> Part:
    """Return the server as a part of a stack; without a UI port it has no Web UI.

    ``ui_codec``: the codec server that the pages of the Web UI ask to open what is sealed.
    """
    if ui_port is None:
        ui: tuple[str, ...] = ("--headless",)
    else:
        ui = ("--ui-port", str(ui_port), "--ui-ip", LOOPBACK, "--ui-disable-news-fetch")
        ui += ("--ui-codec-endpoint", ui_codec) if ui_codec else ()
    return Part(
        name="temporal",
        command=(
            _program(),
            *("server", "start-dev", "--ip", LOOPBACK, "--port", str(port), *ui),
            *("--namespace", namespace, "--db-filename", str(layout.temporal_db)),
            # As fast as memory, and a killed server finds everything again.
            *("--sqlite-pragma", "journal_mode=wal"),
            *(_SETTING, _REPORT_PROBLEMS),
            *("--log-level", "warn"),
        ),
        ready=temporal_answers(f"{LOOPBACK}:{port}", namespace),
        url="" if ui_port is None else f"http://{LOOPBACK}:{ui_port}",
    )


@asynccontextmanager
async def temporal_server(
    folder: Path | None = None, *, port: int = 0, ui: bool = False, dynamic: Sequence[str] = ()
) -> AsyncIterator[str]:
    """Run a Temporal dev server and yield ``host:port``; port 0 takes a free one.

    ``dynamic``: settings of the server itself, each ``KEY=JSON_VALUE``. With a folder its runs,
    timers and search attributes are kept there for the next time; without one they are thrown
    away, and the server is killed. It is not restarted when it dies; enter again for that.
    """
    async with AsyncExitStack() as stack:
        home = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="casework-")))
        layout = Layout(home.resolve())
        layout.prepare()
        stack.enter_context(layout.claim("temporal"))
        port = port or free_port()
        part = server_part(layout, port=port, ui_port=free_port() if ui else None)
        settings = (word for each in dynamic for word in (_SETTING, each))
        part = replace(part, command=(*part.command, *settings))
        if folder is None:  # to leave in order takes it seconds
            part = replace(part, stop_signal=signal.SIGKILL)
        await stack.enter_async_context(running(part, layout))
        yield f"{LOOPBACK}:{port}"


def free_port() -> int:
    """Return a port of the loopback that nobody listens on now."""
    while True:
        port = _FIRST_PORT + secrets.randbelow(_PORTS)
        with suppress(OSError), socket.socket() as probe:
            probe.bind((LOOPBACK, port))
            return port


def _program() -> str:
    scripts = sysconfig.get_path("scripts")
    program = shutil.which("temporal", path=scripts) or shutil.which("temporal")
    if program is None:
        raise StackError(
            "the local Temporal server is not installed: run `make env`, or set TEMPORAL_ADDRESS"
        )
    return program
