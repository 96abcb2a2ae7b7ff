"""What is known of each file in the content store."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from casework.store.models import Uploads


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file by the digest of its bytes: ``size`` in bytes, type by content, first uploader."""

    sha256: str
    size: int
    media_type: str
    uploaded_at: datetime
    uploaded_by: str


async def note_upload(session: AsyncSession, upload: Upload) -> None:
    """Note a file; the same file again changes nothing."""
    await session.execute(insert(Uploads).values(**asdict(upload)).on_conflict_do_nothing())


async def find_upload(session: AsyncSession, sha256: str) -> Upload | None:
    """What is known of the file; None if it was never uploaded."""
    query = select(*Uploads.__table__.c).where(Uploads.sha256 == sha256)
    row = (await session.execute(query)).mappings().one_or_none()
    return None if row is None else Upload(**row)
