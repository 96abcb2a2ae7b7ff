import os
import socket
from pathlib import Path

import pytest

from casework.local.devstack import StackError
from casework.local.devstack.commands import require_ports, require_python, require_room
from casework.local.devstack.layout import Layout


def test_taken_port_names_port_holder_and_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StackError) as refusal:
            require_ports({"CASEWORK_API_PORT": port})
    line = str(refusal.value)
    assert "\n" not in line
    assert f"port {port} is taken" in line
    assert f"pid {os.getpid()}" in line
    assert "CASEWORK_API_PORT" in line
    assert refusal.value.exit_code == 2
    require_ports({"CASEWORK_API_PORT": port})


def test_full_disk_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(StackError, match=r"MB free.*CASEWORK_HOME"):
        require_room(tmp_path / "not" / "yet", room_bytes=10**18)
    assert list(tmp_path.iterdir()) == []


def test_home_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StackError, match=r"cannot write to .*CASEWORK_HOME"):
        Layout(tmp_path / "file" / "home").prepare()


def test_old_python_is_refused() -> None:
    require_python((3, 11, 0))
    with pytest.raises(StackError, match=r"Python 3\.11 or newer, this is 3\.10\.13"):
        require_python((3, 10, 13))
