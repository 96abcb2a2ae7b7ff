"""The table of codes in ``docs/contract.md``, made from the code.

    python -m tests.docs.codes

writes it anew. What a code means in English is written by hand in its second column and stays;
HTTP status, Chinese words, field and what to do come from where the code is raised.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from pathlib import Path

from api.edge.problems import AwayError, of_refusal
from casework.domain.errors import DomainError
from casework.store.faults import Fault
from tests.docs.pages import ROOT, section

HEAD = ("| code | means | HTTP | 中文 | field | what to do |", "|---|---|---|---|---|---|")
CODE = re.compile(r"[A-Z]+(_[A-Z]+)*")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_ROW = re.compile(r"^\| `([A-Z_]+)` \| ([^|]*?) \|", re.MULTILINE)
_PLACES = ("api", "casework", "workflows")
_NO_HTTP = "Temporal only"

_TO_DO = {
    "400": "send what the type says, in UTF-8",
    "401": "log in, or get a new token",
    "403": "let somebody do it who may",
    "404": "check the number or the address",
    "405": "look up the method in `/openapi.json`",
    "408": "send the same again, faster",
    "409": "read the case, then decide anew",
    "410": "nothing: it is erased",
    "412": "read what has happened since, then send again with the new `If-Match`",
    "413": "send less",
    "414": "ask with less in the address",
    "415": "send another type",
    "416": "ask for a part that there is",
    "422": "put the field right and send again",
    "429": "wait as `Retry-After` says",
    "431": "send smaller headers",
    "500": "tell the operator",
    "503": "send the same again later, under the same key",
    _NO_HTTP: "look at key, clock and message: another proof is needed",
    "recorded": "nothing: it is recorded, the case goes on",
}


@dataclass
class Found:
    """What the code says of one code."""

    statuses: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)
    fields: set[str] = field(default_factory=set)


def _text(node: ast.AST | None) -> str:
    """A text as it is written, with … for what is put in; empty: it is no text."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(
            _text(each) if isinstance(each, ast.Constant) else "…" for each in node.values
        )
    if isinstance(node, ast.IfExp):
        return _text(node.body)
    if isinstance(node, ast.BinOp):
        return _text(node.left) + _text(node.right)
    if isinstance(node, ast.Name | ast.Attribute):
        return _constants().get(getattr(node, "id", getattr(node, "attr", "")), "")
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return _text(node.func.value) if node.func.attr == "format" else ""
    return ""


@cache
def _constants() -> dict[str, str]:
    """The texts to which the code gives a name."""
    return {
        target.id: node.value.value
        for file in _files()
        for node in ast.parse(file.read_text()).body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        if isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _code(node: ast.AST | None) -> str:
    text = _text(node)
    return text if CODE.fullmatch(text) and len(text) > 3 else ""


def _is_words(text: str) -> bool:
    return bool(_CHINESE.search(text))


def _status(node: ast.AST | None) -> str:
    if isinstance(node, ast.Attribute) and node.attr in HTTPStatus.__members__:
        return str(int(HTTPStatus[node.attr]))
    return ""


def _pairs(nodes: Iterable[ast.AST | None]) -> Iterator[tuple[str, str, str]]:
    """Each code with the words and the field that stand directly after it."""
    row = [*nodes, None, None]
    for at, node in enumerate(row[:-2]):
        if code := _code(node):
            words, place = _text(row[at + 1]), _text(row[at + 2])
            if _is_words(words):
                yield code, words, place if place.isascii() else ""


class _Collector(ast.NodeVisitor):
    """Collects what is said of each code in the files that it visits."""

    def __init__(self) -> None:
        self.told: defaultdict[str, Found] = defaultdict(Found)

    def visit_Call(self, node: ast.Call) -> None:
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if name == "invalid" and (code := _code((*node.args, None, None, None)[2])):
            self._say(code, _text(node.args[1]), _text(node.args[0]))
            self.told[code].statuses.add("422")
        if name == "DomainError" and node.args and (code := _code(node.args[0])):
            refused = DomainError(code, "", "field" if len(node.args) > 2 else "")
            self.told[code].statuses.add(str(int(of_refusal(refused).status)))
        given = {each.arg: each.value for each in node.keywords}
        if code := _code(given.get("code")):
            self.told[code].statuses |= {*filter(None, (_status(given.get("status")),))}
            self._say(code, _text(given.get("detail")))
        for each in _pairs(node.args):
            self._say(*each)
        self.generic_visit(node)

    def visit_Tuple(self, node: ast.Tuple) -> None:
        for each in _pairs(node.elts):
            self._say(*each)
        for code in filter(None, map(_code, node.elts)):
            self.told[code].statuses |= {*filter(None, map(_status, node.elts))}
        self.generic_visit(node)

    def visit_Dict(self, node: ast.Dict) -> None:
        for key, value in zip(node.keys, node.values, strict=True):
            # By code → words, or by status → (code, words) as the framework's refusals.
            if code := _code(key):
                self._say(code, _text(value))
            if (status := _status(key)) and isinstance(value, ast.Tuple):
                for code in filter(None, map(_code, value.elts)):
                    self.told[code].statuses.add(status)
        self.generic_visit(node)

    def _say(self, code: str, words: str, place: str = "") -> None:
        if _is_words(words):
            self.told[code].words.add(words)
        if place:
            self.told[code].fields.add(place)


@cache
def found() -> Mapping[str, Found]:
    """All that is said of each code, wherever it stands."""
    collector = _Collector()
    for file in _files():
        tree = ast.parse(file.read_text())
        _put_in(tree)
        collector.visit(tree)
    for party in ("temporal", "register", "materials", "catalogue", "issuer", "signing"):
        for fault in Fault:
            away = AwayError(party, fault).problem
            words = away.detail.partition("，请稍后")[0]
            collector.told[away.code] = Found(statuses={"503"}, words={words})
    return dict(collector.told)


def _put_in(tree: ast.Module) -> None:
    """Put the texts that a function keeps in a name into the calls to which it gives the name."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        kept = {
            target.id: node.value
            for node in ast.walk(function)
            if isinstance(node, ast.Assign) and _text(node.value)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for call in ast.walk(function):
            if isinstance(call, ast.Call):
                call.args = [
                    kept.get(each.id, each) if isinstance(each, ast.Name) else each
                    for each in call.args
                ]
                for keyword in call.keywords:
                    if isinstance(keyword.value, ast.Name):
                        keyword.value = kept.get(keyword.value.id, keyword.value)


def _files() -> list[Path]:
    return sorted(file for place in _PLACES for file in (ROOT / place).rglob("*.py"))


def row(code: str, means: str) -> str:
    """The row of a code; ``means`` stays as it was written."""
    said = found().get(code, Found())
    statuses = sorted(said.statuses) or [_default_status(code, means)]
    words = min(said.words, key=lambda each: (each.count("…"), len(each), each), default="—")
    fields = "、".join(f"`{each}`" for each in sorted(said.fields)[:3])
    fields += " …" if len(said.fields) > 3 else ""
    todo = _TO_DO[statuses[0]]
    cells = (f"`{code}`", means, " ".join(statuses), words.replace("|", "／"), fields or "—", todo)
    return f"| {' | '.join(cells)} |"


def _default_status(code: str, means: str) -> str:
    """Of a code that no rule raises by its name: its meaning says it, or only Temporal has it."""
    if told := re.match(r"(\d{3}):", means):
        return told[1]
    if code == "SECOND_NOTICE":
        return "409"
    refused = int(of_refusal(DomainError(code, "")).status)
    return _NO_HTTP if code.startswith(("PROOF_", "SIGNER_", "UNREADABLE")) else str(refused)


def table(text: str) -> str:
    """The text with its table of codes made anew, by code."""
    codes = section(text, "Codes")
    rows = sorted(row(code, means) for code, means in _ROW.findall(codes))
    words = "".join(line for line in codes.splitlines(keepends=True) if not line.startswith("|"))
    lines = "\n".join((*HEAD, *rows))
    return text.replace(codes, f"\n\n{words.strip()}\n\n{lines}\n\n", 1)


def main() -> None:
    """Write the table anew."""
    page = ROOT / "docs/contract.md"
    page.write_text(table(page.read_text()))


if __name__ == "__main__":
    main()
