"""Who may do what with which case: one decision, asked everywhere (domain.md §A).

API, validators of updates, task lists and searches all ask here, so that they cannot differ. The
table itself is policy (``catalogue/authority``); it may narrow what a verb's own roles allow, and
never widen it.
"""

from casework.domain.authority.acts import Act, acts_of
from casework.domain.authority.decision import ordering_refusal, refusal, refusal_of
from casework.domain.authority.filing import (
    CHANNELS,
    Filed,
    filing_refusal,
    own_source,
)
from casework.domain.authority.matrix import (
    GENERAL,
    INSIDE,
    ITSELF,
    REOPENING,
    Action,
    Concern,
    Extent,
    GeneralAction,
    Matrix,
    Municipal,
    System,
    actions_of,
    concern_of,
    label_of,
    system_refusal,
    unknown_system,
    verb_of,
)
from casework.domain.authority.posts import Named, posts_refusal
from casework.domain.authority.sight import Glimpse, Sight, sight

__all__ = [
    "CHANNELS",
    "GENERAL",
    "INSIDE",
    "ITSELF",
    "REOPENING",
    "Act",
    "Action",
    "Concern",
    "Extent",
    "Filed",
    "GeneralAction",
    "Glimpse",
    "Matrix",
    "Municipal",
    "Named",
    "Sight",
    "System",
    "actions_of",
    "acts_of",
    "concern_of",
    "filing_refusal",
    "label_of",
    "ordering_refusal",
    "own_source",
    "posts_refusal",
    "refusal",
    "refusal_of",
    "sight",
    "system_refusal",
    "unknown_system",
    "verb_of",
]
