"""Jurisdiction transfer: what is said and what happens (the rules: ``jurisdiction.py``)."""

from dataclasses import dataclass, field
from typing import Literal

from casework.domain.bounds import Few, Phrase, Table
from casework.domain.case.commands import TransferJurisdiction
from casework.domain.case.state import Post
from casework.domain.kinds.request.state import Body
from casework.domain.policy import Role
from casework.domain.talent import Level


@dataclass(frozen=True, kw_only=True)
class JurisdictionTransfer(TransferJurisdiction):
    """With who receives the case: by the rosters, never by the choice of whoever transfers it.

    ``bodies`` and ``specialists``: of a service request only, as when one is filed.
    """

    office: Phrase = ""
    posts: Table[Role, Post] = field(default_factory=dict)
    bodies: Few[Body] = ()
    specialists: Table[Level, Post] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class JurisdictionTransferred:
    """From one district to another; ``posts`` and ``office`` are those of the one that receives."""

    kind: Literal["jurisdiction_transferred"] = "jurisdiction_transferred"
    from_district: str
    from_office: str
    to_district: str
    to_office: str
    reason: str
    posts: dict[Role, Post]
    bodies: tuple[Body, ...] = ()
    specialists: dict[Level, Post] = field(default_factory=dict)
