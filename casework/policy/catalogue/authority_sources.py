"""The shape of the files of authority: what may be written, and nothing else."""

from pydantic import Field

from casework.domain.authority import Extent
from casework.domain.kinds.registry import CaseKind
from casework.domain.policy import Role
from casework.domain.talent import TalentClass
from casework.policy.catalogue.sources import Code, Source, Sourced

Row = dict[Role, Extent]


class MunicipalSource(Source):
    """Whom a municipal platform serves."""

    roles: tuple[Role, ...]
    kinds: tuple[CaseKind, ...]
    classes: tuple[TalentClass, ...]


class AuthorityFile(Sourced):
    """``authority/default.yaml``, and ``authority/<district>.yaml`` with the rows that differ.

    ``actions``: kind of case → action → role → extent; a role that is not there may not.
    """

    by_office: tuple[Role, ...] = ()
    municipal: MunicipalSource | None = None
    actions: dict[Code, dict[Code, Row]] = Field(default_factory=dict)
