"""The declared tables: what an entry carries of them, and that the register has them."""

from dataclasses import fields, replace

import pytest
from pydantic import ValidationError

from casework.domain.case.projection import tables
from casework.domain.case.rows import RowsOf
from casework.messages.entry import Entry
from casework.store.models import Model
from casework.store.register.statements import members_of
from casework.temporal.connection import data_converter
from tests.store.desks import archived, breached
from tests.store.entries import writer
from tests.store.served import EVERY_KIND

CONVERTER = data_converter.payload_converter
ENTRIES: dict[str, tuple[Entry, ...]] = {
    "archived": (writer(archived()).entry(),),
    "breached": (writer(breached()).entry(),),
    **{name: made().entries(1) for name, made in EVERY_KIND.items()},
}


def sent(entry: Entry) -> Entry:
    """The entry as the activity is given it."""
    (received,) = CONVERTER.from_payloads(CONVERTER.to_payloads([entry]), [Entry])
    assert isinstance(received, Entry)
    return received


@pytest.mark.parametrize("name", ENTRIES)
def test_the_rows_of_an_entry_reach_the_activity_as_they_were(name: str) -> None:
    for entry in ENTRIES[name]:
        # The policy of an opening goes into the register as it travels, which is JSON.
        assert replace(sent(entry), opening=None) == replace(entry, opening=None)


def test_rows_of_a_table_that_nobody_declared_are_refused() -> None:
    entry = writer(archived()).entry(1)
    text = CONVERTER.to_payloads([entry])[0]
    text.data = text.data.replace(b'"cards":', b'"charts":')
    with pytest.raises(ValidationError, match="charts"):
        CONVERTER.from_payloads([text], [Entry])


def test_a_member_and_a_table_are_declared_once() -> None:
    assert len({each.member for each in tables()}) == len(tables())
    assert len({each.table for each in tables()}) == len(tables())


@pytest.mark.parametrize("declared", tables(), ids=lambda each: each.table)
def test_a_declared_table_is_in_the_register(declared: RowsOf) -> None:
    table = Model.metadata.tables[declared.table]
    told = {field.name for field in fields(declared.row)}
    assert set(declared.sealed) <= told
    assert set(declared.sealed) <= set(table.c.keys())
    # The columns of a clock are spread over two tables; a due date of a case is its clocks'.
    if declared.member not in {"case", "clocks"}:
        assert told <= set(table.c.keys())


def test_every_table_of_rows_is_written_by_some_entry() -> None:
    written = {name for made in ENTRIES.values() for entry in made for name in members_of(entry)}
    assert {each.member for each in tables()} - written <= {"contacts", "transfers"}
