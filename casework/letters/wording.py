"""Whether what districts word anew in the catalogue can be filled: their texts of letters."""

from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from casework.letters.templates import TEMPLATES
from casework.letters.texts import placeholder_faults
from casework.policy.catalogue.documents import Finding, Location, one_of
from casework.policy.catalogue.sources import LettersFile
from casework.policy.catalogue.tree import Loaded
from casework.policy.letters import EVERY, loaded_letters


def check_texts(root: Traversable | Path | None = None) -> list[Finding]:
    """Every fault of the letters' own texts below a catalogue's root, by file and line."""
    loaded = loaded_letters(root or files("catalogue")).values()
    return sorted(finding for file in loaded for finding in _faults(file))


def _faults(file: Loaded[LettersFile]) -> Iterator[Finding]:
    for template, letter in file.model.letters.items():
        at: Location = ("letters", template)
        if template != EVERY and template not in TEMPLATES:
            right = one_of(template, sorted(TEMPLATES))
            yield file.document.finding(at, f"unknown letter {template}", right)
            continue
        for name, timeline in (("title", letter.title), ("text", letter.text)):
            for index, entry in enumerate(timeline.root if timeline else ()):
                place = (*at, name, index, "value")
                if template == EVERY:
                    right = "name the kind of letter"
                    yield file.document.finding(place, "one text for every letter", right)
                    continue
                if name == "title" and "{" in (entry.value or ""):
                    right = "plain words: a title stands in what anybody may see"
                    yield file.document.finding(place, "a title with a field", right)
                    continue
                for problem in placeholder_faults(template, entry.value or ""):
                    right = "fields of the common text, each in braces"
                    yield file.document.finding(place, problem, right)
