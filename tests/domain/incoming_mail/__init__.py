"""Mails of 闵行 received on a day, under the limits of the packaged catalogue."""

from casework.domain.case.commands import ReceivedMaterial
from casework.domain.case.events import Event
from casework.domain.case.facts import Actor, Occasion
from casework.domain.case.opening import Party
from casework.domain.case.procedure import evolve
from casework.domain.case.state import Post
from casework.domain.kinds.incoming_mail.opening import RAW, MailForm, StartIncomingMail
from casework.domain.kinds.incoming_mail.state import (
    Finding,
    IncomingMail,
    MailFile,
    MailPerson,
)
from casework.domain.kinds.registry import CaseKind
from casework.domain.mail import MailVerdict
from casework.domain.policy import MaterialForm, Role
from casework.domain.time.calendar import local_date
from casework.policy.calendars import load_calendar
from casework.policy.service_catalogue import load_service_catalogue
from tests.domain.desk import at
from tests.domain.rating.unfolding import Unfolding

MINHANG = "310112"
CALENDAR = load_calendar().excerpt(2025, 2028)
POSTS = {
    Role.OFFICER: Post(holder="mh-o1", backup="mh-o2"),
    Role.SUPERVISOR: Post(holder="mh-s1"),
}
NUMBER = "310101199003071230"
FILES = (
    MailFile(number=1, name="身份证.jpg", sha256="a" * 64, material="identity_document"),
    MailFile(number=2, name="别的.jpg", sha256="b" * 64),
)
ZHANG = MailPerson(
    number=1, name="张三", item="PTS_NEW", unit="某某公司", id_number=NUMBER, files=FILES
)
LI = MailPerson(number=2, name="李四", item="PTS_REN", unit="某某公司", online_only=True)
FAULT = Finding(code="COUNT_DIFFERS", detail="人数为3，列出2人")
DOUBT = Finding(code="UNKNOWN_FORM", detail="主题不是本区的写法")
RAW_DIGEST = "c" * 64


def form(
    verdict: MailVerdict = MailVerdict.TRIAGE, persons: tuple[MailPerson, ...] = (ZHANG, LI)
) -> MailForm:
    return MailForm(
        mailbox="points",
        verdict=verdict,
        subject="某某公司—张三(新办)+李四(续办)—共2人",
        text="人事联系人：赵女士，021-64000000",
        persons=persons,
        files=(MailFile(number=3, name="说明.pdf", sha256="d" * 64),),
        faults=(FAULT,) if verdict is MailVerdict.NOTICE else (),
        doubts=(DOUBT,) if verdict is MailVerdict.TRIAGE else (),
        raw=RAW_DIGEST,
    )


def given_mail(mail: MailForm | None = None, day: str = "2026-09-21") -> Unfolding[IncomingMail]:
    received_at = at(day)
    policy = load_service_catalogue().of_kind(
        CaseKind.INCOMING_MAIL, MINHANG, local_date(received_at)
    )
    body = StartIncomingMail(
        case_no=f"{MINHANG}-MA10-0000-0001",
        district=MINHANG,
        source="mail",
        reference="M-1",
        content="",
        item=policy,
        calendar=CALENDAR,
        office="闵行区人才服务中心",
        channel="email",
        posts=POSTS,
        applicant=Party(name="某某公司", email="hr@firm.example.com"),
        materials=(ReceivedMaterial(code=RAW, form=MaterialForm.ELECTRONIC, sha256=RAW_DIGEST),),
        mail=mail or form(),
        by_date=True,
    ).first_event(received_at)
    by = Actor(code="mail", role=Role.SYSTEM)
    first = Event(seq=1, at=received_at, actor=by, body=body)
    case: IncomingMail = evolve(None, first)
    return Unfolding(facts=Occasion, policy=policy, calendar=CALENDAR, case=case, first=first)
