"""What must hold before anything starts; each refusal is one line that says what to change."""

import contextlib
import shutil
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

import psutil

from casework.local.devstack.errors import StackError
from casework.settings import LOOPBACK

OLDEST_PYTHON = (3, 11)
ROOM_BYTES = 500 * 1000 * 1000


def require_python(version: tuple[int, ...] = sys.version_info[:3]) -> None:
    """Refuse an interpreter that is too old."""
    if version < OLDEST_PYTHON:
        wanted, found = (".".join(map(str, v)) for v in (OLDEST_PYTHON, version))
        raise StackError(f"Casework needs Python {wanted} or newer, this is {found}")


def require_room(home: Path, room_bytes: int = ROOM_BYTES) -> None:
    """Refuse a disk that is nearly full; nothing of the home need exist yet."""
    existing = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(existing).free
    if free < room_bytes:
        raise StackError(
            f"the disk of {existing} has {free // 1_000_000} MB free, the stack wants "
            f"{room_bytes // 1_000_000} MB: make room or set CASEWORK_HOME"
        )


def require_ports(ports: Mapping[str, int], host: str = LOOPBACK) -> None:
    """Refuse ports that somebody listens on; ``ports`` by the variable that sets them."""
    taken = [
        f"port {port} is taken{_holder(port)}: free it or set {variable}"
        for variable, port in ports.items()
        if not _free(host, port)
    ]
    if taken:
        raise StackError("; ".join(taken))


def _free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        # As servers do it: connections of a server just stopped are no hindrance.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def _holder(port: int) -> str:
    with contextlib.suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("tcp"):
            listens = connection.status == psutil.CONN_LISTEN and connection.laddr
            if listens and listens.port == port and connection.pid:
                return f" by {psutil.Process(connection.pid).name()} (pid {connection.pid})"
    return ""
