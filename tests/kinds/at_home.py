"""A plugin of pytest: in its process the question is a kind like the others, before anybody asks.

The tables of kinds are made when their modules are first imported, so that the kind has to be known
before. What stands in ``catalogue`` about a kind, a copy of the folder has beside the rest.
"""

import importlib
import shutil
import sys
import tempfile
from pathlib import Path

import casework
from casework.domain.case.kind import register
from tests.kinds.question import QUESTION

AUTHORITY = """
  question:
    open: {applicant: district, officer: district, system: everywhere}
    read: {applicant: own, officer: district, reviewer: district, supervisor: everywhere,
           superior: everywhere, system: everywhere}
    disclose: {officer: assigned}
    decode: {officer: district}
    erase: {superior: everywhere}
    rate: {applicant: own}
    draft: {officer: assigned}
    answer: {officer: assigned, reviewer: assigned}
    take_up: {officer: assigned, reviewer: assigned, supervisor: district}
    clear_card: {supervisor: district}
    reassign: {officer: assigned, reviewer: assigned, supervisor: district}
    resolve_trouble: {officer: assigned, reviewer: assigned, supervisor: district}
    propose_taking_back: {officer: assigned, supervisor: district}
    take_back: {supervisor: district}
"""
_OF_A_SYSTEM = "      application: [open, read,"


_KEPT = tempfile.TemporaryDirectory(prefix="casework-catalogue-")  # until the process ends


def _catalogue() -> Path:
    """A copy of the catalogue with what it would say of a question."""
    folder = Path(_KEPT.name) / "catalogue"
    shutil.copytree(Path(casework.__file__).parents[1] / "catalogue", folder)
    (folder / "__init__.py").touch()
    authority, roster = folder / "authority/default.yaml", folder / "rosters/sample.yaml"
    authority.write_text(authority.read_text(encoding="utf-8") + AUTHORITY, encoding="utf-8")
    systems = roster.read_text(encoding="utf-8")
    told = systems.replace(_OF_A_SYSTEM, f"      question: [open, read]\n{_OF_A_SYSTEM}", 1)
    roster.write_text(told, encoding="utf-8")
    return folder


sys.path.insert(0, str(_catalogue().parent))
importlib.import_module("catalogue")
register(QUESTION)
