"""Reads pages as a person does, and fills in their forms."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

import httpx

from tests.api.live import Backend


@dataclass
class Form:
    """A form of a page: where it goes, what it holds."""

    method: str
    action: str
    values: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._textarea = ""
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(method=at.get("method", "get"), action=at.get("action", "")))
        if not self.forms or ("name" not in at and tag != "option"):
            return
        form = self.forms[-1]
        if tag in {"input", "select", "textarea", "button"}:
            form.names.add(at["name"])
        if tag == "input" and (at.get("type") not in {"checkbox", "radio"} or "checked" in at):
            form.values[at["name"]] = at.get("value", "")
        if tag == "textarea":
            self._textarea = at["name"]
            form.values[self._textarea] = ""
        if tag == "select":
            self._select = at["name"]
        if tag == "option" and self._select and ("selected" in at):
            form.values[self._select] = at.get("value", "")

    def handle_data(self, data: str) -> None:
        if self._textarea:
            before = self.forms[-1].values[self._textarea]
            self.forms[-1].values[self._textarea] = before + (data if before else data.lstrip("\n"))

    def handle_endtag(self, tag: str) -> None:
        self._textarea = "" if tag == "textarea" else self._textarea
        self._select = "" if tag == "select" else self._select


def forms(answer: httpx.Response) -> list[Form]:
    """The forms of a page, in order."""
    found = _Forms()
    found.feed(answer.text)
    return found.forms


def form_to(answer: httpx.Response, ending: str) -> Form:
    """The form that goes to an address with this ending."""
    return next(form for form in forms(answer) if form.action.partition("?")[0].endswith(ending))


def read(answer: httpx.Response) -> str:
    """What a reader sees of a page that is as all pages must be: no script, no style inline."""
    assert answer.headers["content-type"].startswith("text/html"), answer.text
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert not re.search(r"<script(?![^>]* src=)|\bstyle=|\son\w+=", answer.text)
    return squeezed(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)))


def squeezed(text: str) -> str:
    """White space as one blank."""
    return " ".join(text.split())


def links(answer: httpx.Response) -> Iterator[str]:
    """Where the links of a page lead."""
    return (html.unescape(each) for each in re.findall(r'<a [^>]*href="([^"]+)"', answer.text))


@dataclass(frozen=True)
class Reader:
    """Somebody who looks at pages."""

    backend: Backend
    who: str

    async def see(self, path: str) -> httpx.Response:
        """Open a page."""
        answer = await self.backend.http.get(path, headers=self.backend.bearer(self.who))
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        read(answer)
        return answer

    async def send(
        self, path: str, sent: dict[str, str], *, files: dict[str, tuple[str, bytes]] | None = None
    ) -> httpx.Response:
        """Send a form; ``files`` by field, with name and content."""
        return await self.backend.http.post(
            path, data=sent, files=files, headers=self.backend.bearer(self.who)
        )
