import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from moto.server import ThreadedMotoServer

from activities.departments import DepartmentActivities
from activities.notices import NoticeActivities
from casework.local.town import Town, TownSettings, running_town
from casework.outside import MailSender, SmsSender
from tests.activities.book import Book
from tests.town.visitor import Visitor


@pytest.fixture(scope="session")
async def kept_town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Town, Path]]:
    folder = tmp_path_factory.mktemp("town")
    async with running_town(TownSettings(folder=folder, answer_after_seconds=None)) as town:
        yield town, folder / "town.sqlite"


@pytest.fixture
def town(kept_town: tuple[Town, Path]) -> Town:
    """A town that has taken nothing and was told nothing: all that it knows is in its file."""
    town, file = kept_town
    with closing(sqlite3.connect(file)) as ledger, ledger:
        for table in ("taken", "owed", "behaviours", "faults"):
            ledger.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
    return town


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as http:
        yield http


@pytest.fixture
def visitor(town: Town, http: httpx.AsyncClient) -> Visitor:
    return Visitor(http, town.http_url)


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.fixture
def notices(town: Town, http: httpx.AsyncClient, book: Book) -> NoticeActivities:
    mail = MailSender(
        host=town.smtp_host, port=town.smtp_port, sender="talent.centre@office.example.localdomain"
    )
    sms = SmsSender(http=http, url=town.http_url, signature="人才服务中心")
    return NoticeActivities(book, mail, sms)


async def number_of(case_no: str, role: str) -> str:
    """As the register would say it; it has no employer of the second case."""
    numbers = {"applicant": "310101199003071230", "employer": "91310106MA1FY7XX05"}
    return numbers[role] if case_no.startswith("310106") else ""


@pytest.fixture
def departments(town: Town, http: httpx.AsyncClient) -> DepartmentActivities:
    return DepartmentActivities(http, town.http_url, "http://casework.example/callbacks", number_of)


@pytest.fixture(scope="module")
def s3() -> Iterator[dict[str, str]]:
    """The options of a client of an S3 with the bucket ``materials``."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    options = {
        "endpoint": f"http://{host}:{port}",
        "region": "us-east-1",
        "access_key_id": "test",
        "secret_access_key": "test",
    }
    httpx.put(f"{options['endpoint']}/materials", trust_env=False).raise_for_status()
    yield options
    server.stop()
