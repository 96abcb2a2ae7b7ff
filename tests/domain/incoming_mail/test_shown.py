"""What is shown of a mail names nobody's number in full."""

import pytest

from casework.domain.kinds.incoming_mail.commands import SortedFile, SortedPerson, SortMail
from casework.domain.kinds.incoming_mail.shown import ROWS, lines, masked
from casework.domain.policy import Role
from tests.domain.incoming_mail import CALENDAR, NUMBER, form, given_mail


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("【310101199003071230】", "【310101********1230】"),
        ("11010519491231002X，", "110105********002X，"),
        ("310101900307123", "310101********123"),
        ("021-64000000 13800001234", "021-64000000 13800001234"),
        ("91310106MA1FY7XX05", "91310106MA1FY7XX05"),
    ],
)
def test_the_middle_of_a_number_is_left_out(text: str, shown: str) -> None:
    assert masked(text) == shown


def test_rows_and_details_have_no_number_in_full_and_details_no_name() -> None:
    mail = given_mail()
    rows = [row for declared in ROWS for row in declared.of(mail.case)]
    assert NUMBER not in repr(rows)
    details = "".join(lines(mail.case, CALENDAR))
    assert "张三" not in details
    assert NUMBER not in details


def test_a_file_that_nobody_was_given_can_be_given_later() -> None:
    mail = given_mail(form())
    person = SortedPerson(person=1, files=(SortedFile(file=3, material="identity_document"),))
    mail.do(SortMail, Role.OFFICER, "mh-o1", persons=(person,))
    assert [file.number for file in mail.case.files] == [1, 2]
    assert [file.number for each in mail.case.persons for file in each.files] == [3]
