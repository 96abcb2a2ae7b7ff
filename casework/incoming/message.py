"""A mail as it came, read without trusting anything in it.

The bytes are kept as they are; this is only a reading. Nothing here raises for what a sender wrote:
a header that cannot be decoded is decoded as far as it can be, a part that cannot be read is told.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import Message as Part
from email.utils import getaddresses, parseaddr
from urllib.parse import unquote_to_bytes

from casework.domain.mail import Nature

MOST_DEPTH = 8
"""A mail in a mail in a mail: beyond that a person looks."""
MOST_PARTS = 500


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A file of the mail; ``name`` as the sender wrote it, without any folder."""

    name: str = field(repr=False)
    content: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Mail:
    """What a mail says. ``forwarded`` are the mails that it carries as files."""

    subject: str = field(repr=False)
    sender: str = field(repr=False)
    recipients: tuple[str, ...] = field(repr=False)
    message_id: str = field(repr=False)
    nature: Nature
    text: str = field(repr=False)
    attachments: tuple[Attachment, ...] = ()
    forwarded: tuple["Mail", ...] = ()
    unread: tuple[str, ...] = ()


_WORD = re.compile(r"=\?([^?\s]{1,40})\?([bBqQ])\?([^?]*)\?=")
_BETWEEN_WORDS = re.compile(r"(\?=)\s+(?==\?)")
_SUBJECT_OF_MACHINE = re.compile(
    r"^\s*(?:自动回复|自动答复|automatic reply|auto[- ]?reply|out of office|自動回覆)",
    re.IGNORECASE,
)
_OLD_CHINESE = frozenset({"gb2312", "gbk", "x-gbk", "cp936", "gb18030", "euc-cn", "gb_2312-80"})
_TAGS = re.compile(r"<(?:script|style)\b.*?</(?:script|style)>|<[^>]*>", re.IGNORECASE | re.DOTALL)
_MOST_TEXT = 200_000


def read_mail(raw: bytes, *, own_domain: str = "") -> Mail:
    """Return what a mail says; ``own_domain`` is that of our own message ids. Never raises."""
    return _mail(message_from_bytes(raw, policy=policy.compat32), own_domain, 0)


def _mail(part: Part, own_domain: str, depth: int) -> Mail:
    attachments: list[Attachment] = []
    forwarded: list[Mail] = []
    unread: list[str] = []
    texts: list[str] = []
    for count, each in enumerate(_leaves(part)):
        if count >= MOST_PARTS:
            unread.append("TOO_MANY_PARTS")
            break
        kind = each.get_content_type()
        if kind == "message/rfc822":
            inner = _children(each)
            if depth >= MOST_DEPTH:
                unread.append("TOO_DEEP")
            elif inner:
                forwarded.append(_mail(inner[0], own_domain, depth + 1))
            continue
        name = _file_name(each)
        content = _content(each)
        if content is None:
            unread.append("PART_UNREADABLE")
        elif name or not kind.startswith("text/"):
            attachments.append(Attachment(name=name or "未命名", content=content))
        elif kind in {"text/plain", "text/html"}:
            text = decoded(content, _charset(each))
            texts.append(_TAGS.sub(" ", text) if kind == "text/html" else text)
    sender = parseaddr(header(part, "From"))[1].strip().lower()
    subject = header(part, "Subject")
    return Mail(
        subject=subject,
        sender=sender,
        recipients=tuple(
            address.strip().lower()
            for _, address in getaddresses([header(part, "To"), header(part, "Cc")])
            if address
        ),
        message_id=header(part, "Message-ID").strip(),
        nature=_nature(part, subject, own_domain),
        text="\n".join(texts)[:_MOST_TEXT],
        attachments=tuple(attachments),
        forwarded=tuple(forwarded),
        unread=tuple(dict.fromkeys(unread)),
    )


def _leaves(part: Part) -> Iterator[Part]:
    """The parts that hold something, without looking into a mail that is carried as a file."""
    waiting = [part]
    while waiting:
        each = waiting.pop(0)
        if each.get_content_type() != "message/rfc822" and each.is_multipart():
            waiting = _children(each) + waiting
        else:
            yield each


def _children(part: Part) -> list[Part]:
    """The parts of a part. Asked of one that has none, the library decodes text, and may raise."""
    inner = part.get_payload() if part.is_multipart() else ()
    return [child for child in inner if isinstance(child, Part)]


def header(part: Part, name: str) -> str:
    """Return a header as it was meant, in whatever encoding, on one line."""
    return " ".join(_meant(_as_sent(part, name)).split())


def _as_sent(part: Part, name: str) -> str:
    """The first header of that name before the library has put anything in its place."""
    raw = ((key, str(value)) for key, value in part.raw_items())
    return next((value for key, value in raw if key.lower() == name.lower()), "")


def _meant(value: str) -> str:
    """Encoded words side by side are one text: a sign may be split between two of them."""
    joined = _BETWEEN_WORDS.sub(r"\1", value)
    pieces: list[str] = []
    pending: list[bytes] = []
    charset = ""
    at = 0
    for word in _WORD.finditer(joined):
        before = joined[at : word.start()]
        if before or word[1].lower().partition("*")[0] != charset:
            pieces.append(decoded(b"".join(pending), charset))
            pending = []
        pieces.append(_raw(before))
        charset = word[1].lower().partition("*")[0]
        pending.append(_of_word(word[2], word[3]))
        at = word.end()
    pieces.append(decoded(b"".join(pending), charset))
    pieces.append(_raw(joined[at:]))
    return "".join(pieces)


def _of_word(encoding: str, text: str) -> bytes:
    import base64  # noqa: PLC0415 - of this one place
    import quopri  # noqa: PLC0415

    if encoding in "qQ":
        return quopri.decodestring(text.encode("ascii", "replace"), header=True)
    stripped = re.sub(r"[^A-Za-z0-9+/]", "", text)
    stripped = stripped[: len(stripped) - (len(stripped) % 4 == 1)]  # a sign too many is no byte
    return base64.b64decode(stripped + "=" * (-len(stripped) % 4), validate=False)


def _raw(text: str) -> str:
    """Bytes of eight bits that stand in a header without being encoded."""
    return decoded(text.encode("utf-8", "surrogateescape"), "")


def decoded(content: bytes, charset: str) -> str:
    """Return text in the encoding that it names, else in UTF-8, else in GB 18030."""
    named = charset.lower().strip("\"' ")
    tries = ["gb18030"] if named in _OLD_CHINESE else [named] if named else []
    for each in (*tries, "utf-8", "gb18030"):
        try:
            return content.decode(each)
        except (LookupError, ValueError):  # an encoding that there is not, or that it is not in
            continue
    return content.decode("gb18030", "replace")


def _charset(part: Part) -> str:
    try:
        return part.get_content_charset() or ""
    except Exception:  # noqa: BLE001 - then it is found out by trying
        return ""


def _content(part: Part) -> bytes | None:
    try:
        content = part.get_payload(decode=True)
    except Exception:  # noqa: BLE001 - told as a part that cannot be read
        return None
    return content if isinstance(content, bytes) else None


def _file_name(part: Part) -> str:
    """The name of a file; without a folder, in whichever of three ways it was written."""
    for of in ("Content-Disposition", "Content-Type"):
        parameter = "filename" if of == "Content-Disposition" else "name"
        name = _parameter(part, of, parameter)
        if name:
            plain = re.split(r"[/\\]", name)[-1]
            return "".join(sign for sign in plain if sign.isprintable()).strip()
    return ""


def _parameter(part: Part, of: str, parameter: str) -> str:
    """A parameter, put together from its pieces before it is decoded (RFC 2231)."""
    value = _as_sent(part, of)
    found = re.findall(
        rf"(?:^|[;\s]){parameter}(\*(?:\d+\*?)?)?\s*=\s*(\"(?:[^\"\\]|\\.)*\"|[^;\s]+)",
        value,
        re.IGNORECASE,
    )
    if not found:
        return ""
    plain = [text for mark, text in found if not mark]
    pieces = sorted(
        ((int(re.sub(r"\D", "", mark)[:4] or 0), mark, text) for mark, text in found if mark),
        key=lambda piece: piece[0],
    )
    if not pieces:
        return _meant(_unquoted(plain[0]))
    charset, content = "", b""
    for place, (_, mark, text) in enumerate(pieces):
        said = _unquoted(text)
        if not mark.endswith("*"):
            content += said.encode("utf-8", "surrogateescape")
            continue
        if place == 0 and said.count("'") >= 2:  # noqa: PLR2004 - charset'language'text
            charset, _, said = said.split("'", 2)
        content += unquote_to_bytes(said.encode("utf-8", "surrogateescape"))
    return decoded(content, charset)


def _unquoted(text: str) -> str:
    if len(text) > 1 and text.startswith('"') and text.endswith('"'):
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text


def _nature(part: Part, subject: str, own_domain: str) -> Nature:
    if own_domain and header(part, "Message-ID").strip("<> ").lower().endswith("@" + own_domain):
        return Nature.OWN
    if part.get_content_type() == "multipart/report" or header(part, "Return-Path") == "<>":
        return Nature.BOUNCE
    if parseaddr(header(part, "From"))[1].lower().startswith(("mailer-daemon@", "postmaster@")):
        return Nature.BOUNCE
    automatic = header(part, "Auto-Submitted").lower() not in {"", "no"}
    if automatic or _SUBJECT_OF_MACHINE.match(subject) or header(part, "X-Autoreply"):
        return Nature.AUTOMATIC
    if header(part, "X-Spam-Flag").upper() == "YES":
        return Nature.SPAM
    if header(part, "List-Id") or header(part, "Precedence").lower() in {"bulk", "list", "junk"}:
        return Nature.BULK
    return Nature.WRITTEN
