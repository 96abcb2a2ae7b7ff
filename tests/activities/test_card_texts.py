"""The words of a digest of cards, as mail and as text message."""

from datetime import date

import pytest

from casework.domain.time.ladder import Rung
from casework.letters.card_digest import Content, Line, Links, as_mail, as_sms

LINKS = Links(ui_url="https://ui.example", namespace="rencai", api_url="https://api.example")
RED = Line(
    case_no="310106-71Z3-Z1JX-7J9T",
    kind="application",
    item_name="居住证积分（首次申请）",
    clock_name="办理期限",
    rung="red",
    due_on=date(2026, 11, 20),
)
YELLOW = Line(
    case_no="500103-F9D8-T0E5-KR1T",
    kind="request",
    item_name="子女入学",
    clock_name="办理时限",
    rung="yellow",
    due_on=None,
)
CONTENT = Content(
    day=date(2026, 11, 23),
    new={Rung.RED: 1, Rung.YELLOW: 1},
    older={Rung.RED: 0, Rung.YELLOW: 12},
    lines=(RED, YELLOW),
    older_lines=(YELLOW,),
)

MAIL = """\
您经办或者督办的办件新增红牌1张、黄牌1张：

1. 【红牌】310106-71Z3-Z1JX-7J9T　居住证积分（首次申请）　办理期限　届满日2026年11月20日
   https://ui.example/namespaces/rencai/workflows/app.310106.310106-71Z3-Z1JX-7J9T
   https://api.example/v1/applications/310106-71Z3-Z1JX-7J9T
2. 【黄牌】500103-F9D8-T0E5-KR1T　子女入学　办理时限　届满日待定
   https://ui.example/namespaces/rencai/workflows/req.500103.500103-F9D8-T0E5-KR1T
   https://api.example/v1/requests/500103-F9D8-T0E5-KR1T

此前已提醒、尚未销牌的有黄牌12张：
- 【黄牌】500103-F9D8-T0E5-KR1T　子女入学　办理时限　届满日待定
其余11张从略。

黄牌在期限结束、延长、中止或者升级后自动销牌；红牌由监督员写明理由后销牌。
本提醒每个工作日上班时至多发送一次，有新牌才发送。不需要的，请系统管理员在岗位表中关闭。
"""


def test_mail_lists_new_cards_with_their_links_and_counts_the_others() -> None:
    message = as_mail(CONTENT, LINKS)
    assert message.subject == "督办提醒（2026年11月23日）：新增红牌1张、黄牌1张"
    assert message.text == MAIL


def test_text_message_lists_a_few_with_one_link_each() -> None:
    content = Content(
        day=date(2026, 11, 23),
        new={Rung.RED: 5},
        older={Rung.RED: 1, Rung.YELLOW: 2},
        lines=(RED,) * 5,
    )
    piece = (
        "红牌310106-71Z3-Z1JX-7J9T（办理期限，届满日2026年11月20日） "
        "https://api.example/v1/applications/310106-71Z3-Z1JX-7J9T"
    )
    assert as_sms(content, Links(api_url="https://api.example")).text == (
        "督办提醒（2026年11月23日）：新增红牌5张。"
        f"{piece}；{piece}；{piece}；等，另有2张。此前的牌尚有红牌1张、黄牌2张未销。"
    )


@pytest.mark.parametrize(("links", "shown"), [(Links(), 0), (LINKS, 2)])
def test_links_are_left_out_by_setting(links: Links, shown: int) -> None:
    content = Content(day=date(2026, 11, 23), new={Rung.RED: 1}, older={}, lines=(RED,))
    text = as_mail(content, links).text
    assert text.count("https://") == shown
    assert "此前" not in text
    assert (as_sms(content, links).text.count("https://")) == min(shown, 1)
