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
from casework.domain.authority.systems import GIVEN_SOURCES, unknown_system
from casework.domain.errors import DomainError
from casework.domain.facts import Actor
from casework.domain.kinds import CaseKind
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
    """The source under which somebody files; ``stated`` may be empty.

    Whoever may file nothing keeps what they state: they are refused for that.

    Raises:
        DomainError: ``SYSTEM_UNKNOWN``, ``OTHER_SOURCE``, ``NUMBER_NOT_VOUCHED``;
            ``FIELD_REQUIRED``: the system has several sources.
    """
    if actor.role is Role.SYSTEM:
        return _of_system(matrix, actor, stated)
    channel = CHANNELS.get(actor.role, "")
    if channel and by_agent and actor.role is Role.APPLICANT:
        channel = AGENT
    if not channel:
        return stated
    source = f"{channel}.{_vouched(actor)[:_SHOWN]}" if actor.role in _OUTSIDE else channel
    if stated not in {"", channel, source}:
        raise DomainError(
            "OTHER_SOURCE", f"来源须为 {channel}（或者不填），不能使用他人的来源", "source"
        )
    return source


def _of_system(matrix: Matrix, actor: Actor, stated: str) -> str:
    bound = matrix.systems.get(actor.code)
    if bound is None:
        raise unknown_system()
    own = bound.sources or ()
    if stated and stated not in own:
        raise DomainError("OTHER_SOURCE", "来源不是本系统登记的来源，不能以其他来源提交", "source")
    if not stated and len(own) > 1:
        raise DomainError("FIELD_REQUIRED", "本系统登记了多个来源，请写明 source", "source")
    return stated or next(iter(own), "")


def filing_refusal(matrix: Matrix, actor: Actor, filed: Filed) -> DomainError | None:
    """Why somebody may not open a case; None: they may.

    As ``refusal``, then ``OTHER_SOURCE``; of an application also ``NUMBER_NOT_VOUCHED``,
    ``NOT_THE_APPLICANT``, ``NOT_THE_EMPLOYER``.
    """
    to_be = Concern(
        kind=filed.kind, district=filed.district, letter=filed.letter, source=filed.source
    )
    refused = refusal(matrix, actor, Action.OPEN, to_be)
    if refused is not None:
        return refused
    try:
        if actor.role is not Role.SYSTEM and filed.kind not in GIVEN_SOURCES:
            own_source(matrix, actor, filed.source, by_agent=filed.by_agent)
        if filed.kind is CaseKind.APPLICATION:
            _require_own(actor, filed)
    except DomainError as error:
        return error
    return None


def _require_own(actor: Actor, filed: Filed) -> None:
    match actor.role:
        case Role.APPLICANT if _vouched(actor) != filed.applicant and not filed.by_agent:
            raise DomainError(
                "NOT_THE_APPLICANT",
                "申请人不是登录的本人；代他人提交的，请上传授权委托书并填写 authorisation",
            )
        case Role.EMPLOYER if _vouched(actor) != filed.employer:
            raise DomainError(
                "NOT_THE_EMPLOYER", "申请所列用人单位不是登录的单位，不能代其他单位提交"
            )


def _vouched(actor: Actor) -> str:
    """The pseudonym of the number that the issuer vouches for."""
    if not actor.subject:
        raise DomainError(
            "NUMBER_NOT_VOUCHED", "登录凭证中没有证件号码或统一社会信用代码，请重新登录后提交"
        )
    return actor.subject
