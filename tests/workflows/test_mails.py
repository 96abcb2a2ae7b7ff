"""Mails from their bytes to the register: kept, read, opened once, however often they come."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select

from activities.mails import MailActivities, Mailroom, _submit
from casework.domain.case.commands import Fault, ReceivedMaterial
from casework.domain.case.facts import Actor
from casework.domain.kinds.application.commands import (
    Accept,
    ConsentGreen,
    Decision,
    OfferDeferral,
    PreReview,
    PreReviewOutcome,
    Promise,
    ReportUp,
    RequestGreen,
    Review,
    SuperiorDecision,
)
from casework.domain.kinds.application.state import Application
from casework.domain.kinds.incoming_mail.commands import RerouteMail, SortedPerson, SortMail
from casework.domain.kinds.incoming_mail.state import IncomingMail
from casework.domain.kinds.registry import CaseKind, workflow_id
from casework.domain.mail import MailVerdict
from casework.domain.policy import Channel, DeferralMode, MaterialForm, Role
from casework.domain.time.calendar import local_date
from casework.domain.units import Unit
from casework.filing.bodies import Applicant, Submission
from casework.filing.mail import key_of_mail
from casework.incoming.writing import key_of
from casework.messages.cases import Receipt
from casework.rehearsal.world import Office
from casework.store.materials import materials_of
from casework.store.models import Notices, Openings, Units
from casework.store.queries import state
from casework.store.units import decide_unit, propose_unit
from tests.incoming.mails import jpeg, packed, raw
from tests.workflows.conftest import Bench

BAOSHAN, MINHANG, HONGKOU = "310113", "310112", "310109"
NUMBER = "310101199003071230"
SUBJECT = f"【某某公司】+【张三】+【{NUMBER}】+【积分新办】"
FILES = {"身份证.jpg": jpeg(), "上海市居住证.jpg": jpeg() + b"\0"}


def room(office: Office) -> Mailroom:
    return office.parts.mails.mailroom


async def took(bench: Bench, office: Office, mail: bytes, district: str = BAOSHAN) -> str:
    client = bench.environment.client
    return await room(office).take_in(client, mail, district=district, mailbox="points")


async def settled(bench: Bench, case_no: str) -> IncomingMail:
    handle: Any = bench.environment.client.get_workflow_handle(
        workflow_id(CaseKind.INCOMING_MAIL, case_no)
    )
    await bench.rest(handle)
    async with bench.sessions() as session:
        found = await state(session, case_no)
    assert isinstance(found, IncomingMail)
    return found


async def do(bench: Bench, case_no: str, verb: str, command: Any) -> None:
    handle = bench.environment.client.get_workflow_handle(
        workflow_id(CaseKind.INCOMING_MAIL, case_no)
    )
    await handle.execute_update(verb, command, result_type=Receipt)


def officer(code: str, district: str) -> Actor:
    return Actor(code=code, role=Role.OFFICER, district=district)


def unlike(mail: bytes, number: int) -> bytes:
    return mail.replace(b"<1@example.com>", f"<{number}@example.com>".encode())


async def opened_by_mail(bench: Bench) -> list[str]:
    async with bench.sessions() as session:
        found = await session.scalars(
            select(Openings.case_no).where(
                Openings.kind == "application", Openings.source == "mail"
            )
        )
    return list(found)


async def test_a_mail_delivered_twice_opens_one_case_with_its_files(
    bench: Bench, office: Office
) -> None:
    mail = unlike(raw(SUBJECT, FILES), 11)
    before = await opened_by_mail(bench)
    case_no = await took(bench, office, mail)
    again = await took(bench, office, b"Received: from relay\r\n" + mail.replace(b"\n", b"\r\n"))
    assert again == case_no
    case = await settled(bench, case_no)
    assert await took(bench, office, mail) == case_no  # also once the register knows it
    assert [each.case_no for each in case.attempts] == [
        each for each in await opened_by_mail(bench) if each not in before
    ]
    async with bench.sessions() as session:
        original, *files = await materials_of(session, case_no)
        brought = await materials_of(session, case.attempts[0].case_no)
    assert original.media_type == "message/rfc822"
    assert [(each.code, each.media_type) for each in files] == [
        ("文件1", "image/jpeg"),
        ("文件2", "image/jpeg"),
    ]
    assert await room(office).materials.content(original.sha256) == mail
    assert {each.code for each in brought} == {"identity_document", "residence_permit"}


async def test_another_letter_under_the_same_message_id_is_another_mail(
    bench: Bench, office: Office
) -> None:
    one, other = (unlike(raw("材料", text=text), 12) for text in ("第一封", "第二封"))
    assert await took(bench, office, one) != await took(bench, office, other)


async def test_files_of_somebody_with_a_running_case_go_there(bench: Bench, office: Office) -> None:
    person = SUBJECT.replace(NUMBER, "11010519491231002X")
    first = await settled(bench, await took(bench, office, unlike(raw(person, FILES), 13)))
    running = first.attempts[0].case_no
    # It waits for nothing, so somebody has to say what is meant.
    second = await settled(bench, await took(bench, office, unlike(raw(person, FILES), 14)))
    assert [each.code for each in second.attempts] == ["RUNNING_CASE"]
    assert second.stage == "mail_sorting"

    application = bench.environment.client.get_workflow_handle(
        workflow_id(CaseKind.APPLICATION, running)
    )
    fault = Fault(code="MATERIAL_MISSING", about="labour_contract", text="缺劳动合同")
    actor = officer("bs-o1", BAOSHAN)
    noticed = PreReview(actor=actor, outcome=PreReviewOutcome.FAULTY, faults=(fault,))
    await application.execute_update("pre_review", noticed, result_type=Receipt)
    contract = {"劳动合同.jpg": jpeg() + b"\1"}
    third = await settled(bench, await took(bench, office, unlike(raw(person, contract), 15)))
    assert [each.case_no for each in third.attempts] == [running]
    async with bench.sessions() as session:
        codes = [each.code for each in await materials_of(session, running)]
    assert codes.count("labour_contract") == 1


async def test_a_mail_of_another_district_is_opened_there_as_it_came(
    bench: Bench, office: Office
) -> None:
    other = f"【积分新办】+【某某公司】+【张三】+【{NUMBER}】"
    mail = unlike(raw(other, FILES), 16)
    case_no = await took(bench, office, mail)
    assert (await settled(bench, case_no)).stage == "mail_sorting"
    reroute = RerouteMail(actor=officer("bs-o1", BAOSHAN), district="310115", reason="属浦东")
    await do(bench, case_no, "reroute_mail", reroute)
    refused = await settled(bench, case_no)
    assert [each.code for each in refused.attempts] == ["NO_MAILBOX"]  # 浦东 takes no mails
    await do(bench, case_no, "reroute_mail", replace(reroute, district=HONGKOU, reason="属虹口"))
    here = await settled(bench, case_no)
    assert here.stage == "mail_rerouted"
    there = await settled(bench, here.attempts[0].case_no)
    assert there.district == HONGKOU
    assert there.received_at == here.received_at
    async with bench.sessions() as session:
        original, *_ = await materials_of(session, there.case_no)
    assert await room(office).materials.content(original.sha256) == mail


async def test_an_officer_adds_what_the_mail_does_not_say(bench: Bench, office: Office) -> None:
    files = {"张三.zip": packed({"身份证.jpg": jpeg()})}
    mail = unlike(raw("某某公司—张三(新办)—共1人", files), 17)
    case_no = await took(bench, office, mail, MINHANG)
    assert (await settled(bench, case_no)).stage == "mail_sorting"
    person = SortedPerson(person=1, id_number="310101198001011237")
    sort = SortMail(actor=officer("mh-o1", MINHANG), persons=(person,))
    await do(bench, case_no, "sort_mail", sort)
    case = await settled(bench, case_no)
    assert case.stage == "mail_done"


async def test_an_empty_mail_and_one_that_breaks_the_reader_go_to_an_officer(
    bench: Bench, office: Office, monkeypatch: Any
) -> None:
    monkeypatch.setattr(Mailroom, "_judged", _broken)
    case = await settled(bench, await took(bench, office, unlike(raw(SUBJECT), 18)))
    assert [each.code for each in case.doubts] == ["UNREADABLE"]
    assert case.stage == "mail_sorting"


def _broken(*_: object) -> Any:
    raise MemoryError


async def test_the_room_is_that_of_the_activities(office: Office) -> None:
    assert isinstance(office.parts.mails, MailActivities)
    assert room(office).spread <= timedelta(hours=9)
    assert len(key_of_mail("310113/points", b"")) == 64


JINGAN = "310106"
OF_THE_FIRM = {"20220418+积分新办+某某人寿+张三.jpg": jpeg()}


async def registered(
    office: Office, name: str, short: str, mailbox: str, *, code: str, no: str
) -> None:
    """Register a unit as two officers do."""
    at = office.parts.mails.mailroom.now()
    unit = Unit(
        id=no,
        district=JINGAN,
        credit_code=code,
        name=name,
        short_names=(short,),
        mailbox=mailbox,
        proposed_by="ja-o1",
        proposed_at=at,
    )
    async with room(office).sessions.begin() as session:
        await propose_unit(
            session,
            unit,
            keys=[key_of(name), key_of(short)],
            mailbox_is=room(office).desk(local_date(at)).pseudonyms.of_mailbox(mailbox),
            content=no,
        )
        await decide_unit(session, no, by="ja-o2", at=at, confirmed=True)


async def test_jingan_takes_mails_from_the_registered_mailbox_alone(
    bench: Bench, office: Office
) -> None:
    """Sender, second mailbox, and a firm told from its people by the short name it registered."""

    async def sent(number: int, sender: str, files: dict[str, bytes]) -> IncomingMail:
        mail = unlike(raw("请查收", files, sender=sender), number)
        return await settled(bench, await took(bench, office, mail, JINGAN))

    before = await sent(40, "anybody@example.com", OF_THE_FIRM)
    assert not before.faults, "before the first unit is registered nobody is barred"
    name, code = "某某人寿保险股份有限公司", "91310106MA1FY7XX05"
    await registered(office, name, "某某人寿", "hr@firm.example.com", code=code, no="DW-1")
    try:
        own = await sent(41, "HR@Firm.example.com", OF_THE_FIRM)
        second = await sent(42, "other@firm.example.com", OF_THE_FIRM)
        unknown = await sent(43, "new@other.example.com", {
            "20220418+积分新办+其他公司+李四.jpg": jpeg()
        })  # fmt: skip
        unsplit = await sent(
            44, "hr@firm.example.com", {"20220418积分新办某某人寿王五.jpg": jpeg()}
        )
    finally:
        async with bench.sessions.begin() as session:
            await session.execute(delete(Units))
    assert own.verdict is not MailVerdict.NOTICE
    assert (own.persons[0].unit, own.persons[0].credit_code) == ("某某人寿", code)
    assert [each.code for each in second.faults] == ["SECOND_MAILBOX"]
    assert [each.code for each in unknown.faults] == ["SENDER_NOT_REGISTERED"]
    assert (unsplit.persons[0].name, unsplit.persons[0].unit) == ("王五", "某某人寿")
    async with bench.sessions() as session:
        letters = await session.execute(
            select(Notices.case_no, Notices.template).where(
                Notices.case_no.in_([own.case_no, second.case_no, unknown.case_no])
            )
        )
    assert sorted(map(tuple, letters)) == sorted(
        [(second.case_no, "mail_faults"), (unknown.case_no, "mail_faults")]
    )


async def test_an_urgent_mail_opens_the_green_channel_of_its_case(
    bench: Bench, office: Office
) -> None:
    """周先生 (source 000): no seal within reach; from the mail to the approval."""
    person = "310101198505052350"
    asked = Submission(
        district=JINGAN,
        source="mail",
        reference="urgent-1",
        item="PTS_NEW",
        channel=Channel.EMAIL,
        claims={
            "self_score": 125,
            "application_form_filed": True,
            "employer_reviewed": True,
            "permit_expires_on": "2099-04-30",
        },
        materials=tuple(
            ReceivedMaterial(code=code, form=MaterialForm.ELECTRONIC)
            for code in (
                *("identity_document", "application_form", "residence_permit"),
                "labour_contract",
            )
        ),
        applicant=Applicant(name="周某", id_number=person, email="zhou@example.com"),
    )
    start = await room(office)._start(asked, room(office).now())
    await _submit(bench.environment.client, start)
    running = start.case_no
    files = {"加急申请.jpg": jpeg() + b"\5", "情况说明.jpg": jpeg() + b"\6"}
    mail = unlike(raw("积分加急申请", files, sender="zhou@example.com"), 50)
    urgent = await settled(bench, await took(bench, office, mail, JINGAN))
    assert [each.code for each in urgent.doubts][:2] == ["URGENT", "BY_CONTENT"]
    assert [each.material for each in urgent.persons[0].files] == [
        "urgent_request",
        "circumstances",
    ]
    one, other = officer("ja-o1", JINGAN), officer("ja-o2", JINGAN)
    into = SortMail(actor=one, persons=(SortedPerson(person=1, into=running),))
    await do(bench, urgent.case_no, "sort_mail", into)
    assert (await settled(bench, urgent.case_no)).stage == "mail_done"
    async with bench.sessions() as session:
        brought = {each.code for each in await materials_of(session, running)}
    assert brought >= {"urgent_request", "circumstances"}

    application: Any = bench.environment.client.get_workflow_handle(
        workflow_id(CaseKind.APPLICATION, running)
    )

    async def act(verb: str, command: Any) -> None:
        await application.execute_update(verb, command, result_type=Receipt)

    cause = RequestGreen(
        actor=one,
        reason_code="school_enrolment",
        external_on=local_date(room(office).now()) + timedelta(days=60),
        cause="小区封控，无法加盖单位公章",
        evidence=("加急申请", "情况说明"),
    )
    await act("request_green", cause)
    await act("consent_green", ConsentGreen(actor=other, granted=True))
    seal = OfferDeferral(
        actor=one,
        materials=("sealed_copies",),
        mode=DeferralMode.HOLD_RESULT,
        reason="封控期间无法盖章",
    )
    await act("offer_deferral", seal)
    signed = Promise(actor=one, signed_on=local_date(room(office).now()))
    await act("promise", signed)
    await act("pre_review", PreReview(actor=one, outcome=PreReviewOutcome.PASSED))
    await act("accept", Accept(actor=one))
    reviewer = Actor(code="ja-r1", role=Role.REVIEWER, district=JINGAN)
    await act("review", Review(actor=reviewer))
    await act("report_up", ReportUp(actor=reviewer))
    superior = Actor(code="superior-system", role=Role.SYSTEM)
    decided = SuperiorDecision(actor=superior, outcome=Decision.APPROVED)
    await act("superior_decision", decided)
    async with bench.sessions() as session:
        case = await state(session, running)
    assert isinstance(case, Application)
    assert (case.stage, case.decision) == ("decided", Decision.APPROVED)
    assert [(line.material, line.is_open) for line in case.lines] == [("sealed_copies", True)]
