"""A plugin of pytest: in its process the question is a kind like the others, before anybody asks.

The tables of kinds are made when their modules are first imported, so that the kind has to be known
before. What the catalogue says about a kind, a copy of the folder has beside the rest.
"""

import importlib
import shutil
import sys
import tempfile
from pathlib import Path

import casework
from casework.domain.case.kind import register
from tests.kinds.question import IN_CATALOGUE, QUESTION

_KEPT = tempfile.TemporaryDirectory(prefix="casework-catalogue-")  # until the process ends


def _catalogue() -> Path:
    """A copy of the catalogue with what it would say of a question."""
    folder = Path(_KEPT.name) / "catalogue"
    shutil.copytree(Path(casework.__file__).parents[1] / "catalogue", folder)
    (folder / "__init__.py").touch()  # a package of its own, and no part of the other
    for name, (place, lines) in IN_CATALOGUE.items():
        before, there, after = (folder / name).read_text(encoding="utf-8").partition(place)
        if not there:
            raise LookupError(f"{name}: {place}")
        (folder / name).write_text(before + there + lines + after, encoding="utf-8")
    return folder


sys.path.insert(0, str(_catalogue().parent))
importlib.import_module("catalogue")
register(QUESTION)
