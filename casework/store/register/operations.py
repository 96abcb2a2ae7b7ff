"""What was done to a case under which key, and what was answered."""

from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from casework.messages.cases import Receipt
from casework.messages.entry import OperationRow
from casework.store.engine import vault_of
from casework.store.models import Cases, Operations
from casework.store.sealing.sealing import opener, sealed_row


@dataclass(frozen=True, kw_only=True)
class Operation(OperationRow):
    """An operation; ``content`` is None once the case was erased: nobody can compare it."""

    case_no: str
    content: str | None  # type: ignore[assignment]  # as above

    def says(self, verb: str, content: str) -> bool:
        """Whether it was this verb with this content (``casework.messages.cases.said_by``)."""
        return self.verb == verb and self.content in {content, None}

    @property
    def receipt(self) -> Receipt:
        """What was answered."""
        return Receipt(
            case_no=self.case_no,
            seq=self.seq,
            stage=self.stage,
            at=self.at,
            refused=self.refused,
            reason=self.why,
        )


_COLUMNS = [Operations.__table__.c[field.name] for field in fields(Operation)]


async def operation(session: AsyncSession, case_no: str, update_id: str) -> Operation | None:
    """The operation of that id; None if nothing was done under it."""
    query = select(*_COLUMNS).where(Operations.case_no == case_no, Operations.id == update_id)
    row = (await session.execute(query)).mappings().one_or_none()
    if row is None:
        return None
    own = await opener(session, case_no)
    content = None if own.is_erased(row["content"]) else own.row("operations", row)["content"]
    return Operation(**{**row, "content": content})


async def note_fact(  # noqa: PLR0913 - what was told, under which id, when
    session: AsyncSession, case_no: str, fact_id: str, *, fact: str, content: str, at: datetime
) -> None:
    """Note that a fact has gone to a case as a signal, which brings no answer of its own.

    ``seq`` and ``stage`` are those of the case by now. A repeat changes nothing; of a case that is
    not in the register yet nothing is noted.
    """
    cipher = await vault_of(session).cipher(case_no)
    said = sealed_row(cipher, "operations", {"content": content})["content"]
    row = select(
        Cases.case_no,
        literal(fact_id),
        literal(fact),
        literal(said),
        Cases.last_seq,
        Cases.stage,
        literal(at),
    ).where(Cases.case_no == case_no)
    names = ["case_no", "id", "verb", "content", "seq", "stage", "at"]
    await session.execute(insert(Operations).from_select(names, row).on_conflict_do_nothing())
