"""The documents as the tests read them."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "catalogue/*.md", "examples/*.md")
    for path in ROOT.glob(pattern)
)
CONTRACT = (ROOT / "docs/contract.md").read_text()
GLOSSARY = (ROOT / "docs/glossary.md").read_text()
README = (ROOT / "README.md").read_text()
RUNBOOK = (ROOT / "docs/runbook.md").read_text()

_ROW = re.compile(r"^\| `([^`]+)` \| ([^|]*?) \|", re.MULTILINE)


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def section(text: str, heading: str) -> str:
    """The text from a heading of the second level to the next."""
    return re.split(r"^## ", text.partition(f"\n## {heading}")[2], flags=re.MULTILINE)[0]


def rows(text: str) -> dict[str, str]:
    """The second cell of each row of a table whose first cell is code."""
    return dict(_ROW.findall(text))
