"""The register's row of a request, as a pure function of its state."""

from dataclasses import dataclass

from casework.domain.case.rules import RowsOf
from casework.domain.kinds.request.state import Request


@dataclass(frozen=True, kw_only=True)
class RequestRow:
    """What a list of requests shows beside the case; ``talent`` is the cycle's case number."""

    talent: str
    letter: str
    mode: str
    need: str
    level: str
    body: str
    result: str
    transferred_to: str


def request_row(case: Request) -> RequestRow:
    """The row as it follows from the state; ``letter`` is the class as known now."""
    return RequestRow(
        talent=case.talent,
        letter=case.standing.letter.value if case.standing.letter else "",
        mode=case.mode.value,
        need=case.need,
        level=case.level.value,
        body=case.body.id if case.body else "",
        result=case.result,
        transferred_to=case.transferred_to,
    )


def _rows(case: Request) -> tuple[RequestRow, ...]:
    return (request_row(case),)


ROWS = (
    RowsOf(
        member="requests",
        table="requests",
        row=RequestRow,
        of=_rows,
        sealed=("need", "result", "transferred_to"),
    ),
)
