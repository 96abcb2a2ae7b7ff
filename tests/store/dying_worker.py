"""A worker's part in one letter, as a program: sends it by the production activity, or dies.

``python -m tests.store.dying_worker TOLD [dies]``: over register, store and town that TOLD
names (JSON); it ``dies`` before the sealed file is kept.
"""

import asyncio
import json
import os
import signal
import sys
from datetime import UTC, datetime
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


def die() -> None:
    """Let this process be killed when it would keep its second file, the sealed one."""
    kept, real = [], MaterialStore.keep

    async def instead(store: MaterialStore, content: bytes) -> str:
        kept.append(content)
        if len(kept) == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return await real(store, content)

    MaterialStore.keep = instead  # type: ignore[method-assign, assignment]


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
    if sys.argv[2:]:
        die()
    asyncio.run(deliver(json.loads(sys.argv[1])))
