"""A worker's part in one letter, as a program: sends it by the production activity, or dies.

``python -m tests.store.dying_worker TOLD POINT``: over register, store and town that TOLD
names (JSON); at POINT, if one is given, it is killed.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pkgutil import resolve_name
from typing import Any

import httpx
from temporalio.testing import ActivityEnvironment

from activities.notices import NoticeActivities, SendNotice
from casework.outside import MailSender, SealOffice, SmsSender
from casework.policy.publishing.versions import catalogue_of
from casework.store.documents import Documents
from casework.store.engine import create_engine
from casework.store.engine import sessions as open_sessions
from casework.store.in_force.published import PublishedCatalogues
from casework.store.materials import MaterialStore
from casework.store.register.parties import RegisterNoticeBook

POINTS = {
    "before the number": ("casework.store.documents.issue", 1),
    "before the document": ("casework.store.documents.render_pdf", 1),
    "before the document is noted": ("casework.store.documents.note_document", 1),
    "before the document is kept": ("casework.store.materials:MaterialStore.keep", 1),
    "before the seal is noted": ("casework.store.documents.note_seal", 1),
    "before the sealed file is kept": ("casework.store.materials:MaterialStore.keep", 2),
    "before it is sent": ("casework.outside:MailSender.send", 1),
    "before the sending is noted": (
        "casework.store.register.parties:RegisterNoticeBook.mark_sent",
        1,
    ),
}
"""The call that is not made any more, and which one it is."""


def dying(real: Callable[..., Any], at: int) -> Callable[..., Any]:
    calls = []

    def instead(*given: Any, **named: Any) -> Any:
        calls.append(1)
        if len(calls) == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*given, **named)

    return instead


def die_at(point: str) -> None:
    """Let this process be killed when that point is reached."""
    place, at = POINTS[point]
    owner, _, name = place.rpartition(".")
    holder = resolve_name(owner)
    setattr(holder, name, dying(getattr(holder, name), at))


async def deliver(told: dict[str, Any]) -> None:
    """Send the notice as a worker does, over register, store and town of the test."""
    engine = create_engine(told["register"])
    opened = open_sessions(engine)
    store = MaterialStore.open(told["store"])
    published = PublishedCatalogues(
        catalogue_of(None), opened, store, lambda: datetime(2026, 9, 17, tzinfo=UTC)
    )
    async with httpx.AsyncClient(trust_env=False) as http:
        seal = SealOffice(http=http, url=told["http"], takes_file=True)
        notices = NoticeActivities(
            book=RegisterNoticeBook(opened),
            mail=MailSender(host=told["smtp"][0], port=told["smtp"][1], sender="a@office.example"),
            sms=SmsSender(http=http, url=told["http"], signature="人才服务"),
            documents=Documents(
                reading=opened,
                writing=opened.begin,
                materials=store,
                published=published,
                public_url="https://casework.example",
                seal=seal,
            ),
        )
        notice = SendNotice(
            case_no=told["case_no"],
            seq=1,
            template="accepted",
            recipient="applicant",
            channel="mail",
            fields=told["fields"],
        )
        await ActivityEnvironment().run(notices.send, notice)
    await engine.dispose()


if __name__ == "__main__":
    if sys.argv[2]:
        die_at(sys.argv[2])
    asyncio.run(deliver(json.loads(sys.argv[1])))
