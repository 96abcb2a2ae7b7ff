"""Who may file what: under whose source, and for whom.

``source`` is the filer's own, so that nobody can take a reference of somebody else. An applicant
files for the number that the issuer vouches for, an employer for its own people; an agent with an
authorisation (授权委托书) that the case keeps.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from casework.domain.authority.actions import Action
from casework.domain.authority.concern import Concern
from casework.domain.authority.decision import refusal
from casework.domain.authority.matrix import Matrix
from casework.domain.authority.systems import GIVEN_SOURCES
from casework.domain.case.facts import Actor
from casework.domain.errors import DomainError
from casework.domain.kinds.registry import KINDS, CaseKind
from casework.domain.policy import Role
from casework.domain.talent import TalentClass

AGENT = "agent"
WINDOW = "window"
CHANNELS: Mapping[Role, str] = MappingProxyType(
    {
        Role.APPLICANT: "applicant",
        Role.TALENT: "talent",
        Role.EMPLOYER: "employer",
        Role.OFFICER: WINDOW,
        Role.REVIEWER: WINDOW,
        Role.SPECIALIST: WINDOW,
        Role.SUPERVISOR: WINDOW,
    }
)
"""Under which source people file; those from outside each under one of their own below it."""

_OUTSIDE = frozenset({Role.APPLICANT, Role.TALENT, Role.EMPLOYER})
_SHOWN = 16  # hex digits of a pseudonym: enough to tell people apart

RESERVED_SOURCES = frozenset({AGENT, *CHANNELS.values(), *GIVEN_SOURCES.values()})
"""No system files under these."""


@dataclass(frozen=True, kw_only=True)
class Filed:
    """A case that is to be opened.

    ``applicant`` and ``employer`` are pseudonyms; ``by_agent``: with an authorisation of the
    applicant.
    """

    kind: CaseKind
    district: str
    source: str
    letter: TalentClass | None = None
    applicant: str = ""
    employer: str = ""
    by_agent: bool = False


def own_source(matrix: Matrix, actor: Actor, stated: str, *, by_agent: bool = False) -> str:
    """The source under which somebody files; ``stated`` may be empty, or the word of a channel.

    What is not theirs stays as it is stated, and is refused by ``filing_refusal``.

    Raises:
        DomainError: ``FIELD_REQUIRED``, the system has several sources and states none.
    """
    own = _sources(matrix, actor, by_agent=by_agent)
    if not stated and len(own) > 1:
        raise DomainError("FIELD_REQUIRED", "本系统登记了多个来源，请写明 source", "source")
    if own and stated in {"", own[0].partition(".")[0]} and actor.role is not Role.SYSTEM:
        return own[0]
    return stated or next(iter(own), "")


def _sources(matrix: Matrix, actor: Actor, *, by_agent: bool) -> tuple[str, ...]:
    """The sources that are somebody's own."""
    if actor.role is Role.SYSTEM:
        bound = matrix.systems.get(actor.code)
        return (bound and bound.sources) or ()
    channel = CHANNELS.get(actor.role, "")
    if actor.role not in _OUTSIDE:
        return (channel,) if channel else ()
    if by_agent and actor.role is Role.APPLICANT:
        channel = AGENT
    return (f"{channel}.{actor.subject[:_SHOWN]}",) if actor.subject else ()


def filing_refusal(matrix: Matrix, actor: Actor, filed: Filed) -> DomainError | None:
    """Why somebody may not open a case; None: they may.

    As ``refusal``, then ``NUMBER_NOT_VOUCHED``, ``OTHER_SOURCE``; of what somebody applies for
    also ``NOT_THE_APPLICANT``, ``NOT_THE_EMPLOYER``.
    """
    to_be = Concern(
        kind=filed.kind, district=filed.district, letter=filed.letter, source=filed.source
    )
    refused = refusal(matrix, actor, Action.OPEN, to_be)
    if refused is not None or actor.role is Role.SYSTEM or filed.kind in GIVEN_SOURCES:
        return refused
    if actor.role in _OUTSIDE and not actor.subject:
        return DomainError(
            "NUMBER_NOT_VOUCHED", "登录凭证中没有证件号码或统一社会信用代码，请重新登录后提交"
        )
    if filed.source not in _sources(matrix, actor, by_agent=filed.by_agent):
        return DomainError("OTHER_SOURCE", "来源不是提交人自己的，请不填 source", "source")
    return _not_own(actor, filed) if _is_somebodys(filed.kind) else None


def _is_somebodys(kind: CaseKind) -> bool:
    """Whether it is opened for an applicant, and only by them or for them."""
    opens = KINDS[kind].opens
    return kind is CaseKind.APPLICATION or (opens is not None and opens.applicant)


def _not_own(actor: Actor, filed: Filed) -> DomainError | None:
    if actor.role is Role.APPLICANT and not filed.by_agent and actor.subject != filed.applicant:
        return DomainError(
            "NOT_THE_APPLICANT",
            "申请人不是登录的本人；代他人提交的，请上传授权委托书并填写 authorisation",
        )
    if actor.role is Role.EMPLOYER and actor.subject != filed.employer:
        return DomainError("NOT_THE_EMPLOYER", "申请所列用人单位不是登录的单位，不能代其他单位提交")
    return None
