"""The register's row of a cycle, as a pure function of its state."""

from dataclasses import dataclass
from datetime import date

from casework.domain.case.rules import RowsOf
from casework.domain.kinds.cycle.state import Cycle


@dataclass(frozen=True, kw_only=True)
class TalentRow:
    """How a talent, or the holder of a permit, stands. Nothing in it names the person."""

    cycle: str
    number: int
    starts_on: date
    ends_on: date
    letter: str
    score: int | None
    employer: str
    credential_kind: str
    credential_code: str
    credential_void_on: date | None
    status: str
    served_until: date | None
    points: str
    renewed_on: date | None
    renewal_opens_on: date | None
    confirmed_on: date | None


def talent_row(case: Cycle) -> TalentRow:
    """The row of a cycle as it stands."""
    credential = case.credential
    return TalentRow(
        cycle=case.kind,
        number=case.number,
        starts_on=case.starts_on,
        ends_on=case.ends_on,
        letter=case.letter or "",
        score=case.score,
        employer=case.employer,
        credential_kind=credential.kind if credential else "",
        credential_code=credential.code if credential else "",
        credential_void_on=credential.void_on if credential else None,
        status=case.standing.status,
        served_until=case.served_until,
        points=case.points,
        renewed_on=case.renewed_on,
        renewal_opens_on=case.renewal_opens_on,
        confirmed_on=case.confirmed_on,
    )


def _rows(case: Cycle) -> tuple[TalentRow, ...]:
    return (talent_row(case),)


ROWS = (RowsOf(member="talents", table="talents", row=TalentRow, of=_rows),)
