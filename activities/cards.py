"""Digests of cards: finds the officers who need one, and sends each exactly once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import dropwhile

from temporalio import activity
from temporalio.exceptions import ApplicationError

from casework.domain.kinds.card_audience import WATCHED_STAGES
from casework.letters.card_digest import Content, Line, Links, Message, as_mail, as_sms
from casework.messages.schedules import (
    PEOPLE_AT_ONCE,
    OfficerTold,
    People,
    PlanDigests,
    ReportRefused,
    TellDistrict,
    TellOfficer,
    WhoIsTold,
)
from casework.outside import Letter, MailSender, RefusedError, SmsSender
from casework.policy.card_recipients import ABOVE, Recipient, Recipients
from casework.policy.officer_contacts import Alerts, OfficerContact
from casework.store.cards import (
    Audience,
    Draft,
    OpenCard,
    has_news,
    mark_refused,
    mark_sent,
    open_digest,
    unknown_holders,
)
from casework.store.engine import Sessions
from casework.store.in_force import read_calendar
from casework.store.queries.logs import CardDigestView, card_digests

CONTACT_UNKNOWN = "contact_unknown"
OFFICER_UNKNOWN = "officer_unknown"
NOT_IN_TIME = "not_in_time"
_SENT, _REFUSED, _NOTHING = "sent", "refused", "nothing"
_SUBJECT = "督办提醒未能送达：{district} {day}"
_TEXT = """\
以下人员有新的红牌、黄牌，督办提醒未能送达（编号：原因）：

{lines}

contact_unknown  岗位表中没有此人的联系方式
officer_unknown  岗位表中没有此编号
not_in_time      对方系统当日未收下
其余为对方系统拒收的原因代码。

请在岗位表的 contacts 中改正，或者写 alerts: off，然后重启后台进程。
未送达的内容下一个工作日重新列入；需要当日补发的，见运维手册“Cards reach people”。
"""


@dataclass(frozen=True, kw_only=True)
class CardActivities:
    """Needs the register, the people of the rosters, two senders, and the operator's mailbox."""

    sessions: Sessions
    recipients: Recipients
    mail: MailSender
    sms: SmsSender
    links: Links
    operator: str

    @activity.defn(name="cards.plan")
    async def plan(self, wanted: PlanDigests) -> Sequence[TellDistrict]:
        """Return the districts that work on that day, each with its start of business."""
        async with self.sessions() as session:
            return [
                TellDistrict(
                    district=district,
                    day=wanted.day,
                    opens_at=self.recipients.opens_at(district, wanted.day),
                )
                for district in self.recipients.districts
                if (await read_calendar(session, district))[0].is_working(wanted.day)
            ]

    @activity.defn(name="cards.people")
    async def people(self, wanted: WhoIsTold) -> People:
        """Return the next officers of a district for whom there is a new card.

        Officers whose alerts are off are left out.
        """
        found: list[str] = []
        async with self.sessions() as session:
            for who in await self._staff(wanted):
                if len(found) == PEOPLE_AT_ONCE:
                    return People(officers=tuple(found), next=found[-1])
                if await has_news(session, self._audience(who)):
                    found.append(who.code)
        return People(officers=tuple(found), next="")

    async def _staff(self, wanted: WhoIsTold) -> Iterator[Recipient]:
        staff = list(self.recipients.of(wanted.district))
        if wanted.district == ABOVE:
            async with self.sessions() as session:
                strangers = await unknown_holders(session, self.recipients.by_code.keys())
            staff += [self.recipients.recipient(code) for code in strangers]
            staff.sort(key=lambda who: who.code)
        told = (who for who in staff if not self._is_off(who.code))
        return dropwhile(lambda who: who.code <= wanted.after, told)

    def _is_off(self, code: str) -> bool:
        contact = self.recipients.contact(code)
        return contact is not None and contact.alerts is Alerts.OFF

    @activity.defn(name="cards.tell")
    async def tell(self, wanted: TellOfficer) -> OfficerTold:
        """Send one digest, once per ``wanted.key``; nothing if there is no new card.

        A crash between sending and noting repeats the message under the same Message-ID or gateway
        key, which the receiving side drops. A refusal that no retry can mend is noted in the
        register and answered; everything else is retried.
        """
        who = self.recipients.recipient(wanted.officer)
        contact = self.recipients.contact(wanted.officer)
        if contact is not None and contact.alerts is Alerts.OFF:
            return OfficerTold(officer=who.code, status=_NOTHING)
        draft = await self._draft(wanted, who, contact)
        if draft is None:
            return OfficerTold(officer=who.code, status=_NOTHING)
        try:
            reference = await self._deliver(wanted, who, contact, draft)
        except RefusedError as refusal:
            return await self._refuse(wanted, refusal.problem)
        async with self.sessions.begin() as session:
            await mark_sent(session, wanted.key, reference, activity.info().started_time)
        return OfficerTold(officer=who.code, status=_SENT)

    @activity.defn(name="cards.give_up")
    async def give_up(self, wanted: TellOfficer) -> OfficerTold:
        """Note that a digest could not be sent on its day; the next one announces its cards."""
        return await self._refuse(wanted, NOT_IN_TIME)

    @activity.defn(name="cards.report_refused")
    async def report_refused(self, wanted: ReportRefused) -> None:
        """Write to the operator who could not be told, at most once a day.

        An address that is refused for good fails as ``ReportRefused``.
        """
        refused = await self._refused(wanted)
        if not refused:
            return
        lines = "\n".join(f"  {each.officer}: {each.problem}" for each in refused)
        letter = Letter(
            key=f"cards-refused:{wanted.district}:{wanted.day}",
            to=self.operator,
            subject=_SUBJECT.format(district=wanted.district or "上级", day=wanted.day),
            text=_TEXT.format(lines=lines),
            written_at=activity.info().scheduled_time,
        )
        try:
            await self.mail.send(letter)
        except RefusedError as refusal:
            raise ApplicationError(
                f"report refused: {refusal.problem}", type="ReportRefused", non_retryable=True
            ) from None

    async def _draft(
        self, wanted: TellOfficer, who: Recipient, contact: OfficerContact | None
    ) -> Draft | None:
        async with self.sessions.begin() as session:
            return await open_digest(
                session,
                self._audience(who),
                key=wanted.key,
                district=wanted.district,
                day=wanted.day,
                channel=contact.alerts if contact else "",
            )

    def _audience(self, who: Recipient) -> Audience:
        stages = None if who.role is None else WATCHED_STAGES.get(who.role)
        return Audience(
            officer=who.code,
            district=who.district,
            city=who.city,
            peers=self.recipients.peers(who.role),
            stages=None if stages is None else frozenset(stage.value for stage in stages),
        )

    async def _deliver(
        self, wanted: TellOfficer, who: Recipient, contact: OfficerContact | None, draft: Draft
    ) -> str:
        if contact is None:
            raise RefusedError(OFFICER_UNKNOWN if who.role is None else CONTACT_UNKNOWN)
        content = _content(wanted, draft)
        if contact.alerts is Alerts.SMS:
            text = as_sms(content, self.links).text
            return await self.sms.send(key=wanted.key, to=contact.address, text=text)
        return await self.mail.send(_letter(wanted, contact, as_mail(content, self.links)))

    async def _refuse(self, wanted: TellOfficer, problem: str) -> OfficerTold:
        async with self.sessions.begin() as session:
            await mark_refused(session, wanted.key, problem)
        return OfficerTold(officer=wanted.officer, status=_REFUSED, problem=problem)

    async def _refused(self, wanted: ReportRefused) -> list[CardDigestView]:
        found: list[CardDigestView] = []
        after = ""
        async with self.sessions() as session:
            while True:
                page = await card_digests(
                    session,
                    district=wanted.district,
                    day=wanted.day,
                    status=_REFUSED,
                    after=after,
                )
                found += [row for row in page.rows if row.district == wanted.district]
                if not (after := page.next):
                    return found


def _letter(wanted: TellOfficer, contact: OfficerContact, message: Message) -> Letter:
    return Letter(
        key=wanted.key,
        to=contact.address,
        subject=message.subject,
        text=message.text,
        written_at=activity.info().scheduled_time,  # the same in every attempt
    )


def _content(wanted: TellOfficer, draft: Draft) -> Content:
    return Content(
        day=wanted.day,
        new=draft.new,
        older=draft.older,
        lines=tuple(_line(card) for card in draft.lines),
        older_lines=tuple(_line(card) for card in draft.older_lines),
    )


def _line(card: OpenCard) -> Line:
    return Line(
        case_no=card.case_no,
        kind=card.kind,
        item_name=card.item_name,
        clock_name=card.clock_name,
        rung=card.rung,
        due_on=card.due_on,
    )
