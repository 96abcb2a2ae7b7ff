"""What the sender of a mail is told: all faults at once, what to mend, what is done online."""

from casework.domain.case.events import Event
from casework.domain.case.letters import Notice
from casework.domain.case.rules import Letters
from casework.domain.kinds.incoming_mail.events import MailDone, MailReceived, MailSentBack
from casework.domain.kinds.incoming_mail.state import IncomingMail
from casework.domain.mail import MailVerdict
from casework.domain.time.calendar import WorkingCalendar

RECIPIENTS: dict[str, tuple[str, ...]] = {
    "mail_faults": ("applicant",),
    "mail_sent_back": ("applicant",),
    "mail_online_only": ("applicant",),
}
TEXTS = {
    "mail_faults": (
        "来件一次性告知",
        """您发来的邮件需要补正，现一次性告知全部问题，请更正后重新发送整件邮件：
{faults:list}
本次来件未立件，材料未受理。""",
    ),
    "mail_sent_back": ("来件退回告知", "您发来的邮件未能办理，请更正后重新发送。\n{reasons}"),
    "mail_online_only": (
        "请在网上办理告知",
        """以下人员的业务只在网上办理，请登录申请系统办理；随邮件发来的材料已保存：
{persons:list}""",
    ),
}


def letter_of_mail_received(
    body: MailReceived, event: Event, case: IncomingMail, calendar: WorkingCalendar
) -> Notice | None:
    if body.verdict is not MailVerdict.NOTICE:
        return None
    return "mail_faults", {"faults": "\n".join(each.detail for each in body.faults)}


def letter_of_mail_sent_back(
    body: MailSentBack, event: Event, case: IncomingMail, calendar: WorkingCalendar
) -> Notice | None:
    return "mail_sent_back", {"reasons": body.reason}


def letter_of_mail_done(
    body: MailDone, event: Event, case: IncomingMail, calendar: WorkingCalendar
) -> Notice | None:
    online = [person.name for person in case.persons if person.online_only]
    if not online or case.to_district:
        return None
    return "mail_online_only", {"persons": "\n".join(online)}


LETTERS: Letters = {
    MailReceived: letter_of_mail_received,
    MailSentBack: letter_of_mail_sent_back,
    MailDone: letter_of_mail_done,
}
