"""Exported digests: a folder with one for each district, a file for each day."""

from pathlib import Path

from casework.security.audit.digests import SignedDigest
from casework.security.keyfiles import replace_file


class ExportDiffersError(Exception):
    """The file is there and says something else: one of the two has been tampered with."""


def export(signed: SignedDigest, folder: Path) -> Path:
    """Write ``<folder>/<district>/<day>.json``; one that is there stays as it is.

    Raises:
        ExportDiffersError: it is there with another content.
        OSError: it cannot be written.
    """
    file = folder / signed.district / f"{signed.day}.json"
    text = signed.to_json()
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        replace_file(file, text.encode())
    elif file.read_text(encoding="utf-8") != text:
        raise ExportDiffersError(f"{file} differs from the digest in the register")
    return file


def exported(folder: Path, district: str = "") -> tuple[SignedDigest, ...]:
    """The digests of a folder.

    Raises:
        ValueError: a file holds none.
        OSError: the folder cannot be read.
    """
    if not folder.is_dir():
        raise NotADirectoryError(f"no folder {folder}")
    files = sorted(folder.glob(f"{district or '*'}/*.json"))
    return tuple(SignedDigest.from_json(file.read_text(encoding="utf-8")) for file in files)
