"""Cases as those who have to reach their workflows know them."""

from dataclasses import dataclass

from sqlalchemy import Select, select

from casework.domain.kinds.registry import workflow_id
from casework.store.models import Cases, Openings


@dataclass(frozen=True, kw_only=True)
class Running:
    """A case and its ``CaseKind``, from which the id of its workflow follows."""

    case_no: str
    kind: str

    @property
    def workflow_id(self) -> str:
        """Where it runs."""
        return workflow_id(self.kind, self.case_no)


def running() -> Select[str, str]:
    """Number and kind of cases; conditions on ``Cases`` are the caller's."""
    return select(Cases.case_no, Openings.kind).join(Openings, Openings.case_no == Cases.case_no)
