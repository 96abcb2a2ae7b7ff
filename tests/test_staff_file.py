"""Files of staff: YAML, xlsx and CSV say the same, and what is wrong is said by row and column."""

import io
import zipfile
from collections.abc import Callable
from contextlib import suppress
from datetime import date

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.domain.policy import Role
from casework.domain.staff import MOST_POSTS, Leave, StaffPost
from casework.domain.talent import TalentClass
from casework.policy.officer_contacts import Alerts
from casework.policy.staff_file import COLUMNS, StaffFile, StaffFileError, read_staff_file
from tests.examples import examples

YAML = """
posts:
  - {person: ja-o3, role: officer, city: "310000", district: "310106", rank: 3, since: 2027-01-04,
     items: [PTS_NEW, HJ_RES], classes: [A], share: 50, skills: [手语]}
leave:
  - {person: ja-o2, last_on: 2026-12-31}
contacts:
  ja-o3: {mail: ja-o3@example.com}
"""
POST = StaffPost(
    person="ja-o3",
    role=Role.OFFICER,
    city="310000",
    district="310106",
    rank=3,
    since=date(2027, 1, 4),
    items=("PTS_NEW", "HJ_RES"),
    classes=(TalentClass.A,),
    share=50,
    skills=("手语",),
)
NAMES = "人员 岗位 市 区 顺序 起始日 事项 人才类别 工作时间占比 专长 邮箱 离岗日"
HEADER: list[object] = [*NAMES.split()]
BEGINS: list[object] = ["ja-o3", "经办人员", 310000, "310106", 3.0, date(2027, 1, 4)]
BEGINS += ["PTS_NEW、HJ_RES", "A", 50, "手语", "ja-o3@example.com", None]
ROWS: list[list[object]] = [
    BEGINS,
    [None] * len(HEADER),
    ["ja-o2", *[None] * 10, "2026/12/31"],
]


def sheet(*rows: list[object]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def as_csv(*rows: list[object]) -> bytes:
    lines = (",".join("" if cell is None else str(cell) for cell in row) for row in rows)
    return "\ufeff".encode() + "\n".join(lines).encode()


@pytest.mark.parametrize(
    "content",
    [YAML.encode(), sheet(HEADER, *ROWS), as_csv(HEADER, *ROWS)],
    ids=["yaml", "xlsx", "csv"],
)
def test_each_form_says_the_same(content: bytes) -> None:
    found = read_staff_file(content)
    assert found.faults == ()
    assert found.posts == (POST,)
    assert found.leave == (Leave(person="ja-o2", last_on=date(2026, 12, 31)),)
    assert found.contacts["ja-o3"].alerts is Alerts.MAIL
    assert found.contacts["ja-o3"].mail == "ja-o3@example.com"


def test_every_fault_is_told_by_row_and_column() -> None:
    columns: list[object] = ["person", "role", "city", "share", "since", "mail"]
    assert set(columns) <= set(COLUMNS)
    found = read_staff_file(
        as_csv(
            columns,
            ["a", "boss", "310000", "", "2027-01-04", ""],
            ["b", "officer", "310000", "half", "soon", "nowhere"],
        )
    )
    told = {(fault.row, fault.column) for fault in found.faults}
    assert told == {(2, "role"), (3, "share"), (3, "since"), (3, "mail")}
    assert "nowhere" not in str(found.faults)


def test_rows_below_a_gap_are_read_or_refused_and_never_left_out() -> None:
    gap: list[list[object]] = [[None]] * MOST_POSTS
    assert len(read_staff_file(sheet(HEADER, BEGINS, *gap, BEGINS)).posts) == 2
    many: list[list[object]] = [["a"]] * (MOST_POSTS + 1)
    with pytest.raises(StaffFileError, match=str(MOST_POSTS)):
        read_staff_file(sheet(["person"], *gap, *many))


@pytest.mark.parametrize(("shown", "share"), [(0.5, 50), (1, 100), (0.07, 7), (1.0, 100)])
def test_a_cell_in_percent_is_what_a_person_reads_in_it(shown: float, share: int) -> None:
    book = openpyxl.load_workbook(io.BytesIO(sheet(HEADER, BEGINS)))
    cell = book.worksheets[0].cell(2, HEADER.index("工作时间占比") + 1)
    cell.value, cell.number_format = shown, "0%"
    content = io.BytesIO()
    book.save(content)
    found = read_staff_file(content.getvalue())
    assert ([post.share for post in found.posts], found.faults) == ([share], ())


@pytest.mark.parametrize(
    "day", ["2027/1/4", "2027-1-04", "2027.1.4", "2027年1月4日", " 2027-01-04 "]
)
@pytest.mark.parametrize("form", [sheet, as_csv])
def test_a_day_may_be_written_as_clerks_write_it(form: Callable[..., bytes], day: str) -> None:
    row = [day if isinstance(cell, date) else cell for cell in BEGINS]
    assert read_staff_file(form(HEADER, row)).posts == (POST,)


def test_codes_typed_in_full_width_are_the_same_codes() -> None:
    row = ["ｊａ－ｏ３", BEGINS[1], "３１００００", "３１０１０６", *BEGINS[4:]]
    assert read_staff_file(sheet(HEADER, row)).posts == (POST,)


def test_who_is_told_and_who_leaves_is_the_same_person_in_full_width() -> None:
    row = ["ｊａ－ｏ３", BEGINS[1], "３１００００", "３１０１０６", *BEGINS[4:]]
    found = read_staff_file(sheet(HEADER, row, ["ｊａ－ｏ２", *[None] * 10, "2026/12/31"]))
    assert set(found.contacts) == {"ja-o3"}
    assert [each.person for each in found.leave] == ["ja-o2"]


def test_a_code_that_a_spreadsheet_has_made_a_number_is_one_person() -> None:
    row = [1001.0, *BEGINS[1:]]
    found = read_staff_file(sheet(HEADER, row))
    assert ([post.person for post in found.posts], set(found.contacts)) == (["1001"], {"1001"})


@pytest.mark.parametrize(
    ("column", "said"), [("区", "第 2 行有合并单元格"), ("人员", "第 2 行有合并单元格")]
)
def test_merged_cells_are_no_empty_cells(column: str, said: str) -> None:
    """Without a district an officer of one would be one of the whole city."""
    book = openpyxl.load_workbook(io.BytesIO(sheet(HEADER, BEGINS, ["ja-o4", *BEGINS[1:]])))
    at = HEADER.index(column) + 1
    book.worksheets[0].merge_cells(start_row=2, end_row=3, start_column=at, end_column=at)
    with pytest.raises(StaffFileError, match=said):
        read_staff_file(saved(book))


def test_what_is_hidden_is_not_taken_in_unseen() -> None:
    book = openpyxl.load_workbook(io.BytesIO(sheet(HEADER, BEGINS, ["ja-o4", *BEGINS[1:]])))
    book.worksheets[0].row_dimensions[9].hidden = True  # nothing stands there
    assert len(read_staff_file(saved(book)).posts) == 2
    book.worksheets[0].row_dimensions[3].hidden = True
    with pytest.raises(StaffFileError, match="第 3 行被隐藏"):
        read_staff_file(saved(book))


def saved(book: openpyxl.Workbook) -> bytes:
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


@pytest.mark.parametrize("day", [46391, 46391.0, "46391", True, "2027-02-30"])
def test_a_day_that_nobody_reads_as_one_is_a_fault(day: object) -> None:
    row = [day if isinstance(cell, date) else cell for cell in BEGINS]
    found = read_staff_file(sheet(HEADER, row))
    assert [(fault.row, fault.column) for fault in found.faults] == [(2, "since")]
    assert found.posts == ()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("posts: []\nleave: []\nposts: []\n", 3),
        ("leave:\n  - {person: a, last_on: 2026-12-31, person: b}\n", 2),
        ("contacts:\n  a: {mail: a@example.com}\n  a: {mail: b@example.com}\n", 3),
    ],
)
def test_what_stands_twice_in_yaml_is_not_read_by_halves(text: str, line: int) -> None:
    with pytest.raises(StaffFileError, match=f"第 {line} 行重复"):
        read_staff_file(text.encode())


def test_a_table_may_come_in_the_encoding_of_a_chinese_spreadsheet() -> None:
    content = as_csv(HEADER, BEGINS).decode("utf-8-sig").encode("gb18030")
    assert read_staff_file(content).posts == (POST,)
    for other in (content[:-1] + b"\xff", "岗位：经办人员".encode("gb18030")):
        with pytest.raises(StaffFileError, match="CSV"):
            read_staff_file(other)


def test_a_formula_that_nobody_has_computed_is_no_empty_cell() -> None:
    content = sheet([*HEADER, "截止日"], [*BEGINS, "=DATE(2027,2,1)"])
    with pytest.raises(StaffFileError, match="第 2 行有未计算的公式"):
        read_staff_file(content)
    shows_nothing, computed = io.BytesIO(), (b'"><f>', b'" t="str"><f>')
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(shows_nothing, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(*computed))
    assert read_staff_file(shows_nothing.getvalue()).posts == (POST,)


@pytest.mark.parametrize("form", [sheet, as_csv])
def test_a_column_that_is_there_twice_is_a_fault(form: Callable[..., bytes]) -> None:
    found = read_staff_file(form([*HEADER, "district"], [*BEGINS, "310104"]))
    assert [(fault.row, fault.column) for fault in found.faults] == [(1, "district")]
    assert found.posts == ()


def test_no_worksheet_with_people_is_left_out_without_a_word() -> None:
    book = openpyxl.load_workbook(io.BytesIO(sheet(HEADER, BEGINS)))
    for title, row in (("空", []), ("说明", ["一行一个岗位"]), ("徐汇", HEADER)):
        book.create_sheet(title).append(row)
        content = io.BytesIO()
        book.save(content)
        if title == "徐汇":
            with pytest.raises(StaffFileError, match="工作表"):
                read_staff_file(content.getvalue())
        else:
            assert read_staff_file(content.getvalue()).posts == (POST,)


@pytest.mark.parametrize("form", [sheet, as_csv])
def test_two_addresses_of_one_person_are_a_fault(form: Callable[..., bytes]) -> None:
    columns: list[object] = ["person", "mail", "sms"]
    first: list[object] = ["a", "a@example.com", None]
    found = read_staff_file(form(columns, first, first, ["a", "b@example.com", None]))
    assert [(fault.row, fault.column) for fault in found.faults] == [(4, "mail")]
    assert "example.com" not in str(found.faults)


def test_who_leaves_by_each_of_their_rows_leaves_once() -> None:
    rows: list[list[object]] = [["a", "2026-12-31"], ["a", "2026-12-31"], ["b", "2026-12-31"]]
    leave = read_staff_file(as_csv(["person", "last_on"], *rows)).leave
    assert [each.person for each in leave] == ["a", "b"]


def test_a_number_without_end_is_a_fault() -> None:
    (fault,) = read_staff_file(
        as_csv(["person", "role", "city", "since", "rank"], ["a", "officer", "310000", "2027-01-04",
                                                             "9" * 5000])
    ).faults  # fmt: skip
    assert (fault.row, fault.column) == (2, "rank")


def test_an_unknown_column_is_a_fault_of_the_first_row() -> None:
    (fault,) = read_staff_file(sheet(["人员", "姓名"], ["a", "张三"])).faults
    assert (fault.row, fault.column) == (1, "姓名")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"PK\x03\x04 nothing",
        sheet(HEADER)[:-40],
        b"[]",
        b"posts: 7",
        b"posts: [7]",
        b"people: []",
        b"posts: [",
        b"person,role\n" + b"a" * 200_000,
        b"posts:\n" + b"- {}\n" * (MOST_POSTS + 1),
    ],
)
def test_what_cannot_be_read_is_said_in_a_line(content: bytes) -> None:
    with pytest.raises(StaffFileError) as error:
        read_staff_file(content)
    assert "\n" not in str(error.value)


LINES = st.text(st.sampled_from('a9,"\r\n\0经'), max_size=60).map("person,rank\n{}".format)


@given(st.binary(max_size=200) | (st.text(max_size=200) | LINES).map(str.encode))
def test_whatever_it_is_it_is_read_or_refused(content: bytes) -> None:
    try:
        assert isinstance(read_staff_file(content), StaffFile)
    except StaffFileError:
        return


@examples(60)
@given(place=st.integers(min_value=0), bit=st.integers(0, 7))
def test_a_sheet_with_one_wrong_bit_is_refused_or_read(place: int, bit: int) -> None:
    sent = bytearray(sheet(HEADER, *ROWS))
    sent[place % len(sent)] ^= 1 << bit
    with suppress(StaffFileError):
        read_staff_file(bytes(sent))
