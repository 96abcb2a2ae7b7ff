"""A shell in which a test types what a document says, as a newcomer would."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

from casework.settings import Settings
from tests.docs.pages import Block, Typed

PATIENCE_SECONDS = 200

Beside = Callable[[str], None]
"""What somebody does in a browser when a command shows a line."""

_FORMS = {
    "ORDER-NO": re.compile(r"ZL(?:-[0-9A-Z]{4}){3}"),
    "CASE-NO": re.compile(r"\d{6}(?:-[0-9A-Z]{4}){3}"),
}
"""What each word in capitals stands for: the last of this form that a command has shown."""


class Shell:
    """One bash for a whole document: what it exports, or activates, holds for the rest."""

    def __init__(self, process: asyncio.subprocess.Process, beside: Beside) -> None:
        self._process, self._beside = process, beside
        self._shown = ""

    async def type_all(self, typed: list[Block]) -> int:
        """Type every block that is not left out; return how many commands that were."""
        commands = [each for block in typed if not block.not_typed for each in block.commands]
        for command in commands:
            await self._type(command)
        return len(commands)

    async def _type(self, command: Typed) -> None:
        line = self._resolved(command.line)
        async with asyncio.timeout(PATIENCE_SECONDS):
            code, said = await self._run(line)
            while code and command.patient:
                await asyncio.sleep(0.3)
                code, said = await self._run(line)
        told = f"{line}\n{said}"
        assert "Traceback" not in said, told
        if command.refused is None:
            assert code == 0, told
        else:
            assert code == 1, told
            assert command.refused in said, told
        self._shown += said

    def _resolved(self, line: str) -> str:
        for word, form in _FORMS.items():
            if word in line:
                shown = form.findall(self._shown)
                assert shown, f"{line}: no command before has shown a number for {word}"
                line = line.replace(word, shown[-1])
        return line

    async def _run(self, line: str) -> tuple[int, str]:
        """Type a line; return its exit code and all that it said."""
        end = uuid4().hex
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        # Its input is empty: what is still to be typed is not for the command.
        stdin.write(f"{{ {line}\n}} </dev/null 2>&1\nprintf '\\n%s %s\\n' {end} $?\n".encode())
        await stdin.drain()
        said = ""
        while True:
            read = (await stdout.readline()).decode()
            assert read, f"{line}: the shell has ended\n{said}"
            if read.startswith(end):
                return int(read.split()[1]), said
            said += read
            self._beside(read.strip())


@asynccontextmanager
async def shell(
    settings: Settings, folder: Path, home: Path, beside: Beside = lambda _: None
) -> AsyncIterator[Shell]:
    """Open a shell in a folder, on a running stack; ``home`` is that of its user."""
    environment = settings.child_environment() | {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "TEMPORAL_ADDRESS": f"127.0.0.1:{settings.temporal_port}",
        "COLUMNS": "200",
    }
    process = await asyncio.create_subprocess_exec(
        "bash",
        "--norc",
        env=environment,
        cwd=folder,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield Shell(process, beside)
    finally:
        if process.stdin:
            process.stdin.close()
        await process.wait()
