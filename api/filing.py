"""What opens a case of any kind: named by the system it comes from, the same content or another."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, ClassVar

from api.bodies import Body, Code, District, ShortText
from casework.domain.kinds import CaseKind
from casework.messages import number_of

_WHEN = frozenset({"received_at"})
"""Fields that tell one sending of the same content from the next."""


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Which case is to be opened, and the digest of what is to be in it."""

    kind: CaseKind
    district: str
    source: str
    reference: str
    content: str

    @property
    def case_no(self) -> str:
        """The number of the case; the same request gives the same."""
        return number_of(self.kind, self.district, self.source, self.reference)


class Filing(Body):
    """``source`` and ``reference`` name it in the system that it comes from."""

    opens: ClassVar[CaseKind]

    district: District
    source: Code
    reference: ShortText

    @property
    def identity(self) -> Identity:
        """Which case this opens."""
        return Identity(
            kind=self.opens,
            district=self.district,
            source=self.source,
            reference=self.reference,
            content=self.content,
        )

    @property
    def case_no(self) -> str:
        """The number of the case; the same request gives the same."""
        return self.identity.case_no

    @property
    def content(self) -> str:
        """The digest of what was submitted, the time of receipt left out."""
        return digest(self.model_dump(mode="json", exclude=set(_WHEN)))


def digest(content: Any) -> str:  # noqa: ANN401 - any JSON
    """SHA-256 of a JSON value, whatever the order of its names."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
