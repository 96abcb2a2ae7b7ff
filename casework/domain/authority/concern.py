"""What a decision on authority has to know of a case."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from casework.domain.case.facts import Actor
from casework.domain.case.guards import assigned_to, barred
from casework.domain.case.kind import kind_of_case
from casework.domain.case.state import Case
from casework.domain.talent import TalentClass


@dataclass(frozen=True, kw_only=True)
class Concern:
    """``letter``: the class by which the talent is served; None where the kind knows no class.

    ``subjects``: the pseudonyms of the people whose case it is, applicant and employer.
    ``assigned``: A角 and B角 of its posts and of its open tasks. ``barred``: whom four eyes exclude
    from which verb. ``source``: under which the case was filed.
    """

    kind: str
    district: str
    office: str = ""
    letter: TalentClass | None = None
    subjects: frozenset[str] = frozenset()
    opened_by: str = ""
    assigned: frozenset[str] = frozenset()
    barred: Mapping[str, frozenset[str]] = field(default_factory=dict)
    source: str = ""

    def with_assigned(self, code: str) -> "Concern":
        """The concern if that officer were assigned too."""
        return replace(self, assigned=self.assigned | {code})

    def is_own(self, actor: Actor) -> bool:
        """Whether it is this person's case: about them, or opened by them."""
        return bool(actor.subject and actor.subject in self.subjects) or (
            bool(self.opened_by) and actor.code == self.opened_by
        )


def concern_of(
    case: Case, *, subject: str = "", employer: str = "", opened_by: str = "", source: str = ""
) -> Concern:
    """The concern of a case; whose it is stands in no state, and has to be said.

    ``subject`` and ``employer`` are pseudonyms, ``opened_by`` is a code, ``source`` as filed.
    """
    return Concern(
        kind=kind_of_case(case).name,
        district=case.district,
        office=case.office,
        letter=kind_of_case(case).serving_class(case),
        subjects=frozenset(filter(None, (subject, employer))),
        opened_by=opened_by,
        assigned=assigned_to(case),
        barred=barred(case),
        source=source,
    )
