"""Read what a district asks senders to write in a subject or in a file's name [source 001].

A grammar is data: ``<单位>—<人员>—共<人数>人``. What stands in ``<>`` is a field, anything else is
written as it stands. ``read`` finds the fields, what is wrong with each, and, where the line does
not fit, from where on it does not.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache

from casework.domain.identifiers import IdentifierError, check_citizen_id
from casework.domain.mail import Field, Grammar, Place, tokens
from casework.incoming.writing import Writing, key_of, written


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What the sender has to put right: a stable code and a sentence for the one notice."""

    code: str
    detail: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Named:
    """A person whom a line names, with the business; ``number`` only where the grammar has it."""

    name: str = field(repr=False)
    item: str
    business: str
    number: str = field(default="", repr=False)

    @property
    def key(self) -> str:
        """By which names are compared."""
        return key_of(self.name)


@dataclass(frozen=True, kw_only=True)
class Read:
    """What a line says. ``strict``: exactly as asked; else a remark (不符合命名格式) is kept.

    ``unsplit``: firm and person stand together and nothing here tells where one ends.
    """

    grammar: Grammar
    unit: str = field(default="", repr=False)
    persons: tuple[Named, ...] = ()
    item: str = ""
    business: str = ""
    day: date | None = None
    count: int | None = None
    faults: tuple[Fault, ...] = ()
    strict: bool = True
    unsplit: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class Unread:
    """Why a line does not fit a grammar; ``fits``: the share of its parts that were found."""

    grammar: Grammar
    reason: str = field(repr=False)
    fits: float


NAME = r"[\u3400-\u9fff\U00020000-\U000323af·A-Za-z.']{2,40}"
_NAME = re.compile(NAME)
_DIGITS = dict(zip("〇零一二三四五六七八九", (0, 0, *range(1, 10)), strict=True)) | {"两": 2}
_GROUP = re.compile(r"[+＋]")
_PERSONS = re.compile(r"(?P<names>[^()【】]+?)(?:[(【](?P<business>[^()【】]*)[)】])?")
_WITH_BUSINESS = re.compile(r"[^()【】]+[(【][^()【】]+[)】]")
_BETWEEN = re.compile(r"[、,，/&和;]")
_MOST_COUNTED = 999
_OPTIONAL = frozenset("【】共人")


def read(
    line: str, grammar: Grammar, *, on: date, short_names: tuple[str, ...] = ()
) -> Read | Unread:
    """Read a line by a grammar.

    ``on`` is the day of receipt, for numbers of persons. ``short_names`` are those of the sender's
    firm, which tell firm and person apart where nothing else does. Never raises: whatever is not
    understood is ``Unread`` or a fault.
    """
    writing = written(line)
    found = _pattern(grammar.template).fullmatch(writing.key)
    if found is not None:
        return _taken(writing, grammar, found, on)
    if grammar.place is Place.FILE_NAME:
        return _loose(writing, grammar, short_names)
    found = _uncounted(grammar.template).fullmatch(writing.key)
    if found is not None and _all_with_business(found["PERSONS"]):
        return _taken(writing, grammar, found, on)
    return _unread(writing, grammar)


def best(lines: Iterator[Read | Unread]) -> Read | Unread | None:
    """The reading with the fewest faults, else the one that came furthest."""
    return min(lines, key=_distance, default=None)


def _distance(reading: Read | Unread) -> tuple[int, float]:
    if isinstance(reading, Unread):
        return 1000, -reading.fits
    return len(reading.faults), 0 if reading.strict else 1


def _pattern(template: str, upto: int | None = None) -> re.Pattern[str]:
    return _compiled(template, len(tokens(template)) if upto is None else upto)


@cache
def _compiled(template: str, upto: int) -> re.Pattern[str]:
    parts = tokens(template)
    pieces = []
    opened = ""
    for place, part in enumerate(parts[:upto]):
        if isinstance(part, Field):
            after = next((each for each in parts[place + 1 :] if not isinstance(each, Field)), "")
            inside = _of_field(part, after)
            if opened:
                inside = f"(?({opened})[^【】]+|{inside})"
            pieces.append(f"(?P<{part.name}>{inside})")
        elif part == "【":
            opened = f"OPENED{place}"
            pieces.append(f"(?P<{opened}>【)?")
        elif part == "】":
            pieces.append(f"(?({opened})】|】?)")
            opened = ""
        else:
            pieces.append(re.escape(part) + ("?" if part in _OPTIONAL else ""))
    return re.compile("".join(pieces))


@cache
def _uncounted(template: str) -> re.Pattern[str]:
    """A list of persons without ``—共N人``; what has no such list never matches."""
    parts = tokens(template)
    if Field.PERSONS not in parts or Field.COUNT not in parts:
        return re.compile(r"(?P<PERSONS>(?!))")
    return _compiled(template, parts.index(Field.PERSONS) + 1)


def _all_with_business(persons: str) -> bool:
    return all(
        re.fullmatch(r"[^()【】]+[(【][^()【】]+[)】]", each) for each in _GROUP.split(persons)
    )


def _of_field(part: Field, after: str) -> str:
    """What may stand in a field: all but the sign that ends it, except a firm's own dashes."""
    match part:
        case Field.UNIT if after == "—":
            return ".+?"
        case Field.PERSONS:
            return "[^—]+"
        case Field.COUNT:
            return "[^—共人]{1,6}"
        case Field.DAY:
            return r"\d{8}"
        case Field.BUSINESS if after not in {"+", "】"}:
            return "[^—+【】]+"
    return "[^+【】]+"


def _unread(writing: Writing, grammar: Grammar) -> Unread:
    """From where on the line is not as asked."""
    parts = tokens(grammar.template)
    for upto in range(len(parts) - 1, 0, -1):
        found = _pattern(grammar.template, upto).match(writing.key)
        if found is not None and found.end() <= len(writing.key):
            rest = "".join(f"<{p.value}>" if isinstance(p, Field) else p for p in parts[upto:])
            return Unread(
                grammar=grammar,
                reason=f"主题应写成“{grammar.template}”，缺少“{rest}”或写法不符",
                fits=upto / len(parts),
            )
    return Unread(grammar=grammar, reason=f"主题应写成“{grammar.template}”", fits=0)


def _taken(writing: Writing, grammar: Grammar, found: re.Match[str], on: date) -> Read:
    def said(part: Field) -> str:
        known = part.name in found.re.groupindex and found[part.name] is not None
        return writing.cut(*found.span(part.name)) if known else ""

    faults: list[Fault] = []
    fields = {part for part in tokens(grammar.template) if isinstance(part, Field)}
    day = _day(said(Field.DAY), faults) if Field.DAY in fields else None
    business, item = "", next(iter(grammar.business.values()), "")
    if Field.BUSINESS in fields:
        business, item = _business(said(Field.BUSINESS), grammar, faults)
    persons: tuple[Named, ...] = ()
    if Field.PERSONS in fields:
        persons = tuple(_persons(said(Field.PERSONS), grammar, faults))
    elif Field.NAME in fields:
        number = _number(said(Field.NUMBER), on, faults) if Field.NUMBER in fields else ""
        name = _name(said(Field.NAME), faults)
        persons = (Named(name=name, item=item, business=business, number=number),)
    count = None
    if Field.COUNT in fields and "COUNT" not in found.re.groupindex:
        faults.append(Fault(code="COUNT_MISSING", detail="主题末尾须写明人数，如“—共2人”"))
    elif Field.COUNT in fields:
        count = _count(said(Field.COUNT), len(persons), faults)
    unit = said(Field.UNIT) or said(Field.SHORT_NAME)
    return Read(
        grammar=grammar,
        unit=unit,
        persons=persons,
        item=item,
        business=business,
        day=day,
        count=count,
        faults=tuple(faults),
        strict=_as_asked(grammar, found),
    )


def _as_asked(grammar: Grammar, found: re.Match[str]) -> bool:
    """Whether every sign of the template is there."""
    signs = [part for part in tokens(grammar.template) if not isinstance(part, Field)]
    fields = [each.name for each in Field if each.name in found.re.groupindex]
    return len(found[0]) == sum(len(found[name]) for name in fields) + len(signs)


def _persons(text: str, grammar: Grammar, faults: list[Fault]) -> Iterator[Named]:
    """``张三(新办)+李四、王五(续办)``."""
    for group in _GROUP.split(text):
        writing = written(group)
        found = _PERSONS.fullmatch(writing.key)
        if found is None:
            faults.append(Fault(code="PERSONS_UNREADABLE", detail=f"“{group}”应写成“姓名(业务)”"))
            continue
        said = writing.cut(*found.span("business")) if found["business"] else ""
        names = [name for name in _BETWEEN.split(writing.cut(*found.span("names"))) if name.strip()]
        if not said:
            allowed = "、".join(grammar.business)
            detail = f"“{'、'.join(names)}”之后须在括号中写明业务（{allowed}）"
            faults.append(Fault(code="BUSINESS_MISSING", detail=detail))
        business, item = _business(said, grammar, faults) if said else ("", "")
        for name in names:
            yield Named(name=_name(name.strip(), faults), item=item, business=business)


def _business(said: str, grammar: Grammar, faults: list[Fault]) -> tuple[str, str]:
    for word, item in grammar.business.items():
        if key_of(word) == key_of(said):
            return word, item
    allowed = "、".join(grammar.business)
    detail = f"“{said}”不是可写的业务，应为：{allowed}" if said else f"须写明业务：{allowed}"
    faults.append(Fault(code="BUSINESS_UNKNOWN" if said else "BUSINESS_MISSING", detail=detail))
    return said, ""


def _name(said: str, faults: list[Fault]) -> str:
    if not _NAME.fullmatch(said.replace(" ", "").replace("•", "·")):
        faults.append(Fault(code="NAME_UNREADABLE", detail=f"“{said}”不像姓名，请写申请人姓名全称"))
    return said


def _number(said: str, on: date, faults: list[Fault]) -> str:
    """The number of a person in its one form; a fault says what is wrong and never the number."""
    try:
        return check_citizen_id(said, on).number
    except IdentifierError as error:
        faults.append(Fault(code=error.code, detail=f"主题中的{error.message}"))
        return ""


def _count(said: str, named: int, faults: list[Fault]) -> int | None:
    count = _numeral(said)
    if count is None:
        detail = f"“共{said}人”中的人数须写成数字"
        faults.append(Fault(code="COUNT_UNREADABLE", detail=detail))
    elif count != named:
        detail = f"人数为{count}，列出{named}人"
        faults.append(Fault(code="COUNT_DIFFERS", detail=detail))
    return count


def _numeral(said: str) -> int | None:
    """Arabic or Chinese, up to 999; ``几`` of the template is none."""
    said = key_of(said)
    if said.isdecimal() and said.isascii():
        return int(said)
    total = 0
    hundreds, _, rest = said.rpartition("百")
    if "百" in said:
        if hundreds not in _DIGITS:
            return None
        total, said = _DIGITS[hundreds] * 100, rest.removeprefix("零")
    if "十" in said:
        tens, _, said = said.partition("十")
        if tens and tens not in _DIGITS:
            return None
        total += 10 * (_DIGITS[tens] if tens else 1)
    if said and said not in _DIGITS:
        return None
    total += _DIGITS[said] if said else 0
    return total if 0 < total <= _MOST_COUNTED else None


def _day(said: str, faults: list[Fault]) -> date | None:
    try:
        return date(int(said[:4]), int(said[4:6]), int(said[6:]))
    except ValueError:
        faults.append(Fault(code="DAY_UNREAL", detail=f"“{said}”不是日期，应写成年月日八位数字"))
        return None


_LOOSE = re.compile(r"(?P<day>\d{8})?[+—]?(?P<rest>.+)")


def _loose(writing: Writing, grammar: Grammar, short_names: tuple[str, ...]) -> Read | Unread:
    """Date or plus signs left out, as in the source's own example: taken, with a remark.

    Where neither a sign nor the firm's registered short name parts firm and person, a person must.
    """
    found = _LOOSE.fullmatch(writing.key)
    if found is None:
        return Unread(grammar=grammar, reason=f"文件名应写成“{grammar.template}”", fits=0)
    faults: list[Fault] = []
    day = _day(found["day"], faults) if found["day"] else None
    at, rest = found.start("rest"), found["rest"]
    business = item = ""
    if Field.BUSINESS in tokens(grammar.template):
        words = [word for word in grammar.business if rest.startswith(key_of(word))]
        if not words:
            allowed = "、".join(grammar.business)
            reason = f"文件名应写成“{grammar.template}”，业务为：{allowed}"
            return Unread(grammar=grammar, reason=reason, fits=0.25 if day else 0)
        business = max(words, key=len)
        item = grammar.business[business]
        gone = len(key_of(business))
        at, rest = at + gone, rest[gone:]
    elif day is None:
        return Unread(grammar=grammar, reason=f"文件名应写成“{grammar.template}”", fits=0)
    else:
        item = next(iter(grammar.business.values()), "")
    skipped = len(rest) - len(rest.lstrip("+—"))
    at, rest = at + skipped, rest[skipped:]
    cut = _boundary(rest, short_names)
    said = Read(
        grammar=grammar, item=item, business=business, day=day, faults=tuple(faults), strict=False
    )
    if cut is None:
        return replace(said, unsplit=writing.cut(at, at + len(rest)))
    firm, begin = cut
    name = _name(writing.cut(at + begin, at + len(rest)), faults)
    person = Named(name=name, item=item, business=business)
    return replace(said, unit=writing.cut(at, at + firm), persons=(person,), faults=tuple(faults))


def _boundary(rest: str, short_names: tuple[str, ...]) -> tuple[int, int] | None:
    """Where the firm ends and where the person begins."""
    for sign in "+—":
        if rest.count(sign) == 1:
            place = rest.index(sign)
            return (place, place + 1) if 0 < place < len(rest) - 1 else None
    known = {key_of(name) for name in short_names}
    ends = [len(name) for name in known if rest.casefold().startswith(name)]
    if not ends or max(ends) == len(rest):
        return None
    return max(ends), max(ends)
