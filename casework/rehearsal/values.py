"""The kinds of values that a scenario is written in.

A name that does not exist is refused when the file is read: a misspelt event under ``never`` would
otherwise never happen, and nobody would notice.
"""

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, Strict, WithJsonSchema

from casework.domain.case.events import TITLES
from casework.domain.kinds.application.state import Claim
from casework.domain.kinds.registry import KINDS
from casework.domain.time.calendar import ZONE
from casework.letters.templates import TEMPLATES

USUAL_TIME = time(10)
"""The time of a moment that only names its day."""


def read_moment(value: object) -> datetime:
    """An aware instant from ``2026-09-17`` or ``2026-09-17 10:00``, as YAML hands them over.

    Raises ValueError for anything else.
    """
    if isinstance(value, str):
        value = _parsed(value)
    match value:
        case datetime():
            moment = value
        case date():
            moment = datetime.combine(value, USUAL_TIME)
        case _:
            raise ValueError("no day and no moment")
    return moment if moment.tzinfo else moment.replace(tzinfo=ZONE)


def _parsed(text: str) -> date | None:
    for parse in (date.fromisoformat, datetime.fromisoformat):
        try:
            return parse(text)
        except ValueError:
            continue
    return None


def _known(names: Iterable[str], kind: str) -> tuple[AfterValidator, WithJsonSchema]:
    known = sorted(names)

    def check(name: str) -> str:
        if name not in known:
            raise ValueError(f"没有{kind} {name}")
        return name

    return AfterValidator(check), WithJsonSchema({"type": "string", "enum": known})


def _plain_dates(claims: object) -> object:
    """Claims hold dates as ISO text; YAML has made dates of them."""
    if not isinstance(claims, dict):
        return claims
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in claims.items()
    }


_MOMENT_SCHEMA = {"type": "string", "examples": ["2026-09-17", "2026-09-17 10:00"]}

Day = Annotated[date, Strict()]
Flag = Annotated[bool, Strict()]
Count = Annotated[int, Strict(), Field(ge=0)]
Moment = Annotated[datetime, BeforeValidator(read_moment), WithJsonSchema(_MOMENT_SCHEMA)]
Claims = Annotated[dict[str, Claim], BeforeValidator(_plain_dates)]
VERBS = frozenset(verb for kind in KINDS.values() for verb in kind.verbs)
FACTS = frozenset(fact for kind in KINDS.values() for fact in kind.signals)
Verb = Annotated[str, *_known(VERBS, "操作")]
Fact = Annotated[str, *_known(FACTS, "信号")]
StageName = Annotated[
    str, *_known({stage.value for kind in KINDS.values() for stage in kind.stages}, "阶段")
]
EventKind = Annotated[str, *_known(TITLES, "事项")]
Template = Annotated[str, *_known(TEMPLATES, "通知")]
