"""What opens a service cycle: the recognition of a talent, or a residence permit with points."""

from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field

from api.routes.bodies import Body, Code
from api.routes.filing import Filing
from api.routes.people import Contact, Number, Person
from casework.domain.kinds.cycle.guards import HIGHEST_SCORE
from casework.domain.kinds.registry import CaseKind
from casework.domain.talent import CredentialKind, TalentClass
from casework.domain.time.dates import Day

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
    score: Annotated[int, Field(ge=0, le=HIGHEST_SCORE)] | None = None
    recognised_on: Day = Field(description="认定日期，服务周期自该日起算")
    full_time: bool = Field(description="是否全职在渝工作（DB50/T 1733—2024 §5.1）")
    credential: CredentialBody = CredentialBody()


class PermitBody(Filing):
    """A residence permit (居住证) and whether the points of its holder are valid."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PERMIT]})

    opens: ClassVar = CaseKind.PERMIT_CYCLE

    holder: Person
    starts_on: Day
    expires_on: Day = Field(description="有效期的最后一日")
    points_valid: bool = Field(default=False, description="积分是否有效")
