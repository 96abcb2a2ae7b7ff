"""Arguments that many commands take: case numbers, and what a clerk names by a Chinese word."""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Annotated, Any

import typer

from casework.cli.terms.errors import UnusableError
from casework.cli.terms.screen import CARDS
from casework.domain.identifiers import CaseNoError, read_case_no
from casework.domain.kinds.registry import KINDS, CaseKind


def case_no(text: str) -> str:
    """Return a case number as typed; raise `UnusableError` saying which part is wrong."""
    if not text:
        return text  # an option that was not given
    try:
        return read_case_no(text)
    except CaseNoError as error:
        raise UnusableError(str(error)) from None


CaseNo = Annotated[str, typer.Argument(metavar="NO", parser=case_no, show_default=False)]


def case_option(*flags: str, help: str) -> Any:  # noqa: A002, ANN401 - as `typer.Option`
    """Return an option that takes a case number."""
    return typer.Option(*flags, metavar="NO", parser=case_no, help=help)


def word_option(
    labels: Mapping[str, str] | type[StrEnum],
    *flags: str,
    name: str,
    help: str = "",  # noqa: A002 - as `typer.Option`
) -> Any:  # noqa: ANN401 - as `typer.Option`
    """Return an option that takes a code or the Chinese word for it, and completes both.

    ``labels`` has the word of each code; an enumeration has them as ``label``.
    """
    known = dict(labels if isinstance(labels, Mapping) else _labels(labels))
    return typer.Option(
        *flags,
        metavar="WORD",
        parser=_reader(name, known),
        autocompletion=_completer(known),
        help=f"{help} Code or word: {_examples(known)}, …".strip(),
    )


def _labels(kind: type[StrEnum]) -> dict[str, str]:
    return {member.value: str(getattr(member, "label", "")) for member in kind}


def _reader(name: str, labels: Mapping[str, str]) -> Callable[[str], str]:
    def read(text: str) -> str:
        word = text.strip()
        if not word or word in labels:
            return word
        codes = [code for code, label in labels.items() if label == word]
        if not codes:
            raise UnusableError(f"没有{name}“{text}”，应为：{_listed(labels)}")
        if len(codes) > 1:  # kinds of cases share the word
            raise UnusableError(f"{name}“{word}”不止一种，请用代码：{'、'.join(codes)}")
        return codes[0]

    return read


def _completer(labels: Mapping[str, str]) -> Callable[[str], list[tuple[str, str]]]:
    def complete(incomplete: str) -> list[tuple[str, str]]:
        found = [(code, word) for code, word in labels.items() if code.startswith(incomplete)]
        return found or [
            (word, code) for code, word in labels.items() if word.startswith(incomplete)
        ]

    return complete


def _listed(labels: Mapping[str, str]) -> str:
    return "、".join(f"{word}（{code}）" if word else code for code, word in labels.items())


def _examples(labels: Mapping[str, str]) -> str:
    code, word = next(iter(labels.items()))
    return f"{code} or {word}" if word else code


def _of_all(kinds: Iterable[CaseKind]) -> dict[str, str]:
    """The stages of several kinds of cases."""
    return {stage.value: stage.label for kind in kinds for stage in KINDS[kind].stages}


Stage = Annotated[str, word_option(_of_all(KINDS), name="阶段")]
Card = Annotated[
    str,
    word_option(
        {code: word for code, (word, _) in CARDS.items()},
        name="督办牌",
        help="Highest card not cleared.",
    ),
]
