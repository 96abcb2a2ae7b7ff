"""What may stand in a body: its types, and the bounds that every body keeps."""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from casework.domain.bounds import AtMost, Excess, Kind, Place, has_unseen, within
from casework.domain.identifiers import CASE_NO, check_case_no
from casework.domain.identifiers import EXAMPLE as CASE_NO_EXAMPLE

KEY = r"^[A-Za-z0-9._~-]{1,100}$"
"""What an ``Idempotency-Key`` may be."""

CaseNo = Annotated[
    str,
    AfterValidator(check_case_no),  # a pattern would be refused without saying which part is wrong
    WithJsonSchema(
        {"type": "string", "pattern": f"^{CASE_NO.pattern}$", "examples": [CASE_NO_EXAMPLE]}
    ),
]
District = Annotated[str, StringConstraints(pattern=r"^\d{6}$")]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:#-]{0,63}$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
ShortText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), AtMost(100)
]


class Body(BaseModel):
    """A body without fields that nobody asked for."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    left_to_the_case: ClassVar[frozenset[Kind]] = frozenset()
    """The case refuses these faults itself, so that authority and stage are refused first."""

    @model_validator(mode="before")
    @classmethod
    def _storable(cls, value: Any) -> Any:  # noqa: ANN401 - whatever came over the wire
        found = [_fault(Excess(place, Kind.UNSEEN)) for place in _unseen(value)]
        if found:
            raise ValidationError.from_exception_data(cls.__name__, found, hide_input=True)
        return value

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        """Refuse what is longer, more or larger than its type says, naming each field."""
        found = [
            _fault(excess)
            for name, field in type(self).model_fields.items()
            for excess in within(getattr(self, name), field.rebuild_annotation(), (name,))
            if excess.kind not in self.left_to_the_case
        ]
        if found:
            raise ValidationError.from_exception_data(type(self).__name__, found, hide_input=True)
        return self


def _fault(excess: Excess) -> InitErrorDetails:
    return InitErrorDetails(
        type=PydanticCustomError(
            "blank" if excess.kind is Kind.BLANK else "out_of_bounds",
            "{right}",
            {"right": excess.text},
        ),
        loc=excess.place,
        input=None,
    )


def _unseen(value: object) -> Iterator[Place]:
    """Yield each place of a body whose text or name has a character that no text may have."""
    left: list[tuple[Place, object]] = [((), value)]  # not recursive: it may be nested deep
    while left:
        place, part = left.pop()
        if isinstance(part, str) and has_unseen(part):
            yield place
        if isinstance(part, dict):
            for name, each in part.items():
                left += [((*place, str(name)), each), (place, name)]
        elif isinstance(part, list | tuple):
            left += [((*place, number), each) for number, each in enumerate(part)]
