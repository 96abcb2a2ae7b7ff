"""What the machinery of rehearsals failed with, as one line for a file."""

from pathlib import Path

from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import FailureError
from temporalio.service import RPCError

from casework.local.devstack import StackError
from casework.rehearsal.broken import SILENT, BrokenError
from casework.rehearsal.faults import Fault

_LONGEST = 200


def engine_fault(path: Path, error: BaseException) -> Fault:
    """The fault of a file that could not be played through no fault of its own."""
    return Fault(file=str(path), line=0, field="", what=stopped_by(error), right="")


def stopped_by(error: BaseException) -> str:
    """What stopped a rehearsal, in words."""
    return f"推演中断，{_said(error)}"


def _said(error: BaseException) -> str:
    match error:
        case StackError():
            return f"推演环境不能启动：{_short(error)}"
        case _ if isinstance(error, SILENT):
            return "推演引擎没有在时限内回应，请再试一次"
        case RPCError():
            return f"跳时服务器没有回应（{error.status.name}），请再试一次"
        case BrokenError():
            return f"工作流出错：{_short(error)}"
        case WorkflowUpdateFailedError() | FailureError():
            return f"工作流出错：{_short(error.__cause__ or error)}"
        case _:
            return f"程序出错（{type(error).__name__}）：{_short(error)}"


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())[:_LONGEST]
