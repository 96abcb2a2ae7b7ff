"""What opens a case of any kind: named by the system it comes from, the same content or another."""

import hashlib
import json
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field

from api.routes.bodies import Body, Code, District, ShortText
from casework.domain.authority import Filed, own_source
from casework.domain.case.facts import Actor
from casework.domain.kinds.registry import CaseKind
from casework.messages.cases import number_of
from casework.policy.authority import load_authority

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

    @property
    def filed(self) -> Filed:
        """The same for the decision on who may open it."""
        return Filed(kind=self.kind, district=self.district, source=self.source)


class Filing(Body):
    """``source`` and ``reference`` name it where it comes from.

    ``source`` is the filer's own, and follows from who files: ``owned_by`` writes it.
    """

    opens: ClassVar[CaseKind]

    district: District
    source: Annotated[
        Code | Literal[""],
        Field(description="缺省为提交人自己的来源：系统的由岗位表登记，个人和单位的由其渠道确定"),
    ] = ""
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
        return digest(self.model_dump(mode="json", exclude=self._left_out()))

    def owned_by(self, actor: Actor) -> Self:
        """The same under the filer's own source.

        Raises:
            DomainError: ``FIELD_REQUIRED``, a system of several sources has to state one.
        """
        source = own_source(load_authority(), actor, self.source, by_agent=self.is_by_agent)
        return self.model_copy(update={"source": source})

    @property
    def is_by_agent(self) -> bool:
        """Whether somebody files for the applicant, with an authorisation."""
        return False

    def _left_out(self) -> set[str]:
        """What tells one sending of the same content from the next, or was not there before."""
        return set(_WHEN)


def digest(content: Any) -> str:  # noqa: ANN401 - any JSON
    """SHA-256 of a JSON value, whatever the order of its names."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
