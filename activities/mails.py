"""Mails: what comes into a mailbox is kept, read and opened; persons of a mail get their cases."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from temporalio import activity
from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowUpdateFailedError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError

from casework.domain.authority import filing_refusal
from casework.domain.case.facts import Actor
from casework.domain.case.opening import StartCase
from casework.domain.errors import DomainError
from casework.domain.kinds.application.state import ApplicationStage
from casework.domain.kinds.incoming_mail.opening import MailForm
from casework.domain.kinds.incoming_mail.state import MailPerson
from casework.domain.kinds.registry import KINDS, CaseKind, workflow_id
from casework.domain.mail import MailIntake
from casework.domain.time.calendar import local_date
from casework.domain.units import mailbox_key
from casework.filing.bodies import FormBody, Submission
from casework.filing.desk import Desk, policy_day
from casework.filing.mail import (
    BY_MAIL,
    MAILED,
    Way,
    brought,
    key_of_mail,
    mail_body,
    proposed,
    submission_of,
    to_keep,
    unreadable,
)
from casework.incoming.message import Mail, read_mail
from casework.incoming.reading import Reading, Sender, firms_named, judge
from casework.incoming.writing import key_of
from casework.messages.cases import Receipt, Submit
from casework.messages.temporal import TASK_QUEUE, order_of_work
from casework.policy.authority import load_authority
from casework.store.file_type import ALLOWED, EML, FaultyContentError, media_type_of
from casework.store.in_force import latest_version, read_in_force
from casework.store.in_force.published import PublishedCatalogues
from casework.store.materials import MaterialStore, Upload, note_upload
from casework.store.models import Cases, Openings
from casework.store.queries import find_by_reference
from casework.store.register.parties import RegisterNoticeBook
from casework.store.units import named_units, registers_units, unit_of_mailbox

TOO_LARGE = "TOO_LARGE"
ALREADY_READ = "CONTENT_DIFFERS"
"""The mail runs already, as it was read by the rules of then."""

log = structlog.get_logger("mail")


@dataclass(frozen=True, kw_only=True)
class OpenFromMail:
    """Asks for the case of one person of a mail; (``mail_no``, person) is the idempotency key.

    ``person`` None: the mail itself is opened in ``to_district``, from its original ``raw``.
    """

    mail_no: str
    district: str
    received_at: datetime
    person: MailPerson | None = None
    to_district: str = ""
    mailbox: str = ""
    raw: str = ""
    rehearsal: timedelta = timedelta()
    way: Way = MAILED


@dataclass(frozen=True, kw_only=True)
class OpenedFromMail:
    """The case, or the code and reason for which there is none."""

    case_no: str = ""
    code: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Mailroom:
    """Keeps mails, reads them and opens their cases, whichever way they came.

    ``desk``: with the catalogue in force on a day. ``own_domain``: that of our own message ids.
    """

    sessions: async_sessionmaker[AsyncSession]
    materials: MaterialStore
    published: PublishedCatalogues
    desk: Callable[[date], Desk]
    now: Callable[[], datetime]
    own_domain: str = ""
    spread: timedelta = timedelta(hours=2)
    one_at_a_time: asyncio.Semaphore = field(default_factory=partial(asyncio.Semaphore, 1))
    """A large mail takes several times its size while it is read."""

    async def take_in(  # noqa: PLR0913 - a mail, and where it came to
        self,
        client: Client,
        raw: bytes,
        *,
        district: str,
        mailbox: str,
        fault: str = "",
        received_at: datetime | None = None,
    ) -> str:
        """Keep a mail, read it and begin its workflow; return the number of its case.

        Repeated for the same mail it changes nothing. ``fault``: only its head could be had.

        Raises:
            DomainError: the district takes no mails. Anything else: keep it, and come again.
        """
        now = self.now()
        key = key_of_mail(f"{district}/{mailbox}", raw)
        async with self.sessions() as session:
            known = await find_by_reference(
                session,
                kind=CaseKind.INCOMING_MAIL,
                district=district,
                source=BY_MAIL.code,
                reference=key,
            )
        if known is not None:
            return known.case_no
        sha256 = await self._kept(raw, EML, now)
        intake = self.intake(district, local_date(now))
        async with self.one_at_a_time:
            form, address, unit = await self._read(raw, intake, mailbox, now, fault)
        body = mail_body(form, district=district, key=key, raw=sha256, address=address, unit=unit)
        start = await self._start(body, now)
        start = replace(start, received_at=received_at or now)
        await _submit(client, start)
        return start.case_no

    def intake(self, district: str, on: date) -> MailIntake:
        """Return the district's rules for mails; raise DomainError ``NO_MAILBOX`` without any."""
        found = self.published.on(on).mail.intake(district, on)
        if found is None:
            raise DomainError("NO_MAILBOX", "该区不以邮件收件", "district")
        return found

    async def _read(
        self, raw: bytes, intake: MailIntake, mailbox: str, now: datetime, fault: str
    ) -> tuple[MailForm, str, str]:
        """Return what the mail says, its sender's address, and the unit that registered it."""
        on = local_date(now)
        address = ""
        try:
            mail = await asyncio.to_thread(read_mail, raw, own_domain=self.own_domain)
            address = mail.sender
            if fault:
                told = "邮件过大，只收到邮件头，请与发件人联系"
                return unreadable(mailbox, fault, told), address, ""
            firms = await asyncio.to_thread(firms_named, mail, intake, on)
        except Exception as error:  # noqa: BLE001 - the mail is kept, and somebody looks at it
            return _unread(error, mailbox), address, ""
        sender = await self._sender(address, firms, intake.district, on)
        try:
            reading = await asyncio.to_thread(self._judged, mail, intake, mailbox, on, sender)
        except Exception as error:  # noqa: BLE001 - as above
            return _unread(error, mailbox), address, ""
        taken = to_keep(mail, reading)
        kept = [await self._kept_file(each.content, now) for each in taken.files()]
        desk = self.desk(on)

        def names(item: str) -> Mapping[str, str] | None:
            try:
                return desk.catalogue.resolve(item, intake.district, on).material_names
            except DomainError:
                return None

        form = proposed(mail, reading, taken, kept, names, sender=sender)
        return form, address, sender.unit if sender is not None else ""

    async def _sender(
        self, address: str, firms: Collection[str], district: str, on: date
    ) -> Sender | None:
        """Look an address up; None if the district has no unit yet, and therefore bars nobody."""
        async with self.sessions() as session:
            if not await registers_units(session, district):
                return None
            mailbox_is = self.desk(on).pseudonyms.of_mailbox(mailbox_key(address))
            unit = await unit_of_mailbox(session, district, mailbox_is)
            if unit is not None:
                return Sender(
                    unit=unit.name,
                    short_names=(unit.name, *unit.short_names),
                    credit_code=unit.credit_code,
                )
            others = await named_units(session, district, {key_of(each) for each in firms})
        return Sender(others=others)

    def _judged(
        self, mail: Mail, intake: MailIntake, mailbox: str, on: date, sender: Sender | None
    ) -> Reading:
        policy = self.published.on(on).mail
        return judge(
            mail,
            intake,
            mailbox=mailbox,
            on=on,
            kind=media_type_of,
            sender=sender,
            elsewhere=policy.elsewhere(intake.district, on),
        )

    async def _kept_file(self, content: bytes, now: datetime) -> str:
        try:
            found = await asyncio.to_thread(media_type_of, content)
        except FaultyContentError:
            return ""
        return await self._kept(content, found, now) if found in ALLOWED else ""

    async def _kept(self, content: bytes, media_type: str, now: datetime) -> str:
        sha256 = await self.materials.keep(content)
        upload = Upload(
            sha256=sha256,
            size=len(content),
            media_type=media_type,
            uploaded_at=now,
            uploaded_by=BY_MAIL.code,
        )
        async with self.sessions.begin() as session:
            await note_upload(session, upload)
        return sha256

    async def _start(
        self, body: FormBody | Submission, now: datetime, by: Actor = BY_MAIL
    ) -> StartCase:
        """The start of a case, by the door through which every other case comes."""
        on = policy_day(body, now)
        async with self.sessions() as session:
            question = self.desk(on).question(body, now)
            in_force = await read_in_force(session, question)
            latest = await latest_version(session)
        await self.published.require(latest, on)
        desk = self.desk(on)
        refused = filing_refusal(load_authority(), by, desk.filed(body, now))
        if refused is not None:
            raise refused
        start = desk.start(body, by, now, in_force)
        return replace(start, spread=self.spread)

    # --- persons of a mail -----------------------------------------------------------------

    async def open(self, client: Client, asked: OpenFromMail) -> str:
        """Open what is asked, or find it; return its number. Raises DomainError."""
        if asked.person is None:
            return await self._sent_on(client, asked)
        if asked.person.into:
            return await self._into(client, asked.person.into, asked)
        contact = await RegisterNoticeBook(self.sessions).contact(asked.mail_no, "applicant")
        now = self.now() + asked.rehearsal
        submission = submission_of(
            asked.person,
            district=asked.district,
            mail_no=asked.mail_no,
            received_at=asked.received_at,
            sender=contact.email,
            way=asked.way,
        )
        start = await self._start(submission, now, asked.way.opener)
        running = await self._running(start)
        if running:
            return await self._into(client, running, asked)
        await _submit(client, replace(start, rehearsal=asked.rehearsal))
        return start.case_no

    async def _sent_on(self, client: Client, asked: OpenFromMail) -> str:
        intake = self.intake(asked.to_district, local_date(self.now()))
        mailbox = (
            asked.mailbox if asked.mailbox in intake.mailboxes else next(iter(intake.mailboxes))
        )
        return await self.take_in(
            client,
            await self.materials.content(asked.raw),
            district=asked.to_district,
            mailbox=mailbox,
            received_at=asked.received_at,
        )

    async def _running(self, start: StartCase) -> str:
        """The open application of the same person for the same item there, but for this one."""
        query = (
            select(Openings.case_no)
            .join(Cases, Cases.case_no == Openings.case_no)
            .where(
                Openings.subject == start.subject,
                Openings.kind == CaseKind.APPLICATION.value,
                Openings.case_no != start.case_no,
                Openings.gives_way_to == "",
                Cases.item == start.item.code,
                Cases.district == start.district,
                Cases.closed_at.is_(None),
            )
            .order_by(Cases.received_at, Openings.case_no)
            .limit(1)
        )
        async with self.sessions() as session:
            return await session.scalar(query) or ""

    async def _into(self, client: Client, case_no: str, asked: OpenFromMail) -> str:
        person = asked.person
        query = select(Cases.stage, Cases.open_debts, Cases.district, Openings.kind).join(
            Openings, Openings.case_no == Cases.case_no
        )
        async with self.sessions() as session:
            found = (await session.execute(query.where(Cases.case_no == case_no))).one_or_none()
        there = found is not None and found.kind == CaseKind.APPLICATION.value
        if person is None or found is None or not there or found.district != asked.district:
            raise DomainError("CASE_NOT_FOUND", "本区没有此办件编号，请核对", "into")
        verb, command = brought(
            person, ApplicationStage(found.stage), owes=bool(found.open_debts), way=asked.way
        )
        handle = client.get_workflow_handle(workflow_id(CaseKind.APPLICATION, case_no))
        try:
            await handle.execute_update(
                verb, command, id=f"mail:{asked.mail_no}:{person.number}", result_type=Receipt
            )
        except WorkflowUpdateFailedError as error:
            raise _refusal(error) from error
        return case_no


def _unread(error: Exception, mailbox: str) -> MailForm:
    log.error("mail_unread", error=type(error).__name__)  # it may quote the mail
    return unreadable(mailbox, "UNREADABLE", "邮件无法自动读取，请人工查看")


async def _submit(client: Client, start: StartCase) -> None:
    """Begin a case, or find it; it is in the register when this returns.

    A run that has failed, because its start was not proved, say, is begun again.

    Raises:
        DomainError: it may not be opened.
    """
    operation: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
        KINDS[CaseKind(start.kind)].workflow,
        start,
        id=workflow_id(start.kind, start.case_no),
        task_queue=TASK_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
        static_summary=f"{start.item.name}　{start.office}",
        priority=order_of_work(start.kind),
    )
    try:
        await client.execute_update_with_start_workflow(
            "submit",
            Submit(content=start.content),
            start_workflow_operation=operation,
            result_type=Receipt,
        )
    except WorkflowUpdateFailedError as error:
        refused = _refusal(error)
        if refused.code != ALREADY_READ:
            raise refused from error
    except WorkflowAlreadyStartedError:
        return  # an earlier attempt has begun it, and it has ended


def _refusal(error: WorkflowUpdateFailedError) -> DomainError:
    cause = error.cause
    if not isinstance(cause, ApplicationError) or not (cause.type or "").isupper():
        raise error
    return DomainError(cause.type or "", cause.message)


@dataclass(frozen=True)
class MailActivities:
    """Opens what a mail asks for."""

    mailroom: Mailroom

    @activity.defn(name="mails.open")
    async def open(self, asked: OpenFromMail) -> OpenedFromMail:
        """Open the case of a person, once per (mail, person); a refusal is an answer."""
        try:
            return OpenedFromMail(case_no=await self.mailroom.open(activity.client(), asked))
        except DomainError as refused:
            return OpenedFromMail(code=refused.code, reason=refused.message[:300])
