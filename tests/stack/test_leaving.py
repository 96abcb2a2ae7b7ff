"""A worker that was asked to leave is gone in time, whatever hangs in it."""

import asyncio
import signal
import sys

import pytest

from workers.leaving import FORCED

COURTEOUS = "await stop.wait()"
# As a workflow in a loop does: the SDK waits for its thread, and so does the interpreter.
THREAD = "threading.Thread(target=hang).start(); await stop.wait()"
# As an activity in a loop does: not even the event loop hears of the signal.
LOOP = "hang()"
# As an activity does that does not let itself be cancelled.
DEAF = "await asyncio.Event().wait()"
PROCESS = """
import asyncio, threading
from workers.leaving import Leaving

def hang():
    while True:
        pass

async def main():
    stop = asyncio.Event()
    leaving = Leaving({within})
    leaving.on_request(stop.set)
    try:
        print("begun", flush=True)
        {body}
    finally:
        leaving.begin()

asyncio.run(main())
"""


async def _leave(body: str, within: float, number: int) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROCESS.format(body=body, within=within)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"begun\n"
    process.send_signal(number)
    _, said = await process.communicate()
    return process.returncode, said.decode()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_who_is_done_leaves_at_once_by_itself(number: int) -> None:
    code, said = await _leave(COURTEOUS, within=60, number=number)
    assert (code, said) == (0, "")


@pytest.mark.parametrize("body", [THREAD, LOOP, DEAF], ids=["thread", "loop", "deaf"])
async def test_what_hangs_is_left_behind_and_named(body: str) -> None:
    code, said = await _leave(body, within=0.2, number=signal.SIGTERM)
    assert code == FORCED
    assert '"event": "left_by_force"' in said
    assert body is DEAF or "in hang" in said
