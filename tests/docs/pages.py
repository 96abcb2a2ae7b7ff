"""The documents as the tests read them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
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


@dataclass(frozen=True, kw_only=True)
class Typed:
    """A command of a document as a newcomer types it."""

    line: str
    refused: str | None = None
    """What it must answer instead of doing it."""

    patient: bool = False
    """It is typed again until it is taken: the text says what it waits for."""


@dataclass(frozen=True, kw_only=True)
class Block:
    """A block of shell: what is typed, or why it is not."""

    commands: tuple[Typed, ...]
    not_typed: str = ""


_BLOCK = re.compile(
    r"(?:^ *<!-- (?P<mark>[^\n]*) -->\n)?^(?P<indent> *)```sh\n(?P<body>.*?)^ *```",
    re.MULTILINE | re.DOTALL,
)
_REFUSED = re.compile(r"\s+# refused: (.+)$")


def blocks(text: str) -> Iterator[Block]:
    """The blocks of shell in the order of the text, marked as CONTRIBUTING.md says."""
    for found in _BLOCK.finditer(text):
        reason = re.match(r"not typed: (.+)", found["mark"] or "")
        lines = [line for line in found["body"].replace("\\\n", " ").splitlines() if line.strip()]
        yield Block(
            commands=tuple(
                Typed(
                    line=_REFUSED.sub("", line.strip()),
                    refused=said[1] if (said := _REFUSED.search(line)) else None,
                    patient=place == 0 and found["mark"] == "typed until it is taken",
                )
                for place, line in enumerate(lines)
            ),
            not_typed=reason[1] if reason else "",
        )
