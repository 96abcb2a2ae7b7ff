"""All faults of the catalogue at once, each with its file, line, field and what is right."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from casework.policy.catalogue.check_entries import (
    layer_findings,
    profile_findings,
    vocabulary_findings,
)
from casework.policy.catalogue.check_measures import measure_findings
from casework.policy.catalogue.check_offers import offer_findings
from casework.policy.catalogue.documents import Finding
from casework.policy.catalogue.tree import Tree, read_tree


def check_catalogue(root: Traversable | Path | None = None) -> list[Finding]:
    """Every fault below ``root`` (by default the installed catalogue), by file and line."""
    return check_tree(read_tree(root or files("catalogue")))


def check_tree(tree: Tree) -> list[Finding]:
    """Every fault of a folder already read, by file and line."""
    found = [
        *tree.findings,
        *vocabulary_findings(tree),
        *layer_findings(tree),
        *profile_findings(tree),
        *measure_findings(tree),
        *offer_findings(tree),
    ]
    return sorted(set(found))
