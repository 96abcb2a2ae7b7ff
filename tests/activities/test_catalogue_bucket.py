"""The catalogue that an empty register begins with, in a bucket: taken whole, or not at all."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import obstore
import pytest
from obstore.store import S3Store
from structlog.testing import capture_logs

from casework.policy.catalogue import CatalogueError
from casework.policy.catalogue.documents import Finding
from casework.policy.publishing.archive import Archive, ArchiveError
from casework.policy.publishing.versions import WholeCatalogue, catalogue_of
from casework.settings import Settings
from casework.store import materials
from casework.store.in_force import published
from casework.store.in_force.published import (
    NOT_TAKEN,
    UNREADABLE,
    CatalogueNotHeldError,
    PublishedCatalogues,
    first_catalogue,
)
from casework.store.materials import ChangedMeanwhileError, MaterialStore

FILES = catalogue_of(None).files
Put = Callable[[Mapping[str, bytes]], str]


@pytest.fixture
def put(s3: dict[str, str], tmp_path: Path) -> Put:
    """Write files below a prefix of its own; returns where that is."""
    where = f"s3://materials/{tmp_path.name}"
    options: Any = s3
    store = S3Store.from_url(where, config=options, client_options={"allow_http": True})

    def written(files: Mapping[str, bytes]) -> str:
        for name, content in files.items():
            obstore.put(store, name, content)
        return where

    return written


def reading() -> AbstractAsyncContextManager[Any]:
    raise AssertionError("nobody asks the register here")


def begun(where: str, folder: Path) -> PublishedCatalogues:
    store = MaterialStore.open(str(folder))
    return PublishedCatalogues.begin(where, reading, store, lambda: datetime.now(UTC))


@pytest.fixture
def found(s3: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The client is told of the fake bucket by the standard variables, as in production."""
    monkeypatch.setattr(published, "first_catalogue", lambda where: first_catalogue(where, **s3))


def test_what_lies_in_a_bucket_is_the_catalogue_of_the_folder(put: Put, s3: dict[str, str]) -> None:
    where = put({**FILES, "README.md": b"none of the policy", "items/.hidden.yaml": b"{"})
    digest = catalogue_of(None).digest
    assert first_catalogue(f"{where}#{digest}", **s3).files == FILES
    with pytest.raises(ArchiveError, match=digest):
        first_catalogue(f"{where}#{'0' * 64}", **s3)


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not the packaged catalogue has faults; the check itself is tried elsewhere."""

    def read(archive: Archive) -> WholeCatalogue:
        if archive.digest != catalogue_of(None).digest:
            raise CatalogueError([Finding(file="x", line=1, field="x", problem="x", right="y")])
        return catalogue_of(None)

    monkeypatch.setattr(published, "read_whole", read)


@pytest.mark.usefixtures("found", "checked")
async def test_a_half_copied_bucket_changes_nothing_alarms_and_is_read_when_it_is_whole(
    put: Put, tmp_path: Path
) -> None:
    where = put({"defaults.yaml": FILES["defaults.yaml"]})
    with capture_logs() as logs:
        own = begun(where, tmp_path)
    (alarm,) = (each for each in logs if each["event"] == NOT_TAKEN)
    assert (alarm["log_level"], alarm["error"]) == ("error", "CatalogueError")
    with pytest.raises(CatalogueError):
        await own.beginning()
    with pytest.raises(CatalogueNotHeldError):  # nothing is published, so nothing is opened
        await own.require(0, datetime.now(UTC).date())
    put(FILES)
    assert (await own.beginning()).digest == catalogue_of(None).digest
    await own.require(0, datetime.now(UTC).date())


@pytest.mark.usefixtures("found")
@pytest.mark.parametrize("where", ["s3://nowhere/catalogue", "/nowhere/catalogue"])
def test_without_an_answer_what_is_published_goes_on(where: str, tmp_path: Path) -> None:
    with capture_logs() as logs:
        own = begun(where, tmp_path)
    assert NOT_TAKEN in {each["event"] for each in logs}
    assert own.held.sample.digest == catalogue_of(None).digest


def test_a_bucket_that_is_written_meanwhile_is_not_read(
    put: Put, s3: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    where = put({"defaults.yaml": b"a"})
    listed = materials._listed_in

    def writing(store: Any) -> Any:
        try:
            return listed(store)
        finally:
            put({"items/new.yaml": b"b"})

    monkeypatch.setattr(materials, "_listed_in", writing)
    with pytest.raises(ChangedMeanwhileError) as error:
        first_catalogue(where, **s3)
    assert isinstance(error.value, UNREADABLE)


@pytest.mark.parametrize(
    ("said", "where"),
    [("s3://policy/prod#ab", "s3://policy/prod#ab"), ("file:///etc/policy", "/etc/policy"),
     ("/etc/policy/", "/etc/policy")],
)  # fmt: skip
def test_the_setting_names_a_folder_or_a_bucket(said: str, where: str) -> None:
    assert Settings(catalogue=said).catalogue == where
