"""The bodies that open cases, and how each becomes the form of its kind."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import MISSING, fields
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, Self, get_type_hints

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
    create_model,
    model_serializer,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from casework.domain.addresses import LONGEST_MAIL, MAIL, PHONE, mail_fault
from casework.domain.authority import own_source
from casework.domain.authority.matrix import GIVEN_SOURCES
from casework.domain.bounds import AtMost, Excess, ExcessKind, Few, Place, Some, has_unseen, within
from casework.domain.case.commands import ReceivedMaterial
from casework.domain.case.facts import Actor
from casework.domain.case.kind import Kind
from casework.domain.case.opening import Identity, Party
from casework.domain.identifiers import CASE_NO, check_case_no
from casework.domain.identifiers import EXAMPLE as CASE_NO_EXAMPLE
from casework.domain.kinds.application.opening import ApplicationForm, Claims
from casework.domain.kinds.cycle.opening import PermitForm, RecognitionForm
from casework.domain.kinds.cycle.procedure import HIGHEST_SCORE
from casework.domain.kinds.rating.opening import RatingForm
from casework.domain.kinds.rating.state import Grade
from casework.domain.kinds.registry import KINDS, CaseKind
from casework.domain.kinds.request.opening import RequestForm
from casework.domain.kinds.request.state import Mode
from casework.domain.policy import Channel, Told
from casework.domain.talent import CredentialKind, TalentClass
from casework.domain.time.dates import WRITTEN_INSTANT, Day
from casework.messages.cases import number_of
from casework.policy.authority import load_authority

# --- what may stand in a body --------------------------------------------------------------
# The base class of bodies, its types, and the bounds of every body.


KEY = r"^[A-Za-z0-9._~-]{1,100}$"
"""The pattern of an ``Idempotency-Key``."""

CaseNo = Annotated[
    str,
    AfterValidator(check_case_no),  # a refused pattern would not say which part is wrong
    WithJsonSchema(
        {"type": "string", "pattern": f"^{CASE_NO.pattern}$", "examples": [CASE_NO_EXAMPLE]}
    ),
]
District = Annotated[str, StringConstraints(pattern=r"^\d{6}$")]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:#-]{0,63}$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
ShortText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), AtMost(100)
]


class Body(BaseModel):
    """A body that refuses unknown fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    left_to_the_case: ClassVar[frozenset[ExcessKind]] = frozenset()
    """The case itself refuses these faults, so that it can check authority and stage first."""

    @model_validator(mode="before")
    @classmethod
    def _storable(cls, value: Any) -> Any:  # noqa: ANN401 - whatever came over the wire
        found = [_fault(Excess(place, ExcessKind.UNSEEN)) for place in _unseen(value)]
        if found:
            raise ValidationError.from_exception_data(cls.__name__, found, hide_input=True)
        return value

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        """Refuse values beyond the bounds of their types, naming each field."""
        found = [
            _fault(excess)
            for name, field in type(self).model_fields.items()
            for excess in within(getattr(self, name), field.rebuild_annotation(), (name,))
            if excess.kind not in self.left_to_the_case
        ]
        if found:
            raise ValidationError.from_exception_data(type(self).__name__, found, hide_input=True)
        return self


def _fault(excess: Excess) -> InitErrorDetails:
    return InitErrorDetails(
        type=PydanticCustomError(
            "blank" if excess.kind is ExcessKind.BLANK else "out_of_bounds",
            "{right}",
            {"right": excess.text},
        ),
        loc=excess.place,
        input=None,
    )


def _unseen(value: object) -> Iterator[Place]:
    """Yield each place of a body whose text or name has a forbidden character."""
    left: list[tuple[Place, object]] = [((), value)]  # not recursive: it may be nested deep
    while left:
        place, part = left.pop()
        if isinstance(part, str) and has_unseen(part):
            yield place
        if isinstance(part, dict):
            for name, each in part.items():
                left += [((*place, str(name)), each), (place, name)]
        elif isinstance(part, list | tuple):
            left += [((*place, number), each) for number, each in enumerate(part)]


# --- what opens a case ---------------------------------------------------------------------
# ``source`` and ``reference`` name a filing in the system that it comes from: the same content
# under them, however often and by however many, is one case.


SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
"""An example."""

SUBMISSION: dict[str, Any] = {
    "district": "310106",
    "item": "PTS_NEW",
    "source": "points-portal",
    "reference": "2026-000123",
    "channel": "online",
    "received_at": "2026-09-17T09:30:00+08:00",
    "claims": {
        "self_score": 125,
        "application_form_filed": True,
        "employer_reviewed": True,
        "permit_expires_on": "2027-06-30",
    },
    "materials": [
        {
            "code": "identity_document",
            "form": "electronic",
            "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        }
    ],
    "applicant": {
        "name": "张三",
        "id_number": "310101199003071230",
        "email": "zhangsan@example.com",
        "phone": "13800001234",
    },
    "employer": {"name": "某某公司", "credit_code": "91310106MA1FY7XX05"},
}
_SOMEBODY = SUBMISSION["applicant"]
_TALENT: dict[str, Any] = {
    "district": "500103",
    "source": "talent-platform",
    "reference": "RC-2026-0001",
    "talent": {
        "name": "张三",
        "id_number": "310101199003071230",
        "email": "zhangsan@example.com",
        "phone": "13800001234",
    },
    "employer": {
        "name": "某某公司",
        "credit_code": "91310106MA1FY7XX05",
        "email": "hr@example.com",
    },
    "letter": "B",
    "recognised_on": "2026-09-17",
    "full_time": True,
    "credential": {"kind": "code"},
}
_PERMIT: dict[str, Any] = {
    "district": "310106",
    "source": "permit-system",
    "reference": "JZZ-2026-0001",
    "holder": {"name": "李四", "id_number": "310101199003071230", "phone": "13800001234"},
    "starts_on": "2026-09-17",
    "expires_on": "2027-09-17",
    "points_valid": True,
}


def _mail(address: str) -> str:
    if fault := mail_fault(address):
        raise ValueError(fault)
    return address


Email = Annotated[
    str, StringConstraints(pattern=MAIL, max_length=LONGEST_MAIL), AfterValidator(_mail)
]
Phone = Annotated[str, StringConstraints(pattern=PHONE)]
Number = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
Score = Annotated[int, Field(ge=0, le=HIGHEST_SCORE)]
Need = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]

_WHEN = frozenset({"received_at"})
"""Fields that may differ when the same content is sent again."""


class Contact(Body):
    """A person or firm with an address."""

    name: ShortText
    email: Email | None = None
    phone: Phone | None = None
    told_by: Told | None = Field(
        default=None,
        description="告知方式：mail 邮件，sms 短信，desk 网上查阅；缺省为邮件，没有邮箱的为短信",
    )

    @model_serializer(mode="wrap")
    def _without_newer(self, whole: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """What is said, without fields that are newer and empty: the digest stays as it was."""
        said: dict[str, Any] = whole(self)
        if self.told_by is None:
            said.pop("told_by", None)
        return said

    def party(self, number: str | None = None) -> Party:
        """Return the party for the register; ``number`` is that of the person or firm."""
        return Party(
            name=self.name,
            id_number=number or "",
            email=self.email or "",
            phone=self.phone or "",
            told_by=self.told_by or "",
        )


class Person(Contact):
    """A person. Kept in the register only; notices go by e-mail, else by SMS."""

    id_number: Number


class Firm(Contact):
    """A firm, by its liaison."""

    credit_code: Number | None = None


class Filing(Body):
    """``source`` and ``reference`` name it in the filer's system.

    ``source`` belongs to the filer: ``owned_by`` fills it in.
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
        """Return the identity of the case that this opens."""
        return identity_of(self.opens, self.district, self.source, self.reference, self.content)

    @property
    def case_no(self) -> str:
        """Return the number of the case; the same request gives the same number."""
        return self.identity.case_no

    @property
    def content(self) -> str:
        """Return the digest of what was submitted, without the time of receipt."""
        return digest(self.model_dump(mode="json", exclude=self._left_out()))

    def owned_by(self, actor: Actor) -> Self:
        """Return the same filing under the filer's own source.

        Raises:
            DomainError: ``FIELD_REQUIRED``, a system of several sources has to state one.
        """
        source = GIVEN_SOURCES.get(self.opens) or own_source(
            load_authority(), actor, self.source, by_agent=self.is_by_agent
        )
        return self.model_copy(update={"source": source})

    @property
    def is_by_agent(self) -> bool:
        """Whether somebody files for the applicant, with an authorisation."""
        return False

    def _left_out(self) -> set[str]:
        """Return the fields left out of the digest: those that may differ, and newer empty ones."""
        return set(_WHEN)


def identity_of(
    kind: CaseKind, district: str, source: str, reference: str, content: str
) -> Identity:
    """Return the identity of the case; the same request gives the same number."""
    return Identity(
        kind=kind,
        case_no=number_of(kind, district, source, reference),
        district=district,
        source=source,
        reference=reference,
        content=content,
    )


def digest(content: Any) -> str:  # noqa: ANN401 - any JSON
    """Return the SHA-256 of a JSON value; the order of its names does not matter."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


class Applicant(Person):
    """The person. Kept in the register only; notices go by e-mail, else by SMS."""


class Employer(Firm):
    """The firm that files for the applicant."""


class Agent(Contact):
    """Who files for the applicant (代办人), with an authorisation."""


class Submission(Filing):
    """An application. ``source`` and ``reference`` name it in the system that it comes from."""

    model_config = ConfigDict(json_schema_extra={"examples": [SUBMISSION]})

    opens: ClassVar = CaseKind.APPLICATION

    item: Code
    channel: Channel
    received_at: Annotated[AwareDatetime, WRITTEN_INSTANT] | None = Field(
        default=None, description="缺省为收到请求的时刻"
    )
    claims: Claims = Field(default={}, description="申请表中的事实，名称见事项目录")
    materials: Some[ReceivedMaterial] = ()
    applicant: Applicant
    employer: Employer | None = None
    agent: Agent | None = Field(default=None, description="代办人；须有 authorisation")
    authorisation: Sha256 | None = Field(
        default=None, description="代他人提交的：授权委托书（先上传）的 sha256"
    )

    @property
    def is_by_agent(self) -> bool:
        """Whether somebody files for the applicant, with an authorisation."""
        return self.authorisation is not None

    def _left_out(self) -> set[str]:
        # Without it the digest is the same as before the field was added.
        newer = {"agent": self.agent, "authorisation": self.authorisation}
        return super()._left_out() | {name for name, said in newer.items() if said is None}

    @property
    def form(self) -> ApplicationForm:
        """What is submitted."""
        firm = self.employer
        return ApplicationForm(
            identity=self.identity,
            channel=self.channel,
            claims=self.claims,
            materials=self.materials,
            applicant=self.applicant.party(self.applicant.id_number),
            employer=firm.party(firm.credit_code) if firm else None,
            agent=self.agent.party() if self.agent else None,
            authorisation=self.authorisation or "",
            received_at=self.received_at,
        )


class TalentEmployer(Contact):
    """The employer (用人单位); its liaison is notified before the end of the cycle."""

    credit_code: Number


class CredentialBody(Body):
    """A card by its number, or a talent code; without ``code`` a talent code is made."""

    kind: CredentialKind = CredentialKind.CODE
    code: Code | None = None


class TalentBody(Filing):
    """A recognition (人才认定), by letter of the catalogue or by score (计分认定)."""

    model_config = ConfigDict(json_schema_extra={"examples": [_TALENT]})

    opens: ClassVar = CaseKind.TALENT_CYCLE

    talent: Person
    employer: TalentEmployer
    letter: TalentClass | None = None
    score: Score | None = None
    recognised_on: Day = Field(description="认定日期，服务周期自该日起算")
    full_time: bool = Field(description="是否全职在渝工作（DB50/T 1733—2024 §5.1）")
    credential: CredentialBody = CredentialBody()

    @property
    def form(self) -> RecognitionForm:
        """What is registered."""
        return RecognitionForm(
            identity=self.identity,
            talent=self.talent.party(self.talent.id_number),
            employer=self.employer.party(self.employer.credit_code),
            letter=self.letter,
            score=self.score,
            recognised_on=self.recognised_on,
            full_time=self.full_time,
            credential=self.credential.kind,
            code=self.credential.code,
        )


class PermitBody(Filing):
    """A residence permit (居住证) and whether the points of its holder are valid."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PERMIT]})

    opens: ClassVar = CaseKind.PERMIT_CYCLE

    holder: Person
    starts_on: Day
    expires_on: Day = Field(description="有效期的最后一日")
    points_valid: bool = Field(default=False, description="积分是否有效")

    @property
    def form(self) -> PermitForm:
        """What is registered."""
        return PermitForm(
            identity=self.identity,
            holder=self.holder.party(self.holder.id_number),
            starts_on=self.starts_on,
            expires_on=self.expires_on,
            points_valid=self.points_valid,
        )


class RequestBody(Filing):
    """A service request; ``talent`` (case number) or ``credential`` names the talent."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "district": "500103",
                    "source": "talent-app",
                    "reference": "FW-2026-0001",
                    "service": "SVC_SCHOOL",
                    "talent": "500103-0000-0000-0000",
                    "mode": "online",
                    "need": "孩子九月入读小学一年级",
                    "materials": [],
                    "filed_by": "talent",
                }
            ]
        }
    )

    opens: ClassVar = CaseKind.REQUEST

    service: Code
    talent: CaseNo | None = Field(default=None, description="人才服务周期的编号")
    credential: Code | None = Field(default=None, description="人才卡号或人才码")
    mode: Mode
    need: Need = Field(default="", description="需求内容，不写姓名等个人信息")
    materials: Few[ReceivedMaterial] = ()
    filed_by: Literal["talent", "employer"] = "talent"

    @property
    def form(self) -> RequestForm:
        """What is asked for."""
        return RequestForm(
            identity=self.identity, mode=self.mode, need=self.need, materials=self.materials
        )


class RatingBody(Body):
    """One rating (好差评) of one finished case; ``named``: the rater may be called back."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "case_no": "500103-0000-0000-0000",
                    "grade": 2,
                    "named": True,
                    "comment": "等候时间过长",
                }
            ]
        }
    )

    case_no: CaseNo = Field(description="被评价的办件或服务申请")
    grade: Grade = Field(description="5 非常满意 … 1 非常不满意")
    named: bool = Field(description="是否实名")
    comment: Annotated[str, Field(max_length=2000)] = ""

    @property
    def identity(self) -> Identity:
        """Return the identity of the only rating of a case; it depends on the case alone."""
        return identity_of(
            CaseKind.RATING,
            self.case_no.partition("-")[0],
            GIVEN_SOURCES[CaseKind.RATING],
            self.case_no,
            digest(self.model_dump(mode="json")),
        )

    @property
    def form(self) -> RatingForm:
        """The rating."""
        return RatingForm(
            identity=self.identity,
            rated=self.case_no,
            grade=self.grade,
            named=self.named,
            comment=self.comment,
        )


class RoundBody(Body):
    """A platform and the current quarter."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"district": "500103", "quarter": "2026Q4"}]}
    )

    district: District
    quarter: str = Field(pattern=r"^\d{4}Q[1-4]$")

    @property
    def identity(self) -> Identity:
        """Return the identity of the only round of a platform in a quarter."""
        return identity_of(
            CaseKind.VISITS,
            self.district,
            GIVEN_SOURCES[CaseKind.VISITS],
            self.quarter,
            f"{self.district}:{self.quarter}",
        )


class FormBody(Filing):
    """The body for a kind that declares with ``opens`` what is filed."""

    @property
    def form(self) -> Any:  # noqa: ANN401 - as the kind has it
        """What is filed."""
        opens = KINDS[self.opens].opens
        if opens is None:
            raise LookupError(self.opens)
        return opens.form(**{each.name: getattr(self, each.name) for each in fields(opens.form)})


class FormBodyOfSomebody(FormBody):
    """The same for a case that has an applicant."""

    applicant: Applicant


class FormBodyOfCaller(FormBody):
    """The same for a case that somebody has called or written about, or nobody who is known."""

    caller: Contact | None = Field(default=None, description="诉求人；匿名的不填")


@cache
def body_of_kind(kind: CaseKind) -> type[FormBody]:
    """Make the body that opens a case of a kind with ``opens``, with the fields of its form."""
    known = KINDS[kind]
    if known.opens is None:
        raise LookupError(kind)
    person = {"applicant": _SOMEBODY} if known.opens.applicant else {}
    if known.opens.caller:
        person = {"caller": {"name": "张三", "phone": "13800000000"}}
    example = {"district": "310106", "reference": "2026-0001", **person, **known.opens.example}
    base = (
        FormBodyOfSomebody
        if known.opens.applicant
        else FormBodyOfCaller
        if known.opens.caller
        else FormBody
    )
    about = known.opens.form.__doc__
    body = _made(f"{known.workflow}Body", base, about, members_of_form(known))
    body.opens = kind
    body.model_config["json_schema_extra"] = {"examples": [example]}
    body.model_rebuild(force=True)
    return body


def _made(
    name: str, base: type[FormBody], about: str | None, members: dict[str, Any]
) -> type[FormBody]:
    return create_model(name, __base__=base, __doc__=about, **members)


def members_of_form(kind: Kind) -> dict[str, Any]:
    """Return name → (type, default) of each field of a form, for pydantic's ``create_model``."""
    if kind.opens is None:
        return {}
    hints = get_type_hints(kind.opens.form, include_extras=True)
    return {
        each.name: (hints[each.name], ... if each.default is MISSING else each.default)
        for each in fields(kind.opens.form)
    }
