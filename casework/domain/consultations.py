"""Consultations (咨询): a question that somebody asked, and whether it was answered at once.

A consultation is a line of a log and no case (ADR 0055): nothing waits for it. What is not answered
at once is opened as a ticket, which has the clocks, and the line bears its number. A line says
nothing about a person: no name, no number, no text of the question.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from casework.domain.bounds import Few, Word
from casework.domain.staff import StaffPost, held_on, serves


class ConsultationChannel(StrEnum):
    """By which way somebody asked (source 000, 002); the values are stored for ever."""

    QQ = "qq"
    WECHAT = "wechat"
    PHONE = "phone"
    HOTLINE_12333 = "hotline_12333"
    COUNTER = "counter"
    SIGN_LANGUAGE_VIDEO = "sign_language_video"

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return _CHANNELS[self]


_CHANNELS = {
    ConsultationChannel.QQ: "QQ业务群",
    ConsultationChannel.WECHAT: "微信",
    ConsultationChannel.PHONE: "电话",
    ConsultationChannel.HOTLINE_12333: "12333热线",
    ConsultationChannel.COUNTER: "窗口",
    ConsultationChannel.SIGN_LANGUAGE_VIDEO: "手语视频",
}


class ConsultationTopic(StrEnum):
    """What was asked about; the values are stored for ever."""

    POINTS = "points"
    SETTLEMENT = "settlement"
    FILES = "files"
    TALENT = "talent"
    SOCIAL_INSURANCE = "social_insurance"
    RETIREMENT = "retirement"
    WAGES = "wages"
    EMPLOYMENT = "employment"
    ACCOUNT = "account"
    PROGRESS = "progress"
    OTHER = "other"

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return _TOPICS[self]


_TOPICS = {
    ConsultationTopic.POINTS: "居住证积分",
    ConsultationTopic.SETTLEMENT: "落户",
    ConsultationTopic.FILES: "人事档案",
    ConsultationTopic.TALENT: "人才服务",
    ConsultationTopic.SOCIAL_INSURANCE: "社会保险",
    ConsultationTopic.RETIREMENT: "退休",
    ConsultationTopic.WAGES: "劳动报酬",
    ConsultationTopic.EMPLOYMENT: "就业",
    ConsultationTopic.ACCOUNT: "账号密码",
    ConsultationTopic.PROGRESS: "办理进度",
    ConsultationTopic.OTHER: "其他",
}


class Accessibility(StrEnum):
    """What somebody needs to be served (无障碍); ``skill`` stands in the posts of those who can.

    The values are stored for ever.
    """

    SIGN_LANGUAGE = "sign_language"
    ELDERLY = "elderly"
    ON_BEHALF = "on_behalf"

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return {"sign_language": "手语", "elderly": "老年人", "on_behalf": "代办"}[self.value]

    @property
    def skill(self) -> str:
        """The word by which it stands among the skills (专长) of a post."""
        return self.label


@dataclass(frozen=True, kw_only=True)
class Consultation:
    """One line. ``(district, source, reference)`` names it; ``content`` is its digest.

    ``ticket``: the ticket that it became, empty where it was ``answered`` at once. ``agent``: who
    serves it; with ``needs`` somebody who can.
    """

    district: Word
    source: Word
    reference: Word
    content: str
    channel: ConsultationChannel
    topic: ConsultationTopic
    needs: Few[Accessibility] = ()
    answered: bool
    ticket: Word = ""
    agent: Word = ""
    asked_at: datetime
    logged_at: datetime
    logged_by: Word


def agents_for(
    needs: Collection[Accessibility],
    posts: Iterable[StaffPost],
    *,
    district: str,
    on: date,
    absent: Collection[str] = (),
) -> tuple[str, ...]:
    """Who can serve somebody with these needs in a district on a day, the first to be asked first.

    They have the skill of each need, in any of their posts there, and are not absent. Nobody where
    there are no needs: then anybody can.
    """
    skills: dict[str, set[str]] = {}
    for post in held_on(posts, on):
        if serves(post, district) and post.person not in absent:
            skills.setdefault(post.person, set()).update(post.skills)
    wanted = {need.skill for need in needs}
    return tuple(person for person, own in skills.items() if wanted and wanted <= own)


def agent_of(able: tuple[str, ...], logged_by: str) -> str:
    """Who is entered as serving it: who logs it where they can, else the first; empty: nobody."""
    return logged_by if logged_by in able else next(iter(able), "")
