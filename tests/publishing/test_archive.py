"""The same files are the same archive, whoever packed them; what is none is refused."""

import io
import os
import shutil
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.policy.publishing.archive import (
    Archive,
    ArchiveError,
    pack,
    packed,
    repacked,
    same_content,
)
from casework.policy.publishing.versions import read_whole
from tests.catalogue.conftest import ROOT
from tests.examples import examples
from tests.publishing.trees import PACKAGED

_NAMES = st.from_regex(r"items/[A-Z]{1,6}\.yaml", fullmatch=True)
_FILES = st.dictionaries(_NAMES, st.binary(max_size=40), max_size=8)


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as whole:
        for name, content in files.items():
            whole.writestr(name, content)
    return buffer.getvalue()


@examples(40)
@given(_FILES, st.randoms(use_true_random=False))
def test_order_times_and_compression_do_not_matter(files: dict[str, bytes], random: Random) -> None:
    files = {"defaults.yaml": b"", **files}
    names = list(files)
    random.shuffle(names)
    shuffled = {name: files[name] for name in names}
    assert repacked(zipped(shuffled)) == packed(files)
    assert packed(files).files() == files


def test_a_folder_is_the_archive_of_its_policy(tmp_path: Path) -> None:
    folder = tmp_path / "catalogue"
    shutil.copytree(ROOT, folder)
    (folder / "README.md").write_text("other words")
    (folder / "items" / ".PTS_NEW.yaml.swp").write_text("an editor")
    assert pack(folder).digest == PACKAGED.digest
    assert same_content(PACKAGED.archive.content, PACKAGED.digest) == PACKAGED.archive


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that can be packed."""
    (tmp_path / "items").mkdir()
    (tmp_path / "defaults.yaml").write_bytes(b"a: 1\n")
    return tmp_path


def test_a_mounted_folder_consists_of_links(folder: Path) -> None:
    """As Kubernetes mounts a ConfigMap: the files lie in a hidden folder."""
    (folder / "..data").mkdir()
    (folder / "..data" / "A.yaml").write_bytes(b"b: 2\n")
    (folder / "items" / "A.yaml").symlink_to("../..data/A.yaml")
    assert pack(folder).files() == {"defaults.yaml": b"a: 1\n", "items/A.yaml": b"b: 2\n"}


def _nowhere(items: Path) -> None:
    (items / "A.yaml").symlink_to("gone.yaml")


def _in_circles(items: Path) -> None:
    for name in ("one", "other"):
        (items / name).symlink_to("..", target_is_directory=True)


def _pipe(items: Path) -> None:
    os.mkfifo(items / "A.yaml")


def _huge(items: Path) -> None:
    with (items / "A.yaml").open("wb") as file:
        file.truncate(2**40)


def _odd_name(items: Path) -> None:
    (items / os.fsdecode(b"\xff.yaml")).write_bytes(b"")


@pytest.mark.parametrize("put", [_nowhere, _in_circles, _pipe, _huge, _odd_name])
def test_what_no_catalogue_should_have_is_refused_at_once(
    folder: Path, put: Callable[[Path], None]
) -> None:
    put(folder / "items")
    with pytest.raises(ArchiveError, match=r"items|至多"):
        pack(folder)


def test_every_item_is_resolved_from_the_archive_as_from_the_folder() -> None:
    again = read_whole(Archive(content=PACKAGED.archive.content, digest=PACKAGED.digest))
    assert again.catalogue.offers() == PACKAGED.catalogue.offers()
    assert again.calendar == PACKAGED.calendar
    assert again.authority == PACKAGED.authority


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"%PDF-1.4",
        zipped({}),
        zipped({"items/A.yaml": b""}),
        zipped({"defaults.yaml": b"", "../../etc/passwd": b""}),
        zipped({"defaults.yaml": b"", "/etc/passwd": b""}),
        zipped({"defaults.yaml": b"", "bin/run.sh": b""}),
        zipped({f"items/{n}.yaml": b"" for n in range(5_001)}),
        zipped({"defaults.yaml": bytes(17 * 2**20)}),
        PACKAGED.archive.content[:5_000],
    ],
    ids=["empty", "pdf", "nothing", "bare", "up", "root", "other", "many", "large", "half"],
)
def test_what_is_no_catalogue_is_refused(content: bytes) -> None:
    with pytest.raises(ArchiveError):
        repacked(content)


@examples(60)
@given(place=st.integers(min_value=0), bit=st.integers(0, 7))
def test_one_bit_that_is_wrong_is_refused_or_does_not_matter(place: int, bit: int) -> None:
    sent = bytearray(zipped({"defaults.yaml": b"a: 1\n" * 400, "items/A.yaml": bytes(range(256))}))
    sent[place % len(sent)] ^= 1 << bit
    with suppress(ArchiveError):
        repacked(bytes(sent))


@pytest.mark.parametrize(
    ("one", "other"),
    [("items/A.yaml", "items/a.yaml"), ("items/e\u0301.yaml", "items/\u00e9.yaml")],
)
def test_names_that_some_machines_take_for_one_are_refused(one: str, other: str) -> None:
    files = {"defaults.yaml": b"", one: b"a: 1\n", other: b"b: 2\n"}
    with pytest.raises(ArchiveError, match="文件名只差"):
        packed(files)
    with pytest.raises(ArchiveError, match="文件名只差"):
        repacked(zipped(files))


def test_what_has_changed_in_the_store_is_noticed() -> None:
    with pytest.raises(ArchiveError):
        same_content(PACKAGED.archive.content + b"\0", PACKAGED.digest)
