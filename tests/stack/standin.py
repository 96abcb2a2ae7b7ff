"""Stand-ins for our own parts, so that the stack is tested apart from what it runs.

``python -m tests.stack.standin`` takes ``up``, ``detach`` and ``down``, as `casework` does, or the
name of a part; the part named by ``STANDIN_BROKEN`` dies as soon as it starts.
"""

# ruff: noqa: PLC0415 - many of these processes start: each imports only what its part needs

import asyncio
import functools
import http.server
import os
import sys

from casework.settings import LOOPBACK, Settings

COMMAND = (sys.executable, "-m", "tests.stack.standin")


class _Healthy(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()


async def _up(settings: Settings) -> int:
    from rich.console import Console

    from casework.local.devstack import up
    from casework.local.devstack.composition import compose

    async def on_ready(_: Settings) -> None:
        sys.stdout.write("the table of cases\n")

    own_parts = functools.partial(compose, command=COMMAND)
    return await up(settings, Console(), on_ready, compose=own_parts)


async def _worker(settings: Settings) -> int:
    from temporalio.worker import UnsandboxedWorkflowRunner, Worker

    from casework import temporal
    from casework.messages.temporal import TASK_QUEUE
    from tests.stack.nothing import NothingWorkflow

    client = await temporal.connect(settings)
    await Worker(
        client,
        task_queue=TASK_QUEUE,
        workflows=[NothingWorkflow],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ).run()
    return 0


async def _town(settings: Settings) -> int:
    servers = [
        await asyncio.start_server(lambda _r, writer: writer.close(), LOOPBACK, port)
        for port in (settings.town_port, settings.town_smtp_port)
    ]
    await asyncio.gather(*(server.serve_forever() for server in servers))
    return 0


async def _migrate(settings: Settings) -> int:
    sys.stdout.write(f"migrating {settings.database}\n")
    return 0


async def _issuer(settings: Settings) -> int:
    return await _healthy(settings.issuer_port)


async def _api(settings: Settings) -> int:
    return await _healthy(settings.api_port)


async def _mail(settings: Settings) -> int:
    server = await asyncio.start_server(
        lambda _r, writer: writer.close(), LOOPBACK, settings.lmtp_port
    )
    await server.serve_forever()
    return 0


async def _healthy(port: int) -> int:
    server = http.server.ThreadingHTTPServer((LOOPBACK, port), _Healthy)
    await asyncio.to_thread(server.serve_forever)
    return 0


PARTS = {
    "up": _up,
    "worker": _worker,
    "town": _town,
    "migrate": _migrate,
    "issuer": _issuer,
    "api": _api,
    "mail": _mail,
}


def main(command: str, settings: Settings) -> int:
    if command == os.environ.get("STANDIN_BROKEN"):
        return 3
    if command == "detach":
        from casework.local.devstack import up_detached

        return up_detached(settings, command=(*COMMAND, "up"))
    if command == "down":
        from casework.local.devstack import down

        return down(settings)
    return asyncio.run(PARTS[command](settings))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Settings.load()))
