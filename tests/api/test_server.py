"""The process: it comes up with nothing around it, and goes when it is told."""

import asyncio
import json
import signal
import sys
from pathlib import Path

import httpx

from casework.local.devstack import free_port

_SERVE = """
import asyncio, sys
from casework.cli import importing
with importing():  # as `casework api` does
    from api.server import serve
    from casework.settings import Settings
ports = {"api_port": int(sys.argv[2]), "api_probe_port": int(sys.argv[3])}
asyncio.run(serve(Settings(home=sys.argv[1], **ports, log_json=True)))
"""


async def test_api_starts_alone_and_ends_on_sigterm(tmp_path: Path) -> None:
    port, probes = free_port(), free_port()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _SERVE, str(tmp_path), str(port), str(probes)),
        stderr=asyncio.subprocess.PIPE,
        env={"TEMPORAL_ADDRESS": "127.0.0.1:1"},
    )
    assert process.stderr
    async for line in process.stderr:
        if b"startup complete" in line:
            break
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:
            assert (await http.get("/health")).status_code == 200
            away = (await http.get("/ready")).json()
            assert [error["field"] for error in away["errors"]] == ["temporal", "register"]
    finally:
        process.send_signal(signal.SIGTERM)
        _, written = await process.communicate()
    lines = [json.loads(line) for line in written.decode().splitlines()]
    assert {"/health", "/ready"} <= {line.get("route") for line in lines}
    assert process.returncode in {0, -signal.SIGTERM}
