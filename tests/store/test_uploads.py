from dataclasses import replace
from datetime import UTC, datetime

from casework.store.engine import Sessions
from casework.store.materials import Upload, find_upload, note_upload

UPLOAD = Upload(
    sha256="ab" * 32,
    size=5,
    media_type="application/pdf",
    uploaded_at=datetime(2026, 9, 16, tzinfo=UTC),
    uploaded_by="backend",
)


async def test_same_file_again_keeps_its_first_uploader(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await note_upload(session, UPLOAD)
        await note_upload(session, replace(UPLOAD, uploaded_by="somebody"))
        assert await find_upload(session, UPLOAD.sha256) == UPLOAD
        assert await find_upload(session, "cd" * 32) is None
