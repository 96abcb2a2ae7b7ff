"""What a scenario opens: an application, or a case of talent service, as they arrive.

People and firms are those of the bodies that open real cases, with made-up ones by default; a
scenario never names a real one.
"""

import hashlib
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, create_model, model_validator
from stdnum.cn import ric

from casework.domain.case.state import Post
from casework.domain.kinds.cycle.state import EvaluationWindow, Points
from casework.domain.kinds.rating.state import Grade
from casework.domain.kinds.registry import KINDS, CaseKind
from casework.domain.kinds.request.state import Mode
from casework.domain.policy import Channel, Role
from casework.domain.sharing import SharingRule
from casework.domain.talent import CredentialKind, TalentClass
from casework.filing.bodies import (
    Applicant,
    Email,
    Number,
    Score,
    ShortText,
    TalentEmployer,
    members_of_form,
)
from casework.rehearsal.values import Claims, Count, Day, Flag, Moment

DistrictCode = Annotated[str, Field(pattern=r"^\d{6}$")]
Called = Annotated[str, Field(max_length=20)]
"""A name that the scenario gives somebody."""


class Part(BaseModel):
    """A part of a scenario: nothing that it does not know, nothing changed later."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Person(Applicant):
    """Who applies; a made-up one stands in where it does not matter."""

    name: ShortText = "张三"
    id_number: Number = "310101199003071230"
    email: Email | None = "zhangsan@mail.example.com"


class Firm(TalentEmployer):
    """An employer by its credit code, and how its liaison is reached."""

    name: ShortText = "某某公司"
    credit_code: Number = "91310106MA1FY7XX05"
    email: Email | None = "liaison@firm.example.com"


class AllBut(Part):
    """Every electronic material that this applicant must hand in, but for these."""

    all_but: tuple[str, ...] = ()


class Holding(Part):
    """Somebody who holds a post; of that role, only who is given holds one.

    ``district``: by default that of the case; the code of a city: its own platform, or the city as
    a whole. ``bodies``: those of a liaison. ``since``, ``until``: the first and the last day.
    """

    person: Annotated[str, Field(max_length=100)]
    role: Role
    team: Annotated[str, Field(max_length=100)] = ""
    skills: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    share: Annotated[int, Field(ge=1, le=100)] = 100
    rank: Annotated[int, Field(ge=1, le=1000)] = 1
    stands_in_for: Annotated[str, Field(max_length=100)] = ""
    district: DistrictCode | None = None
    bodies: tuple[str, ...] = ()
    since: Day = date(2000, 1, 1)
    until: Day | None = None


class Shared(Part):
    """How a case is shared out.

    ``staff`` hold the posts of their roles, ``sharing`` is the office's way of sharing out, by
    role; ``related``: who declares a relation to the applicant, and when.
    """

    staff: tuple[Holding, ...] = ()
    sharing: dict[Role, SharingRule] = {}
    related: dict[str, Moment] = {}


class Given(Shared):
    """The application as it arrives.

    ``entered_at``: when it is submitted to Casework, if later than it arrived. ``posts`` replace
    those of the roster, by people of the same role and district. ``credit_barred``: the applicant
    has an unrepaired breach. ``employer``: the firm with that credit code. ``person`` names a
    made-up applicant: the same name is the same person, in whichever case of the scenario.
    """

    item: str
    district: DistrictCode
    received_at: Moment
    entered_at: Moment | None = None
    channel: Channel = Channel.ONLINE
    claims: Claims = {}
    materials: AllBut | tuple[str, ...] = AllBut()
    applicant: Person = Person()
    posts: dict[Role, Post] = {}
    credit_barred: Flag = False
    employer: Firm | None = None
    person: Called = ""

    @property
    def begins_at(self) -> datetime:
        """The case's time when the case is opened."""
        return self.entered_at or self.received_at

    @property
    def opened_at(self) -> datetime:
        """The same: nothing is opened before it."""
        return self.begins_at


class TalentGiven(Part):
    """A talent is recognised, which begins the first cycle.

    ``recognised_on`` is the S of the cycle, by default the day of ``received_at``. ``window``: the
    other reading of the evaluation window, where the district's own is not the one to rehearse.
    """

    district: DistrictCode
    received_at: Moment
    recognised_on: Day | None = None
    letter: TalentClass | None = None
    score: Score | None = None
    credential: CredentialKind = CredentialKind.CODE
    employer: Firm = Firm()
    talent: Person = Person()
    window: EvaluationWindow | None = None
    person: Called = ""


class PermitGiven(Part):
    """A permit holder with points is registered, which begins the first year."""

    district: DistrictCode
    received_at: Moment
    starts_on: Day
    expires_on: Day
    points: Points = Points.VALID
    holder: Person = Person()
    person: Called = ""


class RequestGiven(Part):
    """A talent, or the employer's liaison, asks for a service of the list.

    Given at the beginning, it says who the ``talent`` is, whose cycle is opened before; opened in
    mid-course it is the talent of the case that ``of`` names, by default the first. ``materials``:
    codes, or all but some.
    """

    received_at: Moment | None = None
    talent: TalentGiven | None = None
    of: str = ""
    service: str
    mode: Mode = Mode.ONLINE
    need: str = "按清单办理"
    materials: AllBut | tuple[str, ...] = AllBut()
    filed_by: Literal["talent", "employer"] = "talent"


class RatingGiven(Part):
    """Somebody rates a case once.

    Given at the beginning, it rates a made-up request for ``service`` that the ``district`` has
    completed; opened in mid-course, the case of the scenario that ``of`` names.
    """

    received_at: Moment | None = None
    district: DistrictCode | None = None
    service: str = "SVC_SCHOOL"
    of: str = ""
    grade: Grade
    named: Flag = True
    comment: str = ""


class VisitsGiven(Part):
    """The round of a quarter (``2026Q4``), and how many made-up talents had come in that time."""

    district: DistrictCode
    received_at: Moment
    quarter: str
    visitors: Count = 0
    service: str = "SVC_SCHOOL"


class FormGiven(Part):
    """A case of a kind that is opened by a form alone: what is filed, and by whom.

    ``anonymous``: nobody has left a name, where that may be.
    """

    district: DistrictCode
    received_at: Moment
    anonymous: bool = False
    applicant: Person = Person()
    person: Called = ""


class UnitGiven(Part):
    """A unit that is registered in the district of a mail, with its one mailbox."""

    name: ShortText
    mailbox: Annotated[str, Field(max_length=200)]
    short_names: tuple[ShortText, ...] = ()
    credit_code: Annotated[str, Field(max_length=18)] = ""


class MailGiven(Part):
    """A mail as it comes into a mailbox of a district, which is read as a real one is.

    ``files``: the name of each attachment, with the names of what an archive holds; their contents
    are made up, of the kind that the name says. ``units``: those that are registered there; without
    any, no sender is asked who they are.
    """

    district: DistrictCode
    received_at: Moment
    mailbox: ShortText = "points"
    subject: Annotated[str, Field(max_length=500)]
    files: dict[str, tuple[str, ...]] = {}
    text: str = "人事联系人：赵女士，021-64000000"
    sender: Annotated[str, Field(max_length=200)] = "hr@firm.example.com"
    headers: dict[str, str] = {}
    units: tuple[UnitGiven, ...] = ()


FORMS = {
    name.value: create_model(
        f"{kind.workflow}Given",
        __base__=FormGiven,
        __doc__=kind.opens.form.__doc__,
        **members_of_form(kind),
    )
    for name, kind in KINDS.items()
    if kind.opens is not None
}
"""By the name of each such kind: what a scenario gives."""


class ServiceGiven(Shared):
    """One case of talent service: exactly one of these, and how it is shared out."""

    talent: TalentGiven | None = None
    permit: PermitGiven | None = None
    request: RequestGiven | None = None
    rating: RatingGiven | None = None
    visits: VisitsGiven | None = None
    mail: MailGiven | None = None

    @property
    def kind(self) -> CaseKind:
        """What kind of case it opens."""
        return next(KIND_OF[name] for name in KIND_OF if getattr(self, name, None) is not None)

    @property
    def content(self) -> "OpenedService":
        """The one that is given."""
        found = (getattr(self, name, None) for name in KIND_OF)
        opened: OpenedService = next(one for one in found if one is not None)
        return opened

    @property
    def talent_first(self) -> TalentGiven | None:
        """The talent whose cycle must begin before: a request has one."""
        return self.request.talent if self.request else None

    @property
    def begins_at(self) -> datetime:
        """When the first of its cases is opened; raises ValueError if nothing says so."""
        first = self.talent_first or self.content
        if first.received_at is None:
            raise ValueError("given 须有 received_at")
        return first.received_at

    @property
    def opened_at(self) -> datetime:
        """When the case itself is opened, and not the talent's cycle before it."""
        return self.content.received_at or self.begins_at

    @property
    def district(self) -> str:
        """Where the case is; empty where only the talent's cycle would say."""
        first = self.talent_first or self.content
        return getattr(first, "district", None) or ""

    @model_validator(mode="after")
    def _is_one(self) -> "ServiceGiven":
        kinds = [name for name in type(self).model_fields if name not in Shared.model_fields]
        if sum(getattr(self, name) is not None for name in kinds) != 1:
            names = "、".join(kinds)
            raise ValueError(f"须有且只有 {names} 之一")
        return self


if TYPE_CHECKING or not FORMS:
    Served = ServiceGiven
else:
    _FIELDS: dict[str, Any] = {name: (form | None, None) for name, form in FORMS.items()}
    Served = create_model("ServiceGiven", __base__=ServiceGiven, **_FIELDS)
"""The same, or one of the kinds that are opened by a form."""

OpenedService = (
    TalentGiven | PermitGiven | RequestGiven | RatingGiven | VisitsGiven | FormGiven | MailGiven
)
KIND_OF = {
    "talent": CaseKind.TALENT_CYCLE,
    "permit": CaseKind.PERMIT_CYCLE,
    "request": CaseKind.REQUEST,
    "rating": CaseKind.RATING,
    "visits": CaseKind.VISITS,
    "mail": CaseKind.INCOMING_MAIL,
    **{name: CaseKind(name) for name in FORMS},
    "application": CaseKind.APPLICATION,
}
"""By the name that a case bears in its scenario."""

# Tags beginning with an underscore are no part of the place of a fault.
_APPLICATION, _SERVICE = "_application", "_service"


def _which(value: Any) -> str:  # noqa: ANN401 - whatever YAML holds
    if isinstance(value, Mapping):
        return _SERVICE if KIND_OF.keys() & value.keys() else _APPLICATION
    return _SERVICE if isinstance(value, ServiceGiven) else _APPLICATION


AnyGiven = Annotated[
    Annotated[Given, Tag(_APPLICATION)] | Annotated[Served, Tag(_SERVICE)],
    Discriminator(_which),
]


def name_of(given: Given | ServiceGiven) -> str:
    """What the case is called in its scenario, unless the scenario says otherwise."""
    if isinstance(given, Given):
        return "application"
    return next(name for name in KIND_OF if getattr(given, name, None) is not None)


def about(given: Given | ServiceGiven, person: str) -> Given | ServiceGiven:
    """The same for a made-up person of that name, unless it says itself who it is about."""
    if isinstance(given, Given):
        named = given.person or "applicant" in given.model_fields_set
        return given if named else given.model_copy(update={"person": person})
    applicants = ((name, "applicant") for name in FORMS)
    for field, who in (("talent", "talent"), ("permit", "holder"), *applicants):
        content = getattr(given, field)
        if content is not None and not content.person and who not in content.model_fields_set:
            return given.model_copy(update={field: content.model_copy(update={"person": person})})
    if given.request and given.request.talent:
        first = about(ServiceGiven(talent=given.request.talent), person)
        talent = first.talent if isinstance(first, ServiceGiven) else None
        request = given.request.model_copy(update={"talent": talent})
        return given.model_copy(update={"request": request})
    return given


def recognised_on(given: TalentGiven) -> date:
    """The day from which the talent's first cycle counts."""
    return given.recognised_on or given.received_at.date()


_FIRST_BIRTHDAY = date(1960, 1, 1)
_BIRTHDAYS = 14_000  # the last is of 1998
_NUMBERS = 999
_REGION = "310101"


def applicant_of(given: Given | TalentGiven | PermitGiven | FormGiven) -> Person:
    """Whom the case is about."""
    if given.person:
        return person_called(given.person)
    match given:
        case Given() | FormGiven():
            return given.applicant
        case TalentGiven():
            return given.talent
        case PermitGiven():
            return given.holder


def person_called(name: str) -> Person:
    """Return a made-up person: the number is valid, the address leads nowhere."""
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8])
    day, number = divmod(seed % (_BIRTHDAYS * _NUMBERS), _NUMBERS)
    born_on = _FIRST_BIRTHDAY + timedelta(days=day)
    digits = f"{_REGION}{born_on:%Y%m%d}{number + 1:03}"
    return Person(
        name=f"申请人{name}",
        id_number=digits + ric.calc_check_digit(digits + "0"),
        email=f"person-{seed % 16**6:06x}@mail.example.com",
    )
