"""The local stack: everything Casework needs, on files under one folder, without Docker.

`up` runs it in the foreground, `up_detached`, `status` and `down` without a terminal; `postgres`
and `temporal_server` run one server for a test or a measurement. Where things lie on disk is told
in ``layout``, what happens when we are root in ``postgres``.
"""

from casework.local.devstack.commands import PartStatus, down, status, status_table, up, up_detached
from casework.local.devstack.part import AlreadyRunningError, PartFailedError, StackError
from casework.local.devstack.postgres import postgres
from casework.local.devstack.temporal_server import free_port, temporal_server

__all__ = [
    "AlreadyRunningError",
    "PartFailedError",
    "PartStatus",
    "StackError",
    "down",
    "free_port",
    "postgres",
    "status",
    "status_table",
    "temporal_server",
    "up",
    "up_detached",
]
