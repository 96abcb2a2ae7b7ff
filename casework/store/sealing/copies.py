"""A copy of the secrets of all cases, to be kept apart from the copies of the register.

Without its secret nothing of a case can be read, neither in the register nor in Temporal. The copy
is of no use without the key ring. It is whole: whoever replaces the last one by it keeps no secret
that has been erased, and it says what was erased, so that an older register learns it.
"""

import base64
import json
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from casework.store.models import CaseSecrets

_ERASURE = ("erased_at", "erased_by", "erased_reason", "erased_basis")


async def copy_of_secrets(session: AsyncSession) -> str:
    """Return all secrets and erasures, one JSON object a line, by case number."""
    columns = [CaseSecrets.__table__.c[name] for name in ("scope", "secret", "made_at", *_ERASURE)]
    found = await session.execute(select(*columns).order_by(CaseSecrets.scope))
    return "".join(_line(dict(row)) for row in found.mappings())


def _line(row: dict[str, Any]) -> str:
    secret = row.pop("secret")
    row["secret"] = base64.b64encode(secret).decode() if secret is not None else None
    row["made_at"] = row["made_at"].isoformat()
    row["erased_at"] = row["erased_at"].isoformat() if row["erased_at"] else None
    return json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n"


async def bring_back_secrets(session: AsyncSession, copy: str) -> tuple[int, int]:
    """Write what the register lacks of a copy; return how many secrets, and how many erasures.

    A secret that the register has stays, and one that was erased, here or there, is gone.

    Raises:
        ValueError: that is no such copy.
    """
    secrets = erasures = 0
    for line in copy.splitlines():
        row = _read(line)
        erased = row["erased_at"] is not None
        written = insert(CaseSecrets).values(**row)
        if erased:
            taken = {name: written.excluded[name] for name in ("secret", *_ERASURE)}
            written = written.on_conflict_do_update(
                index_elements=[CaseSecrets.scope],
                set_=taken,
                where=CaseSecrets.erased_at.is_(None),
            )
        else:
            written = written.on_conflict_do_nothing()
        done = await session.scalar(written.returning(CaseSecrets.scope)) is not None
        secrets += done and not erased
        erasures += done and erased
    return secrets, erasures


def _read(line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
        row["secret"] = base64.b64decode(row["secret"]) if row["secret"] is not None else None
        for name in ("made_at", "erased_at"):
            row[name] = datetime.fromisoformat(row[name]) if row[name] else None
        return {name: row[name] for name in ("scope", "secret", "made_at", *_ERASURE)}
    except (KeyError, TypeError) as error:
        raise ValueError(f"no copy of secrets: {error}") from None
